"""The JSON interface of what is withheld from third parties: the public list, saying it, and ending it.

Source: docs/reference/api.md; Data Act, Articles 4(2), 4(6) to (8), 5(9) to (11).
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.recipient_forms import (
    WithholdingEndForm,
    WithholdingForm,
    WithholdingMade,
    Withholdings,
    WithholdingShown,
)
from troth.journeys.withhold import Withhold, WithholdingSeen
from troth.names import WithholdingId, check_uri, parse_id, print_withholding
from troth.statements.withholding import WithholdingBody
from troth.wire.times import parse_time, print_time

__all__ = ["withholding_routes"]


def withholding_routes(withhold: Withhold, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def listed(_request: Request) -> Response:
        return shown(Withholdings(tuple(map(_shown, withhold.every()))))

    async def say(request: Request) -> Response:
        asked = await form(request, WithholdingForm)
        body = WithholdingBody(
            WithholdingId(b""),
            check_uri(asked.by),
            check_uri(asked.product),
            asked.rung,
            asked.words,
            0,
            parse_time(asked.to),
            asked.streams,
            asked.party,
            asked.measures,
            asked.notified,
        )
        return created(WithholdingMade(print_withholding(await withhold.say(body))))

    async def end(request: Request) -> Response:
        name = request.path_params["withholding"]
        asked = await form(request, WithholdingEndForm)
        await withhold.end(WithholdingId(parse_id("wh", name)), because=asked.because)
        return created(Done(name))

    spoken, op = callers.spoken, callers.operated
    return [
        resource("/api/withholdings", {"GET": spoken(listed), "POST": op(say)}),
        resource("/api/withholdings/{withholding}/end", {"POST": op(end)}),
    ]


def _shown(seen: WithholdingSeen) -> WithholdingShown:
    body = seen.body
    return WithholdingShown(
        print_withholding(body.withholding),
        body.by,
        seen.by,
        body.product,
        body.rung,
        seen.paragraph,
        body.words,
        print_time(body.from_ns),
        print_time(body.to_ns),
        seen.holds,
        body.streams,
        body.party,
        body.measures,
        body.notified,
        body.because,
    )
