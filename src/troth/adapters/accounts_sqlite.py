"""Accounts and short names in one SQLite file, all of them in memory for finding.

Rules
- A change is durable before memory knows it; memory is what `find` and `slugs` see.
- A file of an older format is given what the newest has when it is opened.
- What is refused is judged where changes are ordered, by the file, so that a token cannot be spent twice at once.

Source: things.md, "A thing joins"; the contract is `journeys.accounts.AccountStore`.
Left out: logins, outgoing mail, days of reading and of asking, on the same writer: `logins_sqlite`, `mail_sqlite`,
`read_days_sqlite`, `asked_sqlite`.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self, TypeAlias

import msgspec

from troth.adapters import asked_sqlite, logins_sqlite, mail_sqlite, read_days_sqlite
from troth.adapters.asked_sqlite import SqliteAsked
from troth.adapters.logins_sqlite import SqliteLogins
from troth.adapters.mail_sqlite import SqliteMail
from troth.adapters.read_days_sqlite import SqliteReadDays
from troth.adapters.sqlite_files import Connect, connect_writer, owe_wiping
from troth.adapters.sqlite_writer import SqliteWriter
from troth.errors import Conflict, StorageFailed, WrongToken
from troth.journeys.accounts import Account, Bearer, Way, holder_of
from troth.journeys.logins import Holder
from troth.names import Slug, ThingId

__all__ = ["SqliteAccounts"]

Row: TypeAlias = tuple[Any, ...]  # of the driver, typed by the schema

FORMAT: Final = 7
"""2: logins, tries, when accounts were made and used; 3: keys that people keep; 4: mail; 5: days of reading; 6: days of asking;
7: who connected a thing."""
SCHEMA: Final = f"""
    CREATE TABLE accounts(
        digest BLOB PRIMARY KEY, bearer TEXT NOT NULL, thing BLOB, party TEXT, app TEXT, purpose TEXT, person BLOB,
        until_ns INTEGER, made_ns INTEGER, used_ns INTEGER, way TEXT, browser TEXT) WITHOUT ROWID;
    CREATE TABLE slugs(slug TEXT PRIMARY KEY, thing BLOB NOT NULL UNIQUE) WITHOUT ROWID;
    {logins_sqlite.SCHEMA};
    {mail_sqlite.SCHEMA};
    {read_days_sqlite.SCHEMA};
    {asked_sqlite.SCHEMA}
"""
_SINCE_2: Final = f"""
    ALTER TABLE accounts ADD COLUMN made_ns INTEGER;
    ALTER TABLE accounts ADD COLUMN used_ns INTEGER;
    ALTER TABLE accounts ADD COLUMN way TEXT;
    ALTER TABLE accounts ADD COLUMN browser TEXT;
    {logins_sqlite.SCHEMA}
