"""The JSON interface of what whoever runs a place gives their word on: red lines, promises, support; and of deleting a text.

Rules
- Anybody may read them: they are open statements. Saying one is the operator's.
- A text that is deletable stands behind a hash envelope; the log holds its digest.

Source: docs/reference/api.md.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import digest_of
from troth.api.pledged import (
    EndForm,
    LineDrawn,
    LineEnds,
    LineForm,
    Lines,
    LineShown,
    Nothing,
    PromiseForm,
    PromiseMade,
    Promises,
    PromiseShown,
    SupportEnded,
    SupportForm,
    SupportGiven,
    Supports,
    SupportShown,
    form_of,
    line_of,
    promise_of,
    support_of,
)
from troth.journeys.forget import Forget
from troth.journeys.pledge import DrawnLine, Pledge
from troth.names import StatementId, print_line, print_promise, print_support
from troth.statements.promise import PromiseBody
from troth.statements.support import SupportBody
from troth.wire.times import print_time

__all__ = ["pledge_routes"]


def pledge_routes(pledge: Pledge, forget: Forget, *, callers: Callers) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    said = _Pledges(pledge, forget)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/red-lines", {"GET": open_(said.lines), "POST": op(said.draw)}),
        resource("/api/red-lines/{line}/end", {"POST": op(said.take_back)}),
        resource("/api/promises", {"GET": open_(said.promises), "POST": op(said.promise)}),
        resource("/api/supports", {"GET": open_(said.supports), "POST": op(said.support)}),
        resource("/api/supports/{support}/end", {"POST": op(said.withdraw)}),
        resource("/api/statements/{statement}/text", {"DELETE": op(said.forget)}),
    ]


class _Pledges:
    def __init__(self, pledge: Pledge, forget: Forget) -> None:
        self._pledge = pledge
        self._forget = forget

    async def lines(self, _request: Request) -> Response:
        return shown(Lines(tuple(map(_line_shown, self._pledge.lines()))))

    async def draw(self, request: Request) -> Response:
        line = await self._pledge.draw((await form(request, LineForm)).body())
        return created(LineDrawn(print_line(line)))

    async def take_back(self, request: Request) -> Response:
        body = await form(request, EndForm)
        line = line_of(request.path_params["line"])
        ends_ns = await self._pledge.take_back(line, body.because, to_ns=body.to_ns())
        return created(LineEnds(print_time(ends_ns)))

    async def promises(self, _request: Request) -> Response:
        return shown(Promises(tuple(_promise_shown(*each) for each in self._pledge.promises())))

    async def promise(self, request: Request) -> Response:
        body = await form(request, PromiseForm)
        said = body.body(from_ns=self._pledge.now())
        promise, statement = await self._pledge.promise(said, form=form_of(deletable=body.deletable))
        return created(PromiseMade(print_promise(promise), statement.hex()))

    async def supports(self, _request: Request) -> Response:
        return shown(Supports(tuple(_support_shown(*each) for each in self._pledge.supports())))

    async def support(self, request: Request) -> Response:
        body = await form(request, SupportForm)
        commitments = tuple(map(promise_of, body.commitments))
        given, statement = await self._pledge.support(
            body.by, body.text(), commitments=commitments, form=form_of(deletable=body.deletable)
        )
        return created(SupportGiven(print_support(given), statement.hex()))

    async def withdraw(self, request: Request) -> Response:
        await form(request, Nothing)
        support = support_of(request.path_params["support"])
        await self._pledge.withdraw(support)
        return created(SupportEnded(print_support(support)))

    async def forget(self, request: Request) -> Response:
        await self._forget.text(StatementId(digest_of(request.path_params["statement"])))
        return Response(status_code=204)


def _line_shown(line: DrawnLine) -> LineShown:
    body = line.body
    return LineShown(
        line=print_line(body.line),
        never=body.never,
        since=print_time(body.from_ns),
        notice_days=body.notice_days,
        statement=line.statement.hex(),
        senses=body.senses,
        properties=body.properties,
        purposes=body.purposes,
        recipients=body.recipients,
        to=None if line.to_ns is None else print_time(line.to_ns),
        because=line.because,
    )


def _promise_shown(body: PromiseBody, statement: bytes) -> PromiseShown:
    return PromiseShown(
        promise=print_promise(body.promise),
        by=body.by,
        words=body.words,
        measured=body.measured,
        since=print_time(body.from_ns),
        statement=statement.hex(),
        to=None if body.to_ns is None else print_time(body.to_ns),
        product=body.product,
        streams=body.streams,
        evidence=body.evidence,
    )


def _support_shown(body: SupportBody, statement: bytes) -> SupportShown:
    return SupportShown(
        support=print_support(body.support),
        by=body.by,
        title=body.text.title,
        digest=body.text.digest.hex(),
        version=body.text.version,
        language=body.text.language,
        since=print_time(body.from_ns),
        statement=statement.hex(),
        where=body.text.where,
        commitments=tuple(map(print_promise, body.commitments)),
        withdrawn=body.withdrawn,
    )
