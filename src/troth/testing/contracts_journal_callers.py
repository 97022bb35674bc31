"""The contract of `Journal` towards those who call it: order, repeats, giving up, crashes among appends.

Rules
- Order is checked as the node relies on it: whoever waits for an append goes on in the order of positions, and a repeat does
  not overtake the first.

Source: statements/journal (the port); journeys/accept, which folds a statement when its append returns.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from troth.errors import StorageFailed
from troth.signing.cose import Signed, parse
from troth.statements.journal import Journal, JournalEntry, unerased
from troth.testing.contracts import fails
from troth.testing.contracts_journal import JournalBench, statement
from troth.testing.faults import StoreFault

__all__ = ["JOURNAL_CALLER_CASES"]


def _altered(signed: Signed) -> Signed:
    """The same statement in other COSE bytes: the signature is not part of what the id is of."""
    return parse(signed.data[:-1] + bytes([signed.data[-1] ^ 1]))


def _numbered(first: int, count: int) -> list[Signed]:
    return [statement(number) for number in range(first, first + count)]


def _check_whole(journal: Journal, expected: Sequence[Signed]) -> None:
    """The journal holds exactly these, in this order, whichever way it is asked."""
    entries = list(journal.entries(after=0, limit=10_000))
    assert list(expected) == [entry.signed for entry in unerased(entries)]
    assert list(range(1, len(expected) + 1)) == [entry.position for entry in entries]
    assert len(expected) == journal.position
    assert entries == [journal.find(signed.id) for signed in expected]


async def other_bytes_of_the_same_statement_return_the_first(bench: JournalBench) -> None:
    journal = await bench.open()
    one, two, three = _numbered(30, 3)
    first = await journal.append(one, preimage=b"first")
    await journal.append(two)
    assert first == await journal.append(_altered(one), preimage=b"second")
    await bench.crash()
    journal = await bench.open()
    assert first == await journal.append(_altered(one))
    assert (await journal.append(three)).position == 3
    _check_whole(journal, [one, two, three])


async def the_same_statement_in_flight_is_one_entry(bench: JournalBench) -> None:
    journal = await bench.open()
    signed = statement(30)
    got = await asyncio.gather(*(journal.append(each) for each in (signed, signed, _altered(signed), signed)))
    assert [JournalEntry(1, signed)] * 4 == got
    _check_whole(journal, [signed])


async def no_repeat_overtakes_the_first(bench: JournalBench) -> None:
    journal = await bench.open()
    given = _numbered(30, 200)
    folded = 0

    async def accept(signed: Signed) -> None:
        nonlocal folded
        entry = await journal.append(signed)
        assert entry.position <= journal.position
        if entry.position > folded:
            assert folded + 1 == entry.position
            folded = entry.position

    async def accept_while_others_land(place: int) -> None:
        # Each asks again for what is in flight or has just landed.
        await accept(given[place])
        await asyncio.gather(*(accept(given[each]) for each in (place + 1, place + 2, place)))

    await asyncio.gather(*(accept_while_others_land(place) for place in range(len(given) - 2)))
    assert len(given) == folded == journal.position


async def an_entry_is_read_by_whoever_was_given_it(bench: JournalBench) -> None:
    journal = await bench.open()

    async def look(signed: Signed) -> None:
        entry = await journal.append(signed)
        assert entry == journal.find(signed.id)
        assert [entry] == list(journal.entries(after=entry.position - 1, limit=1))

    await asyncio.gather(*(look(signed) for signed in _numbered(30, 50)))


async def entries_keep_to_what_was_asked(bench: JournalBench) -> None:
    journal = await bench.open()
    given = _numbered(30, 6)
    for signed in given:
        await journal.append(signed)
    for after in range(8):
        for limit in (0, 1, 3, 6, 100):
            found = journal.entries(after=after, limit=limit)
            assert given[after : after + limit] == [entry.signed for entry in unerased(found)]


async def statements_and_preimages_of_any_size_come_back_as_they_were(bench: JournalBench) -> None:
    journal = await bench.open()
    expected = [await journal.append(statement(30, size=65_000))]
    for number, preimage in enumerate((None, b"", bytes(70_000)), start=31):
        expected.append(await journal.append(statement(number), preimage=preimage))
        assert preimage == expected[-1].preimage
    assert expected == list(journal.entries(after=0, limit=10))
    await bench.crash()
    assert expected == list((await bench.open()).entries(after=0, limit=10))


async def a_crash_among_appends_keeps_a_beginning(bench: JournalBench) -> None:
    journal = await bench.open()
    given = _numbered(30, 40)
    tasks = [asyncio.ensure_future(journal.append(signed)) for signed in given]
    await tasks[3]
    acknowledged = sum(task.done() for task in tasks)
    await bench.crash()
    journal = await bench.open()
    assert acknowledged <= journal.position
    _check_whole(journal, given[: journal.position])
    await asyncio.gather(*tasks, return_exceptions=True)  # the old journal may still answer; nobody listens


async def a_failure_reaches_everybody_who_waits_and_comes(bench: JournalBench) -> None:
    journal = await bench.open()
    kept = statement(30)
    await journal.append(kept)
    bench.arm(StoreFault.FAILS)
    got = await asyncio.gather(*(journal.append(signed) for signed in _numbered(31, 10)), return_exceptions=True)
    assert {StorageFailed} == {type(each) for each in got}
    await fails(StorageFailed, journal.append(kept))
    await bench.crash()
    _check_whole(await bench.open(), [kept])


async def a_caller_who_gives_up_harms_nobody(bench: JournalBench) -> None:
    journal = await bench.open()
    given_up = asyncio.ensure_future(journal.append(statement(30)))
    await asyncio.sleep(0)
    given_up.cancel()
    other = await journal.append(statement(31))
    again = await journal.append(statement(30))  # it may or may not have been kept the first time
    assert {1, 2} == {other.position, again.position}
    in_order = sorted((other, again), key=lambda entry: entry.position)
    _check_whole(journal, [entry.signed for entry in in_order])


async def a_closed_journal_takes_nothing_and_loses_nothing(bench: JournalBench) -> None:
    journal = await bench.open()
    await journal.append(statement(30))
    await journal.close()
    await fails(StorageFailed, journal.append(statement(31)))
    await journal.close()
    _check_whole(await bench.open(), [statement(30)])


JOURNAL_CALLER_CASES: Final[tuple[Callable[[JournalBench], Awaitable[None]], ...]] = (
    other_bytes_of_the_same_statement_return_the_first,
    the_same_statement_in_flight_is_one_entry,
    no_repeat_overtakes_the_first,
    an_entry_is_read_by_whoever_was_given_it,
    entries_keep_to_what_was_asked,
    statements_and_preimages_of_any_size_come_back_as_they_were,
    a_crash_among_appends_keeps_a_beginning,
    a_failure_reaches_everybody_who_waits_and_comes,
    a_caller_who_gives_up_harms_nobody,
    a_closed_journal_takes_nothing_and_loses_nothing,
)
