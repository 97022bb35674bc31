"""*nobody*: the maker has stated in the passport that the stream concerns no one, and the place is public. Pure.

Source: gate.md, "Eight grounds".
"""

from troth.gate.grounds.holding import Asked, Holding
from troth.things.intervals import ALWAYS

__all__ = ["nobody"]


def nobody(asked: Asked) -> Holding:
    """Always, or never."""
    passport = asked.product.passport
    declared = None if passport is None else passport.by_name.get(asked.stream.installed.name)
    if declared is None or not declared.concerns_nobody or asked.stream.household is not None:
        return Holding(())
    return Holding(ALWAYS)
