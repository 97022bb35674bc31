"""The client for devices (clients/troth-thing) against a node in a process of its own: nothing is lost, nothing comes twice."""

import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT
from tests.journeys.replaying import SETTINGS, Town
from troth.testing.program import NodeProgram
from troth_thing import (
    ClaimFailed,
    Credential,
    NoCredential,
    NotSendable,
    Refusal,
    Spool,
    SpoolFull,
    Thing,
    WhenFull,
    claim,
    load,
)
from troth_thing.clock import EARLIEST_NS
from troth_thing.spool import Row

WAIT_S = 60.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with NodeProgram(folder / "data", settings=SETTINGS) as node:
        yield Town(node, folder / "state")


def joined(town: Town, slug: str, folder: Path) -> Credential:
    token = town.thing(slug, "level", "--unit", "m", keep=False)
    return claim(town.node.url, token, file=folder / "credential.json")


def results(town: Town, slug: str) -> list[object]:
    return [result for _, result in town.rows(slug)]


def row(value: str, *, id: str = "a") -> Row:  # noqa: A002 - Troth's word for it
    return Row(0, id, "level", value, EARLIEST_NS, 0, "boot")


class SetClock:
    """A clock that is set by hand: a device without a battery."""

    def __init__(self, now: int, *, boot: str = "first") -> None:
        self.boot = boot
        self._now = now
        self._ticks = 0

    def now(self) -> int:
        return self._now

    def ticks(self) -> int:
        return self._ticks

    def move(self, span_ns: int) -> None:
        self._now += span_ns
        self._ticks += span_ns

    def set(self, now: int) -> None:
        self._now = now


# --- joining


def test_a_token_becomes_a_credential_for_its_owner_only(town: Town, tmp_path: Path) -> None:
    token = town.thing("pond-a", "level", keep=False)
    got = claim(town.node.url, token, file=tmp_path / "mine" / "credential.json")
    assert 0o600 == stat.S_IMODE((tmp_path / "mine" / "credential.json").stat().st_mode)
    assert got == load(tmp_path / "mine" / "credential.json")
    assert got.credential not in repr(got)
    with pytest.raises(ClaimFailed, match="gave no credential"):
        claim(town.node.url, token, file=tmp_path / "again.json")
    assert not (tmp_path / "again.json").exists()


def test_a_token_is_not_spent_where_the_credential_cannot_be_kept(town: Town, tmp_path: Path) -> None:
    token = town.thing("pond-b", "level", keep=False)
    (tmp_path / "file").touch()
    with pytest.raises(ClaimFailed, match="the token is not spent"):
        claim(town.node.url, token, file=tmp_path / "file" / "credential.json")
    assert "pond-b" == claim(town.node.url, token, file=tmp_path / "credential.json").slug


def test_a_token_does_not_leave_this_computer_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(ClaimFailed, match="in the clear"):
        claim("http://192.0.2.1:8080", "token", file=tmp_path / "credential.json")


def test_a_credential_that_others_can_read_is_not_used(town: Town, tmp_path: Path) -> None:
    joined(town, "pond-c", tmp_path)
    (tmp_path / "credential.json").chmod(0o644)
    with pytest.raises(NoCredential, match="others can read"):
        load(tmp_path / "credential.json")


# --- speaking


def test_what_was_measured_offline_arrives_in_order_with_its_times(town: Town, tmp_path: Path) -> None:
    mine = joined(town, "pond-offline", tmp_path)
    away = Credential(mine.thing, mine.slug, mine.credential, topics=mine.topics, mqtt="mqtt://127.0.0.1:1")
    spool = Spool(tmp_path / "spool.db")
    with Thing(away, spool, patience_s=0.1) as thing:
        for value in range(200):
            thing.publish("level", value)
        assert not thing.wait_connected(0.05)
        assert 200 == thing.status.waiting
    measured = [each.time_ns for each in spool.after(0, limit=1000)]
    with Thing(mine, spool) as thing:
        assert thing.wait(WAIT_S)
        assert thing.status.connected
        assert (0, 0, 200) == (thing.status.waiting, thing.status.bytes, thing.status.stored)
    assert list(zip(measured, range(200), strict=True)) == list(town.rows("pond-offline"))


