"""After its time nothing of a value is in any file, nothing younger is lost, and what was proved stays proved."""

import os
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.architecture.trees import ROOT
from tests.faults.expiring_house import (
    GOES,
    KEPT_DAYS,
    LONG,
    OLD,
    OVER_NS,
    STAYS,
    YOUNG,
    YOUNG_TEXT,
    ExpiringHouse,
)
from tests.faults.known_bytes import other_traces
from tests.faults.real_house import RealHouse
from troth.app.doors import http_doors
from troth.gate.question import OWN_PURPOSE, Action, Asker, Question
from troth.journeys.asking import ask
from troth.journeys.recognise import MEMBER
from troth.names import StreamId
from troth.spans import DAY_NS
from troth.testing.contracts import NOON_NS
from troth.testing.people import Home, install, open_to_anyone, own_use, research
from troth.things.observations import Kept, Shelf
from troth.things.query import ObservationQuery
from troth.things.stores import Tally
from troth.tlog.trace import ExpiredRows, decode
from troth.verify.checks import verify


def test_what_is_over_is_in_no_file_and_nothing_younger_is_lost(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path) as house:
        things = house.furnish()
        house.first_day(things)
        house.tick()
        house.second_day(things)
        house.tick()
        assert set(GOES) == house.left(GOES), "what is not found before proves nothing when it is not found afterwards"
        house.still.now_ns = OVER_NS - 1
        house.look()
        assert set(GOES) == house.left(GOES), "not a moment before"
        house.still.now_ns = OVER_NS
        house.look()
        assert set() == house.left(GOES), "while the node runs, its write-ahead logs included"
        assert set(STAYS) == house.left(STAYS)
        house.tick()
        assert set() == house.left(GOES)
    with ExpiringHouse(tmp_path, at_ns=OVER_NS) as house:
        assert set() == house.left(GOES)
        assert set(STAYS) == house.left(STAYS)


def test_the_newest_value_goes_too_and_the_next_one_takes_the_next_number(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path) as house:
        things = house.furnish()
        house.first_day(things)
        house.tick()
        assert [OLD] == values(house, things["meter"].stream)
        house.still.now_ns = OVER_NS
        house.look()
        assert [] == values(house, things["meter"].stream)
        assert [LONG] == values(house, things["long"].stream)
        things["meter"].says(YOUNG)
        assert [YOUNG] == values(house, things["meter"].stream)
        house.tick()
    with ExpiringHouse(tmp_path, at_ns=OVER_NS) as house:
        rows = read(house, things["meter"].stream)
        assert [(2, YOUNG)] == [(row.sequence, row.result) for row in rows]


def test_what_a_crash_left_unmoved_is_gone_before_anything_is_served(tmp_path: Path) -> None:
    house = ExpiringHouse(tmp_path / "one")
    things = house.furnish()
    house.first_day(things)
    shutil.copytree(tmp_path / "one", tmp_path / "two", ignore=shutil.ignore_patterns("*-shm"))
    house.close()
    with ExpiringHouse(tmp_path / "two", at_ns=OVER_NS) as again:
        assert set() == again.left(GOES)
        assert [] == values(again, things["meter"].stream)
        assert [LONG] == values(again, things["long"].stream)


def test_it_is_told_what_went_without_a_person(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path) as house:
        things = house.furnish()
        house.first_day(things)
        house.tick()
        house.still.now_ns = OVER_NS
        house.look()
        assert Tally(1, 0, {}, expired=1) == house.node.hear.tally(things["meter"].joined.thing)
        assert Tally(1, 0, {}) == house.node.hear.tally(things["long"].joined.thing)
        house.tick()
        said = [decode(trace) for kind, trace, _ in other_traces(house.data) if kind == ExpiredRows.kind]
        from_ns = NOON_NS - NOON_NS % DAY_NS
        expected = {
            ExpiredRows(
                gate_ns=OVER_NS,
                stream=things[name].stream,
                from_ns=from_ns,
                to_ns=from_ns + DAY_NS,
                days=KEPT_DAYS,
                rows=1,
            )
            for name in ("meter", "diary")
        }
        assert expected == set(said)


def test_the_page_of_a_thing_says_how_long_it_is_kept_and_what_went(tmp_path: Path) -> None:
    def page(house: RealHouse, slug: str) -> str:
        async def asked() -> str:
            transport = httpx.ASGITransport(http_doors(house.node))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                answer = await client.get(f"/things/{slug}", headers={"accept": "text/html"})
            assert answer.status_code == 200
            return answer.text

        return house.run(asked())

    with ExpiringHouse(tmp_path) as house:
        open_to_all = msgspec.structs.replace(open_to_anyone(), retention_days=KEPT_DAYS)
        gauge = install(house, "gauge", stream="level", type_="number", purposes=(open_to_all,), household=None)
        gauge.says(OLD)
        house.tick()
        before = page(house, gauge.slug)
        older = "what is older is not shown for this, and is deleted, when nothing else keeps it, together with its day"
        assert f"{KEPT_DAYS} days: {older}" in before
        assert "deleted since" not in before
        house.still.now_ns = OVER_NS
        house.look()
        assert "1 values kept; 1 deleted since, because their time was over." in page(house, gauge.slug)


