"""The cases of `cases.py` made real, each with a stream, a home and credentials of its own, in one world."""

from collections.abc import Mapping
from itertools import count
from typing import Final

import msgspec

from tests.hostile.cases import CASES, Case, View
from tests.journeys.mqtt_house import Client
from tests.journeys.test_children import guards, says
from tests.journeys.test_object import INTEREST, asserts
from troth.gate.question import Asker
from troth.gate.rules.share_terms import SHARE
from troth.gate.rules.sharing_clocks import DAY_NS
from troth.journeys.marks import Wanted as Marked
from troth.journeys.privately import Wanted as Hushed
from troth.journeys.share_values import Standing, Wanted
from troth.names import PurposeId, SignId, Uri
from troth.statements.authority import Decided, purpose_of
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.statements.ground import Agreement, Asserted, Citation
from troth.testing.asgi import Exchange, Told
from troth.testing.people import ANYONE, RESEARCH, WorldPerson, WorldThing, install, own_use, research
from troth.testing.world import MQTT_PORT, World
from troth.things.observations import Refusal
from troth.things.variants import Variant
from troth.wire.mqtt import Connack, Connect, Packet, Version

__all__ = ["ABSENT", "Asking", "Street"]

ABSENT: Final = 4_000_000
AGREED: Final = Agreement(("Council", "Neighbours"), "The neighbours", "Mo Berg")
AGREEMENT: Final = Citation("Agreement", digest=b"p" * 32, where=Uri("https://works.example/agreement"))
KEPT: Final = PurposeId("https://supplier.example/kept")
ENERGY: Final = PurposeId(f"{SHARE}energy")
ASKING: Final = Citation("StPO, § 95", "DE/StPO", "95")
_RECIPIENTS: Final = dict.fromkeys(("lab", "shop", "adviser", "police"), "recipient")
_HOUR_S: Final = 3_600.0
_COOKIE: Final = {
    "lab": "troth_recipient",
    "shop": "troth_recipient",
    "adviser": "troth_recipient",
    "police": "troth_recipient",
    "owner": "troth_operator",
}


