"""Our own formats, from files that must never change: CBOR, statements, traces, segments."""

import hashlib
import json
import struct
from pathlib import Path
from typing import cast

import cbor2
import pytest

from tests.vectors import made_traces, make
from troth.errors import BadCbor, BadCose, BadProof, BadTrace
from troth.names import StatementId, ckt_uri
from troth.signing import cbor
from troth.signing.cose import ES256, PublicKey, envelope_digest, open_envelope, parse, verify
from troth.statements.kinds import KINDS, Text
from troth.statements.statement import read
from troth.tlog import segment, trace
from troth.tlog.merkle import Tree

FOLDER = Path(__file__).parent / "troth"


def rows(name: str, *keys: str) -> list[dict[str, str]]:
    value = json.loads((FOLDER / name).read_text())
    for key in keys:
        value = value[key]
    return cast("list[dict[str, str]]", value)


def refused(read: bytes) -> bool:
    try:
        cbor.decode(read)
    except BadCbor:
        return True
    return False


def test_making_the_vectors_again_gives_the_same_bytes() -> None:
    made = make.build()
    assert sorted(made) == sorted(path.name for path in FOLDER.iterdir())
    assert [] == [name for name, data in made.items() if (FOLDER / name).read_bytes() != data]


@pytest.mark.parametrize("row", rows("cbor.json", "accepted"), ids=lambda row: row["value"][:30])
def test_what_is_deterministic_is_read_and_written_back(row: dict[str, str]) -> None:
    data = bytes.fromhex(row["hex"])
    value = cbor.decode(data)
    assert data == cbor.encode(value)
    assert row["value"] == repr(value) or isinstance(value, dict)
    assert cbor2.loads(data) == value


@pytest.mark.parametrize("row", rows("cbor.json", "refused"), ids=lambda row: row["hex"][:30] or "nothing")
def test_what_is_not_deterministic_is_refused(row: dict[str, str]) -> None:
    assert refused(bytes.fromhex(row["hex"])), row["why"]


def test_sixteen_levels_are_read_and_seventeen_are_not() -> None:
    assert not refused(bytes.fromhex("81" * 15 + "80"))
    assert refused(bytes.fromhex("81" * 16 + "80"))


SAID = [{**row, "file": file} for file in ("statements.json", "kinds.json") for row in rows(file, "statements")]


@pytest.mark.parametrize("row", SAID, ids=lambda row: row["name"])
def test_a_statement_reads_as_the_vector_says(row: dict[str, str]) -> None:
    keys = json.loads((FOLDER / row["file"]).read_text())["keys"]
    key = PublicKey.from_cose_key(bytes.fromhex(keys[row["key"]]["cose_key"]))
    signed = parse(bytes.fromhex(row["statement"]))
    verify(signed, key)
    assert row["id"] == signed.id.hex() == hashlib.sha256(bytes.fromhex(row["sig_structure"])).hexdigest()
    assert (row["payload"], row["sig_structure"]) == (signed.payload.hex(), signed.sig_structure.hex())
    assert (row["content_type"], row["form"]) == (signed.headers.content_type, signed.headers.form.value)
    assert (row["issuer"], row["subject"]) == (signed.headers.issuer, signed.headers.subject)


@pytest.mark.parametrize("row", SAID, ids=lambda row: row["name"])
def test_a_statement_is_what_the_standard_says_in_someone_else_s_reading(row: dict[str, str]) -> None:
    whole = cbor2.loads(bytes.fromhex(row["statement"]))
    protected, unprotected, payload, signature = whole.value
    headers = cbor2.loads(protected)
    keys = json.loads((FOLDER / row["file"]).read_text())["keys"]
    assert (18, {}, 64) == (whole.tag, unprotected, len(signature))
    assert keys[row["key"]]["alg"] == headers[1]
    assert keys[row["key"]]["thumbprint"] == headers[4].hex()
    assert {1: row["issuer"], 2: row["subject"], 6: row["issued_at_s"]} == headers[15]
    if row["form"] == "inline":
        assert ({1, 3, 4, 15}, row["content_type"]) == (set(headers), headers[3])
    else:
        assert ({1, 4, 15, 258, 259}, -16, row["content_type"]) == (set(headers), headers[258], headers[259])
    assert bytes.fromhex(row["sig_structure"]) == cbor2.dumps(["Signature1", protected, b"", payload])


@pytest.mark.parametrize("row", rows("kinds.json", "statements"), ids=lambda row: row["name"])
def test_the_vector_of_a_kind_reads_as_its_fields(row: dict[str, str]) -> None:
    preimage = bytes.fromhex(row["preimage"]) if "preimage" in row else None
    statement = read(parse(bytes.fromhex(row["statement"])), preimage)
    plain = cbor2.loads(bytes.fromhex(row["payload"]) if preimage is None else cbor2.loads(preimage)[1])
    assert (row["kind"], row["face"]) == (statement.kind.name.value, statement.kind.face.value)
    assert list(row["crit"]) == plain.get("crit", [])
    if preimage is None:
        assert row["fields"] == json.loads(json.dumps(plain, default=lambda raw: {"hex": raw.hex()}))


