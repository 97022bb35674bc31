"""How long the loop is held when 10,000 leases end at once: a node on its real stores in this process, watched turn by turn.

Two measures of the longest turn: by the clock, which on a busy machine also counts what other programs took, and by the CPU
time of the loop's thread, which counts the node's own work.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench._ports import open_ports
from troth.app.node import Node
from troth.app.serve import calm_collector, short_turns
from troth.gate.question import ANYONE, OWN_PURPOSE, Asker, Standing
from troth.journeys.hear import Inlet
from troth.journeys.inherit import TypedThing
from troth.journeys.join import StreamRequest, ThingRequest
from troth.journeys.join_many import ROWS_MAX, RowJoined
from troth.names import PurposeId, Uri
from troth.settings import Demo, Settings
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration
from troth.statements.installation_type import InstallationTypeBody, TypedStream
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.testing.people import look_and_join
from troth.things.observations import Outcome
from troth.things.windows import Shown

__all__ = ["LEASES", "Held", "held_by_choice", "held_by_disclosure", "held_by_joining"]

LEASES: Final = 10_000
_PER_THING: Final = 200
_ORG: Final = Uri("https://bench.example/org")
_LAB: Final = Uri("https://lab.example/lab")
_RESEARCH: Final = PurposeId("https://lab.example/research")
_AT_ONCE: Final = 20  # messages of one socket read


@dataclass(frozen=True)
class Held:
    """Milliseconds: the longest turn by the clock and by the CPU of the loop's thread; from asking to acknowledgement."""

    clock: float
    cpu: float
    acknowledged: float


class _Deaf:
    """A listener that takes what it is given and keeps nothing."""

    def last(self, row: Shown) -> None:
        pass

    def give(self, rows: Sequence[Shown]) -> None:
        pass

    def drop(self) -> None:
        pass

    def end(self, code: str, words: str, *, hint: str | None = None) -> None:
        pass


