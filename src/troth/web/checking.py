"""The pages of not believing: why a value is here, its proof, the same proof with a bit turned over, and the log.

Rules
- The proof is made and checked anew each time, by the verifier that strangers use; nothing is ticked from memory.
- What cannot be proved yet says when it can, and shows an older value that has its proof already.
- A check that fails is named. Every proof ends with what it does not show.

Source: people.md, "The first minute" 4 and 5; record.md, "Anyone can verify".
"""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from troth.errors import Denied, Malformed, NotFound, Unavailable
from troth.gate.question import Asker
from troth.verify.checks import verify
from troth.verify.file import CONTENT_TYPE, SUFFIX, read
from troth.verify.verdict import Outcome, Verdict
from troth.web.deployment import Deployment
from troth.web.forms import number_of
from troth.web.saying import CHECKS
from troth.web.sessions import Viewer, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.web.whole import Values, whole
from troth.wire.held import HeldResponse

__all__ = ["Checking", "Ticked"]

_ROLES: Final = frozenset({"person", "recipient"})
_VALUE: Final = "value"  # the first flip is in the value itself, wherever it stands: a new signature moves it


class Ticked(msgspec.Struct, frozen=True):
    """One check as a page shows it: number, words, how it ended (as in verify/verdict), its detail."""

    number: int
    words: str
    outcome: str
    detail: str


class Shown(msgspec.Struct, frozen=True):
    """A proof as a page shows it. `flipped`: the byte that was changed; `next_flip`: what to change next, as asked for.

    `holds()`: whether it may still be handed over.
    """

    checks: tuple[Ticked, ...]
    verdict: Verdict
    length: int
    flipped: int | None
    next_flip: str
    holds: Callable[[], bool]

    @property
    def failed(self) -> Ticked | None:
        """The check that failed, or None."""
        return next((each for each in self.checks if each.outcome == Outcome.FAILED), None)


class Checking:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/why/{id}", "GET", self.why),
            ("/why/{id}/proof", "GET", self.proof),
            ("/proofs/{id}.troth-proof", "GET", self.proof_file),
            ("/check", "GET", self.check),
        ]

    async def why(self, request: Request) -> Response:
        """Source, data, decision, effect of one value, and its proof."""
        role, asker, id_ = self._asked(request)

        async def gather() -> Values:
            because = await self._at.why.because(id_, asker=asker)
            proof, waiting = await self._proof(id_, asker, flip=None) if because.sequence is not None else (None, False)
            ordered = self._at.contracts.of_thing(because.thing, None if asker is None else asker.person)
            rests = ordered.get(because.stream.declared.name)
            return {"because": because, "ordered": rests, "proof": proof, "waiting": waiting}

        values = {"role": role, "tick_s": self._at.tick_s}
        return self._shell.show(request, "why.html", await whole(gather) | values)

    async def proof(self, request: Request) -> Response:
        """A proof with its checks ticking; with `flip`, one bit of that byte turned over first."""
        role, asker, id_ = self._asked(request)
        proof, waiting = await self._proof(id_, asker, flip=request.query_params.get("flip"))
        values = {
            "id": id_,
            "role": role,
            "key": str(self._at.log.key),
            "proof": proof,
            "waiting": waiting,
            "tick_s": self._at.tick_s,
        }
        return self._shell.show(request, "proof.html", values)

    async def proof_file(self, request: Request) -> Response:
        """The proof as a file."""
        _, asker, id_ = self._asked(request)
        proved = await self._at.prove.proved(id_, asker)
        headers = dict(HEADERS) | {"content-disposition": f'attachment; filename="{id_}{SUFFIX}"'}
        return HeldResponse(proved.data, holds=proved.holds, headers=headers | {"content-type": CONTENT_TYPE})

    async def check(self, request: Request) -> Response:
        """What a stranger needs to check the log."""
        log = self._at.log
        values = {
            "origin": self._at.origin,
            "key": str(log.key),
            "size": log.size,
            "tick_s": self._at.tick_s,
            "url": self._at.url,
            "signed": log.checkpoint().decode("utf-8"),
            "witnesses": self._at.witnesses(),
        }
        return self._shell.show(request, "check.html", values)

    def _asked(self, request: Request) -> tuple[str, Asker | None, int]:
        """In which role a page is looked at (empty for anyone's), as which asker, and which observation."""
        id_ = number_of(str(request.path_params["id"]))
        viewer: Viewer = viewer_of(request.cookies, self._at.recognise)
        role = request.query_params.get("as", "")
        if role not in _ROLES:
            return "", None, id_
        return role, viewer.asker(role), id_

    async def _proof(self, id_: int, asker: Asker | None, *, flip: str | None) -> tuple[Shown | None, bool]:
        """The proof as shown, or None and whether it is only not there yet. `flip`: "value", or the number of a byte.

        Raises:
            Denied, NotFound: not for this asker.
        """
        try:
            proved = await self._at.prove.proved(id_, asker)
        except (Denied, NotFound):
            raise
        except Unavailable as later:
            if later.retry_after_s > 0:
                return None, True
            raise
        data = proved.data
        if flip is None:
            verdict = verify(data, trusted=(self._at.log.key,))
            return Shown(_ticked(verdict), verdict, len(data), None, _VALUE, proved.holds), False
        place = _value_at(data) if flip == _VALUE else number_of(flip) % len(data)
        data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        verdict = verify(data, trusted=(self._at.log.key,))
        following = (place + len(data) * 7 // 11 + 13) % len(data)  # wanders through the file, the same way each time
        return Shown(_ticked(verdict), verdict, len(data), place, str(following), proved.holds), False


def _ticked(verdict: Verdict) -> tuple[Ticked, ...]:
    readable = Ticked(
        0, CHECKS[0], Outcome.FAILED if verdict.unreadable else Outcome.PASSED, verdict.unreadable or "read whole"
    )
    found = {each.number: each for each in verdict.checks}
    rest = (
        Ticked(number, words, found[number].outcome, found[number].detail)
        if number in found
        else Ticked(number, words, Outcome.NOT_CHECKED, "an earlier check failed")
        for number, words in CHECKS.items()
        if number
    )
    return (readable, *rest)


def _value_at(data: bytes) -> int:
    """A byte of the value itself, the last field of a trace of something collected; any byte where that is not found."""
    try:
        trace = read(data).opening.trace
    except Malformed:
        return len(data) // 2
    found = data.find(trace)
    return len(data) // 2 if found < 0 else found + max(len(trace) - 7, 0)
