"""Things for programs of the Web of Things: their descriptions, and the last value of each property.

Rules
- Everything goes through `journeys/tell`: what is not granted is not there, and answers with the same bytes as what is not.
- A token that is not valid is 401, never "anyone". Without a token the asker is anyone.
- Addresses are made from the one under which people reach the node. Gated answers are not to be stored on the way.

Source: W3C WoT Thing Description 1.1 §8.3 (HTTP), WoT Discovery §7.3.2 (listing); docs/reference/wot.md.
Left out: writing, observing, actions, and searching the list.
"""

import re
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.routing import BaseRoute, Mount, Route

from troth.api.wot.documents import description
from troth.errors import BadQuery, NotFound, TrothError, WrongToken
from troth.gate.question import Asker
from troth.journeys.recognise import Recognise
from troth.journeys.tell import StreamView, Tell
from troth.things.query import ObservationQuery, Order
from troth.wire.asgi import Receive, Scope, Send, headers_of, send_whole
from troth.wire.credentials import credential
from troth.wire.held import hand_over
from troth.wire.paths import PREFIX, EntitySet, One, print_path
from troth.wire.problems import not_allowed, reply
from troth.wire.results import as_json

__all__ = ["LISTED_MAX", "WOT", "WebOfThings", "wot_routes"]

WOT: Final = "/wot/things"
LISTED_MAX: Final = 100  # descriptions of one answer: some 500 kB where each has ten streams
_PLACE: Final = re.compile(r"/(?P<thing>[1-9][0-9]{0,15})(?:/properties/(?P<stream>[a-z0-9-]{1,64}))?")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_TD: Final = b"application/td+json"
_NO_STORE: Final = (b"cache-control", b"no-store")
_encode = msgspec.json.Encoder().encode


def wot_routes(tell: Tell, recognise: Recognise, *, url: str) -> list[BaseRoute]:
    """The routes of the interface. `url`: the address under which people reach the node, without a closing slash."""
    service = WebOfThings(tell, recognise, url=url)
    return [Route(WOT, service), Mount(WOT, service)]


class WebOfThings:
    """The interface as one ASGI application. Owner of all state: the event loop; there is none of its own."""

    def __init__(self, tell: Tell, recognise: Recognise, *, url: str) -> None:
        self._tell = tell
        self._recognise = recognise
        self._wot = url + WOT
        self._root = f"{url}{PREFIX}/"

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        if method not in {"GET", "HEAD"}:
            refused = not_allowed(method, "GET, HEAD")
            await send_whole(send, refused.status, headers=refused.headers, body=refused.body)
            return
        try:
            await self._answer(scope, send)
        except TrothError as error:
            answer = reply(error)
            await send_whole(send, answer.status, headers=answer.headers, body=answer.body)

    async def _answer(self, scope: Scope, send: Send) -> None:
        asker = self._asker(scope)
        path = scope["path"].removeprefix(WOT)
        if path in {"", "/"}:
            await self._list(scope, send, asker)
            return
        place = _PLACE.fullmatch(path)
        if place is None:
            raise NotFound("there is nothing at this address")
        views = self._tell.listing.of_thing(int(place["thing"]), asker)
        if not views:
            raise NotFound("there is no such thing for this asker")
        if place["stream"] is not None:
            await self._value(views, place["stream"], asker=asker, scope=scope, send=send)
            return
        document = _encode(description(views, asker, wot=self._wot, root=self._root))
        await _whole(send, scope, document, type_=_TD)

    def _asker(self, scope: Scope) -> Asker | None:
        token = credential(headers_of(scope))
        if token is None:
            return None
        who = self._recognise.token(token)
        if who is None:
            raise WrongToken("This token is unknown, used or expired.")
        return who.asker

    async def _list(self, scope: Scope, send: Send, asker: Asker | None) -> None:
        """Descriptions in order of number, at most `limit` of them, from `offset` on."""
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if asked.keys() - {"limit", "offset"} or not all(map(_NUMBER.fullmatch, asked.values())):
            raise BadQuery("only limit and offset are asked for here, both whole numbers")
        limit = max(1, min(int(asked.get("limit", LISTED_MAX)), LISTED_MAX))
        offset = int(asked.get("offset", 0))
        numbers = (await self._tell.listing.readable(asker)).things
        views = [self._tell.listing.of_thing(each, asker) for each in numbers[offset : offset + limit]]
        found = [description(each, asker, wot=self._wot, root=self._root) for each in views]
        links: tuple[tuple[bytes, bytes], ...] = ()
        if offset + limit < len(numbers):
            following = f'<{self._wot}?offset={offset + limit}&limit={limit}>; rel="next"'
            links = ((b"link", following.encode()),)
        await _whole(send, scope, _encode(found), type_=b"application/ld+json", more=links)

    async def _value(
        self, views: list[StreamView], name: str, *, asker: Asker | None, scope: Scope, send: Send
    ) -> None:
        """The last value that this asker may have."""
        view = next((each for each in views if each.stream.installed.name == name), None)
        if view is None:
            raise NotFound("there is no such property for this asker")
        newest = ObservationQuery(top=1, order=Order.DESCENDING)
        while True:
            page = await self._tell.observations(view.stream.number, newest, asker=asker)
            if page.holds():
                break
        if not page.rows:
            raise NotFound("nothing was said yet that this asker may have")
        (row,) = page.rows
        document = _encode(as_json(row.result))
        observation = self._root + print_path(One(EntitySet.OBSERVATIONS, row.id))
        headers = (
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(document)),
            (b"link", f'<{observation}>; rel="describedby"'.encode()),
            _NO_STORE,
        )
        if scope["method"] == "HEAD":
            await send_whole(send, 200, headers=headers)
        else:
            await hand_over(send, document, headers=headers, holds=page.holds)


async def _whole(
    send: Send, scope: Scope, document: bytes, *, type_: bytes, more: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    headers = ((b"content-type", type_), (b"content-length", b"%d" % len(document)), _NO_STORE, *more)
    await send_whole(send, 200, headers=headers, body=b"" if scope["method"] == "HEAD" else document)
