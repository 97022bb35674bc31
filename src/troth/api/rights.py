"""The JSON interface of the rights desk: what I ask for and by when; what whoever runs the place replies; numbers for anybody.

Rules
- A person asks and reads in their own session, about themself. The operator sees what is asked and replies.
- What is public are numbers of months that are over.

Source: docs/reference/api.md.
"""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.errors import BadName
from troth.journeys.rights import Line, Rights
from troth.names import print_person
from troth.statements.rights import Outcome, Right
from troth.wire.times import print_time

__all__ = ["ReplyForm", "RequestForm", "RequestLine", "Requests", "request_line", "rights_routes"]

_NAME_HEX: Final = 32


class RequestForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ask for a right, in your words."""

    right: Right
    words: str = ""


class ReplyForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Reply to a request: done, refused or extended; the last two with the reason."""

    outcome: Outcome
    words: str = ""


class RequestLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request and how it stands: `open`, `extended`, `overdue`, `done` or `refused`. `late`: not answered by `due`.

    `last_day`: the last day to answer it on, by the clocks of the place; `clock`: the paragraph that sets it; `own`: none sets
    a number, and the program's own counts. `citation` is empty where no law gives it. `person` and `name` are there for
    whoever runs the place; `complain` where it is late or refused.
    """

    request: str
    right: str
    citation: str
    words: str
    asked: str
    due: str
    standing: str
    late: bool
    statement: str
    reply: str = ""
    replied: str | None = None
    person: str | None = None
    name: str | None = None
    complain: str | None = None
    last_day: str | None = None
    clock: str | None = None
    own: bool = False


class Requests(msgspec.Struct, frozen=True):
    """Requests."""

    requests: tuple[RequestLine, ...]


class MonthShown(msgspec.Struct, frozen=True):
    """How often a right was asked for in a month, answered in time so far, late, and not yet."""

    month: str
    right: str
    asked: int
    in_time: int
    late: int
    open: int


class Months(msgspec.Struct, frozen=True):
    """Numbers of months that are over."""

    months: tuple[MonthShown, ...]


class RequestMade(msgspec.Struct, frozen=True):
    """It is asked."""

    request: str


def rights_routes(rights: Rights, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def desk(request: Request) -> Response:
        lines = rights.desk(callers.person(request))
        return shown(Requests(tuple(request_line(each, is_own=True) for each in lines)))

    async def ask(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, RequestForm)
        name, _ = await rights.ask(person, asked.right.value, words=asked.words, made_by="session")
        return created(RequestMade(name.hex()))

    async def due(_: Request) -> Response:
        return shown(Requests(tuple(request_line(each, is_own=False) for each in rights.due())))

    async def reply(request: Request) -> Response:
        said = await form(request, ReplyForm)
        name = request.path_params["asked"]
        await rights.reply(_named(name), said.outcome.value, words=said.words)
        return created(Done(name))

    async def months(_: Request) -> Response:
        found = (MonthShown(m.month, m.right, m.asked, m.in_time, m.late, m.open) for m in rights.months())
        return shown(Months(tuple(found)))

    return [
        resource("/api/rights", {"GET": callers.spoken(desk), "POST": callers.spoken(ask)}),
        resource("/api/rights/months", {"GET": callers.spoken(months)}),
        resource("/api/requests", {"GET": callers.operated(due)}),
        resource("/api/requests/{asked}/reply", {"POST": callers.operated(reply)}),
    ]


def request_line(line: Line, *, is_own: bool) -> RequestLine:
    """A request as the interface says it: to its own person, or to whoever runs the place."""
    return RequestLine(
        line.request.hex(),
        line.rule.right,
        line.rule.citation,
        line.words,
        print_time(line.asked_ns),
        print_time(line.due_ns),
        line.standing.value,
        line.late,
        line.statement.hex(),
        line.reply,
        None if line.replied_ns is None else print_time(line.replied_ns),
        None if is_own else print_person(line.person),
        None if is_own else line.name,
        line.complain,
        last_day=line.last_day.isoformat(),
        clock=line.rule.clock or None,
        own=line.rule.is_own,
    )


def _named(text: str) -> bytes:
    try:
        name = bytes.fromhex(text)
    except ValueError as cause:
        raise BadName("a request is named by 32 hexadecimal digits") from cause
    if len(text) != _NAME_HEX:
        raise BadName("a request is named by 32 hexadecimal digits")
    return name
