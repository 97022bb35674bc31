"""The same pipeline without the gate and without traces, wired from public pieces: what the trust tax is measured against.

`python -m bench._bare DATA TICK_S` runs it on the folder of a node that was furnished and stopped; it says its two ports.

What is left as it is: sockets, packets, HTTP, credentials, the check of type and range, acknowledgement after the sync, packed
commits, repeats, handles of rows, counts, and moving rows into partitions at a tick.
What is gone: decisions and leases, admission to the times a ground covers, the basis, random salts, leaf hashes, padding,
trees, signatures, segment statements, the log. The 16 bytes of a salt stay in each row, as zeros; so the tax does not
count writing them.

Source: promises.md, P3; house.md ("A bench that needs a pipeline without the gate builds it in bench/").
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, cast

import msgspec
import uvicorn
import uvloop

from bench._ports import open_ports
from troth.app.node import Node
from troth.app.serve import calm_collector
from troth.ingest.http import HttpIngest
from troth.ingest.mqtt import Endpoint
from troth.journeys.begin import origin_of
from troth.journeys.hear import Hear, Inlet
from troth.journeys.shelves import shelf_of
from troth.names import BasisId, StreamId, ThingId
from troth.settings import Demo, Settings
from troth.state.directory import KnownStream
from troth.things.intervals import FOREVER
from troth.things.observations import Outcome, Refusal, Result, ResultType, Shelf
from troth.things.stamps import Admitted
from troth.things.stores import Committed, Segment, Told

_SECRET: Final = bytes(32)
_NONE: Final = BasisId(bytes(16))


class _Always:
    """What stands where a lease would."""

    live: Final = True
    until_ns: Final = FOREVER


_ALWAYS: Final = _Always()


class BareInlet:
    """One stream: its type and range are looked at, and nothing else."""

    def __init__(self, hear: "BareHear", known: KnownStream, *, shelf: Shelf) -> None:
        self._hear = hear
        self._shelf = shelf
        self.thing = known.thing
        self.stream: StreamId = known.stream
        self.number = known.number
        self.type = ResultType.NUMBER
        self._last_ns = 0
        self._times: list[int] = []
        self._results: list[Result] = []
        self._keys: list[bytes] = []
        self._dones: list[Callable[[Outcome], None]] = []

    def offer(
        self,
        result: Result,
        *,
        time_ns: int | None,
        done: Callable[[Outcome], None],
        end_ns: int | None = None,  # noqa: ARG002 - a bench sends instants
        key: bytes = b"",
    ) -> int:
        """As an inlet's, for instants of numbers."""
        if time_ns is None:
            time_ns = max(self._hear.clock.now(), self._last_ns + 1)
        if type(result) is not float or not -1e300 <= result <= 1e300:
            self._hear.count(self.thing, Refusal.WRONG_TYPE, done)
            return time_ns
        if not self._times:
            self._hear.touched(cast("Inlet", self))
        self._last_ns = max(self._last_ns, time_ns)
        self._times.append(time_ns)
        self._results.append(result)
        self._keys.append(key)
        self._dones.append(done)
        return time_ns

    def offer_all(
        self,
        results: Sequence[Result],
        times: Sequence[int | None],
        *,
        keys: Sequence[bytes],
        dones: Sequence[Callable[[Outcome], None]],
    ) -> None:
        """As an inlet's, for numbers with times."""
        known = [time for time in times if time is not None]
        numbers = cast("Sequence[float]", results)
        if len(known) < len(times) or set(map(type, results)) != {float} or max(map(abs, numbers)) > 1e300:
            for result, time_ns, key, done in zip(results, times, keys, dones, strict=True):
                self.offer(result, time_ns=time_ns, key=key, done=done)
            return
        if not self._times:
            self._hear.touched(cast("Inlet", self))
        self._last_ns = max(self._last_ns, *known)
        self._times += known
        self._results += results
        self._keys += keys
        self._dones += dones

    def hand_over(self) -> None:
        """Everything offered, to the store.

        Raises:
            Busy: the store is full; everything stays here.
        """
        times, dones = self._times, self._dones

        def settled(outcomes: Sequence[Outcome]) -> None:
            for done, outcome in zip(dones, outcomes, strict=True):
                done(outcome)

        stamp = Admitted(
            hold=_ALWAYS,
            thing=self.thing,
            stream=self.stream,
            shelf=self._shelf,
            basis=_NONE,
            rests_on=(),
            type=self.type,
            gate_ns=0,
            times=times,
            ends=times,
            results=self._results,
            keys=self._keys,
            done=settled,
        )
        self._hear.conduct.append(stamp)
        self._times, self._results, self._keys, self._dones = [], [], [], []


