"""Kind `red-line`: what never happens here, whatever anybody chooses. Face: open.

Rules
- A line names values; a use crosses it when it meets every list that the line has. One with no list is refused.
- It is taken back by saying it again with the same content and `to_ns`, not sooner than `notice_days` after that is said.
- Said again without `to_ns` before it has ended, it stands on. What it forbids and how long notice is never changes.

Source: gate.md (step 2; "taking one back needs long public notice"); record.md, faces.
Left out in this version: lines about things' acts.
"""

from typing import Final

import msgspec

from troth.names import LineId, PurposeId, Uri

__all__ = ["NOTICE_DAYS_MIN", "RedLineBody"]

NOTICE_DAYS_MIN: Final = 90  # a season: whoever was promised this line can read of its end and act


class RedLineBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line.

    Args:
        line: 16 bytes; the same when the line is taken back.
        never: what never happens here, in plain words.
        from_ns: since when it holds.
        notice_days: days between the statement that takes it back and its end; at least `NOTICE_DAYS_MIN`.
        senses: codes of a passport's streams ("camera", "presence", "sound" ...).
        properties: URIs of ObservedProperties.
        purposes: URIs of purposes.
        recipients: URIs of organisations, or `urn:troth:anyone` for use that is open to anyone.
        to_ns: the first moment at which it no longer holds; absent while it stands.
        because: why it is taken back, in plain words; stands beside `to_ns`.
    """

    line: LineId
    never: str
    from_ns: int
    notice_days: int
    senses: tuple[str, ...] = ()
    properties: tuple[Uri, ...] = ()
    purposes: tuple[PurposeId, ...] = ()
    recipients: tuple[Uri, ...] = ()
    to_ns: int | None = None
    because: str | None = None
    crit: tuple[str, ...] = ("from_ns", "notice_days", "senses", "properties", "purposes", "recipients", "to_ns")
