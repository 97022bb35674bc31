"""A backup brings everything back that was acknowledged before it, and nothing that was erased or deleted since."""

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.faults.expiring_house import GOES, OVER_NS, STAYS, YOUNG, ExpiringHouse
from tests.faults.known_bytes import known_of
from tests.faults.real_house import Furnished, RealHouse, furnish
from tests.faults.test_kill import Load, stored, wait_for_segment
from tests.faults.test_kill import furnish as furnish_victim
from tests.faults.test_retention import values
from tests.journeys.test_enveloped import disclosed as disclosure_of
from troth.adapters.backup_keys import BackupKeyFiles
from troth.adapters.backup_sealing import parts, unseal
from troth.cli import main
from troth.errors import NotFound
from troth.journeys.say import Say
from troth.names import StatementId
from troth.signing.cose import PayloadForm
from troth.statements.kinds import KindName
from troth.testing.people import install, open_to_anyone
from troth.testing.program import NodeProgram


def troth(*args: str | Path, state: Path) -> Result:
    """A command, with its copies outside in `state`."""
    return CliRunner().invoke(
        main, [str(each) for each in args], env={"TROTH_OUTSIDE_DIR": str(state), "TROTH_SEGMENT_TICK_S": "1"}
    )


def done(*args: str | Path, state: Path) -> str:
    result = troth(*args, state=state)
    assert result.exit_code == 0, result.output
    return result.stdout


def opened(file: Path, keys: Path) -> bytes:
    """Everything of a backup that can be read with these keys."""
    with file.open("rb") as data:
        backup, sealed = parts(data)
        known = BackupKeyFiles(keys / "backups").read(backup)
        return b"".join(unseal(each, known, backup) or b"" for each in sealed)


