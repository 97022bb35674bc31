"""Logins and tries in the file of accounts, on its writer, all of them in memory for finding.

Rules
- A change is made on what the file holds, in the order of changes, so that two at once lose nothing of each other.
- What is refused is judged before anything is written.

Source: people.md, "Accounts"; the contract is `journeys.logins.LoginStore`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from troth.adapters.sqlite_writer import SqliteWriter
from troth.errors import Conflict, StorageFailed
from troth.journeys.logins import Holder, Login, Tries

__all__ = ["SCHEMA", "SqliteLogins"]

SCHEMA: Final = """
    CREATE TABLE logins(holder TEXT PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT UNIQUE, person BLOB, login BLOB NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE tries(login BLOB PRIMARY KEY, failed INTEGER NOT NULL, at_ns INTEGER NOT NULL) WITHOUT ROWID
"""


class SqliteLogins:
    """`LoginStore` on the writer of the accounts."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer
        self._logins: dict[Holder, Login] = {}
        self._named: dict[str, Login] = {}
        self._passkeys: dict[bytes, Login] = {}
        self._tries: dict[bytes, Tries] = {}

    def named(self, key: str) -> Login | None:
        return self._named.get(key)

    def of(self, holder: Holder) -> Login | None:
        return self._logins.get(holder)

    def every(self) -> Sequence[Login]:
        return tuple(self._logins.values())

    def with_passkey(self, credential: bytes) -> Login | None:
        return self._passkeys.get(credential)

    async def change(self, otherwise: Login, work: Callable[[Login], Login]) -> Login:
        holder = _text(otherwise.holder)

        def write(connection: sqlite3.Connection) -> Callable[[], Login]:
            found = connection.execute("SELECT login FROM logins WHERE holder = ?", (holder,)).fetchone()
            login = work(otherwise if found is None else _read(found[0]))
            self._refuse_taken(connection, login, holder)
            connection.execute("DELETE FROM logins WHERE holder = ?", (holder,))
            connection.execute(
                "INSERT INTO logins(holder, id, name, person, login) VALUES (?, ?, ?, ?, ?)",
                (holder, login.id, login.key or None, login.holder.person, msgspec.json.encode(login)),
            )

            def then() -> Login:
                self._forget(login.holder)
                self._learn(login)
                return login

            return then

        return await self._writer.write(write)

    async def drop(self, holder: Holder) -> None:
        def write(connection: sqlite3.Connection) -> Callable[[], None]:
            found = connection.execute("SELECT id FROM logins WHERE holder = ?", (_text(holder),)).fetchone()
            if found is not None:
                connection.execute("DELETE FROM logins WHERE id = ?", found)
                connection.execute("DELETE FROM tries WHERE login = ?", found)

            def then() -> None:
                self.forget([holder])

            return then

        await self._writer.write(write)

    def tries(self, login: bytes) -> Tries:
        return self._tries.get(login, Tries())

    async def tried(self, login: bytes, tries: Tries) -> None:
        def write(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute(
                "INSERT OR REPLACE INTO tries(login, failed, at_ns) VALUES (?, ?, ?)", (login, *_row(tries))
            )

            def then() -> None:
                self._tries[login] = tries

            return then

        await self._writer.write(write)

    def load(self, connection: sqlite3.Connection) -> Callable[[], None]:
        """Read everything; on the writer's thread. The second half belongs on the loop."""
        logins = [_read(row[0]) for row in connection.execute("SELECT login FROM logins")]
        tries = {login: Tries(*row) for login, *row in connection.execute("SELECT login, failed, at_ns FROM tries")}

        def then() -> None:
            for login in logins:
                self._learn(login)
            self._tries = tries

        return then

    def erase(self, connection: sqlite3.Connection, gone: Callable[[bytes], bool]) -> list[Holder]:
        """Inside a transaction: delete the logins of whoever goes, and say whose they were. `forget` follows on the loop."""
        rows = connection.execute("SELECT id, person, login FROM logins WHERE person IS NOT NULL").fetchall()
        going = [(id_, _read(login).holder) for id_, person, login in rows if gone(person)]
        connection.executemany("DELETE FROM logins WHERE id = ?", [(id_,) for id_, _ in going])
        connection.executemany("DELETE FROM tries WHERE login = ?", [(id_,) for id_, _ in going])
        return [holder for _, holder in going]

    def forget(self, holders: Iterable[Holder]) -> None:
        """On the loop, when it is durable that these logins are gone."""
        for holder in holders:
            gone = self._forget(holder)
            if gone is not None:
                self._tries.pop(gone.id, None)

    def _refuse_taken(self, connection: sqlite3.Connection, login: Login, holder: str) -> None:
        sql = "SELECT 1 FROM logins WHERE name = ? AND holder <> ?"
        if login.key and connection.execute(sql, (login.key, holder)).fetchone() is not None:
            raise Conflict("somebody else here has this sign-in name", hint="Choose another one.")
        wanted = {each.credential for each in login.passkeys}
        if not wanted:
            return
        for (other,) in connection.execute("SELECT login FROM logins WHERE holder <> ?", (holder,)):
            if any(each.credential in wanted for each in _read(other).passkeys):
                raise Conflict("somebody else here has this passkey")

    def _learn(self, login: Login) -> None:
        self._logins[login.holder] = login
        if login.key:
            self._named[login.key] = login
        for each in login.passkeys:
            self._passkeys[each.credential] = login

    def _forget(self, holder: Holder) -> Login | None:
        login = self._logins.pop(holder, None)
        if login is not None:
            self._named.pop(login.key, None)
            for each in login.passkeys:
                self._passkeys.pop(each.credential, None)
        return login


def _row(tries: Tries) -> tuple[int, int]:
    return tries.failed, tries.at_ns


def _text(holder: Holder) -> str:
    """A holder as the key of a row. Parties and purposes are URIs, so a space parts them."""
    if holder.person is not None:
        return f"person {holder.person.hex()}"
    if holder.party is not None:
        return f"recipient {holder.party} {holder.app} {holder.purpose}"
    return "operator"


def _read(data: bytes) -> Login:
    try:
        return msgspec.json.decode(data, type=Login)
    except msgspec.DecodeError as cause:
        raise StorageFailed("the file for accounts holds a login that cannot be read") from cause
