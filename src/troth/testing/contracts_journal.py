"""The contract of `Journal`, with and without faults.

Source: statements/journal (the port); record.md, "The journal".
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from troth.errors import Conflict, StorageFailed
from troth.names import StatementId
from troth.signing.cbor import encode
from troth.signing.cose import Signed, sign
from troth.signing.keys import Ed25519Signer
from troth.statements.journal import Journal, JournalEntry, unerased
from troth.testing.contracts import Bench, fails
from troth.testing.faults import StoreFault

__all__ = ["JOURNAL_CASES", "JournalBench", "statement"]

SIGNER: Final = Ed25519Signer.from_seed(bytes(32))


class JournalBench(Bench, Protocol):
    """What the suite needs of an implementation. `failures` is what `on_failure` was given."""

    async def open(self) -> Journal:
        """A journal on what is durable."""
        ...


def statement(number: int, *, size: int = 0) -> Signed:
    """A signed statement; the same number and size are the same statement."""
    return sign(
        SIGNER,
        encode([number, bytes(size)]),
        content_type="application/vnd.troth.key.v1+cbor",
        issuer="https://example.org",
        subject=f"key-{number}",
        issued_at_s=1_790_000_000,
    )


async def positions_are_one_two_three(bench: JournalBench) -> None:
    journal = await bench.open()
    assert (journal.position, list(journal.entries(after=0, limit=10)), journal.find(statement(1).id)) == (0, [], None)
    entries = [await journal.append(statement(number)) for number in range(30, 40)]
    assert list(range(1, 11)) == [entry.position for entry in entries]
    assert journal.position == 10
    assert entries == list(journal.entries(after=0, limit=100))
    assert entries[3:5] == list(journal.entries(after=3, limit=2))
    assert list(journal.entries(after=10, limit=5)) == []


async def many_at_once_keep_the_order_of_asking(bench: JournalBench) -> None:
    journal = await bench.open()
    woken: list[int] = []

    async def append(number: int) -> None:
        entry = await journal.append(statement(number))
        woken.append(entry.position)

    await asyncio.gather(*(append(number) for number in range(24, 100)))
    assert list(range(1, 77)) == woken
    found = journal.entries(after=0, limit=100)
    assert [statement(number).id for number in range(24, 100)] == [entry.signed.id for entry in unerased(found)]


async def the_same_statement_has_one_entry(bench: JournalBench) -> None:
    journal = await bench.open()
    first = await journal.append(statement(30), preimage=b"salted")
    again, other = await asyncio.gather(journal.append(statement(30)), journal.append(statement(31)))
    assert (first, 2) == (again, other.position)
    assert journal.position == 2
    await bench.crash()
    journal = await bench.open()
    assert first == await journal.append(statement(30), preimage=b"another")


async def several_together_are_there_or_none_is(bench: JournalBench) -> None:
    journal = await bench.open()
    await journal.append(statement(30))
    made = await journal.append_together([statement(31), statement(32)])
    assert [each.position for each in made] == [2, 3]
    await fails(Conflict, journal.append_together([statement(33), statement(31)]))
    assert journal.find(statement(33).id) is None
    assert (await journal.append(statement(33))).position == 4
    await bench.crash()
    journal = await bench.open()
    assert list(made) == list(journal.entries(after=1, limit=2))
    for fault, kept in ((StoreFault.FAILS, 0), (StoreFault.FAILS_BUT_PERSISTED, 2)):
        before = journal.position
        bench.arm(fault)
        await fails(StorageFailed, journal.append_together([statement(40 + kept), statement(41 + kept)]))
        await bench.crash()
        journal = await bench.open()
        assert before + kept == journal.position


async def what_counts_is_there_after_a_crash(bench: JournalBench) -> None:
    journal = await bench.open()
    entries = [await journal.append(statement(30)), await journal.append(statement(31), preimage=b"salted")]
    await bench.crash()
    journal = await bench.open()
    assert entries == list(journal.entries(after=0, limit=10))
    assert entries[1] == journal.find(statement(31).id)
    assert entries[1].preimage == b"salted"
    assert entries[1].signed.data == statement(31).data
    assert journal.find(StatementId(bytes(32))) is None
    assert (await journal.append(statement(32))).position == 3


async def a_failed_append_is_final_and_leaves_nothing(bench: JournalBench) -> None:
    journal = await bench.open()
    await journal.append(statement(30))
    bench.arm(StoreFault.FAILS)
    await fails(StorageFailed, journal.append(statement(31)))
    await fails(StorageFailed, journal.append(statement(32)))
    await bench.crash()
    journal = await bench.open()
    assert [statement(30).id] == [entry.signed.id for entry in unerased(journal.entries(after=0, limit=10))]
    assert (await journal.append(statement(31))).position == 2


async def a_failed_append_that_stays_is_not_doubled(bench: JournalBench) -> None:
    journal = await bench.open()
    bench.arm(StoreFault.FAILS_BUT_PERSISTED)
    await fails(StorageFailed, journal.append(statement(30)))
    await bench.crash()
    journal = await bench.open()
    assert (await journal.append(statement(30))).position == 1
    assert journal.position == 1


async def a_slow_append_does_not_count_before_it_is_durable(bench: JournalBench) -> None:
    journal = await bench.open()
    bench.arm(StoreFault.SLOW)
    slow = asyncio.ensure_future(journal.append(statement(30)))
    for _ in range(5):
        await asyncio.sleep(0)
        assert (journal.position, journal.find(statement(30).id)) == (0, None)
    assert (await slow).position == journal.position


async def a_statement_delivered_twice_has_one_entry(bench: JournalBench) -> None:
    journal = await bench.open()
    bench.arm(StoreFault.TWICE)
    first, second = await asyncio.gather(journal.append(statement(30)), journal.append(statement(30)))
    assert first == second
    assert journal.position == 1


async def a_text_that_was_forgotten_stays_away(bench: JournalBench) -> None:
    journal = await bench.open()
    await journal.append(statement(30), preimage=b"salted")
    await journal.append(statement(31), preimage=b"another")
    await journal.forget_text(statement(30).id)
    await journal.forget_text(StatementId(bytes(32)))
    for _ in range(2):
        entry = journal.find(statement(30).id)
        assert isinstance(entry, JournalEntry)
        assert (1, None, statement(30).data) == (entry.position, entry.preimage, entry.signed.data)
        assert [each.preimage for each in unerased(journal.entries(after=0, limit=5))] == [None, b"another"]
        assert (await journal.append(statement(30), preimage=b"salted")).preimage is None
        await bench.crash()
        journal = await bench.open()


JOURNAL_CASES: Final[tuple[Callable[[JournalBench], Awaitable[None]], ...]] = (
    positions_are_one_two_three,
    many_at_once_keep_the_order_of_asking,
    the_same_statement_has_one_entry,
    several_together_are_there_or_none_is,
    what_counts_is_there_after_a_crash,
    a_failed_append_is_final_and_leaves_nothing,
    a_failed_append_that_stays_is_not_doubled,
    a_slow_append_does_not_count_before_it_is_durable,
    a_statement_delivered_twice_has_one_entry,
    a_text_that_was_forgotten_stays_away,
)