def test_every_kind_has_a_vector_and_every_kind_that_may_be_enveloped_two() -> None:
    said = [(row["kind"], row["form"]) for row in rows("kinds.json", "statements")]
    assert {(kind.name.value, "inline") for kind in KINDS.values()} == {each for each in said if each[1] == "inline"}
    may = {kind.name.value for kind in KINDS.values() if kind.text is not Text.INLINE}
    assert may == {kind for kind, form in said if form == "digest"}


def test_a_hash_envelope_opens_to_what_was_salted() -> None:
    row = next(each for each in rows("statements.json", "statements") if "preimage" in each)
    preimage = bytes.fromhex(row["preimage"])
    salt, payload = open_envelope(preimage)
    assert row["payload"] == envelope_digest(preimage).hex() == hashlib.sha256(cbor2.dumps([salt, payload])).hexdigest()
    with pytest.raises(BadCose):
        open_envelope(preimage[:-1])
    with pytest.raises(BadCose):
        open_envelope(cbor.encode([salt[:-1], payload]))


def test_thumbprints_are_those_of_the_standard_s_own_reading() -> None:
    keys = json.loads((FOLDER / "statements.json").read_text())["keys"]
    for key in keys.values():
        data = bytes.fromhex(key["cose_key"])
        assert key["thumbprint"] == hashlib.sha256(data).hexdigest()
        assert key["uri"] == ckt_uri(bytes.fromhex(key["thumbprint"]))
        fields = cbor2.loads(data)
        assert list(fields) in ([1, -1, -2], [1, -1, -2, -3])


def test_the_thumbprint_that_rfc_9679_prints_is_ours() -> None:
    x = "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
    y = "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
    key = PublicKey(ES256, bytes.fromhex(x + y))
    assert "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec" == key.thumbprint.hex()


@pytest.mark.parametrize("row", rows("traces.json", "traces"), ids=lambda row: row["name"])
def test_a_trace_reads_writes_and_hashes_as_the_vector_says(row: dict[str, str]) -> None:
    salt = bytes.fromhex(json.loads((FOLDER / "traces.json").read_text())["salt"])
    data = bytes.fromhex(row["trace"])
    assert data == trace.encode(trace.decode(data))
    assert row["leaf"] == trace.leaf_hash(salt, data).hex()
    assert row["leaf"] == hashlib.sha256(b"\x00" + b"troth/trace/v1" + b"\x00" + salt + data).hexdigest()
    assert [bytes.fromhex(row["leaf"])] == trace.leaf_hashes([(salt, data)])


@pytest.mark.parametrize("row", rows("traces.json", "traces"), ids=lambda row: row["name"])
def test_a_trace_that_is_cut_or_longer_is_none(row: dict[str, str]) -> None:
    data = bytes.fromhex(row["trace"])
    fixed = data[0] == trace.COLLECTED and data[65] == 4  # a text may be cut and still be a text
    for other in (b"", data + b"\x00", *([] if fixed else [data[:-1]])):
        if other == data + b"\x00" and fixed:
            continue
        with pytest.raises(BadTrace):
            trace.decode(other)


def test_the_collected_layout_is_the_one_written_down() -> None:
    row = rows("traces.json", "traces")[0]
    data = bytes.fromhex(row["trace"])
    kind, stream, sequence, from_ns, to_ns, gate_ns, basis, type_, number = struct.unpack(">B16sQqqq16sBd", data)
    assert (1, 0, 1, 21.5) == (kind, sequence, type_, number)
    read = trace.decode(data)
    assert trace.Collected(stream, sequence, from_ns, to_ns, gate_ns, basis, type_, number) == read


def test_the_name_of_a_basis_does_not_depend_on_the_order_of_its_statements() -> None:
    basis = json.loads((FOLDER / "traces.json").read_text())["basis"]
    ids = [StatementId(bytes.fromhex(each)) for each in basis["ids"]]
    assert basis["id"] == trace.basis_id(reversed(ids)).hex() == trace.basis_id([*ids, ids[0]]).hex()
    assert basis["id"] == hashlib.sha256(b"".join(sorted(ids))).hexdigest()[:32]


@pytest.mark.parametrize("at", range(5))
def test_a_segment_is_padded_and_rooted_as_the_vector_says(at: int) -> None:
    row = json.loads((FOLDER / "segments.json").read_text())[at]
    made = made_traces.segment_of(row["traces"])
    assert row == made
    assert row["size"] in {256, 1_024, 4_096}
    first, last = row["leaves"] or row["padding"], row["last_leaf"]
    root, size = bytes.fromhex(row["root"]), row["size"]
    for leaf, index, path in ((first[0], 0, row["first_path"]), (last, size - 1, row["last_path"])):
        steps = [bytes.fromhex(step) for step in path]
        segment.verify_path(bytes.fromhex(leaf), index=index, size=size, path=steps, root=root)
        for size_said, index_said in ((size, index ^ 1), (size * 4, index), (size // 4, index), (size - 1, index)):
            with pytest.raises(BadProof):
                segment.verify_path(bytes.fromhex(leaf), index=index_said, size=size_said, path=steps, root=root)


def test_the_same_leaves_under_another_seed_are_another_segment() -> None:
    leaves = [bytes([at]) * 32 for at in range(3)]
    one, other = (segment.pad(leaves, seed=bytes([seed]) * 32) for seed in (1, 2))
    assert one[:3] == other[:3] == leaves
    assert not set(one[3:]) & set(other[3:])
    assert Tree(one).root == segment.root(one) != segment.root(other)
