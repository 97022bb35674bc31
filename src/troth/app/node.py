"""One node, wired: settings and ports in, journeys out. It only wires, starts, ticks and stops.

Rules
- Starting: replay the journal, begin what is missing, mend what a crash left, publish what the log lags behind.
- Segments close at a fixed tick, whether anything happened or not; the log follows the journal within `log_lag_s`.
- A step of the clock of more than a second is a trace and ends all leases.
- A failure of a truth file ends the node: `failed` is set, and whoever runs it stops the process.

Source: runtime.md; house.md ("app only wires").
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from troth.app.choosing import Choosing
from troth.app.clock_watch import watch_clock
from troth.app.entering import Entering
from troth.app.exporting import exports_of
from troth.app.joining import Joining
from troth.app.opening import open_log
from troth.app.ports import Ports
from troth.app.room import Room, Taking
from troth.app.ticking import Ticking, publishing
from troth.app.waiting import Publication, Together
from troth.app.witnesses import Witnesses
from troth.app.work import Work
from troth.errors import TrothError, Unavailable
from troth.gate.leases import Leases
from troth.journeys.accept import Accept
from troth.journeys.access import Access
from troth.journeys.begin import fresh_origin
from troth.journeys.book import Book
from troth.journeys.ending import Ending
from troth.journeys.erase import Erase
from troth.journeys.explain import Explain
from troth.journeys.figures import Figures
from troth.journeys.forget import Forget
from troth.journeys.hear import Hear
from troth.journeys.keyring import Keyring
from troth.journeys.lasting import Lasting
from troth.journeys.lineage import Lineage, lineage_of
from troth.journeys.making import InPlace
from troth.journeys.measure import Measure
from troth.journeys.oversee import Oversee
from troth.journeys.pledge import Pledge
from troth.journeys.presence import Presence
from troth.journeys.preserve import Preserve
from troth.journeys.prove import Prove
from troth.journeys.receipts import Receipts
from troth.journeys.record import Record
from troth.journeys.register import Register
from troth.journeys.rekey import Rekey
from troth.journeys.retain import Retain
from troth.journeys.say import Say
from troth.journeys.sealing import Sealing
from troth.journeys.street import Street
from troth.journeys.tell import Tell
from troth.journeys.why import Why
from troth.settings import Settings
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.things.stores import MOVE_MIN, NotedTrace, Told
from troth.tlog.collecting import Collector
from troth.tlog.trace import ClockStep, encode

__all__ = ["Node"]

T = TypeVar("T")


class Node:
    """The journeys of one deployment on its ports. Owner of everything in it: the event loop it was started on."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        clock, entropy = ports.clock, ports.entropy
        self.ended = Ending(ports.accounts, ports.outside, clock=clock, in_worker=ports.in_worker)
        self.ports = ports = replace(ports, accounts=self.ended)
        self._work = Work(self.fail)
        self._appended = asyncio.Event()
        self._published = Publication()
        maker = InPlace(ports.conduct, ports.observations, in_worker=ports.in_worker)
        self._maker = maker if ports.away is None else ports.away(maker)
        self.failed: asyncio.Future[TrothError] = asyncio.get_running_loop().create_future()
        self.directory = Directory()
        self.leases = Leases(InForce())
        self._lineage = ports.lineage or lineage_of(ports.journal) or Lineage(settings.origin or fresh_origin(entropy))
        self.origin = self._lineage.origin
        self.keyring = Keyring(ports.keys, self.directory)
        self.presence = Presence(clock, later=asyncio.get_running_loop().call_later)
        self.entering = Entering(ports, presence=self.presence, url=settings.url)
        self.recognise = self.entering.recognise
        self.lasting = Lasting(ports.sessions, spawn=self._work.finish)
        self.sealing = Sealing(ports.ledgers, self.directory, clock=clock, entropy=entropy)
        self.access = Access(ports.conduct, clock, sealing=self.sealing, reads=ports.accounts.reads, entropy=entropy)
        self.hear = Hear(ports.conduct, self.leases, self.directory, clock=clock)
        self.tell = Tell(
            ports.conduct,
            ports.observations,
            leases=self.leases,
            directory=self.directory,
            access=self.access,
            clock=clock,
            spawn=self._work.spawn,
            pause=ports.pause,
        )
        self.accept = Accept(
            ports.journal,
            ports.conduct,
            leases=self.leases,
            directory=self.directory,
            tell=self.tell,
            clock=clock,
            entropy=entropy,
            appended=self._appended.set,
            whole=self._work.whole,
            pause=ports.pause,
        )
        tick_s, in_force = settings.segment_tick_s, self.leases.in_force
        self.rekey = Rekey(
            self.accept, keyring=self.keyring, directory=self.directory, clock=clock, segment_tick_s=tick_s
        )
        self.say = Say(self.accept, self.keyring, clock=clock, entropy=entropy)
        self.choosing = Choosing(
            ports,
            self.accept,
            say=self.say,
            entering=self.entering,
            keyring=self.keyring,
            directory=self.directory,
            leases=self.leases,
            book=lambda: self.book,
            settings=settings,
        )
        self.choose, self.places, self.foresee = self.choosing.choose, self.choosing.places, self.choosing.foresee
        self.grounding = self.choosing.grounding
        self.exports = exports_of(
            ports,
            self.tell,
            directory=self.directory,
            in_force=in_force,
            spawn=self._work.spawn,
            reserve=settings.disk_reserve,
        )
        self.sharing = self.choosing.sharing(self.tell, self.recognise)
        self.joining = Joining(
            ports,
            self.accept,
            say=self.say,
            recognise=self.recognise,
            presence=self.presence,
            keyring=self.keyring,
            directory=self.directory,
            in_force=in_force,
        )
        self.join = self.joining.join
        self.pledge = Pledge(self.say, self.directory, clock=clock, entropy=entropy)
        self.forget = Forget(
            ports.journal, self.directory, in_force=in_force, in_worker=ports.in_worker, backups=ports.backups
        )
        self.preserve = Preserve(
            self.accept, self.keyring, directory=self.directory, in_force=in_force, clock=clock, entropy=entropy
        )
        self.street = Street(self.join, ports.accounts, directory=self.directory, clock=clock)
        taking = Taking(self.hear, ports.conduct)
        self.room = Room(
            ports.free_bytes,
            reserve=settings.disk_reserve,
            in_worker=ports.in_worker,
            stop=taking.stop,
            go_on=taking.go_on,
        )

    async def start(self) -> None:
        """Bring the node up; on return it may hear, tell and be chosen through.

        Raises:
            LogDiverged, FormatTooNew, StorageFailed: the data cannot be gone on with; says why.
        """
        ports = self.ports
        await self.ended.mend()
        await self.exports.start()
        await self.lasting.recall(self.presence)
        sequencer = await open_log(
            ports,
            self._lineage,
            accept=self.accept,
            rekey=self.rekey,
            directory=self.directory,
            segment_tick_s=self.settings.segment_tick_s,
        )
        self.record = Record(
            ports.conduct,
            ports.observations,
            maker=self._maker,
            ledgers=ports.ledgers,
            journal=ports.journal,
            sequencer=sequencer,
            collector=Collector(ports.tiles, ports.clock),
            accept=self.accept,
            access=self.access,
            keys=self.keyring,
            clock=ports.clock,
            entropy=ports.entropy,
            in_worker=ports.in_worker,
            pause=ports.pause,
            published=self._published.tell,
            first=self._lineage.first,
            newest_segment=lambda: self.directory.newest_segment,
        )
        self.record.check()
        self.receipts = Receipts(
            sequencer,
            ports.journal,
            keys=self.keyring,
            directory=self.directory,
            index_of=self.record.index_of,
            in_worker=ports.in_worker,
            gather=Together,
        )
        self.register = Register(
            self.accept,
            self.receipts,
            behind=lambda: ports.journal.position - sequencer.taken,
            until=self._published.until,
        )
        self.witnesses = Witnesses(sequencer, ports.asking, store=ports.tiles, in_worker=ports.in_worker)
        await self.witnesses.open()
        self.prove = Prove(
            self.tell,
            ports.observations,
            journal=ports.journal,
            directory=self.directory,
            log=sequencer,
            index_of=self.record.index_of,
            in_worker=ports.in_worker,
            tick_s=self.settings.segment_tick_s,
            vouched=self.witnesses.cosigned.vouched,
            anchors=self._lineage.anchors,
        )
        self.book = Book(
            ports.ledgers,
            ports.keys,
            directory=self.directory,
            journal=ports.journal,
            conduct=ports.conduct,
            access=self.access,
            own_no=self.tell.own_no,
            tick_s=self.settings.segment_tick_s,
            prove=self.prove,
            in_worker=ports.in_worker,
            pause=ports.pause,
            clock=ports.clock,
        )
        self.oversee = Oversee(
            self.directory,
            ports.accounts,
            hear=self.hear,
            presence=self.presence,
            pause=ports.pause,
            journal=ports.journal,
            observations=ports.observations,
            sequencer=sequencer,
            witnesses=self.witnesses.standing,
            room=self.room.left,
        )
        self.explain = Explain(
            self.tell,
            self.choose,
            directory=self.directory,
            accounts=ports.accounts,
            tally=self.hear.tally,
            copied=self.presence.copied,
            clock=ports.clock,
        )
        self.figures = Figures(self.tell, self.directory, now=ports.clock.now, pause=ports.pause)
        self.why = Why(
            self.tell,
            self.directory,
            journal=ports.journal,
            rests=self.prove.rests,
            index_of=self.record.index_of,
            tick_s=self.settings.segment_tick_s,
            clock=ports.clock,
        )
        remembers = (self.hear, self.presence, self.lasting, self.access, self.tell, self.prove, self.book)
        self.erase = Erase(
            self.accept,
            self.record,
            journal=ports.journal,
            conduct=ports.conduct,
            observations=ports.observations,
            ledgers=ports.ledgers,
            day_keys=self.sealing,
            accounts=ports.accounts,
            sessions=ports.sessions,
            keys=self.keyring,
            outside=ports.outside,
            backups=ports.backups,
            directory=self.directory,
            in_force=self.leases.in_force,
            orders=self.sharing.orders,
            memories=(*remembers, self.entering.keys, self.entering.visits),
            clock=ports.clock,
            entropy=ports.entropy,
            in_worker=ports.in_worker,
            pause=ports.pause,
            whole=self._work.whole,
        )
        self.wards = self.choosing.wards(erase=self.erase, exports=self.exports)
        self.retain = Retain(
            self.record,
            conduct=ports.conduct,
            observations=ports.observations,
            directory=self.directory,
            in_force=self.leases.in_force,
            clock=ports.clock,
            entropy=ports.entropy,
            pause=ports.pause,
            in_worker=ports.in_worker,
            backups=ports.backups,
        )
        self._ticking = Ticking(self.record, self.retain, clock=ports.clock, tick_s=self.settings.segment_tick_s)
        self.measure = Measure(
            ports.conduct,
            ports.journal,
            tell=self.tell,
            accounts=ports.accounts,
            sequencer=sequencer,
            newest_segment=lambda: (self.directory.newest_segment or (0,))[0],
            room=self.room.left,
            closed=lambda: self.hear.full,
            things=lambda: len(self.directory.things),
            wal=ports.wal_sizes,
            wal_limit=ports.wal_limit,
            contacts=self.grounding.tellings.contacts,
            mailing=self.grounding.tellings.mailing,
            clock=ports.clock,
        )
        ports.conduct.listen(self._committed, wanted=self.tell.outlets)
        await self.accept.mend()
        await self.erase.carry_on()
        await self.joining.alter.mend()
        await self.retain.begin()
        await self.record.publish()
        await self.room.look()

    def run(self) -> None:
        """Start the beats: segments, log, clock. They end with `close`."""
        self._work.beat(self._ticking.forever())
        self._work.beat(publishing(self._appended, self.record, self.witnesses, lag_s=self.settings.log_lag_s))
        self._work.beat(self.room.watch())
        self._work.beat(self.entering.tidying())
        self._work.beat(self.grounding.tellings.forever())
        self._work.beat(self.grounding.tellings.sending())
        self._work.beat(self.grounding.recording())
        self._work.beat(self.sharing.looking())
        self._work.beat(watch_clock(self.ports.clock, look=self._look, stepped=self._stepped))
        for beat in self.witnesses.beats():
            self._work.beat(beat)

    def fail(self, error: Exception) -> None:
        """A truth file has failed, or a rule can no longer be kept: whoever runs this node must stop the process."""
        if not self.failed.done():
            known = error if isinstance(error, TrothError) else Unavailable(f"this node broke ({type(error).__name__})")
            self.failed.set_result(known)

    async def close(self) -> None:
        """Stop the beats and close the ports; what was acknowledged is durable already."""
        await self._work.close()
        await self._maker.close()
        await self.ports.close()

    def _committed(self, batches: Sequence[Told]) -> None:
        try:
            self.tell.told(batches)
        finally:
            self._hear_on()
            if self.ports.conduct.uncut >= MOVE_MIN:
                self._ticking.full()

    def _hear_on(self) -> None:
        try:
            self.hear.committed()
        except Exception as error:
            self.fail(error)  # what waited there is neither kept nor refused any more
            raise

    def _look(self) -> None:
        self.tell.expire()
        self.accept.look()
        self.sealing.forget_past()

    async def _stepped(self, by_ns: int) -> None:
        self.tell.ended(self.leases.end_all())
        trace = ClockStep(gate_ns=self.ports.clock.now(), by_ns=by_ns)
        await self.ports.conduct.note([NotedTrace(trace.kind, encode(trace), self.ports.entropy(16))])
