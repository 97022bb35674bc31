"""Both account stores equal a plain model; what only a file can do is tested beside it."""

import sqlite3
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from tests.contracts.test_account_stores import MemoryAccountBench, SqliteAccountBench
from troth.errors import FormatTooNew, StorageFailed
from troth.journeys.accounts import Account, Bearer, token_digest
from troth.journeys.logins import Holder, Login, OwnKey, Wrapped
from troth.names import Slug, ThingId
from troth.testing.contracts import fails, name_of, run
from troth.testing.contracts_accounts import AccountBench
from troth.testing.contracts_accounts_mix import ACCOUNT_MIX_CASES
from troth.testing.faults import StoreFault

TOKEN = "a token that was shown once"
ACCOUNT = Account(token_digest(TOKEN), Bearer.OPERATOR)
WITHOUT_MAIL = "DROP TABLE mail_addresses; DROP TABLE mail_letters; DROP TABLE reads; DROP TABLE asked"
FORMAT_1 = """
    PRAGMA journal_mode=WAL;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('kind', 'accounts'), ('format', 1);
    CREATE TABLE accounts(
        digest BLOB PRIMARY KEY, bearer TEXT NOT NULL, thing BLOB, party TEXT, app TEXT, purpose TEXT, person BLOB,
        until_ns INTEGER) WITHOUT ROWID;
    CREATE TABLE slugs(slug TEXT PRIMARY KEY, thing BLOB NOT NULL UNIQUE) WITHOUT ROWID;
"""


@pytest.mark.parametrize("case", ACCOUNT_MIX_CASES, ids=name_of)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_account_store_equals_its_model(
    kind: str, case: Callable[[AccountBench], Awaitable[None]], tmp_path: Path
) -> None:
    def make() -> AccountBench:
        return MemoryAccountBench() if kind == "memory" else SqliteAccountBench(tmp_path)

    run(case, make)


def with_file(case: Callable[[SqliteAccountBench], Awaitable[None]], folder: Path) -> None:
    run(case, partial(SqliteAccountBench, folder))


def test_the_files_are_their_owners_alone_and_hold_no_token(tmp_path: Path) -> None:
    async def case(bench: SqliteAccountBench) -> None:
        store = await bench.open()
        await store.add(ACCOUNT)
        files = list(bench.folder.iterdir())
        assert {"accounts.db", "accounts.db-shm", "accounts.db-wal"} == {path.name for path in files}
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}
        assert any(ACCOUNT.digest in path.read_bytes() for path in files)
        assert not any(TOKEN.encode() in path.read_bytes() for path in files)

    with_file(case, tmp_path)


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    async def case(bench: SqliteAccountBench) -> None:
        store = await bench.open()
        bench.arm(StoreFault.FAILS)
        await fails(StorageFailed, store.add(ACCOUNT))
        await fails(StorageFailed, store.add(ACCOUNT))
        await store.close()
        assert [StorageFailed] == [type(each) for each in bench.failures]

    with_file(case, tmp_path)


def test_a_file_of_format_1_is_given_what_it_lacks(tmp_path: Path) -> None:
    async def case(bench: SqliteAccountBench) -> None:
        path = bench.folder / "accounts.db"
        connection = sqlite3.connect(path)
        connection.executescript(FORMAT_1)
        connection.execute(
            "INSERT INTO accounts VALUES (?, 'operator', NULL, NULL, NULL, NULL, NULL, 7)", (ACCOUNT.digest,)
        )
        connection.commit()
        connection.close()
        old = Account(ACCOUNT.digest, Bearer.OPERATOR, until_ns=7)
        for _ in range(2):
            store = await bench.open()
            assert old == store.find(ACCOUNT.digest)
            await store.close()
        store = await bench.open()
        login = await store.logins.change(Login(bytes(16), Holder()), lambda each: each)
        assert login == store.logins.of(Holder())

    with_file(case, tmp_path)


async def filled(bench: SqliteAccountBench, damage: str) -> None:
    store = await bench.open()
    await store.add(ACCOUNT)
    await store.name(Slug("meter"), ThingId(bytes(16)))
    await store.close()
    connection = sqlite3.connect(bench.folder / "accounts.db")
    connection.executescript(damage)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("older", [2, 3])
def test_a_file_of_format_2_or_3_keeps_its_logins_and_takes_keys_that_people_keep(older: int, tmp_path: Path) -> None:
    async def case(bench: SqliteAccountBench) -> None:
        await filled(bench, f"{WITHOUT_MAIL}; UPDATE meta SET value = {older} WHERE name = 'format'")  # noqa: S608 - a number of this test
        store = await bench.open()
        wrapped = Wrapped("phrase", bytes(16), 16, 1, bytes(12), b"box")
        own = OwnKey(b"key", (wrapped,), 7)
        await store.logins.change(Login(bytes(16), Holder()), lambda each: msgspec.structs.replace(each, own=own))
        await store.close()
        again = await bench.open()
        login = again.logins.of(Holder())
        assert login is not None
        assert own == login.own
        assert ACCOUNT == again.find(ACCOUNT.digest)
        connection = sqlite3.connect(bench.folder / "accounts.db")
        assert (7,) == connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
        connection.close()

    with_file(case, tmp_path)


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    async def case(bench: SqliteAccountBench) -> None:
        await filled(bench, "UPDATE meta SET value = 8 WHERE name = 'format'")
        error = await fails(FormatTooNew, bench.open())
        assert "accounts has format 8" in error.message
        assert [] == bench.failures

    with_file(case, tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE accounts SET bearer = 'everybody'",
        "UPDATE meta SET value = 'journal' WHERE name = 'kind'",
        "DROP TABLE slugs",
        "DROP TABLE logins",
        "INSERT INTO logins VALUES ('operator', x'00', NULL, NULL, x'7b')",
        "DROP TABLE accounts",
    ],
)
def test_a_damaged_file_is_not_opened(damage: str, tmp_path: Path) -> None:
    async def case(bench: SqliteAccountBench) -> None:
        await filled(bench, damage)
        await fails(StorageFailed, bench.open())
        assert [] == bench.failures

    with_file(case, tmp_path)
