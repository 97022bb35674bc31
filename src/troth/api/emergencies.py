"""The JSON interface of emergencies: how often one was opened, opening and confirming one.

Rules
- Anybody sees how often in this month, and those of public places; a person those of their home too.
- An organisation's own statement may be brought by anybody; the operator's is made here.
- Whoever knows the name of an emergency may see it: it is random, and told to whoever is to confirm it.

Source: docs/reference/api.md.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.grounded import ground_of
from troth.api.key_forms import bytes_of
from troth.journeys.emergency import Emergencies, OpenedEmergency, times_used
from troth.names import HouseholdId, OpeningId, Uri, parse_id, print_ground, print_household, print_opening
from troth.wire.times import print_time

__all__ = [
    "ConfirmForm",
    "EmergenciesShown",
    "EmergencyForm",
    "EmergencyOpened",
    "EmergencyShown",
    "StatementForm",
    "StatementTaken",
    "emergency_routes",
    "emergency_shown",
]

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class EmergencyForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Open what was provided for (`gr...`), with the operator's key, for `by`. It waits for another party to confirm it."""

    by: Uri
    provision: str
    because: Sentence
    seconds: int
    household: str | None = None


class ConfirmForm(msgspec.Struct, frozen=True):
    """Confirm an emergency with the operator's key, for `by`."""

    by: Uri


class StatementForm(msgspec.Struct, frozen=True):
    """A statement that an organisation has signed with its own key, its COSE bytes in hex."""

    statement: str


class StatementTaken(msgspec.Struct, frozen=True):
    """It counts; its id in hex."""

    statement: str


class EmergencyOpened(msgspec.Struct, frozen=True):
    """The statement that counts now, and its emergency."""

    emergency: str
    statement: str


class EmergencyShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """An emergency. Without `confirmed` it is not open, and nothing was read. `statement`: the first of the two, in hex."""

    emergency: str
    provision: str
    things_of: Uri
    by: Uri
    because: str
    said: str
    ends: str
    statement: str
    recipients: tuple[str, ...]
    open: bool
    confirmed_by: str | None = None
    confirmed: str | None = None
    household: str | None = None


class EmergenciesShown(msgspec.Struct, frozen=True):
    """How often one was opened in this month (UTC), those of homes counted too, in words as well; and those one may see."""

    month: str
    used: int
    words: str
    emergencies: tuple[EmergencyShown, ...]


def emergency_routes(emergencies: Emergencies, *, callers: Callers) -> list[Route]:
    """All routes of this module."""
    said = _Emergencies(emergencies, callers)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/emergencies", {"GET": open_(said.listed), "POST": op(said.open)}),
        resource("/api/emergencies/statements", {"POST": open_(said.bring)}),
        resource("/api/emergencies/{emergency}", {"GET": open_(said.one)}),
        resource("/api/emergencies/{emergency}/confirm", {"POST": op(said.confirm)}),
    ]


class _Emergencies:
    def __init__(self, emergencies: Emergencies, callers: Callers) -> None:
        self._emergencies = emergencies
        self._callers = callers

    async def listed(self, request: Request) -> Response:
        who = self._callers.principal(request)
        if who is not None and who.operator:
            found = self._emergencies.all()
        elif who is not None and who.person is not None:
            found = (*self._emergencies.at_home(who.person), *self._emergencies.open_ones())
        else:
            found = self._emergencies.open_ones()
        month, used = self._emergencies.used()
        return shown(EmergenciesShown(month, used, times_used(used), tuple(map(emergency_shown, found))))

    async def open(self, request: Request) -> Response:
        body = await form(request, EmergencyForm)
        home = None if body.household is None else HouseholdId(parse_id("ho", body.household))
        opening, accepted = await self._emergencies.open(
            body.by, ground_of(body.provision), body.because, seconds=body.seconds, household=home
        )
        return created(EmergencyOpened(print_opening(opening), accepted.statement.hex()))

    async def confirm(self, request: Request) -> Response:
        body = await form(request, ConfirmForm)
        opening = OpeningId(parse_id("em", request.path_params["emergency"]))
        accepted = await self._emergencies.confirm(body.by, opening)
        return created(EmergencyOpened(print_opening(opening), accepted.statement.hex()))

    async def bring(self, request: Request) -> Response:
        accepted = await self._emergencies.bring(bytes_of((await form(request, StatementForm)).statement))
        return created(StatementTaken(accepted.statement.hex()))

    async def one(self, request: Request) -> Response:
        opening = OpeningId(parse_id("em", request.path_params["emergency"]))
        return shown(emergency_shown(self._emergencies.named(opening)))


def emergency_shown(each: OpenedEmergency) -> EmergencyShown:
    """An emergency as the interface says it."""
    body = each.body
    return EmergencyShown(
        emergency=print_opening(body.opening),
        provision=print_ground(body.assertion),
        things_of=body.things_of,
        by=body.by,
        because=body.because,
        said=print_time(body.from_ns),
        ends=print_time(body.to_ns),
        statement=each.statement.hex(),
        recipients=each.recipients,
        open=each.open_now,
        confirmed_by=each.confirmed_by,
        confirmed=None if each.confirmed_ns is None else print_time(each.confirmed_ns),
        household=None if body.household is None else print_household(body.household),
    )
