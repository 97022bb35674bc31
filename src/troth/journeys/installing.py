"""A thing is put in place: what is looked at before an installation can be said, and what it then says.

Rules
- Nothing goes live without a named person's dated consideration (S12) and a registered organisation that answers (S17).
- An installation names only streams that its product declares and a disclosure speaks of.
- A short name belongs to one thing. One that a crash left without a thing is taken up again, with the identifier it was for.
- Nothing is said but what the gate has let connect, after its sheet was shown: the installation names the sheet's digest.
- Nothing is kept and nothing is said here; who plans keeps the name meanwhile, so that two at once do not plan one thing.

Source: things.md, "A thing joins". Owner of all state: the event loop.
"""

import re
from collections.abc import Callable, Collection, Container, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import BadName, Conflict, NotFound, Refused, Undeclared
from troth.gate.connecting import sheet_now
from troth.gate.contracts import check_contract
from troth.gate.question import Connecting, Standing, Verdict
from troth.journeys.accounts import AccountStore
from troth.journeys.announced import with_beginnings, with_entering
from troth.journeys.asking import answer_to, denied
from troth.journeys.moving import with_move_put_off
from troth.names import HouseholdId, PersonId, Slug, StatementId, StreamId, ThingId, Uri, check_slug
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.statements.installation import (
    Answering,
    Consideration,
    Contract,
    Described,
    InstallationBody,
    Installed,
    InstalledStream,
)
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.sheet import Sheet
from troth.statements.texts import check_texts

__all__ = [
    "REACHED",
    "REACHES",
    "Installing",
    "JoinedThing",
    "Looked",
    "Planned",
    "StreamRequest",
    "ThingRequest",
    "check_words",
    "stem_of",
]

REACHES: Final = ("sealed", "carried", "copied", "declared")
REACHED: Final = ("https://", "mailto:")
_THING_ID: Final = re.compile(r"th[a-z2-7]{26}")


class StreamRequest(msgspec.Struct, frozen=True):
    """One stream of a thing that joins. `reach`: sealed, carried, copied or declared (mission.md)."""

    name: str
    reach: str
    other_ways_out: str | None = None
    contract: Contract | None = None


class ThingRequest(msgspec.Struct, frozen=True):
    """A thing that joins.

    `from_ns`: data before it is refused, None for now; `type`: the statement it inherits from; `described`: the Thing
    Description that it joins by; `owner`: the organisation that owns it, None for the home it stands in; `installed`: the firm
    that connects it.
    """

    name: str
    product: Uri
    place: str
    answers: Answering
    streams: tuple[StreamRequest, ...]
    consideration: Consideration
    slug: str | None = None
    household: HouseholdId | None = None
    from_ns: int | None = None
    type: StatementId | None = None
    described: Described | None = None
    owner: Uri | None = None
    installed: Installed | None = None


class JoinedThing(msgspec.Struct, frozen=True):
    """What the installer gets: identifiers, and the claim token, shown this once. `begins_ns`: as of `Looked`."""

    thing: ThingId
    slug: Slug
    claim: str
    datastreams: dict[str, int]
    begins_ns: int | None = None


class Looked(msgspec.Struct, frozen=True):
    """What is shown before a thing is connected, and the code with which the gate would say no to it (None: it would not).

    `begins_ns`: when what asks nobody begins, because people are told first; None where nothing is put off.
    """

    sheet: Sheet
    no: str | None
    begins_ns: int | None = None


class Planned(msgspec.Struct, frozen=True):
    """An installation that can be said: its short name, its kind and its words."""

    slug: Slug
    kind: KindName
    body: InstallationBody


