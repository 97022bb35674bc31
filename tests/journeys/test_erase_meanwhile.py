"""Somebody is erased while what is theirs is made or waits for its reader: none of it is given out any more."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.journeys.erasing_lane import Lane
from tests.journeys.test_hostile_reading import Stalled
from troth.errors import NotFound
from troth.journeys.book import BookPage
from troth.journeys.book_lines import Place
from troth.names import StatementId
from troth.statements.erasure import Asked
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.statement import read
from troth.testing.asgi import Told

MOMENTS_S = [each / 1_000 for each in range(-14, 9)]
"""How long before the erasure it is asked for. A proof takes some 6 ms here, and each step of it, and of the erasure, 1 ms."""


@contextmanager
def read_lane() -> Iterator[Lane]:
    """Cora's meter was read, and everything stands in segments of the log."""
    lane = Lane(seed=31)
    lane.university.reads(lane.meter)
    lane.world.settle()
    lane.world.settle()
    yield lane
    lane.world.close()


def choice_of_cora(lane: Lane) -> StatementId:
    hers = bytes(lane.cora.person)
    entries = unerased(lane.world.journal.entries(after=0, limit=1_000))
    return next(
        each.signed.id
        for each in entries
        if read(each.signed).kind.name is KindName.CHOICE and hers in each.signed.payload
    )


def line_of_cora(lane: Lane) -> Place:
    place = lane.cora.book().lines[0].place
    assert place is not None
    return place


Made = Callable[[Lane], Coroutine[Any, Any, bytes | BookPage]]
MADE: dict[str, Made] = {
    "the proof of what she said": lambda lane: lane.world.node.prove.said(choice_of_cora(lane), lane.cora.asker()),
    "the proof of a line": lambda lane: lane.world.node.book.proof(lane.cora.asker(), line_of_cora(lane)),
    "her book": lambda lane: lane.world.node.book.page(lane.cora.asker()),
}


@pytest.mark.parametrize("what", MADE)
def test_what_is_made_while_its_person_goes_is_not_given_out(what: str) -> None:
    told: set[tuple[bool, bool]] = set()
    for moment_s in MOMENTS_S:
        with read_lane() as lane:
            gone, nothing = erased_meanwhile(lane, MADE[what](lane), moment_s)
        assert gone == nothing, f"asked for {moment_s} s before she was erased"
        told.add((gone, nothing))
    assert {(False, False), (True, True)} == told, (
        "it was asked for too late, or too soon, for this test to show anything"
    )


def erased_meanwhile(lane: Lane, making: Coroutine[Any, Any, object], moment_s: float) -> tuple[bool, bool]:
    """Whether she was gone when it came to its end, and whether it then said that there is nothing."""
    ended: list[tuple[bool, bool]] = []

    def gone() -> bool:
        return lane.cora.person not in lane.world.node.directory.persons

    async def make() -> None:
        try:
            await making
        except NotFound:
            ended.append((gone(), True))
        else:
            ended.append((gone(), False))

    digest = lane.erase.preview(lane.cora.person).digest
    both = [make(), lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION)]
    for work in both if moment_s > 0 else reversed(both):
        lane.world.start(work)
        lane.world.advance(abs(moment_s))
    lane.world.advance(5)
    (only,) = ended
    return only


@pytest.mark.parametrize("path", ["/api/book", "/api/book/statements", "proof of a line", "proof of what she said"])
def test_what_waits_for_its_reader_does_not_leave_when_its_person_is_erased(path: str) -> None:
    with read_lane() as lane:
        session = lane.session(lane.cora)
        if path == "proof of a line":
            path = f"/api/book/proofs/{line_of_cora(lane)}"
        elif path == "proof of what she said":
            path = f"/api/book/statements/{choice_of_cora(lane).hex()}/proof"
        headers = {"authorization": f"Bearer {session}"}
        whole = lane.world.get(path, headers=headers)
        assert (200, False) == (whole.status, whole.broken)
        digest = lane.erase.preview(lane.cora.person).digest
        exchange = Stalled(lane.world, path, headers=headers)

        async def gone_meanwhile() -> Told:
            asking = asyncio.ensure_future(exchange.ask())
            await exchange.asked.wait()
            await lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION)
            exchange.takes.set()
            return await asking

        told = lane.world.run(gone_meanwhile())
        assert (True, b"") == (told.broken, bytes(told.body))
