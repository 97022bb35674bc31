"""Members of a JSON value by their paths: `flow`, `air/temperature`. What is outside of them, and what is left inside. Pure.

Rules
- A path is the names from the top on, joined by `/`: a JSON Pointer without its first slash. A name with a slash in it has no
  path. A path means all that is below it.
- Below a list a path means each of its elements, so no path counts positions.
- What stands where a path goes on, and is no map or list, is outside: nobody named it.

Source: RFC 6901 (JSON Pointer); docs/decisions/0064-nothing-begins-unannounced.md.
Left out: escapes (`~0`, `~1`) and positions in lists.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from troth.signing.cbor import CborMap, CborValue

__all__ = ["DEPTH_MAX", "Tree", "apart", "are_within", "has_only", "left_of", "tree_of"]

DEPTH_MAX: Final = 8  # names in one path
Tree: TypeAlias = "Mapping[str, Tree | None]"  # None: all that is below


def are_within(paths: Collection[str], others: Collection[str]) -> bool:
    """Whether each of these means nothing beyond what the others mean together."""
    return all(path in others or any(path.startswith(f"{other}/") for other in others) for path in paths)


def apart(paths: Collection[str]) -> bool:
    """Whether none of these lies in another of them."""
    return not any(path != other and path.startswith(f"{other}/") for path in paths for other in paths)


def has_only(value: CborValue, paths: Collection[str]) -> bool:
    """Whether a value is a map, and all in it was named."""
    return isinstance(value, dict) and _named(value, tree_of(frozenset(paths)))


def left_of(value: CborValue, paths: Collection[str]) -> CborValue:
    """What is named of a value; None where nothing is."""
    return _left(value, tree_of(frozenset(paths))) if isinstance(value, dict) else None


def _named(value: CborValue, tree: Tree) -> bool:
    if isinstance(value, list):
        return all(_named(each, tree) for each in value)
    if not isinstance(value, dict):
        return False
    for name, each in value.items():
        if name not in tree:
            return False
        below = tree[str(name)]
        if below is not None and not _named(each, below):
            return False
    return True


def _left(value: CborValue, tree: Tree) -> CborValue:
    if isinstance(value, list):
        elements = (_left(each, tree) for each in value)
        return [each for each in elements if each is not None] or None
    if not isinstance(value, dict):
        return None
    found: CborMap = {}
    for name, each in value.items():
        if name not in tree:
            continue
        below = tree[str(name)]
        if below is None:
            found[name] = each
            continue
        kept = _left(each, below)
        if kept is not None:
            found[name] = kept
    return found or None


@lru_cache(maxsize=1024)
def tree_of(paths: frozenset[str]) -> Tree:
    """The names of these paths by level. Where one path lies in another, the other means it."""
    found: dict[str, Tree | None] = {}
    below: dict[str, set[str]] = {}
    for path in paths:
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, set()).add(rest)
        else:
            found[name] = None
    return {name: tree_of(frozenset(rest)) for name, rest in below.items() if name not in found} | found
