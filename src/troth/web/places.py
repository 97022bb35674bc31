"""The pages about places: where data are kept and go, for everybody; and where one's own may not go.

Rules
- What is shown is in force now; nothing of it is written by hand for the page.
- What a rule would stop is shown before it is made; making and ending it take the same one press.

Source: people.md, "Rules"; mission.md (S15 to S17, F5).
"""

import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import BadName, Malformed, NotFound, Refused, TrothError
from troth.journeys.places import TOLD_FROM
from troth.names import PersonId, parse_id, print_id
from troth.statements.kinds import KindName
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.site import check_codes
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.problems import ProblemPage, problem_page
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["PlacesPages", "codes_in", "no_place", "rule_name"]

_CODES: Final = re.compile(r"[\s,;]+")
_TEXT_MAX: Final = 200


class PlacesPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/where", "GET", self.where),
            ("/mine/where", "GET", self.mine_where),
            ("/mine/places", "GET", self.mine),
            ("/mine/places", "POST", self.rule),
            ("/mine/places/end", "POST", self.end),
        ]

    async def where(self, request: Request) -> Response:
        """Where data are, for everybody."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        values = {"viewer": viewer, "where": self._at.places.where(), "own": False, "told_from": TOLD_FROM}
        return self._shell.show(request, "where.html", values)

    async def mine_where(self, request: Request) -> Response:
        """Where what is of one's own homes is, and goes."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        values = {"viewer": viewer, "where": self._at.places.where_of(_person(viewer)), "own": True}
        return self._shell.show(request, "where.html", values)

    async def mine(self, request: Request) -> Response:
        """One's own rules; with `within` or `not_under` in the address also what such a rule would stop, before it is made."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        person = _person(viewer)
        asked = request.query_params
        within, not_under = codes_in(asked.get("within", "")), codes_in(asked.get("not_under", ""))
        foreseen, problem = None, no_place((*within, *not_under))
        if (within or not_under) and problem is None:
            try:
                body = self._at.places.meant(person, within=within, not_under=not_under, made_by="session")
                foreseen = await self._at.foresee.changes(person, KindName.PLACE_RULE, body)
            except TrothError as error:
                problem = problem_page(error)
        values = {
            "viewer": viewer,
            "rules": self._at.places.rules(person),
            "for_me": self._at.places.rules_for(person),
            "name_of": rule_name,
            "within": " ".join(within),
            "not_under": " ".join(not_under),
            "foreseen": foreseen,
            "problem": problem,
        }
        return self._shell.show(request, "places.html", values, status=200 if problem is None else 400)

    async def rule(self, request: Request) -> Response:
        """Make the rule that was shown."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        within, not_under = codes_in(form.get("within", "")), codes_in(form.get("not_under", ""))
        body = self._at.places.meant(_person(viewer), within=within, not_under=not_under, made_by="session")
        await self._at.places.count(body, visit=viewer.visit)
        return RedirectResponse("/mine/places#rules", status_code=303, headers=HEADERS)

    async def end(self, request: Request) -> Response:
        """End one."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        try:
            rule = parse_id("pr", form.get("rule", ""))
        except BadName as cause:
            raise Malformed("a rule is named as the page names it") from cause
        await self._at.places.end(_person(viewer), rule, visit=viewer.visit)
        return RedirectResponse("/mine/places#rules", status_code=303, headers=HEADERS)


def _person(viewer: Viewer) -> PersonId:
    if viewer.person is None:
        raise NotFound("there is no such home here")
    return viewer.person


def codes_in(text: str) -> tuple[str, ...]:
    """Codes as people write them: in any case, with commas or spaces between."""
    return tuple(dict.fromkeys(each.upper() for each in _CODES.split(text[:_TEXT_MAX]) if each))


def no_place(codes: Sequence[str]) -> ProblemPage | None:
    """What a page says where one of these codes is that of no place; None where each is a place's."""
    try:
        check_codes(codes)
    except Refused as error:
        return problem_page(error, title="This is no place that is known here")
    return None


def rule_name(rule: PlaceRuleBody) -> str:
    """As a form names it."""
    return print_id("pr", rule.rule)
