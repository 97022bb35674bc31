"""Rounding down, so that a coarser step shows nothing that a finer one hides. Pure.

Source: docs/decisions/0068-a-view-is-its-own-text.md.
"""

from decimal import Decimal

__all__ = ["down"]


def down(value: float, step: Decimal) -> float:
    """The largest multiple of `step` that is not above a number. A whole number stays one where the step is whole."""
    if isinstance(value, int) and step == step.to_integral_value():
        return value // int(step) * int(step)
    found = Decimal(repr(value)) // step
    exact = found * step
    # `//` goes towards zero, and down is down below zero too.
    return float(exact if exact <= Decimal(repr(value)) else exact - step)