class BareHear(Hear):
    """As `Hear`, with other inlets."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.ports.conduct, node.leases, node.directory, clock=node.ports.clock)
        self._known = node.directory
        self._bare: dict[StreamId, BareInlet] = {}

    def inlets(self, thing: ThingId) -> Mapping[str, Inlet]:
        """The inlets of a thing by stream name."""
        known = self._known.things.get(thing)
        if known is None:
            return {}
        for stream in known.streams.values():
            if stream.stream not in self._bare:
                self._bare[stream.stream] = BareInlet(self, stream, shelf=shelf_of(known, stream, self._known))
        found = {name: self._bare[stream.stream] for name, stream in known.streams.items()}
        return cast("Mapping[str, Inlet]", found)  # the doors call what both have


async def _move(node: Node) -> None:
    """One tick: rows into partitions, with places in a segment that has no leaves."""
    ports = node.ports
    cut = await ports.conduct.cut(ports.clock.now(), bytes(32))
    commits = await ports.conduct.committed(cut)
    at = 0
    placed = []
    for commit in commits:
        rows = []
        for shelf, row in commit.rows:
            rows.append((shelf, msgspec.structs.replace(row, segment=cut.number, leaf=at)))
            at += 1
        placed.append(Committed(commit.number, rows, ()))
    await ports.observations.move(Segment(cut, bytes(32 * at), at, bytes(32), b""), placed)
    await ports.conduct.clear(cut)


async def _tick_forever(node: Node) -> None:
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        await _move(node)
        await asyncio.sleep(max(0.0, node.settings.segment_tick_s - (loop.time() - began)))


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as in app/serve: an interrupt ends the process
        yield


async def _serve(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    ports = await open_ports(settings, salts=bytes)
    node = Node(msgspec.structs.replace(settings, origin=origin_of(ports.journal)), ports)
    await node.start()
    calm_collector()
    hear = BareHear(node)

    def committed(batches: Sequence[Told]) -> None:
        node.tell.told(batches)
        hear.committed()

    ports.conduct.listen(committed)
    endpoint = Endpoint(
        hear,
        node.tell,
        recognise=node.recognise,
        presence=node.presence,
        slugs=ports.accounts.slugs,
        secret=_SECRET,
        entropy=os.urandom,
        later=loop.call_later,
        diagnose=lambda _: None,
    )
    ingest = HttpIngest(
        hear,
        node.recognise,
        presence=node.presence,
        slugs=ports.accounts.slugs,
        url="http://localhost",
        clock=ports.clock,
        secret=_SECRET,
        entropy=os.urandom,
    )
    mqtt = await loop.create_server(endpoint, "127.0.0.1", 0)
    web = socket.create_server(("127.0.0.1", 0), backlog=1024)
    web.setblocking(False)  # noqa: FBT003 - the name of the standard library's parameter
    server = _Server(
        uvicorn.Config(ingest, http="httptools", ws="none", lifespan="off", log_level="warning", access_log=False)
    )
    moving = loop.create_task(_tick_forever(node))
    print(web.getsockname()[1], mqtt.sockets[0].getsockname()[1], flush=True)
    await server.serve(sockets=[web])
    moving.cancel()


def main() -> None:
    data, tick_s = sys.argv[1:]
    settings = Settings(data=data, http_port=0, mqtt_port=0, segment_tick_s=int(tick_s), demo=Demo.OFF)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


if __name__ == "__main__":
    main()
