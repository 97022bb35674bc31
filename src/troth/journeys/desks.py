"""What makers and authorities come for: what is said in the open, about their own or about all, and nothing of homes.

Rules
- Everything here stands in open statements, but for one number: how many things of a product stand in homes, in whole tens, so
  that hardly ever anybody sees one come or go.
- A maker sees its own products; an authority sees all, who answers for what, and open statements with their places in the log,
  but for segments, which are for programs (`troth audit`).
- Both only read. What a maker says, it signs with its own key and sends like any statement.

Source: people.md (the table of who comes for what); mission.md, "What the law adds"; docs/decisions/0061.
Left out in this version: advisories, and a maker's reply as a statement of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from troth.errors import NotFound
from troth.journeys.party_names import party_name
from troth.names import StatementId, Uri
from troth.signing.cose import PayloadForm
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosedStream
from troth.statements.journal import Journal, unerased
from troth.statements.kinds import Face, KindName, kind_of

__all__ = ["SAID_MAX", "Answers", "AuthorityDesk", "Desks", "MakerDesk", "Product", "Said"]

SAID_MAX: Final = 100  # statements of one page
_TENS: Final = 10
_READ_AT_ONCE: Final = 200


class Product(msgspec.Struct, frozen=True):
    """A product by its passport, who answers for its disclosure, and how many things of it stand here.

    `public`: in public places; `in_homes`: in whole tens. `support_end`: YYYY-MM-DD, or None where the passport says none.
    `maker_name`, `answerable_name`: what people call them.
    """

    product: Uri
    name: str
    maker: Uri
    answerable: Uri | None
    purposes: tuple[str, ...]
    support_end: str | None
    public: int
    in_homes: int
    maker_name: str
    answerable_name: str | None


class Answers(msgspec.Struct, frozen=True):
    """An organisation and how it is reached, and the public things that it answers for, by name and place."""

    party: Uri
    name: str
    contact: str
    things: tuple[tuple[str, str], ...]


class Said(msgspec.Struct, frozen=True):
    """An open statement: its id, kind, issuer, and when it was issued (seconds UTC).

    `index`: its place in the log, None before it is there. `enveloped`: the log holds a digest of it.
    """

    statement: StatementId
    kind: str
    issuer: str
    issued_at_s: int
    index: int | None
    enveloped: bool


class MakerDesk(msgspec.Struct, frozen=True):
    """What a maker sees of its own: products, promises and texts it stands behind, by their words and titles."""

    party: Uri
    name: str
    contact: str
    products: tuple[Product, ...]
    promises: tuple[str, ...]
    supports: tuple[str, ...]


class AuthorityDesk(msgspec.Struct, frozen=True):
    """What an authority sees: all products, who answers for what, and a page of open statements, newest first.

    `before`: the place that the next page is asked before, None where there is no more.
    """

    party: Uri
    name: str
    products: tuple[Product, ...]
    answers: tuple[Answers, ...]
    said: tuple[Said, ...]
    before: int | None


class Desks:
    """Gathers both. `index_of`: where an open statement stands in the log, or None. Owner of all state: the event loop."""

    def __init__(
        self,
        directory: Directory,
        journal: Journal,
        *,
        index_of: Callable[[StatementId], int | None],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._directory = directory
        self._journal = journal
        self._index_of = index_of
        self._pause = pause
        self._open: list[Said] = []  # in the journal's order, their places in the log not looked at
        self._looked = 0

    def maker(self, party: Uri) -> MakerDesk:
        """What a maker sees.

        Raises:
            NotFound: the organisation is not registered here (any more).
        """
        name, contact = self._known(party)
        return MakerDesk(
            party,
            name,
            contact,
            tuple(each for each in self._products() if each.maker == party),
            tuple(body.words for body, _ in self._directory.promises.values() if body.by == party),
            tuple(
                body.text.title
                for body, _ in self._directory.supports.values()
                if body.by == party and not body.withdrawn
            ),
        )

    async def authority(self, party: Uri, *, before: int | None = None) -> AuthorityDesk:
        """What an authority sees. `before`: a place that an earlier page gave.

        Raises:
            NotFound: the organisation is not registered here (any more).
        """
        self._known(party)
        await self._look()
        name, _ = self._known(party)
        said, more = self._said(before)
        return AuthorityDesk(party, name, self._products(), self._answers(), said, more)

    def _known(self, party: Uri) -> tuple[str, str]:
        body = self._directory.organisations.get(party)
        if body is None:
            raise NotFound("this organisation is not registered here")
        return body.name, body.contact

    def _products(self) -> tuple[Product, ...]:
        public: dict[Uri, int] = {}
        at_home: dict[Uri, int] = {}
        for each in self._directory.things.values():
            if each.body.to_ns is None:
                counted = public if each.body.household is None else at_home
                counted[each.body.product] = counted.get(each.body.product, 0) + 1
        found = []
        for product, passport in self._directory.products.items():
            disclosed = self._directory.disclosures.get(product)
            purposes = () if disclosed is None else _titles(disclosed[0].streams)
            answerable = None if disclosed is None else disclosed[0].answerable
            found.append(
                Product(
                    product,
                    passport.name,
                    passport.maker,
                    answerable,
                    purposes,
                    passport.support_end,
                    public.get(product, 0),
                    at_home.get(product, 0) // _TENS * _TENS,
                    party_name(passport.maker, self._directory),
                    None if answerable is None else party_name(answerable, self._directory),
                )
            )
        return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.product)))

    def _answers(self) -> tuple[Answers, ...]:
        things: dict[Uri, list[tuple[str, str]]] = {}
        for each in self._directory.things.values():
            if each.body.household is None and each.body.to_ns is None:
                things.setdefault(each.body.answers.organisation, []).append((each.body.name, each.body.place))
        return tuple(
            Answers(party, body.name, body.contact, tuple(sorted(things.get(party, ()))))
            for party, body in sorted(self._directory.organisations.items(), key=lambda each: each[1].name.casefold())
        )

    async def _look(self) -> None:
        """Read on in the journal, some at a time; the first time it is gone through whole."""
        while batch := self._journal.entries(after=self._looked, limit=_READ_AT_ONCE):
            self._looked = batch[-1].position
            for entry in unerased(batch):
                headers = entry.signed.headers
                kind = kind_of(headers.content_type)
                if kind is not None and kind.face is Face.OPEN and kind.name is not KindName.CONDUCT_SEGMENT:
                    enveloped = headers.form is PayloadForm.DIGEST
                    said = Said(entry.signed.id, kind.name.value, headers.issuer, headers.issued_at_s, None, enveloped)
                    self._open.append(said)
            await self._pause()

    def _said(self, before: int | None) -> tuple[tuple[Said, ...], int | None]:
        """Open statements, newest first. Places are counted over these alone: private ones leave no gap."""
        end = len(self._open) if before is None else max(0, min(before, len(self._open)))
        begin = max(0, end - SAID_MAX)
        page = reversed(self._open[begin:end])
        found = tuple(msgspec.structs.replace(each, index=self._index_of(each.statement)) for each in page)
        return found, begin or None


def _titles(streams: Sequence[DisclosedStream]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(purpose.title for each in streams for purpose in each.purposes))
