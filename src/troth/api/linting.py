"""The JSON interface of looking at a disclosure before it is said. The operator's; nothing is said by it.

Source: docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, form, resource, shown
from troth.api.forms import DisclosureForm
from troth.journeys.lint import Finding, Lint

__all__ = ["FindingsShown", "linting_routes"]


class FindingsShown(msgspec.Struct, frozen=True):
    """What would be refused, and what people would miss."""

    findings: tuple[Finding, ...]


def linting_routes(lint: Lint, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def look(request: Request) -> Response:
        return shown(FindingsShown(lint.look((await form(request, DisclosureForm)).body())))

    return [resource("/api/disclosures/look", {"POST": callers.operated(look)})]
