"""Problem documents: what went wrong, as a reader and a program can use it, from any error of the tree.

Rules
- A status and a title belong to a code and never change between two answers; `detail` is the error's own safe sentence.
- `code` is the error's code (docs/reference/errors.md); a denial also carries the gate's outer reason as `reason_code`, and in
  `hint` what can be done about it.
- "Nothing there" is one constant document: what is absent and what is not for this asker answer with the same bytes.
- What no code maps is an internal problem with an incident number, under which whoever serves writes its diagnostics.

Source: RFC 9457; RFC 9110 §10.2.3 (Retry-After), §11.6.1 (WWW-Authenticate), §12.5.3 (Accept-Encoding in answers).
Left out: languages other than English; pages for people, which have their own words.
"""

import math
from typing import Final

import msgspec

from troth.errors import Busy, Denied, NotFound, TrothError, Unavailable
from troth.gate.words import can_do, outer
from troth.things.observations import Refusal

__all__ = ["CONTENT_TYPE", "Problem", "Reply", "internal", "not_allowed", "problem_of", "refusal_of", "reply"]

CONTENT_TYPE: Final = b"application/problem+json"
_TYPE: Final = "urn:troth:problem:"

_FAMILIES: Final = {  # code: status, title
    "malformed": (400, "This cannot be read"),
    "refused": (403, "A rule says no"),
    "unavailable": (503, "Not ready"),
}
_CODES: Final = {
    "bad-path": (404, "No such resource"),
    "bad-query": (400, "This query cannot be read"),
    "bad-json": (400, "This JSON cannot be read"),
    "bad-time": (400, "This time cannot be read"),
    "bad-csv": (400, "This CSV cannot be read"),
    "bad-senml": (400, "This SenML pack cannot be read"),
    "too-large": (413, "Too large"),
    "wrong-host": (421, "Not under this name"),
    "wrong-kind": (415, "Not this kind of body"),
    "wrong-token": (401, "Not recognised"),
    "not-found": (404, "Nothing there"),
    "denied": (403, "The answer is no"),
    "conflict": (409, "This contradicts what is there"),
    "unknown-crit": (400, "A field that must be understood is not known"),
    "in-the-clear": (403, "Not in the clear"),
    "not-offered": (501, "Not offered in this version"),
    "busy": (429, "Busy"),
    "internal": (500, "Something here is broken"),
}
# What a thing's observation is refused with. The gate's own codes are not here: they are 403.
_REFUSALS: Final = {
    Refusal.WRONG_TYPE: 400,
    Refusal.OUT_OF_RANGE: 400,
    Refusal.WRONG_UNIT: 400,
    Refusal.AHEAD: 400,
    Refusal.BEFORE_INSTALLATION: 400,
    Refusal.BAD_TIME: 400,
    Refusal.BAD_PAYLOAD: 400,
    Refusal.TOO_LARGE: 413,
    Refusal.TIME_TAKEN: 409,
    Refusal.TOO_FAST: 429,
}
_NOTHING: Final = "For whoever asks with this credential there is nothing of that name here."


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None
    reason_code: str | None = None
    incident: str | None = None


class Reply(msgspec.Struct, frozen=True):
    """Everything of an answer: status, headers with lower-case names, body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def problem_of(error: TrothError) -> Problem:
    """The document for an error."""
    if isinstance(error, NotFound):
        return _problem(error.code, _NOTHING)
    reason = error.reason_code if isinstance(error, Denied) else None
    status, title = _known(error)
    return _problem(error.code, error.message, status=status, title=title, hint=error.hint, reason=reason)


def refusal_of(refusal: Refusal) -> Problem:
    """The document for an observation that was not kept."""
    status = _REFUSALS.get(refusal, 403)
    code = refusal.value
    return _problem(code, outer(code), status=status, title="This observation is not kept", hint=can_do(code))


def not_allowed(method: str, allowed: str) -> Reply:
    """The answer to a method that a resource does not have. `allowed`: the ones it has, with commas between."""
    detail = f"This resource answers {allowed}."
    problem = _problem("not-offered", detail, status=405, title=f"{method[:20]} is not offered here")
    return _reply(problem, (b"allow", allowed.encode()))


def internal(incident: str) -> Reply:
    """The answer when our own code failed; `incident` is what to look for in the diagnostics."""
    problem = _problem(
        "internal", "The request was not carried out. Whoever runs this place can look for the incident."
    )
    return _reply(msgspec.structs.replace(problem, incident=incident))


def reply(error: TrothError | Refusal) -> Reply:
    """The whole answer for an error or a refused observation."""
    if isinstance(error, Refusal):
        return _reply(refusal_of(error))
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, Unavailable) and (error.retry_after_s > 0 or isinstance(error, Busy)):
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(error.retry_after_s))))
    problem = problem_of(error)
    if problem.status == 415:
        headers.append((b"accept-encoding", b"identity"))
    if problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="troth"'))
    return _reply(problem, *headers)


def _known(error: TrothError) -> tuple[int, str]:
    """Status and title of the error's own code, or of the nearest class above that has one."""
    for each in type(error).__mro__:
        found = _CODES.get(getattr(each, "code", "")) or _FAMILIES.get(getattr(each, "code", ""))
        if found is not None:
            return found
    return _CODES["internal"]


def _problem(
    code: str,
    detail: str,
    *,
    status: int | None = None,
    title: str | None = None,
    hint: str | None = None,
    reason: str | None = None,
) -> Problem:
    known = _CODES.get(code, _CODES["internal"])
    return Problem(_TYPE + code, title or known[1], status or known[0], detail, code, hint, reason)


def _reply(problem: Problem, *headers: tuple[bytes, bytes]) -> Reply:
    body = msgspec.json.encode(problem)
    fixed = (
        (b"content-type", CONTENT_TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Reply(problem.status, (*fixed, *headers), body)
