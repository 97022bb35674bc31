"""Private mode: nothing of its time is kept, live or late, but what is essential and rests on contract or law; and it ends."""

from collections.abc import Iterator

import msgspec
import pytest

from troth.errors import Conflict, NotFound, Refused
from troth.journeys.privately import Privately, Standing, Wanted
from troth.names import PurposeId, print_household
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.statements.installation import Contract
from troth.statements.restriction import SCHEDULE_DAYS_MAX
from troth.testing.people import WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.things.observations import Outcome, Refusal, Variant
from troth.things.weekly import Offset, Weekly, Window
from troth.wire.times import print_time
from troth.wire.zones import offsets_of

MINUTE_NS = 60_000_000_000
DAY_NS = 86_400_000_000_000
BILLING = PurposeId("https://supplier.example/billing")


class Quiet:
    """Ana and Ben with a lamp in one room, and a meter that is billed."""

    def __init__(self) -> None:
        self.world = World(seed=61)
        self.home = self.world.home("Harbour Lane 12")
        self.lamp: WorldThing = self.home.thing("lamp")
        billed = DisclosedPurpose(
            BILLING,
            "Your bill",
            "it is right",
            (self.world.organisation("Supplier").uri,),
            (DisclosedVariant(Variant.RAW, "contract"),),
            30,
            essential=True,
        )
        contract = Contract(bytes(32), "Lease", self.world.clock.now() - DAY_NS)
        self.meter: WorldThing = self.home.thing("meter", purposes=(own_use(), research(), billed), contract=contract)
        self.ana = self.home.person("Ana", role="owner")
        self.ben = self.home.person("Ben", role="member")

    @property
    def privately(self) -> Privately:
        return self.world.node.choosing.privately

    def on(self, who: WorldPerson, **wanted: object) -> None:
        asked = Wanted(self.home.household, **wanted)  # type: ignore[arg-type]  # names of fields
        self.world.run(self.privately.begin(who.person, asked, made_by="session"))

    def standing(self, who: WorldPerson) -> list[Standing]:
        return [each for home in self.privately.homes(who.person) for each in home.standing]

    def off(self, who: WorldPerson) -> None:
        for each in self.standing(who):
            if each.mine is not None:
                self.world.run(self.privately.end(who.person, each.mine))


def kept(outcome: Outcome) -> bool:
    return not isinstance(outcome, Refusal)


@pytest.fixture
def quiet() -> Iterator[Quiet]:
    made = Quiet()
    yield made
    made.world.close()


def test_nothing_is_kept_while_it_is_on_and_it_is_again_when_it_has_ended(quiet: Quiet) -> None:
    assert kept(quiet.lamp.says(1.0))
    quiet.on(quiet.ben)
    assert Refusal.NOT_THEN is quiet.lamp.says(2.0)
    quiet.off(quiet.ben)
    quiet.world.advance(1)
    assert kept(quiet.lamp.says(3.0))
    assert [1.0, 3.0] == [row.result for row in quiet.ana.reads(quiet.lamp)]


def test_what_was_said_in_its_time_and_comes_late_is_refused(quiet: Quiet) -> None:
    quiet.world.advance(60)
    before = quiet.world.clock.now()
    quiet.world.advance(60)
    quiet.on(quiet.ana)
    quiet.world.advance(600)
    within = quiet.world.clock.now() - 300 * 1_000_000_000
    quiet.off(quiet.ana)
    quiet.world.advance(60)
    assert Refusal.NOT_THEN is quiet.lamp.says(2.0, at_ns=within)
    assert kept(quiet.lamp.says(1.0, at_ns=before)), "what was before is taken as ever"
    quiet.world.restart()
    assert Refusal.NOT_THEN is quiet.lamp.says(2.0, at_ns=within + 1)


def test_it_ends_at_its_nanosecond_by_itself(quiet: Quiet) -> None:
    end = quiet.world.clock.now() + 10 * MINUTE_NS
    quiet.on(quiet.ana, to_ns=end)
    quiet.world.advance(700)
    assert Refusal.NOT_THEN is quiet.lamp.says(1.0, at_ns=end - 1)
    assert kept(quiet.lamp.says(2.0, at_ns=end))
    assert quiet.standing(quiet.ana) == []


def test_a_room_is_private_and_the_next_one_is_not(quiet: Quiet) -> None:
    other = quiet.home.thing("kettle")
    quiet.on(quiet.ana, stream=quiet.lamp.stream)
    assert Refusal.NOT_THEN is quiet.lamp.says(1.0)
    assert kept(other.says(1.0))


def test_what_comes_later_into_a_private_room_is_private_too(quiet: Quiet) -> None:
    quiet.on(quiet.ana, room="here")
    kettle = quiet.home.thing("kettle")
    assert Refusal.NOT_THEN is kettle.says(1.0)


