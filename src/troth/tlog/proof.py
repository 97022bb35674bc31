"""A tlog-proof: one text file that shows an entry to be in a log, checked without a network.

Rules
- Lines: `c2sp.org/tlog-proof@v1`, optionally `extra` with base64, `index` with a decimal, one base64 hash per step from the
  leaf's sibling upwards, an empty line, and the signed checkpoint as it is.
- `extra` is not signed by anything: whoever reads it must check it against the leaf.
- One proof has one spelling: `encode(parse(b)) == b`.

Source: C2SP tlog-proof; RFC 9162 §2.1.3.
Left out: which keys to trust and how many cosignatures to ask for; that is `verify`.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from troth.errors import BadNote, BadProof, TooLarge
from troth.tlog.checkpoint import MAX_NOTE_BYTES, Checkpoint, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from troth.tlog.merkle import HASH_BYTES, MAX_PATH, MAX_SIZE, verify_inclusion

__all__ = ["MAX_EXTRA_BYTES", "TlogProof", "encode", "parse", "verify"]

MAX_EXTRA_BYTES: Final = 1_048_576  # 1 MiB, sixteen times the largest statement
MAX_PROOF_BYTES: Final = 2 * MAX_EXTRA_BYTES + MAX_NOTE_BYTES
_FIRST: Final = b"c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The parts of a proof. `checkpoint` is a signed note, byte for byte; `extra` is None where the line is absent."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def encode(proof: TlogProof) -> bytes:
    """Write a proof as its file."""
    lines = [_FIRST]
    if proof.extra is not None:
        lines.append(b"extra " + base64.b64encode(proof.extra))
    lines.append(b"index %d" % proof.index)
    lines.extend(base64.b64encode(step) for step in proof.path)
    return b"\n".join([*lines, b"", proof.checkpoint])


def parse(data: bytes) -> TlogProof:
    """Read a proof without checking it. Its checkpoint is seen to be one, with some signature.

    Raises:
        BadProof: not a tlog-proof.
        TooLarge: more bytes than a proof may have.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise TooLarge("a tlog-proof has at most 2.25 MiB")
    head, gap, checkpoint = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    if first != _FIRST or not gap or not lines:
        raise BadProof("a tlog-proof begins with its version and has an empty line before the checkpoint")
    extra = None
    if lines[0].startswith(b"extra "):
        extra = _unb64(lines.pop(0).removeprefix(b"extra "))
        if len(extra) > MAX_EXTRA_BYTES:
            raise TooLarge("the extra line of a tlog-proof has at most 1 MiB")
    if not lines or not lines[0].startswith(b"index "):
        raise BadProof("a tlog-proof says at which index its leaf stands")
    index = _decimal(lines.pop(0).removeprefix(b"index "))
    path = tuple(map(_unb64, lines))
    if len(path) > MAX_PATH or any(len(step) != HASH_BYTES for step in path):
        raise BadProof("the steps of a tlog-proof are at most 63 hashes of 32 bytes")
    try:
        parse_checkpoint(parse_note(checkpoint).text)
    except BadNote as cause:
        raise BadProof("a tlog-proof ends with a signed checkpoint") from cause
    return TlogProof(index, path, checkpoint, extra)


def verify(proof: TlogProof, *, leaf: bytes, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint that this log signed and that covers the leaf hash.

    Raises:
        BadNote: the checkpoint is not this log's.
        BadProof: the path does not lead to its root.
        TooLarge: the checkpoint is larger than a note may be.
    """
    checkpoint = open_checkpoint(proof.checkpoint, key)
    verify_inclusion(leaf, index=proof.index, size=checkpoint.size, path=proof.path, root=checkpoint.root)
    return checkpoint


def _decimal(text: bytes) -> int:
    number = int(text) if text.isdigit() and len(text) <= len(str(MAX_SIZE)) else -1
    if not 0 <= number <= MAX_SIZE or b"%d" % number != text:
        raise BadProof("an index is a decimal number without leading zeros")
    return number


def _unb64(text: bytes) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise BadProof("base64 was expected here") from cause
    if base64.b64encode(raw) != text:
        raise BadProof("base64 in another spelling than the one it has")
    return raw
