"""SensorThings 1.1 for readers: the service root, entities, and observations as the gate lets this asker see them.

Rules
- Everything goes through `journeys/tell`: what is not granted is not there, and answers with the same bytes as what is not.
- A token that is not valid is 401, never "anyone". Without a token the asker is anyone.
- Links are made from the address under which people reach the node, never from what a request calls it.
- Gated answers are not to be stored by anybody on the way.

Source: OGC 18-088 §8 to §9; things.md, "SensorThings 1.1".
Left out: writing (`ingest/http`), `$expand`, `$select` on other sets, and the entities that docs/reference/
sensorthings.md says are not offered; `serverSettings` lists what is.
Owner of all state: the event loop; there is none of its own.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
import structlog
from starlette.routing import BaseRoute, Mount, Route

from troth.api.sensorthings import entities
from troth.api.sensorthings.handing_over import HEADERS, rendered
from troth.api.sensorthings.streaming import CsvFile, Toll
from troth.errors import NotFound, NotOffered, TrothError, WrongToken
from troth.gate.question import Asker
from troth.journeys.recognise import Principal, Recognise
from troth.journeys.tell import Page, StreamView, Tell
from troth.things.query import ObservationQuery
from troth.wire.asgi import Receive, Scope, Send, headers_of, place_of, send_whole
from troth.wire.credentials import credential
from troth.wire.held import hand_over
from troth.wire.odata import (
    Counting,
    Options,
    counting,
    entity_query,
    next_query,
    no_query,
    observation_query,
    read_options,
)
from troth.wire.paths import PREFIX, EntitySet, Many, One, Related, Resource, Root, parse_path, print_path
from troth.wire.problems import internal, not_allowed, reply
from troth.wire.result_formats import FORM_OPTIONS, Form, ResultFormat, form_of, rows_wanted
from troth.wire.times import print_interval

__all__ = ["CONFORMANCE", "SensorThings", "routes"]

CONFORMANCE: Final = tuple(
    f"http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/{name}" for name in ("top", "count", "pagination")
)
_IDS_TO: Final = 1 << 53  # formats.md: `@iot.id` is an integer below 2^53
_LISTED: Final = (EntitySet.THINGS, EntitySet.DATASTREAMS, EntitySet.SENSORS, EntitySet.OBSERVED_PROPERTIES)
_diagnostics = structlog.get_logger("troth.api.sensorthings")
_encode = msgspec.json.Encoder().encode


def routes(service: "SensorThings") -> list[BaseRoute]:
    """The routes of the interface: the root with and without a slash, and all below it."""
    return [Route(PREFIX, service), Mount(PREFIX, service)]


class SensorThings:
    """The interface as one ASGI application.

    Args:
        tell: the journey.
        recognise: knows tokens.
        url: the address under which people reach the node, without a closing slash.
        entropy: n random bytes, for incident numbers.
        toll: for a request, what takes from the budget of whoever asks as long as its answer goes on.
    """

    def __init__(
        self,
        tell: Tell,
        recognise: Recognise,
        *,
        url: str,
        entropy: Callable[[int], bytes],
        toll: Callable[[Scope], Toll],
    ) -> None:
        self._tell = tell
        self._recognise = recognise
        self._root = f"{url}{PREFIX}/"
        self._entropy = entropy
        self._toll = toll

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = False

        async def told(message: Scope) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._answer(scope, receive, told)
        except TrothError as error:
            answer = reply(error)
            await send_whole(send, answer.status, headers=answer.headers, body=answer.body)
        except Exception as error:  # noqa: BLE001 - the outermost edge: the sender gets a number, the diagnostics the place
            incident = self._entropy(8).hex()
            _diagnostics.error("request failed", incident=incident, at=place_of(error))
            if not begun:
                answer = internal(incident)
                await send_whole(send, answer.status, headers=answer.headers, body=answer.body)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        if method not in {"GET", "HEAD"}:
            refused = not_allowed(method, "GET, HEAD")
            await send_whole(send, refused.status, headers=refused.headers, body=refused.body)
            return
        who = self._who(scope)
        asker = None if who is None else who.asker
        resource = parse_path(scope["path"].removeprefix(PREFIX))
        options = read_options(scope["query_string"])
        if isinstance(resource, Many) and resource.set is EntitySet.OBSERVATIONS:
            form = form_of(options)
            if form.format is ResultFormat.CSV:
                await self._file(resource, options, form, who, scope=scope, receive=receive, send=send)
                return
            document, page = await self._observations(resource, options, form, asker)
        elif isinstance(resource, One) and resource.set is EntitySet.OBSERVATIONS:
            no_query(options)
            page = await self._tell.observation(_id(resource), asker=asker)
            document = _encode(entities.observation(page.rows[0], page.view, root=self._root))
        else:
            body = await self._entity(resource, options, asker)
            length = (b"content-length", b"%d" % len(body))
            await send_whole(send, 200, headers=(*HEADERS, length), body=b"" if method == "HEAD" else body)
            return
        if method == "HEAD":
            await send_whole(send, 200, headers=(*HEADERS, (b"content-length", b"%d" % len(document))))
            return
        length = (b"content-length", b"%d" % len(document))
        await hand_over(send, document, headers=(*HEADERS, length), holds=partial(self._holds, page, who))

    def _who(self, scope: Scope) -> Principal | None:
        token = credential(headers_of(scope))
        if token is None:
            return None
        who = self._recognise.token(token)
        if who is None:
            raise WrongToken("This token is unknown, used or expired.")
        return who

    def _holds(self, page: Page, who: Principal | None) -> bool:
        return page.holds() and (who is None or self._recognise.still(who))

    # --- observations ------------------------------------------------------------------------------------------------

    async def _file(
        self,
        resource: Many,
        options: Options,
        form: Form,
        who: Principal | None,
        *,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """All that is asked for as one CSV file."""
        number, query = _asked(resource, options)
        asker = None if who is None else who.asker
        file = CsvFile(
            self._tell,
            number,
            query,
            asker,
            rows_wanted(options),
            form,
            still=lambda: who is None or self._recognise.still(who),
            toll=self._toll(scope),
            pause=_pause,
        )
        page = await file.begin()
        if scope["method"] == "HEAD":
            await send_whole(send, 200, headers=file.headers())
        else:
            await file.hand_over(page, receive, send)

    async def _observations(
        self, resource: Many, options: Options, form: Form, asker: Asker | None
    ) -> tuple[bytes, Page]:
        """One page as a document. It is made again when the answer has changed before its first byte."""
        number, query = _asked(resource, options)
        while True:
            page = await self._tell.observations(number, query, asker=asker)
            members = []
            if counting(options) is Counting.YES:
                members.append(b'"@iot.count":%d' % await self._tell.count(number, query, asker=asker))
            if page.after is not None:
                members.append(b'"@iot.nextLink":' + _encode(self._next(resource, options, page.after.time_ns)))
            if page.withheld:
                withheld = [print_interval(each.from_ns, each.to_ns) for each in page.withheld]
                members.append(b'"troth.withheld":' + _encode(withheld))
            value = await rendered(page, form=form, root=self._root, pause=_pause)
            if page.holds():
                members.append(b'"value":' + value)
                return b"{" + b",".join(members) + b"}", page

    def _next(self, resource: Resource, options: Options, mark: int) -> str:
        return f"{self._root}{print_path(resource)}?{next_query(options, mark)}"

    # --- everything else ---------------------------------------------------------------------------------------------

    async def _entity(self, resource: Resource, options: Options, asker: Asker | None) -> bytes:
        match resource:
            case Root():
                no_query(options)
                return self._service_root()
            case Many():
                return await self._set(resource, options, asker)
            case One(set=kind):
                no_query(options)
                return _encode(self._shown(kind, self._view(resource, asker), asker))
            case Related(set=kind, of=of):
                no_query(options)
                if of.set is EntitySet.OBSERVATIONS:
                    view = (await self._tell.observation(_id(of), asker=asker)).view
                else:
                    view = self._view(of, asker)
                return _encode(self._shown(kind, view, asker))

    def _service_root(self) -> bytes:
        value = [{"name": each.value, "url": self._root + each.value} for each in _LISTED]
        return _encode({"value": value, "serverSettings": {"conformance": CONFORMANCE}})

    def _view(self, one: One, asker: Asker | None) -> StreamView:
        """The stream behind an entity; of a Thing the first one that may be seen."""
        number = _id(one)
        if one.set is not EntitySet.THINGS:
            return self._tell.view(number, asker)
        views = self._tell.listing.of_thing(number, asker)
        if not views:
            raise NotFound("there is no such thing for this asker")
        return views[0]

    async def _set(self, resource: Many, options: Options, asker: Asker | None) -> bytes:
        """One page of a set. Nothing is awaited between looking at what may be read and its last byte."""
        query = entity_query(options)
        if resource.of is not None:
            numbers = self._related(resource, resource.of, asker)
        else:
            readable = await self._tell.listing.readable(asker)
            numbers = readable.things if resource.set is EntitySet.THINGS else readable.streams
        at = bisect_right(numbers, query.after)
        page = numbers[at : at + query.top]
        members = []
        if query.counting is Counting.YES:
            members.append(b'"@iot.count":%d' % len(numbers))
        if page and at + len(page) < len(numbers):
            members.append(b'"@iot.nextLink":' + _encode(self._next(resource, options, page[-1])))
        members.append(b'"value":' + _encode([self._of(resource.set, number, asker) for number in page]))
        return b"{" + b",".join(members) + b"}"

    def _related(self, resource: Many, of: One, asker: Asker | None) -> tuple[int, ...]:
        """The numbers of what belongs to one entity: to a Thing all that may be read of it, to another its own."""
        views = [self._view(of, asker)]
        if of.set is EntitySet.THINGS:
            views = self._tell.listing.of_thing(of.id, asker)
        return tuple(sorted({_number(view, resource.set) for view in views}))

    def _of(self, kind: EntitySet, number: int, asker: Asker | None) -> msgspec.Struct:
        return self._shown(kind, self._view(One(kind, number), asker), asker)

    def _shown(self, kind: EntitySet, view: StreamView, asker: Asker | None) -> msgspec.Struct:
        match kind:
            case EntitySet.THINGS:
                return entities.thing(view, asker, root=self._root)
            case EntitySet.DATASTREAMS:
                return entities.datastream(view, root=self._root)
            case EntitySet.SENSORS:
                return entities.sensor(view, root=self._root)
            case EntitySet.OBSERVED_PROPERTIES:
                return entities.observed_property(view, root=self._root)
            case EntitySet.OBSERVATIONS:
                raise AssertionError("observations are rendered as pages")


async def _pause() -> None:
    await asyncio.sleep(0)


def _asked(resource: Many, options: Options) -> tuple[int, ObservationQuery]:
    """Of which Datastream, and which observations of it."""
    query = observation_query(options, beside=FORM_OPTIONS)
    if resource.of is None:
        raise NotOffered("Observations are read by Datastream in this version.")
    return _id(resource.of), query


def _id(one: One) -> int:
    """The number, if it can be one of ours."""
    if not 0 <= one.id < _IDS_TO:
        raise NotFound("no number of ours is so large")
    return one.id


def _number(view: StreamView, kind: EntitySet) -> int:
    return view.thing.number if kind is EntitySet.THINGS else view.stream.number
