"""Moves rows as the node's process does, without leaves and without a tree: `bench/_bare` starts it.

Source: promises.md, P3. What it takes away is put in the places of the functions that do it, in this process only.
"""

from collections.abc import Iterable, Sequence

from troth.adapters import making_rows, making_worker

_LEAF = bytes(32)


def _no_leaves(rows: Iterable[object]) -> list[bytes]:
    return [_LEAF for _ in rows]


def _as_they_are(leaves: Sequence[bytes], *, seed: bytes) -> list[bytes]:
    del seed
    return list(leaves)


def _no_root(leaves: Sequence[bytes]) -> bytes:
    del leaves
    return _LEAF


def main() -> None:
    vars(making_rows).update(number_leaves=_no_leaves, pad=_as_they_are, root_of=_no_root)
    making_worker.main()


if __name__ == "__main__":
    main()
