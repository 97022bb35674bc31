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
import math
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
import uvloop

from bench._ports import open_ports
from troth.adapters.making_away import MakerAway
from troth.adapters.partitions_sqlite import SqliteObservations
from troth.app.node import Node
from troth.app.serve import calm_collector
from troth.ingest.http import HttpIngest
from troth.ingest.mqtt import Endpoint
from troth.journeys.begin import origin_of
from troth.journeys.hear import Hear, Inlet
from troth.journeys.shelves import shelf_of
from troth.journeys.turn import Once, Settler, Turn, settle_one
from troth.names import BasisId, StreamId, ThingId
from troth.settings import Demo, Settings
from troth.state.directory import KnownStream, KnownThing
from troth.things.intervals import FOREVER
from troth.things.making import Built, SegmentMaker
from troth.things.observations import Outcome, Refusal, Result, ResultType, Shelf
from troth.things.stamps import Admission, Admitted, AdmittedMany
from troth.things.stores import MOVE_MIN, MOVE_SEGMENTS_MAX, Committed, Cut, Segment, Told

_SECRET: Final = bytes(32)
_NONE: Final = BasisId(bytes(16))


class _Always:
    """What stands where a lease would: it holds."""

    live: Final = True
    until_ns: Final = FOREVER


_ALWAYS: Final = _Always()


class BareTurn(Turn):
    """Rows of many streams, handed over without a look at leases."""

    def stamped(self, now_ns: int) -> AdmittedMany:  # noqa: ARG002 - nothing is looked at
        """Everything."""
        return AdmittedMany(self.admissions, 0, self.times, self.results, self.keys, self._settled)


class BareInlet(Inlet):
    """One stream: its type and range are looked at, and nothing else. Benches send numbers at instants."""

    def __init__(self, hear: "BareHear", thing: KnownThing, known: KnownStream, *, shelf: Shelf) -> None:
        super().__init__(hear, thing, known, shelf=shelf)
        self.bare = Admission(_ALWAYS, thing.thing, known.stream, shelf, _NONE, (), ResultType.NUMBER)

    def offer(
        self,
        result: Result,
        *,
        time_ns: int | None,
        done: Callable[[Outcome], None],
        end_ns: int | None = None,  # noqa: ARG002 - a bench sends instants
        key: bytes = b"",
    ) -> int:
        """As an inlet's."""
        if time_ns is None:
            time_ns = max(self._hear.clock.now(), self.last_ns + 1)
        if type(result) is not float or not -1e300 <= result <= 1e300:
            self._hear.count(self.thing, Refusal.WRONG_TYPE, done)
            return time_ns
        self.last_ns = max(self.last_ns, time_ns)
        self._hear.turn().add(self, self.bare, time_ns=time_ns, result=result, key=key, settler=Once(done), at=0)
        return time_ns

    def offer_run(self, numbers: Sequence[float], times: Sequence[int], settler: Settler, at: int) -> bool:
        """As an inlet's."""
        if not self._bounds.hold_all(numbers):
            return False
        self.last_ns = max(self.last_ns, *times)
        self._hear.ready(
            Admitted(
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
                results=numbers,
                keys=[b""] * len(times),
                done=partial(settler.settled, at),
            )
        )
        return True


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
                shelf = shelf_of(known, stream, self._known)
                self._bare[stream.stream] = BareInlet(self, known, stream, shelf=shelf)
        return {name: self._bare[stream.stream] for name, stream in known.streams.items()}

    def say_all(
        self, inlets: Sequence[Inlet], numbers: Sequence[float], *, now_ns: int, settler: Settler, at: int
    ) -> list[int]:
        """As `Hear`'s; what one read brings is less than a turn takes."""
        turn = self.turn()
        given: list[int] = []
        finite = math.isfinite(sum(numbers))
        admissions: list[Admission] = []
        times: list[int] = []
        first = 0
        for inlet, number in zip(inlets, numbers, strict=True):
            time_ns = now_ns
            if inlet.last_ns >= now_ns:
                time_ns = inlet.last_ns + 1
            if (
                not isinstance(inlet, BareInlet)
                or not inlet.lowest <= number <= inlet.highest
                or not (finite or math.isfinite(number))
            ):
                last = first + len(times)
                turn.say_all(inlets[first:last], admissions, times, numbers[first:last], settler=settler, at=at + first)
                given += [*times, time_ns]
                self.count(inlet.thing, Refusal.OUT_OF_RANGE, partial(settle_one, settler, at + last))
                admissions, times, first = [], [], last + 1
                continue
            inlet.last_ns = time_ns
            admissions.append(inlet.bare)
            times.append(time_ns)
        turn.say_all(inlets[first:], admissions, times, numbers[first:], settler=settler, at=at + first)
        given += times
        return given

    def _new_turn(self) -> Turn:
        return BareTurn(self.flush)


class _NoLeaves:
    """Makes segments without leaves, in place; a `MakerAway` beside it moves the rows of large ones."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def build(self, cuts: Sequence[Cut], *, about: int) -> Sequence[Built]:
        """Rows with their places, and no leaf."""
        del about
        return [await self._build(cut) for cut in cuts]

    async def _build(self, cut: Cut) -> Built:
        placed, at = [], 0
        for commit in await self._node.ports.conduct.committed(cut):
            rows = []
            for shelf, row in commit.rows:
                rows.append((shelf, msgspec.structs.replace(row, segment=cut.number, leaf=at)))
                at += 1
            placed.append(Committed(commit.number, rows, ()))
        return Built(bytes(32 * at), at, bytes(32), (), placed)

    async def move(self, segments: Sequence[Segment], built: Sequence[Built]) -> None:
        """As the store does."""
        await self._node.ports.observations.move(segments, [commit for each in built for commit in each.commits])

    async def close(self) -> None:
        """Nothing is kept."""


async def _move(node: Node, maker: SegmentMaker) -> None:
    """One tick: rows into partitions, with places in a segment that has no leaves."""
    conduct = node.ports.conduct
    about = conduct.uncut
    cuts = await conduct.cut(node.ports.clock.now(), [bytes(32)] * MOVE_SEGMENTS_MAX)
    built = await maker.build(cuts, about=about)
    segments = [Segment(cut, each.leaves, each.size, each.root, b"") for cut, each in zip(cuts, built, strict=True)]
    await maker.move(segments, built)
    await conduct.clear(cuts)


async def _tick_forever(node: Node, maker: SegmentMaker) -> None:
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        await _move(node, maker)
        while node.ports.conduct.uncut < MOVE_MIN and loop.time() - began < node.settings.segment_tick_s:  # noqa: ASYNC110 - as a node's tick
            await asyncio.sleep(0.05)


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
    folder = Path(settings.data)
    observations = ports.observations
    assert isinstance(observations, SqliteObservations)
    maker = MakerAway(
        _NoLeaves(node),
        observations,
        conduct=folder / "conduct.db",
        folder=folder / "partitions",
        command=(sys.executable, "-m", "bench._bare_moves"),
    )
    moving = loop.create_task(_tick_forever(node, maker))
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
