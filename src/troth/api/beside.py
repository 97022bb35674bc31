"""The JSON interface about a passkey beside what a person says: what it is asked, and its answer.

Rules
- Everything here is a person's, in their own session; one thing waits for its passkey in a session at a time.
- What the browser is asked is what WebAuthn calls options, as JSON; its answer is given as text, byte for byte.

Source: WebAuthn level 3 §5.1.3, §5.5; docs/decisions/0060, 0113; docs/reference/api.md.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource
from troth.api.choices import chosen
from troth.api.own_key_forms import AnswerForm, BesideForm, BesideSaid, Since
from troth.errors import BadJson, NotFound
from troth.journeys.beside import Beside, thumbprint
from troth.journeys.choose import Choose
from troth.names import PersonId, StatementId
from troth.wire.times import print_time

__all__ = ["beside_routes"]

NS_PER_MS = 1_000_000
ID_BYTES = 32


def beside_routes(beside: Beside, choose: Choose, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def later(request: Request) -> Response:
        return created(Since(print_time(await beside.state_later(callers.person(request)))))

    async def begin(request: Request) -> Response:
        person, visit = callers.person(request), callers.visit(request)
        asked = await form(request, BesideForm)
        match asked:
            case BesideForm(choice=given, statement=None, passkeys=None, waiting=None) if given is not None:
                body = chosen(choose, person, given, made_by="passkey")
                options = beside.begin_choice(body, visit=visit)
            case BesideForm(choice=None, statement=str() as name, passkeys=None, waiting=None):
                options = beside.begin_about(person, statement_named(name), visit=visit)
            case BesideForm(choice=None, statement=None, passkeys=tuple() as names, waiting=None):
                options = beside.begin_stating(person, keys_named(beside, person, names), visit=visit)
            case BesideForm(choice=None, statement=None, passkeys=None, waiting=str() as name):
                options = beside.begin_pressed(person, name, visit=visit)
            case _:
                raise BadJson(
                    "a passkey is asked for a choice, a statement, which passkeys are named, or what waits: for one of them"
                )
        return Response(options, headers={"content-type": "application/json", "cache-control": "no-store"})

    async def finish(request: Request) -> Response:
        person, visit = callers.person(request), callers.visit(request)
        asked = await form(request, AnswerForm)
        said = await beside.finish(person, asked.answer.encode(), visit=visit)
        return created(BesideSaid(said.statement.hex(), round(said.effect_ns / NS_PER_MS, 3)))

    spoken = callers.spoken
    return [
        resource("/api/key/passkeys/end", {"POST": spoken(later)}),
        resource("/api/key/beside", {"POST": spoken(begin)}),
        resource("/api/key/beside/answer", {"POST": spoken(finish)}),
    ]


def statement_named(text: str) -> StatementId:
    """A statement by its printed id.

    Raises:
        NotFound: it is none, so there is none of that name.
    """
    try:
        found = bytes.fromhex(text)
    except ValueError as cause:
        raise NotFound("there is no such statement about this person") from cause
    if len(found) != ID_BYTES:
        raise NotFound("there is no such statement about this person")
    return StatementId(found)


def keys_named(beside: Beside, person: PersonId, names: tuple[str, ...]) -> tuple[bytes, ...]:
    """Passkeys of a person by the thumbprints of their keys.

    Raises:
        NotFound: they have no such passkey.
    """
    usable = {thumbprint(key): key for key in beside.usable(person)}
    if not set(names) <= usable.keys():
        raise NotFound("there is no such passkey")
    return tuple(usable[name] for name in sorted(set(names)))
