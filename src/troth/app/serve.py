"""Run a node in this process: hold the folder, open what it is built on, listen, and stop when told or when storage fails.

Rules
- Everything that can be wrong at the start (folder, ports, formats) is one TrothError with a hint, before anything listens.
- The operator's token lies in the data folder, readable by its owner only; commands on the same computer use it.
- `ready` is called when things and people can be served, with what to print.

Source: runtime.md; people.md, "Accounts" (one-time operator link).
"""

import asyncio
import errno
import gc
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final, TypeVar

import msgspec
import structlog
import uvicorn

from troth import drivers
from troth.app.doors import http_doors, mqtt_door, turned_away
from troth.app.http_server import HttpProtocol
from troth.app.node import Node
from troth.app.open_files import raise_file_limit, shares
from troth.app.operator_token import operator_token
from troth.app.pages_tls import PagesTls
from troth.app.ports import Ports
from troth.app.quiet_server import QuietServer
from troth.app.witnesses import asking_of
from troth.clock import SystemClock
from troth.errors import BadSetting, PortTaken, StorageFailed, TrothError
from troth.journeys.begin import fresh_origin
from troth.journeys.lineage import Lineage, lineage_of
from troth.settings import Demo, Https, Settings, Tls
from troth.wire.asgi import place_of

__all__ = [
    "TOKEN_FILE",
    "Ready",
    "calm_collector",
    "listen",
    "loop_factory",
    "report",
    "run",
    "short_turns",
    "signals",
]

TOKEN_FILE: Final = "operator.token"  # noqa: S105 - the name of a file
# New objects per look at them, such looks per wider one, wider ones per look at everything since the start. A look
# takes 0.2 to 0.6 µs for each object: a wider one held the loop for 40 ms with 250,000 of them (docs/decisions/0085), and for
# 3.5 ms with 6,000 (docs/decisions/0091).
_COLLECT: Final = (1_000, 4, 6_300)
_TURN_S: Final = 0.003  # how long another thread may go on when the loop wants its turn; it comes up to 1 ms later
_ASKED_WHEN_SILENT: Final = (("TCP_KEEPIDLE", 600), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))  # s, s, times
_NEAR: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where all addresses are listened on, one of this computer
HANDSHAKE_S: Final = 10.0  # as long as CONNECT may take (docs/reference/mqtt.md)
_diagnostics = structlog.get_logger("troth")
T = TypeVar("T")


class Ready(msgspec.Struct, frozen=True):
    """What a person who starts a node is told."""

    url: str
    operator_link: str
    mqtt: str
    demo: bool
    beyond: str | None
    """The address on which things can speak MQTT in the clear, where others than this computer can reach it."""
    mqtts: str | None = None
    """Where things speak MQTT over TLS, if they can."""
    local: str = ""
    """Where commands on this computer ask."""
    fingerprint: str = ""
    """Of this place's authority (SHA-256), where pages are served by its certificate."""


def run(settings: Settings, *, ready: Callable[[Ready], None], large: int | None = None) -> None:
    """Run until interrupted.

    Args:
        settings: as loaded.
        ready: called once, when it serves.
        large: from how many traces on a segment is made in a process of its own; what is best for speed if None.

    Raises:
        TrothError: the node could not start, or its storage failed while it ran.
    """
    gc.freeze()  # what was imported stays, and `calm_collector` need not look at it
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(settings, ready, large))


def calm_collector() -> None:
    """Let the collector of reference cycles look at what is new, seldom, and never at what was there at the start.

    With the defaults it walked all of the memory again and again: at 10,000 streams nearly half of a loaded node's time, and
    pauses of a quarter of a second (docs/decisions/0007-where-the-time-went.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


def short_turns() -> None:
    """Let the loop have its turn back from another thread within less than it may be held (P4: 5 ms)."""
    sys.setswitchinterval(_TURN_S)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of this platform, or None for the standard one."""
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - not there on every platform

    return uvloop.new_event_loop


