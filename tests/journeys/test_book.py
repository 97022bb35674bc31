"""A person's book: what stands in it, whom it opens for, what damage does to it, and that each line can be proved."""

from collections.abc import Iterator

import msgspec
import pytest

from troth.errors import NotFound, StorageFailed, Unavailable
from troth.journeys.accounts import Account, Bearer
from troth.journeys.book import LINES_MAX, BookPage
from troth.journeys.book_lines import Damaged, Place, Seen, TurnedAway
from troth.journeys.making import InPlace
from troth.journeys.sealing import ledger_name
from troth.spans import DAY_NS
from troth.statements.journal import unerased
from troth.testing.faults import StoreFault
from troth.testing.people import RESEARCH, Home, Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.ledgers import Box, SealedTrace, ledger_of
from troth.things.stores import Committed, ConductStore, ObservationStore
from troth.tlog.merkle import root_of
from troth.tlog.segment import pad
from troth.tlog.trace import collected_bytes, leaf_hash
from troth.verify.checks import verify
from troth.verify.verdict import Verdict

Lane = tuple[Home, WorldThing, WorldPerson, Org]


def lane(world: World) -> Lane:
    """A home with a meter and Ana, who lets a university read it."""
    home = world.home("Harbour Lane 12")
    meter, ana = home.thing("meter"), home.person("Ana")
    lab = world.organisation("University")
    ana.gives(meter)
    meter.says(1.0)
    return home, meter, ana, lab


async def session(world: World, person: WorldPerson | None) -> str:
    account = Account(b"", Bearer.SESSION, person=None if person is None else person.person)
    return await world.node.recognise.give(Bearer.SESSION, account, seconds=600)


def seen(page: BookPage) -> list[Seen]:
    return [each for each in page.lines if isinstance(each, Seen)]


def checked(world: World, data: bytes) -> Verdict:
    return verify(data, trusted=(world.node.record.sequencer.key,))


def test_a_line_says_who_read_what_when_what_for_which_view_how_many_and_why() -> None:
    with World(seed=1) as world:
        _, meter, ana, lab = lane(world)
        chosen = list(unerased(world.journal.entries(after=0, limit=1_000)))[-1].signed.id
        before = world.clock.now()
        lab.reads(meter)
        meter.says(2.0)
        lab.reads(meter)
        world.settle()
        page = ana.book()
    assert ("Ana", "house", None) == (page.name, page.custody, page.before)
    (line,) = seen(page)
    who = line.who
    assert (lab.uri, "University", "app") == (who.party, who.party_name, who.app)
    assert (RESEARCH, "Research") == (who.purpose, who.what_for)
    assert ("flow", "meter") == (who.stream_name, who.thing_name)
    assert ("raw", 3) == (line.variant, line.rows)
    assert before <= line.at_ns <= world.clock.now()
    assert line.end is not None
    assert chosen in line.basis


def test_what_was_read_since_the_last_tick_is_there_at_once_and_proved_from_the_next_on() -> None:
    with World(seed=13) as world:
        _, meter, ana, lab = lane(world)
        cleo = world.home("Harbour Lane 14").person("Cleo")
        lab.reads(meter)
        world.settle()
        lab.reads(meter)
        fresh, old = seen(ana.book())
        assert (None, None, 1, old.who, old.variant, old.basis) == (
            fresh.place,
            fresh.end,
            fresh.rows,
            fresh.who,
            fresh.variant,
            fresh.basis,
        )
        assert [old] == seen(ana.book(Place(old.place.segment + 1, 0) if old.place else None)), "on the first page only"
        lab.reads(meter)
        assert [2, 1] == [each.rows for each in seen(ana.book())], "it grows while its window is open"
        assert [] == seen(cleo.book())
        line = msgspec.json.decode(world.get("/api/book", token=world.run(session(world, ana))).body)["lines"][0]
        assert ("seen", True, None, 2) == (line["kind"], line["waiting"], line.get("place"), line["rows"])
        world.crash()
        (cut_short, _) = seen(ana.book())
        assert (None, None, fresh.at_ns) == (cut_short.place, cut_short.rows, cut_short.at_ns)
        world.settle()
        (moved, _) = seen(ana.book())
        assert moved.place is not None
        assert checked(world, world.run(world.node.book.proof(ana.asker(), moved.place))).passed
        lab.reads(meter)
        assert (fresh.who, 1) == (seen(ana.book())[0].who, seen(ana.book())[0].rows)
        world.run(world.node.access.close_all())
        (closed, *_) = seen(ana.book())
        assert (None, None, 1) == (closed.place, closed.end, closed.rows), "closed, and not in a segment yet"


