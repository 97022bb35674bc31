"""The JSON interface of bringing somebody of one's own to share with.

Rules
- Bringing is a person's, in a session; accepting is whoever's who has the link; seeing who was brought, and refusing, is the
  operator's, who is not told by whom, nor what is shared.

Source: docs/reference/api.md; Data Act, Article 5.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.bring_forms import (
    Accepted,
    AcceptForm,
    BringForm,
    BroughtAll,
    BroughtMade,
    BroughtShown,
    LinkShown,
    RefuseForm,
)
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import digest_of, view_named
from troth.errors import NotFound, Refused
from troth.journeys.bring import Bring, BroughtSeen, Newcomer
from troth.journeys.share_values import Wanted
from troth.names import StreamId, Uri, check_uri, parse_id, print_share
from troth.statements.third_party import BROUGHT, brought_uri
from troth.wire.times import parse_time, print_time

__all__ = ["bring_routes"]

_NS_PER_MS = 1_000_000


def bring_routes(
    bring: Bring, *, callers: Callers, stream_of: Callable[[int], StreamId | None], url: str
) -> list[Route]:
    """All routes of this module. `url`: the address under which people reach the node."""

    async def made(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, BringForm)
        if not asked.no_gatekeeper:
            raise Refused("nothing is shared with a designated gatekeeper: state that it is none")
        streams = tuple(each for each in map(stream_of, asked.datastreams) if each is not None)
        if len(streams) != len(asked.datastreams) or not streams:
            raise NotFound("there are no such streams in one home of this person")
        wanted = Wanted(
            Uri(BROUGHT),
            check_uri(asked.purpose),
            streams,
            parse_time(asked.to),
            view_named(asked.variant),
            words=asked.words,
        )
        who = Newcomer(asked.name, asked.contact, asked.country)
        done = await bring.bring(
            person, who, wanted, notice=digest_of(asked.notice), made_by="session", visit=callers.visit(request)
        )
        effect_ms = round(done.accepted.effect_ns / _NS_PER_MS, 3)
        link = f"{url}/invited/{done.token}"
        return created(BroughtMade(_slug(done.party), done.party, print_share(done.share), link, effect_ms))

    async def again(request: Request) -> Response:
        person = callers.person(request)
        token = await bring.invite(person, _party(request))
        return created(LinkShown(f"{url}/invited/{token}"))

    async def mine(request: Request) -> Response:
        return shown(BroughtAll(tuple(map(_shown, bring.of_person(callers.person(request))))))

    async def accept(request: Request) -> Response:
        asked = await form(request, AcceptForm)
        return created(Accepted(*await bring.accept(asked.token)))

    async def every(_request: Request) -> Response:
        return shown(BroughtAll(tuple(map(_shown, bring.every()))))

    async def refuse(request: Request) -> Response:
        asked = await form(request, RefuseForm)
        party = _party(request)
        await bring.refuse(party, asked.because)
        return created(Done(party))

    spoken, op = callers.spoken, callers.operated
    return [
        resource("/api/share-parties", {"GET": spoken(mine), "POST": spoken(made)}),
        resource("/api/share-parties/accept", {"POST": spoken(accept)}),
        resource("/api/share-parties/{brought}/link", {"POST": spoken(again)}),
        resource("/api/recipients/brought", {"GET": op(every)}),
        resource("/api/recipients/brought/{brought}/refuse", {"POST": op(refuse)}),
    ]


def _party(request: Request) -> Uri:
    return brought_uri(parse_id("tp", request.path_params["brought"]))


def _slug(party: Uri) -> str:
    return party.removeprefix(BROUGHT)


def _shown(seen: BroughtSeen) -> BroughtShown:
    return BroughtShown(
        *(_slug(seen.party), seen.party, seen.name, seen.contact, seen.country, print_time(seen.at_ns)),
        came=seen.came,
        refused=seen.refused,
    )