class Installing:
    """Plans installations."""

    def __init__(
        self,
        accounts: AccountStore,
        directory: Directory,
        *,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._in_force = in_force
        self._accounts = accounts
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._kept: set[Slug] = set()  # planned and not said yet

    def plan(self, request: ThingRequest) -> Planned:
        """What would be said.

        Raises:
            NotFound: product, answering organisation or household is not registered.
            Undeclared: a stream that the product or its disclosure does not have.
            Refused: no consideration, an unknown reach, a contact that is none.
            BadName, Conflict: the short name is none, or is taken.
        """
        self.check(request)
        slug = self._slug(request)
        body = self._body(request, self._accounts.slugs().get(slug) or ThingId(self._entropy(16)), fresh=self._entropy)
        kind = KindName.INSTALLATION if request.household is None else KindName.HOME_INSTALLATION
        return Planned(slug, kind, self.told_first(body))

    def told_first(self, body: InstallationBody) -> InstallationBody:
        """What would be said, with when what asks nobody begins, where people are told first."""
        return with_beginnings(body, self._directory, Reading(self._in_force), at_ns=self._clock.now())

    def entering(self, body: OrganisationBody) -> OrganisationBody:
        """What would be said of an organisation, with when it gets as one of a class what asks nobody, and when it moves."""
        now = self._clock.now()
        moving = with_move_put_off(body, self._directory, self._in_force, at_ns=now)
        return with_entering(moving, self._directory, self._in_force, at_ns=now)

    def connected(
        self, made: Planned, *, shown: bytes | None, standing: Standing, by: PersonId | None = None
    ) -> Planned:
        """What is planned, if the gate lets it connect. `shown`: digest of the sheet that was shown to whoever asks.

        Raises:
            Denied: the gate says no, and why; `not-shown` where another sheet was shown, or none.
        """
        body = msgspec.structs.replace(made.body, sheet=shown)
        answer = answer_to(Connecting(body, standing, self._clock.now(), by), Reading(self._in_force))
        if answer.verdict is not Verdict.ALLOW:
            raise denied(answer)
        return msgspec.structs.replace(made, body=body)

    def look(
        self,
        request: ThingRequest,
        *,
        standing: Standing,
        by: PersonId | None = None,
        reading: Reading | None = None,
    ) -> Looked:
        """What would be shown of a thing now, or if what `reading` supposes were said, and what the gate would answer then."""
        reading = Reading(self._in_force) if reading is None else reading
        body, now = self._body(request, ThingId(bytes(16)), fresh=bytes), self._clock.now()
        check_texts(body)
        sheet = sheet_now(body, reading, at_ns=now)
        asked = Connecting(msgspec.structs.replace(body, sheet=sheet.digest), standing, now, by)
        answer = answer_to(asked, reading)
        put_off = with_beginnings(body, self._directory, reading, at_ns=now)
        begins = [each.begins_ns for each in put_off.streams if each.begins_ns is not None]
        no = None if answer.verdict is Verdict.ALLOW else denied(answer).reason_code
        return Looked(sheet, no, max(begins, default=None))

    def _body(self, request: ThingRequest, thing: ThingId, *, fresh: Callable[[int], bytes]) -> InstallationBody:
        return InstallationBody(
            thing=thing,
            name=request.name,
            product=request.product,
            place=request.place,
            answers=request.answers,
            from_ns=self._clock.now() if request.from_ns is None else request.from_ns,
            streams=tuple(
                InstalledStream(StreamId(fresh(16)), each.name, each.reach, each.other_ways_out, each.contract)
                for each in request.streams
            ),
            consideration=request.consideration,
            household=request.household,
            type=request.type,
            described=request.described,
            owner=request.owner,
            installed=request.installed,
        )

    @contextmanager
    def keeping(self) -> Iterator[Callable[[Slug], None]]:
        """Inside, nobody else plans a thing of a name that was given to what this yields."""
        mine: set[Slug] = set()

        def keep(slug: Slug) -> None:
            mine.add(slug)
            self._kept.add(slug)

        try:
            yield keep
        finally:
            self._kept -= mine

    def check(self, request: ThingRequest) -> None:
        """Return if an installation may say this. Raises as `plan`, but for short names."""
        product = self._directory.products.get(request.product)
        if product is None:
            raise NotFound("there is no such product here")
        if request.answers.organisation not in self._directory.organisations:
            raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
        self.check_home(request.household)
        self.check_streams(request.product, request.household, [each.name for each in request.streams])
        check_words(request.answers, request.consideration, [each.reach for each in request.streams])
        self.check_ordered(request, self._directory.organisations)

    def check_ordered(self, request: ThingRequest, organisations: Container[Uri]) -> None:
        """Return if its contracts may be said now. `organisations`: those that are registered, or will be with it."""
        now = self._clock.now()
        for contract in (each.contract for each in request.streams if each.contract is not None):
            check_contract(contract, None, had=False, organisations=organisations, at_ns=now, reached_ns=now)

    def check_streams(self, product: Uri, household: HouseholdId | None, names: Collection[str]) -> None:
        """Return if things of this product can have exactly these streams there; Undeclared otherwise."""
        known = self._directory.products.get(product)
        passport = set() if known is None else {each.name for each in known.streams}
        disclosed = self._directory.disclosure_of(product, household)
        declared = passport & ({each.name for each in disclosed[0].streams} if disclosed is not None else set())
        if not names or len(set(names)) != len(names) or not set(names) <= declared:
            raise Undeclared("a thing has at least one stream, none twice, and each with a passport and a disclosure")

    def taken(self, slug: Slug) -> bool:
        """Whether a thing has this short name, or is about to."""
        return slug in self._kept or self._accounts.slugs().get(slug) in self._directory.things

    def check_name(self, request: ThingRequest) -> Slug:
        """The short name that it would get; BadName or Conflict where it is none, or is taken."""
        return self._slug(request)

    def check_home(self, household: HouseholdId | None) -> None:
        """Return if a thing can be there; NotFound for a household that is not registered."""
        if household is not None and household not in self._directory.households:
            raise NotFound("there is no such household here")

    def _slug(self, request: ThingRequest) -> Slug:
        if request.slug is not None:
            slug = check_slug(request.slug)
            if _THING_ID.fullmatch(slug):
                raise BadName("a short name does not look like the identifier of a thing")
            if self.taken(slug):
                raise Conflict("this short name is taken")
            return slug
        stem = stem_of(request.name)
        names = self._accounts.slugs()
        number = 1
        while (
            (slug := Slug(stem if number == 1 else f"{stem}-{number}")) in names
            or slug in self._kept
            or _THING_ID.fullmatch(slug)
        ):
            number += 1
        return check_slug(slug)


def check_words(answers: Answering, consideration: Consideration, reaches: Collection[str]) -> None:
    """Return if who answers can be reached, somebody has thought about it, and how far our word goes is said.

    Raises:
        Refused: not so, and the message says which.
    """
    if any(each not in REACHES for each in reaches):
        raise Refused(f"the reach of a stream is one of {', '.join(REACHES)}")
    if not answers.contact.startswith(REACHED):
        raise Refused("who answers for a thing is reached by a contact that begins with https:// or mailto:")
    if not (consideration.by.strip() and consideration.sentence.strip() and consideration.date.strip()):
        raise Refused("nothing goes live without one dated sentence of consideration and a name")


def stem_of(name: str) -> str:
    """The short name that a thing gets that people call `name`, before numbers tell two apart."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return "-".join(part for part in plain.split("-") if part)[:56].strip("-") or "thing"
