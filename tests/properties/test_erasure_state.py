"""What is in force after an erasure is what a replay gives, whatever was said before, in whatever order people go."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from troth.errors import Conflict, Denied, NotFound
from troth.journeys.book_lines import Damaged
from troth.journeys.erasure_list import BASIS, ID, SAID, ErasureList, hashed
from troth.journeys.erasure_plan import Plan
from troth.names import HouseholdId, PersonId, StatementId, StreamId, ThingId
from troth.state.leaving import Leaving
from troth.statements.choice import Decision
from troth.statements.erasure import Asked
from troth.testing.people import Home, WorldPerson, WorldThing
from troth.testing.world import World

ids = st.binary(min_size=16, max_size=16)
steps = st.lists(
    st.tuples(
        st.sampled_from(["moves in", "thing", "says", "is read", "chooses", "goes", "settle", "restart"]),
        st.integers(0, 999),
    ),
    min_size=3,
    max_size=14,
)


class Town:
    """Two homes, and whatever happens in them."""

    def __init__(self) -> None:
        self.world = World(seed=3)
        self.homes: list[Home] = [self.world.home("one"), self.world.home("two")]
        self.people: list[WorldPerson] = [home.person(f"first of {home.name}") for home in self.homes]
        self.things: list[WorldThing] = [home.thing(f"meter of {home.name}") for home in self.homes]
        self.reader = self.world.organisation("University")

    def happens(self, what: str, which: int) -> None:
        home, thing = self.homes[which % 2], self.things[which % len(self.things)]
        known = thing.joined.thing in self.world.node.directory.things
        person = self.people[which % len(self.people)]
        match what:
            case "moves in" if home.household in self.world.node.directory.households:
                self.people.append(home.person(f"person {which}"))
            case "thing" if home.household in self.world.node.directory.households:
                self.things.append(home.thing(f"thing {len(self.things)}"))
            case "says" if known:
                thing.says(float(which))
            case "chooses" if known:
                self._chooses(person, thing, which)
            case "is read" if known:
                with suppress(Denied, NotFound):
                    self.reader.reads(thing)
            case "goes":
                self.leaves(person)
            case "settle":
                self.world.settle()
            case "restart":
                self.world.restart()
            case _:
                pass

    def _chooses(self, person: WorldPerson, thing: WorldThing, which: int) -> None:
        decision = list(Decision)[which % 3]
        with suppress(Conflict, NotFound):
            self.world.run(person.choose(decision, thing))

    def leaves(self, person: WorldPerson) -> None:
        erase = self.world.node.erase
        try:
            digest = erase.preview(person.person).digest
        except NotFound:
            return
        self.world.run(erase.confirm(person.person, digest, made_by=Asked.SESSION))

    def state(self) -> tuple[object, object]:
        directory = {name: value for name, value in vars(self.world.node.directory).items() if name != "installs"}
        return directory, self.world.node.leases.in_force.scopes()

    def handles(self) -> dict[bytes, int]:
        directory = self.world.node.directory
        return {stream: known.number for stream, known in directory.streams.items()} | {
            thing: known.number for thing, known in directory.things.items()
        }


@settings(max_examples=25, deadline=None)
@given(steps)
def test_live_is_replayed_after_any_erasure(said: list[tuple[str, int]]) -> None:
    town = Town()
    given_: dict[bytes, int] = {}
    for what, which in said:
        town.happens(what, which)
        handles = town.handles()
        assert all(given_.get(each, number) == number for each, number in handles.items()), "a handle has changed"
        given_ |= handles
    town.leaves(town.people[0])
    live = town.state()
    town.world.restart()
    assert live == town.state()
    assert set(town.handles().items()) <= set(given_.items())
    town.world.close()


@settings(max_examples=25, deadline=None)
@given(steps)
def test_after_any_erasure_the_ledgers_are_those_of_who_is_here_and_open(said: list[tuple[str, int]]) -> None:
    town = Town()
    for person, thing in zip(town.people, town.things, strict=True):
        person.gives(thing)
        thing.says(1.0)
        town.reader.reads(thing)
    for what, which in said:
        town.happens(what, which)
    town.leaves(town.people[0])
    town.world.settle()
    ledgers = town.world.ledgers
    here = [each for each in town.people if each.person in town.world.node.directory.persons]
    ids_of = {key.id for each in here for key in town.world.run(ledgers.keys(each.person))}
    assert ids_of == set(town.world.run(ledgers.day_keys(lambda _: True)))
    lines = [line for each in here for line in each.book().lines]
    assert not [line for line in lines if isinstance(line, Damaged)]
    town.world.close()


@given(ids, st.lists(ids, max_size=3), st.lists(ids, max_size=3), st.lists(ids, max_size=5))
def test_a_plan_reads_back_as_it_was(
    person: bytes, homes: list[bytes], things: list[bytes], streams: list[bytes]
) -> None:
    gone = Leaving(
        PersonId(person),
        tuple(map(HouseholdId, homes)),
        tuple(map(ThingId, things)),
        tuple(map(StreamId, streams)),
        tuple(map(HouseholdId, homes)),
    )
    plan = Plan(gone, tuple(StatementId(each * 2) for each in streams), tuple(StatementId(each * 2) for each in things))
    assert plan == Plan.decode(plan.encode())


@given(st.lists(ids, min_size=1, max_size=10), ids)
def test_the_list_holds_what_went_and_nothing_else(went: list[bytes], other: bytes) -> None:
    erased = ErasureList(None)
    assert b"" == erased.mark
    erased.add(hashed(ID, each) for each in went)
    assert all(erased.holds(ID, each) for each in went)
    assert (other in went) == erased.holds(ID, other)
    assert not any(erased.holds(kind, each) for kind in (SAID, BASIS) for each in went)
    mark = erased.mark
    erased.add([hashed(SAID, other)])
    assert mark != erased.mark
