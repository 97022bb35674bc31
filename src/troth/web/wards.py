"""The page of what a guardian does for a child beside choosing: private mode, places, everything about it, erasing.

Rules
- What follows stands there before it is pressed; each ends as it began, with one press.
- Nothing of what others said for the child, and nothing of its book, is shown.

Source: people.md, "Rules" and "Accounts"; docs/decisions/0077.
"""

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, Busy, Conflict, Malformed, NotFound, TrothError
from troth.journeys.privately import private_named
from troth.journeys.wards import child_asker
from troth.names import PersonId, parse_id, print_household, print_person
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.places import codes_in, no_place, rule_name
from troth.web.private import wanted_in
from troth.web.problems import problem_page
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.wire.zones import here

__all__ = ["WardPages"]

_NOBODY = "there is no such child of this person"


class WardPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/children/{child}", "GET", self.look),
            ("/mine/children/{child}", "POST", self.say),
            ("/mine/children/{child}/everything-about-a-child.zip", "GET", self.archive),
        ]

    async def look(self, request: Request) -> Response:
        """What the viewer does for a child; with `within` or `not_under` in the address also what such a rule would stop."""
        viewer, guardian, child = self._who(request)
        ward = self._at.wards.look(guardian, child)
        asked = request.query_params
        within, not_under = codes_in(asked.get("within", "")), codes_in(asked.get("not_under", ""))
        foreseen, problem = None, no_place((*within, *not_under))
        if (within or not_under) and problem is None:
            try:
                body = self._at.wards.meant(guardian, child, within=within, not_under=not_under)
                foreseen = await self._at.foresee.changes(child, KindName.PLACE_RULE, body)
            except TrothError as error:
                problem = problem_page(error)
        values = {
            "viewer": viewer,
            "ward": ward,
            "here": f"/mine/children/{print_person(child)}",
            "seen": self._at.wards.taken(guardian, child),
            "within": " ".join(within),
            "not_under": " ".join(not_under),
            "foreseen": foreseen,
            "problem": problem,
            "home_id": print_household,
            "rule_name": rule_name,
            "zone": here(),
        }
        return self._shell.show(request, "child.html", values, status=200 if problem is None else 400)

    async def say(self, request: Request) -> Response:
        """Do one of these; in effect when the page comes back."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        viewer, guardian, child = self._who(request)
        back = f"/mine/children/{print_person(child)}"
        if await self._done(form, guardian, child, visit=viewer.visit):
            back = "/mine/children"  # they are erased
        return RedirectResponse(back, status_code=303, headers=HEADERS)

    async def archive(self, request: Request) -> Response:
        """Everything about a child, or a part of it."""
        viewer, guardian, child = self._who(request)
        self._at.wards.taken(guardian, child)
        return self._at.archive(request, child_asker(child), still=viewer.holds, by=guardian)

    async def _done(self, form: Mapping[str, str], guardian: PersonId, child: PersonId, *, visit: bytes) -> bool:
        """Do what a form says; gives whether the child is erased."""
        wards = self._at.wards
        try:
            match form.get("do"):
                case "private":
                    await wards.private(guardian, child, wanted_in(form, self._at), visit=visit)
                case "private-end":
                    name = private_named(form.get("restriction", ""))
                    await wards.private_no_more(guardian, child, name, visit=visit)
                case "rule":
                    within, not_under = codes_in(form.get("within", "")), codes_in(form.get("not_under", ""))
                    await wards.rule(guardian, child, within=within, not_under=not_under, visit=visit)
                case "rule-end":
                    await wards.rule_no_more(guardian, child, parse_id("pr", form.get("rule", "")), visit=visit)
                case "take":
                    await self._take(guardian, child, visit)
                case "leave":
                    wards.leave_behind(guardian, child)
                case "erase":
                    digest = bytes.fromhex(form.get("digest", ""))
                    return (await wards.erase(guardian, child, digest, visit=visit))[1]
                case "no":
                    await wards.says(child, form.get("wish", ""), Decision.REFUSE, by=guardian, visit=visit)
                case _:
                    raise Malformed("this page does nothing of that name")
        except ValueError as cause:
            raise Malformed("what is confirmed is named as the page names it") from cause
        return False

    async def _take(self, guardian: PersonId, child: PersonId, visit: bytes) -> None:
        fill = partial(self._at.of_child, child_asker(child), child, by=guardian)
        try:
            await self._at.wards.take_along(guardian, child, fill, visit=visit)
        except (Conflict, Busy):
            return  # it is being made already, or others are: the page says so, and it can be asked for again

    def _who(self, request: Request) -> tuple[Viewer, PersonId, PersonId]:
        """Whoever looks, and the child."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        try:
            child = PersonId(parse_id("pe", request.path_params["child"]))
        except BadName as cause:
            raise NotFound(_NOBODY) from cause
        if viewer.person is None:
            raise NotFound(_NOBODY)
        return viewer, viewer.person, child
