"""How many rules about places one person may have: asked of each before it counts, with those that are on their way. Pure.

Source: journeys/places; gate.md, step 4.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from troth.errors import Conflict
from troth.state.scopes import StandingPlaceRule
from troth.statements.place_rule import PlaceRuleBody

__all__ = ["PLACE_RULES_MAX", "check_place_rule"]

PLACE_RULES_MAX: Final = 64  # in force at once for one person: each is looked at by every cold decision about them


def check_place_rule(
    body: PlaceRuleBody, standing: Sequence[StandingPlaceRule], going: Iterable[PlaceRuleBody], *, at_ns: int
) -> None:
    """Return if there is room for one more rule, or it is said again.

    Args:
        body: the rule.
        standing: the rules of its person.
        going: rules of anybody that were checked and do not count yet: many at once are no way around the limit.
        at_ns: now.

    Raises:
        Conflict: the person has as many rules as one may have.
    """
    theirs = (each for each in going if each.person == body.person)
    held = {each.rule for each in (*(each.body for each in standing), *theirs) if _holds(each, at_ns)}
    if _holds(body, at_ns) and body.rule not in held and len(held) >= PLACE_RULES_MAX:
        raise Conflict(f"one person has at most {PLACE_RULES_MAX} rules about places; end one first")


def _holds(body: PlaceRuleBody, at_ns: int) -> bool:
    return body.to_ns is None or body.to_ns > at_ns
