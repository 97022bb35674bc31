"""Addresses and letters in memory, with the faults of the accounts beside them; and a mail server that does as it is told.

Source: journeys/mail (the ports).
"""

from collections.abc import Callable, Sequence
from typing import Self

from troth.errors import Refused, Unavailable
from troth.journeys.mail import Address, Letter
from troth.names import PersonId
from troth.testing.faults import Writes

__all__ = ["MemoryMail", "MemoryMailer"]


class MemoryMail:
    """`MailStore` on the writes of `MemoryAccounts`."""

    def __init__(
        self,
        writes: Writes,
        addresses: dict[PersonId, Address] | None = None,
        letters: dict[bytes, Letter] | None = None,
    ) -> None:
        self._writes = writes
        self._addresses = dict(addresses or {})
        self._letters = dict(letters or {})

    def again(self, writes: Writes) -> Self:
        """What the next start finds."""
        return type(self)(writes, self._addresses, self._letters)

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
        def apply() -> None:
            self._addresses[address.person] = address

        await self._writes.write(apply)

    async def note(self, address: Address) -> None:
        def apply() -> None:
            known = self._addresses.get(address.person)
            if known is not None and known.confirm == address.confirm:
                self._addresses[address.person] = address

        await self._writes.write(apply)

    async def take_back(self, person: PersonId) -> None:
        def apply() -> None:
            self.erase(lambda each: each == person)

        await self._writes.write(apply)

    async def post(self, letter: Letter) -> None:
        def apply() -> None:
            self._letters[letter.id] = letter

        await self._writes.write(apply)

    async def put_off(self, letter: Letter) -> None:
        def apply() -> None:
            if letter.id in self._letters:
                self._letters[letter.id] = letter

        await self._writes.write(apply)

    async def sent(self, letter: bytes) -> None:
        def apply() -> None:
            self._letters.pop(letter, None)

        await self._writes.write(apply)

    def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget what is of persons who go; called inside a write of the accounts."""
        for person in [each for each in self._addresses if gone(each)]:
            del self._addresses[person]
        for letter in [each for each in self._letters.values() if each.person is not None and gone(each.person)]:
            del self._letters[letter.id]


class MemoryMailer:
    """`Mailer` into a list. `away`: nothing answers; `refuses`: it takes nothing, for good."""

    def __init__(self) -> None:
        self.taken: list[Letter] = []
        self.away = False
        self.refuses = False

    async def send(self, letter: Letter) -> None:
        if self.away:
            raise Unavailable("no mail server answers")
        if self.refuses:
            raise Refused("the mail server does not take it")
        self.taken.append(letter)
