"""The JSON interface of what authorities asked: public numbers and laws; and the register, for whoever runs the place.

Rules
- Anybody gets numbers by month and nothing else. Everything about a request is the operator's; people find what concerns them
  where they are told (`telling`).

Source: mission.md (F26, S68); docs/reference/api.md.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import view_named
from troth.api.grounded import CitationForm, LawShown, LawsShown
from troth.errors import NotFound
from troth.journeys.authority import Authorities, Month, Order, Registered
from troth.names import RequestId, StreamId, Uri, parse_id, print_household, print_request
from troth.statements.authority import Decided, Withheld, purpose_of
from troth.wire.times import parse_time, print_time

__all__ = [
    "AboutForm",
    "DecideForm",
    "OrderForm",
    "ReachShown",
    "RequestForm",
    "RequestMade",
    "RequestShown",
    "RequestsShown",
    "TotalsShown",
    "authority_routes",
    "request_shown",
]

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class OrderForm(msgspec.Struct, frozen=True):
    """The order by which people are not told yet: by whom, on which law, and until when."""

    by: Sentence
    citation: CitationForm
    until: str

    def order(self) -> Withheld:
        """As the statement has it; BadTime."""
        return Withheld(self.by, self.citation.cited(), parse_time(self.until))


class RequestForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Enter a request of a registered authority. `scope`: what it asked for, with no name, home or address; `received`: now."""

    authority: Uri
    citation: CitationForm
    scope: Sentence
    received: str | None = None
    withheld: OrderForm | None = None


class DecideForm(msgspec.Struct, frozen=True):
    """What was decided (given, partly or refused), and why."""

    decided: Decided
    because: Sentence


class AboutForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which Datastreams of one home it is about, and times of data. With `variant` the authority may read them, `until`."""

    datastreams: tuple[int, ...]
    data_from: str
    data_to: str
    variant: str | None = None
    until: str | None = None
    condition: str | None = None


class RequestMade(msgspec.Struct, frozen=True):
    """A request (`rq...`), and the purpose under which the authority reads for it once it may."""

    demand: str
    purpose: str


class ReachShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a request is about in one home, or in public places."""

    datastreams: tuple[int, ...]
    data_from: str
    data_to: str
    until: str
    variant: str | None = None
    household: str | None = None


class RequestShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request. `withheld`: people may not be told yet; `order`: by which order, also after its end."""

    demand: str
    purpose: str
    authority: Uri
    citation: CitationForm
    scope: str
    received: str
    decided: str
    withheld: bool
    about: tuple[ReachShown, ...]
    decided_at: str | None = None
    because: str | None = None
    order: OrderForm | None = None


class RequestsShown(msgspec.Struct, frozen=True):
    """The register, the newest first."""

    requests: tuple[RequestShown, ...]


class TotalsShown(msgspec.Struct, frozen=True):
    """Public numbers, the newest month first, and in words."""

    months: tuple[Month, ...]
    words: str


def authority_routes(
    authorities: Authorities,
    *,
    callers: Callers,
    stream_of: Callable[[int], StreamId | None],
    number_of: Callable[[StreamId], int | None],
) -> list[Route]:
    """All routes of this module. `stream_of` and `number_of`: between streams and Datastream numbers."""
    register = _Register(authorities, stream_of, number_of)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/authorities/totals", {"GET": open_(register.totals)}),
        resource("/api/authorities/laws", {"GET": open_(register.laws)}),
        resource("/api/authorities/requests", {"GET": op(register.listed), "POST": op(register.enter)}),
        resource("/api/authorities/requests/{demand}/decision", {"POST": op(register.decide)}),
        resource("/api/authorities/requests/{demand}/order", {"POST": op(register.withhold)}),
        resource("/api/authorities/requests/{demand}/about", {"POST": op(register.about)}),
        resource("/api/authorities/requests/{demand}/end", {"POST": op(register.end)}),
    ]


class _Register:
    def __init__(
        self,
        authorities: Authorities,
        stream_of: Callable[[int], StreamId | None],
        number_of: Callable[[StreamId], int | None],
    ) -> None:
        self._authorities = authorities
        self._stream_of = stream_of
        self._number_of = number_of

    async def totals(self, _request: Request) -> Response:
        found = self._authorities.totals()
        return shown(TotalsShown(found.months, found.words))

    async def laws(self, _request: Request) -> Response:
        return shown(LawsShown(tuple(map(_law, self._authorities.laws()))))

    async def listed(self, _request: Request) -> Response:
        return shown(RequestsShown(tuple(request_shown(each, self._number_of) for each in self._authorities.all())))

    async def enter(self, request: Request) -> Response:
        asked = await form(request, RequestForm)
        made = await self._authorities.enter(
            asked.authority,
            asked.citation.cited(),
            asked.scope,
            received_ns=None if asked.received is None else parse_time(asked.received),
            withheld=None if asked.withheld is None else asked.withheld.order(),
        )
        return created(_made(made))

    async def decide(self, request: Request) -> Response:
        asked, named = await form(request, DecideForm), _named(request)
        await self._authorities.decide(named, asked.decided, asked.because)
        return created(_made(named))

    async def withhold(self, request: Request) -> Response:
        asked, named = await form(request, OrderForm), _named(request)
        await self._authorities.withhold(named, asked.order())
        return created(_made(named))

    async def about(self, request: Request) -> Response:
        asked, named = await form(request, AboutForm), _named(request)
        streams = [self._stream_of(number) for number in asked.datastreams]
        if None in streams:
            raise NotFound("there is no such stream here")
        await self._authorities.reach(
            named,
            tuple(each for each in streams if each is not None),
            data_from_ns=parse_time(asked.data_from),
            data_to_ns=parse_time(asked.data_to),
            variant=None if asked.variant is None else view_named(asked.variant).value,
            until_ns=None if asked.until is None else parse_time(asked.until),
            condition=asked.condition,
        )
        return created(_made(named))

    async def end(self, request: Request) -> Response:
        named = _named(request)
        await self._authorities.end(named)
        return created(_made(named))


def request_shown(each: Registered, number_of: Callable[[StreamId], int | None]) -> RequestShown:
    """A request as the interface says it, with the reaches that are given here."""
    body = each.request.body
    held = body.withheld
    order = None
    if held is not None:
        cited = CitationForm(held.citation.title, held.citation.law, held.citation.paragraph)
        order = OrderForm(held.by, cited, print_time(held.until_ns))
    return RequestShown(
        print_request(body.request),
        purpose_of(body.request),
        body.authority,
        CitationForm(body.citation.title, body.citation.law, body.citation.paragraph),
        body.scope,
        print_time(body.received_ns),
        body.decided,
        each.withheld,
        tuple(
            ReachShown(
                tuple(number for stream in reach.body.streams if (number := number_of(stream)) is not None),
                print_time(reach.body.data_from_ns),
                print_time(reach.body.data_to_ns),
                print_time(reach.body.until_ns),
                reach.body.variant,
                None if reach.body.household is None else print_household(reach.body.household),
            )
            for reach in each.reaches
        ),
        None if body.decided_ns is None else print_time(body.decided_ns),
        body.because,
        order,
    )


def _named(request: Request) -> RequestId:
    return RequestId(parse_id("rq", request.path_params["demand"]))


def _made(request: RequestId) -> RequestMade:
    return RequestMade(print_request(request), purpose_of(request))


def _law(each: Order) -> LawShown:
    return LawShown(
        ground=each.cited_for.value,
        law=each.law,
        paragraph=each.paragraph,
        title=each.title,
        says=each.says,
        from_=each.from_,
        source=each.source,
        read_on=each.read_on,
        to=each.to,
    )
