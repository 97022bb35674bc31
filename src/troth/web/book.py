"""The page of a person's book, in people's words, and its proofs as files.

Rules
- Shown in the person's own session only; for everybody else it says how to enter, and not whether there is a book.
- What one program read is one entry for each day, purpose, stream and view, with its sum; each tick has its proof behind it,
  or says that it follows. In how many requests it was read within a tick nobody keeps, so none is said.
- Who keeps the key stands on the page.

Source: people.md, "Rules"; record.md, "Personal ledgers".
"""

from collections.abc import Sequence
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from troth.journeys.book_lines import Damaged, Line, Place, Seen, TurnedAway, Who
from troth.journeys.own_no import OwnNo
from troth.verify.file import CONTENT_TYPE, SUFFIX
from troth.web.deployment import Deployment
from troth.web.saying import day
from troth.web.sessions import viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.held import HeldResponse

__all__ = ["Entry", "Reader", "entries_of"]


class Entry(msgspec.Struct, frozen=True):
    """Looks of a party's program for one purpose at one stream in one view on one day, newest first; or times it got nothing.

    A look is what was read within one tick. `rows` is the sum of those that are known; `cut_short` how many have none.
    """

    day: str
    who: Who
    variant: str | None
    reason: str | None
    looks: tuple[Seen | TurnedAway, ...]
    rows: int
    cut_short: int

    @property
    def from_ns(self) -> int:
        """When the first of them began."""
        return self.looks[-1].at_ns

    @property
    def to_ns(self) -> int:
        """When the last of them began."""
        return self.looks[0].at_ns

    @property
    def waiting(self) -> bool:
        """Whether the newest of them has no proof yet."""
        return self.looks[0].place is None

    @property
    def yours(self) -> tuple[tuple[OwnNo, int | None], ...]:
        """What the person had said against it themselves, each once, with the Datastream."""
        away = (each for each in self.looks if isinstance(each, TurnedAway))
        return tuple(dict.fromkeys((own, each.number) for each in away for own in each.yours))

    @property
    def times(self) -> int:
        """How often somebody was turned away."""
        return sum(each.count for each in self.looks if isinstance(each, TurnedAway))


class Reader:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/mine/book", "GET", self.book), ("/mine/book/{place}.troth-proof", "GET", self.proof)]

    async def book(self, request: Request) -> Response:
        """A page of the book."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.person is None:
            return self._shell.show(request, "book.html", {"page": None})
        before = request.query_params.get("before")
        page = await self._at.book.page(viewer.person_asker, before=None if before is None else Place.parse(before))
        values = {
            "page": page,
            "entries": entries_of(page.lines),
            "damaged": [each for each in page.lines if isinstance(each, Damaged)],
            "is_later": before is not None,
            "tick_s": self._at.tick_s,
        }
        return self._shell.show(request, "book.html", values)

    async def proof(self, request: Request) -> Response:
        """The proof of one trace as a file."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        place = Place.parse(str(request.path_params["place"]))
        data = await self._at.book.proof(viewer.person_asker, place)
        headers = dict(HEADERS) | {"content-disposition": f'attachment; filename="book-{place}{SUFFIX}"'}
        holds = partial(self._at.book.holds, viewer.person_asker)
        return HeldResponse(data, holds=holds, headers=headers | {"content-type": CONTENT_TYPE})


def entries_of(lines: Sequence[Line]) -> tuple[Entry, ...]:
    """Lines put together by day, who and view, in the order of the newest of each."""
    looks: dict[tuple[str, Who, str | None, str | None], list[Seen | TurnedAway]] = {}
    for line in lines:
        match line:
            case Seen():
                looks.setdefault((day(line.at_ns), line.who, line.variant, None), []).append(line)
            case TurnedAway():
                looks.setdefault((day(line.at_ns), line.who, None, line.reason), []).append(line)
            case Damaged():
                pass
    found = []
    for (on, who, variant, reason), some in looks.items():
        known = [each.rows for each in some if isinstance(each, Seen)]
        rows = sum(each for each in known if each is not None)
        found.append(Entry(on, who, variant, reason, tuple(some), rows, known.count(None)))
    return tuple(found)
