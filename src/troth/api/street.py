"""A demonstration presents its person and its recipient, so that the first page can print their one-time links.

Source: people.md, "The first minute". Operator only; nothing of it is durable.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource
from troth.journeys.street import Street
from troth.names import PersonId, PurposeId, check_uri, parse_id

__all__ = ["StreetForm", "street_routes"]


class StreetForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is presented: a person in printed form, and a recipient's party, app and purpose."""

    person: str
    party: str
    app: str
    purpose: str


def street_routes(street: Street, *, callers: Callers) -> list[Route]:
    """The one route of this module."""

    async def present(request: Request) -> Response:
        said = await form(request, StreetForm)
        await street.present(
            PersonId(parse_id("pe", said.person)),
            party=check_uri(said.party),
            app=said.app,
            purpose=PurposeId(check_uri(said.purpose)),
        )
        return created(Done(said.person))

    return [resource("/api/street", {"POST": callers.operated(present)})]
