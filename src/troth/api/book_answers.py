"""What the interface answers about a person's book, each body declared once; the command line reads the same values.

Rules
- As in `answers`: identifiers in printed form, digests in hex, times in ISO 8601 in UTC. A place is `SEGMENT-LEAF`.

Source: docs/reference/api.md.
"""

from typing import Literal

import msgspec

__all__ = ["BookShown", "LineShown", "OwnNoShown", "StatementOwn", "StatementsOwn"]


class OwnNoShown(msgspec.Struct, frozen=True):
    """A statement of the person that stood in the way: its id, its kind, since when, and what it is called."""

    statement: str
    kind: str
    at: str
    words: str


class LineShown(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a book.

    Args:
        kind: `seen` (somebody could read), `turned-away` (somebody asked and got nothing), `damaged` (it does not open).
        place: by which it is proved; absent where it is in no segment yet.
        waiting: true where it has no place yet: proof follows with the next tick, and `rows` may grow until then.
        closed: the place at which the number of rows is proved; absent while that is not proved.
        at: when, or from when on until the next tick.
        party, app, purpose, stream: as they stand in the trace; the words beside them are what they are called now.
        variant: the view that was granted.
        rows: how many left; absent where it is not known, and then it counts as read.
        rests_on: ids of the statements it rested on.
        reason, count: why and how often somebody was turned away.
        yours: what the person had said against it themselves.
        why: why it does not open.
    """

    kind: Literal["seen", "turned-away", "damaged"]
    place: str | None = None
    waiting: bool = False
    at: str | None = None
    closed: str | None = None
    party: str | None = None
    party_name: str | None = None
    app: str | None = None
    purpose: str | None = None
    what_for: str | None = None
    stream: str | None = None
    stream_name: str | None = None
    thing: str | None = None
    variant: str | None = None
    rows: int | None = None
    rests_on: tuple[str, ...] = ()
    reason: str | None = None
    count: int | None = None
    yours: tuple[OwnNoShown, ...] = ()
    why: str | None = None


class BookShown(msgspec.Struct, frozen=True):
    """A page of a book, newest first. `before`: what to ask for to go on, or null. `custody`: who keeps the person's keys."""

    name: str
    custody: str
    lines: tuple[LineShown, ...]
    before: str | None


class StatementOwn(msgspec.Struct, frozen=True):
    """A private statement that speaks of the person; `yours`: they said it themselves."""

    statement: str
    kind: str
    issued: str
    yours: bool


class StatementsOwn(msgspec.Struct, frozen=True):
    """All of them, in the order in which they were accepted."""

    custody: str
    statements: tuple[StatementOwn, ...]