class _Watch:
    """Looks at the clocks in every turn of the loop."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.cpu = 0.0
        self._going = True
        self._last = (time.perf_counter(), time.thread_time())
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        self.clock = max(self.clock, now[0] - self._last[0])
        self.cpu = max(self.cpu, now[1] - self._last[1])
        self._last = now
        if self._going:
            self._loop.call_soon(self._turn)

    def stop(self) -> None:
        self._going = False


@asynccontextmanager
async def _node() -> AsyncIterator[Node]:
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
        settings = Settings(data=str(Path(folder)), demo=Demo.OFF)
        node = Node(settings, await open_ports(settings))
        await node.start()
        calm_collector()
        short_turns()
        for org in (_ORG, _LAB):
            await node.join.organisation(OrganisationBody(org, "Bench", "mailto:a@bench.example"))
        yield node
        await node.close()


def _install(product: Uri, names: Sequence[str], **more: object) -> ThingRequest:
    request = ThingRequest(
        name="Thing",
        product=product,
        place="here",
        answers=Answering(_ORG, "mailto:a@bench.example"),
        streams=tuple(StreamRequest(name, "carried") for name in names),
        consideration=Consideration("2026-01-01", "A. Bench", "Only numbers are counted."),
    )
    return msgspec.structs.replace(request, **more)


async def held_by_choice() -> Held:
    """One person takes back one choice that 10,000 listeners (party and app) rest on."""
    async with _node() as node:
        product = Uri("https://bench.example/meter")
        stream = PassportStream("power", "power", "power", Uri("urn:x:p"), "number")
        views = (DisclosedVariant("raw", "choice"),)
        research = DisclosedPurpose(_RESEARCH, "Research", "unknown", (_LAB,), views, 30)
        await node.join.product(PassportBody(product, "Meter", _ORG, (stream,)))
        await node.join.disclosure(DisclosureBody(product, _ORG, "en", 1, (DisclosedStream("power", (research,)),)))
        household = await node.join.household("Bench Lane 1")
        person = await node.join.person("Ana", household, role="owner")
        joined = await look_and_join(node.join, _install(product, ["power"], household=household))
        (offer,) = node.choose.offers.all(person)

        async def say(decision: Decision) -> None:
            await node.choose.say(
                person,
                decision,
                purpose=_RESEARCH,
                stream=offer.stream.stream,
                notice=offer.notice.digest,
                made_by="session",
            )

        await say(Decision.GIVE)
        for number in range(LEASES):
            asker = Asker(_LAB, f"app-{number}", _RESEARCH)
            node.tell.listen(joined.datastreams["power"], asker, _Deaf())
            if number % 100 == 0:
                await asyncio.sleep(0)
        await _quiet(node)
        gc.collect()  # what is held has been held for a while, as in a node that has been running
        watch, began = _Watch(), time.perf_counter()
        await say(Decision.WITHDRAW)
        acknowledged = time.perf_counter() - began
        await _quiet(node)
        watch.stop()
        return Held(1_000 * watch.clock, 1_000 * watch.cpu, 1_000 * acknowledged)


async def held_by_disclosure() -> Held:
    """One new disclosure of a product with 10,000 streams that speak; then all of them speak again."""
    async with _node() as node:
        product = Uri("https://bench.example/board")
        names = [f"s{number}" for number in range(_PER_THING)]
        streams = tuple(
            PassportStream(name, name, "load", Uri("urn:x:p"), "number", concerns_nobody=True) for name in names
        )
        own = DisclosedPurpose(OWN_PURPOSE, "P", "unknown", (), (DisclosedVariant("raw", "nobody"),), 30)
        await node.join.product(PassportBody(product, "Board", _ORG, streams))

        def disclosed(version: int) -> DisclosureBody:
            return DisclosureBody(product, _ORG, "en", version, tuple(DisclosedStream(name, (own,)) for name in names))

        await node.join.disclosure(disclosed(1))
        inlets: list[Inlet] = []
        for _ in range(LEASES // _PER_THING):
            joined = await look_and_join(node.join, _install(product, names))
            inlets += node.hear.inlets(joined.thing).values()
        await _speak(node, inlets)
        gc.collect()  # what is held has been held for a while, as in a node that has been running
        watch, began = _Watch(), time.perf_counter()
        await node.join.disclosure(disclosed(2))
        acknowledged = time.perf_counter() - began
        await _speak(node, inlets)
        watch.stop()
        return Held(1_000 * watch.clock, 1_000 * watch.cpu, 1_000 * acknowledged)


async def _speak(node: Node, inlets: Sequence[Inlet]) -> None:
    """Every stream says one number, as many at once as one socket read brings."""

    def done(_: Outcome) -> None:
        pass

    for at in range(0, len(inlets), _AT_ONCE):
        for inlet in inlets[at : at + _AT_ONCE]:
            inlet.offer(1.5, time_ns=None, done=done)
        node.hear.flush()
        await asyncio.sleep(0)
    await node.ports.conduct.settle()


async def _quiet(node: Node) -> None:
    """Until everything that was started has ended."""
    while others := [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]:
        await asyncio.wait(others)
    await node.ports.conduct.settle()


async def held_by_joining(things: int) -> Held:
    """Things join by hundreds, while the log follows; acknowledged is the time of all of them."""
    async with _node() as node:
        product = Uri("https://bench.example/bearing")
        stream = PassportStream("heat", "heat", "temperature", Uri("urn:x:p"), "number", concerns_nobody=True)
        views = (DisclosedVariant("raw", "nobody"),)
        upkeep = DisclosedPurpose(_RESEARCH, "Upkeep", "unknown", (ANYONE,), views, 30)
        await node.join.product(PassportBody(product, "Bearing", _ORG, (stream,)))
        await node.join.disclosure(DisclosureBody(product, _ORG, "en", 1, (DisclosedStream("heat", (upkeep,)),)))
        household = await node.join.household("Bench Lane 1")
        request = _install(product, ["heat"])
        streams = (TypedStream("heat", "carried"),)
        body = InstallationTypeBody("bearing", "Bearing", product, request.answers, streams, request.consideration)
        await node.joining.inherit.type(body)
        node.run()
        rows = [
            TypedThing("bearing", f"Bearing {number}", "here", household=household if number % 2 else None)
            for number in range(things)
        ]
        gc.collect()
        watch = _Watch()
        began = time.perf_counter()
        shown: list[TypedThing] = []
        for at in range(0, things, ROWS_MAX):
            part = rows[at : at + ROWS_MAX]
            looked = await node.joining.many.check(part, standing=Standing.OPERATOR)
            shown += [
                msgspec.structs.replace(row, sheet=each.looked.sheet.digest)
                for row, each in zip(part, looked, strict=True)
                if isinstance(each, RowJoined) and each.looked is not None
            ]
        for at in range(0, things, ROWS_MAX):
            await node.joining.many.join(shown[at : at + ROWS_MAX], standing=Standing.OPERATOR)
        took = time.perf_counter() - began
        watch.stop()
        return Held(watch.clock * 1e3, watch.cpu * 1e3, took * 1e3)
