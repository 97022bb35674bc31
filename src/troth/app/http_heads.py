"""Whether the head of a request can be believed: where two readers could understand it differently, it is not answered.

Rules
- One `Host` (HTTP/1.0 may have none), of the form of a host; an absolute address in the request line names the same.
- `Transfer-Encoding` is `chunked` or absent; `Expect` is `100-continue` or absent. No HTTP/0.9.
- A head has at most FIELDS_MAX fields.

Source: RFC 9112 §3.2, §6.1, §7.1; RFC 9110 §7.2, §10.1.1.
Left out: lengths that contradict each other, which the parser (llhttp) refuses; whose host it is (`doors`).
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

__all__ = ["FIELDS_MAX", "Complaint", "complaint_of"]

FIELDS_MAX: Final = 128  # a browser sends some 20, a proxy adds ten
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)
_VERSIONS: Final = frozenset({"1.0", "1.1"})


class Complaint(msgspec.Struct, frozen=True):
    """Why a head is not answered: a status and one sentence."""

    status: int
    words: str


def complaint_of(target: bytes, fields: Sequence[tuple[bytes, bytes]], *, version: str) -> Complaint | None:
    """What is wrong with a head, or None.

    Args:
        target: as it stands in the request line.
        fields: of the head; names in lower case.
        version: `1.1` ...
    """
    hosts: list[bytes] = []
    for name, value in fields:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding" and value.strip(b" \t").lower() != b"chunked":
            return Complaint(501, "The only transfer coding here is chunked.")
        elif name == b"expect" and value.lower() != b"100-continue":
            return Complaint(417, "The only expectation here is 100-continue.")
    if version not in _VERSIONS:
        return Complaint(400, "HTTP/1.1 is spoken here.")
    if len(fields) > FIELDS_MAX:
        return Complaint(431, f"A request has at most {FIELDS_MAX} header fields.")
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        return Complaint(400, "A request has one Host.")
    if hosts and _HOST.fullmatch(hosts[0]) is None:
        return Complaint(400, "What stands in Host is no host.")
    if target[:1] == b"/":
        return None
    absolute = _ABSOLUTE.match(target)
    if absolute is None and target != b"*":
        return Complaint(400, "A request names a path, or a whole address.")
    if absolute is not None and hosts and absolute[1].lower() != hosts[0].lower():
        return Complaint(400, "The request line names another host than Host does.")
    return None