async def _serve(settings: Settings, ready: Callable[[Ready], None], large: int | None) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report)
    async with AsyncExitStack() as stack:
        held = drivers.hold_folder(settings)
        stack.callback(held.close)
        web = listen(settings.web_bind, settings.http_port, "http_port", "--http-port")
        stack.callback(web.close)
        things = listen(settings.bind, settings.mqtt_port, "mqtt_port", "--mqtt-port")
        stack.callback(things.close)
        secure = None
        if settings.tls is Tls.ON:
            secure = listen(settings.tls_bind, settings.mqtts_port, "mqtts_port", "mqtts_port =")
            stack.callback(secure.close)
        pages = None
        if settings.https is not Https.OFF:
            pages = listen(settings.https_bind, settings.https_port, "https_port", "https_port =")
            stack.callback(pages.close)
        settings = msgspec.structs.replace(
            settings,
            http_port=web.getsockname()[1],
            mqtt_port=things.getsockname()[1],
            mqtts_port=settings.mqtts_port if secure is None else secure.getsockname()[1],
            https_port=settings.https_port if pages is None else pages.getsockname()[1],
        )
        pages_tls = None if pages is None else PagesTls(settings, clock=SystemClock())
        certificates = None if secure is None else drivers.open_tls(settings, clock=SystemClock())
        failed: asyncio.Future[TrothError] = loop.create_future()
        node = await _open(settings, stack, failed, held=held.handle, certificates=certificates, large=large)
        await node.start()
        calm_collector()
        short_turns()
        await operator_token(node, settings.folder / TOKEN_FILE)
        node.run()
        web_max, things_max = shares(raise_file_limit())
        endpoint = mqtt_door(node, connections_max=things_max)
        await endpoint.resume(node.ports.pause)
        mqtt = await loop.create_server(endpoint, sock=things)
        stack.callback(mqtt.close)
        if secure is not None and certificates is not None:
            mqtts = await loop.create_server(
                endpoint,
                sock=secure,
                ssl=certificates.context(partial(turned_away, node)),
                ssl_handshake_timeout=HANDSHAKE_S,
            )
            stack.callback(mqtts.close)
        server = QuietServer(_config(node, connections_max=web_max))
        node.measure.doors.update(mqtt=endpoint.connections, http=lambda: len(server.server_state.connections))
        if pages is not None and pages_tls is not None:
            stack.callback(await pages_tls.serve(pages, server))
        serving = loop.create_task(server.serve(sockets=[web]))
        stop = signals(loop)  # from here on, before anybody is told that it runs
        address, speaking = (str(each.getsockname()[0]) for each in (web, things))
        demo = await _demo(settings, address) if settings.demo is Demo.ON else None
        stack.push_async_callback(_end, demo)
        link = await node.entering.operator_link(node.settings.url)
        beyond = None if ipaddress.ip_address(speaking).is_loopback else speaking
        over_tls = None if secure is None else settings.mqtts_url
        local = settings.url if settings.https is Https.OFF else settings.local_url
        fingerprint = "" if pages_tls is None else pages_tls.fingerprint
        ready(Ready(settings.url, link, settings.mqtt_url, demo is not None, beyond, over_tls, local, fingerprint))
        for ending in (serving, node.failed, failed):
            ending.add_done_callback(lambda _: stop.set())
        await stop.wait()
        await _end(demo)
        endpoint.close()
        server.end()
        await serving
        for ended in (failed, node.failed):  # a store says more of its failure than whoever used it afterwards
            if ended.done():
                raise ended.result()
        await node.close()


