"""From a body to a Signed Statement and back.

Rules
- Signed bytes are the statement. A body is a view for reading and is never encoded back, so unknown fields survive.
- A missing field is left out, never null. Names in `crit` that this program does not know: UnknownCrit.

Source: formats.md, "Statement".
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from troth.errors import BadStatement, UnknownCrit
from troth.names import Uri
from troth.signing import cbor
from troth.signing.cose import Signed, Signer, sign
from troth.statements.kinds import KINDS, Body, Kind, KindName, content_type, kind_of

__all__ = ["Statement", "as_kind", "read", "write"]

B = TypeVar("B", bound=msgspec.Struct)


class Statement(msgspec.Struct, frozen=True):
    """A Signed Statement with its kind and the body read from it."""

    signed: Signed
    kind: Kind
    body: Body


def write(name: KindName, body: Body, *, signer: Signer, issuer: Uri, subject: str, at_ns: int) -> Signed:
    """Sign a body as a statement of this kind. `subject` is the CWT `sub`; for private kinds a fresh random one."""
    plain = msgspec.to_builtins(body, builtin_types=(bytes,))
    if not isinstance(body, KINDS[name].body):
        raise TypeError(f"{type(body).__name__} is not the body of {name}")
    # crit is a default of the Struct, and msgspec leaves defaults out: it must be in the signed bytes. None is left out.
    plain |= {"crit": list(body.crit)} if hasattr(body, "crit") else {}
    payload = cbor.encode({key: value for key, value in plain.items() if value is not None})
    return sign(
        signer,
        payload,
        content_type=content_type(name),
        issuer=issuer,
        subject=subject,
        issued_at_s=at_ns // 1_000_000_000,
    )


def read(signed: Signed) -> Statement:
    """Read the body of a parsed statement. The signature is not looked at here.

    Raises:
        BadStatement: unknown kind, not a map, a field of another type, or a missing one.
        UnknownCrit: `crit` names a field this program does not know.
    """
    kind = kind_of(signed.headers.content_type)
    if kind is None:
        raise BadStatement("this program does not know statements of this content type")
    plain = cbor.decode(signed.payload)
    if not isinstance(plain, Mapping):
        raise BadStatement("the payload of a statement is a CBOR map")
    crit = plain.get("crit", [])
    known = set(kind.body.__struct_fields__)
    if not isinstance(crit, list) or any(not isinstance(name, str) or name not in known for name in crit):
        raise UnknownCrit("a field that must be understood is unknown to this program")
    try:
        body = msgspec.convert(plain, kind.body, builtin_types=(bytes,), strict=True)
    except (msgspec.ValidationError, ValueError) as cause:
        raise BadStatement(f"a {kind.name} statement does not have the fields of its kind") from cause
    return Statement(signed, kind, body)


def as_kind(statement: Statement, body: type[B]) -> B:
    """The body as `body`, for callers that have looked at the kind.

    Raises:
        BadStatement: it is another kind.
    """
    if not isinstance(statement.body, body):
        raise BadStatement(f"a {statement.kind.name} statement stands where another kind was expected")
    return statement.body
