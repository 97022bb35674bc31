"""Which keys speak for each person now, folded from custody statements; and what takes something away. Pure.

Rules
- The last custody statement whose time has come holds. One that is said drops every other that had not begun.
- Without one the key of the person's own statement speaks, and the house keeps it.
- What takes something away may be said with the house's key in every custody: refusing, taking back, objecting, private mode,
  a rule about places, leaving, stopping rows; and so may the wish for a right. Ending one of these gives something, and so
  does a yes, or a no with an end.
- What opens something needs a passkey beside it where its person has named some: what `statements.giving` says, and ending
  private mode or a rule. A no with an end needs the key and no passkey.

Source: record.md, "Personal ledgers"; gate.md, "Rules"; docs/decisions/0060, 0113.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from troth.names import PersonId, StatementId, Uri
from troth.state.fold import key_issuer
from troth.state.in_force import Reading
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.custody import Custody, CustodyBody
from troth.statements.giving import opens
from troth.statements.kinds import Body
from troth.statements.mark import MarkBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import DepartureBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.restriction import RestrictionBody
from troth.statements.rights import RequestBody
from troth.statements.share import ShareBody

__all__ = ["Held", "Speaking", "asks_passkey", "followed", "speaking", "speaks_for", "takes_away"]

_NS: Final = 1_000_000_000


class Speaking(msgspec.Struct, frozen=True):
    """A custody statement, and the URIs that the two keys in it speak as."""

    body: CustodyBody
    statement: StatementId
    issuer: Uri
    house: Uri | None

    @property
    def own(self) -> bool:
        """Whether the person keeps the key that speaks for them."""
        return self.body.custody == Custody.OWN


class Held(msgspec.Struct, frozen=True):
    """What holds for a person, and what will from its own time on; either may be missing. `said`: all of them, oldest first."""

    now: Speaking | None
    coming: Speaking | None = None
    said: tuple[Speaking, ...] = ()

    def at(self, at_ns: int) -> Speaking | None:
        """What holds at this moment."""
        coming = self.coming
        return coming if coming is not None and coming.body.from_ns <= at_ns else self.now

    def later(self, at_ns: int) -> Speaking | None:
        """What has not begun."""
        coming = self.coming
        return coming if coming is not None and coming.body.from_ns > at_ns else None


def followed(held: Held | None, body: CustodyBody, statement: StatementId, *, said_s: int) -> Held:
    """What is held after one more custody statement, said at this second."""
    house = None if body.house_key is None else key_issuer(body.house_key)
    said = Speaking(body, statement, key_issuer(body.key), house)
    before = None if held is None else held.at(said_s * _NS)
    every = (*(() if held is None else held.said), said)
    if body.from_ns >= (said_s + 1) * _NS:
        return Held(before, said, every)
    return Held(said, None, every)


def speaking(held: Mapping[PersonId, Held], person: PersonId, at_ns: int) -> Speaking | None:
    """What holds for a person at this moment; None for the key of their own statement."""
    found = held.get(person)
    return None if found is None else found.at(at_ns)


class _Signers(Mapping[PersonId, Uri]):
    """Who speaks for each person at one moment, over what the statements about persons say."""

    def __init__(self, signers: Mapping[PersonId, Uri], held: Mapping[PersonId, Held], at_ns: int) -> None:
        self._signers = signers
        self._held = held
        self._at_ns = at_ns

    def __getitem__(self, person: PersonId) -> Uri:
        found = speaking(self._held, person, self._at_ns)
        return self._signers[person] if found is None else found.issuer

    def __iter__(self) -> Iterator[PersonId]:
        return iter(self._signers)

    def __len__(self) -> int:
        return len(self._signers)


class _House(Mapping[PersonId, Uri]):
    """The house's key of each person who keeps their own."""

    def __init__(self, held: Mapping[PersonId, Held], at_ns: int) -> None:
        self._held = held
        self._at_ns = at_ns

    def __getitem__(self, person: PersonId) -> Uri:
        found = speaking(self._held, person, self._at_ns)
        if found is None or found.house is None:
            raise KeyError(person)
        return found.house

    def __iter__(self) -> Iterator[PersonId]:
        return (person for person in self._held if person in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def speaks_for(
    signers: Mapping[PersonId, Uri], held: Mapping[PersonId, Held], at_ns: int
) -> tuple[Mapping[PersonId, Uri], Mapping[PersonId, Uri]]:
    """Who speaks for each person at this moment, and as whom the house may take away for those who keep their own key."""
    if not held:
        return signers, {}
    return _Signers(signers, held, at_ns), _House(held, at_ns)


def takes_away(body: Body, reading: Reading) -> bool:
    """Whether it only takes away: nothing leaves, and nothing is kept, that did not before."""
    match body:
        case ChoiceBody():
            # A no until some day takes the place of one that has no end, and gives what that would have kept from then on.
            return body.decision is not Decision.GIVE and body.to_ns is None
        case ShareBody():
            return body.decision is not Decision.GIVE
        case ObjectionBody():
            return not body.withdrawn
        case RestrictionBody():
            said = reading.person_of(body.person).restrictions
            return all(each.body.restriction != body.restriction for each in said)
        case PlaceRuleBody():
            rules = reading.person_of(body.person).place_rules
            return all(each.body.rule != body.rule for each in rules)
        case DepartureBody() | RequestBody():
            return True
        case MarkBody():
            return body.stopped and body.says is None and not body.ended
        case _:
            return False


def asks_passkey(body: Body, reading: Reading) -> bool:
    """Whether it opens something, so that a passkey stands beside it where the person who says it has named some."""
    ends = isinstance(body, RestrictionBody | PlaceRuleBody) and not takes_away(body, reading)
    return ends or opens(body)
