"""`troth store check` passes a sound folder, while its node runs too, and finds damage of every kind that is planted."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.faults.expiring_house import OVER_NS, ExpiringHouse
from troth.adapters.reading_lock import held_alone, held_for_wiping
from troth.adapters.tls_files import TlsFolder
from troth.cli import main
from troth.clock import NS_PER_S
from troth.testing.people import WorldThing
from troth.things.checked import Checked
from troth.things.observations import Outcome, Refusal


def check(folder: Path) -> tuple[int, Checked]:
    """Exit code and what it found."""
    ran = CliRunner().invoke(main, ["store", "check", "--json", "--data", str(folder / "data")])
    assert ran.exit_code in {0, 1}, ran.output
    return ran.exit_code, msgspec.json.decode(ran.stdout, type=Checked)


def in_words(folder: Path) -> str:
    return CliRunner().invoke(main, ["store", "check", "--data", str(folder / "data")]).stdout


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rows of two days in several partitions, one segment more, and rows that are not moved."""
    folder = tmp_path_factory.mktemp("sound")
    with ExpiringHouse(folder) as house:
        things = house.furnish()
        house.first_day(things)
        house.tick()
        for at in range(20):
            things["meter"].says(float(at))
        house.second_day(things)
        house.tick()
        house.second_day(things)
        house.tick()
        things["meter"].says(0.125)
        things["meter"].says(0.25)
    return folder


def test_a_sound_folder_holds(sound: Path) -> None:
    code, checked = check(sound)
    assert (0, (), ()) == (code, checked.findings, checked.notes)
    assert checked.stored == checked.rows + checked.unmoved == 29
    assert checked.unmoved == 2
    assert checked.segments == 3
    assert "Everything holds" in in_words(sound)


def test_it_holds_while_the_node_runs_and_after_something_went(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path) as house:
        things = house.furnish()
        house.first_day(things)
        assert 0 == check(tmp_path)[0]
        house.tick()
        house.second_day(things)
        assert 0 == check(tmp_path)[0]
        house.still.now_ns = OVER_NS
        house.look()
        code, checked = check(tmp_path)
        assert (0, 5, 2, ()) == (code, checked.stored, checked.expired, checked.findings)
        house.run(_refused_as_expired(house, things["meter"]))
        code, checked = check(tmp_path)
        assert (0, 5, 2, ()) == (code, checked.stored, checked.expired, checked.findings)
        house.tick()
    assert 0 == check(tmp_path)[0]


async def _refused_as_expired(house: ExpiringHouse, thing: WorldThing) -> None:
    told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    house.node.hear.count(thing.joined.thing, Refusal.EXPIRED, told.set_result)
    house.node.hear.flush()
    assert Refusal.EXPIRED is await told


def test_it_holds_after_somebody_was_erased(tmp_path: Path) -> None:
    from tests.faults.real_house import RealHouse, furnish  # noqa: PLC0415 - heavy, for this test alone

    with RealHouse(tmp_path) as house:
        at = furnish(house)
        house.erase(at.ana)
        code, checked = check(tmp_path)
        assert (0, ()) == (code, checked.findings)
        house.tick()
    assert 0 == check(tmp_path)[0]


def test_where_nothing_is_it_says_so_with_another_code(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["store", "check", "--data", str(tmp_path)])
    assert ran.exit_code == 2
    assert "there are no stores here" in ran.stderr


def test_a_newer_format_is_refused_by_name(sound: Path, tmp_path: Path) -> None:
    folder = copy(sound, tmp_path)
    sql(folder / "data" / "conduct.db", "UPDATE meta SET value = 99 WHERE name = 'format'")
    ran = CliRunner().invoke(main, ["store", "check", "--data", str(folder / "data")])
    assert ran.exit_code == 2
    assert "format 99" in ran.stderr


def copy(sound: Path, folder: Path) -> Path:
    shutil.copytree(sound, folder / "copy")
    return folder / "copy"


def sql(path: Path, *statements: str) -> None:
    base = sqlite3.connect(path)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()


def in_conduct(*statements: str) -> Callable[[Path], None]:
    return lambda data: sql(data / "conduct.db", *statements)


def in_accounts(*statements: str) -> Callable[[Path], None]:
    return lambda data: sql(data / "accounts.db", *statements)