def holding(folder: Path, needles: dict[str, bytes]) -> set[str]:
    """Which of these are in some file of a folder."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {name for name, needle in needles.items() if any(needle in data for data in files)}


@pytest.mark.slow
def test_what_was_acknowledged_before_a_backup_under_load_comes_back(tmp_path: Path) -> None:
    node = NodeProgram(tmp_path / "data", settings={"TROTH_SEGMENT_TICK_S": "1"})
    node.start()
    slug, credential = furnish_victim(node)
    load = Load(node, slug, credential, first=0, enough=3_000)
    assert load.enough.wait(timeout=60)
    before = set(load.acknowledged)
    state = tmp_path / "state-of-commands"
    done("store", "backup", tmp_path / "backup", "--data", node.data, state=state)
    assert len(load.acknowledged) > len(before), "nobody stopped for it"
    wait_for_segment(node)
    wait_for_segment(node)
    node.kill()
    load.stop()
    outside = tmp_path / "data-state"
    keys = node.data / "keys"
    again = NodeProgram(tmp_path / "again", settings={"TROTH_SEGMENT_TICK_S": "1"})
    fresh = tmp_path / "again-state" / "troth"
    done("store", "restore", tmp_path / "backup", "--keys", keys, "--data", again.data, state=fresh)
    done("store", "check", "--data", again.data, state=fresh)
    again.start()
    found = stored(again)
    assert before - found.keys() == set()
    assert {number for number, times in found.items() if times > 1} == set()
    proof = again.ask("GET", f"/api/proofs/{_newest(again)}")
    assert proof.status == 200
    again.stop()
    late = troth(
        "store", "restore", tmp_path / "backup", "--keys", keys, "--data", tmp_path / "late", state=outside / "troth"
    )
    assert late.exit_code == 1
    assert "log-diverged" in late.stderr, "somebody outside has seen more of the log"
    done("log", "succeed", "--reason", "The disk broke.", "--data", tmp_path / "late", state=outside / "troth")
    followed = NodeProgram(tmp_path / "late", settings={"TROTH_OUTSIDE_DIR": str(outside / "troth")})
    followed.start()
    assert before - stored(followed).keys() == set()
    followed.stop()


def _newest(node: NodeProgram) -> int:
    page = node.ask("GET", "/v1.1/Datastreams(1)/Observations?$top=1").json()
    assert isinstance(page, dict)
    return int(page["value"][0]["@iot.id"])


def backed_up(house: RealHouse, folder: Path) -> Path:
    house.tick()
    done("store", "backup", folder / "backup", "--data", house.data, state=house.state)
    return folder / "backup"


def test_it_brings_back_what_people_and_things_said(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        at = furnish(house)
        file = backed_up(house, tmp_path)
        book = house.run(house.node.book.page(at.ben.asker())).lines
        kept = said_again(house, at)
        left = known_of(at)
    (tmp_path / "two").mkdir()
    keys, target = tmp_path / "one" / "data" / "keys", tmp_path / "two" / "data"
    done(
        "store",
        "restore",
        file,
        "--keys",
        keys,
        "--data",
        target,
        "--nothing-revoked",
        state=tmp_path / "two" / "state",
    )
    done("store", "check", "--data", tmp_path / "two" / "data", state=tmp_path / "two" / "state")
    lost = holding(tmp_path / "one" / "data", left.needles) - holding(tmp_path / "two" / "data", left.needles)
    assert lost <= {"repeat key, fresh", "repeat key, moved"}
    with RealHouse(tmp_path / "two") as house:
        at.ana.around = at.ben.around = at.lamp.around = house
        assert book == house.run(house.node.book.page(at.ben.asker())).lines
        assert kept == said_again(house, at)
        newest = at.ben.reads(at.lamp)
        assert [7.5, 7.5] == [row.result for row in newest]
        at.lamp.says(8.25)
        house.tick()
        assert [7.5, 7.5, 8.25] == [row.result for row in at.ben.reads(at.lamp)]


def said_again(house: RealHouse, at: Furnished) -> dict[str, object]:
    """Every observation by its handle."""
    asks = {name: None if name.startswith("gauge") else at.ana.asker() for name in at.kept}
    return {name: house.run(house.node.tell.observation(at.kept[name], asker=who)).rows for name, who in asks.items()}


def test_a_backup_alone_gives_nothing_away(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        at = furnish(house)
        file = backed_up(house, tmp_path)
        left = known_of(at)
    data = file.read_bytes()
    assert not [name for name, needle in left.needles.items() if needle in data]
    assert oct(file.stat().st_mode)[-3:] == "600"


def test_an_erased_person_cannot_be_read_from_an_older_backup(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        at = furnish(house)
        file = backed_up(house, tmp_path)
        left = known_of(at)
        keys = house.data / "keys"
        in_it = {name for name, needle in left.needles.items() if needle in opened(file, keys)}
        assert in_it, "what cannot be read before proves nothing when it cannot be read afterwards"
        shutil.copytree(keys, tmp_path / "older keys")
        house.erase(at.ana)
        whole = opened(file, keys)
        assert not [name for name, needle in left.needles.items() if needle in whole]
        house.tick()
    for name, kept, state in (
        ("without the list", keys, tmp_path / "nothing known"),
        ("with older keys", tmp_path / "older keys", tmp_path / "one" / "state"),
    ):
        target = tmp_path / name
        restored = troth("store", "restore", file, "--keys", kept, "--data", target / "data", state=state)
        assert "cannot be opened" in restored.stdout or "log-diverged" in restored.stderr
        assert holding(target / "data", left.needles) <= {each for each in left.needles if "key" in each}, name
        if name == "without the list":
            shutil.copytree(tmp_path / "nothing known", target / "state")
            with RealHouse(target) as house:
                at.ben.around = at.lamp.around = house
                assert [7.5, 7.5] == [row.result for row in at.ben.reads(at.lamp)]
                with pytest.raises(NotFound):
                    house.node.erase.preview(at.ana.person)


def test_what_was_over_cannot_be_read_from_an_older_backup(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path / "one") as house:
        things = house.furnish()
        house.first_day(things)
        house.tick()
        house.second_day(things)
        file = backed_up(house, tmp_path)
        keys = house.data / "keys"
        found = opened(file, keys)
        assert all(needle in found for needle in GOES.values())
        house.still.now_ns = OVER_NS
        house.look()
        found = opened(file, keys)
        assert not any(needle in found for needle in GOES.values())
        assert all(needle in found for needle in STAYS.values())
        meter = things["meter"].stream
    target = tmp_path / "two"
    said = done("store", "restore", file, "--keys", keys, "--data", target / "data", state=target / "state")
    assert "cannot be opened" in said
    assert "counts were not compared" in done("store", "check", "--data", target / "data", state=target / "state")
    with ExpiringHouse(target, at_ns=OVER_NS) as house:
        assert [YOUNG] == values(house, meter)


def test_a_deleted_text_cannot_be_read_from_an_older_backup(tmp_path: Path) -> None:
    with RealHouse(tmp_path / "one") as house:
        gauge = install(house, "gauge", stream="level", type_="number", purposes=(open_to_anyone(),), household=None)
        say = Say(house.node.accept, house.node.keyring, clock=house.clock, entropy=os.urandom)

        def disclosed(title: str) -> StatementId:
            body = disclosure_of(gauge, title=title)
            said = say.say(KindName.DISCLOSURE, body, subject=body.product, form=PayloadForm.DIGEST)
            return house.run(said).statement

        secret = disclosed("a sentence that goes")
        disclosed("a sentence that stays")
        file = backed_up(house, tmp_path)
        keys = house.data / "keys"
        assert b"a sentence that goes" in opened(file, keys)
        house.run(house.node.forget.text(secret))
        found = opened(file, keys)
        assert b"a sentence that goes" not in found
        assert b"a sentence that stays" in found


def test_a_damaged_backup_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path / "one") as house:
        house.first_day(house.furnish())
        file = backed_up(house, tmp_path)
        keys = house.data / "keys"
    data = file.read_bytes()
    chance = random.Random(3)
    damaged = [data[:-1], data[: len(data) // 2], b"", data + b"\x00", b"x" + data[1:]]
    for _ in range(20):
        at = chance.randrange(15 + 16, len(data))
        damaged.append(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    for number, each in enumerate(damaged):
        (tmp_path / "damaged").write_bytes(each)
        target = tmp_path / "two"
        result = troth(
            "store",
            "restore",
            tmp_path / "damaged",
            "--keys",
            keys,
            "--data",
            target,
            state=tmp_path / f"state {number}",
        )
        assert result.exit_code == 1, number
        assert "bad-backup" in result.stderr or "not-found" in result.stderr, result.stderr
        assert not target.exists()


def test_it_takes_no_place_of_anything(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path / "one") as house:
        house.first_day(house.furnish())
        file = backed_up(house, tmp_path)
        again = troth("store", "backup", file, "--data", house.data, state=house.state)
        assert again.exit_code == 1
        assert "a file of this name" in again.stderr
        onto = troth("store", "restore", file, "--keys", house.data / "keys", "--data", house.data, state=house.state)
        assert onto.exit_code == 1
        assert "not empty" in onto.stderr
        wrong = troth("store", "restore", file, "--keys", tmp_path, "--data", tmp_path / "two", state=house.state)
        assert wrong.exit_code == 1
        assert "the keys of this backup are not here" in wrong.stderr


def test_what_is_not_moved_is_waited_for_and_without_a_node_it_says_so(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path / "one") as house:
        house.first_day(house.furnish())
    result = troth(
        "store", "backup", tmp_path / "backup", "--data", tmp_path / "one" / "data", state=tmp_path / "state"
    )
    assert result.exit_code == 1
    assert "not moved yet" in result.stderr
    assert not list(tmp_path.glob("backup*"))


def test_what_is_deleted_meanwhile_ends_the_backup(tmp_path: Path) -> None:
    with ExpiringHouse(tmp_path / "one") as house:
        house.first_day(house.furnish())
        house.tick()
        base = sqlite3.connect(house.data / "partitions" / "segments.db")
        base.execute("INSERT INTO meta VALUES ('expiry', x'80')")  # as between deciding and deleting
        base.commit()
        result = troth("store", "backup", tmp_path / "backup", "--data", house.data, state=house.state)
        base.execute("DELETE FROM meta WHERE name = 'expiry'")
        base.commit()
        base.close()
        assert result.exit_code == 1
        assert "something was deleted" in result.stderr
        assert not list(tmp_path.glob("backup*"))
        assert not list((house.data / "keys" / "backups").glob("*.keys"))