"""
_SINCE: Final = {
    2: _SINCE_2,
    3: "",
    4: mail_sqlite.SCHEMA,
    5: read_days_sqlite.SCHEMA,
    6: asked_sqlite.SCHEMA,
    7: "",
}  # what each format has that the one before had not
_COLUMNS: Final = "digest, bearer, thing, party, app, purpose, person, until_ns, made_ns, used_ns, way, browser"
_ACCOUNT: Final = f"SELECT {_COLUMNS} FROM accounts"  # noqa: S608 - names from constants
_INSERT: Final = f"INSERT INTO accounts({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - the same


_HELD: Final = frozenset(
    {Bearer.SESSION, Bearer.INVITATION, Bearer.SPENT, Bearer.RECIPIENT, Bearer.FEED, Bearer.CONNECTED}
)


class SqliteAccounts:
    """`AccountStore` in `path`. Made by `open`, on the loop that it then belongs to."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer
        self._logins = SqliteLogins(writer)
        self._mail = SqliteMail(writer)
        self._reads = SqliteReadDays(writer)
        self._asked = SqliteAsked(writer)
        self._accounts: dict[bytes, Account] = {}
        self._held: dict[Holder, dict[bytes, Account]] = {}
        self._of: dict[tuple[Bearer, ThingId | None], dict[bytes, Account]] = {}
        self._slugs: dict[Slug, ThingId] = {}
        self._named: dict[ThingId, Slug] = {}

    @classmethod
    async def open(
        cls, path: Path, *, on_failure: Callable[[Exception], None], connect: Connect = connect_writer
    ) -> Self:
        """Open or make the file and read all of it.

        Args:
            path: of the file; its folder is made if it is absent.
            on_failure: called once, on the loop, when the file has failed. The process must end.
            connect: opens the writing connection.

        Raises:
            FormatTooNew: a newer program wrote the file.
            StorageFailed: it cannot be opened, read or written.
        """
        writer = SqliteWriter(path, connect=connect, on_failure=on_failure)
        accounts = cls(writer)
        await writer.open(accounts._load, kind="accounts", newest=FORMAT, schema=SCHEMA)
        return accounts

    def find(self, digest: bytes) -> Account | None:
        return self._accounts.get(digest)

    def of(self, bearer: Bearer, *, thing: ThingId | None = None) -> tuple[Account, ...]:
        return tuple(self._of.get((bearer, thing), {}).values())

    def held(self, holder: Holder, bearer: Bearer) -> tuple[Account, ...]:
        return tuple(each for each in self._held.get(holder, {}).values() if each.bearer is bearer)

    @property
    def logins(self) -> SqliteLogins:
        return self._logins

    @property
    def mail(self) -> SqliteMail:
        return self._mail

    @property
    def reads(self) -> SqliteReadDays:
        return self._reads

    @property
    def asked(self) -> SqliteAsked:
        return self._asked

    async def add(self, account: Account) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            _refuse_taken(connection, account.digest)
            connection.execute(_INSERT, _columns(account))

            def then() -> None:
                self._learn(account)

            return then

        await self._writer.write(work)

    async def spend(self, digest: bytes, *gained: Account, ends: Sequence[bytes] = ()) -> None:
        gone = (digest, *ends)

        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            if not _is_there(connection, digest):
                raise WrongToken("this token is unknown or used")
            for each in gained:
                if each.digest not in gone:
                    _refuse_taken(connection, each.digest)
            connection.executemany("DELETE FROM accounts WHERE digest = ?", [(each,) for each in gone])
            connection.executemany(_INSERT, [_columns(each) for each in gained])

            def then() -> None:
                for each in gone:
                    self._forget(each)
                for account in gained:
                    self._learn(account)

            return then

        await self._writer.write(work)

    async def remove(self, *digests: bytes) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.executemany("DELETE FROM accounts WHERE digest = ?", [(each,) for each in digests])

            def then() -> None:
                for each in digests:
                    self._forget(each)

            return then

        await self._writer.write(work)

    async def used(self, times: Mapping[bytes, int]) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            rows = [(at_ns, digest) for digest, at_ns in times.items()]
            connection.executemany("UPDATE accounts SET used_ns = ? WHERE digest = ?", rows)

            def then() -> None:
                for digest, at_ns in times.items():
                    account = self._accounts.get(digest)
                    if account is not None:
                        self._learn(msgspec.structs.replace(account, used_ns=at_ns))

            return then

        await self._writer.write(work)

    async def name(self, slug: Slug, thing: ThingId) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            named = connection.execute("SELECT thing FROM slugs WHERE slug = ?", (slug,)).fetchone()
            if named is not None and named[0] != thing:
                raise Conflict("another thing has this short name")
            connection.execute("DELETE FROM slugs WHERE thing = ?", (thing,))
            connection.execute("INSERT INTO slugs(slug, thing) VALUES (?, ?)", (slug, thing))

            def then() -> None:
                self._call(slug, thing)

            return then

        await self._writer.write(work)

    async def join(self, named: Sequence[tuple[Slug, ThingId]], accounts: Sequence[Account]) -> None:
        former = [each for account in accounts for each in self.of(account.bearer, thing=account.thing)]

        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            for slug, thing in named:
                owner = connection.execute("SELECT thing FROM slugs WHERE slug = ?", (slug,)).fetchone()
                if owner is not None and owner[0] != thing:
                    raise Conflict("another thing has this short name")
            for account in accounts:
                _refuse_taken(connection, account.digest)
            # Nothing is refused from here on: what is refused has changed nothing.
            connection.executemany("INSERT OR IGNORE INTO slugs(slug, thing) VALUES (?, ?)", named)
            connection.executemany("DELETE FROM accounts WHERE digest = ?", [(each.digest,) for each in former])
            connection.executemany(_INSERT, [_columns(each) for each in accounts])

            def then() -> None:
                for slug, thing in named:
                    self._call(slug, thing)
                for each in former:
                    self._forget(each.digest)
                for each in accounts:
                    self._learn(each)

            return then

        await self._writer.write(work)

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], bool]:
            accounts = [
                row for row in connection.execute("SELECT digest, person, thing FROM accounts") if _goes(row, gone)
            ]
            slugs = [row for row in connection.execute("SELECT slug, thing FROM slugs") if gone(row[1])]
            connection.executemany("DELETE FROM accounts WHERE digest = ?", [(digest,) for digest, *_ in accounts])
            connection.executemany("DELETE FROM slugs WHERE slug = ?", [(slug,) for slug, _ in slugs])
            logins = self._logins.erase(connection, gone)
            mail, read = self._mail.erase(connection, gone), self._reads.erase(connection, gone)
            asked = self._asked.erase(connection, gone)
            if accounts or slugs or logins or mail or read:
                owe_wiping(connection)

            def then() -> bool:
                for digest, *_ in accounts:
                    self._forget(digest)
                for slug, thing in slugs:
                    self._slugs.pop(slug, None)
                    self._named.pop(ThingId(thing), None)
                self._logins.forget(logins)
                self._mail.forget(mail)
                self._reads.forget(read)
                self._asked.forget(asked)
                return bool(accounts or slugs or logins or mail or read)

            return then

        if await self._writer.write(work):
            await self._writer.wipe()

    def slugs(self) -> Mapping[Slug, ThingId]:
        return MappingProxyType(self._slugs)

    def slug_of(self, thing: ThingId) -> Slug | None:
        return self._named.get(thing)

    def _learn(self, account: Account) -> None:
        self._accounts[account.digest] = account
        self._of.setdefault((account.bearer, account.thing), {})[account.digest] = account
        if account.bearer in _HELD:
            self._held.setdefault(holder_of(account), {})[account.digest] = account

    def _forget(self, digest: bytes) -> None:
        account = self._accounts.pop(digest, None)
        if account is not None:
            alike = self._of[account.bearer, account.thing]
            del alike[digest]
            if not alike:
                del self._of[account.bearer, account.thing]
            if account.bearer in _HELD:
                holder = holder_of(account)
                self._held[holder].pop(digest, None)
                if not self._held[holder]:
                    del self._held[holder]

    def _call(self, slug: Slug, thing: ThingId) -> None:
        former = self._named.get(thing)
        if former is not None:
            self._slugs.pop(former, None)
        self._slugs[slug], self._named[thing] = thing, slug

    async def close(self) -> None:
        await self._writer.close()

    def _load(self, connection: sqlite3.Connection) -> Callable[[], None]:
        written = connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()[0]
        if written < FORMAT:
            _bring_up(connection, written)
        try:
            accounts = [_account(row) for row in connection.execute(_ACCOUNT)]
        except ValueError as cause:
            raise StorageFailed("the file for accounts holds a credential of an unknown kind") from cause
        slugs = {Slug(slug): ThingId(thing) for slug, thing in connection.execute("SELECT slug, thing FROM slugs")}

        logins, mail = self._logins.load(connection), self._mail.load(connection)
        reads, asked = self._reads.load(connection), self._asked.load(connection)

        def then() -> None:
            logins()
            mail()
            reads()
            asked()
            for account in accounts:
                self._learn(account)
            self._slugs, self._named = slugs, {thing: slug for slug, thing in slugs.items()}

        return then


