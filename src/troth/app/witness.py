"""Compose a witness: its folder, its key, its record, and its small HTTP server. It needs no node.

Rules
- One thread does everything that touches the folder, one request after the other; the loop only reads and writes sockets.
- A failure of storage ends the program: what is durable is read again by the next start.
- A contradiction is said aloud at once, with the name of the evidence, and shown by `followed` for good.

Source: C2SP tlog-witness; runtime.md.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import structlog
import uvicorn

from troth import drivers
from troth.api.witness import witness_app
from troth.app.http_server import HttpProtocol
from troth.app.open_files import raise_file_limit, shares
from troth.app.quiet_server import QuietServer
from troth.app.serve import listen, loop_factory, report, signals
from troth.clock import SystemClock
from troth.errors import NotFound, StorageFailed, TrothError
from troth.signing.cose import Signer
from troth.tlog.add_checkpoint import origin_hash
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.witness import Followed, Witness

__all__ = ["WitnessReady", "evidence", "follow", "followed", "run_witness", "witness_key"]

RUNNING: Final = "open"
ADDING: Final = "adding"
_KEY: Final = "witness"
_LOG: Final = re.compile(r"[0-9a-f]{64}")
_diagnostics = structlog.get_logger("troth.witness")
T = TypeVar("T")


class WitnessReady(msgspec.Struct, frozen=True):
    """What whoever starts a witness is told: where it listens, and its verifier key."""

    url: str
    key: str


def witness_key(folder: Path, *, name: str | None = None) -> str:
    """The verifier key of the witness in this folder, made if there is none.

    Raises:
        Conflict: it has another name.
        BadNote: the name cannot be the name of a key.
        FolderInUse, FolderNotWritable, StorageFailed: the folder cannot be used.
    """
    with closing(drivers.open_witness(folder, lock=ADDING)) as place:
        return str(_open(place, name).key)


def follow(folder: Path, *, key: VerifierKey) -> None:
    """Let the witness follow a log from now on, also while it runs. Raises as `witness_key`, and Conflict for another key."""
    with closing(drivers.open_witness(folder, lock=ADDING)) as place:
        _open(place, None).follow(key)


def followed(folder: Path) -> tuple[str, tuple[Followed, ...]]:
    """The witness's verifier key and what it knows of each log. Raises as `witness_key`, and LogDiverged for damage."""
    with closing(drivers.open_witness(folder, lock=ADDING)) as place:
        witness = _open(place, None)
        return str(witness.key), witness.followed()


def evidence(folder: Path, *, origin: str, name: str) -> bytes:
    """The evidence of this name about a log.

    Raises:
        NotFound: there is none.
        FolderInUse, FolderNotWritable, StorageFailed: the folder cannot be used.
    """
    with closing(drivers.open_witness(folder, lock=ADDING)) as place:
        data = place.store.shown(origin_hash(origin), name) if re.fullmatch(r"[a-z0-9-]{1,128}", name) else None
    if data is None:
        raise NotFound("there is no such evidence about this log")
    return data


def run_witness(folder: Path, *, bind: str, port: int, ready: Callable[[WitnessReady], None]) -> None:
    """Run until interrupted.

    Raises:
        TrothError: it could not start, or its storage failed while it ran.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(folder, bind=bind, port=port, ready=ready))


async def _serve(folder: Path, *, bind: str, port: int, ready: Callable[[WitnessReady], None]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report)
    async with AsyncExitStack() as stack:
        place = stack.enter_context(closing(drivers.open_witness(folder, lock=RUNNING)))
        listening = stack.enter_context(closing(listen(bind, port, "--port", "--port")))
        worker = ThreadPoolExecutor(1, thread_name_prefix="troth-witness")
        stack.callback(worker.shutdown, wait=True, cancel_futures=True)
        witness = _open(place, None)
        witness.followed()  # damage is told now, and not to the first log that asks
        failed: asyncio.Future[TrothError] = loop.create_future()

        async def in_worker(work: Callable[[], T]) -> T:
            try:
                return await loop.run_in_executor(worker, work)
            except StorageFailed as error:
                if not failed.done():
                    failed.set_result(error)
                raise

        async def add(request: bytes) -> tuple[int, bytes, str]:
            answer = await in_worker(lambda: witness.add(request))
            if answer.contradiction is not None:
                _diagnostics.warning("a log contradicts itself", found=answer.contradiction.value)
            return answer.status, answer.body, answer.content_type

        async def latest(log: str) -> bytes | None:
            return await in_worker(lambda: witness.latest(log)) if _LOG.fullmatch(log) else None

        web_max, _ = shares(raise_file_limit())
        protocol = type("HttpProtocolHere", (HttpProtocol,), {"connections_max": web_max})
        server = QuietServer(
            uvicorn.Config(
                witness_app(add, latest),
                http=protocol,
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )
        stop = signals(loop)
        serving = loop.create_task(server.serve(sockets=[listening]))
        host, number = listening.getsockname()[:2]
        ready(WitnessReady(f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}", str(witness.key)))
        for ending in (serving, failed):
            ending.add_done_callback(lambda _: stop.set())
        await stop.wait()
        server.end()
        await serving
        if failed.done():
            raise failed.result()


def _open(place: drivers.WitnessPlace, name: str | None) -> Witness:
    """The witness of a folder; its key is made the first time."""
    signer: Signer
    try:
        signer = place.keys.signer(_KEY)
    except NotFound:
        signer = place.keys.create(_KEY)
    # A name of its own for a witness that has no address yet, as with a log's origin; the key says which.
    made = "troth.invalid/witness-" + hashlib.sha256(signer.public.raw).hexdigest()[:16]
    Witness(place.store, signer, name=name or made, clock=SystemClock())  # the name is one, before it is for life
    return Witness(place.store, signer, name=place.name(name or "") or place.name(made), clock=SystemClock())