def in_an_account(change: str) -> Callable[[Path], None]:
    """Change the first of them."""
    words = "UPDATE accounts SET " + change + " WHERE digest = (SELECT min(digest) FROM accounts)"  # noqa: S608 - of this file
    return in_accounts(words)


def in_segments(*statements: str) -> Callable[[Path], None]:
    return lambda data: sql(data / "partitions" / "segments.db", *statements)


def in_a_partition(*statements: str) -> Callable[[Path], None]:
    return lambda data: sql(partition(data), *statements)


def partition(data: Path) -> Path:
    """The one that holds most rows."""
    return max((data / "partitions").glob("*/*/*-*.db"), key=rows_of)


def rows_of(path: Path) -> int:
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (count,) = base.execute("SELECT count(*) FROM rows").fetchone()
    base.close()
    return int(count)


def garbage(path: Path) -> None:
    path.write_bytes(b"rows " * 4_000)


def overwrite(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at : at + 400] = bytes(400)
    path.write_bytes(data)


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a partition is garbage": (lambda data: garbage(partition(data)), "cannot be opened"),
    "a page of a partition is lost": (lambda data: overwrite(partition(data), 4_096 * 3), "damaged"),
    "a partition holds something else": (
        in_a_partition("UPDATE meta SET value = 'conduct' WHERE name = 'kind'"),
        "something else",
    ),
    "a partition is gone": (lambda data: partition(data).unlink(), "do not make"),
    "a partition has another name": (lambda data: _renamed(partition(data), "2026-13-77.db"), "says no period"),
    "a row lies outside its period": (
        lambda data: _renamed(partition(data), "2020-01-01.db"),
        "outside the period of its file",
    ),
    "rows are out of order": (
        in_a_partition(
            "CREATE TABLE other AS SELECT * FROM rows ORDER BY from_ns DESC",
            "DROP TABLE rows",
            "ALTER TABLE other RENAME TO rows",
        ),
        "rows are out of order",
    ),
    "a value was changed": (
        in_a_partition("UPDATE rows SET number = number + 1 WHERE from_ns = (SELECT max(from_ns) FROM rows)"),
        "not the one that was hashed",
    ),
    "a salt was changed": (
        in_a_partition("UPDATE rows SET salt = zeroblob(16) WHERE from_ns = (SELECT max(from_ns) FROM rows)"),
        "not the one that was hashed",
    ),
    "a row names a segment that is not there": (
        in_a_partition("UPDATE rows SET segment = 0 WHERE from_ns = (SELECT max(from_ns) FROM rows)"),
        "its segment is not there",
    ),
    "a row has lost its result": (
        in_a_partition("UPDATE rows SET number = NULL WHERE from_ns = (SELECT max(from_ns) FROM rows)"),
        "read to its end",
    ),
    "a row was deleted": (
        in_a_partition("DELETE FROM rows WHERE from_ns = (SELECT max(from_ns) FROM rows)"),
        "do not make",
    ),
    "the way from number to row is lost": (in_a_partition("DELETE FROM blocks"), "cannot be found by its number"),
    "a partition is ahead": (
        in_a_partition("UPDATE meta SET value = 99 WHERE name = 'held'"),
        "a segment that was never decided",
    ),
    "a segment is gone": (in_segments("DELETE FROM segments WHERE number = 2"), "segment 2 is missing"),
    "the last segment is gone": (in_segments("DELETE FROM segments WHERE number = 3"), "fewer segments than"),
    "leaves were changed": (
        in_segments("UPDATE segments SET leaves = zeroblob(length(leaves)) WHERE number = 2"),
        "does not give the root",
    ),
    "a statement was changed": (
        in_segments(
            "UPDATE segments SET statement = (SELECT statement FROM segments WHERE number = 1) WHERE number = 2"
        ),
        "does not give the root",
    ),
    "a trace was changed": (
        in_segments(
            "UPDATE traces SET salt = zeroblob(16) WHERE segment = 1 AND leaf = (SELECT min(leaf) FROM traces)"
        ),
        "is not the one that was hashed",
    ),
    "a commit was changed": (
        in_conduct("UPDATE commits SET rows = substr(rows, 1, 90) WHERE length(rows) > 0"),
        "cannot be read",
    ),
    "a commit is gone": (in_conduct("DELETE FROM commits WHERE n = (SELECT min(n) FROM commits)"), "missing"),
    "a count was changed": (in_conduct("UPDATE counters SET n = n + 1 WHERE what = 'stored'"), "do not make"),
    "a sequence was changed": (
        in_conduct("UPDATE streams SET next = next + 5 WHERE next = (SELECT min(next) FROM streams)"),
        "got a number",
    ),
    "a latest row was changed": (in_conduct("UPDATE streams SET latest = substr(latest, 1, 40)"), "latest row"),
    "conduct was put back": (
        in_conduct("UPDATE meta SET value = value - 1 WHERE name IN ('cuts', 'cleared')"),
        "fewer segments",
    ),
    "conduct is garbage": (lambda data: garbage(data / "conduct.db"), "cannot be opened"),
    "the journal is gone": (lambda data: (data / "journal.db").unlink(), "missing"),
    "a credential of nobody": (
        in_an_account("thing = zeroblob(16)"),
        "is of a thing that the journal does not know",
    ),
    "a session of nobody": (
        in_an_account("bearer = 'session', thing = NULL, person = zeroblob(16), until_ns = 9"),
        "is of a person that the journal does not know",
    ),
    "a short name of nobody": (
        in_accounts("UPDATE slugs SET thing = zeroblob(16) WHERE slug = (SELECT min(slug) FROM slugs)"),
        "short name is of a thing that the journal does not know",
    ),
    "a credential of no kind": (in_an_account("bearer = 'king'"), "of no kind"),
    "a credential of another kind": (
        in_an_account("bearer = 'operator'"),
        "of somebody of another kind",
    ),
    "a certificate for ever": (in_an_account("bearer = 'certificate'"), "has no end"),
    "a digest that is none": (in_an_account("digest = x'01'"), "is no digest"),
    "a ledger is garbage": (lambda data: garbage(data / "ledgers.db"), "cannot be opened"),
}


