"""The JSON interface of things that stand and are changed: name and place, hardware, home, contracts, and the end.

Rules
- Everything here is the operator's. Each change is a statement made by `journeys/alter`.
- A token is answered once, never again, and never logged.

Source: things.md, "A thing joins"; docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import ClaimMade
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import Title, household_of, shown_of
from troth.api.joining_forms import sheet_shown
from troth.api.operate import Addresses, claim_command, thing_made
from troth.journeys.alter import Alter
from troth.names import Slug, check_slug
from troth.wire.times import parse_time, print_time

__all__ = [
    "ContractEndForm",
    "ContractEnds",
    "ContractReviewForm",
    "EndForm",
    "Ended",
    "HomeForm",
    "NameForm",
    "Renamed",
    "ReplaceForm",
    "altered_routes",
]


class NameForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a thing is called from now on, and where it is; what is absent stays."""

    name: Title | None = None
    place: Title | None = None
    slug: str | None = None


class Renamed(msgspec.Struct, frozen=True):
    """The short name of the thing."""

    slug: str


class ReplaceForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Other hardware; `serial` is what is printed on it."""

    serial: Title | None = None


class HomeForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a thing goes: another household, or a public place if there is none. `sheet`: digest of what was shown of it."""

    place: Title
    household: str | None = None
    sheet: str | None = None


class EndForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a thing is over, in words."""

    because: Title | None = None


class Ended(msgspec.Struct, frozen=True):
    """Since when a thing is over."""

    slug: str
    since: str


class ContractReviewForm(msgspec.Struct, frozen=True):
    """Somebody has looked at the contract of a stream, and it still holds; the next time is `review`."""

    stream: str
    review: str


class ContractEndForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contract of a stream ends, now or at `to`."""

    stream: str
    to: str | None = None


class ContractEnds(msgspec.Struct, frozen=True):
    """When the contract of a stream ends."""

    slug: str
    stream: str
    ends: str


def altered_routes(alter: Alter, *, callers: Callers, addresses: Addresses) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    altering = _Altering(alter, callers, addresses=addresses)
    op = callers.operated
    return [
        resource("/api/things/{slug}/name", {"POST": op(altering.rename)}),
        resource("/api/things/{slug}/device", {"POST": op(altering.replace)}),
        resource("/api/things/{slug}/home", {"POST": op(altering.rehouse)}),
        resource("/api/things/{slug}/end", {"POST": op(altering.end)}),
        resource("/api/things/{slug}/contract/review", {"POST": op(altering.contract_stands)}),
        resource("/api/things/{slug}/contract/end", {"POST": op(altering.contract_ends)}),
    ]


class _Altering:
    def __init__(self, alter: Alter, callers: Callers, *, addresses: Addresses) -> None:
        self._callers = callers
        self._alter = alter
        self._at = addresses

    async def rename(self, request: Request) -> Response:
        asked = await form(request, NameForm)
        short = None if asked.slug is None else check_slug(asked.slug)
        return created(
            Renamed(await self._alter.rename(_slug(request), name=asked.name, place=asked.place, short=short))
        )

    async def replace(self, request: Request) -> Response:
        asked = await form(request, ReplaceForm)
        token = await self._alter.replace(_slug(request), serial=asked.serial)
        return created(ClaimMade(_slug(request), token, claim_command(token, self._at)))

    async def rehouse(self, request: Request) -> Response:
        asked = await form(request, HomeForm)
        household = None if asked.household is None else household_of(asked.household)
        slug, shown_, standing = _slug(request), shown_of(asked.sheet), self._callers.known(request).standing
        if shown_ is None:
            looked = self._alter.look(slug, household=household, place=asked.place, standing=standing)
            return shown(sheet_shown(looked))
        joined = await self._alter.rehouse(
            slug, household=household, place=asked.place, shown=shown_, standing=standing
        )
        return created(thing_made(joined, self._at))

    async def end(self, request: Request) -> Response:
        asked = await form(request, EndForm)
        since_ns = await self._alter.end(_slug(request), because=asked.because)
        return created(Ended(_slug(request), print_time(since_ns)))

    async def contract_stands(self, request: Request) -> Response:
        asked = await form(request, ContractReviewForm)
        await self._alter.contract_stands(_slug(request), asked.stream, review_ns=parse_time(asked.review))
        return created(asked)

    async def contract_ends(self, request: Request) -> Response:
        asked = await form(request, ContractEndForm)
        to_ns = None if asked.to is None else parse_time(asked.to)
        ends_ns = await self._alter.contract_ends(_slug(request), asked.stream, to_ns=to_ns)
        return created(ContractEnds(_slug(request), asked.stream, print_time(ends_ns)))


def _slug(request: Request) -> Slug:
    return check_slug(request.path_params["slug"])