def test_a_proof_that_was_given_out_holds_and_no_new_one_is_made(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path) as house:
        things = house.furnish()
        home = house.node.directory.things[things["meter"].joined.thing].body.household
        ana = next(person for person, known in house.node.directory.persons.items() if known.homes[0] == home)
        asker = Asker(MEMBER, "test", OWN_PURPOSE, ana)
        kept = house.first_day(things)
        house.tick()
        key = house.node.record.sequencer.key
        proof = house.run(house.node.prove.observation(kept, asker))
        house.still.now_ns = OVER_NS
        house.look()
        house.tick()
        assert verify(proof, trusted=(key,)).passed
        assert read(house, things["meter"].stream) == []


def test_what_is_preserved_stays_and_goes_when_that_is_over(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path) as house:
        things = house.furnish()
        ana = next(iter(house.node.directory.persons))
        house.first_day(things)
        house.tick()
        until = OVER_NS + 5 * DAY_NS
        number = things["meter"].number
        house.run(house.node.preserve.begin(ana, "dispute", reason="A bill.", to_ns=until, datastreams=(number,)))
        house.still.now_ns = OVER_NS
        house.look()
        assert {"number"} == house.left(GOES), "the diary is not preserved"
        house.still.now_ns = until
        house.look()
        assert set() == house.left(GOES)


def test_a_stream_is_kept_for_the_longest_purpose_that_still_has_a_ground(tmp_path: Path) -> None:
    short = msgspec.structs.replace(own_use(), retention_days=KEPT_DAYS)
    with ExpiringHouse(tmp_path) as house:
        home = Home(house, "Harbour Lane 12")
        ana = home.person("Ana")
        yes, no = (home.thing(name, purposes=(short, research())) for name in ("yes", "no"))
        ana.gives(yes)
        ana.gives(no)
        house.reach()
        yes.says(LONG)
        no.says(OLD)
        house.tick()
        house.days(1)
        ana.withdraws(no)
        house.still.now_ns = OVER_NS + 31 * DAY_NS  # what is kept for a year lies in months
        house.look()
        assert [LONG] == values(house, yes.stream)
        assert [] == values(house, no.stream)
        assert set() == house.left({"number": GOES["number"]})
        house.days(400)
        house.look()
        assert [] == values(house, yes.stream)


def test_a_kill_at_any_step_loses_nothing_younger_and_the_next_start_ends_it(tmp_path: Path) -> None:
    for step in count():
        folder = tmp_path / str(step)
        said, died = victim(folder, step)
        assert "expiring" in said
        with ExpiringHouse(folder, at_ns=OVER_NS) as house:
            assert set() == house.left(GOES), step
            assert set(STAYS) == house.left(STAYS), step
            tallies = [house.node.hear.tally(each) for each in house.node.directory.things]
            assert [0, 1, 1] == sorted(each.expired for each in tallies), "counted once, however often it was begun"
            house.tick()
            said_of = [trace for kind, trace, _ in other_traces(house.data) if kind == ExpiredRows.kind]
            assert len(said_of) == len(set(said_of)) == 2
            texts = [row.result for each in house.node.directory.streams for row in read(house, each)]
            assert YOUNG_TEXT in texts
        if not died:
            assert step >= 8, "fewer steps than there are"
            return


def victim(folder: Path, step: int) -> tuple[str, bool]:
    """What it said, and whether it was killed."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults.expiring_victim", str(folder), str(step)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, -signal.SIGKILL}
    return ran.stdout, ran.returncode != 0


@pytest.mark.parametrize("days", [1, 31, 32, 365])
def test_no_row_goes_before_its_days_are_over_and_none_lies_longer_than_a_period_after(
    days: int, tmp_path: Path
) -> None:
    period = DAY_NS if days <= 31 else 31 * DAY_NS
    with ExpiringHouse(tmp_path) as house:
        home = Home(house, "Harbour Lane 12")
        home.person("Ana")
        meter = home.thing("meter", purposes=(msgspec.structs.replace(own_use(), retention_days=days),))
        house.reach()
        meter.says(OLD)
        house.tick()
        house.still.now_ns = NOON_NS + days * DAY_NS
        house.look()
        assert [OLD] == values(house, meter.stream)
        house.still.now_ns = NOON_NS + days * DAY_NS + period
        house.look()
        assert [] == values(house, meter.stream)


def values(house: RealHouse, stream: StreamId) -> list[object]:
    return [row.result for row in read(house, stream)]


def read(house: RealHouse, stream: StreamId) -> list[Kept]:
    """Everything that is kept of a stream, latest value and unmoved rows included."""
    known = house.node.directory.streams[stream]
    thing = house.node.directory.things[known.thing]
    asker = Asker(thing.body.answers.organisation, "test", OWN_PURPOSE)
    lease = ask(Question(Action.COLLECT, stream, asker, house.clock.now()), house.node.leases)
    released = lease.release(Shelf(thing.body.household or bytes(16), 0), ObservationQuery(), at_ns=house.clock.now())
    rows = list(house.run(house.node.ports.observations.rows(released)))
    rows += house.node.ports.conduct.tail(released)
    latest = house.node.ports.conduct.latest(released)
    assert latest is None or any(row.id == latest.id for row in rows)
    return rows
