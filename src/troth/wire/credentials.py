"""The credential in a request, read strictly: `Authorization` with a bearer token or a password, or the session cookie.

Rules
- A token is 1 to 200 characters of RFC 6750's b64token; what is not is refused here and never looked up.
- With Basic the token is the password and the user name counts for nothing: clients that know no bearer tokens can speak.
- One `Authorization` header at most, one session cookie at most; a request that carries two says nothing certain.
- The header goes before the cookie, and a request that can change something takes no cookie at all (the doors see to it).

Source: RFC 6750 §2.1, RFC 7617 §2, RFC 6265 §4.2.1.
Left out: whose token it is (`journeys/recognise`); tokens in the body or the query, which end up in other people's logs.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final

from troth.errors import Malformed

__all__ = ["SESSION_COOKIE", "TOKEN_CHARACTERS", "authorization", "credential", "session"]

SESSION_COOKIE: Final = "troth_session"
TOKEN_CHARACTERS: Final = 200  # journeys/recognise looks at no longer ones; ours have 43
_TOKEN: Final = re.compile(rb"[A-Za-z0-9._~+/-]+=*")
_SCHEME: Final = re.compile(rb"([A-Za-z]+) +([!-~]+)")
_HINT: Final = "Send 'Authorization: Bearer TOKEN', or Basic with the token as password."


def credential(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of a request that only reads: from `Authorization`, else from the session cookie; None without either.

    Args:
        headers: of the request, names in lower case.

    Raises:
        Malformed: a header that is not of a known form, or one of them twice.
    """
    headers = tuple(headers)
    token = authorization(headers)
    return session(headers) if token is None else token


def authorization(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of the `Authorization` header, or None without one.

    Raises:
        Malformed: another scheme, something that is no token, or two such headers.
    """
    found = [value for name, value in headers if name == b"authorization"]
    if not found:
        return None
    parts = _SCHEME.fullmatch(found[0].strip(b" \t"))
    if len(found) > 1 or parts is None:
        raise Malformed("The Authorization header is not of a form that is known here.", hint=_HINT)
    scheme, given = parts[1].lower(), parts[2]
    if scheme == b"bearer":
        return _token(given)
    if scheme == b"basic":
        return _token(_password(given))
    raise Malformed("The Authorization header names a scheme that is not known here.", hint=_HINT)


def session(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of the session cookie, or None without one.

    Raises:
        Malformed: the cookie is there twice, or holds no token.
    """
    found = []
    for name, value in headers:
        if name != b"cookie":
            continue
        for pair in value.split(b";"):
            key, equals, text = pair.strip(b" \t").partition(b"=")
            if equals and key == SESSION_COOKIE.encode():
                found.append(text)
    if not found:
        return None
    if len(found) > 1:
        raise Malformed(
            "The session cookie is there twice.", hint="Delete the cookies of this address and sign in again."
        )
    return _token(found[0])


def _token(given: bytes) -> str:
    if len(given) > TOKEN_CHARACTERS or _TOKEN.fullmatch(given) is None:
        raise Malformed("What stands in the place of a token is none.", hint=_HINT)
    return given.decode("ascii")


def _password(given: bytes) -> bytes:
    """The password of a Basic credential, which is everything behind the first colon."""
    try:
        decoded = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise Malformed("The Basic credential is not base64.", hint=_HINT) from cause
    _, colon, password = decoded.partition(b":")
    if not colon:
        raise Malformed("The Basic credential has no password.", hint=_HINT)
    return password
