"""Proof files over HTTP: one observation, for whoever may read it.

Rules
- Whoever asks is asked about at the gate like any reader; without a token it is anybody at all.
- What is not yet in a segment is 503 with Retry-After, never an empty or half file.
- The file is handed over only while the answer it was made under holds.

Source: record.md, "Anyone can verify"; docs/reference/api.md.
Left out: proofs of what a person said.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, resource
from troth.errors import BadPath
from troth.journeys.prove import Prove
from troth.verify.file import CONTENT_TYPE, SUFFIX
from troth.wire.held import HeldResponse

__all__ = ["proof_routes"]

_ID: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_ID_LIMIT: Final = 1 << 53  # formats.md, Identifiers: below 2^53


def proof_routes(prove: Prove, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def observation(request: Request) -> Response:
        who = callers.principal(request)
        number = _number(request.path_params["number"])
        proved = await prove.proved(number, None if who is None else who.asker)
        headers = {
            "content-type": CONTENT_TYPE,
            "content-disposition": f'attachment; filename="observation-{number}{SUFFIX}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return HeldResponse(proved.data, holds=proved.holds, headers=headers)

    return [resource("/api/proofs/{number}", {"GET": callers.spoken(observation)})]


def _number(text: str) -> int:
    """The handle of an observation as it stands in a path."""
    if _ID.fullmatch(text) is None or int(text) >= _ID_LIMIT:
        raise BadPath("an observation is named by its @iot.id")
    return int(text)
