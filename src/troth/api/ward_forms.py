"""What the interface of a child's private mode, rules, archive and erasure is asked with and answers, each body declared once.

Source: docs/reference/api.md.
"""

import msgspec

from troth.api.answers import ErasureShown
from troth.api.places import RuleShown
from troth.api.private_forms import PrivateHomeShown
from troth.journeys.wards import Wish
from troth.statements.choice import Decision

__all__ = ["ChildFound", "ErasureAsked", "GuardianRule", "WishForm", "WishShown", "wish_shown"]


class WishShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """`taking-along` or `erasing`. `own`: what the child said last; `asked`, `refused`: guardians, by name.

    `why_not`: why you may not ask for it now.
    """

    wish: str
    own: str | None = None
    asked: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    why_not: str | None = None


class ChildFound(msgspec.Struct, frozen=True, omit_defaults=True):
    """What you do for a child, and can do. `private`: where it lives, with what you have on there; `rules`: those of yours.

    `erasure`: what an erasure would do, where you may ask for it.
    """

    child: str
    name: str
    private: tuple[PrivateHomeShown, ...]
    rules: tuple[RuleShown, ...]
    wishes: tuple[WishShown, ...]
    erasure: ErasureShown | None = None


class GuardianRule(msgspec.Struct, frozen=True):
    """A rule about places that a guardian, by name, has made for you."""

    by: str
    rule: RuleShown


class WishForm(msgspec.Struct, frozen=True):
    """What you say to a wish: `give`, `refuse` or `withdraw`."""

    wish: str
    decision: Decision


class ErasureAsked(msgspec.Struct, frozen=True):
    """Whether they are erased now; where not, other guardians have to ask for the same."""

    erased: bool
    statement: str
    asked: str


def wish_shown(wish: Wish) -> WishShown:
    """As the interface has it."""
    own = None if wish.own is None else wish.own.value
    return WishShown(wish.name, own, wish.asked, wish.refused, wish.why_not)
