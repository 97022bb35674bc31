"""P6, the log: how many statements a second are registered, how long a receipt takes, how fast entries go into the tree.

Run with `python -m bench.log`. A real node on real files, in this process: statements are signed before the clock starts, then
parsed, checked, made durable, taken into the tree and answered with a receipt. Entries go into a bare sequencer on a folder.

Left out: HTTP around it (a client on the same two cores would be measured with it), Tessera's figures beside it, witnesses.
"""

import asyncio
import tempfile
from collections import deque
from pathlib import Path
from time import perf_counter

from bench._ports import open_ports
from bench._report import begin, options, percentile, say, show, show_one
from troth.adapters.log_folder import LogFolder
from troth.app.node import Node
from troth.names import Uri, ckt_uri
from troth.settings import Demo, Settings
from troth.signing.cose import Signer, parse
from troth.signing.keys import Ed25519Signer
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.statement import write
from troth.tlog.sequencer import Sequencer

AT_ONCE = 1_500  # senders that each wait for a receipt before they say the next thing
QUIET = 5  # statements a second where nobody waits for another
BATCH = 1_000
ENTRY_BYTES = 300  # about what a statement of this kind has


def _statements(operator: Signer, count: int, *, tag: str, at_ns: int) -> list[bytes]:
    issuer = ckt_uri(operator.public.thumbprint)
    return [
        write(
            KindName.ORGANISATION,
            OrganisationBody(Uri(f"https://{tag}-{number}.example"), "Works", "mailto:people@works.example"),
            signer=operator,
            issuer=issuer,
            subject=f"https://{tag}-{number}.example",
            at_ns=at_ns,
        ).data
        for number in range(count)
    ]


async def _loaded(node: Node, said: deque[bytes], seconds: float) -> tuple[float, list[float]]:
    """Receipts a second, and how long each took, while many wait for theirs."""
    waits: list[float] = []
    began = perf_counter()
    until = began + seconds

    async def sender() -> None:
        while said and perf_counter() < until:
            data = said.popleft()
            asked = perf_counter()
            registered = await node.register.register(data)
            waits.append(perf_counter() - asked if registered.receipt is not None else float("inf"))

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    return len(waits) / (perf_counter() - began), waits


async def _accepted(node: Node, said: deque[bytes], seconds: float) -> float:
    """Statements a second parsed, checked and durable, without waiting for the log."""
    began = perf_counter()
    first = node.ports.journal.position
    until = began + seconds

    async def sender() -> None:
        while said and perf_counter() < until:
            await node.accept.accept(parse(said.popleft()))

    await asyncio.gather(*(sender() for _ in range(256)))
    return (node.ports.journal.position - first) / (perf_counter() - began)


async def _quiet(node: Node, said: deque[bytes], seconds: float) -> list[float]:
    """How long a receipt takes when little is said."""
    waits: list[float] = []

    async def one(data: bytes) -> None:
        asked = perf_counter()
        registered = await node.register.register(data)
        if registered.receipt is not None:
            waits.append(perf_counter() - asked)

    asking = []
    for _ in range(max(1, int(seconds * QUIET))):
        asking.append(asyncio.create_task(one(said.popleft())))
        await asyncio.sleep(1 / QUIET)
    await asyncio.gather(*asking)
    return waits


async def _node(folder: Path, *, runs: int, seconds: float) -> None:
    settings = Settings(data=str(folder), origin="bench.invalid/log", demo=Demo.OFF)
    ports = await open_ports(settings)
    node = Node(settings, ports)
    await node.start()
    node.run()
    operator = ports.keys.signer("operator")
    rates: list[float] = []
    registered: list[float] = []
    loaded: list[float] = []
    quiet: list[float] = []
    for run in range(runs):
        many = int(seconds * 6_000) + AT_ONCE
        said = deque(_statements(operator, 2 * many, tag=f"r{run}", at_ns=ports.clock.now()))
        rates.append(await _accepted(node, said, seconds))
        await node.record.publish()
        rate, waits = await _loaded(node, said, seconds)
        registered.append(rate)
        loaded += waits
        quiet += await _quiet(node, said, seconds)
    show("statements parsed, checked and durable", rates, "/s", promise="promised: 2,000 /s")
    show(f"registered with a receipt, {AT_ONCE:,} waiting at once", registered, "/s")
    show_one("receipt, p50, under that load", percentile(loaded, 0.50) * 1_000, "ms")
    show_one("receipt, p99, under that load", percentile(loaded, 0.99) * 1_000, "ms", promise="promised: 1,500 ms")
    show_one(f"receipt, p50, {QUIET} statements/s", percentile(quiet, 0.50) * 1_000, "ms")
    show_one(f"receipt, p99, {QUIET} statements/s", percentile(quiet, 0.99) * 1_000, "ms", promise="promised: 1,500 ms")
    await node.close()


def _entries(folder: Path, seconds: float) -> float:
    """Entries a second that a bare sequencer takes in batches, each batch durable, checked again and signed."""
    signer = Ed25519Signer.from_seed(bytes(32))
    with LogFolder(folder) as place:
        log = Sequencer.open(place.tiles, place.lock, signer=signer, origin="bench.invalid/entries")
        began = perf_counter()
        while perf_counter() - began < seconds:
            first = log.size
            log.append([b"%d" % at + bytes(ENTRY_BYTES) for at in range(first, first + BATCH)], taken=first + BATCH)
        return log.size / (perf_counter() - began)


def main() -> None:
    """Run all of it."""
    given = options(__doc__ or "", seconds=2.0)
    begin(
        "P6: the log",
        f"one process, real files; runs of {given.seconds:g} s; the node's segments and log go on meanwhile",
    )
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_node(Path(folder), runs=given.runs, seconds=given.seconds))
    rates = []
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            rates.append(_entries(Path(folder) / "log", given.seconds))
    show(f"entries verified before, in batches of {BATCH:,}", rates, "/s", promise="promised: 50,000 /s")
    say("")


if __name__ == "__main__":
    main()
