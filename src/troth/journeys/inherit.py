"""What is the same for every thing of a kind is said once; a further thing needs only its name and its place.

Rules
- A type names a product and says the rest of an installation: streams with their reach, who answers, what was considered.
  Purposes, grounds and how long data are kept come from the disclosure of its product.
- A thing inherits when it joins: its installation says everything itself and names the type statement that it came from.
- A newer type changes nothing that stands; `differing` lists what stands and would be said otherwise today. What a thing said
  otherwise of a stream when it joined is its own, and is no difference.

Source: things.md, "A thing joins"; gate.md (the ground *nobody*); docs/decisions/0040.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from troth.errors import NotFound, Refused
from troth.journeys.installing import REACHES, Installing, StreamRequest, ThingRequest, check_words
from troth.journeys.say import Say
from troth.names import HouseholdId, StatementId, check_slug, check_uri
from troth.signing.cose import PayloadForm
from troth.state.directory import Directory, KnownThing
from troth.statements.installation import Contract, InstallationBody
from troth.statements.installation_type import InstallationTypeBody
from troth.statements.kinds import KindName

__all__ = ["Differing", "Inherit", "OwnWords", "TypedThing"]

_LOOKED_AT: Final = 500  # things between two turns of the loop: some 2 ms


class OwnWords(msgspec.Struct, frozen=True):
    """What one thing says otherwise of one stream of its type. `reach` and `other_ways_out`: None for the type's."""

    name: str
    reach: str | None = None
    other_ways_out: str | None = None
    contract: Contract | None = None


class TypedThing(msgspec.Struct, frozen=True):
    """A thing that joins as one of a type.

    `from_ns`: data before it is refused; None for now. `sheet`: digest of what was shown of it before.
    """

    type: str
    name: str
    place: str
    slug: str | None = None
    household: HouseholdId | None = None
    from_ns: int | None = None
    streams: tuple[OwnWords, ...] = ()
    sheet: bytes | None = None


class Differing(msgspec.Struct, frozen=True):
    """A thing that stands otherwise than its type would put it in place today, and in what."""

    thing: KnownThing
    fields: tuple[str, ...]


class Inherit:
    """Says types, and what a thing of one is."""

    def __init__(
        self, say: Say, directory: Directory, *, installing: Installing, pause: Callable[[], Awaitable[None]]
    ) -> None:
        self._say = say
        self._directory = directory
        self._installing = installing
        self._pause = pause

    async def type(self, body: InstallationTypeBody) -> None:
        """Register a type, or what holds from now on for things that join as one.

        Raises:
            BadName: its short name is none.
            NotFound: the product or the organisation that answers is not registered.
            Undeclared: a stream that the product or its disclosure does not have.
            Refused: no consideration, an unknown reach, a contact that is none, no title.
        """
        check_slug(body.type)
        check_uri(body.product)
        if body.product not in self._directory.products:
            raise NotFound("there is no such product here")
        if body.answers.organisation not in self._directory.organisations:
            raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
        if not body.title.strip():
            raise Refused("a type has a title, which people read")
        self._installing.check_streams(body.product, None, [each.name for each in body.streams])
        check_words(body.answers, body.consideration, [each.reach for each in body.streams])
        await self._say.say(KindName.INSTALLATION_TYPE, body, subject=body.type, form=PayloadForm.DIGEST)

    def types(self) -> Sequence[tuple[InstallationTypeBody, StatementId]]:
        """All types as they hold now, by short name."""
        return tuple(said for _, said in sorted(self._directory.types.items()))

    def things(self) -> dict[str, int]:
        """How many things stand that have joined as one of each type."""
        found: dict[str, int] = {}
        for known in self._directory.things.values():
            name = self._directory.type_names.get(known.body.type or StatementId(b""))
            if name is not None:
                found[name] = found.get(name, 0) + 1
        return found

    def request(self, typed: TypedThing) -> ThingRequest:
        """Everything that such a thing says.

        Raises:
            NotFound: there is no such type here.
            Refused: words about a stream that the type does not have, twice about one, or an unknown reach.
        """
        said = self._directory.types.get(typed.type)
        if said is None:
            raise NotFound("there is no such type here", hint="'troth type list' shows all.")
        body, statement = said
        own = {each.name: each for each in typed.streams}
        if len(own) < len(typed.streams) or not own.keys() <= {each.name for each in body.streams}:
            raise Refused("a thing says otherwise only of streams that its type has, and once of each")
        if any(each.reach is not None and each.reach not in REACHES for each in typed.streams):
            raise Refused(f"the reach of a stream is one of {', '.join(REACHES)}")
        streams = tuple(
            StreamRequest(
                each.name,
                words.reach or each.reach,
                words.other_ways_out or each.other_ways_out,
                words.contract,
            )
            for each in body.streams
            for words in (own.get(each.name, OwnWords(each.name)),)
        )
        return ThingRequest(
            name=typed.name,
            product=body.product,
            place=typed.place,
            answers=body.answers,
            streams=streams,
            consideration=body.consideration,
            slug=typed.slug,
            household=typed.household,
            from_ns=typed.from_ns,
            type=statement,
        )

    async def differing(self, name: str, *, limit: int) -> tuple[Sequence[Differing], bool]:
        """At most `limit` things that joined as one of this type and stand otherwise than it says now; whether there are more.

        Raises:
            NotFound: there is no such type here.
        """
        said = self._directory.types.get(name)
        if said is None:
            raise NotFound("there is no such type here", hint="'troth type list' shows all.")
        found: list[Differing] = []
        for number, known in enumerate(tuple(self._directory.things.values())):
            if number % _LOOKED_AT == _LOOKED_AT - 1:
                await self._pause()
            if known.body.type is None or self._directory.type_names.get(known.body.type) != name:
                continue
            former = self._directory.types_said.get(known.body.type)
            fields = () if known.body.to_ns is not None else _differs(known.body, said[0], former)
            if fields and len(found) == limit:
                return found, True
            if fields:
                found.append(Differing(known, fields))
        return found, False


def _differs(
    body: InstallationBody, type_: InstallationTypeBody, former: InstallationTypeBody | None
) -> tuple[str, ...]:
    """In what an installation is not as its type. What it said otherwise of a stream than the type did then is its own."""
    then = {} if former is None else {each.name: (each.reach, each.other_ways_out) for each in former.streams}
    stands = {each.name: (each.reach, each.other_ways_out) for each in body.streams}
    now = {each.name: (each.reach, each.other_ways_out) for each in type_.streams}
    would = {name: _with_own(stands.get(name), then.get(name), words) for name, words in now.items()}
    found = [
        name
        for name, mine, theirs in (
            ("product", body.product, type_.product),
            ("answers", body.answers, type_.answers),
            ("consideration", body.consideration, type_.consideration),
        )
        if mine != theirs
    ]
    return (
        *found,
        *(f"streams.{each}" for each in sorted(stands.keys() | would.keys()) if stands.get(each) != would.get(each)),
    )


_Words = tuple[str, str | None]  # reach and other ways out of a stream


def _with_own(stands: _Words | None, then: _Words | None, now: _Words) -> _Words:
    """What a stream would be said to be today by a thing that keeps what it said otherwise when it joined."""
    if stands is None or then is None:
        return now
    reach, ways_out = (mine if mine != said else new for mine, said, new in zip(stands, then, now, strict=True))
    return str(reach), ways_out
