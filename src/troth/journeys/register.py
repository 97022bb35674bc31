"""A statement comes from outside: the registration policy is asked, it counts, it enters the log, its receipt goes back.

Steps
 1 it is read: one shape, deterministic, at most 65,535 bytes · 2 its kind is open, and nobody else's to make than a sender's ·
 3 sent before: the same bytes get the first receipt, other bytes of the same statement are refused · 4 the log is not behind ·
 5 signature, policy, date and barrier (`accept`): now it counts · 6 the log takes it · 7 its receipt.

Rules
- Whatever is refused in 1 to 5 leaves nothing in journal and log.
- Waiting for step 6 ends after a while; the statement counts all the same, and its receipt is fetched later.
- Who brings it is not asked: what counts is who signed it.

Source: RFC 9943 (Registration); SCRAPI, "Register Signed Statement"; record.md, "The log".
Left out: bringing a hash envelope (its text would have to come with it) and detached payloads.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from troth.errors import Busy, Conflict, NotRegistered
from troth.journeys.accept import Accept
from troth.journeys.receipts import Receipts
from troth.names import StatementId
from troth.signing.cose import Signed, parse
from troth.statements.kinds import Face, KindName, content_type, kind_of

__all__ = ["BEHIND_MAX", "WAITING_MAX", "Register", "Registered", "Until"]

WITHIN_S: Final = 3.0  # twice P6: who waited that long is told where to look
WAITING_MAX: Final = 2_048  # statements between step 4 and step 7, 128 MiB at most
BEHIND_MAX: Final = 16_384  # statements that count and are not in the log: some 5 s of sequencing
_RETRY_S: Final = 1.0


class Until(Protocol):
    """Waits until something holds, looked at after each publication."""

    async def __call__(self, holds: Callable[[], bool], within_s: float, /) -> bool:
        """Whether it held within that time."""
        ...


class Registered(msgspec.Struct, frozen=True):
    """A statement that counts, and its receipt, or None where the log has not taken it yet."""

    statement: StatementId
    receipt: bytes | None


class Register:
    """The one way for a statement to be registered from outside."""

    def __init__(
        self,
        accept: Accept,
        receipts: Receipts,
        *,
        behind: Callable[[], int],
        until: Until,
    ) -> None:
        self._accept = accept
        self._receipts = receipts
        self._behind = behind
        self._until = until
        self._waiting = 0

    async def register(self, data: bytes) -> Registered:
        """Register a Signed Statement.

        On return it counts and is durable; with a receipt, it is covered by a published checkpoint. Sending the same bytes
        again returns the first receipt.

        Raises:
            BadCose, UnknownAlgorithm, BadStatement, BadCbor, TooLarge: it cannot be read, or its signature does not verify.
            UnknownCrit, NotRegistered, FutureDated, KeyEnded, BadRuling: the rules say no.
            Conflict: the same statement is registered with another signature.
            Busy: too much is waiting; nothing was kept.
            StorageFailed: it may or may not count; the node must stop.
        """
        signed = parse(data)
        kind = kind_of(signed.headers.content_type)
        if kind is not None and kind.face is not Face.OPEN:
            raise NotRegistered("private statements are never entries of the log")
        known = self._receipts.known(signed.id)
        if known is not None and known.data != data:
            raise Conflict(
                "this statement is registered already, with another signature",
                hint="The entry in the log is the one that counts.",
            )
        if self._waiting >= WAITING_MAX:
            raise Busy("too many statements wait for the log", retry_after_s=_RETRY_S)
        self._waiting += 1
        try:
            if known is None:
                await self._count(signed)
            await self._until(lambda: self._receipts.logged(signed.id), WITHIN_S)
            return Registered(signed.id, await self._receipt(signed.id))
        finally:
            self._waiting -= 1

    async def _count(self, signed: Signed) -> None:
        """Steps 4 and 5 and the rest of 2, for a statement that is new."""
        if signed.headers.content_type == content_type(KindName.CONDUCT_SEGMENT):
            raise NotRegistered("conduct segments are made by the node itself, from what it has recorded")
        if self._behind() > BEHIND_MAX:
            raise Busy("the log is behind", retry_after_s=_RETRY_S)
        await self._accept.accept(signed)

    async def _receipt(self, statement: StatementId) -> bytes | None:
        """Step 8. The statement counts already, so a log that is busy is no refusal any more."""
        try:
            return await self._receipts.of(statement)
        except Busy:
            return None
