"""The contract of `MailStore`, with and without faults.

Source: journeys/mail (the port).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from troth.errors import StorageFailed
from troth.journeys.mail import Address, Letter
from troth.names import PersonId, StatementId
from troth.testing.contracts import fails
from troth.testing.contracts_accounts import AccountBench
from troth.testing.faults import StoreFault

__all__ = ["MAIL_CASES"]

ANA: Final = PersonId(b"a" * 16)
BEN: Final = PersonId(b"b" * 16)


def _address(person: PersonId) -> Address:
    return Address(person, "someone@example.org", b"c" * 32, "stop", 1, 2)


def _letter(name: bytes, person: PersonId | None) -> Letter:
    return Letter(name * 16, person, "someone@example.org", "Subject", "Text\n", 1, 1, (StatementId(b"s" * 32),))


async def what_is_given_and_posted_is_there_after_a_crash(bench: AccountBench) -> None:
    mail = (await bench.open()).mail
    await mail.give(_address(ANA))
    confirmed = msgspec.structs.replace(_address(ANA), confirmed_ns=7)
    await mail.note(confirmed)
    await mail.post(_letter(b"1", ANA))
    again = msgspec.structs.replace(_letter(b"1", ANA), tries=1)
    await mail.put_off(again)
    await mail.post(_letter(b"2", None))
    for _ in range(2):
        assert (confirmed, None) == (mail.address_of(ANA), mail.address_of(BEN))
        assert [confirmed] == list(mail.addresses())
        assert {again.id: again, b"2" * 16: _letter(b"2", None)} == {each.id: each for each in mail.letters()}
        assert (mail.waiting, mail.waits(again.id), mail.waits(b"9" * 16)) == (2, True, False)
        await bench.crash()
        mail = (await bench.open()).mail
    await mail.sent(again.id)
    await mail.sent(again.id)
    await bench.crash()
    assert [each.id for each in (await bench.open()).mail.letters()] == [b"2" * 16]


async def what_is_taken_back_goes_with_its_letters_and_no_others(bench: AccountBench) -> None:
    mail = (await bench.open()).mail
    for person, name in ((ANA, b"1"), (BEN, b"2")):
        await mail.give(_address(person))
        await mail.post(_letter(name, person))
    await mail.post(_letter(b"3", None))
    await mail.take_back(ANA)
    await mail.take_back(ANA)
    for _ in range(2):
        assert [each.person for each in mail.addresses()] == [BEN]
        assert {b"2" * 16, b"3" * 16} == {each.id for each in mail.letters()}
        await bench.crash()
        mail = (await bench.open()).mail


async def what_is_noted_while_somebody_goes_brings_nothing_back(bench: AccountBench) -> None:
    accounts = await bench.open()
    mail = accounts.mail
    for person, name in ((ANA, b"1"), (BEN, b"2")):
        await mail.give(_address(person))
        await mail.post(_letter(name, person))
    failed = [msgspec.structs.replace(_address(each), failed_ns=9) for each in (ANA, BEN)]
    tried = [msgspec.structs.replace(_letter(name, who), tries=1) for who, name in ((ANA, b"1"), (BEN, b"2"))]
    await asyncio.gather(
        accounts.erase(lambda each: each == ANA),
        *map(mail.note, failed),
        *map(mail.put_off, tried),
        mail.take_back(BEN),
    )
    await asyncio.gather(*map(mail.note, failed), *map(mail.put_off, tried))
    other = msgspec.structs.replace(_address(BEN), confirm=b"d" * 32, address="other@example.org")
    await mail.give(other)
    await mail.note(failed[1])
    for _ in range(2):
        assert ([other], []) == (list(mail.addresses()), list(mail.letters()))
        await bench.crash()
        mail = (await bench.open()).mail


async def whoever_is_erased_has_no_address_and_no_letter(bench: AccountBench) -> None:
    accounts = await bench.open()
    for person, name in ((ANA, b"1"), (BEN, b"2")):
        await accounts.mail.give(_address(person))
        await accounts.mail.post(_letter(name, person))
    await accounts.mail.post(_letter(b"3", None))
    await accounts.erase(lambda each: each == ANA)
    await bench.crash()
    mail = (await bench.open()).mail
    assert [each.person for each in mail.addresses()] == [BEN]
    assert {b"2" * 16, b"3" * 16} == {each.id for each in mail.letters()}


async def what_fails_is_not_acknowledged(bench: AccountBench) -> None:
    mail = (await bench.open()).mail
    await mail.give(_address(ANA))
    bench.arm(StoreFault.FAILS)
    await fails(StorageFailed, mail.post(_letter(b"1", ANA)))
    await bench.crash()
    mail = (await bench.open()).mail
    assert (_address(ANA), ()) == (mail.address_of(ANA), tuple(mail.letters()))


MAIL_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    what_is_given_and_posted_is_there_after_a_crash,
    what_is_taken_back_goes_with_its_letters_and_no_others,
    what_is_noted_while_somebody_goes_brings_nothing_back,
    whoever_is_erased_has_no_address_and_no_letter,
    what_fails_is_not_acknowledged,
)
