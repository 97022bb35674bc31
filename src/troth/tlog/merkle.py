"""Merkle trees as in RFC 9162: hashes, roots, inclusion and consistency proofs, and the edge that appending needs.

Rules
- A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right); the empty tree is SHA-256 of nothing.
- A node is named (level, index): the root of the complete subtree over leaves [index * 2^level, (index + 1) * 2^level).
- Proofs list hashes from the leaf's side to the root's. Verifying checks every hash to be 32 bytes long: without that,
  one published vector with an empty root and an empty leaf would pass.
- A consistency proof from size 0 shows nothing and is refused, as is one between equal sizes that is not empty.

Source: RFC 9162 §2.1.1 (hash), §2.1.3 (inclusion), §2.1.4 (consistency).
Left out: where nodes lie (`tiles`), and subtree proofs of other drafts.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from troth.errors import BadProof

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "MAX_PATH",
    "MAX_SIZE",
    "Frontier",
    "Nodes",
    "Span",
    "Tree",
    "consistency_spans",
    "grown_root",
    "hash_span",
    "inclusion_root",
    "inclusion_spans",
    "leaf_hash",
    "node_hash",
    "root_of",
    "roots_joined",
    "spans_of",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES: Final = 32
MAX_SIZE: Final = (1 << 63) - 1  # a tree size fits in an int64 everywhere it is written
MAX_PATH: Final = 63  # the height of a tree of MAX_SIZE leaves
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_OTHER_ROOTS: Final = "the consistency proof leads to other roots"

Nodes: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the complete node (level, index)."""
Span: TypeAlias = tuple[int, int]
"""Leaves [begin, end) under one node of an RFC 9162 tree, complete or at its right edge."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes. For proofs as well, keep a `Tree`."""
    row = leaves
    while len(row) > 1:
        row = _above(row)
    return row[0] if row else EMPTY_ROOT


class Tree:
    """A tree held in memory with all its levels: 64 bytes and an object per leaf."""

    __slots__ = ("_rows",)

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._rows: list[Sequence[bytes]] = [leaves]
        while len(self._rows[-1]) > 1:
            self._rows.append(_above(self._rows[-1]))

    @property
    def size(self) -> int:
        """How many leaves."""
        return len(self._rows[0])

    @property
    def root(self) -> bytes:
        """Root hash."""
        return self._rows[-1][0] if self.size else EMPTY_ROOT

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of the leaf at `index`, which must be in the tree."""
        if not 0 <= index < self.size:
            raise ValueError("a leaf outside the tree")
        proof = []
        for row in self._rows[:-1]:
            # The last node of an odd row is carried up as it is, so it has no sibling here.
            if index ^ 1 < len(row):
                proof.append(row[index ^ 1])
            index >>= 1
        return proof

    def node(self, level: int, index: int) -> bytes:
        """The complete node (level, index)."""
        if (index + 1) << level > self.size:
            raise ValueError("a node that is not complete in this tree")
        return self._rows[level][index]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: the complete subtrees that its size is the binary sum of, largest first."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """Root hash of the tree."""
        return _bag(self.nodes)

    def append(self, leaves: Iterable[bytes], *, keep: Callable[[int, int, bytes], None] | None = None) -> "Frontier":
        """The edge after more leaf hashes. `keep` is told (level, index, hash) of each node that became complete."""
        size, nodes = self.size, list(self.nodes)
        for leaf in leaves:
            carried, level = leaf, 0
            if keep is not None:
                keep(0, size, leaf)
            while size >> level & 1:
                carried = node_hash(nodes.pop(), carried)
                level += 1
                if keep is not None:
                    keep(level, size >> level, carried)
            nodes.append(carried)
            size += 1
        return Frontier(size, tuple(nodes))


def spans_of(size: int) -> list[tuple[int, int]]:
    """The nodes (level, index) of the frontier of a tree of `size` leaves, largest first."""
    return list(_complete(0, size))


def hash_span(span: Span, nodes: Nodes) -> bytes:
    """Root over the leaves of `span`, from complete nodes."""
    return _bag([nodes(level, index) for level, index in _complete(*span)])


def inclusion_spans(index: int, size: int) -> list[Span]:
    """What the hashes of an inclusion proof stand for, leaf's side first (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError("a leaf outside the tree")
    spans: list[Span] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((begin, middle))
            begin = middle
    spans.reverse()
    return spans