def test_each_tick_is_a_line_the_newest_first_and_pages_follow_without_a_gap() -> None:
    with World(seed=2) as world:
        _, meter, ana, lab = lane(world)
        for _ in range(LINES_MAX + 7):
            lab.reads(meter)
            world.settle()
        first = ana.book()
        assert LINES_MAX == len(first.lines)
        assert first.before is not None
        rest = ana.book(first.before)
        assert (7, None) == (len(rest.lines), rest.before)
        lines = [*seen(first), *seen(rest)]
    assert [each.at_ns for each in lines] == sorted((each.at_ns for each in lines), reverse=True)
    assert LINES_MAX + 7 == len({each.place for each in lines})
    assert {1} == {each.rows for each in lines}


def test_a_window_that_a_crash_left_open_counts_as_read() -> None:
    with World(seed=3) as world:
        _, meter, ana, lab = lane(world)
        lab.reads(meter)
        world.crash()
        world.settle()
        (line,) = seen(ana.book())
    assert (None, None) == (line.end, line.rows)


def test_a_book_opens_for_nobody_but_its_person() -> None:
    with World(seed=4) as world:
        home, meter, ana, lab = lane(world)
        ben = home.person("Ben", role="member")
        other = world.home("Harbour Lane 14").person("Cleo")
        ben.gives(meter)
        lab.reads(meter)
        world.settle()
        node = world.node
        (line,) = seen(ana.book())
        assert line.place is not None

        def of(person: WorldPerson) -> str:
            return world.run(session(world, person))

        mine = of(ana)
        assert [200] * 4 == [world.get(path, token=mine).status for path in _paths(world, mine, line.place)]
        everybody = {
            "nobody": None,
            "the operator": world.operator_token(),
            "the operator in a session": world.run(session(world, None)),
            "a recipient": lab.token(),
            "a thing": meter.credential,
        }
        for name, token in everybody.items():
            for path in _paths(world, mine, line.place):
                answer = world.get(path, token=token)
                assert 401 == answer.status, (name, path)
                assert b"University" not in answer.body, name
        for person in (ben, other):
            token = of(person)
            for path in _paths(world, mine, line.place)[1::2]:
                assert 404 == world.get(path, token=token).status, (person.name, path)
        # Ben's own book holds the same reading, as another leaf; Cleo's holds nothing.
        (his,) = seen(ben.book())
        assert line.place != his.place
        assert () == other.book().lines
        with pytest.raises(NotFound):
            world.run(node.book.page(lab.asker()))
        with pytest.raises(NotFound):
            world.run(node.book.page(None))


def _paths(world: World, token: str, place: Place) -> list[str]:
    statements = msgspec.json.decode(world.get("/api/book/statements", token=token).body)["statements"]
    proof = f"/api/book/statements/{statements[0]['statement']}/proof"
    return ["/api/book", f"/api/book/proofs/{place}", "/api/book/statements", proof]


def test_every_trace_of_a_ledger_and_every_statement_of_a_person_is_proved() -> None:
    with World(seed=5) as world:
        _, meter, ana, lab = lane(world)
        lab.reads(meter)
        world.settle()
        ana.withdraws(meter)
        assert 403 == world.get(f"/v1.1/Datastreams({meter.number})/Observations", token=lab.token()).status
        world.settle()
        kinds = set()
        for line in ana.book().lines:
            assert isinstance(line, Seen | TurnedAway)
            for place in filter(None, (line.place, line.end if isinstance(line, Seen) else None)):
                verdict = checked(world, world.run(world.node.book.proof(ana.asker(), place)))
                assert verdict.passed, verdict
                assert verdict.trace is not None
                kinds.add(verdict.trace.kind)
        assert {"window-opened", "window-closed", "denials"} == kinds
        custody, own = world.run(world.node.book.statements(ana.asker()))
        assert "house" == custody
        assert ["person", "membership", "choice", "choice"] == [each.kind for each in own]
        for each in own:
            data = world.run(world.node.book.statement_proof(ana.asker(), each.statement))
            assert checked(world, data).passed


def test_what_is_damaged_is_named_and_stops_nothing_else() -> None:
    with World(seed=6) as world:
        _, meter, ana, lab = lane(world)
        for _ in range(3):
            lab.reads(meter)
            world.settle()
        whole = seen(ana.book())
        hurt = whole[1]
        assert hurt.place is not None
        boxes = world.ledgers._durable.boxes  # noqa: SLF001 - what a bad disk reaches
        at = (hurt.place.segment, hurt.place.leaf)
        box = boxes[at]
        boxes[at] = Box(box.key, box.box[:-1] + bytes([box.box[-1] ^ 1]), *at)
        page = ana.book()
        assert [whole[0].place, hurt.place, whole[2].place] == [each.place for each in page.lines]
        assert isinstance(page.lines[1], Damaged)
        assert whole[0] == page.lines[0]
        assert whole[2] == page.lines[2]
        with pytest.raises(StorageFailed, match=str(hurt.place)):
            world.run(world.node.book.proof(ana.asker(), hurt.place))
        assert whole[2].place is not None
        assert checked(world, world.run(world.node.book.proof(ana.asker(), whole[2].place))).passed


