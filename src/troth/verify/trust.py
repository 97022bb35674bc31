"""A trust file: what somebody has decided to trust, made before and kept by them, never taken from what is to be checked.

Rules
- JSON, written by `troth trust`, readable by people: log keys, each with the words of whoever added it, and keys that have
  ended, each as a line of a list (verify/revoked).
- One key has one spelling; a key that cannot be read is refused when the file is read, not when it is used.

Source: record.md, "Anyone can verify" (trust comes from outside the file).
Left out: where the file lies.
"""

import msgspec

from troth.errors import BadNote, BadProof, TooLarge
from troth.tlog.checkpoint import VerifierKey
from troth.verify.revoked import RevokedKey, parse_revoked

__all__ = ["MAX_TRUST_BYTES", "TrustFile", "TrustedLog", "read_trust", "write_trust"]

MAX_TRUST_BYTES = 1_048_576
_VERSION = 1


class TrustedLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A log's verifier key (C2SP signed-note) and where it was got from, in words."""

    key: str
    note: str = ""


class TrustFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    version: int = _VERSION
    logs: tuple[TrustedLog, ...] = ()
    ended: tuple[str, ...] = ()

    @property
    def revoked(self) -> tuple[RevokedKey, ...]:
        """The keys that have ended."""
        return parse_revoked("\n".join(self.ended))

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The log keys."""
        return tuple(VerifierKey.parse(each.key) for each in self.logs)


def read_trust(data: bytes) -> TrustFile:
    """Read a trust file.

    Raises:
        BadNote: it is none of this version, or a key in it cannot be read.
    """
    try:
        file = msgspec.json.decode(data, type=TrustFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise BadNote("this is no trust file", hint="'troth trust add KEY' writes one.") from cause
    if file.version != _VERSION:
        raise BadNote("this trust file is of a newer program")
    _ = file.keys
    try:
        _ = file.revoked
    except (BadProof, TooLarge) as cause:
        raise BadNote("a key that has ended cannot be read in this trust file") from cause
    return file


def write_trust(file: TrustFile) -> bytes:
    """The bytes of a trust file."""
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"
