"""The JSON interface by which many things join in one request, each row by itself.

Rules
- Everything here is the operator's. A row that is wrong is answered with its column and reason and holds no other up.
- Tokens are answered once, in the answer to the request that made them, and never logged.

Source: things.md, "A thing joins"; docs/reference/api.md.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource
from troth.api.many_forms import ManyForm, ManyShown, Renewals, RenewedShown, RenewForm, fault_shown, row_shown
from troth.journeys.inherit import TypedThing
from troth.journeys.join_many import JoinMany, Renewed, RowFault
from troth.names import check_slug

__all__ = ["many_routes"]


def many_routes(many: JoinMany, *, callers: Callers) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    joining = _Many(many, callers)
    return [
        resource("/api/things/many", {"POST": callers.operated(joining.join)}),
        resource("/api/things/claims", {"POST": callers.operated(joining.renew)}),
    ]


class _Many:
    def __init__(self, many: JoinMany, callers: Callers) -> None:
        self._callers = callers
        self._many = many

    async def join(self, request: Request) -> Response:
        asked = await form(request, ManyForm)
        read = [each.typed() for each in asked.rows]
        rows = [each for each in read if isinstance(each, TypedThing)]
        work = self._many.check if asked.check else self._many.join
        became = iter(await work(rows, standing=self._callers.known(request).standing))
        shown = (each if isinstance(each, RowFault) else next(became) for each in read)
        return created(ManyShown(tuple(map(row_shown, shown))))

    async def renew(self, request: Request) -> Response:
        slugs = [check_slug(each) for each in (await form(request, RenewForm)).slugs]
        return created(
            Renewals(
                tuple(
                    RenewedShown(each.slug, each.claim)
                    if isinstance(each, Renewed)
                    else RenewedShown(slug, fault=fault_shown(each.column, each.error))
                    for slug, each in zip(slugs, await self._many.renew(slugs), strict=True)
                )
            )
        )
