"""The JSON interface of recipients: what they may read and owe, what they ask for, and what they are to erase.

Rules
- Everything here is a recipient's, by its token or in a session of its screen, for one party, app and purpose.
- Whoever runs the place sees which orders are open, to chase them; not of which streams.

Source: docs/reference/api.md; Data Act, Articles 5 and 6; GDPR Articles 17 and 19.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.erasing import order_shown, unused_shown
from troth.api.forms import view_named
from troth.api.recipient_forms import (
    EraseAnswerForm,
    GivenShown,
    OrdersShown,
    RecipientShown,
    RequestForm,
    RequestMade,
    RequestShown,
    UnusedShownAll,
)
from troth.api.share_forms import DutyShown
from troth.journeys.erase_orders import EraseOrders
from troth.journeys.recipient import Recipient, Wish
from troth.journeys.share_values import Given, RecipientPage
from troth.journeys.stale import Stale
from troth.names import OrderId, PurposeId, check_uri, parse_id, print_share, print_wish
from troth.statements.share_request import ShareRequestBody
from troth.wire.times import print_time

__all__ = ["recipient_routes"]


def recipient_routes(recipient: Recipient, orders: EraseOrders, stale: Stale, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def page(request: Request) -> Response:
        return shown(_page(await recipient.page(callers.recipient(request)[0])))

    async def ask(request: Request) -> Response:
        asker, _ = callers.recipient(request)
        asked = await form(request, RequestForm)
        wish = Wish(check_uri(asked.product), asked.streams, view_named(asked.variant), asked.days, asked.words)
        return created(RequestMade(print_wish(await recipient.ask(asker, wish))))

    async def ordered(request: Request) -> Response:
        asker, _ = callers.recipient(request)
        return shown(OrdersShown(tuple(order_shown(each) for each in orders.of_party(asker))))

    async def answer(request: Request) -> Response:
        asker, token = callers.recipient(request)
        order = OrderId(parse_id("eo", request.path_params["order"]))
        said = await form(request, EraseAnswerForm)
        seen = await orders.answer(asker, order, said.answered, token=token, words=said.words, citation=said.citation)
        return created(order_shown(seen))

    async def chased(_request: Request) -> Response:
        return shown(OrdersShown(tuple(order_shown(each, chasing=True) for each in orders.every())))

    async def unused(_request: Request) -> Response:
        found = (*stale.tokens(), *stale.shares())
        return shown(UnusedShownAll(tuple(map(unused_shown, found))))

    spoken, op = callers.spoken, callers.operated
    return [
        resource("/api/recipient", {"GET": spoken(page)}),
        resource("/api/recipient/requests", {"POST": spoken(ask)}),
        resource("/api/erase-orders", {"GET": spoken(ordered)}),
        resource("/api/erase-orders/{order}", {"POST": spoken(answer)}),
        resource("/api/recipients/erase-orders", {"GET": op(chased)}),
        resource("/api/recipients/unused", {"GET": op(unused)}),
    ]


def _page(page: RecipientPage) -> RecipientShown:
    return RecipientShown(
        page.party,
        page.app,
        PurposeId(page.purpose),
        page.what_for,
        page.readable,
        tuple(map(_given, page.given)),
        tuple(DutyShown(each.duty, each.says, each.law, each.paragraph, each.since) for each in page.duties),
        tuple(map(_request, page.asked)),
    )


def _given(each: Given) -> GivenShown:
    return GivenShown(
        print_share(each.share),
        each.datastreams,
        each.variant,
        print_time(each.from_ns),
        print_time(each.to_ns),
        None if each.since_ns is None else print_time(each.since_ns),
        each.words,
    )


def _request(body: ShareRequestBody) -> RequestShown:
    return RequestShown(
        print_wish(body.request),
        body.product,
        body.streams,
        body.variant,
        body.days,
        body.words,
        print_time(body.to_ns),
    )
