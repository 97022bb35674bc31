"""Concise problem details: what went wrong, in CBOR, for those who speak CBOR already.

Rules
- The same code and sentence as in a problem document (`problems`); title -1, detail -2, and under `urn:troth:problem` the code
  and, where there is one, the hint.
- Titles are those of SCRAPI where it has one for the case. What a rule refuses is 400 here, as SCRAPI answers.

Source: RFC 9290 §2 (keys), §3.2 (custom entries); SCRAPI, "Resources".
Left out: response codes of CoAP, languages.
"""

from types import MappingProxyType
from typing import Final

from troth.errors import Refused, TrothError
from troth.signing import cbor
from troth.wire.problems import Reply, problem_of, reply

__all__ = ["CONTENT_TYPE", "concise"]

CONTENT_TYPE: Final = b"application/concise-problem-details+cbor"
_OURS: Final = "urn:troth:problem"
_TITLE: Final = -1
_DETAIL: Final = -2
_TITLES: Final = MappingProxyType(
    {
        "unknown-algorithm": "Bad Signature Algorithm",
        "not-registered": "Rejected",
        "future-dated": "Rejected",
        "unknown-crit": "Rejected",
        "bad-name": "Invalid locator",
        "not-found": "Not Found",
        "busy": "Too Many Requests",
        "bad-cbor": "Malformed request",
        "bad-cose": "Malformed request",
        "bad-statement": "Malformed request",
    }
)
_REFUSED: Final = 400
_KEPT: Final = frozenset({401, 404, 409, 413})


def concise(error: TrothError) -> Reply:
    """The whole answer for an error."""
    problem = problem_of(error)
    ours = {"code": problem.code} | ({} if problem.hint is None else {"hint": problem.hint})
    details: dict[cbor.CborKey, cbor.Encodable] = {
        _TITLE: _TITLES.get(problem.code, problem.title),
        _DETAIL: problem.detail,
        _OURS: ours,
    }
    body = cbor.encode(details)
    status = _REFUSED if isinstance(error, Refused) and problem.status not in _KEPT else problem.status
    headers = tuple(
        (name, {b"content-type": CONTENT_TYPE, b"content-length": b"%d" % len(body)}.get(name, value))
        for name, value in reply(error).headers
    )
    return Reply(status, headers, body)
