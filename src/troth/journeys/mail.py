"""Addresses that people gave to be told at, and letters on their way: the ports of mail.

Rules
- An address is given by the person it is of, for being told here and for nothing else, and counts once they confirmed it by a
  link that was sent there. Until then nothing else is sent to it.
- A letter stays in the store until a mail server has taken it, or it is given up; both are durable.
- Neither is in a backup: whoever is restored gives their address again.

Source: people.md, "Accounts"; house.md, "What lives where" (outgoing mail); RFC 5321; docs/decisions/0064.
"""

import re
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from troth.errors import Refused
from troth.names import PersonId, StatementId

__all__ = ["ADDRESS_MAX", "Address", "Letter", "MailStore", "Mailer", "check_address"]

ADDRESS_MAX: Final = 254  # RFC 5321 §4.5.3.1.3, without the brackets
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,187}[A-Za-z0-9])?")


class Address(msgspec.Struct, frozen=True):
    """Where somebody wants to be told.

    `confirm`: SHA-256 of the token of the link that was sent there, good until `until_ns`. `stop`: the token with which mail is
    stopped, in every letter. `confirmed_ns`: None until it counts. `failed_ns`: since when letters could not be delivered.
    """

    person: PersonId
    address: str
    confirm: bytes
    stop: str
    made_ns: int
    until_ns: int
    confirmed_ns: int | None = None
    failed_ns: int | None = None


class Letter(msgspec.Struct, frozen=True):
    """One letter. `person`: whom it tells, None where it is for whoever runs the place. `about`: what it tells of.

    `path`: of the page that stops such mail, "" where there is none. `tries`: how often it was tried; `next_ns`: when it is
    tried next.
    """

    id: bytes
    person: PersonId | None
    to: str
    subject: str
    text: str
    made_ns: int
    next_ns: int
    about: tuple[StatementId, ...] = ()
    path: str = ""
    tries: int = 0


class MailStore(Protocol):
    """Addresses and letters: all in memory for finding, durable when a change returns."""

    def address_of(self, person: PersonId) -> Address | None:
        """The address that somebody gave, confirmed or not."""
        ...

    def addresses(self) -> Sequence[Address]:
        """All of them, in no order."""
        ...

    def letters(self) -> Sequence[Letter]:
        """All that are on their way, in no order: a copy, so for looking at all of them only."""
        ...

    def waits(self, letter: bytes) -> bool:
        """Whether the letter of this name is on its way."""
        ...

    @property
    def waiting(self) -> int:
        """How many are on their way."""
        ...

    async def give(self, address: Address) -> None:
        """Keep somebody's address in place of the one before."""
        ...

    async def note(self, address: Address) -> None:
        """Keep what became of an address, by its `confirm`; nothing happens where that is not there any more."""
        ...

    async def take_back(self, person: PersonId) -> None:
        """Forget somebody's address and every letter to them; nothing happens where there is none."""
        ...

    async def post(self, letter: Letter) -> None:
        """Keep a letter, or what became of it, by its id."""
        ...

    async def put_off(self, letter: Letter) -> None:
        """Keep what became of a letter, by its id; nothing happens where it is not there any more."""
        ...

    async def sent(self, letter: bytes) -> None:
        """Forget a letter; nothing happens where it is not there."""
        ...


class Mailer(Protocol):
    """The way to a mail server."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter over; on return the server has taken it.

        Raises:
            Refused: the server will not take it, whenever it is tried.
            Unavailable: it may or may not have; try again later. The letter has the same name then.
        """
        ...


def check_address(text: str) -> str:
    """The address of somebody.

    Raises:
        Refused: it is none that mail can be sent to from here.
    """
    if len(text) > ADDRESS_MAX or _ADDRESS.fullmatch(text) is None or ".." in text:
        raise Refused("this is no mail address", hint="Write it as name@example.org, in plain letters.")
    return text
