"""Rules ready to be asked: parsed once per text, found by who asks first, and asked of Cedar. Pure.

Rules
- What no rule forbids passes. Cedar itself denies what nothing permits, so one rule that permits everything stands first.
- A question is put to those rules alone whose head it meets (by its action, by what the asker is in, by what the stream is in)
  and whose first comparisons: a rule that is not met forbids nothing and cannot fail.
- A term in a head is looked at here and not by Cedar, which sees the terms that a condition may: in a head a term meets all
  that lies in it.
- A rule that Cedar cannot evaluate forbids: Cedar would leave it out, and that would allow more.
- The same facts give the same answer, so it is remembered; a rule that depends on the minute is asked again in each.

Source: gate.md ("a policy set parsed once per digest, policies indexed per principal first"); Cedar 4, "Authorization".
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

import msgspec
from cedarpy import Decision, PolicySet, is_authorized, policies_to_pst, pst

from troth.errors import BadPolicies
from troth.gate.policies.facts import Facts
from troth.gate.policies.reading import Rule, read_rules
from troth.gate.policies.schema import compared, entities_of, in_of, request_of
from troth.gate.question import Action
from troth.spans import MINUTE_NS
from troth.things.intervals import FOREVER

__all__ = ["Ruled", "Ruleset", "ruleset_of"]

_TEXTS_MAX: Final = 4  # texts parsed and kept: the one in force, those before it, and what is looked at before it holds
_SUBSETS_MAX: Final = 256  # sets of rules that meet some question; parsing one takes some 100 us
_ASKED_MAX: Final = 8_192  # facts whose answer is remembered; some 1 KB each
_ANYBODY: Final = "any"
# Facts that differ from use to use, with what stands for them where no rule speaks of them: then they change no answer.
_NEUTRAL: Final[Mapping[str, str | int | tuple[str, ...]]] = {
    "app": "",
    "name": "",
    "property": "",
    "place": "",
    "senses": "",
    "sector": "",
    "kept_days": 0,
    "recipients": (),
}
_PERMIT: Final = policies_to_pst("permit(principal, action, resource);").static_policies["policy0"]

_Key = tuple[str, str] | None


class Ruled(msgspec.Struct, frozen=True):
    """What the rules say of some facts: those that forbid, those that cannot be evaluated, and until when, ns UTC."""

    forbidding: tuple[Rule, ...] = ()
    failed: tuple[Rule, ...] = ()
    until_ns: int = FOREVER

    @property
    def passes(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.forbidding and not self.failed


_FREE: Final = Ruled()


class Ruleset:
    """The rules of one text. It remembers what it was asked, and is otherwise never changed."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self.names_classes = any(_names(each, "Class") for each in rules)
        self._streams = frozenset(each for rule in rules for each in _named(rule, "Stream"))
        spoken_of = {name for each in rules for name in each.attributes}
        self._neutral = {name: value for name, value in _NEUTRAL.items() if name not in spoken_of}
        # By what is wanted, by what the asker is in, and by the first comparison.
        self._found: dict[Action, dict[_Key, dict[_Key, list[int]]]] = {action: {} for action in Action}
        for at, rule in enumerate(rules):
            for action in rule.actions:
                first = rule.leading[0] if rule.leading else None
                self._found[action].setdefault(rule.asker, {}).setdefault(first, []).append(at)
        self._firsts = frozenset(rule.leading[0][0] for rule in rules if rule.leading)
        self._subsets: dict[tuple[int, ...], PolicySet] = {}
        self._asked: dict[Facts, Ruled] = {}

    def ask(self, facts: Facts, *, at_ns: int) -> Ruled:
        """What the rules say of these facts at this time."""
        stream = facts.stream if facts.stream in self._streams else ""
        facts = msgspec.structs.replace(facts, stream=stream, **self._neutral)
        known = self._asked.get(facts)
        if known is not None:
            return known
        met = tuple(sorted(self._met(facts)))
        ruled = self._evaluate(facts, met, at_ns=at_ns) if met else _FREE
        if any(self.rules[at].timed for at in met):
            return msgspec.structs.replace(ruled, until_ns=(at_ns // MINUTE_NS + 1) * MINUTE_NS)
        if len(self._asked) >= _ASKED_MAX:
            self._asked.clear()
        self._asked[facts] = ruled
        return ruled

    def forget(self) -> None:
        """Remember nothing of what was asked: to measure what it costs to be asked something new."""
        self._asked.clear()

    def _met(self, facts: Facts) -> Iterator[int]:
        """The rules whose head and whose first comparisons these facts meet."""
        values = compared(facts)
        about = {("Product", facts.product), ("Stream", facts.stream)}
        askers: tuple[_Key, ...] = (None, *in_of(facts))
        firsts: tuple[_Key, ...] = (None, *((name, values[name]) for name in self._firsts))
        by_asker = self._found[facts.action]
        for key in dict.fromkeys(askers):
            by_first = by_asker.get(key)
            if by_first is None:
                continue
            for at in (each for first in firsts for each in by_first.get(first, ())):
                rule = self.rules[at]
                if (rule.about is None or rule.about in about) and all(
                    values[name] == wanted for name, wanted in rule.leading
                ):
                    yield at

    def _evaluate(self, facts: Facts, met: tuple[int, ...], *, at_ns: int) -> Ruled:
        found = is_authorized(request_of(facts, at_ns=at_ns), self._subset(met), entities_of(facts))
        forbidding = [] if found.decision is Decision.Allow else found.diagnostics.reasons
        failed = [at for at in met if any(f"`{at}`" in each for each in found.diagnostics.errors)]
        if not failed and (found.diagnostics.errors or found.decision is Decision.NoDecision):
            failed = list(met)  # it does not say which
        return Ruled(
            tuple(self.rules[at] for at in met if str(at) in forbidding), tuple(self.rules[at] for at in failed)
        )

    def _subset(self, met: tuple[int, ...]) -> PolicySet:
        known = self._subsets.get(met)
        if known is not None:
            return known
        nodes = {str(at): _met_already(self.rules[at].node, id_=str(at)) for at in met}
        nodes[_ANYBODY] = replace(_PERMIT, id=_ANYBODY)
        made = PolicySet.from_pst(
            pst.PolicySet(templates=pst.FrozenMap(), static_policies=pst.FrozenMap(nodes), template_links=())
        )
        if len(self._subsets) >= _SUBSETS_MAX:
            self._subsets.clear()
        self._subsets[met] = made
        return made


@lru_cache(maxsize=_TEXTS_MAX)
def ruleset_of(text: str) -> Ruleset | None:
    """The rules of a text, parsed once; None where this program cannot read it, as one that a newer program has accepted."""
    try:
        return Ruleset(read_rules(text))
    except BadPolicies:
        return None


def _met_already(node: pst.Template, *, id_: str) -> pst.Template:
    """A rule whose head is met, under another id: without the term of its head."""
    match node.principal:
        case pst.ScopeIn(entity=pst.EntityUid() as one) if str(one.type) == "Term":
            return replace(node, id=id_, principal=pst.ScopeAny())
        case pst.ScopeIsIn(entity_type=type_, entity=pst.EntityUid() as one) if str(one.type) == "Term":
            return replace(node, id=id_, principal=pst.ScopeIs(entity_type=type_))
        case _:
            return replace(node, id=id_)


def _named(rule: Rule, type_: str) -> Iterator[str]:
    return (each.id for each in pst.entity_uids(rule.node) if str(each.type) == type_)


def _names(rule: Rule, type_: str) -> bool:
    return any(True for _ in _named(rule, type_))
