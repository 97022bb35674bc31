"""Receipts: what is signed is read back and holds, for that entry of that log only; any bytes give a value or a refusal."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.made_signing import P256Signer, seed_of
from troth.errors import BadCose, BadProof, BadReceipt, Malformed, TooLarge, UnknownAlgorithm, UnsupportedReceipt
from troth.signing import cbor
from troth.signing.cose import Signer
from troth.signing.keys import Ed25519Signer
from troth.signing.sign1 import MAX_SIGN1_BYTES, make_sign1, parse_sign1
from troth.tlog import receipt
from troth.tlog.merkle import Tree, consistency_spans, hash_span, leaf_hash

ORIGIN: Final = "example.org/log"
ED = Ed25519Signer.from_seed(seed_of("ed"))
EC = P256Signer("ec")
signers = st.sampled_from((ED, EC))
LEAVES: Final = [leaf_hash(b"entry %d" % at) for at in range(70)]


def included(signer: Signer, index: int, size: int) -> bytes:
    tree = Tree(LEAVES[:size])
    proof = receipt.Inclusion(size, index, tuple(tree.path(index)))
    return receipt.sign_inclusion(signer, proof, root=tree.root, issuer=ORIGIN, subject="urn:s")


def grown(signer: Signer, old: int, new: int) -> bytes:
    tree = Tree(LEAVES[:new])
    path = tuple(hash_span(span, tree.node) for span in consistency_spans(old, new))
    return receipt.sign_consistency(signer, receipt.Consistency(old, new, path), root=tree.root, issuer=ORIGIN)


@given(signers, st.data())
def test_an_entry_has_a_receipt_that_holds_for_it_and_for_no_other(signer: Signer, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    made = included(signer, index, size)
    read = receipt.parse(made)
    assert (ORIGIN, "urn:s", signer.public.thumbprint) == (read.issuer, read.subject, read.kid)
    held = receipt.check_inclusion(read, entry=b"entry %d" % index, key=signer.public, issuer=ORIGIN)
    assert (size, index) == (held.size, held.index)
    with pytest.raises(BadCose):
        receipt.check_inclusion(read, entry=b"entry %d" % (index + 1), key=signer.public, issuer=ORIGIN)


@given(signers, st.data())
def test_a_log_that_grew_has_a_receipt_of_it(signer: Signer, data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, new - 1))
    read = receipt.parse(grown(signer, old, new))
    assert (ORIGIN, ORIGIN) == (read.issuer, read.subject)
    before, after = Tree(LEAVES[:old]).root, Tree(LEAVES[:new]).root
    proof, root = receipt.check_consistency(read, old_root=before, key=signer.public, issuer=ORIGIN)
    assert (old, new, after) == (proof.old, proof.new, root)
    with pytest.raises(
        (BadProof, BadCose)
    ):  # a complete old tree is itself the first node, so only the signature tells
        receipt.check_consistency(read, old_root=after, key=signer.public, issuer=ORIGIN)


@given(signers, st.integers(0, 400), st.integers(1, 255))
def test_any_byte_that_is_changed_breaks_a_receipt_or_changes_only_what_is_not_signed(
    signer: Signer, at: int, by: int
) -> None:
    """The size of the tree is not signed (docs/divergences.md): whatever it says, the entry is held and no other one is."""
    good = included(signer, 11, 53)
    at %= len(good)
    bad = good[:at] + bytes((good[at] ^ by,)) + good[at + 1 :]
    try:
        read = receipt.parse(bad)
        proof = receipt.check_inclusion(read, entry=b"entry 11", key=signer.public, issuer=ORIGIN)
    except Malformed:
        return
    assert at == good.index(b"\x18\x35\x0b") + 1, "only the byte that says 53"
    assert receipt.Inclusion(proof.size, 11, tuple(Tree(LEAVES[:53]).path(11))) == proof
    for other in (b"entry 10", b"entry 12", b""):
        with pytest.raises(BadCose):
            receipt.check_inclusion(read, entry=other, key=signer.public, issuer=ORIGIN)


def test_size_and_place_are_not_signed_but_the_entry_is() -> None:
    """The last of five leaves stands where the second of two would: one path, one root, one entry."""
    tree = Tree(LEAVES[:5])
    good = included(ED, 4, 5)
    bad = good.replace(cbor.encode([5, 4, tree.path(4)]), cbor.encode([2, 1, tree.path(4)]))
    assert bad != good
    read = receipt.parse(bad)
    assert receipt.check_inclusion(read, entry=b"entry 4", key=ED.public, issuer=ORIGIN).index == 1
    with pytest.raises(BadCose):
        receipt.check_inclusion(read, entry=b"entry 1", key=ED.public, issuer=ORIGIN)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_receipt_or_refused(data: bytes) -> None:
    for each in (data, b"\xd2" + data, b"\xd2\x84" + data):
        with suppress(Malformed):
            receipt.parse(each)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.binary(max_size=40) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(-3, 400) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values, values, values, values)
def test_any_values_in_the_place_of_headers_are_read_or_refused(
    protected: cbor.Encodable, unprotected: cbor.Encodable, proofs: cbor.Encodable, payload: cbor.Encodable
) -> None:
    for outer in (unprotected, {396: proofs}, {396: {-1: proofs}}):
        for inner in (protected, {395: 1, 15: protected}):
            message = b"\xd2" + cbor.encode([cbor.encode(inner), outer, payload, b"s"])
            with suppress(Malformed):
                receipt.parse(message)


def test_a_receipt_is_of_the_log_that_is_asked_for_and_of_the_key_that_is_given() -> None:
    read = receipt.parse(included(EC, 1, 9))
    for issuer in ("example.org/log2", "", None):
        with pytest.raises(BadReceipt, match="another log"):
            receipt.check_inclusion(read, entry=b"entry 1", key=EC.public, issuer=issuer)
    with pytest.raises(BadCose):
        receipt.check_inclusion(read, entry=b"entry 1", key=P256Signer("other").public, issuer=ORIGIN)
    with pytest.raises(UnknownAlgorithm):
        receipt.check_inclusion(read, entry=b"entry 1", key=ED.public, issuer=ORIGIN)


def test_one_kind_of_proof_does_not_stand_for_the_other() -> None:
    with pytest.raises(BadReceipt, match="no inclusion"):
        receipt.check_inclusion(receipt.parse(grown(EC, 3, 9)), entry=b"", key=EC.public, issuer=ORIGIN)
    with pytest.raises(BadReceipt, match="no consistency"):
        receipt.check_consistency(receipt.parse(included(EC, 3, 9)), old_root=b"", key=EC.public, issuer=ORIGIN)


def test_a_tree_of_one_leaf_has_no_receipt() -> None:
    with pytest.raises(BadProof):
        included(EC, 0, 1)
    with pytest.raises(BadProof):
        grown(EC, 8, 8)


TREE = Tree(LEAVES[:9])
PROOF = cbor.encode([9, 1, TREE.path(1)])
CWT: Final[dict[int, cbor.Encodable]] = {1: ORIGIN}


def made_of(
    *,
    protected: dict[int, cbor.Encodable] | None = None,
    proofs: cbor.Encodable = None,
    attached: bytes | None = None,
) -> bytes:
    headers = {1: -7, 15: CWT, 395: 1, **(protected or {})}
    outer: cbor.Encodable = {396: {-1: [PROOF]} if proofs is None else proofs}
    return make_sign1(EC, headers, unprotected=outer, payload=TREE.root, attached=attached)


def held(data: bytes) -> receipt.Inclusion:
    return receipt.check_inclusion(receipt.parse(data), entry=b"entry 1", key=EC.public, issuer=ORIGIN)


@pytest.mark.parametrize(
    "data",
    [made_of(), made_of(attached=TREE.root), made_of(protected={99: "more", 4: b"a name"}), made_of(protected={1: -9})],
    ids=["plain", "attached root", "more headers", "the twin algorithm"],
)
def test_what_the_standard_allows_is_read(data: bytes) -> None:
    assert 9 == held(data).size


def random_order(data: bytes) -> bytes:
    """The same receipt with its proof's map as another encoder may write it: heads longer than they need to be."""
    return data.replace(b"\xa1\x19\x01\x8c", b"\xb8\x01\x1a\x00\x00\x01\x8c")


