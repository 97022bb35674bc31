"""Segments: the traces of one tick under one root, padded so that their number does not show.

Rules
- A segment has 256, 1,024, 4,096, 16,384 or 65,536 leaves: the next power of four, at least 256.
- The traces' leaves stand first, in the order of their commits; the rest is padding, leaf i derived from a seed that is kept
  with the segment and never published. The same leaves and seed give the same segment again after a crash.
- A padding leaf looks like any other: 32 bytes of SHA-256.

Source: record.md, "Statements and traces are two things"; RFC 9162 §2.1 for the tree.
Left out: the signed statement about a segment, which is one of `statements`.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from troth.errors import BadProof
from troth.tlog.merkle import HASH_BYTES, Tree, root_of, verify_inclusion

__all__ = ["MAX_LEAVES", "MIN_LEAVES", "SEED_BYTES", "pad", "padded_size", "path", "root", "verify_path"]

MIN_LEAVES: Final = 256  # record.md
MAX_LEAVES: Final = 65_536  # record.md
SEED_BYTES: Final = 32  # as much as the hash it feeds can hold
_PADDING: Final = b"troth/segment-padding/v1\x00"


def padded_size(traces: int) -> int:
    """How many leaves a segment of so many traces has; `traces` is at most 65,536."""
    if not 0 <= traces <= MAX_LEAVES:
        raise ValueError("a segment holds at most 65,536 traces")
    size = MIN_LEAVES
    while size < traces:
        size *= 4
    return size


def pad(leaves: Sequence[bytes], *, seed: bytes) -> list[bytes]:
    """The leaves with their padding behind them; `seed` is 32 random bytes."""
    if len(seed) != SEED_BYTES:
        raise ValueError("a padding seed has 32 bytes")
    sha256, prefix = hashlib.sha256, _PADDING + seed
    behind = range(len(leaves), padded_size(len(leaves)))
    return [*leaves, *(sha256(prefix + index.to_bytes(4)).digest() for index in behind)]


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over padded leaves."""
    return root_of(leaves)


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The path of one padded leaf, its sibling first. For several, make one `merkle.Tree` and ask it."""
    return Tree(leaves).path(index)


def verify_path(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Return if `path` leads from the leaf to the segment's root.

    Raises:
        BadProof: it does not, or `size` is none that a segment can have.
    """
    if size not in {MIN_LEAVES << (2 * step) for step in range(5)} or len(leaf) != HASH_BYTES:
        raise BadProof("a segment has 256, 1,024, 4,096, 16,384 or 65,536 leaves")
    verify_inclusion(leaf, index=index, size=size, path=path, root=root)
