"""A home, a thing and a stream of their own for each line of a table, and every deed that such a line may name.

The deeds are those of `cases.py`. A world is shared by all lines; none of them touches the home of another.
"""

from itertools import count
from typing import Final

import msgspec

from tests.hostile.cases import Case
from tests.journeys.test_children import guards, says
from tests.journeys.test_object import INTEREST, asserts
from troth.gate.rules.share_terms import SHARE
from troth.journeys.marks import Wanted as Marked
from troth.journeys.privately import Wanted as Hushed
from troth.journeys.share_values import Standing, Wanted
from troth.names import LineId, PurposeId, SignId, Uri, WithholdingId
from troth.spans import DAY_NS
from troth.statements.authority import Decided
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.ground import Agreement, Asserted, Citation
from troth.statements.organisation import GATEKEEPER, OrganisationBody
from troth.statements.red_line import RedLineBody
from troth.statements.withholding import Notified, Rung, WithholdingBody
from troth.testing.people import ANYONE, RESEARCH, SUPPLIER, WorldPerson, WorldThing, install, own_use, research
from troth.testing.world import World
from troth.things.observations import Refusal
from troth.things.variants import Variant

__all__ = ["ENERGY", "HOUR_NS", "Around", "Scene"]

AGREED: Final = Agreement(("Council", "Neighbours"), "The neighbours", "Mo Berg")
AGREEMENT: Final = Citation("Agreement", digest=b"p" * 32, where=Uri("https://works.example/agreement"))
FITTER: Final = Uri("https://fitter.example/")
KEPT: Final = PurposeId("https://supplier.example/kept")
ENERGY: Final = PurposeId(f"{SHARE}energy")
ASKING: Final = Citation("StPO, § 95", "DE/StPO", "95")
HOUR_NS: Final = 3_600 * 10**9


