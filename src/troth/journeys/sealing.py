"""What concerns a person is sealed before anything keeps it: one day key per person, day and start of the node.

Rules
- The sealed day key is durable in the person's ledger before the first trace under it is given to the conduct store.
- An open day key is in memory only, from its first use to the end of its day (UTC); then it is forgotten, and only the person's
  ledger key opens what it sealed. After a restart another is made for the same day.
- A trace that concerns n people is sealed n times, each with its own salt, so that erasing one blinds nobody else.
- Who has no ledger cannot be read about: what cannot be traced does not happen.

Source: record.md, "Personal ledgers"; formats.md, "Traces".
Owner of all state: the event loop.
Left out: custody *own*; here the node keeps the person's ledger key and could open everything again.
"""

from collections.abc import Callable, Sequence

from troth.clock import Clock
from troth.errors import Refused
from troth.names import PersonId, StatementId, print_person
from troth.signing.boxes import DayKeyInUse
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.things.ledgers import DayKey, LedgerStore, SealedTrace
from troth.tlog.trace import SALT_BYTES, OtherTrace, encode, leaf_hash

__all__ = ["Sealing", "ledger_name"]


class Sealing:
    """Seals traces. One for all of a node: a second would only make more day keys."""

    def __init__(
        self, ledgers: LedgerStore, directory: Directory, *, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        self._ledgers = ledgers
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._open: dict[PersonId, DayKeyInUse] = {}
        self._making: dict[PersonId, tuple[DayKeyInUse, DayKey]] = {}  # made, and perhaps not durable yet

    def has_ledger(self, person: PersonId) -> bool:
        """Whether something can be sealed for this person."""
        known = self._directory.persons.get(person)
        return known is not None and known.ledger_key is not None

    async def seal(self, trace: OtherTrace, person: PersonId, *, rests_on: Sequence[StatementId] = ()) -> SealedTrace:
        """A trace sealed for one person it concerns; the day key that opens it is durable.

        `rests_on`: the statements behind its basis, sorted, or those that the reason of a denial names. They lie in the box
        beside the trace, so that each can be proved from its own box, whatever becomes of others.

        Raises:
            Refused: this person has no ledger.
            StorageFailed: the day key may or may not be kept.
        """
        key = await self._day_key(person)
        salt, data = self._entropy(SALT_BYTES), encode(trace)
        return SealedTrace(key.id, leaf_hash(salt, data), key.box(salt, data, b"".join(rests_on)))

    def forget_past(self) -> None:
        """Forget the keys of every day but this one. Called by `app` a few times a second."""
        today = self._today()
        self._open = {person: key for person, key in self._open.items() if key.day == today}
        self._making = {person: made for person, made in self._making.items() if made[0].day == today}

    def forget(self, person: PersonId) -> None:
        """Forget the open key of one person, who is erased."""
        self._open.pop(person, None)
        self._making.pop(person, None)

    async def _day_key(self, person: PersonId) -> DayKeyInUse:
        """Today's key. Who comes while it is being kept keeps it too: keeping twice changes nothing, and both then know."""
        today = self._today()
        held = self._open.get(person)
        if held is not None and held.day == today:
            return held
        made = self._making.get(person)
        if made is None or made[0].day != today:
            made = self._making[person] = self._make(person, today)
        await self._ledgers.keep(made[1])
        if self._making.get(person) is made:
            del self._making[person]
            self._open[person] = made[0]
        return made[0]

    def _make(self, person: PersonId, day: int) -> tuple[DayKeyInUse, DayKey]:
        known = self._directory.persons.get(person)
        if known is None or known.ledger_key is None:
            raise Refused("this concerns somebody who has no ledger it could be written into")
        key, sealed = DayKeyInUse.make(known.ledger_key, day=day, entropy=self._entropy)
        return key, DayKey(key.id, person, day, sealed)

    def _today(self) -> int:
        return self._clock.now() // DAY_NS


def ledger_name(person: PersonId) -> str:
    """Name of a person's ledger key in the key store."""
    return f"ledger-{print_person(person)}"
