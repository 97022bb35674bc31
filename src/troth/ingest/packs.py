"""A SenML pack is offered: its records resolved all, then each to the stream that its name means.

Rules
- The stream is the last part of the name, behind the last `:`, `.`, `/` or `_`; what stands before it is the thing's own word
  for itself, and the same throughout a pack: a record that speaks of something else is refused, not taken for this thing's.
- A record is an instant. Its unit, where it has one, is converted into the declared one or the record is refused.
- A record with a sum over time is `not-offered`: it would be lost beside its value.
- Some records at a time, so that whoever offers can let others run in between. Before each step it is asked whether a gateway
  still speaks for the thing; from where it does not, the records are undeclared, and counted of the gateway.

Source: RFC 8428; things.md, "Speaking".
Left out: waiting for the outcomes (`settling`).
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from troth.ingest.repeats import repeat_key
from troth.ingest.settling import Outcomes
from troth.journeys.hear import Hear, Inlet
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal, Result, ResultType
from troth.things.senml import Record, Resolver, Unresolved, read_cbor, read_json
from troth.things.units import conversion
from troth.wire.results import result_of

__all__ = ["PackOffer", "in_declared_unit", "read_pack"]

_AT_ONCE: Final = 128  # records between two looks at the clock: well under a millisecond
_ENDS: Final = ":./_"
_FIRST: Final = frozenset(b"[ \t\r\n")  # of JSON; an array in CBOR begins with 0x80 to 0x9f


class PackOffer:
    """One pack of one thing on its way.

    Args:
        hear: the journey.
        thing: whose pack.
        by: who speaks, for itself or for the thing.
        name: what the thing calls the message, or "".
        secret: for repeat keys.
    """

    def __init__(self, hear: Hear, thing: ThingId, *, by: ThingId, name: str, secret: bytes) -> None:
        self._hear = hear
        self._thing = thing
        self._by = by
        self._name = name
        self._secret = secret
        self._inlets = hear.inlets(thing)
        self._before: str | None = None
        self.records: list[Record] = []

    @property
    def of(self) -> ThingId:
        """Of whom it is, now: of the thing, or of who speaks where that may not speak for the thing any more."""
        return self._thing if self._by == self._thing or self._hear.speaks_for(self._by, self._thing) else self._by

    def resolve(self, pack: Unresolved, *, now_ns: int) -> Iterator[None]:
        """Read the records, some with each step; nothing is offered yet.

        Raises:
            BadSenml, TooLarge: the pack or a record is not of the form of RFC 8428.
            NotOffered: something in it must be understood and is not.
        """
        resolver = Resolver(now_ns)
        while some := resolver.take(islice(pack, _AT_ONCE)):
            self.records += some
            yield

    def offer(self, outcomes: Outcomes) -> Iterator[None]:
        """Offer all records in order, some with each step. Whoever calls hands over (`Hear.flush`)."""
        for at in range(0, len(self.records), _AT_ONCE):
            ended = self.of != self._thing
            for record in self.records[at : at + _AT_ONCE]:
                if ended:
                    self._hear.count(self._by, Refusal.UNDECLARED, outcomes.next())
                    continue
                key = repeat_key(f"{self._name}\n{outcomes.offered}", self._secret) if self._name else b""
                self._offer(record, key=key, done=outcomes.next())
            yield

    def _offer(self, record: Record, *, key: bytes, done: Callable[[Outcome], None]) -> None:
        inlet = self._inlet(record.name)
        result = Refusal.UNDECLARED if inlet is None else _result(record, inlet)
        if inlet is None or isinstance(result, Refusal):
            self._hear.count(self._thing, Refusal.UNDECLARED if inlet is None else result, done)  # type: ignore[arg-type]  # a Refusal, as the line above says
        else:
            inlet.offer(result, time_ns=record.time_ns, key=key, done=done)

    def _inlet(self, name: str) -> Inlet | None:
        cut = max(name.rfind(end) for end in _ENDS) + 1
        if self._before is None:
            self._before = name[:cut]
        return self._inlets.get(name[cut:]) if name[:cut] == self._before else None


def read_pack(body: bytes) -> Unresolved:
    """A pack in JSON or CBOR, whichever its first byte says.

    Raises:
        BadSenml, TooLarge: as `read_json` and `read_cbor`.
    """
    return read_json(body) if body[:1] and body[0] in _FIRST else read_cbor(body)


def in_declared_unit(value: float, unit: str, inlet: Inlet) -> float | int | Refusal:
    """A number of a unit that was named, in the unit that the stream declares."""
    found = conversion(unit, inlet.unit)
    if found is None:
        return Refusal.WRONG_UNIT
    if found.same:
        return value
    if type(value) is int and inlet.type is ResultType.INTEGER:
        whole = found.of_integer(value)
        return Refusal.WRONG_UNIT if whole is None else whole
    try:
        return found.of(value)
    except OverflowError:
        return Refusal.OUT_OF_RANGE


def _result(record: Record, inlet: Inlet) -> Result | Refusal:
    if record.summed or record.value is None:
        return Refusal.NOT_OFFERED
    value = record.value
    if record.unit is not None and type(value) in {int, float}:
        value = in_declared_unit(value, record.unit, inlet)  # type: ignore[arg-type]  # a number, as the line above says
        if isinstance(value, Refusal):
            return value
    return result_of(value, inlet.type)
