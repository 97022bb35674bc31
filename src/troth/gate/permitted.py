"""Step 5 *permitted*: the operator's own policies allow it. Pure.

Rules
- They only forbid: what none of them forbids passes, and where there are none, everything does.
- *own* lifts this step where something is kept or read, and no other step: nobody's rules stand between people and their own.
  What joins is asked about whatever ground it could have.
- Rules that this program cannot read settle nothing, so the answer is no.

Source: gate.md; docs/decisions/0066-policies-only-forbid.md.
"""

from typing import Final

import msgspec

from troth.gate.policies.facts import facts_of
from troth.gate.policies.ruleset import Ruleset, ruleset_of
from troth.gate.question import Action, Code, Ground, Reason, Step
from troth.gate.use import Use
from troth.names import Uri
from troth.state.in_force import Reading
from troth.state.scopes import party_scope
from troth.things.intervals import FOREVER
from troth.things.observations import Variant

__all__ = ["LIFTED", "Permission", "permitted", "would_permit"]


class Permission(msgspec.Struct, frozen=True):
    """Why not (None where it may be), and until when that holds at the longest, ns UTC."""

    failed: Reason | None = None
    until_ns: int = FOREVER


_FREE: Final = Permission()
LIFTED: Final = frozenset({Action.COLLECT, Action.READ})  # on *own*, by nobody's rules


def permitted(use: Use, view: Variant, reading: Reading, *, action: Action | None = None) -> Permission:
    """Whether the rules in force let this be. `action`: what is asked, where it is not what the use's question wants."""
    standing = reading.deployment().policies
    if standing is None or standing.text is None:
        return _FREE
    rules = ruleset_of(standing.text)
    if rules is None:
        return Permission(Reason(Step.PERMITTED, Code.NOT_OFFERED, (standing.statement,), use.ground))
    found = would_permit(use, view, reading, rules=rules, action=action)
    if found.failed is None:
        return found
    return msgspec.structs.replace(
        found, failed=msgspec.structs.replace(found.failed, statements=(standing.statement,))
    )


def would_permit(
    use: Use, view: Variant, reading: Reading, *, rules: Ruleset, action: Action | None = None
) -> Permission:
    """The same of any rules, in force or not."""
    wanted = use.question.action if action is None else action
    if use.ground is Ground.OWN and wanted in LIFTED:
        return _FREE
    classes: tuple[Uri, ...] = ()
    if rules.names_classes:
        party = reading.party(party_scope(use.question.asker.party))
        classes = () if party is None else party.classes
    ruled = rules.ask(facts_of(use, view, wanted, classes=classes), at_ns=use.question.at_ns)
    if ruled.passes:
        return _FREE if ruled.until_ns == FOREVER else Permission(until_ns=ruled.until_ns)
    named = tuple(each.named for each in (*ruled.forbidding, *ruled.failed))
    return Permission(Reason(Step.PERMITTED, Code.POLICY, (), use.ground, named), ruled.until_ns)
