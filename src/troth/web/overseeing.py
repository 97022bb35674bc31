"""Pages of whoever runs the place: contacts that lapse, orders to erase and how they stand, what is allowed without asking.

Rules
- What waits for somebody stands first. Saying that a contact was reached, and that a ground still holds, is one form beside it.
- An order says nothing of whose data it is about: streams are named by their numbers, as its recipient sees them.
- Of orders ORDERS_MAX are shown; how many there are is said.

Source: people.md, "Rules" (every fact has its switch beside it); docs/decisions/0050, 0064, 0071.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, BadTime, Conflict, NotFound, Refused, TrothError
from troth.journeys.erase_orders import OrderState
from troth.names import GroundId, check_slug, check_uri, parse_id, print_order
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.grounds import ORDERED_MAX
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.local_times import parse_local, zone_of
from troth.wire.zones import here

__all__ = ["ORDERS_MAX", "Overseeing"]

ORDERS_MAX: Final = 100
_WAITS: Final = (OrderState.SILENT, OrderState.REMINDED, OrderState.OPEN, OrderState.KEPT, OrderState.ERASED)


class Overseeing:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/operate/contacts", "GET", self.contacts),
            ("/operate/contacts", "POST", self.reached),
            ("/operate/orders", "GET", self.orders),
            ("/operate/grounds", "GET", self.grounds),
            ("/operate/grounds", "POST", self.review),
            ("/operate/contracts", "POST", self.contract),
        ]

    async def contacts(self, request: Request) -> Response:
        """Who has to be reached again, and until when the others count as reached."""
        return self._contacts(request, viewer_of(request.cookies, self._at.recognise))

    async def reached(self, request: Request) -> Response:
        """Somebody was reached."""
        viewer, form = await self._form(request)
        try:
            await self._at.contacts.reached(
                check_uri(form.get("organisation", "")), until_ns=_day(form.get("until", ""))
            )
        except (Refused, NotFound, BadName, BadTime) as problem:
            return self._contacts(request, viewer, problem)
        return _back("/operate/contacts")

    async def orders(self, request: Request) -> Response:
        """Orders to erase, those that nobody has answered first."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        if not viewer.operator:
            return self._closed(request, viewer)
        found = sorted(self._at.orders.every(), key=lambda each: _WAITS.index(each.state))
        values = {
            "viewer": viewer,
            "orders": found[:ORDERS_MAX],
            "known": len(found),
            "silent": sum(each.state is OrderState.SILENT for each in found),
            "order_id": print_order,
        }
        return self._shell.show(request, "orders.html", values)

    async def grounds(self, request: Request) -> Response:
        """What is allowed without asking, what has to be looked at again first."""
        return await self._grounds(request, viewer_of(request.cookies, self._at.recognise))

    async def review(self, request: Request) -> Response:
        """It was looked at, and still holds."""
        viewer, form = await self._form(request)
        try:
            assertion = GroundId(parse_id("gr", form.get("ground", "")))
            await self._at.grounds.look_again(assertion, review_ns=_day(form.get("until", "")))
        except (Refused, NotFound, Conflict, BadName, BadTime) as problem:
            return await self._grounds(request, viewer, problem)
        return _back("/operate/grounds")

    async def contract(self, request: Request) -> Response:
        """The contract of a stream was looked at, and still holds."""
        viewer, form = await self._form(request)
        try:
            slug, next_ns = check_slug(form.get("thing", "")), _day(form.get("until", ""))
            await self._at.alter.contract_stands(slug, form.get("stream", ""), review_ns=next_ns)
        except (Refused, NotFound, Conflict, BadName, BadTime) as problem:
            return await self._grounds(request, viewer, problem)
        return _back("/operate/grounds")

    def _contacts(self, request: Request, viewer: Viewer, problem: TrothError | None = None) -> Response:
        if not viewer.operator:
            return self._closed(request, viewer)
        values = {
            "viewer": viewer,
            "due": self._at.contacts.due(),
            "others": self._at.contacts.others(),
            "problem": problem,
        }
        return self._shell.show(request, "contacts.html", values, status=200 if problem is None else 400)

    async def _grounds(self, request: Request, viewer: Viewer, problem: TrothError | None = None) -> Response:
        if not viewer.operator:
            return self._closed(request, viewer)
        every = self._at.grounds.all()
        due = {each.body.assertion for each in self._at.grounds.due()}
        values = {
            "viewer": viewer,
            "grounds": sorted(every, key=lambda each: (each.body.assertion not in due, each.standing == "ended")),
            "due": due,
            "ordered": await self._at.contracts.every(limit=ORDERED_MAX),
            "products": self._at.grounds.products(),
            "problem": problem,
        }
        return self._shell.show(request, "asserted.html", values, status=200 if problem is None else 400)

    def _closed(self, request: Request, viewer: Viewer) -> Response:
        return self._shell.show(request, "operate.html", {"viewer": viewer, "page": None})

    async def _form(self, request: Request) -> tuple[Viewer, dict[str, str]]:
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role="operator")
        return viewer, form


def _day(text: str) -> int:
    """The beginning of a day here, ns UTC; BadTime where it is none."""
    return parse_local(f"{text}T00:00", zone_of(here()))


def _back(path: str) -> Response:
    return RedirectResponse(path, status_code=303, headers=HEADERS)
