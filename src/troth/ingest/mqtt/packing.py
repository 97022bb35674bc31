"""A SenML pack that came in one PUBLISH: offered some records in each turn of the loop, and settled as one message.

Rules
- `things/<thing>/senml`, JSON or CBOR, which the first byte tells. The whole pack is looked at for form first.
- The message is settled when all its records are: as stored when all were kept, else with the first refusal of a record.
  Each further reason is told once on `things/<thing>/refused`, and every record is counted by itself.
- While the store is full nothing more is offered.
- Where a gateway's right ends between two turns, the records that are left are refused (`packs`).

Source: RFC 8428; things.md, "Speaking" and "Shape of the hot path". Owner: the event loop.
"""

from collections.abc import Callable, Iterator

from troth.errors import Malformed, NotOffered, TooLarge
from troth.ingest.packs import PackOffer, read_pack
from troth.ingest.settling import Outcomes
from troth.journeys.hear import Hear
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal
from troth.wire.limits import PAYLOAD_BYTES

__all__ = ["PackTurns"]


class PackTurns:
    """One pack on its way.

    Args:
        hear: the journey.
        thing: whose pack.
        by: who speaks, for itself or for the thing.
        soon: calls something in the next turn of the loop.
        done: told the outcome of the message, once.
        more: told every further reason of a refusal, each once, before `done`.
    """

    __slots__ = ("_by", "_done", "_hear", "_more", "_offer", "_outcomes", "_soon", "_steps", "_thing")

    def __init__(
        self,
        hear: Hear,
        thing: ThingId,
        *,
        by: ThingId,
        soon: Callable[[Callable[[], None]], None],
        done: Callable[[Outcome], None],
        more: Callable[[Refusal], None],
    ) -> None:
        self._hear = hear
        self._thing = thing
        self._by = by
        self._soon = soon
        self._done = done
        self._more = more

    def take(self, payload: bytes, *, name: str, secret: bytes) -> None:
        """Offer the pack: its first records now, the others in later turns."""
        self._offer = PackOffer(self._hear, self._thing, by=self._by, name=name, secret=secret)
        self._steps = self._all(payload, self._offer)
        self._go()

    def _go(self) -> None:
        try:
            next(self._steps)
        except StopIteration:
            return
        except (Malformed, NotOffered) as error:
            refusal = Refusal.NOT_OFFERED if isinstance(error, NotOffered) else Refusal.BAD_PAYLOAD
            self._hear.count(self._offer.of, Refusal.TOO_LARGE if isinstance(error, TooLarge) else refusal, self._done)
            self._hear.flush()
            return
        self._hear.flush()
        if self._hear.full:
            self._hear.when_free(self._go)
        else:
            self._soon(self._go)

    def _all(self, payload: bytes, offer: PackOffer) -> Iterator[None]:
        if len(payload) > PAYLOAD_BYTES:
            raise TooLarge(f"A payload has at most {PAYLOAD_BYTES} bytes.")
        pack = read_pack(payload)
        yield from offer.resolve(pack, now_ns=self._hear.clock.now())
        self._outcomes = Outcomes(len(offer.records), self._settled)
        yield from offer.offer(self._outcomes)

    def _settled(self) -> None:
        reasons = tuple(dict.fromkeys(self._outcomes.refused()))
        for reason in reasons[1:]:
            self._more(reason)
        self._done(reasons[0] if reasons else self._outcomes.all[-1])
