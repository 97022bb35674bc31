"""Trees: every way of computing them agrees with the definition, and a proof holds for its place and root only."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadProof
from troth.tlog import segment
from troth.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    consistency_spans,
    hash_span,
    inclusion_spans,
    leaf_hash,
    node_hash,
    root_of,
    spans_of,
    verify_consistency,
    verify_inclusion,
)
from troth.tlog.tiles import WIDTH, Tile, tiles_between, tiles_of

LEAVES = [leaf_hash(b"%d" % index) for index in range(600)]
sizes = st.integers(1, 600)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


@given(st.integers(0, 600))
def test_every_way_to_the_root_is_the_definition_s(size: int) -> None:
    leaves = LEAVES[:size]
    root = by_definition(leaves)
    assert root == root_of(leaves) == Tree(leaves).root == Frontier().append(leaves).root


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_edge_grows_to_the_same_tree_in_any_steps(first: int, then: int) -> None:
    nodes: dict[tuple[int, int], bytes] = {}

    def keep(level: int, index: int, node: bytes) -> None:
        assert (level, index) not in nodes
        nodes[level, index] = node

    edge = Frontier().append(LEAVES[:first], keep=keep).append(LEAVES[first : first + then], keep=keep)
    tree = Tree(LEAVES[: first + then])
    assert (tree.size, tree.root) == (edge.size, edge.root)
    assert all(node == tree.node(*place) for place, node in nodes.items())
    assert edge.nodes == tuple(nodes[place] for place in spans_of(edge.size))


@given(sizes, st.data())
def test_a_proof_of_inclusion_holds_where_it_should_and_nowhere_else(size: int, data: st.DataObject) -> None:
    tree, index = Tree(LEAVES[:size]), data.draw(st.integers(0, size - 1))
    path = tree.path(index)
    assert path == [hash_span(span, tree.node) for span in inclusion_spans(index, size)]
    verify_inclusion(LEAVES[index], index=index, size=size, path=path, root=tree.root)
    other = data.draw(st.integers(0, size))
    wrong: list[tuple[bytes, int, list[bytes], bytes]] = [
        (EMPTY_ROOT, index, path, tree.root),
        (LEAVES[index], index, path, EMPTY_ROOT),
        (LEAVES[index], index, [*path, EMPTY_ROOT], tree.root),
        (LEAVES[index], index, [step[:31] for step in path] or [b""], tree.root),
        (LEAVES[index], -1, path, tree.root),
        (LEAVES[index], size, path, tree.root),
        (LEAVES[index][:31], index, path, tree.root),
    ]
    if other != index:
        wrong.append((LEAVES[index], other, path, tree.root))
    if path:
        wrong += [
            (LEAVES[index], index, path[:-1], tree.root),
            (LEAVES[index], index, path[1:], tree.root),
            (LEAVES[index], index, [EMPTY_ROOT, *path[1:]], tree.root),
        ]
    for leaf, place, steps, root in wrong:
        with pytest.raises(BadProof):
            verify_inclusion(leaf, index=place, size=size, path=steps, root=root)


@given(sizes, st.data())
def test_a_proof_of_growth_holds_between_its_trees_and_no_others(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    tree, before = Tree(LEAVES[:new]), root_of(LEAVES[:old])
    path = [hash_span(span, tree.node) for span in consistency_spans(old, new)] if old < new else []
    verify_consistency(old=old, new=new, old_root=before, new_root=tree.root, path=path)
    assert [] == [hash_span(span, tree.node) for span in consistency_spans(new, new)][1:] or old < new
    wrong: list[tuple[int, int, bytes, bytes, list[bytes]]] = [
        (old, new, EMPTY_ROOT, tree.root, path),
        (old, new, before, EMPTY_ROOT, path),
        (old, new, before, tree.root, [*path, EMPTY_ROOT]),
        (0, new, before, tree.root, path),
        (-1, new, before, tree.root, path),
        (new + 1, new, before, tree.root, path),
    ]
    if path:
        wrong += [(old, new, before, tree.root, path[:-1]), (old, new, before, tree.root, [b"", *path[1:]])]
        wrong += [(old, new, before[:31], tree.root, path)]
    for first, then, root, after, steps in wrong:
        with pytest.raises(BadProof):
            verify_consistency(old=first, new=then, old_root=root, new_root=after, path=steps)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_no_proof_of_growth_is_made_between_trees_that_have_none(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="consistency"):
        consistency_spans(old, new)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_no_path_is_made_for_a_leaf_outside(index: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        inclusion_spans(index, 5)
    with pytest.raises(ValueError, match="outside"):
        Tree(LEAVES[:5]).path(index)
    with pytest.raises(ValueError, match="not complete"):
        Tree(LEAVES[:5]).node(2, 1)


def widths(size: int, level: int) -> list[Tile]:
    """The tiles of one level as the specification counts them."""
    shift = 8 * max(level, 0)
    full, part = divmod(size >> shift, WIDTH)
    return [*(Tile(level, index) for index in range(full)), *([Tile(level, full, part)] if part else [])]


@given(st.integers(0, 200_000), st.integers(0, 70_000))
def test_what_growing_adds_is_what_the_new_tree_has_and_the_old_had_not(old: int, more: int) -> None:
    new = old + more
    added = list(tiles_between(old, new))
    for level in range(-1, 5):
        had, has = set(widths(old, level)), widths(new, level)
        assert [tile for tile in has if tile not in had] == [tile for tile in added if tile.level == level]
    assert [tile for level in range(-1, 9) for tile in widths(new, level)[-1:]] == tiles_of(new)


def test_the_specification_s_own_example_of_seventy_thousand() -> None:
    assert [273, 1] == [len(widths(70_000, 0)[:-1]), len(widths(70_000, 1)[:-1])]
    assert [Tile(-1, 273, 112), Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)] == tiles_of(70_000)
    assert [Tile(-1, 0), Tile(0, 0), Tile(1, 0, 1)] == tiles_of(256)


@given(st.integers(0, 5_000))
def test_a_segment_has_a_size_that_tells_little(traces: int) -> None:
    size = segment.padded_size(traces)
    assert size in {256, 1_024, 4_096, 16_384}
    assert traces <= size
    assert size == 256 or traces > size // 4
    padded = segment.pad([bytes(32)] * traces, seed=bytes(32))
    assert size == len(padded)
    assert len(set(padded[traces:])) == size - traces


def test_a_segment_holds_no_more_than_its_largest_size() -> None:
    assert 65_536 == segment.padded_size(65_536) == segment.padded_size(16_385)
    with pytest.raises(ValueError, match="65,536"):
        segment.padded_size(65_537)
    with pytest.raises(ValueError, match="seed"):
        segment.pad([], seed=b"short")
