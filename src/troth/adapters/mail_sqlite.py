"""Mail addresses and letters in the file of accounts, on its writer, all of them in memory for finding.

Rules
- An address that is taken back, or a letter that was sent, is wiped from the file with its freed pages.

Source: house.md, "What lives where" (accounts.db: outgoing mail); the contract is `journeys.mail.MailStore`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from troth.adapters.sqlite_files import owe_wiping
from troth.adapters.sqlite_writer import SqliteWriter
from troth.errors import StorageFailed
from troth.journeys.mail import Address, Letter
from troth.names import PersonId

__all__ = ["SCHEMA", "SqliteMail"]

SCHEMA: Final = """
    CREATE TABLE mail_addresses(person BLOB PRIMARY KEY, address BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE mail_letters(id BLOB PRIMARY KEY, person BLOB, letter BLOB NOT NULL) WITHOUT ROWID
"""


class SqliteMail:
    """`MailStore` on the writer of the accounts."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer
        self._addresses: dict[PersonId, Address] = {}
        self._letters: dict[bytes, Letter] = {}

    def address_of(self, person: PersonId) -> Address | None:
        return self._addresses.get(person)

    def addresses(self) -> Sequence[Address]:
        return tuple(self._addresses.values())

    def letters(self) -> Sequence[Letter]:
        return tuple(self._letters.values())

    def waits(self, letter: bytes) -> bool:
        return letter in self._letters

    @property
    def waiting(self) -> int:
        return len(self._letters)

    async def give(self, address: Address) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            row = (address.person, msgspec.json.encode(address))
            connection.execute("INSERT OR REPLACE INTO mail_addresses(person, address) VALUES (?, ?)", row)

            def then() -> None:
                self._addresses[address.person] = address

            return then

        await self._writer.write(work)

    async def note(self, address: Address) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            query = "SELECT address FROM mail_addresses WHERE person = ?"
            row = connection.execute(query, (address.person,)).fetchone()
            known = None if row is None else msgspec.json.decode(row[0], type=Address)
            there = known is not None and known.confirm == address.confirm
            if there:
                changed = (msgspec.json.encode(address), address.person)
                connection.execute("UPDATE mail_addresses SET address = ? WHERE person = ?", changed)

            def then() -> None:
                if there:
                    self._addresses[address.person] = address

            return then

        await self._writer.write(work)

    async def take_back(self, person: PersonId) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], bool]:
            gone = self.erase(connection, lambda each: each == person)
            if gone:
                owe_wiping(connection)

            def then() -> bool:
                self.forget(gone)
                return bool(gone)

            return then

        if await self._writer.write(work):
            await self._writer.wipe()

    async def post(self, letter: Letter) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            row = (letter.id, letter.person, msgspec.json.encode(letter))
            connection.execute("INSERT OR REPLACE INTO mail_letters(id, person, letter) VALUES (?, ?, ?)", row)

            def then() -> None:
                self._letters[letter.id] = letter

            return then

        await self._writer.write(work)

    async def put_off(self, letter: Letter) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            row = (msgspec.json.encode(letter), letter.id)
            there = connection.execute("UPDATE mail_letters SET letter = ? WHERE id = ?", row).rowcount > 0

            def then() -> None:
                if there:
                    self._letters[letter.id] = letter

            return then

        await self._writer.write(work)

    async def sent(self, letter: bytes) -> None:
        def work(connection: sqlite3.Connection) -> Callable[[], None]:
            connection.execute("DELETE FROM mail_letters WHERE id = ?", (letter,))

            def then() -> None:
                self._letters.pop(letter, None)

            return then

        await self._writer.write(work)

    def load(self, connection: sqlite3.Connection) -> Callable[[], None]:
        """Read everything; on the writer's thread. The second half belongs on the loop."""
        try:
            addresses = [
                msgspec.json.decode(row[0], type=Address)
                for row in connection.execute("SELECT address FROM mail_addresses")
            ]
            letters = [
                msgspec.json.decode(row[0], type=Letter)
                for row in connection.execute("SELECT letter FROM mail_letters")
            ]
        except msgspec.DecodeError as cause:
            raise StorageFailed("the file for accounts holds a letter that cannot be read") from cause

        def then() -> None:
            self._addresses = {each.person: each for each in addresses}
            self._letters = {each.id: each for each in letters}

        return then

    def erase(self, connection: sqlite3.Connection, gone: Callable[[bytes], bool]) -> list[PersonId]:
        """Inside a transaction: delete what is of whoever goes, and say whose it was. `forget` follows on the loop."""
        rows = connection.execute(
            "SELECT person FROM mail_addresses UNION SELECT person FROM mail_letters WHERE person IS NOT NULL"
        )
        going = [(person,) for (person,) in rows.fetchall() if gone(person)]
        connection.executemany("DELETE FROM mail_addresses WHERE person = ?", going)
        connection.executemany("DELETE FROM mail_letters WHERE person = ?", going)
        return [PersonId(person) for (person,) in going]

    def forget(self, persons: Iterable[PersonId]) -> None:
        """On the loop, when it is durable that nothing of theirs is kept."""
        for person in persons:
            self._addresses.pop(person, None)
            for letter in [each.id for each in self._letters.values() if each.person == person]:
                del self._letters[letter]
