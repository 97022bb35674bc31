"""What was pressed and waits for a passkey: one thing in each visit, for as long as its page may be read.

Rules
- Nothing of it counts, and nothing is signed yet: it is dated and signed when the passkey is asked (`beside`).
- What is pressed next in the same visit takes its place.
- Where anything was said about the same person since, it is not said any more: whoever still wants it presses again.

Source: docs/decisions/0113. Owner: the event loop.
"""

from typing import Final

import msgspec

from troth.clock import NS_PER_S
from troth.errors import Conflict
from troth.names import PersonId
from troth.state.in_force import InForce
from troth.state.scopes import person_scope
from troth.statements.choice import ChoiceBody
from troth.statements.kinds import Body, KindName
from troth.statements.objection import ObjectionBody
from troth.statements.persons import persons_of
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.restriction import RestrictionBody
from troth.statements.share import ShareBody
from troth.statements.third_party import ThirdPartyBody

__all__ = ["PRESSED_S", "Press", "Pressed", "dated"]

PRESSED_S: Final = 600  # as long as an own key stays open: to read what is to be signed, and to fetch the device


class Press(msgspec.Struct, frozen=True):
    """What `person` would say, as of `at_ns`. `first`: what counts before it, and not without it being said.

    `name` and `prefix` are of the statement: its kind, and the letters of its subject.
    """

    person: PersonId
    name: KindName
    body: Body
    prefix: str
    at_ns: int
    first: "Press | None" = None


class Pressed:
    """Keeps it by visit."""

    def __init__(self, in_force: InForce) -> None:
        self._in_force = in_force
        self._held: dict[bytes, tuple[Press, int]] = {}

    def keep(self, visit: bytes, press: Press) -> None:
        """Keep what was pressed in a visit."""
        self._forget(press.at_ns)
        self._held[visit] = (press, self._moved(press))

    def of(self, visit: bytes, *, at_ns: int) -> Press | None:
        """What waits in this visit, or None. What has waited too long is forgotten, whoever asks."""
        self._forget(at_ns)
        held = self._held.get(visit)
        return None if held is None else held[0]

    def check_still(self, visit: bytes) -> None:
        """Return if nothing was said since about the persons of what waits here.

        Raises:
            Conflict: something was, or nothing waits.
        """
        held = self._held.get(visit)
        if held is None or held[1] != self._moved(held[0]):
            raise Conflict("something was said about the same meanwhile", hint="Look again, and press again.")

    def drop(self, visit: bytes) -> None:
        """It has been said, or never will be."""
        self._held.pop(visit, None)

    def _forget(self, at_ns: int) -> None:
        self._held = {key: each for key, each in self._held.items() if not _over(each[0], at_ns)}

    def _moved(self, press: Press) -> int:
        return sum(self._in_force.version(person_scope(each)) for each in persons_of(press.body))


def dated(press: Press, *, at_ns: int) -> Body:
    """What is said with a passkey at this moment: it begins, or ends something, no sooner."""
    change = msgspec.structs.replace
    match press.body:
        case ChoiceBody() | ObjectionBody() as body:
            return change(body, from_ns=at_ns, made_by=_made_by(body.made_by))
        case ShareBody() as body:
            return change(body, from_ns=max(body.from_ns, at_ns), made_by=_made_by(body.made_by))
        case RestrictionBody() | PlaceRuleBody() as body:
            to_ns = None if body.to_ns is None else max(body.to_ns, at_ns)
            return change(body, to_ns=to_ns, made_by=_made_by(body.made_by))
        case ThirdPartyBody() as body:
            return change(body, at_ns=at_ns, made_by=_made_by(body.made_by))
        case body:
            return body


def _made_by(word: str) -> str:
    return "passkey" if word == "session" else word


def _over(press: Press, at_ns: int) -> bool:
    return at_ns - press.at_ns >= PRESSED_S * NS_PER_S