def consistency_spans(old: int, new: int) -> list[Span]:
    """What the hashes of a consistency proof stand for, in its order (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError("a consistency proof goes from a tree that is not empty to one that is not smaller")
    spans: list[Span] = []
    begin, end = 0, new
    while old < end:
        middle = begin + _split(end - begin)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((begin, middle))
            begin = middle
    if begin:  # the old tree's last subtree; where it is the whole old tree, the verifier has its root already
        spans.append((begin, end))
    spans.reverse()
    return spans


def verify_inclusion(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Return if `path` leads from the leaf hash at `index` to the root of a tree of `size` leaves.

    Raises:
        BadProof: it does not, or the numbers or lengths cannot be right.
    """
    _check_lengths(root)
    if inclusion_root(leaf, index=index, size=size, path=path) != root:
        raise BadProof("the inclusion proof leads to another root")


def inclusion_root(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which `path` leads from the leaf hash at `index` of a tree of `size` leaves.

    Raises:
        BadProof: the numbers or lengths cannot be right.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise BadProof("the leaf's index is not inside the tree")
    _check_lengths(leaf, *path)
    carried = leaf
    for step, turn in _turns(path, index, size - 1):
        carried = node_hash(step, carried) if turn is _Side.LEFT else node_hash(carried, step)
    return carried


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Return if `path` shows that the tree of `old` leaves is the beginning of the tree of `new` leaves.

    Raises:
        BadProof: it does not, `old` is 0 while `new` is not, or the numbers or lengths cannot be right.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise BadProof("a tree does not become smaller")
    if old == 0:
        raise BadProof("nothing can be shown from an empty tree")
    if old == new:
        if path or old_root != new_root:
            raise BadProof("trees of equal size have equal roots and nothing to prove")
        return
    _check_lengths(new_root)
    if grown_root(old_root, old=old, new=new, path=path) != new_root:
        raise BadProof(_OTHER_ROOTS)


def grown_root(old_root: bytes, *, old: int, new: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of `new` leaves to which `path` leads from that of `old` leaves, which is smaller.

    Raises:
        BadProof: it does not begin at `old_root`, or the numbers or lengths cannot be right.
    """
    if not 0 < old < new <= MAX_SIZE:
        raise BadProof("a consistency proof goes from a tree that is not empty to a larger one")
    _check_lengths(old_root, *path)
    steps = list(path) if old & (old - 1) else [old_root, *path]  # a complete old tree is its own first node
    before, after = roots_joined(steps, old=old, new=new)
    if before != old_root:
        raise BadProof(_OTHER_ROOTS)
    return after


def roots_joined(path: Sequence[bytes], *, old: int, new: int) -> tuple[bytes, bytes]:
    """The roots of the trees of `old` and `new` leaves that a consistency proof joins; `0 < old < new`.

    The path begins with the old tree's last complete subtree in every case, also where that is the whole old tree and an
    RFC 9162 proof leaves it out.

    Raises:
        BadProof: the numbers or lengths cannot be right.
    """
    if not 0 < old < new <= MAX_SIZE:
        raise BadProof("a tree is joined with a larger one, and neither is empty")
    _check_lengths(*path)
    if not path:
        raise BadProof("the consistency proof is empty")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for step, turn in _turns(path[1:], at, last):
        if turn is _Side.LEFT:
            before, after = node_hash(step, before), node_hash(step, after)
        else:
            after = node_hash(after, step)
    return before, after


class _Side(Enum):
    LEFT = "left"
    RIGHT = "right"


def _turns(path: Sequence[bytes], at: int, last: int) -> Iterator[tuple[bytes, _Side]]:
    """Each hash of a proof with the side it stands on, climbing from node `at` of a row that ends at `last`.

    Source: RFC 9162 §2.1.3.2 and §2.1.4.2, where the two numbers are called fn and sn.
    """
    for step in path:
        if last == 0:
            raise BadProof("the proof is longer than the tree is high")
        if at & 1 or at == last:
            yield step, _Side.LEFT
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            yield step, _Side.RIGHT
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("the proof is shorter than the tree is high")


def _above(row: Sequence[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
    if len(row) & 1:
        above.append(row[-1])
    return above


def _bag(nodes: Sequence[bytes]) -> bytes:
    if not nodes:
        return EMPTY_ROOT
    carried = nodes[-1]
    for node in reversed(nodes[:-1]):
        carried = node_hash(node, carried)
    return carried


def _complete(begin: int, end: int) -> Iterator[tuple[int, int]]:
    # Spans of such a tree begin at a multiple of their largest power of two, so greedy from the left is their shape.
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)  # the largest power of two below size


def _check_lengths(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise BadProof("a hash in a proof has 32 bytes")