def _columns(account: Account) -> tuple[bytes | str | int | None, ...]:
    return (
        account.digest,
        account.bearer.value,
        account.thing,
        account.party,
        account.app,
        account.purpose,
        account.person,
        account.until_ns,
        account.made_ns,
        account.used_ns,
        None if account.way is None else account.way.value,
        account.browser or None,
    )


def _account(row: Row) -> Account:
    digest, bearer, thing, party, app, purpose, person, until_ns, made_ns, used_ns, way, browser = row
    return Account(
        digest,
        Bearer(bearer),
        thing=thing,
        party=party,
        app=app,
        purpose=purpose,
        person=person,
        until_ns=until_ns,
        made_ns=made_ns,
        used_ns=used_ns,
        way=None if way is None else Way(way),
        browser=browser or "",
    )


def _bring_up(connection: sqlite3.Connection, written: int) -> None:
    """Give a file of an older format what came since; of format 1 nobody knows when its accounts were made.

    Format 3 has another field in logins. A program that knows 2 would drop it with the next change, so it must not open it.
    """
    connection.execute("BEGIN IMMEDIATE")
    for newer in range(written + 1, FORMAT + 1):
        for statement in _SINCE[newer].split(";"):
            connection.execute(statement)
    connection.execute("UPDATE meta SET value = ? WHERE name = 'format'", (FORMAT,))
    connection.execute("COMMIT")


def _goes(row: tuple[bytes, bytes | None, bytes | None], gone: Callable[[bytes], bool]) -> bool:
    return any(each is not None and gone(each) for each in row[1:])


def _is_there(connection: sqlite3.Connection, digest: bytes) -> bool:
    return connection.execute("SELECT 1 FROM accounts WHERE digest = ?", (digest,)).fetchone() is not None


def _refuse_taken(connection: sqlite3.Connection, digest: bytes) -> None:
    if _is_there(connection, digest):
        raise Conflict("this credential is there already")
