"""Everything about somebody, written into an archive: what they can read here of themself, and nothing of others.

Rules
- Each part is read by the journey by which its person reads it on a page, as that person; rows come through the archive's own
  gate. So nothing is in it that its person may not read, and of the others of a home neither name nor choice.
- One piece at a time is in memory; everything that takes long (rendering, packing) is where `in_worker` puts it.
- What cannot be proved (yet) is named in the manifest, and the rest is written all the same.
- In one that a guardian takes along of a child nothing tells what adults of the home do or say: no reading of theirs, no word
  of another guardian, nothing that was ordered, asserted or happened in a home, because they may not live there, and of the
  child not how it comes in, nor what it asks of whoever runs the place.

Source: mission.md (F2), GDPR Art. 15, 20; docs/reference/export.md; docs/decisions/0077.
Left out: how it is kept and when it ends (`journeys/exports`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final, cast

import msgspec

from troth.api.book import line_shown
from troth.api.choices import CHOICES_MAX, offer_shown
from troth.api.erasures import preview_shown
from troth.api.exported_account import account_for_guardian, account_of
from troth.api.exported_forms import (
    AccountFile,
    LeftOut,
    Manifest,
    RightsFile,
    SaidFile,
    StatementLine,
    StreamOwn,
    ThingOwn,
    ThingsFile,
)
from troth.api.exported_home import Homes
from troth.api.exported_readable import readable
from troth.api.exported_words import READ_ME
from troth.api.marks import mark_shown
from troth.api.objections import objectable_shown
from troth.api.operate import thing_shown
from troth.api.places import rule_shown
from troth.api.private import standing_shown
from troth.api.rights import request_line
from troth.api.sensorthings.csv_rows import header_of, records
from troth.clock import NS_PER_S, Clock
from troth.errors import Denied, NotFound, StorageFailed, Unavailable
from troth.gate.question import Asker
from troth.journeys.archive import Writing
from troth.journeys.belong import Belong
from troth.journeys.book import Book
from troth.journeys.book_lines import Damaged, Line, Place, Seen, is_newer
from troth.journeys.choose import Choose
from troth.journeys.erase import Erase
from troth.journeys.making import InWorker
from troth.journeys.marks import Marks
from troth.journeys.object import Object
from troth.journeys.offers import Offer
from troth.journeys.oversee import Oversee
from troth.journeys.owned import OwnedStream, OwnedThing, owned
from troth.journeys.places import Places
from troth.journeys.privately import Privately
from troth.journeys.recognise import MEMBER
from troth.journeys.rights import Rights
from troth.journeys.sign_in import SignIn
from troth.journeys.tell import Page, Tell
from troth.journeys.visits import Visits
from troth.names import PersonId, StatementId, StreamId, print_person
from troth.signing.cbor import CborValue
from troth.statements.custody import CustodyBody
from troth.statements.kinds import Body
from troth.statements.person import InvitationBody
from troth.statements.persons import speaker_of
from troth.statements.rights import ReplyBody, RequestBody
from troth.things.observations import Variant
from troth.verify.file import SUFFIX
from troth.wire.result_formats import Column
from troth.wire.times import print_time
from troth.wire.zipped import Zipped

__all__ = ["COLUMNS", "FORMAT", "Everything"]

FORMAT: Final = 1
COLUMNS: Final = (Column.ID, Column.TIME, Column.RESULT, Column.VIEW, Column.SAYS)
_PROOF_TRIES: Final = 20  # of one proof, while others make theirs
_YET_S: Final = 30.0  # as long is waited, in all, for what was said or read a moment ago: two ticks and the log


class Everything(msgspec.Struct, frozen=True):
    """Where everything about somebody is read. `number_of`: the number of a stream's Datastream."""

    tell: Tell
    belong: Belong
    homes: Homes
    choose: Choose
    places: Places
    privately: Privately
    object: Object
    rights: Rights
    marks: Marks
    oversee: Oversee
    erase: Erase
    book: Book
    visits: Visits
    sign_in: SignIn
    clock: Clock
    in_worker: InWorker
    number_of: Callable[[StreamId], int | None]
    url: str

    def of(self, asker: Asker, person: PersonId, *, session: str) -> Callable[[Writing], Awaitable[None]]:
        """What fills an archive. How they come in is looked at now, because the session may end meanwhile."""
        account = account_of(self.visits, self.sign_in, self.belong.together(person), person, session=session)

        async def fill(writing: Writing) -> None:
            await _Filling(self, asker, person, writing=writing).all(account)

        return fill

    def of_child(self, asker: Asker, child: PersonId, *, by: PersonId) -> Callable[[Writing], Awaitable[None]]:
        """What fills an archive of a child that its guardian takes along. `asker`: the child, as whom it is read."""
        account = account_for_guardian(self.belong.together(child), child)

        async def fill(writing: Writing) -> None:
            await _Filling(self, asker, child, writing=writing, by=by).all(account)

        return fill


