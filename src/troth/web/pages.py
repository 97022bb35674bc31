"""The pages of living together: the street, my home, a recipient's screen, a thing, running things, and coming in.

Rules
- Everything works by links and forms; the one script only makes it quicker.
- Refusing takes the same one press as agreeing, and the page then says since when it holds.
- A page asks journeys as its viewer and shows what they give.

Source: people.md. Checking (why, proofs, the log) stands in `checking`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from troth.errors import BadName, BadPath, Malformed, NotFound, WrongToken
from troth.gate.question import Asker
from troth.journeys.contracts import OrderedStream
from troth.journeys.custody import KeyStanding
from troth.journeys.explain import Detail, Home, Screen
from troth.journeys.object import Objectable
from troth.journeys.offers import Offer
from troth.journeys.oversee import Only
from troth.journeys.recognise import Use
from troth.journeys.street import StreetLinks
from troth.names import PersonId, PurposeId, StreamId, check_slug, print_sign
from troth.statements.choice import Decision
from troth.web.book import Reader
from troth.web.bringing import BringingPages
from troth.web.checking import Checking
from troth.web.children import ChildrenPages
from troth.web.deployment import Deployment
from troth.web.desks import DeskPages
from troth.web.erasing import Erasing
from troth.web.exporting import ExportPages
from troth.web.figuring import FigurePages
from troth.web.foreseeing import Foreseeing
from troth.web.forms import back_to, fields_of, number_of
from troth.web.grounds import Grounded
from troth.web.home_things import HomeThingsPages
from troth.web.installer import InstallerPages
from troth.web.installers import InvitingPages
from troth.web.joining import JoiningPages
from troth.web.news import NewsPages
from troth.web.overseeing import Overseeing
from troth.web.own_key import KeyPages
from troth.web.parties import PartyPages
from troth.web.passkeys import PasskeyPages
from troth.web.places import PlacesPages
from troth.web.private import PrivatePages
from troth.web.receiving import RecipientPages
from troth.web.rights import RightsPages
from troth.web.rules import RulePages
from troth.web.sessions import COOKIES, Viewer, check_form, cookie_header, role_of, viewer_of
from troth.web.sharing import SharingPages
from troth.web.shell import HEADERS, Page, Shell, static_file
from troth.web.signs import SignPages
from troth.web.together import LivingTogether
from troth.web.waiting import WaitingPages
from troth.web.wards import WardPages
from troth.web.ways import HOMES, Ways
from troth.web.whole import Values, whole
from troth.wire.browsers import browser_of

__all__ = ["ROWS_A_PAGE", "page_routes"]

ROWS_A_PAGE: Final = 50  # things of one page of the operator
_TEXT_MAX: Final = 100


class Pages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell
        # How long the last choice took, for the page that follows it. Not truth: gone after a restart.
        self._effects: dict[tuple[PersonId, StreamId, PurposeId], int] = {}

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/", "GET", self.street),
            ("/enter/{token}", "GET", self.door),
            ("/enter", "POST", self.enter),
            ("/leave", "POST", self.leave),
            ("/mine", "GET", self.mine),
            ("/screen", "GET", self.screen),
            ("/choose", "POST", self.choose),
            ("/things/{slug}", "GET", self.thing),
            ("/operate", "GET", self.operate),
            ("/static/{name}", "GET", self.static),
        ]

    async def street(self, request: Request) -> Response:
        """The first page: the street, two cards where a demonstration presents them, three doors."""
        viewer = self._viewer(request)
        links = await self._at.street.links()
        top = _top(request)
        only = None if links is None else self._featured(viewer, links)

        async def gather() -> Values:
            home = None if links is None else await self._home(viewer, top=top, only=only)
            screen = None if links is None else await self._screen(viewer, top=top, only=only)
            street, more = await self._at.explain.street()
            return {"home": home, "screen": screen, "street": street, "more": more}

        values = {
            "viewer": viewer,
            "links": links,
            "homes": self._at.explain.homes() if links is not None else (),
            "signs": self._at.signs.shown_today() if links is not None else (),
            "together": self._at.figures.any,
            "sign_id": print_sign,
            "effect": self._effect(viewer),
            "opens": self._at.choose.offers.opens,
            "objectables": self._objectables(viewer),
            "ordered": self._ordered(viewer),
            "curves": top == Detail.CURVE,
            "keys": self._keys(request, viewer),
        }
        return self._shell.show(request, "street.html", await whole(gather) | values)

    async def door(self, request: Request) -> Response:
        """A one-time link: nothing is spent before the visitor presses, so a link preview spends nothing."""
        return self._shell.show(request, "enter.html", {"token": str(request.path_params["token"])})

    async def enter(self, request: Request) -> Response:
        """Spend one invitation, or the two of the first page, for sessions; a session that is replaced ends."""
        form = await fields_of(request)
        tokens = [form[name] for name in ("token", "also") if form.get(name)]
        gained: dict[str, str] = {}
        for token in tokens or [""]:
            try:
                session = await self._at.recognise.enter(token, browser=browser_of(request))
            except WrongToken:
                continue
            principal = self._at.recognise.token(session)
            gained["" if principal is None else role_of(principal)] = session
        if not gained:
            links = await self._at.street.links()
            return self._shell.show(request, "used.html", {"links": links}, status=410)
        default = HOMES.get(next(iter(gained)), "/operate")
        answer = RedirectResponse(back_to(form, default), status_code=303, headers=HEADERS)
        viewer = self._viewer(request)
        for role, session in gained.items():
            if viewer.has(role):
                await self._at.recognise.leave(request.cookies[COOKIES[role]])
            answer.headers.append("set-cookie", cookie_header(role, session, secure=self._secure))
        return answer

    async def leave(self, request: Request) -> Response:
        """End a session."""
        form = await fields_of(request)
        role = form.get("role", "")
        check_form(form.get("key", ""), self._viewer(request), role=role)
        await self._at.recognise.leave(request.cookies.get(COOKIES[role], ""))
        answer = RedirectResponse("/", status_code=303, headers=HEADERS)
        answer.headers.append("set-cookie", cookie_header(role, "", secure=self._secure))
        return answer

    async def mine(self, request: Request) -> Response:
        """A person's home."""
        viewer = self._viewer(request)
        top = _top(request)
        private = () if viewer.person is None else self._at.privately.homes(viewer.person)
        values = {
            "viewer": viewer,
            "effect": self._effect(viewer),
            "opens": self._at.choose.offers.opens,
            "links": await self._at.street.links(),
            "curves": top == Detail.CURVE,
            "keys": self._keys(request, viewer),
            "together": None if viewer.person is None else self._at.belong.together(viewer.person),
            "private": private,
            "children": viewer.person is not None and self._at.guard.concerns(viewer.person),
            "hushed": {stream for home in private for each in home.standing if each.now for stream in each.streams},
            "objectables": self._objectables(viewer),
            "ordered": self._ordered(viewer),
            "emergencies": () if viewer.person is None else self._at.emergencies.at_home(viewer.person),
            "news": () if viewer.person is None else self._at.news.recent(viewer.person),
        }

        async def gather() -> Values:
            return {"home": await self._home(viewer, top=top)}

        return self._shell.show(request, "mine.html", await whole(gather) | values)

    async def screen(self, request: Request) -> Response:
        """A recipient's screen."""
        viewer = self._viewer(request)
        top = _top(request)
        values = {"viewer": viewer, "links": await self._at.street.links(), "curves": top == Detail.CURVE}

        async def gather() -> Values:
            return {"screen": await self._screen(viewer, top=top)}

        return self._shell.show(request, "screen.html", await whole(gather) | values)

    async def choose(self, request: Request) -> Response:
        """Say yes or no; the page that follows is shown once it is in effect."""
        viewer = self._viewer(request)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        stream = self._at.stream_of(number_of(form.get("stream", "")))
        if viewer.person is None or stream is None:
            raise NotFound("there is no such choice for this person")
        purpose = PurposeId(form.get("purpose", ""))
        try:
            decision, notice = Decision(form.get("decision", "")), bytes.fromhex(form.get("notice", ""))
        except ValueError as cause:
            raise Malformed("a choice is give, refuse or withdraw, with the digest of what was shown") from cause
        said = await self._at.choose.say(
            viewer.person,
            decision,
            purpose=purpose,
            stream=stream,
            notice=notice,
            made_by="session",
            visit=viewer.visit,
        )
        self._effects[viewer.person, stream, purpose] = said.effect_ns
        return RedirectResponse(back_to(form, "/mine"), status_code=303, headers=HEADERS)

    async def thing(self, request: Request) -> Response:
        """What may be known of a thing."""
        try:
            slug = check_slug(str(request.path_params["slug"]))
        except BadName as cause:
            raise NotFound("there is no such thing here") from cause
        viewer = self._viewer(request)
        for role in ("", "person", "recipient"):
            asker = viewer.asker(role)
            if role and asker is None:
                continue

            async def gather(asker: Asker | None = asker) -> Values:
                facts = await self._at.explain.facts(slug, asker=asker)
                ordered = self._at.contracts.of_thing(facts.thing, None if asker is None else asker.person)
                return {"facts": facts, "ordered": ordered, "functions": self._at.functions.of_thing(facts.thing)}

            try:
                values = await whole(gather)
            except NotFound:
                continue
            return self._shell.show(request, "thing.html", values | {"role": role, "sign_at": self._at.signs.beside})
        raise NotFound("there is no such thing here")

    async def operate(self, request: Request) -> Response:
        """Things and their counts, for the operator; never what they say."""
        viewer = self._viewer(request)
        asked = request.query_params
        text, after, only = asked.get("text", "")[:_TEXT_MAX], asked.get("after", ""), Only.ALL
        with suppress(ValueError):
            only = Only(asked.get("only", only))
        page = None
        if viewer.operator:
            page = await self._at.things(text=text, only=only, after=after, limit=ROWS_A_PAGE)
        values = {
            "viewer": viewer,
            "page": page,
            "text": text,
            "only": only,
            "after": after,
            "rows_a_page": ROWS_A_PAGE,
            "due": self._at.grounds.due() if viewer.operator else (),
            "ordered": await self._at.contracts.every(limit=ROWS_A_PAGE) if viewer.operator else None,
            "contacts": self._at.contacts.due() if viewer.operator else (),
            "rules_wrong": await self._at.policies.wrong_now() if viewer.operator else (),
        }
        return self._shell.show(request, "operate.html", values)

    async def static(self, request: Request) -> Response:
        """A file that pages use."""
        found = static_file(request, str(request.path_params["name"]))
        if found is None:
            raise BadPath("there is no such file here")
        return found

    @property
    def _secure(self) -> bool:
        return self._at.url.startswith("https:")

    def _viewer(self, request: Request) -> Viewer:
        use = Use.BY_ITSELF if "live" in request.query_params else Use.MEANT
        return viewer_of(request.cookies, self._at.recognise, use=use)

    def _keys(self, request: Request, viewer: Viewer) -> KeyStanding | None:
        return None if viewer.person is None else self._at.own_keys.standing(request.cookies[COOKIES["person"]])

    def _objectables(self, viewer: Viewer) -> tuple[Objectable, ...]:
        return () if viewer.person is None else self._at.object.objectables(viewer.person)

    def _ordered(self, viewer: Viewer) -> dict[StreamId, OrderedStream]:
        """What the viewer's homes have ordered, by stream."""
        found = () if viewer.person is None else self._at.contracts.at_home(viewer.person)
        return {each.stream.stream: each for each in found}

    def _featured(self, viewer: Viewer, links: StreetLinks) -> int | None:
        """The stream that both cards show: the first one the person may choose about for what the recipient wants."""
        offers = () if viewer.person is None else self._at.choose.offers.all(viewer.person)
        return next((each.stream.number for each in offers if each.purpose.purpose == links.purpose), None)

    async def _home(self, viewer: Viewer, *, top: int, only: int | None = None) -> Home | None:
        return None if viewer.person is None else await self._at.explain.home(viewer.person, top=top, only=only)

    async def _screen(self, viewer: Viewer, *, top: int, only: int | None = None) -> Screen | None:
        return None if viewer.recipient is None else await self._at.explain.screen(viewer.recipient, top=top, only=only)

    def _effect(self, viewer: Viewer) -> Callable[[Offer], int | None]:
        def effect_ns(offer: Offer) -> int | None:
            if viewer.person is None:
                return None
            return self._effects.get((viewer.person, offer.stream.stream, offer.purpose.purpose))

        return effect_ns


