"""From a body to a Signed Statement and back.

Rules
- Signed bytes are the statement. A body is a view for reading and is never encoded back, so unknown fields survive.
- A missing field is left out, never null. Names in `crit` that this program does not know: UnknownCrit at the door; in what
  counts already they are kept beside the body, and nobody may act on it as if it were understood.
- Behind a hash envelope (RFC 9995) the statement holds the digest of salt and payload; whoever reads it needs that preimage.

Source: formats.md, "Statement".
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from troth.errors import BadStatement, TooLarge, UnknownCrit
from troth.names import Uri
from troth.signing import cbor
from troth.signing.cose import (
    PayloadForm,
    Signed,
    Signer,
    envelope_digest,
    envelope_preimage,
    open_envelope,
    sign,
)
from troth.statements.kinds import KINDS, Body, Kind, KindName, Text, content_type, kind_of

__all__ = ["MAX_PREIMAGE_BYTES", "Statement", "as_kind", "read", "read_kept", "write", "write_enveloped"]

MAX_PREIMAGE_BYTES: Final = 1_048_576  # 1 MiB: sixteen times what a statement itself holds
B = TypeVar("B", bound=msgspec.Struct)


class Statement(msgspec.Struct, frozen=True):
    """A Signed Statement with its kind and the body read from it. `unknown`: names in `crit` that are not known here."""

    signed: Signed
    kind: Kind
    body: Body
    unknown: tuple[str, ...] = ()


def write(name: KindName, body: Body, *, signer: Signer, issuer: Uri, subject: str, at_ns: int) -> Signed:
    """Sign a body as a statement of this kind. `subject` is the CWT `sub`; for private kinds a fresh random one."""
    return sign(
        signer,
        _payload(name, body),
        content_type=content_type(name),
        issuer=issuer,
        subject=subject,
        issued_at_s=at_ns // 1_000_000_000,
    )


def write_enveloped(
    name: KindName, body: Body, *, signer: Signer, issuer: Uri, subject: str, at_ns: int, salt: bytes
) -> tuple[Signed, bytes]:
    """The same behind a hash envelope: the statement, and the preimage that its text stays readable from.

    `salt`: 16 random bytes, so that nobody can guess a short text from its digest.

    Raises:
        BadStatement: a kind whose text must stand in the statement itself.
        TooLarge: a preimage of more than 1 MiB.
    """
    preimage = envelope_preimage(salt, _payload(name, body))
    _check_enveloped(KINDS[name], preimage)
    signed = sign(
        signer,
        envelope_digest(preimage),
        content_type=content_type(name),
        issuer=issuer,
        subject=subject,
        issued_at_s=at_ns // 1_000_000_000,
        form=PayloadForm.DIGEST,
    )
    return signed, preimage


def read(signed: Signed, preimage: bytes | None = None) -> Statement:
    """Read the body of a parsed statement. The signature is not looked at here.

    Args:
        signed: the statement.
        preimage: what its digest is of, where it is a hash envelope.

    Raises:
        BadStatement: unknown kind, not a map, a field of another type, or a missing one; a preimage that is missing, is of
            another digest, or has no place here.
        BadCbor, BadCose: what should be CBOR or a preimage is none.
        TooLarge: a preimage of more than 1 MiB.
        UnknownCrit: `crit` names a field this program does not know.
    """
    statement = _read(signed, preimage)
    if statement.unknown:
        raise UnknownCrit("a field that must be understood is unknown to this program")
    return statement


def read_kept(signed: Signed, preimage: bytes | None) -> Statement | None:
    """Read what counts already: None where its text has been deleted; `unknown` where a newer program accepted it.

    Raises:
        BadStatement, BadCbor, BadCose, TooLarge: as `read`.
    """
    if signed.headers.form is PayloadForm.DIGEST and preimage is None:
        return None
    return _read(signed, preimage)


def _read(signed: Signed, preimage: bytes | None) -> Statement:
    kind = kind_of(signed.headers.content_type)
    if kind is None:
        raise BadStatement("this program does not know statements of this content type")
    plain = cbor.decode(_opened(signed, preimage, kind))
    if not isinstance(plain, Mapping):
        raise BadStatement("the payload of a statement is a CBOR map")
    crit = plain.get("crit", [])
    if not isinstance(crit, list):
        raise UnknownCrit("what must be understood is a list of names")
    known = set(kind.body.__struct_fields__)
    unknown = tuple(str(name) for name in crit if not isinstance(name, str) or name not in known)
    try:
        body = msgspec.convert(plain, kind.body, builtin_types=(bytes,), strict=True)
    except (msgspec.ValidationError, ValueError) as cause:
        if unknown:
            raise UnknownCrit("a field that must be understood is unknown to this program") from cause
        raise BadStatement(f"a {kind.name} statement does not have the fields of its kind") from cause
    return Statement(signed, kind, body, unknown)


def _opened(signed: Signed, preimage: bytes | None, kind: Kind) -> bytes:
    """The payload, out of its envelope where it has one."""
    if signed.headers.form is PayloadForm.INLINE:
        if preimage is not None:
            raise BadStatement("a preimage belongs to a hash envelope")
        return signed.payload
    if preimage is None:
        raise BadStatement("the text of this hash envelope is not here")
    _check_enveloped(kind, preimage)
    if envelope_digest(preimage) != signed.payload:
        raise BadStatement("the preimage is of another hash envelope")
    return open_envelope(preimage)[1]


def _check_enveloped(kind: Kind, preimage: bytes) -> None:
    if kind.text is Text.INLINE:
        raise BadStatement(f"the text of a {kind.name} statement stands in it, never behind a hash envelope")
    if len(preimage) > MAX_PREIMAGE_BYTES:
        raise TooLarge("the text behind a hash envelope has at most 1 MiB")


def _payload(name: KindName, body: Body) -> bytes:
    plain = msgspec.to_builtins(body, builtin_types=(bytes,), enc_hook=_plain)
    if not isinstance(body, KINDS[name].body):
        raise TypeError(f"{type(body).__name__} is not the body of {name}")
    # crit is a default of the Struct, and msgspec leaves defaults out: it must be in the signed bytes. None is left out.
    plain |= {"crit": list(body.crit)} if hasattr(body, "crit") else {}
    return cbor.encode({key: value for key, value in plain.items() if value is not None})


def _plain(value: object) -> str:
    """A text that is more than a text here, such as a view, is signed as the text it is."""
    if isinstance(value, str):
        return str.__str__(value)
    raise NotImplementedError


def as_kind(statement: Statement, body: type[B]) -> B:
    """The body as `body`, for callers that have looked at the kind.

    Raises:
        BadStatement: it is another kind.
    """
    if not isinstance(statement.body, body):
        raise BadStatement(f"a {statement.kind.name} statement stands where another kind was expected")
    return statement.body
