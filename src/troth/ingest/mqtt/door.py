"""What all MQTT connections share: the journeys, the sessions, and what is known of each thing that speaks.

Source: things.md, "Speaking". Owner: the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

import msgspec

from troth.errors import Unavailable
from troth.gate.words import can_do, outer
from troth.ingest.mqtt.alone import offer_alone
from troth.ingest.mqtt.listening import Session
from troth.ingest.mqtt.payload import read_payload
from troth.ingest.mqtt.sessions import Later, Seats
from troth.ingest.mqtt.speaking import Speaker
from troth.ingest.mqtt.subscribing import Reader
from troth.ingest.mqtt.topics import Topics, pack_topics, refused_topics
from troth.ingest.mqtt.wheel import Due, Wheel
from troth.ingest.rates import Allowance, Rates
from troth.ingest.repeats import Recent, repeat_key
from troth.journeys.enrol import Unfit
from troth.journeys.hear import Hear, Inlet
from troth.journeys.kept_sessions import KeptSession, KeptWill
from troth.journeys.lasting import Lasting
from troth.journeys.presence import Line, Presence
from troth.journeys.recognise import Principal, Recognise
from troth.journeys.tell import Tell
from troth.names import Slug, ThingId
from troth.things.observations import Refusal
from troth.wire.mqtt import Lone, Reason

__all__ = ["CONNECTIONS_MAX", "STRANGERS_MAX", "Caller", "Door", "ThingVoice", "address_of"]

CONNECTIONS_MAX: Final = 100_000  # P10; `app` gives fewer where the system gives fewer files

STRANGERS_MAX: Final = 4_096  # connections before CONNECT: four full backlogs; never more than half of all
_CLIENT_ID_BYTES: Final = 8
_NAME_BYTES: Final = 16
_write_json: Final = msgspec.json.Encoder().encode


class Caller(Due, Protocol):
    """A connection, as far as whoever keeps or closes the door is concerned. Before CONNECT, to look at it is to close it."""

    def end(self, reason: Reason, words: str) -> None:
        """Say why, and close."""
        ...


class Spoke(Protocol):
    """A connection that has brought something."""

    def handed_over(self, failed: Unavailable | None) -> None:
        """What it brought is with the store, as far as there was room; or storage has failed."""
        ...


class ThingVoice:
    """One thing that speaks, whichever connections it has: a `speaking.Voice`."""

    __slots__ = ("_inlets", "_later", "_names", "_sessions", "_topics", "allowance", "recent", "thing")

    def __init__(self, thing: ThingId, topics: Topics, *, allowance: Allowance, later: Later) -> None:
        self._topics = topics
        self._later = later
        self.allowance = allowance
        self.thing = thing
        self.recent = Recent()
        self._sessions: list[Session] = []
        self._names: tuple[int, tuple[str, ...]] = (-1, ())
        self._inlets: Mapping[str, Inlet] = {}

    def inlets(self) -> Mapping[str, Inlet]:
        """Its streams by topic; one mapping for all its connections, until something is installed."""
        now = (self._topics.installed, self._topics.names(self.thing))
        if now != self._names:
            self._names, self._inlets = now, self._topics.inlets(self.thing)
        return self._inlets

    def takes_packs(self, topic: str) -> bool:
        """Whether this is the topic of its SenML packs."""
        return topic in pack_topics(self._topics.names(self.thing))

    def spoken_for(self, topic: str) -> Inlet | ThingId | None:
        """A stream of a thing that it is the gateway of now, or the thing itself for its SenML packs; None for others."""
        return self._topics.spoken_for(self.thing, topic)

    def later(self, delay_s: float, work: Callable[[], None]) -> None:
        """Call `work` after some seconds."""
        self._later(delay_s, work)

    def listens_on(self, session: Session) -> None:
        """Remember a session of this thing; those that have ended are forgotten."""
        self._sessions = [each for each in self._sessions if not each.closed and each is not session]
        self._sessions.append(session)

    def refused(self, topic: str, refusal: Refusal) -> None:
        """Tell its sessions that subscribed to `things/<thing>/refused`."""
        hearing = [session for session in self._sessions if session.refused]
        if not hearing:
            return
        code = refusal.value
        payload = _write_json({"topic": topic, "code": code, "words": outer(code), "hint": can_do(code)})
        for where in refused_topics(self._topics.names(self.thing)):
            for session in hearing:
                session.tell_refused(where, payload)


class Door:
    """Shared by all connections.

    Args:
        hear, tell, recognise, presence: the journeys.
        slugs: all short names of things, now.
        secret: 16 to 64 bytes for repeat keys; the same after a restart.
        entropy: random bytes, for client identifiers that are assigned.
        later: calls something after some seconds on the loop.
        diagnose: takes one line for whoever runs this node; never a name, a value or a token.
        turned_away: called with the reason when a client's certificate does not let it in.
        connections_max: more clients than this are closed as they come.
        rates: how much each thing may send here; None for what every thing may.
        lasting: keeps what of sessions outlives the node.
    """

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        hear: Hear,
        tell: Tell,
        *,
        recognise: Recognise,
        presence: Presence,
        slugs: Callable[[], Mapping[Slug, ThingId]],
        secret: bytes,
        entropy: Callable[[int], bytes],
        later: Later,
        diagnose: Callable[[str], None],
        turned_away: Callable[[Unfit], None] = lambda _reason: None,
        connections_max: int = CONNECTIONS_MAX,
        rates: Rates | None = None,
        lasting: Lasting,
    ) -> None:
        self.hear = hear
        self.tell = tell
        self.recognise = recognise
        self.presence = presence
        self.secret = secret
        self.diagnose = diagnose
        self.turned_away = turned_away
        self.slugs = slugs
        self.topics = Topics(hear, slugs=slugs)
        self._lasting = lasting
        self.seats = Seats(later, lost=tell.lost, lasting=lasting, say=self._say_will, now_ns=hear.clock.now)
        recognise.lines.ended = self.seats.end
        self.wheel = Wheel(asyncio.get_running_loop().time, later)
        self.connections: set[Caller] = set()
        self._strangers: dict[Caller, None] = {}  # those before CONNECT, in the order in which they came
        self.connections_max = connections_max
        self._entropy = entropy
        self.later = later
        self._rates = rates or Rates(hear.clock)
        self._voices: dict[ThingId, ThingVoice] = {}
        self._spoke: dict[Spoke, None] = {}  # in the order in which they spoke
        self._alone: list[tuple[Speaker, Lone]] = []  # messages that came alone and are not offered yet
        self._lonely: list[Spoke] = []  # the connections of this turn's
        self._works: list[Callable[[], None]] = []  # of the next turn of the loop

    def voice(self, thing: ThingId) -> ThingVoice:
        """What is known of a thing that speaks."""
        voice = self._voices.get(thing)
        if voice is None:
            voice = self._voices[thing] = ThingVoice(
                thing, self.topics, allowance=self._rates.of(thing), later=self.later
            )
        return voice

    def has_come(self, caller: "Caller") -> None:
        """A connection that has not said yet who it is. Too many of them: the one that has waited longest is closed."""
        self.connections.add(caller)
        self._strangers[caller] = None
        if len(self._strangers) > min(STRANGERS_MAX, max(self.connections_max // 2, 1)):
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.look()

    def is_known(self, caller: "Caller") -> None:
        """It has said who it is."""
        self._strangers.pop(caller, None)

    def came(self, who: Principal, line: Line, *, client: str, address: str) -> None:
        """Somebody is in: a thing, or whoever holds a token."""
        if who.thing is not None:
            self.presence.came(who.thing, line, client=client, address=address)
        else:
            self.recognise.lines.came(who.digest, line)

    def left(self, who: Principal, line: Line) -> None:
        """They have gone."""
        if who.thing is not None:
            self.presence.gone(who.thing, line)
        else:
            self.recognise.lines.gone(who.digest, line)

    def has_gone(self, caller: "Caller") -> None:
        """It is closed."""
        self.connections.discard(caller)
        self._strangers.pop(caller, None)

    def hand_over_soon(self, spoke: Spoke) -> None:
        """Hand over once for all connections that speak in this turn of the loop, then tell each."""
        if not self._spoke and not self._lonely:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._spoke[spoke] = None

    def came_alone(self, spoke: Spoke, speaker: Speaker, lone: Lone) -> None:
        """A message that came alone: it is offered with all others of this turn of the loop."""
        if not self._spoke and not self._lonely:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._lonely.append(spoke)
        self._alone.append((speaker, lone))

    def take_alone(self) -> None:
        """Offer what came alone until now."""
        if self._alone:
            came, self._alone = self._alone, []
            offer_alone(came, self.hear, soon=self.soon)

    def _hand_over(self) -> None:
        spoke, self._spoke = self._spoke, {}
        lonely, self._lonely = self._lonely, []
        failed: Unavailable | None = None
        try:
            self.take_alone()
            self.hear.flush()
        except Unavailable as error:
            failed = error
        for each in spoke:
            each.handed_over(failed)
        if failed is not None or self.hear.full:
            for each in lonely:
                each.handed_over(failed)

    def soon(self, work: Callable[[], None]) -> None:
        """Call `work` in the next turn of the loop; one handle of the loop's for all that is to be done then."""
        if not self._works:
            asyncio.get_running_loop().call_soon(self._work)
        self._works.append(work)

    def _work(self) -> None:
        works, self._works = self._works, []
        at = 0
        try:
            for work in works:
                at += 1
                work()
        finally:
            for rest in works[at:]:  # nothing, unless one has failed: it fails alone
                self.soon(rest)

    def new_client_id(self) -> str:
        """An identifier for a client that brought none."""
        return "troth-" + self._entropy(_CLIENT_ID_BYTES).hex()

    def new_name(self) -> bytes:
        """16 random bytes."""
        return self._entropy(_NAME_BYTES)

    async def resume(self, pause: Callable[[], Awaitable[None]]) -> None:
        """At the start, before anybody is let in: take back the sessions that were kept, and say the wills that are due."""
        for kept in await self._lasting.load():
            if not self.recognise.still(kept.who):
                self._lasting.drop(kept.who, kept.client_id, lambda: None)  # its token has ended meanwhile
                continue
            reader = Reader(self.tell, self.topics, asker=kept.who.asker, thing=kept.who.thing)

            def subscribe(session: Session, reader: Reader = reader, kept: KeptSession = kept) -> None:
                if kept.who.thing is not None:
                    self.voice(kept.who.thing).listens_on(session)
                reader.resume(kept.subscriptions, session)

            self.seats.resume(kept, subscribe)
            await pause()

    def _say_will(self, thing: ThingId, will: KeptWill, then: Callable[[], None]) -> None:
        """A will is an observation of its thing, under the thing's lease now; one that was said before a crash is a repeat."""
        inlet = self.topics.inlets(thing).get(will.topic)
        said = Refusal.UNDECLARED if inlet is None else read_payload(will.payload, inlet.type)
        if inlet is None or isinstance(said, Refusal):
            self.hear.count(thing, said if isinstance(said, Refusal) else Refusal.UNDECLARED, lambda _outcome: then())
        else:
            key = repeat_key(f"will {will.name.hex()}", self.secret)
            inlet.offer(said.result, time_ns=said.time_ns, end_ns=said.end_ns, key=key, done=lambda _outcome: then())
        self.hear.flush()


def address_of(transport: asyncio.Transport | None) -> str:
    """From where a client has come, without its port."""
    peer = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""
