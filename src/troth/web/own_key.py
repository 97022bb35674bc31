"""The pages of the key that signs what a person says: who keeps it, opening it, and a passkey beside a yes.

Rules
- Keeping one's own key works without scripts; what a passkey signs needs the script, as everywhere.
- A no is one press wherever it stands. A yes that needs a key or a passkey has a page of its own, with the text once more.
- A phrase is never put back into a page; a recovery code is shown once, in the answer to what made it.

Source: record.md, "Personal ledgers" (custody is shown on every page); people.md, "Rules"; docs/decisions/0060.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import Busy, Malformed, NotFound, Refused, TrothError, WrongToken
from troth.gate.question import Asker
from troth.journeys.beside import WAIT_S, thumbprint
from troth.journeys.book import OwnStatement
from troth.journeys.offers import Offer
from troth.journeys.open_keys import OPEN_S
from troth.journeys.own_key import BACK_S
from troth.journeys.passwords import LENGTH_MAX
from troth.journeys.wrapping import PHRASE_MIN
from troth.names import PersonId, PurposeId, StatementId
from troth.statements.choice import Decision
from troth.verify.file import CONTENT_TYPE, SUFFIX
from troth.web.deployment import Deployment
from troth.web.forms import fields_of, number_of
from troth.web.sessions import COOKIES, Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell
from troth.web.ways import address_of
from troth.wire.held import HeldResponse

__all__ = ["KeyPages"]

SAID_SHOWN: Final = 30
_KINDS: Final = {
    "choice": "An answer",
    "objection": "Objecting",
    "restriction": "Private mode",
    "place-rule": "Where mine may not go",
    "departure": "Leaving a home",
    "share": "Sharing",
}
_CUSTODY: Final = "Who keeps my key, as this place says it"
_OF_ANOTHER: Final = {"departure": "Removing somebody from a home"}  # of a child it is said behind the words
_DECISIONS: Final = {"give": "Yes", "refuse": "No", "withdraw": "No, taken back"}
_ENDED: Final = "your visit here has ended"


class KeyPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/mine/key", "GET", self.look),
            ("/mine/key", "POST", self.change),
            ("/mine/key/passkeys", "POST", self.passkeys),
            ("/mine/key/said", "POST", self.said),
            ("/mine/said/{statement}.troth-proof", "GET", self.proof),
            ("/mine/yes", "GET", self.yes),
            ("/mine/yes", "POST", self.say_yes),
        ]

    async def look(self, request: Request) -> Response:
        """Who keeps the key, and what was said with it."""
        return await self._page(request)

    async def change(self, request: Request) -> Response:
        """Make, open, close, wrap anew, give back, or stop what is to come."""
        _, form, session = await self._own(request)
        phrase, secret, code = form.get("phrase", ""), form.get("secret", ""), None
        keys = self._at.own_keys
        try:
            match form.get("do"):
                case "make" | "again" if phrase != form.get("twice", ""):
                    raise Refused("the two phrases are not the same")
                case "make":
                    code = await keys.make(session, phrase)
                case "again":
                    code = await keys.wrap_anew(session, secret, phrase, address=address_of(request))
                case "open":
                    await keys.open(session, secret, address=address_of(request))
                case "close":
                    keys.close(session)
                case "back":
                    await keys.give_back(session)
                case "stop":
                    await keys.stop(session)
                case _:
                    raise Malformed("there is no such button")
        except (Refused, Busy) as problem:
            return await self._page(request, problem=problem)
        if code is not None:
            return await self._page(request, code=code)
        if form.get("do") == "open" and form.get("stream"):
            back = urlencode({"stream": number_of(form["stream"]), "purpose": form.get("purpose", "")})
            return RedirectResponse(f"/mine/yes?{back}", status_code=303, headers=HEADERS)
        back = "/mine/waiting" if form.get("do") == "open" and form.get("then") == "waiting" else "/mine/key"
        return RedirectResponse(back, status_code=303, headers=HEADERS)

    async def passkeys(self, request: Request) -> Response:
        """From now on a passkey beside each yes, or none any more."""
        viewer, form, _ = await self._own(request)
        person = _person(viewer)
        if form.get("do") == "later":
            await self._at.beside.state_later(person)
        elif form.get("do") == "begin":
            wanted = [] if form.get("want") == "none" else list(self._at.beside.usable(person))
            return _asked(self._at.beside.begin_stating(person, wanted, visit=viewer.visit))
        else:
            await self._at.beside.finish(person, form.get("answer", "").encode(), visit=viewer.visit)
        return RedirectResponse("/mine/key", status_code=303, headers=HEADERS)

    async def said(self, request: Request) -> Response:
        """A passkey's word beside something that counts already."""
        viewer, form, _ = await self._own(request)
        person = _person(viewer)
        if form.get("do") == "begin":
            statement = _statement(form.get("statement", ""))
            return _asked(self._at.beside.begin_about(person, statement, visit=viewer.visit))
        await self._at.beside.finish(person, form.get("answer", "").encode(), visit=viewer.visit)
        return RedirectResponse("/mine/key#said", status_code=303, headers=HEADERS)

    async def proof(self, request: Request) -> Response:
        """The proof of something that speaks of the person, as a file."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        statement = _statement(str(request.path_params["statement"]))
        data = await self._at.book.statement_proof(viewer.person_asker, statement)
        headers = dict(HEADERS) | {"content-disposition": f'attachment; filename="said-{statement.hex()[:16]}{SUFFIX}"'}
        holds = partial(self._at.book.holds, viewer.person_asker)
        return HeldResponse(data, holds=holds, headers=headers | {"content-type": CONTENT_TYPE})

    async def yes(self, request: Request) -> Response:
        """One yes that needs a key or a passkey, with what is told once more."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        offer = self._offer(viewer, request.query_params)
        standing = self._at.own_keys.standing(request.cookies[COOKIES["person"]])
        values = {
            "viewer": viewer,
            "offer": offer,
            "keys": standing,
            "host": self._at.passkeys.host,
            "url": self._at.url,
        }
        return self._shell.show(request, "yes.html", values | {"wait_s": WAIT_S})

    async def say_yes(self, request: Request) -> Response:
        """Say it: begin asks the passkey, the answer makes it count."""
        viewer, form, _ = await self._own(request)
        person = _person(viewer)
        if form.get("do") != "begin":
            await self._at.beside.finish(person, form.get("answer", "").encode(), visit=viewer.visit)
            return RedirectResponse("/mine", status_code=303, headers=HEADERS)
        offer = self._offer(viewer, form)
        try:
            notice = bytes.fromhex(form.get("notice", ""))
        except ValueError as cause:
            raise Malformed("a choice names the digest of what was shown") from cause
        body = self._at.choose.meant(
            person,
            Decision.GIVE,
            purpose=offer.purpose.purpose,
            stream=offer.stream.stream,
            notice=notice,
            made_by="passkey",
        )
        return _asked(self._at.beside.begin_choice(body, visit=viewer.visit))

    async def _page(self, request: Request, *, problem: TrothError | None = None, code: str | None = None) -> Response:
        viewer = viewer_of(request.cookies, self._at.recognise)
        if viewer.person is None or viewer.person_asker is None:
            return self._shell.show(request, "key.html", {"viewer": viewer, "keys": None})
        standing = self._at.own_keys.standing(request.cookies[COOKIES["person"]])
        usable = self._at.beside.usable(viewer.person)
        values = {
            "viewer": viewer,
            "keys": standing,
            "problem": problem,
            "code": code,
            "usable": {thumbprint(key): each.name for key, each in usable.items()},
            "stated": [(thumbprint(key), usable[key].name if key in usable else "") for key in standing.passkeys],
            "said": await self._said(viewer.person_asker),
            "waiting": {each.hex() for each in await self._at.book.waiting(viewer.person_asker)},
            "phrase_min": PHRASE_MIN,
            "phrase_max": LENGTH_MAX,
            "open_minutes": OPEN_S // 60,
            "back_days": BACK_S // 86_400,
            "host": self._at.passkeys.host,
            "url": self._at.url,
        }
        return self._shell.show(request, "key.html", values, status=200 if problem is None else 400)

    async def _said(self, asker: Asker) -> list[Mapping[str, object]]:
        """What the person said last, newest first, with whether a passkey's word stands beside it; and who keeps their key.

        What somebody else said of them, who removed them or answers for them, is not theirs.
        """
        _, own = await self._at.book.statements(asker)
        last = [each for each in own if (each.yours and each.kind in _KINDS) or each.kind == "custody"][-SAID_SHOWN:]
        return [
            {
                "id": each.statement.hex(),
                "what": _what(each),
                "at_s": each.issued_at_s,
                "beside": each.beside,
            }
            for each in reversed(last)
        ]

    async def _own(self, request: Request) -> tuple[Viewer, Mapping[str, str], str]:
        """Viewer, form and session of a change."""
        viewer = viewer_of(request.cookies, self._at.recognise)
        form = await fields_of(request)
        check_form(form.get("key", ""), viewer, role="person")
        return viewer, form, request.cookies.get(COOKIES["person"], "")

    def _offer(self, viewer: Viewer, asked: Mapping[str, str]) -> Offer:
        number, purpose = number_of(asked.get("stream", "")), PurposeId(asked.get("purpose", ""))
        offers = () if viewer.person is None else self._at.choose.offers.of_stream(viewer.person, number)
        offer = next((each for each in offers if each.purpose.purpose == purpose), None)
        if offer is None:
            raise NotFound("there is no such choice for this person")
        return offer


def _what(said: OwnStatement) -> str:
    """What a statement says, in few words."""
    if said.kind not in _KINDS:
        return _CUSTODY
    if said.of_another and said.kind in _OF_ANOTHER:
        return _OF_ANOTHER[said.kind]
    words = _KINDS[said.kind] if said.decision is None else _DECISIONS[said.decision]
    return f"{words}, for a child" if said.of_another else words


def _person(viewer: Viewer) -> PersonId:
    if viewer.person is None:
        raise WrongToken(_ENDED, hint="Sign in, or open a link that you were given.")
    return viewer.person


def _statement(text: str) -> StatementId:
    try:
        return StatementId(bytes.fromhex(text))
    except ValueError as cause:
        raise NotFound("there is no such statement about this person") from cause


def _asked(options: bytes) -> Response:
    return Response(options, headers=HEADERS | {"content-type": "application/json"})
