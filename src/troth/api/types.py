"""The JSON interface of types of things: said once, inherited by each thing that joins as one.

Rules
- Everything here is the operator's; every change is a statement made by `journeys/inherit` or `journeys/join`.

Source: things.md, "A thing joins"; docs/reference/api.md.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.joining_forms import sheet_shown
from troth.api.operate import Addresses, thing_made
from troth.api.type_forms import DifferingShown, DifferingThings, TypedThingForm, TypeForm, Types, TypeShown
from troth.journeys.inherit import Inherit
from troth.journeys.join import Join
from troth.names import check_slug

__all__ = ["DIFFERING_MAX", "type_routes"]

DIFFERING_MAX: Final = 1_000  # things in one answer


def type_routes(inherit: Inherit, join: Join, *, callers: Callers, addresses: Addresses) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    types = _Types(inherit, join, callers=callers, addresses=addresses)
    op = callers.operated
    return [
        resource("/api/types", {"GET": op(types.all), "POST": op(types.say)}),
        resource("/api/types/{type}/things", {"POST": op(types.join)}),
        resource("/api/types/{type}/differing", {"GET": op(types.differing)}),
    ]


class _Types:
    def __init__(self, inherit: Inherit, join: Join, *, callers: Callers, addresses: Addresses) -> None:
        self._callers = callers
        self._inherit = inherit
        self._join = join
        self._at = addresses

    async def all(self, _request: Request) -> Response:
        counts = self._inherit.things()
        return shown(
            Types(
                tuple(
                    TypeShown(
                        body.type,
                        body.title,
                        body.product,
                        body.answers,
                        body.streams,
                        body.consideration,
                        statement.hex(),
                        counts.get(body.type, 0),
                    )
                    for body, statement in self._inherit.types()
                )
            )
        )

    async def say(self, request: Request) -> Response:
        body = (await form(request, TypeForm)).body()
        await self._inherit.type(body)
        return created(Done(body.type))

    async def join(self, request: Request) -> Response:
        typed = (await form(request, TypedThingForm)).typed(request.path_params["type"])
        asked, standing = self._inherit.request(typed), self._callers.known(request).standing
        if typed.sheet is None:
            return shown(sheet_shown(self._join.look(asked, standing=standing)))
        return created(thing_made(await self._join.thing(asked, shown=typed.sheet, standing=standing), self._at))

    async def differing(self, request: Request) -> Response:
        name = check_slug(request.path_params["type"])
        found, more = await self._inherit.differing(name, limit=DIFFERING_MAX)
        shown_ = [
            DifferingShown(self._join.slug_of(each.thing.thing) or "", each.thing.body.name, each.fields)
            for each in found
        ]
        return shown(DifferingThings(tuple(sorted(shown_, key=lambda each: each.slug)), more))