def test_a_refusal_is_told_kept_and_not_sent_again(town: Town, tmp_path: Path) -> None:
    told: list[Refusal] = []
    spool = Spool(tmp_path / "spool.db")
    with Thing(joined(town, "pond-refused", tmp_path), spool, on_refused=told.append) as thing:
        thing.publish("level", 1)
        thing.publish("visitors", 3, id="mine")
        thing.publish("level", "a text")
        thing.publish("level", 2)
        assert thing.wait(WAIT_S)
        assert (2, 2) == (thing.status.stored, thing.status.refused)
    assert told == spool.refusals()
    assert [("mine", "visitors", 0x90), ("level", 0x99)] == [
        (told[0].id, told[0].stream, told[0].reason),
        (told[1].stream, told[1].reason),
    ]
    assert told[0].words.startswith("undeclared: ")
    assert [1, 2] == results(town, "pond-refused")


def test_a_callback_that_fails_ends_nothing(town: Town, tmp_path: Path) -> None:
    def fails(_refusal: Refusal) -> None:
        raise ValueError("someone else's mistake")

    with Thing(joined(town, "pond-fails", tmp_path), Spool(tmp_path / "spool.db"), on_refused=fails) as thing:
        thing.publish("visitors", 3)
        thing.publish("level", 4)
        assert thing.wait(WAIT_S)
    assert [4] == results(town, "pond-fails")


def test_the_same_id_is_stored_once(town: Town, tmp_path: Path) -> None:
    with Thing(joined(town, "pond-once", tmp_path), Spool(tmp_path / "spool.db")) as thing:
        for _ in range(3):
            thing.publish("level", 7, id="the one")
        assert thing.wait(WAIT_S)
    assert [7] == results(town, "pond-once")


def test_a_wrong_credential_is_said_and_loses_nothing(town: Town, tmp_path: Path) -> None:
    mine = joined(town, "pond-wrong", tmp_path)
    wrong = Credential(mine.thing, mine.slug, "A" * 43, topics=mine.topics, mqtt=mine.mqtt)
    spool = Spool(tmp_path / "spool.db")
    with Thing(wrong, spool) as thing:
        thing.publish("level", 1)
        assert not thing.wait(1.0)
        assert "does not let this thing in" in thing.status.why
    with Thing(mine, spool) as thing:
        assert thing.wait(WAIT_S)
    assert [1] == results(town, "pond-wrong")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), "x" * 300_000])
def test_what_no_node_takes_is_not_kept(value: object, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    thing = Thing(Credential("th", "pond", "c", topics={}, mqtt="mqtt://localhost:1"), spool)
    with pytest.raises(NotSendable):
        thing.publish("level", value)
    with pytest.raises(NotSendable, match="zone"):
        thing.publish("level", 1, at=datetime(2026, 1, 1))  # noqa: DTZ001 - a time without a zone is the case
    assert 0 == spool.waiting
    thing.close()


# --- without a clock


def test_a_value_from_a_time_without_a_clock_gets_its_moment_once_the_clock_knows(town: Town, tmp_path: Path) -> None:
    clock = SetClock(1_000)
    with Thing(joined(town, "pond-clock", tmp_path), Spool(tmp_path / "spool.db"), clock=clock) as thing:
        thing.publish("level", 1)
        clock.move(5_000_000_000)
        thing.publish("level", 2)
        assert thing.wait_connected(WAIT_S)
        assert not thing.wait(0.2)
        now = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp()) * 10**9
        clock.set(now)
        thing.publish("level", 3)
        assert thing.wait(WAIT_S)
    assert [(now - 5_000_000_000, 1), (now, 2), (now, 3)][:2] == list(town.rows("pond-clock"))[:2]