class Asking:
    """One case: somebody asks about one stream. `values`: all that the thing has said; `ids`: their handles."""

    def __init__(self, street: "Street", name: str, case: Case) -> None:
        self.name = name
        self.case = case
        self.street = street
        self.world = street.world
        self.values: list[float] = []
        self.ids: list[int] = []
        self._later: list[int] = []
        self.neighbours: list[tuple[WorldPerson, WorldThing]] = []
        self.theirs: list[float] = []  # what neighbours said last
        self._elsewhere: list[float] = []  # and all they ever said
        self._mark = b""
        self._hushed = b""
        world, home = self.world, self.world.home(f"home of {name}")
        self.home = home
        self.ana, self.ben = home.person("Ana"), home.person("Ben", role="member")
        authorities = world.node.grounding.tellings.authorities
        if case.asks == "police":
            self.demand = world.run(authorities.enter(street.police.uri, ASKING, "What was used"))
        title = self.title = f"counter {next(street.numbers)}"
        self.place, self.secret = f"at {title}", ""
        if case.sign:
            self.thing, self.sign = self._signed(title)
        elif case.open:
            self.thing = world.thing(title, stream="flow")
        else:
            self.thing = home.thing(title, purposes=(own_use(), self._research()))
        self.token, self.cookies = self._credentials()
        for deed in case.does.split():
            self._do(deed)

    @property
    def number(self) -> int:
        """The Datastream."""
        return self.thing.number

    @property
    def seen(self) -> tuple[float, ...]:
        """What may be seen, in order of time."""
        chosen = tuple(self.values[at] for at in (*self.case.sees, *self._later))
        if self.case.view is View.MEANS:
            return (sum(chosen) / len(chosen),) if chosen else ()
        if self.case.view is View.STREET:
            return (sum((sum(chosen) / len(chosen), *self.theirs)) / 3,) if chosen else ()
        if self.case.view is View.SUMS:
            return (sum(chosen),) if chosen else ()
        return tuple(value // 8 * 8 for value in chosen) if self.case.view is View.ROUNDED else chosen

    def shows(self, at: int) -> bool:
        """Whether the row of this value is shown by itself."""
        return self.case.view in {View.RAW, View.ROUNDED} and at in {*self.case.sees, *self._later}

    @property
    def hidden(self) -> tuple[float, ...]:
        """What may not."""
        return tuple(value for value in (*self.values, *self._elsewhere) if value not in self.seen)

    @property
    def status(self) -> int:
        """How a question about the stream is answered."""
        return {View.SPOKEN: 403, View.NOTHING: 404}.get(self.case.view, 200)

    def get(self, target: str) -> Told:
        """Ask as a program."""
        return self.world.get(target, token=self.token)

    def exchange(self, target: str) -> Exchange:
        """Ask as a program, for what does not end by itself."""
        return self.world.exchange("GET", target, token=self.token)

    async def speaks(self) -> float:
        """The thing says one more value; who may see all of it now may see this one too."""
        value = next(self.street.values) * 8 + 0.5
        id_ = await self.thing.say(value)
        assert isinstance(id_, int)
        if self.case.view in {View.RAW, View.ROUNDED}:
            self._later.append(len(self.values))
        self.values.append(value)
        self.ids.append(id_)
        return value

    def page(self, target: str) -> Told:
        """Ask as a browser."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self.world.get(target, headers={"accept": "text/html"} | ({"cookie": cookie} if cookie else {}))

    @property
    def role(self) -> str:
        """As whom a page is looked at."""
        return {**_RECIPIENTS, "ana": "person", "ben": "person", "cleo": "person"}.get(self.case.asks, "")

    async def mqtt(self, client_id: str) -> Client | None:
        """A connection over MQTT, or None if they are not let in."""
        reader, writer = await self.world.network.open(MQTT_PORT)
        client = Client(reader, writer, Version.V5)
        password = (self.token or "x").encode()
        client.send(Connect(version=Version.V5, client_id=client_id, username="x", password=password))
        answer: Packet = await client.next()
        assert isinstance(answer, Connack)
        if answer.reason == 0:
            return client
        client.cut()
        return None

    def _credentials(self) -> tuple[str | None, Mapping[str, str]]:
        world, asks = self.world, self.case.asks
        if asks == "nobody":
            return None, {}
        if asks == "thing":
            return self.thing.credential, {}
        if asks == "owner":
            link = world.run(world.node.entering.operator_link("http://localhost"))
            return world.operator_token(), {_COOKIE[asks]: self._entered(link.rpartition("/")[2])}
        if asks in _RECIPIENTS:
            asker = self.asker_of(asks)
            invite = world.node.join.invite_recipient(asker.party, "app", asker.purpose)
            token = world.run(world.node.join.recipient(asker.party, "app", asker.purpose))
            return token, {_COOKIE[asks]: self._entered(world.run(invite))}
        person = {"ana": self.ana, "ben": self.ben, "cleo": self.street.cleo}[asks]
        session = self._entered(world.run(world.node.join.invite(person.person)))
        return session, {"troth_person": session}

    def asker_of(self, asks: str) -> Asker:
        """How the gate knows a recipient."""
        if asks == "adviser":
            return self.street.adviser.asker(ENERGY)
        if asks == "police":
            return self.street.police.asker(purpose_of(self.demand))
        return (self.street.university if asks == "lab" else self.street.bakery).asker()

    def _research(self) -> DisclosedPurpose:
        found = research()
        views = tuple(DisclosedVariant(each, "choice") for each in self.case.views)
        found = msgspec.structs.replace(found, variants=views) if views else found
        return msgspec.structs.replace(found, recipients=(ANYONE,)) if self.case.to_all else found

    def _entered(self, token: str) -> str:
        return self.world.run(self.world.node.recognise.enter(token))

    def _do(self, deed: str) -> None:
        match deed:
            case "say":
                self._say()
            case "give" | "means" | "coarsest" | "refuse" | "withdraw":
                self._choose(deed, self.ana, self.ben)
            case "ana-gives":
                self._choose("give", self.ana)
            case "ben-withdraws":
                self._choose("withdraw", self.ben)
            case "forbid":
                self._forbid()
            case "pass":
                self.secret = self._passes()
            case "back":
                self.world.run(self.world.node.grounding.signs.take_back(self.sign, self.secret))
            case "street":
                self._street()
            case "hour":
                self.world.advance(_HOUR_S + 60)
            case "ask":
                self.get(f"/v1.1/Datastreams({self.number})/Observations")
            case _:
                self._by_right(deed)

    def _by_right(self, deed: str) -> None:
        match deed:
            case "order" | "order-means" | "order-over":
                self._orders(deed)
            case "stop" | "go":
                self._marks(deed)
            case "child" | "kim-gives" | "hush" | "unhush" | "mute" | "rule":
                self._ward(deed)
            case _:
                self._shares(deed)

    def _orders(self, deed: str) -> None:
        """An authority is given what is measured from now on (of means: until now, too), or loses it."""
        authorities, now = self.world.node.grounding.tellings.authorities, self.world.clock.now()
        if deed == "order-over":
            self.world.run(authorities.end(self.demand))
            return
        self.world.run(authorities.decide(self.demand, Decided.GIVEN, "It may."))
        view = Variant.HOURLY_MEAN if deed == "order-means" else Variant.RAW
        reach = authorities.reach(
            self.demand,
            (self.thing.stream,),
            data_from_ns=now - DAY_NS if deed == "order-means" else now,
            data_to_ns=now + DAY_NS,
            variant=view.value,
            until_ns=now + DAY_NS,
        )
        self.world.run(reach)
        self.world.advance(1)

    def _signed(self, title: str) -> tuple[WorldThing, SignId]:
        """A thing in a place of its own, with a sign; what it says is kept by an agreement too, for somebody else."""
        views = [DisclosedVariant("raw", "objectable")]
        if self.case.sign == "mean":
            views.append(DisclosedVariant("hourly-mean", "settled"))
        supplier = self.world.organisation("Supplier").uri
        read = DisclosedPurpose(RESEARCH, "Research", "unknown", (self.street.university.uri,), tuple(views), 365)
        kept = DisclosedPurpose(KEPT, "Kept", "unknown", (supplier,), (DisclosedVariant("raw", "settled"),), 365)
        thing = install(
            self.world,
            title,
            stream="flow",
            type_="number",
            purposes=(read, kept),
            household=None,
            place=self.place,
        )
        asserts(thing, Asserted.OBJECTABLE, RESEARCH, INTEREST)
        to_ns = self.world.clock.now() + 300 * 86_400_000_000_000
        for purpose in (RESEARCH, KEPT):
            asserts(thing, Asserted.SETTLED, purpose, AGREEMENT, agreement=AGREED, to_ns=to_ns)
        return thing, self.world.run(self.world.node.grounding.signs.put_up(self.place))

    def _passes(self) -> str:
        signs = self.world.node.grounding.signs
        code = signs.codes(self.sign, days=1)[0].letters
        secret, _ = self.world.run(signs.object(self.sign, code, address="192.0.2.1"))
        return secret

    def _forbid(self) -> None:
        """A rule of the place, beside those there are: nobody reads what this thing says."""
        world, policies = self.world, self.world.node.grounding.policies
        product = world.node.directory.things[self.thing.joined.thing].body.product
        text = f"""{policies.now().text or ""}
            @id("rule-{len(policies.now().rules) + 1}") @cites("House rules, 4") @says("Nobody reads this.")
            forbid(principal, action == Action::"read", resource in Product::"{product}");"""
        looked = world.run(policies.look(text))
        assert looked.look is not None, looked.findings
        world.run(policies.put_in_force(text, "Agreed.", look=looked.look))

    def _street(self) -> None:
        """Two homes beside it, each with the same thing: they say yes once, and a value each time."""
        if not self.neighbours:
            for name in ("Dora", "Emil"):
                home = self.world.home(f"{name} beside {self.name}")
                person = home.person(name)
                thing = home.thing(self.title, purposes=(own_use(), self._research()))
                self.world.run(person.choose(Decision.GIVE, thing, view=Variant(self.case.views[-1])))
                self.neighbours.append((person, thing))
        self.theirs = [next(self.street.values) * 8 + 0.5 for _ in self.neighbours]
        self._elsewhere += self.theirs
        for (_, thing), value in zip(self.neighbours, self.theirs, strict=True):
            assert isinstance(thing.says(value), int)
        self.world.advance(1)

    def _marks(self, deed: str) -> None:
        """Ana has nobody use what was said last, or ends that."""
        marks, now = self.world.node.choosing.marks, self.world.clock.now()
        if deed == "go":
            self.world.run(marks.end(self.ana.person, self._mark))
            return
        wanted = Marked(self.thing.stream, now - 15 * 10**8, now, because="wrong")
        self._mark, _ = self.world.run(marks.put(self.ana.person, wanted, made_by="session"))

    def _ward(self, deed: str) -> None:
        """What Ana does for a child, and what the thing says of a time that is private."""
        world, wards, by = self.world, self.world.node.wards, self.ana.person
        match deed:
            case "child":
                self.kim = self.home.person("Kim", role="child")
                guards(world, self.kim, self.ana, years=9)
            case "kim-gives":
                says(world, self.ana, self.kim, Decision.GIVE, self.thing)
            case "hush":
                self._hushed = world.run(wards.private(by, self.kim.person, Hushed(self.home.household)))[0]
            case "unhush":
                world.run(wards.private_no_more(by, self.kim.person, self._hushed))
            case "mute":
                value = next(self.street.values) * 8 + 0.5
                assert Refusal.NOT_THEN is self.thing.says(value)
                self._elsewhere.append(value)
            case _:
                world.run(wards.rule(by, self.kim.person, within=("FR",), purposes=(RESEARCH,)))
        world.advance(1)

    def _say(self) -> None:
        value = next(self.street.values) * 8 + 0.5
        id_ = self.thing.says(value)
        assert isinstance(id_, int)
        self.values.append(value)
        self.ids.append(id_)
        self.world.advance(1)

    def _choose(self, deed: str, *people: WorldPerson) -> None:
        decision = {"refuse": Decision.REFUSE, "withdraw": Decision.WITHDRAW}.get(deed, Decision.GIVE)
        view = {"means": Variant.HOURLY_MEAN, "coarsest": Variant((self.case.views or ("raw",))[-1])}.get(
            deed, Variant.RAW
        )
        for person in people:
            self.world.run(person.choose(decision, self.thing, view=view))
        self.world.advance(1)

    def _shares(self, deed: str) -> None:
        match deed:
            case "share" | "share-means":
                self._share(deed, self.ana, self.ben)
            case "unshare":
                self._unshare(self.ana, self.ben)
            case "ana-shares":
                self._share(deed, self.ana)
            case "ben-unshares":
                self._unshare(self.ben)
            case _:
                raise ValueError(deed)

    def _share(self, deed: str, *people: WorldPerson) -> None:
        share = self.world.node.sharing.share
        view = Variant.HOURLY_MEAN if deed == "share-means" else Variant.RAW
        to_ns = self.world.clock.now() + 30 * DAY_NS
        wanted = Wanted(self.street.adviser.uri, ENERGY, (self.thing.stream,), to_ns, view)
        for person in people:
            notice = share.seen.offered().notice
            self.world.run(share.begin(person.person, wanted, notice=notice, made_by="session"))
        self.world.advance(1)

    def _unshare(self, *people: WorldPerson) -> None:
        share = self.world.node.sharing.share
        for person in people:
            for each in share.seen.page(person.person).mine:
                if each.standing is not Standing.ENDED:
                    self.world.run(share.end(person.person, each.share, made_by="session"))
        self.world.advance(1)


class Street:
    """All cases in one world, or those that are named."""

    def __init__(self, cases: Mapping[str, Case] = CASES) -> None:
        self.world = World(seed=5, jitter_s=0.0)
        self.numbers = count(1)
        self.values = count(10_001)  # eight apart, so that no mean of two is a third
        self.university, self.bakery = self.world.organisation("University"), self.world.organisation("Bakery")
        self.adviser, self.police = self.world.organisation("Adviser"), self.world.organisation("Police")
        self.cleo = self.world.home("elsewhere").person("Cleo")
        self.cases = {name: Asking(self, name, case) for name, case in cases.items()}
        self.world.settle()
