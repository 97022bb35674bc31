"""The witnesses of one node: which are asked, one beat for each, and what they have signed.

Rules
- Each witness has a beat of its own, so that one which is slow or away keeps no other waiting.
- Before a node goes on with its log it asks each witness what it has seen; one that does not answer within START_S is passed
  over.

Source: record.md, "Loss and restore" (if any witness knows more than the folder, Troth does not write).
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Final

from troth import drivers
from troth.errors import BadSetting, Malformed
from troth.journeys.cosign import Cosign
from troth.journeys.cosigned import CosignableLog, Cosigned
from troth.journeys.record import InWorker
from troth.journeys.witness_door import Asking, WitnessesStanding
from troth.settings import Settings
from troth.tlog.storage import TileStore
from troth.tlog.trust_policy import MAX_POLICY_BYTES, KnownWitness, TrustPolicy, parse_policy

__all__ = ["START_S", "Witnesses", "asking_of"]

START_S: Final = 10.0  # as long as a witness is given for any answer; one that is not there at all is known at once


class Witnesses:
    """Those that a node asks. Owner of all state: the event loop it was started on."""

    def __init__(self, log: CosignableLog, asking: Asking | None, *, store: TileStore, in_worker: InWorker) -> None:
        policy = TrustPolicy() if asking is None else asking.policy
        self._asks = policy.asks
        self.cosigned = Cosigned(log, policy=policy, store=store, in_worker=in_worker)
        self._cosign = None if asking is None else Cosign(log, self.cosigned, asking=asking, in_worker=in_worker)
        self._grown: list[asyncio.Event] = []

    async def open(self) -> None:
        """Go on from what was kept, and ask what each witness has seen.

        Raises:
            LogDiverged: a witness knows more than this log, or another tree.
            StorageFailed: the log cannot be read.
        """
        if self._cosign is None:
            return
        await self.cosigned.open()
        looks = [self._look(self._cosign, each) for each in self._cosign.witnesses]
        for found in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(found, BaseException):
                raise found

    def beats(self) -> list[Coroutine[None, None, None]]:
        """What must run while the node does: one for each witness."""
        if self._cosign is None:
            return []
        self._grown = [asyncio.Event() for _ in self._cosign.witnesses]
        pairs = zip(self._cosign.witnesses, self._grown, strict=True)
        return [self._follow(self._cosign, each, grown) for each, grown in pairs]

    def grown(self) -> None:
        """The log has a new checkpoint; returns at once."""
        for event in self._grown:
            event.set()

    def standing(self) -> WitnessesStanding:
        """How they stand."""
        witnessed = self.cosigned.witnessed()
        each = () if self._cosign is None else self._cosign.standing()
        return WitnessesStanding(self._asks, 0 if witnessed is None else witnessed.size, each)

    async def _look(self, cosign: Cosign, witness: KnownWitness) -> None:
        try:
            async with asyncio.timeout(START_S):
                await cosign.look(witness)
        except TimeoutError:
            return

    async def _follow(self, cosign: Cosign, witness: KnownWitness, grown: asyncio.Event) -> None:
        while True:
            grown.clear()
            wait_s = await cosign.ask(witness)
            if wait_s is None:
                await grown.wait()
            else:
                await asyncio.sleep(wait_s)


def asking_of(settings: Settings) -> Asking | None:
    """The witnesses that the settings name, or None.

    Raises:
        BadSetting: the policy cannot be read, or names no witness with an address.
    """
    if settings.witness_policy is None:
        return None
    path = settings.folder / Path(settings.witness_policy)
    hint = "docs/operators/witnesses.md says what stands in it."
    try:
        with path.open("rb") as file:
            policy = parse_policy(file.read(MAX_POLICY_BYTES + 1))
    except OSError as cause:
        raise BadSetting(f"witness_policy: {path} cannot be read ({cause.strerror})", hint=hint) from cause
    except Malformed as cause:
        raise BadSetting(f"witness_policy: {cause.message}", hint=hint) from cause
    for each in policy.witnesses:
        if each.url is not None and not each.url.startswith(("http://", "https://")):
            raise BadSetting("witness_policy: the address of a witness begins with http:// or https://", hint=hint)
    if all(each.url is None for each in policy.witnesses):
        raise BadSetting("witness_policy: no witness in it has an address to ask at", hint=hint)
    return Asking(policy, drivers.open_witness_door())
