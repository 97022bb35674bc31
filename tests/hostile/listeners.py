"""Whoever listens in a line of `turns.py`: by server-sent events and over MQTT, to one stream and to all, at the same time."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from tests.hostile.deeds import Around
from tests.hostile.street import Asking
from tests.hostile.turns import OVER, Turn
from tests.journeys.mqtt_house import Client
from troth.journeys.object import Saying
from troth.journeys.privately import Wanted as Hushed
from troth.names import PersonId, Slug
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedStream, DisclosureBody
from troth.statements.erasure import Asked
from troth.testing.people import RESEARCH, WorldPerson, own_use, research
from troth.things.observations import Refusal
from troth.wire.mqtt import Disconnect, Packet, Publish, Suback, Subscribe, Subscription, Version

__all__ = ["WORDLESS", "Events", "Messages", "Turning"]

WORDLESS: Final = "it closed without a word"  # as MQTT 3.1.1 does

_MINUTE_S: Final = 60
_NOT_KEPT: Final = {Refusal.NOT_THEN, Refusal.OVER, Refusal.UNANSWERED, Refusal.NOT_OFFERED}


class Turning(Asking):
    """One line made real, and the deeds that `cases.py` does not have."""

    def __init__(self, around: Around, name: str, turn: Turn) -> None:
        super().__init__(around, name, turn.case)
        for deed in turn.before.split():
            self.do(deed)

    async def offers(self) -> tuple[float, bool]:
        """The thing says one more value, kept or not: it is private now, nobody answers for it, or it is over or gone."""
        value = self.around.next_value()
        if self.thing.joined.thing not in self.world.node.directory.things:
            return value, False
        told = await self.thing.say(value)
        assert not isinstance(told, Refusal) or told in _NOT_KEPT, told
        return value, not isinstance(told, Refusal)

    def do(self, deed: str) -> None:
        """One deed."""
        node, run = self.world.node, self.world.run
        match deed:
            case "ben-gives":
                self._choose("give", self.ben)
            case "ben-refuses":
                self._choose("refuse", self.ben)
            case "give-a-minute":
                until = self.world.clock.now() + _MINUTE_S * 10**9
                for each in (self.ana, self.ben):
                    run(each.choose(Decision.GIVE, self.thing, to_ns=until))
            case "minute":
                self.world.advance(_MINUTE_S)
            case "cem":
                self.home.person("Cem", role="member")
            case "ben-leaves":
                run(node.choosing.belong.leave(self.ben.person, self.home.household))
            case "ben-out":
                run(node.choosing.belong.remove(self.ana.person, self.home.household, self.ben.person))
            case "token":
                self._tokens_end()
            case "erase":
                self._erased(self.ben)
            case "erase-both":
                self._erased(self.ben, self.ana)
            case _:
                self._rules(deed)

    def _rules(self, deed: str) -> None:
        node, run, ana = self.world.node, self.world.run, self.ana.person
        match deed:
            case "ana-rules":
                rule = node.places.meant(ana, within=("FR",), purposes=(RESEARCH,), made_by="session")
                run(node.places.count(rule))
            case "rules-end":
                (rule,) = node.places.rules(ana)
                run(node.places.end(ana, rule.rule))
            case "quiet":
                run(node.choosing.privately.begin(ana, Hushed(self.home.household), made_by="session"))
            case "loud":
                (mine,) = self._mine(ana)
                run(node.choosing.privately.end(ana, mine))
            case "permit":
                looked = run(node.grounding.policies.look(None))
                assert looked.look is not None
                run(node.grounding.policies.put_in_force(None, "Agreed.", look=looked.look))
            case "object" | "agree":
                saying = Saying.OBJECT if deed == "object" else Saying.TAKE_BACK
                objects = node.grounding.object
                run(objects.say(self.ana.person, saying, purpose=RESEARCH, stream=self.thing.stream, made_by="session"))
            case "over":
                run(node.joining.alter.end(Slug(self.thing.slug)))
            case "other-text":
                purposes = (own_use(), research(to="Bakery"))
                maker, product = (
                    self.world.organisation("Maker").uri,
                    node.directory.things[self.thing.joined.thing].body.product,
                )
                shown = (DisclosedStream(self.thing.stream_name, purposes),)
                run(node.join.disclosure(DisclosureBody(product, maker, "en", 2, shown)))
            case _:
                super().do(deed)

    def _erased(self, *people: WorldPerson) -> None:
        erase = self.world.node.erase
        for each in people:
            digest = erase.preview(each.person).digest
            self.world.run(erase.confirm(each.person, digest, made_by=Asked.SESSION))

    def _mine(self, person: PersonId) -> Iterator[bytes]:
        for home in self.world.node.choosing.privately.homes(person):
            yield from (each.mine for each in home.standing if each.mine is not None)

    def _tokens_end(self) -> None:
        """All of their party; the lines before are over."""
        parties, party = self.world.node.joining.parties, self.asker_of(self.case.asks).party
        for each in parties.tokens():
            if each.party == party:
                self.world.run(parties.end(each.id))


class Events:
    """Server-sent events. `status`: of the answer, as long as it goes on too."""

    def __init__(self, turning: Turning, target: str) -> None:
        self._turning = turning
        self._exchange = turning.exchange(target)
        turning.world.start(self._exchange.ask())
        turning.world.advance(1)

    @property
    def granted(self) -> bool:
        """Whether there is something to listen to."""
        return self._exchange.told.status == 200

    @property
    def has_words(self) -> bool:
        """Whether an end can say why."""
        return True

    @property
    def everything(self) -> bytes:
        """All that came."""
        return bytes(self._exchange.told.body)

    @property
    def results(self) -> list[float]:
        """Of the stream, in the order in which they came."""
        link = f"({self._turning.number})"
        rows = [row for _, row in self._events() if row.get("Datastream@iot.navigationLink", "").endswith(link)]
        return [row["result"] for row in rows]

    @property
    def ending(self) -> str | None:
        """The code under which it ended; None while it goes on."""
        if self._exchange.told.broken:
            return None
        kind, last = self._events()[-1]
        assert kind == "end"
        assert last.get("datastream") == (None if last["code"] == OVER else self._turning.number)
        return str(last["code"])

    def hang_up(self) -> None:
        """Listen no more."""
        self._exchange.hang_up()

    def _events(self) -> list[tuple[str, dict[str, Any]]]:
        if not self.granted:
            return []
        blocks = [block.split("\n") for block in self._exchange.told.text.split("\n\n")]
        found = [dict(line.split(": ", 1) for line in lines if ": " in line) for lines in blocks]
        return [(each["event"], json.loads(each["data"])) for each in found if "event" in each]


class Messages:
    """One MQTT connection with one subscription; a `things/THING/STREAM` or a filter with wildcards."""

    def __init__(self, turning: Turning, client: Client, topic: str) -> None:
        self._turning = turning
        self._client = client
        self._came: list[Packet] = []
        self._closed = False
        client.send(Subscribe(1, (Subscription(topic),)))
        turning.world.start(self._read())
        turning.world.advance(1)

    async def _read(self) -> None:
        with suppress(EOFError, ConnectionError):
            while True:
                if not await self._client.silent(60.0):
                    self._came.append(await self._client.next())
        self._closed = True

    @property
    def granted(self) -> bool:
        """Whether the subscription is."""
        return any(isinstance(each, Suback) and each.reasons[0] < 0x80 for each in self._came)

    @property
    def has_words(self) -> bool:
        """Whether an end can say why; version 3.1.1 has no words for it."""
        return self._client.version is not Version.V311

    @property
    def everything(self) -> bytes:
        """All that came."""
        return repr(self._came).encode()

    @property
    def results(self) -> list[float]:
        """Of the stream, in the order in which they came."""
        topic = f"things/{self._turning.thing.slug}/{self._turning.thing.stream_name}"
        rows = [each for each in self._came if isinstance(each, Publish) and each.topic == topic]
        return [json.loads(each.payload)["v"] for each in rows]

    @property
    def ending(self) -> str | None:
        """The code under which it ended; None while it goes on."""
        if not self._closed:
            return None
        if not self.has_words:
            return WORDLESS
        last = self._came[-1]
        assert isinstance(last, Disconnect)
        assert last.reason == 0x87
        return (last.properties.reason_string or "").partition(":")[0]

    def hang_up(self) -> None:
        """Listen no more."""
        self._client.cut()
