"""The page of a recipient: what it may read and owes, what it is to erase, what is said to be wrong, and asking people.

Rules
- It is the recipient's own, in a session of its screen: one party, app and purpose.
- Answering an order is one press; what is kept says what, why, and what allows it.

Source: people.md (operate/recipient); Data Act, Articles 5 and 6; GDPR Articles 17 and 19.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, Malformed, NotFound
from troth.gate.question import Asker
from troth.journeys.accounts import token_digest
from troth.journeys.recipient import Wish
from troth.names import CorrectionId, OrderId, check_uri, parse_id, print_correction, print_order, print_share
from troth.statements.erase_order import Answered
from troth.things.variants import Variant
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import COOKIES, check_form, viewer_of
from troth.web.sharing import VIEWS
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["RecipientPages"]

_NOBODY = "there is no such order for this party"


class RecipientPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/operate/recipient", "GET", self.look),
            ("/operate/recipient", "POST", self.change),
        ]

    async def look(self, request: Request) -> Response:
        """What it may read, owes and has asked."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        asker = viewer.recipient
        values = {
            "viewer": viewer,
            "page": None if asker is None else await self._at.recipient.page(asker),
            "orders": () if asker is None else self._at.orders.of_party(asker),
            "corrections": () if asker is None else self._at.correct.of_party(asker),
            "correction_id": print_correction,
            "products": self._at.recipient.products(),
            "offered_views": VIEWS,
            "order_id": print_order,
            "share_id": print_share,
        }
        return self._shell.show(request, "recipient.html", values)

    async def change(self, request: Request) -> Response:
        """Answer an order, confirm a correction, or ask people."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role="recipient")
        if viewer.recipient is None:
            raise NotFound(_NOBODY)
        if form.get("do") == "ask":
            await self._ask(viewer.recipient, form)
        elif form.get("do") == "confirm":
            await self._confirm(viewer.recipient, form, token=_token(request))
        else:
            await self._answer(viewer.recipient, form, token=_token(request))
        return RedirectResponse("/operate/recipient", status_code=303, headers=HEADERS)

    async def _ask(self, asker: Asker, form: dict[str, str]) -> None:
        product, _, stream = form.get("what", "").partition(" ")
        view, days = Variant.named(form.get("view", "")), form.get("days", "")
        if view is None or not (days.isascii() and days.isdigit()) or len(days) > 4:
            raise Malformed("a request names how much is seen, and for how many days")
        wish = Wish(check_uri(product), (stream,), view, int(days), form.get("words", ""))
        await self._at.recipient.ask(asker, wish)

    async def _confirm(self, asker: Asker, form: dict[str, str], *, token: bytes) -> None:
        try:
            correction = CorrectionId(parse_id("co", form.get("correction", "")))
        except BadName as cause:
            raise NotFound("there is no such correction for this party") from cause
        await self._at.correct.confirm(asker, correction, token=token)

    async def _answer(self, asker: Asker, form: dict[str, str], *, token: bytes) -> None:
        try:
            order, answered = OrderId(parse_id("eo", form.get("order", ""))), Answered(form.get("answered", ""))
        except BadName as cause:
            raise NotFound(_NOBODY) from cause
        except ValueError as cause:
            raise Malformed("an order is answered with erased or kept") from cause
        kept = answered is Answered.KEPT
        await self._at.orders.answer(
            asker,
            order,
            answered,
            token=token,
            words=form.get("words") or None if kept else None,
            citation=form.get("citation") or None if kept else None,
        )


def _token(request: Request) -> bytes:
    return token_digest(request.cookies.get(COOKIES["recipient"], ""))