def test_other_spellings_of_the_unprotected_headers_are_read() -> None:
    other = random_order(made_of())
    assert other != made_of()
    assert 9 == held(other).size


UNSUPPORTED: Final[dict[str, Callable[[], bytes]]] = {
    "another structure": lambda: made_of(protected={395: 2}),
    "two proofs": lambda: made_of(proofs={-1: [PROOF, PROOF]}),
    "two kinds of proof": lambda: made_of(proofs={-1: [PROOF], -2: [PROOF]}),
    "another kind of proof": lambda: made_of(proofs={-3: [PROOF]}),
}
BAD: Final[dict[str, Callable[[], bytes]]] = {
    "a structure that is true": lambda: made_of(protected={395: True}),
    "a structure named by text": lambda: made_of(protected={395: "1"}),
    "no structure": lambda: made_of(protected={395: None}),
    "claims that are no map": lambda: made_of(protected={15: [1]}),
    "an issuer that is bytes": lambda: made_of(protected={15: {1: b"x"}}),
    "a key named by text": lambda: made_of(protected={4: "kid"}),
    "no proof": lambda: made_of(proofs={}),
    "proofs that are no map": lambda: made_of(proofs=[PROOF]),
    "a proof that is no CBOR": lambda: made_of(proofs={-1: [b"\xff"]}),
    "a proof of two parts": lambda: made_of(proofs={-1: [cbor.encode([9, 1])]}),
    "a negative index": lambda: made_of(proofs={-1: [cbor.encode([9, -1, TREE.path(1)])]}),
    "an index that is true": lambda: made_of(proofs={-1: [cbor.encode([9, True, TREE.path(1)])]}),
    "a size beyond every tree": lambda: made_of(proofs={-1: [cbor.encode([1 << 63, 1, TREE.path(1)])]}),
    "a path without a step": lambda: made_of(proofs={-1: [cbor.encode([9, 1, []])]}),
    "a short hash": lambda: made_of(proofs={-1: [cbor.encode([9, 1, [b"x" * 31]])]}),
    "a step that is no hash": lambda: made_of(proofs={-1: [cbor.encode([9, 1, [*TREE.path(1), 7]])]}),
    "an endless path": lambda: made_of(proofs={-1: [cbor.encode([9, 1, [bytes(32)] * 127])]}),
    "no tag": lambda: made_of()[1:],
    "another tag": lambda: b"\xd1" + made_of()[1:],
    "bytes behind it": lambda: made_of() + b"\0",
    "the proof among the protected headers as well": lambda: made_of(protected={396: 1}),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_is_said_to_be(name: str) -> None:
    with pytest.raises(UnsupportedReceipt):
        receipt.parse(UNSUPPORTED[name]())


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_receipt_is_refused(name: str) -> None:
    with pytest.raises(BadReceipt) as caught:
        receipt.parse(BAD[name]())
    assert caught.type is BadReceipt


def test_a_receipt_with_another_root_or_a_critical_header_does_not_hold() -> None:
    with pytest.raises(BadReceipt, match="another root"):
        held(made_of(attached=bytes(32)))
    with pytest.raises(BadCose, match="understood"):
        held(made_of(protected={2: [99], 99: 1}))
    with pytest.raises(UnknownAlgorithm):
        held(made_of(protected={1: -35}))


def test_a_message_of_others_has_at_most_a_mebibyte() -> None:
    with pytest.raises(TooLarge):
        parse_sign1(b"\xd2" + bytes(MAX_SIGN1_BYTES))


def test_a_receipt_is_the_same_each_time() -> None:
    order = random.Random(7).sample(range(53), 10)
    assert [included(EC, at, 53) for at in order] == [included(EC, at, 53) for at in order]
