"""Signed notes and checkpoints: what a log signs, and the keys that say who signed.

Rules
- A note is UTF-8 text that ends with a newline, an empty line, and signature lines; no control character but newline.
- A key's id is the first four bytes of SHA-256(name || newline || 0x01 || public key); name and id together name a key.
- Signatures by unknown keys are passed over; one by a known key that does not verify fails the whole note, and so does a
  note that no known key has signed.
- A checkpoint is origin, decimal size, base64 root, and extension lines that are kept as they are. One number and one hash
  have one spelling.
- A verifier key is written `name+id in hex+base64(0x01 || key)`: the form in which trust is given from outside.

Source: C2SP signed-note, tlog-checkpoint. RFC 4648 §4 (base64), RFC 8032 (Ed25519).
Left out: cosignatures, whose signatures carry a time (`cosignature`); ML-DSA.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from troth.errors import BadCose, BadNote, TooLarge
from troth.signing.cose import Signer
from troth.tlog.merkle import HASH_BYTES
from troth.tlog.named_key import ID_BYTES, NamedKey
from troth.tlog.spelling import decimal, decode64, encode64, is_key_name

__all__ = [
    "MAX_NOTE_BYTES",
    "Checkpoint",
    "Note",
    "NoteSignature",
    "VerifierKey",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_note",
    "sign_checkpoint",
    "sign_note",
    "verify_note",
]

MAX_NOTE_BYTES: Final = (
    262_144  # C2SP signed-note: at least 16 signatures, which may be nearly 5 kB each (twice in base64)
)
MAX_SIGNATURES: Final = 64  # the same: at least 16
_MARK: Final = "\u2014 "  # em dash, space
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey(NamedKey):
    """The key of a log: what a stranger must be given to check its notes."""

    signature_type: ClassVar[bytes] = b"\x01"  # Ed25519 over the note's text
    whose: ClassVar[str] = "a log's"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_MARK}{self.name} {encode64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """Text and who signed it, not yet checked. `text` ends with a newline."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree at one size, as a log names it. `extensions` are lines without their newline."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note text."""
        return "\n".join((self.origin, str(self.size), encode64(self.root), *self.extensions)) + "\n"


def parse_note(data: bytes) -> Note:
    """Read a note without checking a signature.

    Raises:
        BadNote: not a signed note.
        TooLarge: more than 256 KiB or 64 signatures.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise TooLarge("a signed note has at most 256 KiB")
    try:
        whole = data.decode()
    except UnicodeDecodeError as cause:
        raise BadNote("a signed note is UTF-8") from cause
    if _CONTROL.search(whole):
        raise BadNote("a signed note has no control characters")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        raise BadNote("a signed note is text, an empty line and signature lines")
    rows = lines.removesuffix("\n").split("\n")
    if len(rows) > MAX_SIGNATURES:
        raise TooLarge("a signed note has at most 64 signatures")
    return Note(text + "\n", tuple(map(_signature_line, rows)))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return those of `keys` whose signatures the note carries, in the order of its lines.

    Raises:
        BadNote: a signature by one of the keys does not verify, or none of them has signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed: list[VerifierKey] = []
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        try:
            key.public.check(line.signature, note.text.encode())
        except BadCose as cause:
            raise BadNote("a signature line by a known key does not verify") from cause
        if key not in signed:
            signed.append(key)
    if not signed:
        raise BadNote("no known key has signed this note")
    return tuple(signed)


def sign_note(text: str, signer: Signer, *, name: str, others: Sequence[NoteSignature] = ()) -> bytes:
    """Sign a text that ends with a newline; `others` are signatures it already carries.

    Raises:
        BadNote: the result would not be a note.
    """
    key = VerifierKey(name, signer.public)
    line = NoteSignature(name, key.key_id, signer.sign(text.encode()))
    data = Note(text, (line, *others)).encode()
    if parse_note(data).text != text:
        raise BadNote("a text that cannot be told apart from its signatures")
    return data


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Sign a checkpoint under its origin, which is the key's name.

    Raises:
        BadNote: the origin is no key name.
    """
    return sign_note(checkpoint.text, signer, name=checkpoint.origin)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint.

    Raises:
        BadNote: not a checkpoint.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or "" in lines or not text.endswith("\n"):
        raise BadNote("a checkpoint is at least three lines, none of them empty")
    origin, digits, encoded, *extensions = lines
    root = decode64(encoded)
    if len(root) != HASH_BYTES:
        raise BadNote("a checkpoint has the base64 of a root of 32 bytes")
    return Checkpoint(origin, decimal(digits), root, tuple(extensions))


def open_checkpoint(data: bytes, key: VerifierKey) -> Checkpoint:
    """Read a signed checkpoint of the log whose origin and key these are.

    Raises:
        BadNote: not a checkpoint, not signed by this key, or of another origin.
        TooLarge: more than a note may have.
    """
    note = parse_note(data)
    verify_note(note, (key,))
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise BadNote("a checkpoint of another log")
    return checkpoint


def _signature_line(row: str) -> NoteSignature:
    name, gap, encoded = row.removeprefix(_MARK).partition(" ")
    if not row.startswith(_MARK) or not gap or not is_key_name(name):
        raise BadNote("a signature line is an em dash, a key name and a signature")
    raw = decode64(encoded)
    if len(raw) <= ID_BYTES:
        raise BadNote("a signature line holds a key id and a signature")
    return NoteSignature(name, raw[:ID_BYTES], raw[ID_BYTES:])
