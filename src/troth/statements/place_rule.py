"""Kind `place-rule`: a person says where data that concern them may not go. Face: private.

Rules
- It narrows only, for every purpose or for some, and holds in [from_ns, to_ns).
- A later one with the same `rule` replaces it, so an earlier `to_ns` ends it.
- A guardian says one for a child (`by`), under their own key; it counts while they speak for the child.

Source: gate.md, step 4; mission.md (S16, F5).
"""

import msgspec

from troth.names import PersonId, PurposeId

__all__ = ["PlaceRuleBody"]


class PlaceRuleBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule.

    Args:
        rule: 16 random bytes, its own name.
        person: whose rule it is; they sign it, or their guardian does.
        from_ns: since when it holds (ns UTC), set by the node at acceptance.
        made_by: passkey, session, token, paper or guardian.
        within: countries or regions outside of which nothing may go; empty for no such rule.
        not_under: countries or regions whose law may not reach it.
        purposes: what it is about; empty for every purpose.
        to_ns: the first moment at which it no longer holds; absent while it stands.
        by: their guardian, who says it for them and whose key signs; with `made_by` guardian, and only there.
    """

    rule: bytes
    person: PersonId
    from_ns: int
    made_by: str
    within: tuple[str, ...] = ()
    not_under: tuple[str, ...] = ()
    purposes: tuple[PurposeId, ...] = ()
    to_ns: int | None = None
    by: PersonId | None = None
    crit: tuple[str, ...] = ("within", "not_under", "purposes", "from_ns", "to_ns", "by")
