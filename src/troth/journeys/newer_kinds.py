"""A place that an older program began may say the kinds that this one knows: at the start one more registration policy says so.

Rules
- Only kinds that no policy of this place has ever named, each by the role that its row names: what somebody has left out of the
  rules stays left out.
- It is a statement of the operator's key like any other, in the open: the next version, with all that stood before.
- Rules that cannot be read are left alone; they allow nothing.

Source: RFC 9943 (Registration Policy); docs/decisions/0013.
"""

from collections.abc import Sequence

from troth.journeys.rekey import Rekey
from troth.state.directory import Directory
from troth.statements.first_policy import rules_of_new_kinds

__all__ = ["allow_newer_kinds"]


async def allow_newer_kinds(rekey: Rekey, directory: Directory) -> Sequence[str]:
    """Say the policy, where there is something to allow; returns the kinds that it allows anew.

    Raises:
        StorageFailed: it may or may not count.
    """
    if directory.policy is None:
        return ()
    rules = rules_of_new_kinds(directory.kinds_ruled)
    if rules:
        await rekey.policy((*directory.policy.rules, *rules))
    return tuple(dict.fromkeys(kind for rule in rules for kind in rule.kinds))
