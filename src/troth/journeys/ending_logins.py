"""Logins that remember outside the data folder which passwords and passkeys ended: no older copy brings them back.

Rules
- A password is known to the list by a hash over the login and its kept form, a passkey by one over the login and its id, and a
  wrapped key by one over the login and its box. A key that is wrapped anew comes back under no former secret.
- A login whose password has ended loses its sign-in name with it; one of which nothing is left is dropped.

Source: record.md, "Loss and restore"; docs/decisions/0047. Owner of all state: the event loop.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection

import msgspec

from troth.journeys.logins import Holder, Login, LoginStore

__all__ = ["EndingLogins", "without"]


class EndingLogins:
    """`LoginStore` over another one. `ended` keeps digests of what ended; durable when it is done."""

    def __init__(self, logins: LoginStore, ended: Callable[[Collection[bytes]], Awaitable[None]]) -> None:
        self._logins = logins
        self._ended = ended
        self.named = logins.named
        self.of = logins.of
        self.every = logins.every
        self.with_passkey = logins.with_passkey
        self.tries = logins.tries
        self.tried = logins.tried

    async def change(self, otherwise: Login, work: Callable[[Login], Login]) -> Login:
        """As `LoginStore`; on return the list outside knows what ended."""
        before = _digests(self._logins.of(otherwise.holder))
        login = await self._logins.change(otherwise, work)
        await self._ended(before.keys() - _digests(login).keys())
        return login

    async def drop(self, holder: Holder) -> None:
        """As `LoginStore`; outside it has ended before."""
        await self._ended(_digests(self._logins.of(holder)).keys())
        await self._logins.drop(holder)


def without(login: Login, ended: Callable[[bytes], bool]) -> Login | None:
    """A login without its password and passkeys for whose digest `ended` says so; None where nothing is left of it."""
    gone = {part for digest, part in _digests(login).items() if ended(digest)}
    if not gone:
        return login
    if login.own is not None:
        wrapped = tuple(each for each in login.own.wrapped if each.box not in gone)
        own = msgspec.structs.replace(login.own, wrapped=wrapped) if wrapped else None
        login = msgspec.structs.replace(login, own=own)
    passkeys = tuple(each for each in login.passkeys if each.credential not in gone)
    if b"" in gone:
        login = msgspec.structs.replace(login, name="", key="", password="")
    login = msgspec.structs.replace(login, passkeys=passkeys)
    return login if login.password or passkeys or login.own is not None else None


def _digests(login: Login | None) -> dict[bytes, bytes]:
    """By digest: the id of a passkey, the box of a wrapped key, or no bytes for the password."""
    if login is None:
        return {}
    found = {_digest(b"passkey", login.id, each.credential): each.credential for each in login.passkeys}
    if login.password:
        found[_digest(b"password", login.id, login.password.encode())] = b""
    if login.own is not None:
        found |= {_digest(b"wrapped", login.id, each.box): each.box for each in login.own.wrapped}
    return found


def _digest(what: bytes, login: bytes, part: bytes) -> bytes:
    return hashlib.sha256(b"troth/login/v1\x00" + what + b"\x00" + login + part).digest()
