"""Keys and the registration policy over the JSON interface: seen and changed by the operator.

Rules
- Every change is a statement made by `journeys/rekey`; this module reads forms and writes answers.

Source: docs/reference/api.md.
Left out: keys of people; statements that others have signed (they come in through the log's own interface).
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.key_forms import (
    KeyForm,
    KeyMade,
    Keys,
    KeyShown,
    Policy,
    PolicyForm,
    RevokeForm,
    RotateForm,
    bytes_of,
)
from troth.errors import NotFound
from troth.journeys.rekey import Rekey
from troth.names import Uri, check_uri
from troth.statements.key import Revoked
from troth.statements.known_keys import KnownKey
from troth.wire.times import print_time

__all__ = ["key_routes"]


def key_routes(rekey: Rekey, *, callers: Callers) -> list[Route]:
    """All routes of this module."""
    changing = _Keys(rekey)
    op = callers.operated
    return [
        resource("/api/keys", {"GET": op(changing.seen), "POST": op(changing.maker)}),
        resource("/api/keys/rotate", {"POST": op(changing.rotate)}),
        resource("/api/keys/revoke", {"POST": op(changing.revoke)}),
        resource("/api/registration-policy", {"GET": op(changing.policy), "POST": op(changing.change_policy)}),
    ]


class _Keys:
    def __init__(self, rekey: Rekey) -> None:
        self._rekey = rekey

    async def seen(self, _request: Request) -> Response:
        return shown(Keys(tuple(_shown(issuer, known) for issuer, known in self._rekey.stated())))

    async def maker(self, request: Request) -> Response:
        body = await form(request, KeyForm)
        replaces = None if body.replaces is None else self._known(body.replaces).key.thumbprint
        made = await self._rekey.maker(check_uri(body.organisation), bytes_of(body.key), replaces=replaces)
        return created(KeyMade(made))

    async def rotate(self, request: Request) -> Response:
        body = await form(request, RotateForm)
        rotated = await self._rekey.rotate(body.role, kind=body.kind, compromised_since_ns=body.since_ns())
        return created(KeyMade(rotated.serving, rotated.former))

    async def revoke(self, request: Request) -> Response:
        body = await form(request, RevokeForm)
        known, since_ns = self._known(body.key), body.since_ns()
        why = Revoked.RETIRED if since_ns is None else Revoked.COMPROMISED
        await self._rekey.revoke(known.key, why=why, since_ns=since_ns)
        return created(_shown(Uri(body.key), self._known(body.key)))

    async def policy(self, _request: Request) -> Response:
        policy = self._rekey.policy_in_force()
        return shown(Policy(policy.version, policy.rules))

    async def change_policy(self, request: Request) -> Response:
        await self._rekey.policy((await form(request, PolicyForm)).rules)
        policy = self._rekey.policy_in_force()
        return created(Policy(policy.version, policy.rules))

    def _known(self, issuer: str) -> KnownKey:
        known = dict(self._rekey.stated()).get(check_uri(issuer))
        if known is None:
            raise NotFound("there is no such key here")
        return known


def _shown(issuer: Uri, known: KnownKey) -> KeyShown:
    ended = known.ended
    since_ns = None if ended is None else ended.since_ns
    return KeyShown(
        key=issuer,
        role=known.role,
        holder=known.holder,
        suite=known.key.alg.name,
        statement=known.statement.hex(),
        ended=None if ended is None else ended.why.value,
        since=None if since_ns is None else print_time(since_ns),
    )