class _Filling:
    """One archive while it is filled."""

    def __init__(
        self, at: Everything, asker: Asker, person: PersonId, *, writing: Writing, by: PersonId | None = None
    ) -> None:
        self._at = at
        self._asker = asker
        self._person = person
        self._by = by
        self._writing = writing
        now_ns = at.clock.now()
        self._made = print_time(now_ns // NS_PER_S * NS_PER_S)
        moment = datetime.fromtimestamp(now_ns // NS_PER_S, UTC)
        self._zip = Zipped((moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
        self._left_out: list[LeftOut] = []
        self._patience_s = _YET_S

    async def all(self, account: AccountFile) -> None:
        """Everything, in order."""
        custody, statements = await self._at.book.statements(self._asker)
        await self._put("README.txt", READ_ME.encode())
        await self._document("account.json", msgspec.structs.replace(account, custody=custody))
        await self._document("choices.json", self._said())
        erasing = preview_shown(self._at.erase.preview(self._person), self._at.number_of)
        await self._document("erasure.json", erasing)
        asked = () if self._by is not None else self._at.rights.desk(self._person)
        lines = tuple(request_line(each, is_own=True) for each in asked)
        marks = tuple(map(mark_shown, self._at.marks.standing(self._person)))
        await self._document("rights.json", RightsFile(lines, marks))
        may_read = (await self._at.tell.listing.readable(self._asker)).streams
        await self._document("things.json", ThingsFile(self._things(may_read)))
        if self._by is None:
            await self._document("grounds.json", self._at.homes.ordered(self._person))
            await self._document("happened.json", self._at.homes.happened(self._person))
        for done, number in enumerate(may_read):
            self._writing.step("observations", done=done, of=len(may_read))
            await self._observations(number)
        await self._statements([each.statement for each in statements])
        await self._book()
        await self._manifest()

    # --- what can be decided, and what is there ---

    def _said(self) -> SaidFile:
        at, person = self._at, self._person
        private = [
            standing_shown(each, at.number_of)
            for home in at.privately.homes(person)
            for each in home.standing
            if each.mine is not None and each.child is None
        ]
        return SaidFile(
            tuple(offer_shown(each, opens=self._at.choose.offers.opens(each)) for each in self._offers()),
            tuple(map(objectable_shown, at.object.objectables(person))),
            tuple(map(rule_shown, at.places.rules(person))),
            tuple(private),
        )

    def _offers(self) -> list[Offer]:
        found, after = self._at.choose.offers.page(self._person, after=0, top=CHOICES_MAX)
        offers = list(found)
        while after is not None:
            found, after = self._at.choose.offers.page(self._person, after=after, top=CHOICES_MAX)
            offers += found
        return offers

    def _things(self, may_read: Sequence[int]) -> tuple[ThingOwn, ...]:
        at = self._at
        found = owned(at.privately, at.tell, self._asker, person=self._person, readable=may_read)
        return tuple(map(self._thing, found))

    def _thing(self, thing: OwnedThing) -> ThingOwn:
        passport, disclosed = self._at.oversee.product(thing.product, thing.household)
        seen = None
        with suppress(NotFound):  # it has no short name any more
            if self._by is None:
                seen = thing_shown(self._at.oversee.installed(thing.thing))
        return ThingOwn(
            tuple(map(_stream, thing.streams)),
            cast("Mapping[str, CborValue]", readable(passport)),
            seen,
            None if disclosed is None else cast("Mapping[str, CborValue]", readable(disclosed)),
        )

    # --- observations ---

    async def _observations(self, number: int) -> None:
        """A file of all of a stream. Whoever may not read it any more since the list was made gets none."""
        name = _csv_name(number)
        try:
            begun = False
            async for page in self._writing.rows(number):
                if not begun:
                    await self._away(partial(self._begin, name))
                    begun = True
                await self._away(partial(self._add, page))
            await self._away(self._zip.end)
        except (Denied, NotFound) as no:
            self._left_out.append(LeftOut(name, no.message))

    def _begin(self, name: str) -> None:
        self._zip.begin(name)
        self._zip.add(header_of(COLUMNS))

    def _add(self, page: Page) -> None:
        self._zip.add(records(page.rows, page.view, columns=COLUMNS, zone=None))

    # --- what was said, and the book ---

    async def _statements(self, ids: Sequence[StatementId]) -> None:
        lines: list[bytes] = []
        for done, each in enumerate(ids):
            self._writing.step("statements", done=done, of=len(ids))
            try:
                data, said = self._at.book.said(self._asker, each)
            except NotFound:
                continue  # it went meanwhile
            if self._by is not None and not _for_guardian(said.body, self._person, self._by):
                continue
            name, headers = f"statements/{said.kind.name.value}-{each.hex()[:16]}", said.signed.headers
            line = StatementLine(
                each.hex(),
                said.kind.name.value,
                print_time(headers.issued_at_s * NS_PER_S),
                headers.issuer,
                headers.subject,
                f"{name}.cbor",
                readable(said.body),
            )
            lines.append(msgspec.json.encode(line))
            await self._put(f"{name}.cbor", data)
            await self._proof(f"{name}{SUFFIX}", partial(self._at.book.statement_proof, self._asker, each))
        await self._put("statements.jsonl", b"".join(line + b"\n" for line in lines))

    async def _book(self) -> None:
        """First the lines, then the proof of each; the lines are gone through twice, because there may be many.

        What has no place the first time has none in the file, and gets no proof beside it.
        """
        await self._away(partial(self._zip.begin, "book.jsonl"))
        count, newest = 0, None
        async for page in self._pages():
            lines = self._told(page)
            count += len(lines)
            newest = newest or next((each.place for each in lines if each.place is not None), None)
            text = b"".join(msgspec.json.encode(line_shown(line)) + b"\n" for line in lines)
            await self._away(partial(self._zip.add, text))
        await self._away(self._zip.end)
        done = 0
        async for lines in self._pages():
            for line in self._told(lines):
                self._writing.step("book", done=min(done, count), of=count)
                done += 1
                for place in _places(line, upto=newest):
                    await self._proof(f"book/{place}{SUFFIX}", partial(self._at.book.proof, self._asker, place))

    def _told(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """Those that stand in this archive."""
        if self._by is None:
            return lines
        return tuple(each for each in lines if isinstance(each, Damaged) or each.who.party != MEMBER)

    async def _pages(self) -> AsyncIterator[tuple[Line, ...]]:
        page = await self._at.book.page(self._asker)
        yield page.lines
        while page.before is not None:
            page = await self._at.book.page(self._asker, before=page.before)
            yield page.lines

    async def _proof(self, name: str, make: Callable[[], Awaitable[bytes]]) -> None:
        """One proof. What is not in the log yet is waited for, but not for ever."""
        why = ""
        for _ in range(_PROOF_TRIES):
            try:
                await self._put(name, await make())
            except NotFound:
                return
            except StorageFailed as error:
                why = error.message
                break
            except Unavailable as not_yet:
                why = not_yet.message
                wait_s = max(not_yet.retry_after_s, 0.05)
                if wait_s > self._patience_s:
                    break
                self._patience_s -= wait_s
                await asyncio.sleep(wait_s)
            else:
                return
        self._left_out.append(LeftOut(name, why))

    async def _manifest(self) -> None:
        standing = await self._at.oversee.standing()
        manifest = Manifest(
            FORMAT,
            self._made,
            self._at.url,
            standing.origin,
            standing.verifier_key,
            print_person(self._person),
            tuple(self._zip.files),
            tuple(self._left_out),
        )
        await self._document("manifest.json", manifest)
        await self._away(self._zip.finish)

    # --- writing ---

    async def _document(self, name: str, document: msgspec.Struct) -> None:
        await self._put(name, msgspec.json.format(msgspec.json.encode(document)) + b"\n")

    async def _put(self, name: str, data: bytes) -> None:
        await self._away(partial(self._zip.whole, name, data))

    async def _away(self, pack: Callable[[], object]) -> None:
        """Pack something where it holds up nobody, and write what came of it."""

        def packed() -> bytes:
            pack()
            return self._zip.take()

        await self._writing.write(await self._at.in_worker(packed))


def _stream(stream: OwnedStream) -> StreamOwn:
    shown = StreamOwn(stream.number, stream.name, stream.title, stream.senses, stream.type, stream.unit)
    view = stream.view
    if view is None:
        return shown
    return msgspec.structs.replace(
        shown,
        file=_csv_name(stream.number),
        view=view.variant.value,
        since=print_time(view.since_ns // NS_PER_S * NS_PER_S),
        because=view.because if view.variant != Variant.RAW else None,
    )


def _for_guardian(body: Body, child: PersonId, by: PersonId) -> bool:
    """Whether a statement that speaks of a child stands in what its guardian takes along."""
    if isinstance(body, RequestBody | ReplyBody | CustodyBody | InvitationBody):
        return False
    return speaker_of(body) in {None, child, by}


def _csv_name(number: int) -> str:
    return f"observations/{number}.csv"


def _places(line: Line, *, upto: Place | None) -> tuple[Place, ...]:
    """Where what proves a line stands, of a line that has its place since `upto` at the latest."""
    if isinstance(line, Damaged) or line.place is None or upto is None or is_newer(line.place, upto):
        return ()
    end = line.end if isinstance(line, Seen) else None
    return (line.place,) if end is None else (line.place, end)
