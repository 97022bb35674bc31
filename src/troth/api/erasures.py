"""The JSON interface of erasing: what would go, said before; then it goes.

Rules
- A person asks about themself, in their own session. Whoever runs the place may do it on the person's written request.
- Both are the same two steps: read what would go, confirm exactly that by its digest.
- Whoever runs the place may freeze what is kept, for an incident or a dispute; the person reads why where they ask.

Source: record.md, "Personal ledgers"; people.md, "Rules"; docs/reference/api.md.
"""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done, Erased, ErasureShown, PreservationMade, PreservedShown
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import ErasureForm, PaperErasureForm, PreservationForm, digest_of
from troth.errors import BadName
from troth.journeys.accept import Accepted
from troth.journeys.erase import Erase, Preview
from troth.journeys.preserve import Preserve
from troth.names import PersonId, StreamId, parse_id
from troth.statements.erasure import Asked
from troth.wire.times import parse_time, print_time

__all__ = ["erasure_routes", "preview_shown"]

NS_PER_MS: Final = 1_000_000
_NAME_HEX: Final = 32


def erasure_routes(
    erase: Erase, preserve: Preserve, *, callers: Callers, number_of: Callable[[StreamId], int | None]
) -> list[Route]:
    """All routes of this module. `number_of` gives a stream's `@iot.id`, or None where it is no longer there."""

    async def own(request: Request) -> Response:
        return shown(preview_shown(erase.preview(callers.person(request)), number_of))

    async def erase_own(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, ErasureForm)
        return created(_erased(await erase.confirm(person, digest_of(asked.digest), made_by=Asked.SESSION)))

    async def theirs(request: Request) -> Response:
        return shown(preview_shown(erase.preview(_person(request)), number_of))

    async def erase_theirs(request: Request) -> Response:
        asked = await form(request, PaperErasureForm)
        digest, paper = digest_of(asked.digest), digest_of(asked.request)
        return created(_erased(await erase.confirm(_person(request), digest, made_by=Asked.PAPER, request=paper)))

    async def keep(request: Request) -> Response:
        asked = await form(request, PreservationForm)
        made = await preserve.begin(
            _person(request),
            asked.cause,
            reason=asked.reason,
            to_ns=parse_time(asked.to),
            datastreams=asked.datastreams,
        )
        return created(PreservationMade(made.preservation.hex()))

    async def release(request: Request) -> Response:
        name = request.path_params["preservation"]
        await preserve.end(_person(request), _preservation(name))
        return created(Done(name))

    op = callers.operated
    return [
        resource("/api/erasure", {"GET": callers.spoken(own), "POST": callers.spoken(erase_own)}),
        resource("/api/people/{person}/erasure", {"GET": op(theirs), "POST": op(erase_theirs)}),
        resource("/api/people/{person}/preservations", {"POST": op(keep)}),
        resource("/api/people/{person}/preservations/{preservation}/end", {"POST": op(release)}),
    ]


def preview_shown(preview: Preview, number_of: Callable[[StreamId], int | None]) -> ErasureShown:
    """What would go, as the interface says it. `number_of`: the number of a stream's Datastream."""
    preserved = tuple(
        PreservedShown(
            each.preservation.hex(),
            each.cause,
            each.reason,
            print_time(each.from_ns),
            print_time(each.to_ns),
            tuple(number for stream in each.streams if (number := number_of(stream)) is not None),
        )
        for each in preview.preserved
    )
    return ErasureShown(preview.name, preview.homes, preview.goes, preview.stays, preserved, preview.digest.hex())


def _person(request: Request) -> PersonId:
    return PersonId(parse_id("pe", request.path_params["person"]))


def _preservation(text: str) -> bytes:
    try:
        name = bytes.fromhex(text)
    except ValueError as cause:
        raise BadName("a preservation is named by 32 hexadecimal digits") from cause
    if len(text) != _NAME_HEX:
        raise BadName("a preservation is named by 32 hexadecimal digits")
    return name


def _erased(done: Accepted) -> Erased:
    return Erased(done.statement.hex(), print_time(done.asked_ns), round(done.effect_ns / NS_PER_MS, 3))