def test_what_is_essential_and_ordered_goes_on_is_named_and_nobody_else_reads_it(quiet: Quiet) -> None:
    for each in (quiet.ana, quiet.ben):
        each.gives(quiet.meter)
    quiet.on(quiet.ana)
    assert kept(quiet.meter.says(5.0))
    assert (("flow", "Your bill"),) == quiet.privately.homes(quiet.ben.person)[0].home.goes_on
    supplier, university = quiet.world.organisation("Supplier"), quiet.world.organisation("University")
    assert [5.0] == [row.result for row in supplier.reads(quiet.meter, BILLING)]
    assert [] == [row.result for row in university.reads(quiet.meter)]
    assert [] == [row.result for row in quiet.ben.reads(quiet.meter)]
    quiet.off(quiet.ana)
    quiet.world.advance(1)
    quiet.meter.says(6.0)
    assert [6.0] == [row.result for row in university.reads(quiet.meter)], "what was private stays so"


def test_everybody_sees_that_it_is_on_and_only_its_own_has_a_switch(quiet: Quiet) -> None:
    quiet.on(quiet.ana)
    (hers,), (seen,) = quiet.standing(quiet.ana), quiet.standing(quiet.ben)
    assert hers.now
    assert seen.now
    assert hers.since_ns == seen.since_ns
    assert seen.mine is None
    assert hers.mine is not None
    with pytest.raises(NotFound):
        quiet.world.run(quiet.privately.end(quiet.ben.person, hers.mine))


def test_nobody_from_elsewhere_turns_it_on(quiet: Quiet) -> None:
    eve = quiet.world.home("Harbour Lane 14").person("Eve")
    with pytest.raises(NotFound):
        quiet.on(eve)
    quiet.on(quiet.ben)
    quiet.world.run(quiet.world.node.choosing.belong.leave(quiet.ben.person, quiet.home.household))
    assert quiet.standing(quiet.ana) == [], "it goes with whoever said it"
    quiet.world.advance(1)
    assert kept(quiet.lamp.says(1.0))
    with pytest.raises(NotFound):
        quiet.on(quiet.ben)


def test_what_was_private_is_not_unsaid(quiet: Quiet) -> None:
    quiet.on(quiet.ana)
    (mine,) = quiet.standing(quiet.ana)
    quiet.world.advance(600)
    privately = quiet.privately
    cases: list[tuple[dict[str, object], type[Exception]]] = [
        ({"to_ns": mine.body.from_ns + 1}, Refused),
        ({"streams": (quiet.meter.stream,)}, Conflict),
        ({"from_ns": quiet.world.clock.now()}, Conflict),
    ]
    for changed, error in cases:
        body = msgspec.structs.replace(mine.body, **changed)
        with pytest.raises(error):
            quiet.world.run(privately._say(body))  # noqa: SLF001 - what no door sends
    assert Refusal.NOT_THEN is quiet.lamp.says(1.0)


def test_old_rows_are_not_deleted_early_because_of_it(quiet: Quiet) -> None:
    quiet.lamp.says(1.0)
    before = quiet.world.run(quiet.world.node.retain._keeping())  # noqa: SLF001 - what is deleted when
    quiet.on(quiet.ana)
    after = quiet.world.run(quiet.world.node.retain._keeping())  # noqa: SLF001 - what is deleted when
    assert before.days(quiet.lamp.stream) == after.days(quiet.lamp.stream) == 365


def test_a_schedule_is_private_week_by_week(quiet: Quiet) -> None:
    now = quiet.world.clock.now()
    minute = now // MINUTE_NS % 1440
    every = tuple(range(1, 8))
    window = Window(every, minute, (minute + 30) % 1440)
    weekly = Weekly("UTC", (window,), (Offset(now, 0),))
    quiet.on(quiet.ana, weekly=weekly, to_ns=now + 30 * DAY_NS)
    assert Refusal.NOT_THEN is quiet.lamp.says(1.0)
    quiet.world.advance(31 * 60)
    assert kept(quiet.lamp.says(2.0))
    tomorrow = (now // DAY_NS + 1) * DAY_NS + minute * MINUTE_NS
    quiet.world.clock.step((tomorrow - quiet.world.clock.now()) / 1e9 + 60)
    quiet.world.advance(2)
    assert Refusal.NOT_THEN is quiet.lamp.says(3.0)
    (standing,) = quiet.standing(quiet.ben)
    assert (True, tomorrow, tomorrow + 30 * MINUTE_NS) == (standing.now, standing.since_ns, standing.until_ns)


def test_a_schedule_without_an_end_is_told_how_far_one_may_lie(quiet: Quiet) -> None:
    world = quiet.world
    session = world.run(world.node.recognise.enter(world.run(world.node.join.invite(quiet.ana.person))))
    home = print_household(world.node.choose.homes(quiet.ana.person)[0])
    weekly = {"zone": "UTC", "windows": [{"days": [1], "from": "22:00", "to": "06:00"}]}
    told = world.post("/api/private", {"household": home, "weekly": weekly}, token=session)
    assert 403 == told.status
    assert f"Say until when: at most {SCHEDULE_DAYS_MAX} days from now." == told.json["hint"]
    end = print_time(world.clock.now() + 30 * DAY_NS)
    assert 201 == world.post("/api/private", {"household": home, "weekly": weekly, "to": end}, token=session).status


def test_a_schedule_without_an_end_is_refused(quiet: Quiet) -> None:
    weekly = Weekly("UTC", (Window((1,), 0, 60),), offsets_of("UTC", from_ns=0, to_ns=1))
    with pytest.raises(Refused):
        quiet.on(quiet.ana, weekly=weekly)
