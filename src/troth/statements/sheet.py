"""The sheet that is read before a thing is connected: what it senses, why, who gets it, how long, and its other ways out.

Rules
- It comes from what would be said of the thing, its product's passport and the disclosure alone, so the same words give the
  same digest everywhere.
- The digest is of the lines, so whoever has read them can compute it.
- What is not registered is named and not made up. What is not known is said to be not known: the end of support, other ways
  out, what it is for.

Source: gate.md (connect: after the pre-connect sheet was shown); mission.md, "Three words, made testable".
Left out in this version: languages other than English.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from troth.names import Uri
from troth.statements.disclosure import DisclosedVariant, DisclosureBody
from troth.statements.installation import Consideration, Contract, Gateway, InstallationBody, InstalledStream
from troth.statements.notice import group_words
from troth.statements.passport import PassportBody, PassportStream
from troth.things.view_words import view_words

__all__ = ["Sheet", "SheetStream", "SheetUse", "sheet_of"]

_REACH: Final = {
    "sealed": "no other way out, enforced and watched, by the installer's word",
    "carried": "Troth is its declared way",
    "copied": "a copy comes here, others exist",
    "declared": "words only",
}
_GROUND: Final = {
    "choice": "only with a yes of everybody concerned",
    "contract": "part of what was ordered",
    "settled": "as agreed with those who speak for the people concerned",
    "objectable": "until somebody concerned objects",
    "required": "required by law",
    "urgent": "in an emergency",
    "own": "it is their own",
    "nobody": "it concerns no one",
}
_VIEW: Final = {
    "raw": "every value",
    "hourly-mean": "hourly means",
}  # as they always were: the digest is of these words


class SheetUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """One purpose of a stream.

    Args:
        getters: names of who gets it, empty for those who live with it alone.
        on_the_way: who handles it on the way, what they do, and in which country.
        starts_ns: it begins then; None where it holds already.
    """

    title: str
    benefit: str
    getters: tuple[str, ...]
    views: tuple[DisclosedVariant, ...]
    retention_days: int
    essential: bool = False
    on_the_way: tuple[str, ...] = ()
    starts_ns: int | None = None


class SheetStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stream.

    Args:
        name: its short name.
        reach: sealed, carried, copied or declared.
        ways_out: other ways out in words, None where none is named.
        senses, title, unit: as the passport declares it; None where it does not.
        uses: what for; empty where nothing is declared.
        contract: the title of the document that the ground *contract* rests on, and with whom it was made where that is said.
        never: what red lines of this place say that it crosses.
        homes: over how many at least what leaves of it is; 0 where that may be a single one.
    """

    name: str
    reach: str
    ways_out: str | None = None
    senses: str | None = None
    title: str | None = None
    unit: str | None = None
    uses: tuple[SheetUse, ...] = ()
    contract: str | None = None
    never: tuple[str, ...] = ()
    homes: int = 0


