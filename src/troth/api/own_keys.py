"""The JSON interface about the key that signs what a person says: who keeps it, and what a passkey signs beside.

Rules
- Everything here is a person's, in their own session: what opens a key opens it in that session and no other.
- A phrase, a code and a recovery code are in bodies only, never in an address.

Source: record.md, "Personal ledgers" (custody); docs/decisions/0060; docs/reference/api.md.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.own_key_forms import (
    CodeMade,
    ComingShown,
    KeyShown,
    PasskeyShown,
    PhraseForm,
    Since,
    UnlockForm,
)
from troth.journeys.beside import Beside, thumbprint
from troth.journeys.custody import KeyStanding
from troth.journeys.own_key import OwnKeys
from troth.names import PersonId
from troth.wire.times import print_time

__all__ = ["own_key_routes"]

NS_PER_MS = 1_000_000
ID_BYTES = 32


def own_key_routes(own_keys: OwnKeys, beside: Beside, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def look(request: Request) -> Response:
        person = callers.person(request)
        return shown(_shown(own_keys.standing(callers.session(request)), beside, person))

    async def make(request: Request) -> Response:
        session = _session(callers, request)
        asked = await form(request, PhraseForm)
        if asked.secret is None:
            return created(CodeMade(await own_keys.make(session, asked.phrase)))
        address = "" if request.client is None else request.client.host
        return created(CodeMade(await own_keys.wrap_anew(session, asked.secret, asked.phrase, address=address)))

    async def unlock(request: Request) -> Response:
        session = _session(callers, request)
        asked = await form(request, UnlockForm)
        address = "" if request.client is None else request.client.host
        await own_keys.open(session, asked.secret, address=address)
        return created(Since(print_time(own_keys.standing(session).open_until_ns or 0)))

    async def close(request: Request) -> Response:
        own_keys.close(_session(callers, request))
        return created(Done("closed"))

    async def back(request: Request) -> Response:
        return created(Since(print_time(await own_keys.give_back(_session(callers, request)))))

    async def stop(request: Request) -> Response:
        await own_keys.stop(_session(callers, request))
        return created(Done("stopped"))

    spoken = callers.spoken
    return [
        resource("/api/key", {"GET": spoken(look)}),
        resource("/api/key/own", {"POST": spoken(make)}),
        resource("/api/key/open", {"POST": spoken(unlock)}),
        resource("/api/key/close", {"POST": spoken(close)}),
        resource("/api/key/back", {"POST": spoken(back)}),
        resource("/api/key/stop", {"POST": spoken(stop)}),
    ]


def _session(callers: Callers, request: Request) -> str:
    """The session of a person.

    Raises:
        WrongToken: this is none.
    """
    callers.person(request)
    return callers.session(request)


def _shown(standing: KeyStanding, beside: Beside, person: PersonId) -> KeyShown:
    usable = beside.usable(person)
    keys = dict.fromkeys((*standing.passkeys, *usable))
    passkeys = tuple(
        PasskeyShown(thumbprint(key), usable[key].name if key in usable else "", key in standing.passkeys)
        for key in keys
    )
    coming = standing.coming
    return KeyShown(
        custody=standing.custody,
        key=standing.key,
        passkeys=passkeys,
        since=None if standing.since_ns is None else print_time(standing.since_ns),
        statement=None if standing.statement is None else standing.statement.hex(),
        open_until=None if standing.open_until_ns is None else print_time(standing.open_until_ns),
        coming=None
        if coming is None
        else ComingShown(coming.custody, len(coming.passkeys), print_time(coming.from_ns)),
    )
