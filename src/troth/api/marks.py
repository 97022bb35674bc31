"""The JSON interface of marks: what I say is wrong with what was observed, and what of it nobody shall use.

Rules
- Everything here is a person's, in their own session, and about themself.
- The answer comes after the barrier: nothing leaves any more that a mark has stopped.
- Who has read it already is named from the person's own book.

Source: GDPR Art. 16, 18, 19; docs/reference/api.md.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, held, resource, shown
from troth.errors import BadName, NotFound
from troth.journeys.marks import Marks, Standing, Wanted
from troth.names import StreamId
from troth.statements.mark import Stop
from troth.wire.times import parse_time, print_time

__all__ = [
    "MarkForm",
    "MarkMade",
    "MarkShown",
    "MarksShown",
    "ReaderShown",
    "ReadersShown",
    "mark_named",
    "mark_routes",
    "mark_shown",
]

_NS_PER_MS: Final = 1_000_000
_NAME_HEX: Final = 32


class MarkForm(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Of a Datastream from one time up to another: what is wrong and right, or why nobody shall use it, or both."""

    datastream: int
    from_: str = msgspec.field(name="from")
    to: str
    says: str | None = None
    stop: Stop | None = None


class MarkShown(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One mark of your own that stands."""

    mark: str
    datastream: int
    thing: str
    stream: str
    from_: str = msgspec.field(name="from")
    to: str
    says: str | None = None
    stop: str | None = None


class MarksShown(msgspec.Struct, frozen=True):
    """All of them."""

    marks: tuple[MarkShown, ...]


class MarkMade(msgspec.Struct, frozen=True):
    """It is put; its name is for ending it."""

    mark: str
    effect_ms: float


class ReaderShown(msgspec.Struct, frozen=True):
    """Who could read rows of these times, by your book, and when last."""

    party: str
    name: str
    app: str
    what_for: str
    last: str


class ReadersShown(msgspec.Struct, frozen=True):
    """All of them, the latest first."""

    readers: tuple[ReaderShown, ...]


def mark_routes(marks: Marks, *, callers: Callers, stream_of: Callable[[int], StreamId | None]) -> list[Route]:
    """All routes of this module. `stream_of` turns the number of a Datastream into its stream."""

    async def standing(request: Request) -> Response:
        return shown(MarksShown(tuple(map(mark_shown, marks.standing(callers.person(request))))))

    async def put(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, MarkForm)
        stream = stream_of(asked.datastream)
        if stream is None:
            raise NotFound("there is no such stream in a home of this person at that time")
        stop = None if asked.stop is None else asked.stop.value
        wanted = Wanted(stream, parse_time(asked.from_), parse_time(asked.to), asked.says, stop)
        mark, said = await marks.put(person, wanted, made_by="session", visit=callers.visit(request))
        return created(MarkMade(mark.hex(), round(said.effect_ns / _NS_PER_MS, 3)))

    async def end(request: Request) -> Response:
        name = request.path_params["mark"]
        await marks.end(callers.person(request), mark_named(name), visit=callers.visit(request))
        return created(Done(name))

    async def readers(request: Request) -> Response:
        person, who = callers.person(request), callers.known(request)
        if who.asker is None or who.asker.person != person:
            raise NotFound("there is no such mark of this person")
        found = await marks.readers(who.asker, mark_named(request.path_params["mark"]))
        told = tuple(
            ReaderShown(each.party, each.name, each.app, each.purpose, print_time(each.last_ns)) for each in found
        )
        return held(ReadersShown(told), holds=callers.still(request))

    spoken = callers.spoken
    return [
        resource("/api/marks", {"GET": spoken(standing), "POST": spoken(put)}),
        resource("/api/marks/{mark}/end", {"POST": spoken(end)}),
        resource("/api/marks/{mark}/readers", {"GET": spoken(readers)}),
    ]


def mark_shown(each: Standing) -> MarkShown:
    """A mark as the interface says it."""
    body = each.body
    return MarkShown(
        mark=body.mark.hex(),
        datastream=each.stream.number,
        thing=each.thing.body.name,
        stream=each.stream.declared.title,
        from_=print_time(body.from_ns),
        to=print_time(body.to_ns),
        says=body.says,
        stop=body.because,
    )


def mark_named(text: str) -> bytes:
    """The name of a mark in an address.

    Raises:
        BadName: it is none.
    """
    try:
        name = bytes.fromhex(text)
    except ValueError as cause:
        raise BadName("a mark is named by 32 hexadecimal digits") from cause
    if len(text) != _NAME_HEX:
        raise BadName("a mark is named by 32 hexadecimal digits")
    return name
