"""The JSON interface of signs: whoever runs the place puts them up and gets their codes; whoever passes objects.

Rules
- Reading a sign, objecting, looking at it and taking it back need no account. The secret stands in bodies, never in an address.
- The answer comes after the barrier: nothing leaves any more that an objection took away.

Source: docs/reference/api.md.
"""

import re
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.sign_forms import (
    Codes,
    CodeShown,
    CountShown,
    ObjectedHere,
    ObjectHereForm,
    SaidHere,
    SecretForm,
    SignForm,
    SignMade,
    SignPlaceShown,
    SignShown,
    SignsShown,
    UseShown,
)
from troth.errors import BadName, BadQuery, NotFound
from troth.journeys.signs import PublicUse, SaidThere, Signs, SignStanding
from troth.names import SignId, parse_id, print_ground, print_sign
from troth.wire.times import print_time

__all__ = ["CODE_DAYS_MAX", "sign_routes"]

CODE_DAYS_MAX: Final = 31  # days for which a sheet can be printed; whoever finds an older one has nothing
_NS_PER_MS = 1_000_000
_DAY_S = 86_400
_DAYS: Final = re.compile(r"[1-9][0-9]?")


def sign_routes(signs: Signs, *, callers: Callers, url: str) -> list[Route]:
    """All routes of this module. `url`: where this node is reached."""
    asked = _Asked(signs, url)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/signs", {"GET": op(asked.listed), "POST": op(asked.put_up)}),
        resource("/api/signs/{sign}", {"GET": open_(asked.at)}),
        resource("/api/signs/{sign}/end", {"POST": op(asked.take_down)}),
        resource("/api/signs/{sign}/codes", {"GET": op(asked.codes)}, query=("days",)),
        resource("/api/signs/{sign}/objections", {"POST": open_(asked.object)}),
        resource("/api/signs/{sign}/objections/said", {"POST": open_(asked.said)}),
        resource("/api/signs/{sign}/objections/end", {"POST": open_(asked.take_back)}),
    ]


class _Asked:
    def __init__(self, signs: Signs, url: str) -> None:
        self._signs = signs
        self._url = url

    async def listed(self, _request: Request) -> Response:
        found = tuple(self._shown(each) for each in self._signs.standing())
        return shown(SignsShown(found, self._signs.places()))

    async def put_up(self, request: Request) -> Response:
        sign = await self._signs.put_up((await form(request, SignForm)).place)
        return created(SignMade(print_sign(sign), self._address(sign)))

    async def take_down(self, request: Request) -> Response:
        sign = _sign(request)
        await self._signs.take_down(sign)
        return created(Done(print_sign(sign)))

    async def codes(self, request: Request) -> Response:
        asked = request.query_params.get("days", "1")
        if _DAYS.fullmatch(asked) is None or int(asked) > CODE_DAYS_MAX:
            raise BadQuery(f"codes are given for 1 to {CODE_DAYS_MAX} days")
        found = self._signs.codes(_sign(request), days=int(asked))
        return shown(Codes(tuple(CodeShown(c.letters, print_time(c.from_ns), print_time(c.to_ns)) for c in found)))

    async def at(self, request: Request) -> Response:
        there = self._signs.at(_sign(request))
        things = tuple(each.body.name for each in there.things)
        uses = tuple(map(_use, there.uses))
        return shown(SignPlaceShown(print_sign(there.sign), there.place, things, uses))

    async def object(self, request: Request) -> Response:
        said = await form(request, ObjectHereForm)
        address = "" if request.client is None else request.client.host
        sign = _sign(request)
        secret, accepted = await self._signs.object(sign, said.code, purposes=said.purposes, address=address)
        held = self._signs.said(sign, secret)
        effect_ms = round(accepted.effect_ns / _NS_PER_MS, 3)
        return created(ObjectedHere(secret, accepted.statement.hex(), print_time(held.to_ns), effect_ms))

    async def said(self, request: Request) -> Response:
        return shown(_held(self._signs.said(_sign(request), (await form(request, SecretForm)).secret)))

    async def take_back(self, request: Request) -> Response:
        sign, secret = _sign(request), (await form(request, SecretForm)).secret
        await self._signs.take_back(sign, secret)
        return created(_held(self._signs.said(sign, secret)))

    def _address(self, sign: SignId) -> str:
        return f"{self._url}/signs/{print_sign(sign)}"

    def _shown(self, each: SignStanding) -> SignShown:
        days = tuple(CountShown(_day(count.day), count.said) for count in each.days)
        return SignShown(
            print_sign(each.sign),
            each.place,
            self._address(each.sign),
            print_time(each.from_ns),
            each.objecting,
            days,
            None if each.to_ns is None else print_time(each.to_ns),
        )


def _sign(request: Request) -> SignId:
    try:
        return SignId(parse_id("sg", request.path_params["sign"]))
    except BadName as cause:
        raise NotFound("there is no such sign here") from cause


def _use(use: PublicUse) -> UseShown:
    return UseShown(
        use.thing.body.name,
        use.stream.declared.title,
        use.purpose.purpose,
        use.purpose.title,
        use.recipients,
        tuple(print_ground(each.body.assertion) for each in use.grounds),
        use.stays,
    )


def _held(said: SaidThere) -> SaidHere:
    return SaidHere(said.purposes, print_time(said.from_ns), print_time(said.to_ns), said.over)


def _day(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, UTC).strftime("%Y-%m-%d")
