"""A person's book over HTTP: who read what of them, and the proofs of it.

Rules
- It opens in its person's own session and in no other: not for the operator, not for a recipient, not for a thing.
- Nobody is told whether a place or a statement exists that is not theirs.
- Nothing of it is stored on the way (`no-store`). What was asked for leaves only while its person is there.

Source: record.md, "Personal ledgers"; docs/reference/api.md.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.book_answers import BookShown, LineShown, OwnNoShown, StatementOwn, StatementsOwn
from troth.api.callers import Callers, held, resource
from troth.clock import NS_PER_S
from troth.errors import BadPath, WrongToken
from troth.gate.question import Asker
from troth.journeys.book import Book
from troth.journeys.book_lines import Damaged, Line, Place, Seen, TurnedAway
from troth.names import StatementId
from troth.verify.file import CONTENT_TYPE, SUFFIX
from troth.wire.held import HeldResponse
from troth.wire.times import print_time

__all__ = ["book_routes", "line_shown"]

_STATEMENT: Final = re.compile(r"[0-9a-f]{64}")


def book_routes(book: Book, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def page(request: Request) -> Response:
        asker = _own(callers, request)
        before = request.query_params.get("before")
        found = await book.page(asker, before=None if before is None else Place.parse(before))
        more = None if found.before is None else str(found.before)
        lines = tuple(map(line_shown, found.lines))
        return held(BookShown(found.name, found.custody, lines, more), holds=found.holds)

    async def proof(request: Request) -> Response:
        asker = _own(callers, request)
        place = Place.parse(request.path_params["place"])
        return _file(await book.proof(asker, place), f"book-{place}", holds=partial(book.holds, asker))

    async def statements(request: Request) -> Response:
        asker = _own(callers, request)
        custody, found = await book.statements(asker)
        own = (StatementOwn(s.statement.hex(), s.kind, print_time(s.issued_at_s * NS_PER_S), s.yours) for s in found)
        return held(StatementsOwn(custody, tuple(own)), holds=partial(book.holds, asker))

    async def statement_proof(request: Request) -> Response:
        asker = _own(callers, request)
        text = request.path_params["statement"]
        if _STATEMENT.fullmatch(text) is None:
            raise BadPath("a statement is named by its id, 64 hexadecimal digits")
        data = await book.statement_proof(asker, StatementId(bytes.fromhex(text)))
        return _file(data, f"statement-{text[:16]}", holds=partial(book.holds, asker))

    return [
        resource("/api/book", {"GET": callers.spoken(page)}, query=("before",)),
        resource("/api/book/proofs/{place}", {"GET": callers.spoken(proof)}),
        resource("/api/book/statements", {"GET": callers.spoken(statements)}),
        resource("/api/book/statements/{statement}/proof", {"GET": callers.spoken(statement_proof)}),
    ]


def line_shown(line: Line) -> LineShown:
    """A line as the interface says it."""
    match line:
        case Seen(place=place, end=end, at_ns=at_ns, who=who, variant=variant, rows=rows, basis=basis):
            return LineShown(
                kind="seen",
                place=_printed(place),
                waiting=place is None,
                closed=_printed(end),
                at=print_time(at_ns),
                party=who.party,
                party_name=who.party_name,
                app=who.app,
                purpose=who.purpose,
                what_for=who.what_for,
                stream=who.stream,
                stream_name=who.stream_name,
                thing=who.thing_name,
                variant=variant,
                rows=rows,
                rests_on=tuple(each.hex() for each in basis),
            )
        case TurnedAway(place=place, at_ns=at_ns, who=who, reason=reason, count=count, yours=yours):
            return LineShown(
                kind="turned-away",
                place=_printed(place),
                waiting=place is None,
                at=print_time(at_ns),
                party=who.party,
                party_name=who.party_name,
                app=who.app,
                purpose=who.purpose,
                what_for=who.what_for,
                stream=who.stream,
                stream_name=who.stream_name,
                thing=who.thing_name,
                reason=reason,
                count=count,
                yours=tuple(OwnNoShown(o.statement.hex(), o.kind, print_time(o.from_ns), o.words) for o in yours),
            )
        case Damaged(place=place, why=why):
            return LineShown(kind="damaged", place=_printed(place), waiting=place is None, why=why)


def _printed(place: Place | None) -> str | None:
    return None if place is None else str(place)


def _own(callers: Callers, request: Request) -> Asker:
    """Who asks for their own.

    Raises:
        WrongToken: nobody in a session of their own.
    """
    who = callers.known(request)
    if who.person is None or who.asker is None:
        raise WrongToken("this token is for something else: a book opens in its person's own session only")
    return who.asker


def _file(data: bytes, name: str, *, holds: Callable[[], bool]) -> Response:
    headers = {
        "content-type": CONTENT_TYPE,
        "content-disposition": f'attachment; filename="{name}{SUFFIX}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return HeldResponse(data, holds=holds, headers=headers)
