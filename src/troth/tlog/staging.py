"""The two private files of a log: the staging bundle and what the lock holds.

Rules
- A staging bundle holds everything that turns one tree into the next: old and new size and root, the journal position up to
  which entries were taken, and every file of the new tree that the old one lacks. It ends with its own SHA-256.
- The lock holds the signed checkpoint and the journal position. Both carry a format number; a newer one is refused by name.
- Neither is ever served.

Source: record.md, "Commit order"; house.md, "What lives where".
Left out: writing them (`sequencer`) and where they lie (`files`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from troth.errors import BadCbor, FormatTooNew, LogDiverged, TooLarge
from troth.signing import cbor

__all__ = ["FORMAT", "Locked", "Staging", "decode_locked", "decode_staging", "encode_locked", "encode_staging"]

FORMAT: Final = 1
_HASH_BYTES: Final = 32
_DAMAGED: Final = "Restore the log folder from a mirror; nothing is signed until then."


@dataclass(frozen=True, slots=True)
class Staging:
    """One step of the tree, complete and not yet signed."""

    old_size: int
    old_root: bytes
    size: int
    root: bytes
    taken: int
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Locked:
    """What the lock holds. `checkpoint` is the signed note."""

    checkpoint: bytes
    taken: int


def encode_staging(staging: Staging) -> bytes:
    """The bytes of a staging bundle."""
    head = cbor.encode(
        {
            "format": FORMAT,
            "old_size": staging.old_size,
            "old_root": staging.old_root,
            "size": staging.size,
            "root": staging.root,
            "taken": staging.taken,
            "files": [[path, len(data)] for path, data in staging.files.items()],
        }
    )
    body = b"".join((len(head).to_bytes(4), head, *staging.files.values()))
    return body + hashlib.sha256(body).digest()


def decode_staging(data: bytes) -> Staging:
    """Read a staging bundle.

    Raises:
        LogDiverged: it is damaged. It was durable before anything was signed, so this is not the trace of a crash.
        FormatTooNew: a newer program wrote it.
    """
    damaged = LogDiverged("the log's staging bundle is damaged", hint=_DAMAGED)
    body, checksum = data[:-_HASH_BYTES], data[-_HASH_BYTES:]
    if hashlib.sha256(body).digest() != checksum:
        raise damaged
    end = 4 + int.from_bytes(body[:4])
    match _fields(body[4:end], damaged):
        case {
            "old_size": int() as old_size,
            "old_root": bytes() as old_root,
            "size": int() as size,
            "root": bytes() as root,
            "taken": int() as taken,
            "files": list() as listed,
        }:
            files: dict[str, bytes] = {}
            for item in listed:
                match item:
                    case [str() as path, int() as length] if 0 <= length <= len(body) - end:
                        files[path] = body[end : end + length]
                        end += length
                    case _:
                        raise damaged
            if end == len(body):
                return Staging(old_size, old_root, size, root, taken, files)
    raise damaged


def encode_locked(locked: Locked) -> bytes:
    """The bytes of what the lock holds."""
    return cbor.encode({"format": FORMAT, "checkpoint": locked.checkpoint, "taken": locked.taken})


def decode_locked(data: bytes) -> Locked:
    """Read what the lock holds.

    Raises:
        LogDiverged: it is damaged.
        FormatTooNew: a newer program wrote it.
    """
    damaged = LogDiverged("the log's lock is damaged", hint=_DAMAGED)
    match _fields(data, damaged):
        case {"checkpoint": bytes() as checkpoint, "taken": int() as taken}:
            return Locked(checkpoint, taken)
    raise damaged


def _fields(data: bytes, damaged: LogDiverged) -> cbor.CborMap:
    try:
        fields = cbor.decode_map(data)
    except (BadCbor, TooLarge) as cause:
        raise damaged from cause
    written = fields.get("format")
    if isinstance(written, int) and written > FORMAT:
        raise FormatTooNew(
            "the log was written by a newer Troth than this one",
            hint="Start the newer version, or restore older files.",
        )
    if written != FORMAT:
        raise damaged
    return fields