def _renamed(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


@pytest.mark.parametrize("name", DAMAGE)
def test_planted_damage_is_found(name: str, sound: Path, tmp_path: Path) -> None:
    folder = copy(sound, tmp_path)
    plant, expected = DAMAGE[name]
    for left in (folder / "data").rglob("*-shm"):
        left.unlink()
    plant(folder / "data")
    code, checked = check(folder)
    assert code == 1, name
    assert any(expected in each.what for each in checked.findings), checked.findings
    assert "This does not hold" in in_words(folder)


def test_certificates_are_compared_with_their_authority(sound: Path, tmp_path: Path) -> None:
    folder = copy(sound, tmp_path)
    now = datetime.now(UTC)  # noqa: TID251 - the authority is made by this clock
    end_ns = int((now + timedelta(days=10)).timestamp()) * NS_PER_S
    in_an_account(f"bearer = 'certificate', until_ns = {end_ns}")(folder / "data")
    code, checked = check(folder)
    assert (0, ()) == (code, checked.findings)
    assert "1 certificates of things are kept, and tls/ does not hold the authority" in checked.notes[0]
    TlsFolder(folder / "data" / "tls", names=["localhost"], now=lambda: now - timedelta(days=100))
    assert () == check(folder)[1].notes
    shutil.rmtree(folder / "data" / "tls")
    TlsFolder(folder / "data" / "tls", names=["localhost"], now=lambda: now)
    assert "older than the authority in tls/" in check(folder)[1].notes[0]
    in_an_account(f"until_ns = {2**62}")(folder / "data")
    code, checked = check(folder)
    assert (1, "a certificate ends after the authority that should have signed it") == (code, checked.findings[0].what)


@pytest.mark.parametrize("hold", [held_for_wiping, held_alone])
def test_it_waits_for_a_node_that_wipes_a_file_or_puts_one_anew(
    sound: Path, hold: Callable[[Path], AbstractContextManager[None]]
) -> None:
    data = sound / "data"
    with ThreadPoolExecutor(1) as pool:
        with hold(data if hold is held_for_wiping else data / "partitions"):
            looked = pool.submit(check, sound)
            assert not wait([looked], timeout=1).done
        assert 0 == looked.result(30)[0]
