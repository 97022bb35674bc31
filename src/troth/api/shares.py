"""The JSON interface of people who share: what they share and are asked, sharing, agreeing or refusing, and ending.

Rules
- Everything here is a person's, in their own session. Refusing and ending take one call, as agreeing does.
- The answer comes after the barrier: nothing leaves any more that an end took away.

Source: docs/reference/api.md; Data Act, Articles 4 to 6.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.erasing import order_shown, unused_shown
from troth.api.forms import digest_of, view_named
from troth.api.share_forms import (
    AnswerForm,
    AskedShown,
    DutyShown,
    GatekeeperShown,
    PartyShown,
    ShareForm,
    ShareHomeShown,
    ShareMade,
    ShareSaid,
    ShareShown,
    SharesShown,
    ShareTermsShown,
    StreamShown,
    TermShown,
)
from troth.errors import NotFound, Refused
from troth.journeys.accept import Accepted
from troth.journeys.erase_orders import EraseOrders
from troth.journeys.share import Share
from troth.journeys.share_values import AskedOf, Offered, Shared, ShareHome, Streams, Terms, Wanted
from troth.journeys.stale import Stale
from troth.names import (
    ShareId,
    StreamId,
    WishId,
    check_uri,
    parse_id,
    print_household,
    print_share,
    print_wish,
    print_withholding,
)
from troth.statements.choice import Decision
from troth.wire.times import parse_time, print_time

__all__ = ["share_routes"]

_NS_PER_MS = 1_000_000


def share_routes(
    share: Share,
    orders: EraseOrders,
    stale: Stale,
    *,
    callers: Callers,
    stream_of: Callable[[int], StreamId | None],
) -> list[Route]:
    """All routes of this module. `stream_of`: the stream of a Datastream number."""

    def streams_of(numbers: tuple[int, ...]) -> tuple[StreamId, ...]:
        found = tuple(each for each in map(stream_of, numbers) if each is not None)
        if len(found) != len(numbers):
            raise NotFound("there are no such streams in one home of this person")
        return found

    async def terms(_request: Request) -> Response:
        return shown(_terms(share.seen.terms()))

    async def listed(request: Request) -> Response:
        person = callers.person(request)
        page = share.seen.page(person)
        answer = SharesShown(
            tuple(map(_home, page.homes)),
            tuple(map(_shared, page.mine)),
            tuple(map(_shared, page.proposed)),
            tuple(map(_asked, page.asked)),
            _parties(page.offered),
            page.offered.notice.hex(),
            tuple(order_shown(each) for each in orders.of_person(person)),
            tuple(map(unused_shown, stale.of_person(person))),
        )
        return shown(answer)

    async def begin(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, ShareForm)
        wanted = Wanted(
            check_uri(asked.party),
            check_uri(asked.purpose),
            streams_of(asked.datastreams),
            parse_time(asked.to),
            view_named(asked.variant),
            None if asked.from_ is None else parse_time(asked.from_),
            None if asked.since is None else parse_time(asked.since),
            asked.words,
        )
        name, said = await share.begin(
            person, wanted, notice=digest_of(asked.notice), made_by="session", visit=callers.visit(request)
        )
        return created(ShareMade(print_share(name), _ms(said)))

    async def answer(request: Request) -> Response:
        person, visit = callers.person(request), callers.visit(request)
        name = ShareId(parse_id("sh", request.path_params["share"]))
        asked = await form(request, AnswerForm)
        if asked.decision is Decision.GIVE:
            said = await share.agree(person, name, notice=digest_of(asked.notice), made_by="session", visit=visit)
        else:
            said = await share.refuse(person, name, made_by="session", visit=visit)
        return created(ShareSaid(print_share(name), _ms(said)))

    async def end(request: Request) -> Response:
        person = callers.person(request)
        name = ShareId(parse_id("sh", request.path_params["share"]))
        said = await share.end(person, name, made_by="session", visit=callers.visit(request))
        return created(ShareSaid(print_share(name), _ms(said)))

    async def reply(request: Request) -> Response:
        person = callers.person(request)
        name = WishId(parse_id("sq", request.path_params["wish"]))
        asked = await form(request, AnswerForm)
        if asked.decision is Decision.WITHDRAW:
            raise Refused("a request is given or refused; what was given is ended")
        made, said = await share.answer(
            person,
            name,
            asked.decision,
            notice=digest_of(asked.notice),
            made_by="session",
            visit=callers.visit(request),
        )
        return created(ShareSaid(print_share(made), _ms(said)))

    spoken = callers.spoken
    return [
        resource("/api/share-terms", {"GET": spoken(terms)}),
        resource("/api/shares", {"GET": spoken(listed), "POST": spoken(begin)}),
        resource("/api/shares/{share}/answer", {"POST": spoken(answer)}),
        resource("/api/shares/{share}/end", {"POST": spoken(end)}),
        resource("/api/share-requests/{wish}/answer", {"POST": spoken(reply)}),
    ]


def _ms(said: Accepted) -> float:
    return round(said.effect_ns / _NS_PER_MS, 3)


def _terms(found: Terms) -> ShareTermsShown:
    clocks, offered = found.clocks, found.offered
    return ShareTermsShown(
        tuple(TermShown(each.purpose, each.title, each.says, each.dpv) for each in offered.terms),
        tuple(DutyShown(each.duty, each.says, each.law, each.paragraph, each.since) for each in offered.duties),
        offered.notice.hex(),
        tuple(GatekeeperShown(each.name, each.since, each.domains, each.until) for each in found.gatekeepers),
        found.gatekeepers_source,
        found.gatekeepers_read_on,
        clocks.answer,
        clocks.remind,
        clocks.again,
        clocks.unused,
        clocks.notice,
    )


def _parties(offered: Offered) -> tuple[PartyShown, ...]:
    return tuple(PartyShown(each.party, each.name, each.gatekeeper, each.place) for each in offered.parties)


def _streams(streams: Streams) -> tuple[StreamShown, ...]:
    return tuple(StreamShown(stream.number, thing.body.name, stream.declared.title) for thing, stream in streams)


def _home(home: ShareHome) -> ShareHomeShown:
    withheld = tuple(print_withholding(each.withholding) for each in home.withheld)
    return ShareHomeShown(print_household(home.household), home.name, _streams(home.streams), withheld)


def _shared(each: Shared) -> ShareShown:
    body = each.body
    return ShareShown(
        print_share(each.share),
        body.party,
        each.party,
        body.purpose,
        each.term,
        _streams(each.streams),
        each.standing.value,
        print_time(body.from_ns),
        variant=body.variant,
        to=None if body.to_ns is None else print_time(body.to_ns),
        since=None if body.since_ns is None else print_time(body.since_ns),
        words=body.words,
        code=each.code,
    )


def _asked(each: AskedOf) -> AskedShown:
    body = each.body
    return AskedShown(
        print_wish(each.request),
        body.party,
        each.party,
        body.purpose,
        each.term,
        body.words,
        body.variant,
        body.days,
        _streams(each.streams),
    )
