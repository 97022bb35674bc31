"""What every page shares: templates, headers, compression, and how an error becomes a page.

Rules
- No third-party request ever: a strict content security policy, no inline script or style. The headers stand on errors too.
- Pages that show somebody's data are not stored by anybody (`no-store`); files that pages use are named by their digest.
- A browser gets an error as a page in plain words, a program (no `text/html` in Accept) as a problem document.
- A form is taken only from this node's own pages.

Source: people.md, "Rules"; CSP level 3; W3C Fetch Metadata §2.3; RFC 9111 §5.2.2; RFC 9110 §12.5.3.
"""

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from importlib import resources
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import Response

from troth.clock import Clock
from troth.errors import TrothError, WrongToken
from troth.names import print_ground
from troth.things.retention import DAY_PERIODS_MAX
from troth.web import countries, saying, saying_sharing
from troth.web.drawing import HEIGHT, WIDTH, curve
from troth.web.icons import ICONS, icon
from troth.web.problems import problem_page
from troth.web.views_said import ViewWords
from troth.web.whole import holding
from troth.wire.held import HeldResponse
from troth.wire.problems import Reply, reply

__all__ = ["HEADERS", "Page", "Shell", "document", "static_file", "wants_page"]

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
_KINDS: Final = {
    "troth.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "passkeys.js": "text/javascript; charset=utf-8",
    "troth.svg": "image/svg+xml",
}
_FOREVER: Final = "public, max-age=31536000, immutable"

Page = Callable[[Request], Awaitable[Response]]


class Shell:
    """Renders templates and wraps pages. `short`: whether nothing new is kept, because the disk has too little room."""

    def __init__(self, clock: Clock, *, short: Callable[[], bool] = bool) -> None:
        self._clock = clock
        self._templates = Environment(
            loader=FunctionLoader(_source),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            ground_name=print_ground,
            say=saying,
            country=countries,
            curve=curve,
            box=(WIDTH, HEIGHT),
            icon=icon,
            icons=ICONS,
            static=static_url,
            views=ViewWords(),
            reaches=saying.REACH_WORDS,
            because=saying_sharing.BECAUSE,
            answered=saying_sharing.ANSWERED,
            short=short,
            day_periods_max=DAY_PERIODS_MAX,
        )

    def show(self, request: Request, template: str, values: Mapping[str, object], *, status: int = 200) -> Response:
        """Render a template into a page, which leaves only while everything in `values` may."""
        html = self._templates.get_template(template).render({"now_ns": self._clock.now()} | dict(values))
        data, headers = _packed(request, html.encode(), kind="text/html; charset=utf-8", headers=HEADERS)
        return HeldResponse(data, holds=partial(holding, values), headers=headers, status_code=status)

    def guard(self, page: Page) -> Page:
        """`page` with its errors said as pages or problem documents; what changes something only from our own pages."""

        async def guarded(request: Request) -> Response:
            try:
                if request.method == "POST":
                    _own_page(request)
                return await page(request)
            except TrothError as error:
                return self.refuse(request, error)

        return guarded

    def refuse(self, request: Request, error: TrothError) -> Response:
        """An error as whoever asked can read it."""
        answer = reply(error)
        if not wants_page(request):
            return document(answer)
        response = self.show(request, "problem.html", {"problem": problem_page(error)}, status=answer.status)
        for name, value in answer.headers:
            if name == b"retry-after":
                response.headers[name.decode()] = value.decode()
        return response


def document(answer: Reply) -> Response:
    """A problem document with the headers of all pages."""
    response = Response(answer.body, status_code=answer.status, headers=HEADERS)
    for name, value in answer.headers:
        response.headers[name.decode()] = value.decode()
    return response


def wants_page(request: Request) -> bool:
    """Whether whoever asks reads HTML: browsers say so, programs do not."""
    return "text/html" in request.headers.get("accept", "").lower()


def static_file(request: Request, name: str) -> Response | None:
    """One of the files that pages use, or None."""
    kind = _KINDS.get(name)
    if kind is None:
        return None
    data, digest = _static(name)
    fresh = request.query_params.get("v") == digest
    headers = dict(HEADERS) | {"cache-control": _FOREVER if fresh else "no-cache"}
    data, headers = _packed(request, data, kind=kind, headers=headers)
    return Response(data, headers=headers)


def static_url(name: str) -> str:
    """Where a file is that pages use; another digest is another address, so nothing old is ever shown."""
    return f"/static/{name}?v={_static(name)[1]}"


@cache
def _static(name: str) -> tuple[bytes, str]:
    data = resources.files("troth.web").joinpath("static", name).read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:12]


def _source(name: str) -> str | None:
    file = resources.files("troth.web").joinpath("templates", name)
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _packed(request: Request, data: bytes, *, kind: str, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a response, compressed where that is taken.

    Nothing that a stranger sends is printed beside a secret, so the length tells a stranger nothing (BREACH).
    """
    said = dict(headers) | {"content-type": kind, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", "").lower():
        data = gzip.compress(data, 6, mtime=0)
        said["content-encoding"] = "gzip"
    return data, said


def _own_page(request: Request) -> None:
    """Return if a form comes from one of this node's own pages, or from a program that is no browser.

    Raises:
        WrongToken: it comes from somewhere else.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        own = site == "same-origin"
    else:
        own = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    if not own:
        raise WrongToken("this form is from another site", hint="Open the page here and press there.")
