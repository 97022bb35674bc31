"""Cosignatures: what a witness says about a checkpoint, and the key under which it says it.

Rules
- A cosignature is a signature line whose signature is a time and an Ed25519 signature over that time and the whole text of
  the checkpoint. It says: at that time this was the largest tree of this log that I had seen, and it continued all before.
- A witness's key is written like a log's, with 0x04 in place of 0x01; so neither can stand for the other.
- The time is in whole seconds since 1970 and never 0. It is the witness's word, like the rest.
- A line of an unknown key is passed over; one of a known key that does not verify fails.
- The signature does not cover the witness's name. Whoever counts witnesses counts keys.

Source: C2SP tlog-cosignature (Ed25519, "cosignature/v1"), signed-note (signature type 0x04).
Left out: ML-DSA-44 cosignatures (type 0x06) and subtrees; which witnesses suffice (`trust_policy`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from troth.errors import BadCose, BadNote
from troth.signing.cose import Signer
from troth.tlog.checkpoint import Note, NoteSignature, parse_note
from troth.tlog.named_key import NamedKey

__all__ = [
    "MAX_TIME_S",
    "Cosignature",
    "WitnessKey",
    "check_cosignature",
    "cosign",
    "cosignatures_of",
    "parse_lines",
]

MAX_TIME_S: Final = (1 << 63) - 1  # C2SP tlog-cosignature: the timestamp must not exceed it
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_ALONE: Final = "-\n"  # a text to stand before lines that come without one


@dataclass(frozen=True, slots=True)
class WitnessKey(NamedKey):
    """The key of a witness: what must be given from outside for a cosignature to count."""

    signature_type: ClassVar[bytes] = b"\x04"  # Ed25519 cosignatures with a time
    whose: ClassVar[str] = "a witness's"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that verified: whose, and as of when (seconds since 1970)."""

    key: WitnessKey
    time_s: int


def cosign(text: str, signer: Signer, *, name: str, time_s: int) -> NoteSignature:
    """Make the signature line of a witness on the text of a checkpoint.

    Raises:
        BadNote: a time that a cosignature cannot carry, or a name or key that no witness can have.
    """
    if not 0 < time_s <= MAX_TIME_S:
        raise BadNote("the time of a cosignature is later than 1970 and fits in 63 bits")
    key = WitnessKey(name, signer.public)
    return NoteSignature(name, key.key_id, time_s.to_bytes(_TIME_BYTES) + signer.sign(_message(text, time_s)))


def check_cosignature(line: NoteSignature, key: WitnessKey, *, text: str) -> Cosignature:
    """Return what a line says, if it is this witness's on this text.

    Raises:
        BadNote: another key's line, or one that does not verify.
    """
    if (line.name, line.key_id) != (key.name, key.key_id):
        raise BadNote("a signature line of another key than this witness's")
    if len(line.signature) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise BadNote("a cosignature is a time of 8 bytes and a signature of 64")
    time_s = int.from_bytes(line.signature[:_TIME_BYTES])
    if not 0 < time_s <= MAX_TIME_S:
        raise BadNote("the time of a cosignature is later than 1970 and fits in 63 bits")
    try:
        key.public.check(line.signature[_TIME_BYTES:], _message(text, time_s))
    except BadCose as cause:
        raise BadNote("a cosignature by a known witness does not verify") from cause
    return Cosignature(key, time_s)


def cosignatures_of(note: Note, keys: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """The cosignatures of these witnesses that a note carries, in the order of its lines.

    Raises:
        BadNote: one of them does not verify.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found = ((line, known.get((line.name, line.key_id))) for line in note.signatures)
    return tuple(check_cosignature(line, key, text=note.text) for line, key in found if key is not None)


def parse_lines(data: bytes) -> tuple[NoteSignature, ...]:
    """Read signature lines that come without a text, as a witness answers.

    Raises:
        BadNote: not one or more signature lines.
        TooLarge: more than a note may have.
    """
    note = parse_note(_ALONE.encode() + b"\n" + data)
    if note.text != _ALONE:
        raise BadNote("signature lines and nothing else were expected here")
    return note.signatures


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