class Around:
    """The world of all lines of a table: who asks there, and what no two lines may have alike."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed=seed, jitter_s=0.0)
        self.numbers = count(1)
        self.values = count(10_001)  # eight apart, so that no mean of two is a third
        self.university, self.bakery = self.world.organisation("University"), self.world.organisation("Bakery")
        self.adviser, self.police = self.world.organisation("Adviser"), self.world.organisation("Police")
        self.broker, self.giant = self.world.organisation("Broker"), self.world.organisation("Giant")
        self.cleo = self.world.home("elsewhere").person("Cleo")

    def next_value(self) -> float:
        """A value that nothing else has."""
        return next(self.values) * 8 + 0.5

    def hour(self) -> None:
        """Let the hour end, for all lines at once."""
        self.world.advance((HOUR_NS - self.world.clock.now() % HOUR_NS) / 10**9 + 60)


class Scene:
    """One line: a home with Ana and Ben, and a thing. `values`: all that the thing has said; `ids`: their handles."""

    def __init__(self, around: Around, name: str, case: Case) -> None:
        self.around = around
        self.name = name
        self.case = case
        self.world = around.world
        self.values: list[float] = []
        self.ids: list[int] = []
        self.neighbours: list[tuple[WorldPerson, WorldThing]] = []
        self.theirs: list[float] = []  # what neighbours said last
        self.elsewhere: list[float] = []  # all they ever said, and what was not kept
        self._mark = b""
        self._hushed = b""
        world, home = self.world, self.world.home(f"home of {name}")
        self.home = home
        self.ana, self.ben = home.person("Ana"), home.person("Ben", role="member")
        authorities = world.node.grounding.tellings.authorities
        if case.asks == "police":
            self.demand = world.run(authorities.enter(around.police.uri, ASKING, "What was used"))
        title = self.title = f"counter {next(around.numbers)}"
        self.place, self.secret = f"at {title}", ""
        if case.sign:
            self.thing, self.sign = self._signed(title)
        elif case.open:
            self.thing = world.thing(title, stream="flow")
        else:
            self.thing = install(
                world,
                title,
                stream="flow",
                type_="number",
                purposes=(own_use(), self._research()),
                household=home.household,
                answers="Fitter" if "unreached" in case.does.split() else SUPPLIER,
            )
        if case.rests == "objectable":
            asserts(self.thing, Asserted.OBJECTABLE, RESEARCH, INTEREST)

    @property
    def number(self) -> int:
        """The Datastream."""
        return self.thing.number

    def do(self, deed: str) -> None:
        """One deed of a line."""
        match deed:
            case "say":
                self._say()
            case "give" | "means" | "coarsest" | "refuse" | "withdraw":
                self._choose(deed, self.ana, self.ben)
            case "ana-gives":
                self._choose("give", self.ana)
            case "ben-withdraws":
                self._choose("withdraw", self.ben)
            case "forbid" | "app-rule":
                self._forbid("" if deed == "forbid" else 'unless { principal.app == "app" }')
            case "pass":
                self.secret = self._passes()
            case "back":
                self.world.run(self.world.node.grounding.signs.take_back(self.sign, self.secret))
            case "street":
                self._street()
            case _:
                self._by_right(deed)

    def _research(self) -> DisclosedPurpose:
        found = research(to="Broker") if self.case.asks == "broker" else research()
        views = tuple(DisclosedVariant(each, self.case.rests) for each in self.case.views)
        found = msgspec.structs.replace(found, variants=views) if views else found
        return msgspec.structs.replace(found, recipients=(ANYONE,)) if self.case.to_all else found

    def _by_right(self, deed: str) -> None:
        match deed:
            case "order" | "order-means" | "order-over":
                self._orders(deed)
            case "stop" | "go":
                self._marks(deed)
            case "child" | "kim-gives" | "hush" | "unhush" | "mute" | "rule":
                self._ward(deed)
            case "line" | "giant" | "withhold" | "unreached" | "later" | "group":
                self._held_back(deed)
            case _:
                self._shares(deed)

    def _held_back(self, deed: str) -> None:
        """What stops a reader whatever people say: a line, a list, the holder, or what is declared and who answers."""
        world, run, now = self.world, self.world.run, self.world.clock.now()
        match deed:
            case "line":
                run(
                    world.node.pledge.draw(
                        RedLineBody(LineId(b""), "Never to it.", 0, 90, recipients=(self.around.broker.uri,))
                    )
                )
            case "giant":
                giant = OrganisationBody(
                    self.around.giant.uri, "Giant", "mailto:g@giant.example", classes=(GATEKEEPER,)
                )
                run(world.node.join.organisation(giant))
            case "withhold":
                told = Notified("Bundesnetzagentur", "2026-03-01", "DA-2026-17")
                maker, why = world.organisation("Maker").uri, "How it counts can be read from it."
                until_ns = now + 30 * DAY_NS
                body = WithholdingBody(
                    WithholdingId(b""), maker, self._product, Rung.WITHHELD, why, 0, until_ns, notified=told
                )
                run(world.node.sharing.withhold.say(body))
            case "unreached":
                fitter = OrganisationBody(FITTER, "Fitter", "mailto:f@fitter.example", reach_by_ns=now + 10**9)
                run(world.node.join.organisation(fitter))
            case "later":
                self._disclose(own_use(), msgspec.structs.replace(self._research(), starts_ns=now + 365 * DAY_NS))
            case _:
                self._disclose(*self._in_a_place(), group_size=3)
        world.advance(2)

    def _disclose(self, *purposes: DisclosedPurpose, group_size: int | None = None) -> None:
        """Another version of what is disclosed of the thing."""
        maker = self.world.organisation("Maker").uri
        stream = DisclosedStream(self.thing.stream_name, purposes, group_size=group_size)
        self.world.run(self.world.node.join.disclosure(DisclosureBody(self._product, maker, "en", 2, (stream,))))

    @property
    def _product(self) -> Uri:
        return self.world.node.directory.things[self.thing.joined.thing].body.product

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
        thing = install(
            self.world,
            title,
            stream="flow",
            type_="number",
            purposes=self._in_a_place(),
            household=None,
            place=self.place,
        )
        asserts(thing, Asserted.OBJECTABLE, RESEARCH, INTEREST)
        to_ns = self.world.clock.now() + 300 * 86_400_000_000_000
        for purpose in (RESEARCH, KEPT):
            asserts(thing, Asserted.SETTLED, purpose, AGREEMENT, agreement=AGREED, to_ns=to_ns)
        return thing, self.world.run(self.world.node.grounding.signs.put_up(self.place))

    def _in_a_place(self) -> tuple[DisclosedPurpose, DisclosedPurpose]:
        """What is disclosed of such a thing."""
        views = [DisclosedVariant("raw", "objectable")]
        if self.case.sign == "mean":
            views.append(DisclosedVariant("hourly-mean", "settled"))
        supplier = self.world.organisation("Supplier").uri
        read = DisclosedPurpose(RESEARCH, "Research", "unknown", (self.around.university.uri,), tuple(views), 365)
        kept = DisclosedPurpose(KEPT, "Kept", "unknown", (supplier,), (DisclosedVariant("raw", "settled"),), 365)
        return read, kept

    def _passes(self) -> str:
        signs = self.world.node.grounding.signs
        code = signs.codes(self.sign, days=1)[0].letters
        secret, _ = self.world.run(signs.object(self.sign, code, address="192.0.2.1"))
        return secret

    def _forbid(self, but: str) -> None:
        """A rule of the place, beside those there are: nobody reads what this thing says, `but` those that it leaves out."""
        world, policies = self.world, self.world.node.grounding.policies
        product = self._product
        text = f"""{policies.now().text or ""}
            @id("rule-{len(policies.now().rules) + 1}") @cites("House rules, 4") @says("Nobody reads this.")
            forbid(principal, action == Action::"read", resource in Product::"{product}") {but};"""
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
        self.theirs = [self.around.next_value() for _ in self.neighbours]
        self.elsewhere += self.theirs
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
                value = self.around.next_value()
                assert Refusal.NOT_THEN is self.thing.says(value)
                self.elsewhere.append(value)
            case _:
                world.run(wards.rule(by, self.kim.person, within=("FR",), purposes=(RESEARCH,)))
        world.advance(1)

    def _say(self) -> None:
        value = self.around.next_value()
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
        party = self.around.giant if self.case.asks == "giant" else self.around.adviser
        wanted = Wanted(party.uri, ENERGY, (self.thing.stream,), to_ns, view)
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