class Sheet(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it.

    Args:
        name, place: what people call it and where it is; `home`: in somebody's home.
        product: URI; `product_name`, `about`, `maker`: as its passport says, None where it is not registered.
        support_end: YYYY-MM-DD, None where it is not known.
        disclosed: whether anything is declared of what is done with it.
        answers: the name of who answers; `contact` is where they are reached.
        gateway: what hands on what it measures, and the name of who answers for that; None where nothing does.
    """

    name: str
    place: str
    home: bool
    product: str
    streams: tuple[SheetStream, ...]
    answers: str
    contact: str
    consideration: Consideration
    disclosed: bool
    product_name: str | None = None
    about: str | None = None
    maker: str | None = None
    support_end: str | None = None
    gateway: str | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What is read, line by line."""
        return tuple(_lines(self))

    @property
    def digest(self) -> bytes:
        """SHA-256 of the lines in UTF-8, joined by line feeds."""
        return hashlib.sha256("\n".join(self.lines).encode()).digest()


def sheet_of(
    body: InstallationBody,
    passport: PassportBody | None,
    disclosure: DisclosureBody | None,
    *,
    parties: Mapping[Uri, str],
    never: Mapping[str, tuple[str, ...]],
) -> Sheet:
    """The sheet of a thing that would join.

    Args:
        body: what would be said of it; identifiers, times and `sheet` are not looked at.
        passport: of its product; None where that is not registered.
        disclosure: what holds for its product there; None where nothing is declared.
        parties: names people read, by organisation URI.
        never: what red lines say that a stream crosses, by its name.
    """
    declared = {each.name: each for each in (passport.streams if passport else ())}
    thought = body.consideration
    return Sheet(
        name=body.name,
        place=body.place,
        home=body.household is not None,
        product=body.product,
        streams=tuple(
            _stream(
                each, declared.get(each.name), passport, disclosure, parties=parties, never=never.get(each.name, ())
            )
            for each in body.streams
        ),
        answers=parties.get(body.answers.organisation, body.answers.organisation),
        contact=body.answers.contact,
        consideration=thought,
        disclosed=disclosure is not None,
        product_name=None if passport is None else passport.name,
        about=None if passport is None else passport.about,
        maker=None if passport is None else parties.get(passport.maker, passport.maker),
        support_end=None if passport is None else passport.support_end,
        gateway=None if body.gateway is None else _handed_on(body.gateway, parties),
    )


def _stream(
    installed: InstalledStream,
    declared: PassportStream | None,
    passport: PassportBody | None,
    disclosure: DisclosureBody | None,
    *,
    parties: Mapping[Uri, str],
    never: tuple[str, ...],
) -> SheetStream:
    said = () if disclosure is None else disclosure.streams
    uses = tuple(
        SheetUse(
            purpose.title,
            purpose.benefit,
            tuple(parties.get(uri, uri) for uri in purpose.recipients),
            purpose.variants,
            purpose.retention_days,
            purpose.essential,
            tuple(
                f"{parties.get(hop.organisation, hop.organisation)} ({hop.does}, {hop.site.country})"
                for hop in purpose.processors
            ),
            purpose.starts_ns,
        )
        for each in said
        if each.name == installed.name
        for purpose in each.purposes
    )
    return SheetStream(
        name=installed.name,
        reach=installed.reach,
        ways_out=installed.other_ways_out or (None if passport is None else passport.other_ways_out),
        senses=None if declared is None else declared.senses,
        title=None if declared is None else declared.title,
        unit=None if declared is None else declared.unit,
        uses=uses,
        contract=None if installed.contract is None else _ordered(installed.contract, parties),
        never=never,
        homes=max((each.limits.homes for each in said if each.name == installed.name), default=0),
    )


def _handed_on(gateway: Gateway, parties: Mapping[Uri, str]) -> str:
    return f"{gateway.name}, of {parties.get(gateway.organisation, gateway.organisation)}"


def _ordered(contract: Contract, parties: Mapping[Uri, str]) -> str:
    by = "" if contract.by is None else f", with {parties.get(contract.by, contract.by)}"
    return f"{contract.title}{by}"


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"{sheet.name}, {sheet.place}{', in a home' if sheet.home else ''}"
    if sheet.product_name is not None:
        yield f"  product: {sheet.product_name}{f'. {sheet.about}' if sheet.about else ''}"
        yield f"  made by: {sheet.maker}; supported until: {sheet.support_end or 'not known'}"
    for stream in sheet.streams:
        yield from _stream_lines(stream, sheet)
    if sheet.gateway is not None:
        yield f"  arrives through: {sheet.gateway}; that gateway may speak for it"
    yield f"  answers: {sheet.answers}, {sheet.contact}"
    thought = sheet.consideration
    yield f"  considered: {thought.date}, {thought.by}: {thought.sentence}"


def _stream_lines(stream: SheetStream, sheet: Sheet) -> Iterator[str]:
    if stream.senses is not None:
        unit = f", in {stream.unit}" if stream.unit else ""
        yield f"  {stream.name}: senses {stream.senses} ({stream.title}{unit})"
    elif sheet.product_name is not None:
        yield f"  {stream.name}: the product has no such stream"
    else:
        yield f"  {stream.name}: of a product that is not registered here, {sheet.product}"
    if not sheet.disclosed:
        yield "    for: not known; nothing is disclosed about its product here, so nothing of it would be kept or given"
    elif not stream.uses:
        yield "    for: nothing is declared, so nothing of it would be kept or given"
    for use in stream.uses:
        yield from _use_lines(use)
    if stream.homes:
        yield f"    never of one home alone: {group_words(stream.homes)}"
    for words in stream.never:
        yield f"    never here: it crosses a red line of this place, {words}"
    yield f"    ways out: {_REACH.get(stream.reach, stream.reach)}. {stream.ways_out or 'No other way out is named.'}"
    if stream.contract is not None:
        yield f"    contract: {stream.contract}"


def _use_lines(use: SheetUse) -> Iterator[str]:
    views = "; ".join(
        f"{_VIEW.get(view.variant) or view_words(view.variant)}: {_GROUND.get(view.ground, view.ground)}"
        f"{f' ({view.citation})' if view.citation else ''}"
        for view in use.views
    )
    getters = ", ".join(use.getters) or "nobody but those who live with it"
    yield f"    for: {use.title} ({use.benefit})"
    yield f"    who gets it: {getters}; {views}; kept {use.retention_days} days"
    if use.on_the_way:
        yield f"    on the way: {', '.join(use.on_the_way)}"
    if use.starts_ns is not None:
        begins = datetime.fromtimestamp(use.starts_ns / 1e9, UTC)
        yield f"    not before: {begins:%Y-%m-%d}"
