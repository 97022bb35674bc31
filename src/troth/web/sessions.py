"""Who looks at a page: a cookie per role, so that a person and a recipient can be looked at side by side.

Rules
- A cookie holds a session token (HttpOnly, SameSite=Strict, no domain); an invitation is spent for it once, by POST.
- A form that changes something carries the digest of the session it belongs to, and is refused without it.
- A cookie that is no longer valid is as if it were not there; so is one in the place of another role.

Source: people.md, "Accounts"; RFC 6265; OWASP cross-site request forgery prevention (synchroniser token).
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from troth.errors import WrongToken
from troth.gate.question import Asker
from troth.journeys.accounts import Bearer
from troth.journeys.recognise import LASTS, Principal, Recognise, Use
from troth.names import PersonId, Uri

__all__ = ["COOKIES", "Viewer", "check_form", "cookie_header", "form_key", "role_of", "viewer_of"]

COOKIES: Final = {
    "person": "troth_person",
    "recipient": "troth_recipient",
    "maker": "troth_maker",
    "authority": "troth_authority",
    "installer": "troth_installer",
    "operator": "troth_operator",
}
_FORM: Final = b"troth/form/v1"


class Viewer(msgspec.Struct, frozen=True):
    """The sessions a browser holds. Each may be absent; a form's key is empty where its session is.

    `visit`: digest of the person's session, in which a key of theirs may be open. `desks`: by role, whose door it is.
    """

    person: PersonId | None = None
    person_asker: Asker | None = None
    recipient: Asker | None = None
    operator: bool = False
    forms: dict[str, str] = {}
    lasts: Callable[[], bool] = bool
    visit: bytes = b""
    desks: dict[str, Uri] = {}

    def holds(self) -> bool:
        """Whether all these sessions are open still: a page leaves only while they are."""
        return not self.forms or self.lasts()

    def asker(self, role: str) -> Asker | None:
        """Who asks when a page is looked at as `role`; None for anyone."""
        return {"person": self.person_asker, "recipient": self.recipient}.get(role)

    def has(self, role: str) -> bool:
        """Whether there is a session of this role."""
        return role in self.forms


def viewer_of(cookies: Mapping[str, str], recognise: Recognise, *, use: Use = Use.MEANT) -> Viewer:
    """The viewer behind a request's cookies."""
    held = {}
    for role, name in COOKIES.items():
        session = cookies.get(name, "")
        principal = recognise.token(session, use=use) if session else None
        if principal is not None and role_of(principal) == role:
            held[role] = (principal, form_key(session))
    person = held["person"][0] if "person" in held else None
    return Viewer(
        person=None if person is None else person.person,
        person_asker=None if person is None else person.asker,
        recipient=held["recipient"][0].asker if "recipient" in held else None,
        operator="operator" in held,
        forms={role: key for role, (_, key) in held.items()},
        lasts=lambda: all(recognise.still(who) for who, _ in held.values()),
        visit=b"" if person is None else person.digest,
        desks={who.desk: who.party for who, _ in held.values() if who.party is not None},
    )


def role_of(principal: Principal) -> str:
    """Which cookie a session belongs into; empty for what belongs into none (a thing's or a program's token)."""
    if principal.bearer is not Bearer.SESSION:
        return ""
    if principal.person is not None or principal.desk:
        return principal.desk or "person"
    return "recipient" if principal.asker is not None else "operator"


def form_key(session: str) -> str:
    """What a form of this session carries."""
    return hashlib.sha256(_FORM + session.encode()).hexdigest()[:32]


def check_form(given: str, viewer: Viewer, *, role: str) -> None:
    """Return if a form was made for the session of this role.

    Raises:
        WrongToken: it was not, or there is no such session (any more).
    """
    expected = viewer.forms.get(role)
    if expected is None:
        raise WrongToken("your visit here has ended", hint="Sign in, or open a link that you were given.")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise WrongToken("this form is from another visit", hint="Go back, load the page again, and try once more.")


def cookie_header(role: str, session: str, *, secure: bool) -> str:
    """The Set-Cookie value. `secure` where pages are reached over HTTPS. An empty session takes the cookie back."""
    age_s = LASTS[role].whole_s if session else 0
    ending = "; Secure" if secure else ""
    return f"{COOKIES[role]}={session}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{ending}"
