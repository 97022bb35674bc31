"""How a log lies in files: tile and bundle paths, which ones a tree needs, and the bytes of an entry bundle.

Rules
- A tile holds up to 256 node hashes of every eighth level; its partial forms `.p/<W>` are resources of their own.
- `N` is written in groups of three digits, all but the last with an `x` before them; one number has one spelling.
- An entry bundle is the entries of a level-0 tile, each behind its length as a big-endian uint16.

Source: C2SP tlog-tiles, "Merkle Tree", "Partial Tiles", "Log entries".
Left out: `checkpoint` (its own module), pruning, compression, and reading or writing anything.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from troth.errors import BadPath, BadProof
from troth.tlog.merkle import HASH_BYTES, MAX_SIZE

__all__ = [
    "ENTRIES",
    "HEIGHT",
    "MAX_ENTRY_BYTES",
    "MAX_LEVEL",
    "WIDTH",
    "Tile",
    "decode_bundle",
    "decode_tile",
    "encode_bundle",
    "parse_path",
    "tiles_between",
    "tiles_of",
]

HEIGHT: Final = 8  # levels of the tree in one tile
WIDTH: Final = 256  # hashes in a full tile
MAX_ENTRY_BYTES: Final = 65_535  # uint16 length prefix
MAX_LEVEL: Final = 63  # C2SP tlog-tiles: L is between 0 and 63
ENTRIES: Final = -1  # the "level" of entry bundles, which lie beside the tiles of level 0


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a tile, or with level ENTRIES of an entry bundle. `width` is 256 or, for a partial one, 1 to 255."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix."""
        digits = f"{self.index:03d}"
        digits = digits.rjust(-(-len(digits) // 3) * 3, "0")
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{number}" if self.width == WIDTH else f"tile/{level}/{number}.p/{self.width}"


def parse_path(path: str) -> Tile:
    """Read what `Tile.path` prints.

    Raises:
        BadPath: another form, another spelling of the same number, or a number beyond every tree.
    """
    bad = BadPath("a tile is at tile/<level or entries>/<number>, with .p/<width> when partial")
    head, _, rest = path.removeprefix("tile/").partition("/")
    number, dot, width_text = rest.partition(".p/")
    groups = number.split("/")
    digits = "".join(group.removeprefix("x") for group in groups)
    if len(digits) > len(str(MAX_SIZE)) + 2 or not _is_decimal(digits):
        raise bad
    if head != "entries" and not (_is_decimal(head) and len(head) <= 2):
        raise bad
    if dot and not (_is_decimal(width_text) and len(width_text) <= 3):
        raise bad
    level = ENTRIES if head == "entries" else int(head)
    width = int(width_text) if dot else WIDTH
    tile = Tile(level, int(digits), width)
    if level > MAX_LEVEL or tile.index > MAX_SIZE or (dot and not 0 < width < WIDTH) or tile.path != path:
        raise bad
    return tile


def tiles_of(size: int) -> list[Tile]:
    """The right edge of a tree: its last bundle and the last tile of each level that is not empty; nothing for size 0."""
    edge = []
    for level in range(MAX_LEVEL + 1):
        nodes = size >> (HEIGHT * level)
        if not nodes:
            break
        edge.append(_last(level, nodes))
    return [_last(ENTRIES, size), *edge] if size else []


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Every bundle and tile that a tree of `new` leaves has and one of `old` leaves has not, bundles first.

    Partial tiles of sizes between the two are not among them: no checkpoint names those sizes.
    """
    for level in range(ENTRIES, MAX_LEVEL + 1):
        shift = HEIGHT * max(level, 0)
        before, after = old >> shift, new >> shift
        if after == before:
            if not after:
                return
            continue
        for index in range(before // WIDTH, after // WIDTH):
            yield Tile(level, index)
        if after % WIDTH:
            yield Tile(level, after // WIDTH, after % WIDTH)


def decode_tile(data: bytes, *, width: int) -> list[bytes]:
    """Split a tile into its hashes.

    Raises:
        BadProof: not `width` hashes of 32 bytes.
    """
    if len(data) != width * HASH_BYTES:
        raise BadProof("a tile is 32 bytes for each of its hashes")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle. Each entry has at most 65,535 bytes; the caller has seen to it."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_bundle(data: bytes, *, width: int) -> list[bytes]:
    """Split an entry bundle.

    Raises:
        BadProof: not exactly `width` entries.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin])
        if begin > len(data) or at > len(data) or len(entries) == width:
            raise BadProof("an entry bundle ends in the middle of an entry or has too many")
        entries.append(data[begin:at])
    if len(entries) != width:
        raise BadProof("an entry bundle has another number of entries than its name says")
    return entries


def _last(level: int, nodes: int) -> Tile:
    return Tile(level, (nodes - 1) // WIDTH, (nodes - 1) % WIDTH + 1)


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdigit()
