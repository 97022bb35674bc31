"""A program that keeps things in one store until it is told no: `python -m tests.faults.call_victim STORE FOLDER`.

It says on stdout, one line each and only after the acknowledgement, which number is kept. It ends with 0 when all are, with 3
when the store failed while it kept them, with 4 when the store could not be opened; never in order, so that nothing is tidied.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from tests.faults.log_machine import ORIGIN, SIGNER
from troth.adapters.accounts_sqlite import SqliteAccounts
from troth.adapters.conduct_sqlite import SqliteConduct
from troth.adapters.journal_sqlite import SqliteJournal
from troth.adapters.log_folder import LogFolder, OutsideFolder
from troth.adapters.partitions_sqlite import SqliteObservations
from troth.errors import TrothError
from troth.journeys.accounts import Account, Bearer, token_digest
from troth.testing.contracts import StillClock
from troth.testing.contracts_conduct import noted
from troth.testing.contracts_journal import statement
from troth.tlog.sequencer import Sequencer

MANY: Final = 4
FAILED: Final = 3
REFUSED: Final = 4


@dataclass(frozen=True)
class Opened:
    """A store: how a number is kept, which are there, and how it is closed."""

    add: Callable[[int], Awaitable[object]]
    there: Callable[[], set[int]]
    close: Callable[[], Awaitable[None]]


def end(error: Exception, *, code: int = FAILED) -> NoReturn:
    """What a node does when a truth file fails: say why, and end."""
    sys.stdout.write(f"failed {error.code if isinstance(error, TrothError) else type(error).__name__}\n")
    sys.stdout.flush()
    os._exit(code)


async def journal(folder: Path) -> Opened:
    store = await SqliteJournal.open(folder / "journal.db", on_failure=end)
    return Opened(
        lambda number: store.append(statement(number)),
        lambda: {number for number in range(MANY) if store.find(statement(number).id) is not None},
        store.close,
    )


async def accounts(folder: Path) -> Opened:
    store = await SqliteAccounts.open(folder / "accounts.db", on_failure=end)

    def account(number: int) -> Account:
        return Account(token_digest(str(number)), Bearer.OPERATOR)

    return Opened(
        lambda number: store.add(account(number)),
        lambda: {number for number in range(MANY) if store.find(account(number).digest) is not None},
        store.close,
    )


async def conduct(folder: Path) -> Opened:
    clock = StillClock()
    moved = await SqliteObservations.open(folder / "partitions", clock=clock, on_failure=end)
    store = await SqliteConduct.open(
        folder / "conduct.db", clock=clock, entropy=os.urandom, taken=moved.taken, on_failure=end
    )

    async def close() -> None:
        await store.close()
        await moved.close()

    return Opened(lambda number: store.note([noted(number)]), lambda: set(range(store.uncut)), close)


async def log(folder: Path) -> Opened:
    place = LogFolder(folder / "log")
    outside = OutsideFolder(folder / "outside")
    sequencer = Sequencer.open(place.tiles, place.lock, signer=SIGNER, origin=ORIGIN, outside=outside)

    async def add(number: int) -> None:
        sequencer.append([b"%d" % number], taken=sequencer.taken + 1)

    async def close() -> None:
        place.close()

    return Opened(add, lambda: {int(sequencer.entry(index)) for index in range(sequencer.size)}, close)


STORES: Final = {each.__name__: each for each in (journal, accounts, conduct, log)}


async def live(name: str, folder: Path) -> None:
    try:
        store = await STORES[name](folder)
    except TrothError as error:
        end(error, code=REFUSED)
    for number in range(MANY):
        try:
            await store.add(number)
        except TrothError as error:
            end(error)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    os._exit(0)


async def found(name: str, folder: Path) -> set[int]:
    """What the next program finds."""
    store = await STORES[name](folder)
    there = store.there()
    await store.close()
    return there


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], Path(sys.argv[2])))
