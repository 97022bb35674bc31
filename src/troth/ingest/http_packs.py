"""SenML packs over HTTP: POST to `things/THING/senml`, and for each record what became of it.

Rules
- A pack is read whole and every record looked at for form before anything of it is offered.
- A pack that a gateway sends is charged to the gateway, and to the thing once it was read; a thing that owes is refused alone.
- Where the gateway's right ends while the pack is under way, the records that are left are refused (`packs`).
- The answer comes after every record is settled: stored, kept before, or refused and counted.

Source: RFC 8428 §12.3 (media types); things.md, "Speaking".
Left out: SensML streams, FETCH and PATCH (RFC 8790).
"""

from typing import Final, Literal, TypeAlias

import msgspec

from troth.errors import Malformed, NotOffered, WrongKind
from troth.ingest.http_door import TURN_NS, HttpDoor, counted_as, told_refusals
from troth.ingest.packs import PackOffer, read_pack
from troth.ingest.settling import Outcomes
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal, Repeated
from troth.things.senml import Unresolved, read_cbor, read_json
from troth.wire.asgi import Headers, Receive, Send, send_whole
from troth.wire.bodies import kind_of

__all__ = ["PACK_BYTES", "HttpPacks", "Told", "told"]

PACK_BYTES: Final = 2 * 1024 * 1024  # as a data array: 10,000 records of 200 bytes; MQTT has the payload's limit
_JSON: Final = frozenset(("application/senml+json", "application/json"))
_CBOR: Final = frozenset(("application/senml+cbor", "application/cbor"))
What: TypeAlias = Literal["stored", "repeated", "refused"]


class Told(msgspec.Struct, frozen=True, omit_defaults=True, rename={"id": "@iot.id"}):
    """What became of one record: its number, or the code of the refusal."""

    outcome: What
    id: int | None = None
    code: str | None = None


def told(outcome: Outcome) -> Told:
    """One outcome as it is told."""
    if isinstance(outcome, Refusal):
        return Told("refused", code=outcome.value)
    return Told("repeated" if isinstance(outcome, Repeated) else "stored", int(outcome))


class HttpPacks:
    """The route of packs."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    async def answer(
        self, thing: ThingId, headers: Headers, *, by: ThingId, receive: Receive, send: Send, name: str
    ) -> None:
        """Read, offer and answer one pack. `by`: who speaks, for itself or for the thing.

        Raises:
            BadSenml, TooLarge, WrongKind, NotOffered, Malformed: nothing of it was kept; that is counted.
            Busy: it is of a thing that owes; that is counted, and stays charged to its gateway.
        """
        body = await self._door.body(receive, by, headers=headers, limit=PACK_BYTES)
        offer = PackOffer(self._door.hear, thing, by=by, name=name, secret=self._door.secret)
        try:
            pack = _read(body, headers)
            began = self._door.clock.ticks()
            for _ in offer.resolve(pack, now_ns=self._door.clock.now()):
                began = await self._let_others(began)
        except (Malformed, NotOffered) as error:
            await self._door.count(offer.of, counted_as(error))
            raise
        if offer.of != by:
            self._door.room(thing)
            self._door.passed_on(by, thing, len(body))
        outcomes, whole = Outcomes.awaited(len(offer.records))
        for _ in offer.offer(outcomes):
            began = await self._let_others(began)
        self._door.hear.flush()
        await whole
        document = msgspec.json.encode([told(each) for each in outcomes.all])
        kind = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(document)))
        await send_whole(send, 200, headers=(*kind, *told_refusals(outcomes.refused())), body=document)

    async def _let_others(self, began: int) -> int:
        """Every 2 ms: hand over, and let others run."""
        if self._door.clock.ticks() - began <= TURN_NS:
            return began
        self._door.hear.flush()
        await self._door.turn()
        return self._door.clock.ticks()


def _read(body: bytes, headers: Headers) -> Unresolved:
    kind = kind_of(headers)
    if kind in _JSON:
        return read_json(body)
    if kind in _CBOR:
        return read_cbor(body)
    if kind:
        raise WrongKind("A pack is application/senml+json or application/senml+cbor.")
    return read_pack(body)