def page_routes(deployment: Deployment, shell: Shell) -> list[Route]:
    """Routes of all pages."""
    pages = [
        *Pages(deployment, shell).routes(),
        *Reader(deployment, shell).routes(),
        *Checking(deployment, shell).routes(),
        *Erasing(deployment, shell).routes(),
        *ExportPages(deployment, shell).routes(),
        *RightsPages(deployment, shell).routes(),
        *JoiningPages(deployment, shell).routes(),
        *HomeThingsPages(deployment, shell).routes(),
        *InstallerPages(deployment, shell).routes(),
        *InvitingPages(deployment, shell).routes(),
        *PlacesPages(deployment, shell).routes(),
        *Foreseeing(deployment, shell).routes(),
        *Ways(deployment, shell).routes(),
        *PasskeyPages(deployment, shell).routes(),
        *KeyPages(deployment, shell).routes(),
        *DeskPages(deployment, shell).routes(),
        *PartyPages(deployment, shell).routes(),
        *PrivatePages(deployment, shell).routes(),
        *RulePages(deployment, shell).routes(),
        *SharingPages(deployment, shell).routes(),
        *BringingPages(deployment, shell).routes(),
        *RecipientPages(deployment, shell).routes(),
        *Overseeing(deployment, shell).routes(),
        *LivingTogether(deployment, shell).routes(),
        *Grounded(deployment, shell).routes(),
        *SignPages(deployment, shell).routes(),
        *ChildrenPages(deployment, shell).routes(),
        *WardPages(deployment, shell).routes(),
        *NewsPages(deployment, shell).routes(),
        *FigurePages(deployment, shell).routes(),
    ]
    waiting = WaitingPages(deployment, shell)
    pages += waiting.routes()
    by_path: dict[str, dict[str, Page]] = {}
    for path, method, page in pages:
        by_path.setdefault(path, {})[method] = page
    return [
        Route(path, shell.guard(waiting.asking(_by_method(found))), methods=list(found))
        for path, found in by_path.items()
    ]


def _by_method(found: Mapping[str, Page]) -> Page:
    """All pages of one path as one, so that a wrong method is told all right ones."""

    async def page(request: Request) -> Response:
        return await found["GET" if request.method == "HEAD" else request.method](request)

    return page


def _top(request: Request) -> int:
    """How much a page loads: the script looks for new values often, and for new curves now and then."""
    return Detail.NEWEST if request.query_params.get("live") == "values" else Detail.CURVE