def test_a_restart_in_mid_day_makes_another_key_for_the_same_day() -> None:
    with World(seed=7) as world:
        _, meter, ana, lab = lane(world)
        for _ in range(2):
            lab.reads(meter)
            lab.reads(meter)
            world.settle()
            world.restart()
        keys = world.run(world.ledgers.keys(ana.person))
        assert 2 == len(keys)
        assert 1 == len({key.day for key in keys})
        assert 2 == len(seen(ana.book()))


def test_when_the_day_has_ended_only_the_ledger_key_opens_it() -> None:
    with World(seed=8) as world:
        _, meter, ana, lab = lane(world)
        lab.reads(meter)
        world.settle()
        sealing = world.node.sealing
        assert [ana.person] == list(sealing._open)  # noqa: SLF001 - the memory that is to forget
        world.clock.step(DAY_NS / 1e9)
        world.advance(2)
        assert {} == sealing._open  # noqa: SLF001 - as above
        assert {} == sealing._making  # noqa: SLF001 - as above
        (line,) = seen(ana.book())
        assert 1 == line.rows
        lab.reads(meter)
        world.settle()
        assert 2 == len({key.day for key in world.run(world.ledgers.keys(ana.person))})
        world.keys.forget(ledger_name(ana.person))
        with pytest.raises(NotFound):
            ana.book()
        world.keys.create_opener(ledger_name(ana.person))
        page = ana.book()
        assert 2 <= len(page.lines)
        assert all(isinstance(each, Damaged) for each in page.lines)


class MovedHalf:
    """An observation store before which the node dies: the ledgers have their boxes, the segment is not moved."""

    def __init__(self, store: ObservationStore) -> None:
        self._store = store

    async def move(self, segments: object, commits: object) -> None:
        raise StorageFailed("the node dies here")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_a_crash_between_commit_and_move_loses_and_doubles_nothing() -> None:
    with World(seed=9) as world:
        _, meter, ana, lab = lane(world)
        lab.reads(meter)
        world.crash()  # after the commit, before any move
        assert [None] == [each.place for each in seen(ana.book())]
        record = world.node.record
        half = MovedHalf(world.observations)
        record._maker = InPlace(world.conduct, half, in_worker=world.node.ports.in_worker)  # type: ignore[arg-type]  # noqa: SLF001 - dies in between
        with pytest.raises(StorageFailed):
            world.run(record.tick())
        (moved,) = seen(ana.book())
        assert moved.place is not None
        assert moved.rows is None
        world.crash()
        world.settle()
        assert [moved] == seen(ana.book())
        assert checked(world, world.run(world.node.book.proof(ana.asker(), moved.place))).passed


def leaves_of(commit: Committed) -> Iterator[bytes]:
    """Rows first, then the other traces, as a segment has them."""
    for _, row in commit.rows:
        times = {"from_ns": row.from_ns, "to_ns": row.to_ns, "gate_ns": row.gate_ns}
        trace = collected_bytes(row.stream, row.sequence, **times, basis=row.basis, type=row.type, result=row.result)
        yield leaf_hash(row.salt, trace)
    for each in commit.traces:
        yield each.leaf_hash if isinstance(each, SealedTrace) else leaf_hash(each.salt, each.trace)


def test_the_same_commits_give_the_same_segment_after_a_crash() -> None:
    with World(seed=10) as world:
        _, meter, _, lab = lane(world)
        lab.reads(meter)
        conduct: ConductStore = world.conduct
        (cut,) = world.run(conduct.cut(world.clock.now(), [bytes(32)]))
        leaves = [each for commit in world.run(conduct.committed(cut)) for each in leaves_of(commit)]
        world.crash()  # the start makes the segment that was cut
        segment = world.run(world.observations.segment(cut.number))
        assert segment is not None
        assert (cut, b"".join(leaves)) == (segment.cut, segment.leaves)
        assert root_of(pad(leaves, seed=cut.seed)) == segment.root


def test_a_person_who_was_forgotten_meanwhile_gets_no_closing_and_no_box() -> None:
    with World(seed=11) as world:
        _, meter, ana, lab = lane(world)
        lab.reads(meter)
        known = world.node.directory.persons.pop(ana.person)
        world.node.sealing.forget(ana.person)
        world.run(world.ledgers.erase(ledger_of(ana.person).__eq__))
        world.settle()
        world.node.directory.persons[ana.person] = known
        assert () == ana.book().lines
        assert [] == list(world.run(world.ledgers.keys(ana.person)))


def test_nothing_is_read_where_the_day_key_cannot_be_kept() -> None:
    with World(seed=12) as world:
        _, meter, _, lab = lane(world)
        world.ledgers.faults.arm(StoreFault.FAILS)
        with pytest.raises(Unavailable):
            lab.reads(meter)
