"""The doors of one node, given their journeys: HTTP (pages, JSON, SensorThings, the log) and MQTT.

Rules
- A door gets journeys and values, never a store.
- The ingest routes go around the router: they are raw ASGI and must be quick.
- No answer lacks what keeps browsers from misusing it (nosniff, no frame, no store, no other site), whichever route gives it.
- Nobody is sent to another address than they asked for, and a method that is not there is told all that are.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute

from troth.api import log, sensorthings
from troth.api.altered import altered_routes
from troth.api.book import book_routes
from troth.api.callers import Callers
from troth.api.certificates import certificate_routes
from troth.api.choices import choice_routes
from troth.api.descriptions import description_routes
from troth.api.entering import entering_routes
from troth.api.erasures import erasure_routes
from troth.api.foreseen import foreseen_routes
from troth.api.grounds import ground_routes
from troth.api.home import home_routes
from troth.api.keys import key_routes
from troth.api.many import many_routes
from troth.api.metrics import metrics_routes
from troth.api.operate import Addresses, operate_routes
from troth.api.parties import party_routes
from troth.api.places import place_routes
from troth.api.pledges import pledge_routes
from troth.api.private import private_routes
from troth.api.proofs import proof_routes
from troth.api.scrapi import scrapi_routes
from troth.api.street import street_routes
from troth.api.types import type_routes
from troth.api.wot import wot_routes
from troth.app.hosts import Hosts, names_of
from troth.app.node import Node
from troth.errors import BadPath, TrothError, WrongHost
from troth.ingest.http import HttpIngest
from troth.ingest.mqtt import CONNECTIONS_MAX, Endpoint
from troth.ingest.rates import Rates
from troth.journeys.begin import REPEATS
from troth.journeys.enrol import Unfit
from troth.names import StreamId
from troth.web.deployment import Deployment
from troth.web.failures import INCIDENT, Failures
from troth.web.pages import page_routes
from troth.web.shell import Shell
from troth.wire.asgi import send_whole
from troth.wire.bodies import check_coding
from troth.wire.paths import PREFIX, parse_path
from troth.wire.problems import not_allowed

__all__ = ["HttpDoors", "http_doors", "mqtt_door", "turned_away"]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
# What a browser that is led to an answer of a program must not do with it: guess its kind, show it in a frame, keep it, or let
# another site's page read it. Pages and the log say more, or otherwise, themselves.
_NEVER_LACKING: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_NAMES: Final = "Open the address that the node prints; whoever runs it can set base_url or tls_names."
_BORDERS: Final = re.compile(rb"%(?:0a|0d|2f|5c|25)", re.IGNORECASE)  # ends of lines, slashes, what is encoded twice
_ANYWHERE: Final = b"access-control-allow-origin"
_REPEATS: Final = b"troth/repeat-keys/v1"


class HttpDoors:
    """The ASGI application of a started node. `routes`: all that the router answers; the routes of things go before it."""

    def __init__(self, ingest: HttpIngest, routes: Sequence[BaseRoute], *, failures: Failures, hosts: Hosts) -> None:
        self.routes = tuple(routes)
        self._failures = failures
        self._hosts = hosts
        self._ingest = ingest
        self._router = Starlette(routes=routes, exception_handlers=failures.handlers())
        self._router.router.redirect_slashes = False  # it would send people where `Host` says

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            try:
                self._fence(scope)
            except TrothError as error:
                response = self._failures.refused(Request(scope), error)
                response.headers["connection"] = "close"  # its body is not read
                await response(scope, receive, _guarded(send))
                return
        if self._ingest.takes(scope):
            await self._ingest(scope, receive, send)
            return
        allowed = self._allowed(scope["path"]) if scope["type"] == "http" else ()
        if allowed and scope["method"] not in allowed:
            answer = not_allowed(scope["method"], ", ".join(allowed))
            await send_whole(_guarded(send), answer.status, headers=answer.headers, body=answer.body)
            return
        try:
            await self._router(scope, receive, _guarded(send))
        except Exception:
            if INCIDENT not in scope:  # otherwise it was answered and written down, and Starlette raises it once more
                raise

    def _fence(self, scope: Scope) -> None:
        """Return if a request may go on to its route.

        Raises:
            WrongHost: it is for somebody else.
            WrongKind: its body is compressed.
            BadPath: its path holds what would end it, or divide it, for another reader.
        """
        for name, value in scope["headers"]:
            if name == b"host" and not self._hosts.ours(value):
                raise WrongHost("This node is not reached under this name.", hint=_NAMES)
            if name == b"content-encoding":
                check_coding(value)
        if _BORDERS.search(scope["raw_path"]):
            raise BadPath("there is no such resource here")

    def _allowed(self, path: str) -> tuple[str, ...]:
        """What may be done where things speak: some of these resources can be read too. Nothing elsewhere."""
        methods = self._ingest.methods(path)
        if not methods:
            return ()
        try:
            parse_path(path.removeprefix(PREFIX))
        except BadPath:
            return methods
        return ("GET", "HEAD", *methods)


def _guarded(send: Send) -> Send:
    """`send`, with what no answer may lack put beside what its route says itself. Nothing of a body waits here."""

    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            said = list(message.get("headers", ()))
            names = {name.lower() for name, _ in said}
            own = (b"cross-origin-resource-policy", b"same-origin")
            missing = _NEVER_LACKING if _ANYWHERE in names else (*_NEVER_LACKING, own)
            message["headers"] = said + [each for each in missing if each[0] not in names]
        await send(message)

    return guarded


def http_doors(node: Node) -> HttpDoors:
    """The ASGI application of a started node."""
    settings, ports = node.settings, node.ports
    url = settings.url
    callers = Callers(node.recognise, url=url)
    addresses = Addresses(url, settings.mqtt_url, settings.mqtts_url)
    ingest = HttpIngest(
        node.hear,
        node.recognise,
        presence=node.presence,
        slugs=ports.accounts.slugs,
        url=url,
        clock=ports.clock,
        secret=repeat_secret(node),
        entropy=ports.entropy,
        rates=_rates(node),
    )
    readers = sensorthings.SensorThings(node.tell, node.recognise, url=url, entropy=ports.entropy)
    shell = Shell(ports.clock, short=lambda: node.room.short)
    routes = [
        *sensorthings.routes(readers),
        *wot_routes(node.tell, node.recognise, url=url),
        *log.routes(node.witnesses.cosigned.read),
        *scrapi_routes(node.register, node.receipts, url=url),
        *operate_routes(node.join, node.oversee, recognise=node.recognise, callers=callers, addresses=addresses),
        *entering_routes(node.recognise, node.entering.sign_in, node.entering.visits, callers=callers),
        *party_routes(node.parties, callers=callers, url=url),
        *certificate_routes(
            node.joining.enrol, node.joining.alter, seen=node.oversee, callers=callers, addresses=addresses
        ),
        *type_routes(node.joining.inherit, node.join, callers=callers, addresses=addresses),
        *altered_routes(node.joining.alter, callers=callers, addresses=addresses),
        *many_routes(node.joining.many, callers=callers),
        *description_routes(ports.in_worker, callers=callers),
        *pledge_routes(node.pledge, node.forget, callers=callers),
        *ground_routes(node.grounds, callers=callers),
        *key_routes(node.rekey, callers=callers),
        *choice_routes(node.choose, callers=callers),
        *foreseen_routes(node.choose, node.places, node.foresee, callers=callers),
        *place_routes(node.places, callers=callers),
        *home_routes(node.joining.belong, node.join, callers=callers),
        *private_routes(
            node.choosing.privately,
            callers=callers,
            now=ports.clock.now,
            stream_of=node.directory.by_number.get,
            number_of=_number_of(node),
        ),
        *erasure_routes(node.erase, node.preserve, callers=callers, number_of=_number_of(node)),
        *proof_routes(node.prove, callers=callers),
        *book_routes(node.book, callers=callers),
        *metrics_routes(node.measure, callers=callers),
        *street_routes(node.street, callers=callers),
        *page_routes(_deployment(node), shell),
    ]
    return HttpDoors(ingest, routes, failures=Failures(shell, ports.entropy), hosts=Hosts(names_of(settings)))


def mqtt_door(node: Node, *, connections_max: int = CONNECTIONS_MAX) -> Endpoint:
    """The protocol factory for MQTT connections of a started node."""
    diagnostics = structlog.get_logger("troth.mqtt")
    return Endpoint(
        node.hear,
        node.tell,
        recognise=node.recognise,
        presence=node.presence,
        slugs=node.ports.accounts.slugs,
        secret=repeat_secret(node),
        entropy=node.ports.entropy,
        later=asyncio.get_running_loop().call_later,
        diagnose=diagnostics.info,
        turned_away=partial(turned_away, node),
        connections_max=connections_max,
        rates=_rates(node),
    )


def _rates(node: Node) -> Rates:
    """What each thing may send at one door."""
    settings = node.settings
    return Rates(
        node.ports.clock,
        messages_per_s=settings.thing_messages_per_s,
        bytes_per_s=settings.thing_kib_per_s * 1024,
    )


def turned_away(node: Node, reason: Unfit) -> None:
    """Somebody came over TLS with a certificate that does not hold: counted, and told to whoever runs this node."""
    node.measure.not_let_in[reason] += 1
    structlog.get_logger("troth.mqtt").info(f"TLS: a client was not let in ({reason})")


def repeat_secret(node: Node) -> bytes:
    """The secret of repeat keys: the same after a restart and whatever key rotates, known to nobody without its own key."""
    return hashlib.sha256(_REPEATS + node.keyring.signer(REPEATS).sign(_REPEATS)).digest()


def _number_of(node: Node) -> Callable[[StreamId], int | None]:
    def number_of(stream: StreamId) -> int | None:
        known = node.directory.streams.get(stream)
        return None if known is None else known.number

    return number_of


def _deployment(node: Node) -> Deployment:
    def stream_of(number: int) -> StreamId | None:
        return node.directory.by_number.get(number)

    return Deployment(
        url=node.settings.url,
        origin=node.origin,
        tick_s=node.settings.segment_tick_s,
        clock=node.ports.clock,
        explain=node.explain,
        why=node.why,
        choose=node.choose,
        places=node.places,
        foresee=node.foresee,
        belong=node.joining.belong,
        privately=node.choosing.privately,
        erase=node.erase,
        prove=node.prove,
        book=node.book,
        recognise=node.recognise,
        sign_in=node.entering.sign_in,
        visits=node.entering.visits,
        parties=node.parties,
        street=node.street,
        log=node.record.sequencer,
        stream_of=stream_of,
        things=node.oversee.page,
        witnesses=node.witnesses.standing,
    )
