"""Kinds `authority-request` and `authority-reach`: an authority asked, what was decided, and what it may read. Both private.

Rules
- The request names no home, person, thing or stream, so it stays when those are erased, and what is counted stays true.
- The reach of one names the streams of one home, or of public places, and which times of data; where it gives a view, the gate
  lets the authority read that for this request, under *required* with this citation. It goes with the home.
- Said again under the same name a request is decided, once; its order to withhold is prolonged by another order. A reach said
  again ends sooner, and nothing else.

Source: mission.md (F26, S68); docs/decisions/0065-what-authorities-ask-for-is-told.md.
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.names import HouseholdId, PurposeId, RequestId, StreamId, Uri, print_request
from troth.statements.ground import Citation

__all__ = ["REQUESTS", "AuthorityReachBody", "AuthorityRequestBody", "Decided", "Withheld", "purpose_of"]

REQUESTS: Final = "urn:troth:request:"  # what a purpose is called under which an authority reads


class Decided(StrEnum):
    """What became of a request."""

    OPEN = "open"
    GIVEN = "given"
    PARTLY = "partly"
    REFUSED = "refused"


class Withheld(msgspec.Struct, frozen=True):
    """The order by which people are not told: who gave it, what it rests on, and when it ends (ns UTC)."""

    by: str
    citation: Citation
    until_ns: int


class AuthorityRequestBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. Times in ns UTC.

    Args:
        request: 16 bytes; the same when it is said again.
        authority: the registered organisation that asked.
        citation: the law and paragraph on which it asks.
        scope: what it asked for, in plain words; no name, home or address.
        received_ns: when it came.
        decided: one of `Decided`.
        decided_ns: when that was; absent while it is open.
        because: why, in plain words; absent while it is open.
        withheld: the order by which the people concerned are not told yet.
    """

    request: RequestId
    authority: Uri
    citation: Citation
    scope: str
    received_ns: int
    decided: str
    decided_ns: int | None = None
    because: str | None = None
    withheld: Withheld | None = None
    crit: tuple[str, ...] = ("authority", "citation", "decided", "decided_ns", "withheld")


class AuthorityReachBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an authority may read for one request. Times in ns UTC.

    Args:
        request: the request that was given.
        authority: who reads.
        citation: as in the request.
        streams: of which streams; all of them of one home, or all of public places.
        variant: the most revealing view that is enough; absent where nothing is given, and people are only told.
        data_from_ns, data_to_ns: data of these times, [from, to).
        until_ns: the first moment at which it may read no more.
        household: the home; absent in public places.
        condition: of GDPR Art. 9(2), where a stream is especially protected; one of the dated list.
    """

    request: RequestId
    authority: Uri
    citation: Citation
    streams: tuple[StreamId, ...]
    data_from_ns: int
    data_to_ns: int
    until_ns: int
    variant: str | None = None
    household: HouseholdId | None = None
    condition: str | None = None
    crit: tuple[str, ...] = (
        "authority",
        "citation",
        "streams",
        "variant",
        "data_from_ns",
        "data_to_ns",
        "until_ns",
        "household",
        "condition",
    )


def purpose_of(request: RequestId) -> PurposeId:
    """The purpose under which the authority reads for this request, and for no other."""
    return PurposeId(REQUESTS + print_request(request))
