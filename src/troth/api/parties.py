"""The JSON interface of who can come in: recipients' tokens that are listed and ended, and new links for people.

Source: people.md, "Accounts"; docs/reference/api.md.
Left out: giving a token, which is `operate`.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import PersonMade
from troth.api.callers import Callers, created, resource, shown
from troth.journeys.parties import Parties, TokenSeen
from troth.names import PersonId, parse_id, print_person
from troth.wire.times import print_time

__all__ = ["LinkMade", "RecipientShown", "RecipientsShown", "party_routes"]


class RecipientShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a recipient has: a token for programs, an open session of its screen, or an invitation that was not used yet."""

    id: str
    what: str
    party: str
    name: str
    app: str
    purpose: str
    made: str | None = None
    used: str | None = None
    ends: str | None = None
    browser: str = ""


class RecipientsShown(msgspec.Struct, frozen=True):
    """Everything that recipients have."""

    recipients: tuple[RecipientShown, ...]


class LinkMade(msgspec.Struct, frozen=True):
    """A one-time link, shown this once."""

    invitation: str


def party_routes(parties: Parties, *, callers: Callers, url: str) -> list[Route]:
    """All routes of this module. `url`: where people reach this node."""

    async def invite(request: Request) -> Response:
        person = PersonId(parse_id("pe", request.path_params["person"]))
        return created(PersonMade(print_person(person), f"{url}/enter/{await parties.invite(person)}"))

    async def operator(_request: Request) -> Response:
        return created(LinkMade(f"{url}/enter/{await parties.invite_operator()}"))

    async def listed(_request: Request) -> Response:
        return shown(RecipientsShown(tuple(map(_recipient, parties.tokens()))))

    async def end(request: Request) -> Response:
        await parties.end(request.path_params["id"])
        return Response(status_code=204)

    op = callers.operated
    return [
        resource("/api/people/{person}/invitation", {"POST": op(invite)}),
        resource("/api/operator/invitation", {"POST": op(operator)}),
        resource("/api/recipients/tokens", {"GET": op(listed)}),
        resource("/api/recipients/tokens/{id}", {"DELETE": op(end)}),
    ]


def _recipient(seen: TokenSeen) -> RecipientShown:
    times = (None if each is None else print_time(each) for each in (seen.made_ns, seen.used_ns, seen.until_ns))
    made, used, ends = times
    return RecipientShown(
        seen.id,
        "token" if seen.bearer == "recipient" else seen.bearer.value,
        seen.party,
        seen.name,
        seen.app,
        seen.purpose,
        made=made,
        used=used,
        ends=ends,
        browser=seen.browser,
    )
