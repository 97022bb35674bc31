"""A page leaves only while everything in it may: what was gathered is asked once more in the step in which it is shown.

Rules
- What is shown is asked again before each chunk that leaves (`wire/held`).
- A page is gathered over several awaits; a choice may take effect between two of them. Then it is gathered anew.
- After `AGAIN` rounds the answer is "busy", never a page that holds what was taken back.

Source: gate.md, "The barrier" (hand-over).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, runtime_checkable

from troth.errors import Busy

__all__ = ["Values", "holding", "whole"]

AGAIN: Final = 8
Values = dict[str, object]


@runtime_checkable
class Held(Protocol):
    """A value that rests on leases."""

    def holds(self) -> bool:
        """Whether it may still be handed over."""
        ...


async def whole(gather: Callable[[], Awaitable[Values]]) -> Values:
    """What `gather` gives, seen to hold. Show it without another await.

    Raises:
        Busy: choices take effect faster than the page can be gathered.
    """
    for _ in range(AGAIN):
        values = await gather()
        if holding(values):
            return values
    raise Busy("this page is changing faster than it can be shown", retry_after_s=1)


def holding(values: Mapping[str, object]) -> bool:
    """Whether everything of a page may be handed over now."""
    return all(_holds(each) for each in values.values())


def _holds(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_holds(each) for each in value)
    return not isinstance(value, Held) or value.holds()