def test_a_value_from_a_boot_without_a_clock_is_refused_here_after_the_next(town: Town, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    mine = joined(town, "pond-boot", tmp_path)
    before = Thing(mine, spool, clock=SetClock(1_000))
    before.publish("level", 1)
    before.close()
    told: list[Refusal] = []
    with Thing(mine, spool, on_refused=told.append) as thing:
        thing.publish("level", 2)
        assert thing.wait(WAIT_S)
    assert ["no-time: nobody knows when this was measured"] == [each.words for each in told]
    assert [2] == results(town, "pond-boot")


# --- a spool that is full


def test_a_full_spool_raises_drops_the_new_or_drops_the_old(tmp_path: Path) -> None:
    kept = {}
    for when in WhenFull:
        spool = Spool(tmp_path / f"{when.value}.db", max_bytes=10 * 71, when_full=when)  # 64 + a, level, 1
        for value in range(10):
            assert spool.add(row(str(value)), synced=False)
        if when is WhenFull.RAISE:
            with pytest.raises(SpoolFull):
                spool.add(row("9"), synced=False)
        else:
            assert (when is WhenFull.DROP_OLD) is spool.add(row("9"), synced=False)
        kept[when] = ([int(each.value) for each in spool.after(0, limit=99)], spool.counted("dropped"))
        assert 710 == spool.counted("bytes")
        spool.close()
    assert {
        WhenFull.RAISE: (list(range(10)), 0),
        WhenFull.DROP_NEW: (list(range(10)), 1),
        WhenFull.DROP_OLD: ([1, 2, 3, 4, 5, 6, 7, 8, 9, 9], 1),
    } == kept


# --- power cuts and kills


def test_a_spool_cut_anywhere_in_its_last_record_opens_and_lost_only_that(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    spool = Spool(whole / "spool.db")
    for value in range(5):
        spool.add(row(str(value)), synced=True)
    log = whole / "spool.db-wal"
    before = log.stat().st_size
    spool.add(row("5"), synced=False)
    after = log.stat().st_size
    assert before < after
    cut = tmp_path / "cut"
    seen = set()
    for size in (*range(before, after, 7), after - 1, after):
        shutil.rmtree(cut, ignore_errors=True)
        cut.mkdir()
        shutil.copy(whole / "spool.db", cut / "spool.db")
        (cut / "spool.db-wal").write_bytes(log.read_bytes()[:size])
        again = Spool(cut / "spool.db")
        found = [int(each.value) for each in again.after(0, limit=99)]
        assert found in (list(range(5)), list(range(6))), size
        assert len(found) * 71 == again.counted("bytes")
        assert again.add(row("6"), synced=True)
        again.close()
        seen.add(len(found))
    assert {5, 6} == seen
    spool.close()


def device(folder: Path, first: int, number: int) -> "subprocess.Popen[str]":
    path = os.pathsep.join((str(ROOT / "clients/troth-thing/src"), str(ROOT)))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.thing_victim", str(folder), str(first), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def killed_after(process: "subprocess.Popen[str]", lines: int) -> int:
    """Kill it once it has said so many lines; returns the last value that it had said it keeps."""
    assert process.stdout is not None
    last = -1
    for at, line in enumerate(process.stdout, start=1):
        last = int(line)
        if at == lines:
            process.kill()
            break
    for line in process.stdout:  # what was on its way
        last = int(line) if line.endswith("\n") else last
    process.wait()
    process.stdout.close()
    if process.stdin is not None:
        process.stdin.close()
    return last


def test_a_device_killed_at_random_moments_has_every_value_stored_once(town: Town, tmp_path: Path) -> None:
    mine = joined(town, "pond-killed", tmp_path)
    moments = random.Random(32)
    kept: set[int] = set()
    first = 0
    for _ in range(6):
        last = killed_after(device(tmp_path, first, 100_000), moments.randrange(1, 120))
        kept |= set(range(first, last + 1))
        first = last + 2  # one more may be in the spool
    spool = Spool(tmp_path / "spool.db")
    with Thing(mine, spool) as thing:
        assert thing.wait(WAIT_S)
    found = results(town, "pond-killed")
    assert len(found) == len(set(found))
    assert kept <= set(found)
    assert len(set(found) - kept) <= 6
    assert sorted(found, key=str) == sorted(set(found), key=str)


def test_a_node_killed_on_the_way_has_every_value_stored_once(tmp_path: Path) -> None:
    node = NodeProgram(tmp_path / "data", settings=SETTINGS)
    town = Town(node.start(), tmp_path / "state")
    try:
        mine = joined(town, "pond-node", tmp_path)
        spool = Spool(tmp_path / "spool.db")
        at = 0
        for _ in range(3):
            here = Credential(
                mine.thing,
                mine.slug,
                mine.credential,
                topics=mine.topics,
                mqtt=f"mqtt://127.0.0.1:{node.mqtt_port}",
            )
            with Thing(here, spool, patience_s=0.2) as thing:
                assert thing.wait_connected(WAIT_S)
                for value in range(at, at + 500):
                    thing.publish("level", value)
                at += 500
                node.kill()
            node.start()
        here = Credential(
            mine.thing, mine.slug, mine.credential, topics=mine.topics, mqtt=f"mqtt://127.0.0.1:{node.mqtt_port}"
        )
        with Thing(here, spool) as thing:
            assert thing.wait(WAIT_S)
        assert list(range(1500)) == results(town, "pond-node")
    finally:
        node.stop()
