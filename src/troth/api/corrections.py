"""The JSON interface of corrections: what a recipient is told is wrong, and confirms; who was told of a mark of mine.

Rules
- A recipient reads and confirms its own, by its token, for one party, app and purpose.
- A person reads who was told of their own marks. Whoever runs the place sees who is silent, and not about what.

Source: GDPR Article 19; docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.marks import mark_named
from troth.journeys.correct import Correct, CorrectionSeen
from troth.names import CorrectionId, PurposeId, Uri, parse_id, print_correction
from troth.wire.times import print_time

__all__ = ["CorrectionShown", "CorrectionsShown", "correction_routes", "correction_shown"]


class CorrectionShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One correction.

    `datastream` is for its recipient, and so are `from`, `to`, `says` and `stopped` while it may read rows there unchanged.
    `over`: what it was told has ended. `contact`: for who chases it.
    """

    correction: str
    party: Uri
    name: str
    purpose: PurposeId
    what_for: str
    state: str
    at: str
    due: str
    over: bool = False
    datastream: int | None = None
    from_: str | None = None
    to: str | None = None
    says: str | None = None
    stopped: bool = False
    reminders: int = 0
    silent_since: str | None = None
    confirmed: str | None = None
    contact: str | None = None


class CorrectionsShown(msgspec.Struct, frozen=True):
    """Corrections, newest first."""

    corrections: tuple[CorrectionShown, ...]


class ConfirmForm(msgspec.Struct, frozen=True):
    """Nothing more is said: it was read."""


def correction_routes(correct: Correct, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def mine(request: Request) -> Response:
        asker, _ = callers.recipient(request)
        return shown(_all(correct.of_party(asker), named=True))

    async def confirm(request: Request) -> Response:
        asker, token = callers.recipient(request)
        name = CorrectionId(parse_id("co", request.path_params["correction"]))
        await form(request, ConfirmForm)
        return created(correction_shown(await correct.confirm(asker, name, token=token), named=True))

    async def told(request: Request) -> Response:
        person = callers.person(request)
        return shown(_all(correct.of_mark(person, mark_named(request.path_params["mark"]))))

    async def chased(_request: Request) -> Response:
        return shown(_all(correct.every()))

    return [
        resource("/api/corrections", {"GET": callers.spoken(mine)}),
        resource("/api/corrections/{correction}", {"POST": callers.spoken(confirm)}),
        resource("/api/marks/{mark}/told", {"GET": callers.spoken(told)}),
        resource("/api/recipients/corrections", {"GET": callers.operated(chased)}),
    ]


def correction_shown(seen: CorrectionSeen, *, named: bool = False) -> CorrectionShown:
    """A correction as its recipient sees it (`named`), or without what it is about, and with whom to ask."""
    body, mark = seen.body, seen.mark
    return CorrectionShown(
        print_correction(body.correction),
        body.party,
        seen.party,
        body.purpose,
        seen.what_for,
        seen.state.value,
        print_time(body.at_ns),
        print_time(body.due_ns),
        over=body.over,
        datastream=body.datastream if named else None,
        from_=None if mark is None else print_time(mark.from_ns),
        to=None if mark is None else print_time(mark.to_ns),
        says=None if mark is None else mark.says,
        stopped=mark is not None and mark.stopped,
        reminders=seen.reminders,
        silent_since=None if seen.silent_ns is None else print_time(seen.silent_ns),
        confirmed=None if body.confirmed is None else print_time(body.confirmed.at_ns),
        contact=None if named else seen.contact,
    )


def _all(seen: tuple[CorrectionSeen, ...], *, named: bool = False) -> CorrectionsShown:
    return CorrectionsShown(tuple(correction_shown(each, named=named) for each in seen))
