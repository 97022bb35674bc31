"""The page of figures over several homes that are for anybody: what is given, what is withheld, and why that can be.

Source: people.md, "Rules"; docs/reference/small-groups.md.
"""

from starlette.requests import Request
from starlette.responses import Response

from troth.web.deployment import Deployment
from troth.web.shell import Page, Shell
from troth.web.whole import Values, whole

__all__ = ["FigurePages"]


class FigurePages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [("/figures", "GET", self.figures)]

    async def figures(self, request: Request) -> Response:
        """What homes show together, for whoever looks."""

        async def gather() -> Values:
            return {"figures": await self._at.figures.shown()}

        return self._shell.show(request, "figures.html", await whole(gather))