def report(_loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
    """What nobody waited for has failed: the diagnostics get the place in our code, and no message and no value."""
    error = context.get("exception")
    # With an error asyncio's message shows the callback and its values; without one it is a constant.
    place = place_of(error) if isinstance(error, BaseException) else str(context.get("message"))
    _diagnostics.error("nobody waited for this", place=place)


def _config(node: Node, *, connections_max: int) -> uvicorn.Config:
    doors = http_doors(node)
    return uvicorn.Config(
        doors,
        http=type("HttpProtocolHere", (HttpProtocol,), {"connections_max": connections_max, "short": doors.short}),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # app/arriving reads them, from proxies that are named
        timeout_graceful_shutdown=3,
    )


def signals(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """What Ctrl-C and a polite end set. Before this they end the program where it stands, as a crash would."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _open(
    settings: Settings,
    stack: AsyncExitStack,
    failed: asyncio.Future[TrothError],
    *,
    held: int,
    certificates: drivers.TlsFolder | None,
    large: int | None,
) -> Node:
    """Open every port; whichever fails later sets `failed`. `held` holds the data folder."""
    loop = asyncio.get_running_loop()
    clock, entropy = SystemClock(), os.urandom
    worker = ThreadPoolExecutor(1, thread_name_prefix="troth-worker")
    stack.callback(worker.shutdown, wait=False, cancel_futures=True)

    def fail(error: Exception) -> None:
        if not failed.done():
            known = (
                error if isinstance(error, TrothError) else StorageFailed(f"storage failed ({type(error).__name__})")
            )
            failed.set_result(known)

    async def in_worker(work: Callable[[], T]) -> T:
        return await loop.run_in_executor(worker, work)

    # Of its own: a password is made slow to try, and neither a segment nor a person is to wait for the other.
    hasher = ThreadPoolExecutor(1, thread_name_prefix="troth-passwords")
    stack.callback(hasher.shutdown, wait=False, cancel_futures=True)

    async def hashing(work: Callable[[], T]) -> T:
        return await loop.run_in_executor(hasher, work)

    keys = drivers.open_keys(settings, alone=True)
    journal = await drivers.open_journal(settings, on_failure=fail)
    observations = await drivers.open_observations(settings, clock=clock, on_failure=fail)
    conduct = await drivers.open_conduct(
        settings, clock=clock, entropy=entropy, observations=observations, on_failure=fail
    )
    ledgers = await drivers.open_ledgers(settings, on_failure=fail)
    accounts = await drivers.open_accounts(settings, on_failure=fail)
    sessions = await drivers.open_sessions(settings, on_failure=fail)
    lineage = lineage_of(journal) or Lineage(settings.origin or fresh_origin(entropy))
    place = drivers.open_log(settings, lineage.number)
    stack.callback(place.close)
    settings = msgspec.structs.replace(settings, origin=lineage.origin)
    mailer = drivers.open_mailer(settings)
    if mailer is not None:
        stack.callback(mailer.close)
    ports = Ports(
        clock=clock,
        entropy=entropy,
        keys=keys,
        journal=journal,
        conduct=conduct,
        observations=observations,
        ledgers=ledgers,
        accounts=accounts,
        sessions=sessions,
        tiles=place.tiles,
        lock=place.lock,
        outside=drivers.open_outside(settings, lineage.origin),
        backups=drivers.open_backup_keys(settings),
        wal_sizes=drivers.wal_sizes(settings),
        wal_limit=drivers.wal_limit(),
        free_bytes=partial(drivers.free_bytes, settings),
        in_worker=in_worker,
        hashing=hashing,
        pause=lambda: asyncio.sleep(0),
        prepared=drivers.open_prepared(settings),
        asking=asking_of(settings),
        away=partial(drivers.maker_away, settings, observations, held=(held,), large=large),
        authority=None if certificates is None else certificates.signer,
        lineage=lineage,
        mailer=mailer,
    )
    return Node(settings, ports)


def listen(host: str, port: int, setting: str, option: str) -> socket.socket:
    """A listening socket, so that a taken port is known before anything starts.

    Raises:
        PortTaken, BadSetting: this address and port cannot be had; `setting` and `option` say what to change.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Whoever is accepted is asked by the system now and then whether it is there: a client that is gone without a word, and
    # that is to be heard from at no time, would otherwise be kept for ever. `::` is all addresses, those of IPv4 too.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option_name, seconds in _ASKED_WHEN_SILENT:
        if hasattr(socket, option_name):
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, option_name), seconds)
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except (OSError, UnicodeError) as cause:
        listening.close()
        raise _cannotlisten(cause, host, port, choose=f"{option} N (setting {setting})") from cause
    listening.setblocking(False)  # noqa: FBT003 - the name of the standard library's parameter
    return listening


def _cannotlisten(cause: Exception, host: str, port: int, *, choose: str) -> TrothError:
    said = getattr(cause, "strerror", None) or type(cause).__name__
    number = getattr(cause, "errno", None)
    if number == errno.EADDRINUSE:
        hint = f"Stop the program that has it, or choose another with {choose}."
        return PortTaken(f"port {port} on {host} cannot be had ({said})", hint=hint)
    if number in (errno.EACCES, errno.EPERM):
        hint = f"Choose one from 1024 on with {choose}."
        return PortTaken(f"port {port} on {host} cannot be had ({said})", hint=hint)
    return BadSetting(
        f"bind: {host} is no address that this computer can listen on ({said})",
        hint="127.0.0.1 is this computer only; docs/reference/settings.md says more.",
    )


async def _demo(settings: Settings, address: str) -> asyncio.subprocess.Process:
    """Start the demonstration neighbourhood: separate programs that come in through the front door."""
    host = _NEAR.get(address, address)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "troth.harbour",
        "--url",
        f"http://[{host}]:{settings.http_port}" if ":" in host else f"http://{host}:{settings.http_port}",
        "--mqtt-port",
        str(settings.mqtt_port),
        "--data",
        str(settings.folder),
        stdin=asyncio.subprocess.DEVNULL,
    )


async def _end(demo: asyncio.subprocess.Process | None) -> None:
    if demo is None or demo.returncode is not None:
        return
    demo.terminate()
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(demo.wait(), timeout=3)
