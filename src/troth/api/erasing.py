"""Erase orders and rights that nobody uses, from a journey's values to what is answered.

Source: docs/reference/api.md.
"""

from datetime import UTC, datetime, timedelta

from troth.api.erasing_forms import OrderShown, UnusedShown
from troth.journeys.erase_orders import OrderSeen
from troth.journeys.stale import Unused
from troth.names import print_order, print_share
from troth.wire.times import print_time

__all__ = ["day_text", "order_shown", "unused_shown"]

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def order_shown(seen: OrderSeen, *, chasing: bool = False) -> OrderShown:
    """An order as its recipient sees it, or (chasing) without what it is about, and with whom to ask."""
    body, answer = seen.body, seen.body.answer
    return OrderShown(
        print_order(seen.order),
        body.party,
        seen.party,
        body.purpose,
        seen.what_for,
        body.because.value,
        seen.state.value,
        print_time(body.at_ns),
        print_time(body.due_ns),
        datastreams=() if chasing else body.datastreams,
        share=None if chasing or body.share is None else print_share(body.share),
        keep=None if chasing else body.variant,
        from_=None if chasing or body.since_ns is None else print_time(body.since_ns),
        to=None if chasing or body.until_ns is None else print_time(body.until_ns),
        reminders=seen.reminders,
        silent_since=None if seen.silent_ns is None else print_time(seen.silent_ns),
        answered=None if answer is None else print_time(answer.at_ns),
        words=None if answer is None else answer.words,
        citation=None if answer is None else answer.citation,
        contact=seen.contact if chasing else None,
    )


def unused_shown(each: Unused) -> UnusedShown:
    """A right that nobody uses."""
    return UnusedShown(
        each.party,
        each.name,
        each.purpose,
        each.what_for,
        day_text(each.last),
        each.used,
        day_text(each.ends),
        token=each.id if each.share is None else None,
        share=None if each.share is None else print_share(each.share),
    )


def day_text(day: int) -> str:
    """A day since 1970-01-01 as YYYY-MM-DD."""
    return (_FIRST + timedelta(days=day)).date().isoformat()
