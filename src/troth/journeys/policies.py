"""Whoever runs the place writes its rules: they are looked at, tried, and only then put in force, in a second step.

Rules
- A text is put in force by the name of a look at it, made here not longer than LOOK_HOLDS_S ago and against the version that
  still holds. So whoever puts it in force can have read what changes.
- Where a function would stop that a thing depends on, that is said once more.
- Putting rules in force, or taking them back, ends every answer that read them, before it is acknowledged (the barrier).
- Everybody may read the rules in force, and what is wrong with them as they are looked at today: a newer program looks for
  more, a newer list has other terms, and what a rule names may be gone. Nothing of that takes them out of force.

Source: issue 5, line 9; gate.md, step 5; docs/decisions/0066-policies-only-forbid.md.
"""

import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol

import msgspec

from troth.clock import Clock
from troth.errors import BadPolicies, Conflict
from troth.gate.policies.lint import Finding, lint, linted
from troth.gate.policies.ruleset import ruleset_of
from troth.gate.policies.schema import SCHEMA
from troth.gate.question import NamedRule
from troth.journeys.rule_names import registered_in
from troth.journeys.say import Say
from troth.journeys.try_rules import Tried, TryRules
from troth.names import StatementId
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import StandingPolicies
from troth.statements.kinds import KindName
from troth.statements.operator_policies import OperatorPoliciesBody

__all__ = ["LOOK_HOLDS_S", "Finding", "Looked", "Policies", "RulesNow"]

LOOK_HOLDS_S: Final = 3_600  # as long as it takes to read what changes; what is asked changes meanwhile
_LOOKS_MAX: Final = 32
_NS: Final = 1_000_000_000


class RulesNow(msgspec.Struct, frozen=True):
    """The rules in force; `version` 0 and no statement where none were ever stated. `said_s`: since when, seconds UTC."""

    version: int
    rules: tuple[NamedRule, ...] = ()
    text: str | None = None
    because: str = ""
    said_s: int = 0
    statement: StatementId | None = None


class Looked(msgspec.Struct, frozen=True):
    """A look at a text that does not hold yet.

    Args:
        look: 32 bytes by which it is put in force; None where something is wrong with it.
        version: which it would be.
        findings: what is wrong with it.
        rules: what it says.
        tried: what would change; None where something is wrong with it.
    """

    look: bytes | None
    version: int
    findings: tuple[Finding, ...]
    rules: tuple[NamedRule, ...]
    tried: Tried | None


class Away(Protocol):
    """Runs work away from the loop."""

    def __call__(self, work: Callable[[], None], /) -> Awaitable[None]:
        """Done when it is."""
        ...


class Policies:
    """Looks at rules, tries them, says them. Owner of the looks: the event loop."""

    def __init__(
        self,
        say: Say,
        try_rules: TryRules,
        directory: Directory,
        *,
        in_force: InForce,
        clock: Clock,
        away: Away,
    ) -> None:
        self._say = say
        self._try = try_rules
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._away = away
        self._looks: dict[bytes, tuple[int, Tried]] = {}

    @property
    def schema(self) -> str:
        """What a rule may speak of, in Cedar's own language."""
        return SCHEMA

    def now(self) -> RulesNow:
        """The rules in force."""
        standing = self._standing()
        if standing is None:
            return RulesNow(0)
        return RulesNow(
            standing.version,
            _named(standing.text),
            standing.text,
            standing.because,
            standing.said_s,
            standing.statement,
        )

    async def wrong_now(self) -> tuple[Finding, ...]:
        """What would be wrong with the rules in force if they were said today."""
        text = self.now().text
        if text is None:
            return ()
        await self._away(partial(_read, text))
        return lint(text, registered_in(self._directory))

    async def look(self, text: str | None) -> Looked:
        """Lint a text and try it; None for no rules any more. Nothing is put in force."""
        standing = self._standing()
        version = 1 if standing is None else standing.version + 1
        if text is not None:
            await self._away(partial(_read, text))
        findings = () if text is None else lint(text, registered_in(self._directory))
        if findings:
            return Looked(None, version, findings, _named(text), None)
        before = None if standing is None or standing.text is None else ruleset_of(standing.text)
        tried = await self._try.tried(before, None if text is None else ruleset_of(text))
        look = _look(text, version)
        self._looks.pop(look, None)
        self._looks[look] = (self._clock.now(), tried)
        if len(self._looks) > _LOOKS_MAX:
            del self._looks[next(iter(self._looks))]
        return Looked(look, version, (), _named(text), tried)

    async def put_in_force(self, text: str | None, because: str, *, look: bytes, even_essential: bool = False) -> int:
        """Put a text in force that was looked at; returns its version. None takes back the rules that hold.

        Raises:
            Conflict: it was not looked at, too long ago, or other rules hold since; or there are none to take back.
            BadPolicies: something is wrong with it; or an essential function would stop, and that was not said.
            Refused: it is not said why.
        """
        standing = self._standing()
        if text is None and (standing is None or standing.text is None):
            raise Conflict("there are no rules to take back")
        version = 1 if standing is None else standing.version + 1
        looked = self._looks.get(look)
        if looked is None or look != _look(text, version) or looked[0] + LOOK_HOLDS_S * _NS < self._clock.now():
            raise Conflict(
                "what would change was not looked at for these rules, or too long ago", hint="Look at them again."
            )
        if looked[1].stops_essential and not even_essential:
            raise BadPolicies(
                "an essential function of a thing would stop", hint="Change the rules, or say that you mean it."
            )
        body = OperatorPoliciesBody(version, because, text)
        await self._say.say(KindName.OPERATOR_POLICIES, body, subject=f"rules-{version}")
        self._looks.clear()
        return version

    def _standing(self) -> StandingPolicies | None:
        return Reading(self._in_force).deployment().policies


def _read(text: str) -> None:
    """Many rules take many milliseconds to read; what was read once is remembered by its text."""
    linted(text)
    ruleset_of(text)


def _named(text: str | None) -> tuple[NamedRule, ...]:
    """The rules of a text that can be read."""
    rules = None if text is None else ruleset_of(text)
    return () if rules is None else tuple(each.named for each in rules.rules)


def _look(text: str | None, version: int) -> bytes:
    """Its name: whoever has looked at the same text for the same place in the row can compute it."""
    said = "none" if text is None else f"text\n{text}"
    return hashlib.sha256(f"troth/look-at-rules/v1\n{version}\n{said}".encode()).digest()
