"""What one erasure takes: found in the journal, written down for a crash, and said to the stores.

Rules
- A private statement goes when it names the person, or a household, thing or stream that goes with them; open ones stay.
- An access window goes with its person or stream, a `said` trace with its statement, a basis with an installation it rests on.
  A basis that only names a choice of the person stays: others' observations rest on it, and an id tells nothing.
- A sealed trace goes with its ledger, by the id of its day key; no key is opened for that.
- The journal is folded once more beside the living state, without what goes: that is what will be in force, by construction
  the same as after a restart. Handles of what goes are counted, so everybody else keeps theirs.

Source: record.md, "Personal ledgers" (erasure); formats.md, "Traces".
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from troth.errors import Malformed, StorageFailed
from troth.journeys.erasure_list import BASIS, ID, SAID, ErasureList, hashed
from troth.names import StatementId
from troth.signing import cbor
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.leaving import Leaving
from troth.statements.erasure import names
from troth.statements.installation import InstallationBody
from troth.statements.journal import Entry, ErasedEntry, Journal
from troth.statements.kinds import Face
from troth.statements.statement import read_kept
from troth.things.ledgers import LedgerStore, ledger_of
from troth.things.stores import Going
from troth.tlog.trace import Basis, Collected, SaidTrace, decode

__all__ = ["Plan", "Search", "going"]

_AT_ONCE: Final = 100  # entries read in one step of the loop: a few ms


class Plan(msgspec.Struct, frozen=True):
    """Everything that is needed to carry an erasure out: who and what goes, and which statements and installations."""

    gone: Leaving
    said: tuple[StatementId, ...]
    installed: tuple[StatementId, ...]

    def encode(self) -> bytes:
        """Deterministic CBOR."""
        fields: dict[str, cbor.Encodable] = msgspec.to_builtins(self, builtin_types=(bytes,))
        return cbor.encode(fields)

    @classmethod
    def decode(cls, data: bytes) -> "Plan":
        """Read what `encode` wrote.

        Raises:
            StorageFailed: damaged bytes.
        """
        try:
            return msgspec.convert(cbor.decode_map(data), cls, builtin_types=(bytes,))
        except (Malformed, msgspec.ValidationError) as cause:
            raise StorageFailed("the plan of an erasure is damaged") from cause

    def ids(self) -> frozenset[bytes]:
        """Whoever and whatever goes, and the name of the person's ledger."""
        return self.gone.ids() | {ledger_of(self.gone.person)}

    def entries(self) -> Iterable[bytes]:
        """What the list of erased things learns from it."""
        yield from (hashed(ID, each) for each in self.ids())
        yield from (hashed(SAID, each) for each in self.said)
        yield from (hashed(BASIS, each) for each in self.installed)


class Search:
    """Looks through the journal for what goes, as far as it reaches by then; it can go on later.

    `without`: what the rest folds to.
    """

    def __init__(self, journal: Journal, gone: Leaving) -> None:
        self.gone = gone
        self._journal = journal
        self._ids = gone.ids()
        self._all = Directory()  # counts the handles that each statement takes
        self._looked = 0
        self.without = (Directory(), InForce())
        self._installed: list[StatementId] = []
        self.erased: list[ErasedEntry] = []

    async def go_on(self, pause: Callable[[], Awaitable[None]]) -> None:
        """Look at what has come since; `pause` lets others run between steps."""
        while batch := self._journal.entries(after=self._looked, limit=_AT_ONCE):
            for entry in batch:
                self._look(entry)
                self._looked = entry.position
            await pause()

    def plan(self) -> Plan:
        """What was found."""
        return Plan(self.gone, tuple(each.id for each in self.erased), tuple(self._installed))

    def _look(self, entry: Entry) -> None:
        directory, in_force = self.without
        if isinstance(entry, ErasedEntry):
            self._all.skip(things=entry.things, streams=entry.streams)
            directory.skip(things=entry.things, streams=entry.streams)
            return
        statement = read_kept(entry.signed, entry.preimage)
        if statement is None:
            return
        before = (self._all.things_given, self._all.streams_given)
        self._all.take(statement)
        if statement.kind.face is not Face.PRIVATE or not names(statement.body, self._ids):
            directory.take(statement)
            in_force.move(statement)
            return
        things, streams = self._all.things_given - before[0], self._all.streams_given - before[1]
        directory.skip(things=things, streams=streams)
        self.erased.append(ErasedEntry(entry.position, entry.signed.id, things, streams))
        if isinstance(statement.body, InstallationBody):
            self._installed.append(entry.signed.id)


async def going(erased: ErasureList, ledgers: LedgerStore, plan: Plan | None = None) -> Going:
    """What the stores are asked to forget: what a plan says, or without one whatever the list knows.

    Without one also what is sealed under a key that is not kept: commits that were brought back alone may hold boxes of
    somebody whose keys are erased long since. Nobody may be sealing then, so this is for the start of a node.

    Raises:
        StorageFailed: the ledgers cannot be read.
    """
    if plan is None:
        kept = await ledgers.day_keys(lambda each: not erased.holds(ID, each))
        return Going(
            lambda each: erased.holds(ID, each),
            _Takes(
                lambda each: erased.holds(ID, each),
                said=lambda each: erased.holds(SAID, each),
                installed=lambda each: erased.holds(BASIS, each),
            ),
            lambda key: key not in kept,
            erased.mark,
        )
    ids, said, installed = plan.ids(), frozenset(plan.said), frozenset(plan.installed)
    takes = _Takes(ids.__contains__, said=said.__contains__, installed=installed.__contains__)
    day_keys = await ledgers.day_keys(ids.__contains__)
    return Going(ids.__contains__, takes, day_keys.__contains__, erased.mark, places=plan.gone.places)


class _Takes:
    """Whether a trace goes. What cannot be read here is none that speaks of a person."""

    def __init__(
        self,
        gone: Callable[[bytes], bool],
        *,
        said: Callable[[bytes], bool],
        installed: Callable[[bytes], bool],
    ) -> None:
        self._gone = gone
        self._said = said
        self._installed = installed

    def __call__(self, _kind: int, data: bytes) -> bool:
        try:
            trace = decode(data)
        except Malformed:
            return False
        match trace:
            case Basis():
                return any(map(self._installed, trace.ids))
            case SaidTrace():
                return self._said(trace.statement)
            case Collected():
                return self._gone(trace.stream)
            case _:
                named = (getattr(trace, field, None) for field in ("person", "stream", "thing"))
                return any(each is not None and self._gone(each) for each in named)
