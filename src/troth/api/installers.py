"""The JSON interface of firms that are invited to connect things: whoever invites them, and their desk.

Rules
- Whoever runs the place invites anywhere, an owner into homes of their own; both end it at once, and take over what was handed
  over. A firm comes in by a link to its door (`POST /api/doors`), which the operator makes.
- At the desk a firm asks in its own session, and about its own invitations. Said without `sheet`, the sheet is answered
  (200) and nothing is registered; said again with its digest, the thing joins (201).

Source: gate.md (connect); people.md (operator, installer); docs/reference/api.md.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import household_of, shown_of
from troth.api.installer_forms import (
    FirmForm,
    FirmShown,
    InstallersHomes,
    InstallersShown,
    InstallerThingForm,
    InviteForm,
    InviteHomeForm,
    LabelMade,
    desk_shown,
    home_shown,
    installer_shown,
)
from troth.api.joining_forms import sheet_shown
from troth.api.many_forms import ManyForm, ManyShown, row_shown
from troth.api.operate import Addresses, claim_command, thing_made
from troth.errors import WrongToken
from troth.journeys.inherit import TypedThing
from troth.journeys.install_many import InstallMany
from troth.journeys.installer_desk import InstallerDesk
from troth.journeys.installers import Installers
from troth.journeys.join_many import RowFault
from troth.names import InstallerId, Uri, check_slug, check_uri, parse_id

__all__ = ["installer_routes"]


def installer_routes(
    installers: Installers, desk: InstallerDesk, many: InstallMany, *, callers: Callers, addresses: Addresses
) -> list[Route]:
    """All routes of this module."""
    inviting = _Inviting(installers, callers)
    firm = _Firm(installers, desk, many, callers=callers, addresses=addresses)
    op, spoken = callers.operated, callers.spoken
    return [
        resource("/api/installers", {"GET": op(inviting.all), "POST": op(inviting.invite)}),
        resource("/api/installers/close", {"POST": op(inviting.close)}),
        resource("/api/installers/{installer}", {"DELETE": op(inviting.end)}),
        resource("/api/installers/{installer}/accept", {"POST": op(inviting.accept)}),
        resource("/api/home/installers", {"GET": spoken(inviting.homes), "POST": spoken(inviting.invite_home)}),
        resource("/api/home/installers/{installer}", {"DELETE": spoken(inviting.end_home)}),
        resource("/api/home/installers/{installer}/accept", {"POST": spoken(inviting.accept_home)}),
        resource("/api/installer", {"GET": spoken(firm.desk)}),
        resource("/api/installer/things", {"POST": spoken(firm.connect)}),
        resource("/api/installer/things/many", {"POST": spoken(firm.connect_many)}),
        resource("/api/installer/things/{slug}/claim", {"POST": spoken(firm.claim)}),
        resource("/api/installer/invitations/{installer}/hand-over", {"POST": spoken(firm.hand_over)}),
    ]


class _Inviting:
    """What whoever runs the place, and owners of homes, ask."""

    def __init__(self, installers: Installers, callers: Callers) -> None:
        self._installers = installers
        self._callers = callers

    async def all(self, _request: Request) -> Response:
        return shown(InstallersShown(tuple(map(installer_shown, self._installers.all())), self._firms()))

    async def invite(self, request: Request) -> Response:
        asked = await form(request, InviteForm)
        home = None if asked.household is None else household_of(asked.household)
        party = check_uri(asked.party)
        made = await self._installers.invite(party, days=asked.days, household=home, place=asked.place)
        return created(installer_shown(made))

    async def close(self, request: Request) -> Response:
        await self._installers.close(check_uri((await form(request, FirmForm)).party))
        return Response(status_code=204)

    async def end(self, request: Request) -> Response:
        await self._installers.end(_invitation(request))
        return Response(status_code=204)

    async def accept(self, request: Request) -> Response:
        await self._installers.accept(_invitation(request))
        return Response(status_code=204)

    async def homes(self, request: Request) -> Response:
        homes = tuple(map(home_shown, self._installers.homes(self._callers.person(request))))
        return shown(InstallersHomes(homes, self._firms() if any(each.owner for each in homes) else ()))

    async def invite_home(self, request: Request) -> Response:
        person = self._callers.person(request)
        asked = await form(request, InviteHomeForm)
        home = household_of(asked.household)
        made = await self._installers.invite(check_uri(asked.party), days=asked.days, household=home, by=person)
        return created(installer_shown(made))

    async def end_home(self, request: Request) -> Response:
        person = self._callers.person(request)
        await self._installers.end(_invitation(request), by=person)
        return Response(status_code=204)

    async def accept_home(self, request: Request) -> Response:
        person = self._callers.person(request)
        await self._installers.accept(_invitation(request), by=person)
        return Response(status_code=204)

    def _firms(self) -> tuple[FirmShown, ...]:
        return tuple(FirmShown(party, name) for party, name in self._installers.firms())


class _Firm:
    """What a firm asks at its desk."""

    def __init__(
        self,
        installers: Installers,
        desk: InstallerDesk,
        many: InstallMany,
        *,
        callers: Callers,
        addresses: Addresses,
    ) -> None:
        self._installers = installers
        self._desk = desk
        self._many = many
        self._callers = callers
        self._addresses = addresses

    async def desk(self, request: Request) -> Response:
        return shown(desk_shown(self._desk.desk(self._party(request))))

    async def connect(self, request: Request) -> Response:
        party = self._party(request)
        asked = await form(request, InstallerThingForm)
        typed, digest = asked.typed(), shown_of(asked.sheet)
        if digest is None:
            return shown(sheet_shown(self._desk.look(party, typed)))
        return created(thing_made(await self._desk.connect(party, typed, shown=digest), self._addresses))

    async def connect_many(self, request: Request) -> Response:
        party = self._party(request)
        asked = await form(request, ManyForm)
        read = [each.typed() for each in asked.rows]
        rows = [each for each in read if isinstance(each, TypedThing)]
        work = self._many.check if asked.check else self._many.join
        became = iter(await work(party, rows))
        shown_rows = (each if isinstance(each, RowFault) else next(became) for each in read)
        return created(ManyShown(tuple(map(row_shown, shown_rows))))

    async def claim(self, request: Request) -> Response:
        party = self._party(request)
        token = await self._desk.claim_again(party, check_slug(request.path_params["slug"]))
        return created(LabelMade(token, claim_command(token, self._addresses)))

    async def hand_over(self, request: Request) -> Response:
        await self._installers.hand_over(_invitation(request), party=self._party(request))
        return Response(status_code=204)

    def _party(self, request: Request) -> Uri:
        """Whose desk it is; WrongToken where whoever asks is no such firm."""
        who = self._callers.known(request)
        if who.desk != "installer" or who.party is None:
            raise WrongToken("this token is for something else: this door is another one's")
        return who.party


def _invitation(request: Request) -> InstallerId:
    return InstallerId(parse_id("iv", request.path_params["installer"]))
