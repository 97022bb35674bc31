"""Why one observation is here: source, data, decision, effect, and what can be shown of it to a stranger.

Rules
- It is read through `tell`: whoever may not see it is told nothing about it.
- A mean is explained like an observation, and says why it is not more; it has no proof of its own.
- A private statement is told to the person it speaks of, and to nobody else by more than that there is one.
- By which credential a row came no trace says. It rests on the installation under which it was kept, and that names what could
  speak for the thing at that moment (docs/decisions/0114); until the row stands in a segment, this is not known here.

Source: people.md, "The first minute" 4; mission.md, "Three words, made testable" (who, why, on whose say, where to, when).
Left out: actions and rules that an observation caused.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from troth.clock import Clock
from troth.errors import Denied, NotFound
from troth.gate.question import Answer, Asker
from troth.journeys.party_names import party_name
from troth.journeys.tell import Tell
from troth.journeys.uses import Use, purposes_of, uses_of
from troth.names import PersonId, StatementId
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosureBody
from troth.statements.installation import InstallationBody
from troth.statements.journal import ErasedEntry, Journal, JournalEntry
from troth.statements.kinds import Face
from troth.statements.passport import PassportBody
from troth.statements.person import MembershipBody, PersonBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.statement import Statement, read_kept
from troth.things.intervals import Interval
from troth.things.observations import Kept
from troth.things.query import ObservationQuery, Order
from troth.things.variants import Variant
from troth.things.windows import WINDOW_IDS_FROM, Shown

__all__ = ["Because", "Rest", "Through", "Why"]

_RECENT = 16  # how many older observations are looked at for one that can be proved already
_LOOKING_MAX = (
    8  # rows whose installation is looked for at once: each may read segments back, as a proof does (`prove`)
)


class Rest(msgspec.Struct, frozen=True):
    """One statement that a decision rests on.

    `kind` as in statements/kinds. `by`: who said it, where that is an organisation or the asker themself ("you"). `decision`
    for a choice of the asker. `log_index` where it stands in the public log. `at_ns` is None for what is private to others.
    """

    statement: StatementId
    kind: str
    private: bool
    by: str | None = None
    decision: Decision | None = None
    at_ns: int | None = None
    log_index: int | None = None


class Through(msgspec.Struct, frozen=True):
    """What could speak for a thing when a row of it was kept, by the installation that the row rests on.

    `gateway`: what it was called then, and `answers`: the name of who answers for it; None where nothing could but the thing.
    """

    statement: StatementId
    gateway: str | None = None
    answers: str | None = None


class Because(msgspec.Struct, frozen=True):
    """Source, data, decision, effect. `grounds` and `code` are the gate's; `sequence` and `gate_ns` only of a raw row.

    `view`: what is shown. Of a figure over several homes `rests_on` is what is open: how many others said something would tell
    how many they are.
    `kept_days`: for how long it is kept at most, for all that it is for; `days`: for how long the asker may see it.
    `provable`: its trace stands in a segment. `older`: a row of the same stream that can be proved, where this one cannot yet.
    `through`: by what it may have come; None of what is no row, and where it is not known yet.
    """

    thing: KnownThing
    stream: KnownStream
    row: Shown
    answers: str
    maker: str
    grounds: tuple[str, ...]
    code: str | None
    rests_on: tuple[Rest, ...]
    uses: tuple[Use, ...]
    kept_days: int
    days: int
    holds: Callable[[], bool]
    view: Variant = Variant.RAW
    sequence: int | None = None
    gate_ns: int | None = None
    provable: bool = False
    older: int | None = None
    through: Through | None = None


class Why:
    """Makes `Because` values."""

    def __init__(
        self,
        tell: Tell,
        directory: Directory,
        *,
        journal: Journal,
        rests: Callable[[Kept], Awaitable[Sequence[StatementId] | None]],
        index_of: Callable[[StatementId], int | None],
        tick_s: int,
        clock: Clock,
    ) -> None:
        self._tell = tell
        self._directory = directory
        self._journal = journal
        self._rests = rests
        self._index_of = index_of
        self._tick_s = tick_s
        self._clock = clock
        self._looking = 0

    async def because(self, id_: int, *, asker: Asker | None) -> Because:
        """Why an observation, or a mean, is here.

        Raises:
            Denied, NotFound: the asker may not read it.
        """
        if id_ >= WINDOW_IDS_FROM:
            page = await self._tell.observation(id_, asker=asker)
            view = page.view
            who = asker or self._tell.anyone(view.stream.number)
            answer = self._tell.granted(view.stream.number, who).answer
            return self._because(view.thing, view.stream, page.rows[0], answer=answer, asker=who, holds=page.holds)
        row, lease, thing = await self._tell.kept(id_, asker=asker)
        stream = self._directory.streams[row.stream]
        shown = Shown(row.id, row.from_ns, row.to_ns, row.result, row.type, row.sequence)
        because = self._because(
            thing,
            stream,
            shown,
            answer=lease.answer,
            asker=lease.question.asker,
            holds=lambda: lease.holds(self._clock.now()),
        )
        provable = row.segment >= 0
        return msgspec.structs.replace(
            because,
            sequence=row.sequence,
            gate_ns=row.gate_ns,
            provable=provable,
            older=None if provable else await self._older(stream.number, asker),
            through=await self._through(row, thing),
        )

    def _because(
        self,
        thing: KnownThing,
        stream: KnownStream,
        row: Shown,
        *,
        answer: Answer,
        asker: Asker,
        holds: Callable[[], bool],
    ) -> Because:
        grounds = [each.ground.value for each in answer.reasons if each.ground and not each.code]
        rests = [self._rest(each, asker.person) for each in answer.rests_on]
        purposes = purposes_of(thing, stream, self._directory)
        product = self._directory.products[thing.body.product]
        return Because(
            thing=thing,
            stream=stream,
            row=row,
            answers=party_name(thing.body.answers.organisation, self._directory),
            maker=party_name(product.maker, self._directory),
            grounds=tuple(dict.fromkeys(grounds)),
            code=next((each.code.value for each in answer.reasons if each.code is not None), None),
            rests_on=tuple(each for each in rests if answer.group is None or not each.private),
            uses=uses_of(thing, stream, asker, tell=self._tell, directory=self._directory),
            kept_days=max((each.retention_days for each in purposes), default=0),
            days=answer.days,
            holds=holds,
            view=answer.variant or Variant.RAW,
        )

    def _rest(self, statement: StatementId, person: PersonId | None) -> Rest:
        entry = self._journal.find(statement)
        if entry is None:
            return Rest(statement, "unknown", private=True)
        if isinstance(entry, ErasedEntry):
            return Rest(statement, "erased", private=True)
        said = read_kept(entry.signed, entry.preimage)
        if said is None:
            return Rest(statement, "unknown", private=False, log_index=self._index_of(statement))
        kind, index = said.kind.name.value, self._index_of(statement)
        body = said.body
        about_asker = (
            isinstance(body, ChoiceBody | PlaceRuleBody | MembershipBody | PersonBody) and body.person == person
        )
        if said.kind.face is Face.PRIVATE and not about_asker and not (person and isinstance(body, InstallationBody)):
            return Rest(statement, kind, private=True)
        from_ns = body.from_ns if isinstance(body, ChoiceBody | PlaceRuleBody) else None
        return Rest(
            statement,
            kind,
            private=said.kind.face is Face.PRIVATE,
            by=self._by(said),
            decision=body.decision if isinstance(body, ChoiceBody) and body.by is None else None,
            at_ns=entry.signed.headers.issued_at_s * 1_000_000_000 if from_ns is None else from_ns,
            log_index=index,
        )

    def _by(self, said: Statement) -> str | None:
        """Whoever a statement speaks for, by name: an organisation, or a guardian; None for whoever runs this place."""
        match said.body:
            case (ChoiceBody() | PlaceRuleBody()) as body if body.by is not None:
                guardian = self._directory.persons.get(body.by)
                return "Somebody" if guardian is None else guardian.name
            case ChoiceBody() | PlaceRuleBody():
                return "you"
            case DisclosureBody() as body:
                return party_name(body.answerable, self._directory)
            case PassportBody() as body:
                return party_name(body.maker, self._directory)
            case InstallationBody() as body:
                return party_name(body.answers.organisation, self._directory)
            case _:
                return None

    async def _through(self, row: Kept, thing: KnownThing) -> Through | None:
        """By what a row may have come; None where it is not known yet, or too many ask."""
        if self._looking >= _LOOKING_MAX:
            return None
        self._looking += 1
        try:
            ids = await self._rests(row) or ()
        finally:
            self._looking -= 1
        for each in ids:
            entry = self._journal.find(each)
            said = read_kept(entry.signed, entry.preimage) if isinstance(entry, JournalEntry) else None
            if said is None or not isinstance(said.body, InstallationBody) or said.body.thing != thing.thing:
                continue
            gateway = said.body.gateway
            if gateway is None:
                return Through(each)
            return Through(each, gateway.name, party_name(gateway.organisation, self._directory))
        return None

    async def _older(self, number: int, asker: Asker | None) -> int | None:
        """The newest row from before the last tick that stands in a segment, or None."""
        before = self._clock.now() - self._tick_s * 1_000_000_000
        query = ObservationQuery(times=(Interval(-(2**63), before),), order=Order.DESCENDING, top=_RECENT)
        try:
            for row in (await self._tell.observations(number, query, asker=asker)).rows:
                kept, _, _ = await self._tell.kept(row.id, asker=asker)
                if kept.segment >= 0:
                    return row.id
        except (Denied, NotFound):
            return None
        return None
