"""Whoever runs a place gives their word in public: red lines, promises, support for a text.

Rules
- Each of these is an open statement: anybody can read it, and the log keeps what was said before.
- A promise and a support are by a registered organisation, which can be reached; commitments are promises of its own.
- A line is taken back with its notice, a support at once; a promise is only ever replaced.

Source: gate.md ("Red lines are signed by the operator"); mission.md (S69, S70, F40).
Left out: measuring promises.
"""

from collections.abc import Callable

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Undeclared
from troth.journeys.say import Say
from troth.names import (
    LineId,
    PromiseId,
    StatementId,
    SupportId,
    Uri,
    check_uri,
    print_line,
    print_promise,
    print_support,
)
from troth.signing.cose import PayloadForm
from troth.spans import DAY_NS, MINUTE_NS
from troth.state.directory import Directory
from troth.statements.kinds import KindName
from troth.statements.promise import PromiseBody
from troth.statements.red_line import RedLineBody
from troth.statements.support import SupportBody, SupportedText

__all__ = ["DrawnLine", "Pledge"]


class DrawnLine(msgspec.Struct, frozen=True):
    """A line as it was drawn, its end and why, if it has been taken back, and the statement that says so."""

    body: RedLineBody
    to_ns: int | None
    because: str | None
    statement: bytes


class Pledge:
    """Says these statements and lists what was said."""

    def __init__(self, say: Say, directory: Directory, *, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._say = say
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    def now(self) -> int:
        """UTC ns."""
        return self._clock.now()

    # --- red lines ---

    async def draw(self, body: RedLineBody) -> LineId:
        """Draw a red line from now on. `line` and `from_ns` of the body are made here.

        Raises:
            Refused: it forbids nothing, says nothing, or has too little notice.
            BadName: something in its lists is no URI.
        """
        for each in (*body.properties, *body.purposes, *body.recipients):
            check_uri(each)
        line = LineId(self._entropy(16))
        whole = msgspec.structs.replace(body, line=line, from_ns=self._clock.now(), to_ns=None, because=None)
        await self._say.say(KindName.RED_LINE, whole, subject=print_line(line))
        return line

    async def take_back(self, line: LineId, because: str, *, to_ns: int | None = None) -> int:
        """Take a line back; returns when it ends (ns UTC), after its notice if no later moment is given.

        Raises:
            NotFound: there is no such line.
            Conflict: it has ended already.
            Refused: the moment lies before the end of its notice.
        """
        known = self._directory.lines.get(line)
        if known is None:
            raise NotFound("there is no such red line here")
        soonest = self._clock.now() + known.drawn.notice_days * DAY_NS
        # The statement counts a little later than now, and its notice runs from then: so a whole minute more.
        ends_ns = (soonest // MINUTE_NS + 2) * MINUTE_NS if to_ns is None else to_ns
        body = msgspec.structs.replace(known.drawn, to_ns=ends_ns, because=because)
        await self._say.say(KindName.RED_LINE, body, subject=print_line(line))
        return ends_ns

    def lines(self) -> tuple[DrawnLine, ...]:
        """All lines in order of drawing, ended ones too."""
        return tuple(
            DrawnLine(each.drawn, each.last.to_ns, each.last.because, each.statement)
            for each in self._directory.lines.values()
        )

    # --- promises ---

    async def promise(
        self, body: PromiseBody, *, form: PayloadForm = PayloadForm.INLINE
    ) -> tuple[PromiseId, StatementId]:
        """Promise something; `promise` of the body is made here. Returns it and its statement.

        Raises:
            NotFound: the organisation or the product is not registered.
            Undeclared: a stream that the product does not have.
            Refused: nothing is promised, or nobody could measure it.
        """
        self._registered(body.by)
        if body.product is not None:
            product = self._directory.products.get(body.product)
            if product is None:
                raise NotFound("there is no such product here")
            if not set(body.streams) <= {each.name for each in product.streams}:
                raise Undeclared("the promise speaks of a stream that the product does not have")
        if body.evidence is not None:
            check_uri(body.evidence)
        promise = PromiseId(self._entropy(16))
        whole = msgspec.structs.replace(body, promise=promise)
        said = await self._say.say(KindName.PROMISE, whole, subject=print_promise(promise), form=form)
        return promise, said.statement

    def promises(self, product: Uri | None = None) -> tuple[tuple[PromiseBody, bytes], ...]:
        """All promises in order of first saying, each with its statement; with `product` those about it alone."""
        found = tuple(self._directory.promises.values())
        return found if product is None else tuple(each for each in found if each[0].product == product)

    # --- support ---

    async def support(
        self,
        by: Uri,
        text: SupportedText,
        *,
        commitments: tuple[PromiseId, ...] = (),
        form: PayloadForm = PayloadForm.INLINE,
    ) -> tuple[SupportId, StatementId]:
        """Stand behind a text from now on; returns the support and its statement.

        Raises:
            NotFound: the organisation is not registered, or a commitment is no promise of its own.
            Refused: the text is not named by a title and its digest.
        """
        self._registered(by)
        for each in commitments:
            known = self._directory.promises.get(each)
            if known is None or known[0].by != by:
                raise NotFound("a commitment is a promise that the same organisation has made here")
        support = SupportId(self._entropy(16))
        body = SupportBody(support, by, text, self._clock.now(), commitments)
        said = await self._say.say(KindName.SUPPORT, body, subject=print_support(support), form=form)
        return support, said.statement

    async def withdraw(self, support: SupportId) -> None:
        """Stand behind it no more.

        Raises:
            NotFound: there is no such support.
            Conflict: it is withdrawn already.
        """
        known = self._directory.supports.get(support)
        if known is None:
            raise NotFound("there is no such support here")
        if known[0].withdrawn:
            raise Conflict("this support is withdrawn already")
        body = msgspec.structs.replace(known[0], withdrawn=True)
        await self._say.say(KindName.SUPPORT, body, subject=print_support(support))

    def supports(self) -> tuple[tuple[SupportBody, bytes], ...]:
        """All support in order of first saying, withdrawn too, each with its statement."""
        return tuple(self._directory.supports.values())

    def _registered(self, party: Uri) -> None:
        if party not in self._directory.organisations:
            raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
