"""What every store promises of an erasure: what goes is gone, what stays is as it was, and doing it again changes nothing.

Source: record.md, "Personal ledgers" (erasure); the ports.
Left out: bytes on a disk. That nothing is left in files is tested where there are files.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

import msgspec

from troth.errors import Conflict, StorageFailed
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.names import PersonId, Slug, ThingId
from troth.statements.journal import ErasedEntry, Journal, JournalEntry, unerased
from troth.testing.contracts import NOON_NS, Speaker, fails
from troth.testing.contracts_accounts import AccountBench
from troth.testing.contracts_conduct import SEED, ConductBench, cleared, keep, series
from troth.testing.contracts_journal import JournalBench, statement
from troth.testing.contracts_observations import ObservationBench, moved
from troth.testing.contracts_observations import Told as Segments
from troth.testing.faults import StoreFault
from troth.things.ledgers import SealedTrace
from troth.things.observations import Kept
from troth.things.stores import ConductStore, Going, NotedTrace, Tally, Traced
from troth.tlog import trace as tlog_trace

__all__ = ["ACCOUNT_ERASING_CASES", "CONDUCT_ERASING_CASES", "JOURNAL_ERASING_CASES", "OBSERVATION_ERASING_CASES"]

PLAN: Final = b"who and what goes"


# --- the journal


async def _erased(journal: Journal, *numbers: int) -> JournalEntry:
    """Erase the statements of these numbers, which stand at the position of their number + 1."""
    gone = [ErasedEntry(number + 1, statement(number).id, number, 2 * number) for number in numbers]
    return await journal.erase(statement(100 + numbers[0]), erased=gone, plan=PLAN)


async def an_erased_statement_keeps_position_and_id(bench: JournalBench) -> None:
    journal = await bench.open()
    for number in range(4):
        await journal.append(statement(number), preimage=b"salted" if number == 1 else None)
    entry = await _erased(journal, 1, 2)
    assert (entry.position, journal.position, journal.plan) == (5, 5, PLAN)
    for _ in range(2):
        gone = [ErasedEntry(2, statement(1).id, 1, 2), ErasedEntry(3, statement(2).id, 2, 4)]
        found = list(journal.entries(after=0, limit=10))
        assert gone == found[1:3]
        assert [each.position for each in unerased(found)] == [1, 4, 5]
        assert (gone[0], entry) == (journal.find(statement(1).id), journal.find(statement(101).id))
        await bench.crash()
        journal = await bench.open()
        assert journal.plan == PLAN


async def an_erased_statement_is_not_taken_again(bench: JournalBench) -> None:
    journal = await bench.open()
    await journal.append(statement(0))
    await _erased(journal, 0)
    await fails(Conflict, journal.append(statement(0)))
    await bench.crash()
    journal = await bench.open()
    await fails(Conflict, journal.append(statement(0), preimage=b"salted"))
    assert journal.position == 2
    assert (await journal.append(statement(7))).position == 3


async def a_plan_is_kept_until_it_is_wiped(bench: JournalBench) -> None:
    journal = await bench.open()
    assert journal.plan is None
    await journal.append(statement(0))
    await _erased(journal, 0)
    await fails(RuntimeError, _erased(journal, 0))
    await journal.wiped()
    await journal.wiped()
    assert journal.plan is None
    await bench.crash()
    journal = await bench.open()
    assert journal.plan is None
    assert [ErasedEntry(1, statement(0).id, 0, 0)] == list(journal.entries(after=0, limit=1))


async def a_failed_erasure_happens_as_a_whole_or_not_at_all(bench: JournalBench) -> None:
    for fault, gone in ((StoreFault.FAILS, False), (StoreFault.FAILS_BUT_PERSISTED, True)):
        journal = await bench.open()
        first = journal.position
        await journal.append(statement(first))
        bench.arm(fault)
        await fails(StorageFailed, _erased(journal, first))
        await fails(StorageFailed, journal.append(statement(50)))
        await bench.crash()
        journal = await bench.open()
        assert (gone, PLAN if gone else None) == (
            isinstance(journal.find(statement(first).id), ErasedEntry),
            journal.plan,
        )
        assert first + 1 + gone == journal.position


async def what_waits_beside_a_wiping_is_kept(bench: JournalBench) -> None:
    journal = await bench.open()
    await journal.append(statement(0))
    await _erased(journal, 0)
    await journal.append(statement(1))
    await journal.wiped()
    await journal.append(statement(2))
    await bench.crash()
    journal = await bench.open()
    assert [each.position for each in unerased(journal.entries(after=0, limit=9))] == [2, 3, 4]


# --- conduct


def _going(*ids: bytes, traces: Collection[bytes] = (), day_keys: Collection[bytes] = ()) -> Going:
    return Going(
        frozenset(ids).__contains__, lambda _kind, trace: trace in traces, frozenset(day_keys).__contains__, b"a mark"
    )


def _noted(number: int, *, position: int = 0) -> NotedTrace:
    trace = tlog_trace.SaidTrace(gate_ns=NOON_NS, statement=bytes([number]) * 32)
    return NotedTrace(trace.kind, tlog_trace.encode(trace), bytes([number]) * 16, position=position)


async def _told(store: ConductStore, ana: Speaker, ben: Speaker) -> tuple[list[int], list[int]]:
    """Both say three rows, one after the other; their ids."""
    hers: list[int] = []
    theirs: list[int] = []
    for speaker, ids in ((ana, hers), (ben, theirs)):
        ids += [each for each in await keep(store, speaker, series(3)) if isinstance(each, int)]
    return hers, theirs


async def unmoved_rows_of_a_stream_that_goes_are_gone_and_others_stay(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    hers, theirs = await _told(store, ana, ben)
    await store.note([_noted(1, position=8), _noted(2, position=9)])
    for _ in range(2):
        await store.erase(_going(ana.stream, ana.thing, traces=[_noted(2).trace]))
        assert ([], None, Tally()) == (list(store.tail(ana.asks())), store.latest(ana.asks()), store.tally(ana.thing))
        assert [store.find(each) for each in hers] == [None] * 3
        assert series(3) == ben.said(store.tail(ben.asks()))
        assert [(ben.stream, 1), (ben.stream, 2), (ben.stream, 3)] == [store.find(each) for each in theirs]
        assert (store.tally(ben.thing).stored, store.said_position) == (3, 9)
    await bench.crash()
    store = await bench.open()
    assert (list(store.tail(ana.asks())), store.said_position) == ([], 9)
    assert series(3) == ben.said(store.tail(ben.asks()))
    (cut,) = await store.cut(NOON_NS, [SEED])
    commits = await store.committed(cut)
    assert {ben.stream} == {row.stream for commit in commits for _, row in commit.rows}
    noted = [each for commit in commits for each in commit.traces if isinstance(each, NotedTrace)]
    said = [each.trace for each in noted if each.kind == tlog_trace.SaidTrace.kind]
    assert [_noted(1).trace] == said


def _sealed(number: int, *, key: bytes) -> SealedTrace:
    return SealedTrace(key * 16, bytes([number]) * 32, key + bytes([number]) * 512)


async def sealed_traces_go_with_their_day_key_and_others_stay(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    await _told(store, ana, ben)
    traces: list[Traced] = [_sealed(1, key=b"a"), _sealed(2, key=b"b"), _noted(3, position=4), _sealed(5, key=b"a")]
    await store.note(traces)
    await store.note([_sealed(6, key=b"a")])
    before = store.uncut
    for _ in range(2):
        await store.erase(_going(day_keys=[b"a" * 16]))
        assert before - 3 == store.uncut
    await bench.crash()
    store = await bench.open()
    assert store.said_position == 4
    (cut,) = await store.cut(NOON_NS, [SEED])
    commits = await store.committed(cut)
    left = [each for commit in commits for each in commit.traces if each in traces]
    assert traces[1:3] == left
    assert not [
        each for commit in commits for each in commit.traces if isinstance(each, SealedTrace) and each not in left
    ]
    assert sum(len(commit.rows) for commit in commits) == 6


async def what_outlives_commits_goes_as_well(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    hers, _ = await _told(store, ana, ben)
    await cleared(store)
    await store.erase(_going(ana.stream, ana.thing))
    assert (None, Tally(), None) == (store.latest(ana.asks()), store.tally(ana.thing), store.find(hers[0]))
    latest = store.latest(ben.asks())
    assert latest is not None
    assert (latest.result, store.tally(ben.thing).stored) == (2.0, 3)


async def no_handle_of_what_is_gone_is_given_again(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben, cora = (Speaker(bench.clock, name) for name in ("ana", "ben", "cora"))
    hers, _ = await _told(store, ben, ana)
    gone = [each for each in await keep(store, ana, series(2, start=5)) if isinstance(each, int)]
    await cleared(store)
    await store.erase(_going(ana.stream, ana.thing))
    await bench.crash()
    store = await bench.open()
    fresh = [each for each in await keep(store, cora, series(200)) if isinstance(each, int)]
    assert len(fresh) == 200
    assert not {each >> 12 for each in fresh} & {each >> 12 for each in (*gone, *hers)}


async def a_stream_that_stays_goes_on_after_an_erasure(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    _, theirs = await _told(store, ana, ben)
    admitted, first = ben.stamp(series(1, start=3), keys=[b"k" * 16])
    store.append(admitted)
    kept = await first
    await store.erase(_going(ana.stream, ana.thing))
    admitted, again = ben.stamp([(NOON_NS + 999, 9.0)], keys=[b"k" * 16])
    store.append(admitted)
    assert list(kept) == list(await again), "the key still marks a repeat"
    assert theirs == list(await keep(store, ben, series(3))), "the same rows are still repeats"
    (fifth,) = await keep(store, ben, series(1, start=4))
    assert isinstance(fifth, int)
    assert (ben.stream, 5) == store.find(fifth)


async def a_pending_cut_is_cleared_before_anything_is_erased(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    await _told(store, ana, ben)
    before = store.pending
    (cut,) = await store.cut(NOON_NS, [SEED])
    assert ([], [cut]) == (list(before), list(store.pending))
    await fails(RuntimeError, store.erase(_going(ana.stream)))
    await bench.crash()
    store = await bench.open()
    left = store.pending
    await store.clear([cut])
    assert ([cut], []) == (list(left), list(store.pending))
    await store.erase(_going(ana.stream))


async def an_erasure_of_nothing_changes_nothing(bench: ConductBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    await _told(store, ana, ben)
    before = (store.uncut, list(store.tail(ana.asks())), list(store.tail(ben.asks())))
    await store.erase(_going(bytes(16)))
    assert before == (store.uncut, list(store.tail(ana.asks())), list(store.tail(ben.asks())))


# --- observations


async def moved_rows_of_a_stream_that_goes_are_gone_and_others_stay(bench: ObservationBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    ben.shelf = ana.shelf  # one home, one file
    segments = Segments()
    segment = segments.segment((ana, series(3)), (ben, series(3)), traces=[b"of ana", b"of ben"])
    await moved(store, segment)
    for _ in range(2):
        await store.erase(_going(ana.stream, traces=[b"of ana"]))
        assert list(await store.rows(ana.asks())) == []
        assert series(3) == ben.said(await store.rows(ben.asks()))
        assert (
            await store.row(ana.asks(), sequence=2),
            store.taken(ana.stream, ana.shelf, time_ns=NOON_NS),
        ) == (None, None)
        taken: Kept | None = store.taken(ben.stream, ben.shelf, time_ns=NOON_NS)
        assert taken is not None
        assert taken == (await store.rows(ben.asks()))[0]
        assert [each.trace for each in await store.traces(1)] == [b"of ben"]
        found = await store.segment(1)
        assert found == segment[0], "leaf hashes stay"
    await bench.crash()
    store = await bench.open()
    assert list(await store.rows(ana.asks())) == []
    assert series(3) == ben.said(await store.rows(ben.asks()))
    await moved(store, segments.segment((ben, series(2, start=7))))
    assert len(await store.rows(ben.asks())) == 5


async def a_place_that_goes_takes_all_its_rows(bench: ObservationBench) -> None:
    store = await bench.open()
    ana, ben = Speaker(bench.clock, "ana"), Speaker(bench.clock, "ben")
    await moved(store, Segments().segment((ana, series(3)), (ben, series(3))))
    await store.erase(_going(ana.shelf.place, ana.stream))
    assert list(await store.rows(ana.asks())) == []
    assert len(await store.rows(ben.asks())) == 3


async def what_was_looked_through_under_a_mark_is_looked_through_again_under_another(bench: ObservationBench) -> None:
    store = await bench.open()
    ana = Speaker(bench.clock, "ana")
    await moved(store, Segments().segment((ana, series(3))))
    await store.erase(_going(bytes(16)))
    await store.erase(msgspec.structs.replace(_going(ana.stream), mark=b"another mark"))
    assert list(await store.rows(ana.asks())) == []


# --- accounts

ANA: Final = PersonId(b"a" * 16)
BEN: Final = PersonId(b"b" * 16)
HERS: Final = ThingId(b"h" * 16)
THEIRS: Final = ThingId(b"t" * 16)


async def credentials_of_whoever_goes_are_gone_and_others_stay(bench: AccountBench) -> None:
    store: AccountStore = await bench.open()
    accounts = [
        Account(b"1" * 32, Bearer.SESSION, person=ANA),
        Account(b"2" * 32, Bearer.INVITATION, person=ANA, until_ns=5),
        Account(b"3" * 32, Bearer.THING, thing=HERS),
        Account(b"4" * 32, Bearer.SESSION, person=BEN),
        Account(b"5" * 32, Bearer.THING, thing=THEIRS),
        Account(b"6" * 32, Bearer.OPERATOR),
    ]
    for account in accounts:
        await store.add(account)
    await store.name(Slug("hers"), HERS)
    await store.name(Slug("theirs"), THEIRS)
    for _ in range(2):
        await store.erase({ANA, HERS}.__contains__)
        assert [None] * 3 + accounts[3:] == [store.find(each.digest) for each in accounts]
        assert dict(store.slugs()) == {"theirs": THEIRS}
    await bench.crash()
    store = await bench.open()
    assert [None] * 3 + accounts[3:] == [store.find(each.digest) for each in accounts]
    await store.name(Slug("hers"), THEIRS)


JOURNAL_ERASING_CASES: Final[tuple[Callable[[JournalBench], Awaitable[None]], ...]] = (
    an_erased_statement_keeps_position_and_id,
    an_erased_statement_is_not_taken_again,
    a_plan_is_kept_until_it_is_wiped,
    a_failed_erasure_happens_as_a_whole_or_not_at_all,
    what_waits_beside_a_wiping_is_kept,
)
CONDUCT_ERASING_CASES: Final[tuple[Callable[[ConductBench], Awaitable[None]], ...]] = (
    unmoved_rows_of_a_stream_that_goes_are_gone_and_others_stay,
    sealed_traces_go_with_their_day_key_and_others_stay,
    what_outlives_commits_goes_as_well,
    no_handle_of_what_is_gone_is_given_again,
    a_stream_that_stays_goes_on_after_an_erasure,
    a_pending_cut_is_cleared_before_anything_is_erased,
    an_erasure_of_nothing_changes_nothing,
)
OBSERVATION_ERASING_CASES: Final[tuple[Callable[[ObservationBench], Awaitable[None]], ...]] = (
    moved_rows_of_a_stream_that_goes_are_gone_and_others_stay,
    a_place_that_goes_takes_all_its_rows,
    what_was_looked_through_under_a_mark_is_looked_through_again_under_another,
)
ACCOUNT_ERASING_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    credentials_of_whoever_goes_are_gone_and_others_stay,
)
