"""What a node knows of the witnesses it asks: the way to them, and how each of them stands.

Source: C2SP tlog-witness (add-checkpoint, monitor retrieval).
Left out: asking (`cosign`); sockets, which are an adapter's.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from troth.tlog.trust_policy import TrustPolicy

__all__ = ["Asking", "Seen", "WitnessAnswer", "WitnessDoor", "WitnessStanding", "WitnessesStanding"]


class WitnessAnswer(msgspec.Struct, frozen=True):
    """What came back: HTTP status and body."""

    status: int
    body: bytes


class WitnessDoor(Protocol):
    """The way to a witness. `url` is its submission and monitoring prefix."""

    async def add(self, url: str, request: bytes) -> WitnessAnswer:
        """Send an add-checkpoint request.

        Raises:
            Unavailable: no whole answer came in time.
        """
        ...

    async def latest(self, url: str, log: str) -> WitnessAnswer:
        """Ask for the last checkpoint it cosigned for a log, named by the hash of its origin. Raises as `add`."""
        ...


class Asking(msgspec.Struct, frozen=True):
    """Which witnesses are asked, how many are enough, and the way to them."""

    policy: TrustPolicy
    door: WitnessDoor


class Seen(StrEnum):
    """How a witness stands."""

    NOT_YET = "not-asked-yet"
    COSIGNED = "cosigned"
    ABSENT = "does-not-answer"
    REFUSES = "refuses"
    WRONG = "answers-wrongly"


class WitnessStanding(msgspec.Struct, frozen=True):
    """One witness as this node sees it.

    Args:
        name: the name of its key.
        key: its verifier key.
        seen: how the last question ended.
        size: the largest tree of this log it has cosigned here.
        time_s: when, by its own clock; 0 if never.
        failures: questions in a row that ended without a cosignature.
        detail: what went wrong last, in one sentence; empty if nothing.
    """

    name: str
    key: str
    seen: Seen = Seen.NOT_YET
    size: int = 0
    time_s: int = 0
    failures: int = 0
    detail: str = ""


class WitnessesStanding(msgspec.Struct, frozen=True):
    """All witnesses of a node.

    Args:
        quorum: whether any cosignature is asked for.
        witnessed: size of the largest tree that enough of them have cosigned; 0 if none.
        each: one by one, in the order of the policy.
    """

    quorum: bool = False
    witnessed: int = 0
    each: tuple[WitnessStanding, ...] = ()
