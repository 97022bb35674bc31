"""The JSON interface by which a gateway may speak for a thing, said twice as every *connect*, and by which that ends.

Source: gate.md (connect); docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import shown_of
from troth.api.joining_forms import sheet_shown
from troth.errors import BadJson
from troth.journeys.gateways import Gateways
from troth.names import check_slug

__all__ = ["GatewayForm", "gateway_routes"]


class GatewayForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which gateway may speak for a thing, by its short name; none if absent. `sheet`: digest of what was shown."""

    gateway: str | None = None
    sheet: str | None = None


def gateway_routes(gateways: Gateways, *, callers: Callers) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    door = _Door(gateways, callers)
    return [resource("/api/things/{slug}/gateway", {"POST": callers.operated(door.said)})]


class _Door:
    def __init__(self, gateways: Gateways, callers: Callers) -> None:
        self._gateways = gateways
        self._callers = callers

    async def said(self, request: Request) -> Response:
        asked, slug = await form(request, GatewayForm), check_slug(request.path_params["slug"])
        digest, standing = shown_of(asked.sheet), self._callers.known(request).standing
        if asked.gateway is None:
            if digest is not None:
                raise BadJson("a sheet confirms a gateway, and none is named")
            await self._gateways.end(slug)
            return created(Done(slug))
        gateway = check_slug(asked.gateway)
        if digest is None:
            return shown(sheet_shown(self._gateways.look(slug, gateway, standing=standing)))
        await self._gateways.name(slug, gateway, shown=digest, standing=standing)
        return created(Done(slug))
