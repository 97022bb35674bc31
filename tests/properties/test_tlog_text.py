"""Notes, checkpoints, verifier keys, tile paths and proofs: any bytes give a value or a refusal, and one spelling each."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.vectors.made_signing import P256Signer, seed_of
from troth.errors import BadNote, BadPath, BadProof, Malformed, TooLarge
from troth.signing.keys import Ed25519Signer
from troth.tlog import proof
from troth.tlog.checkpoint import (
    Checkpoint,
    Note,
    NoteSignature,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
    sign_note,
    verify_note,
)
from troth.tlog.merkle import MAX_SIZE, leaf_hash
from troth.tlog.tiles import ENTRIES, MAX_LEVEL, Tile, decode_bundle, decode_tile, encode_bundle, parse_path

SIGNER = Ed25519Signer.from_seed(seed_of("log"))
KEY = VerifierKey("example.org/log", SIGNER.public)
WITNESS = Ed25519Signer.from_seed(seed_of("witness"))
WITNESS_KEY = VerifierKey("witness.example", WITNESS.public)

names = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="+"), min_size=1, max_size=40)
lines = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
hashes = st.binary(min_size=32, max_size=32)
sizes = st.integers(0, MAX_SIZE)
checkpoints = st.builds(Checkpoint, st.just(KEY.name), sizes, hashes, st.lists(lines, max_size=2).map(tuple))


@given(checkpoints)
def test_a_checkpoint_signed_is_the_checkpoint_opened(checkpoint: Checkpoint) -> None:
    data = sign_checkpoint(checkpoint, SIGNER)
    assert checkpoint == open_checkpoint(data, KEY)
    assert data == parse_note(data).encode()
    assert checkpoint.text == parse_checkpoint(checkpoint.text).text


@given(checkpoints, st.data())
def test_any_byte_flipped_breaks_a_checkpoint(checkpoint: Checkpoint, data: st.DataObject) -> None:
    signed = bytearray(sign_checkpoint(checkpoint, SIGNER))
    signed[data.draw(st.integers(0, len(signed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Malformed):
        open_checkpoint(bytes(signed), KEY)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"a\n1\n\n— {text}\n".encode(errors="ignore")))
@example(b"a\n\n\xe2\x80\x94 b AAAAAAA=\n")
def test_any_bytes_give_a_note_or_a_refusal(data: bytes) -> None:
    try:
        note = parse_note(data)
    except Malformed:
        return
    assert data == note.encode()


@given(st.text(max_size=120) | st.tuples(lines, sizes, lines).map(lambda parts: "{}\n{}\n{}\n".format(*parts)))
def test_any_text_gives_a_checkpoint_or_a_refusal(text: str) -> None:
    try:
        checkpoint = parse_checkpoint(text)
    except BadNote:
        return
    assert text == checkpoint.text


@given(names)
def test_a_verifier_key_reads_back(name: str) -> None:
    key = VerifierKey(name, SIGNER.public)
    assert key == VerifierKey.parse(str(key))


@given(st.text(max_size=120) | st.text(max_size=80).map(lambda text: f"a+{KEY.key_id.hex()}+{text}"))
def test_any_text_gives_a_verifier_key_or_a_refusal(text: str) -> None:
    try:
        key = VerifierKey.parse(text)
    except BadNote:
        return
    assert text == str(key)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\x00", "a\ud800", "a" * 513])
def test_a_name_that_a_signature_line_cannot_carry_names_no_key(name: str) -> None:
    with pytest.raises(BadNote):
        VerifierKey(name, SIGNER.public)


def test_a_key_of_another_kind_signs_no_note() -> None:
    with pytest.raises(BadNote):
        VerifierKey("a", P256Signer("note").public)


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\n",
        "o\n01\n{}\n",
        "o\n-1\n{}\n",
        "o\n+1\n{}\n",
        "o\n1 \n{}\n",
        "o\n\u0661\n{}\n",
        f"o\n{MAX_SIZE + 1}\n{{}}\n",
        "\n1\n{}\n",
        "o\n1\n{}",
        "o\n1\n{}\n\n",
        "o\n1\n{}\n\nx\n",
        "o\n1\n{}=\n",
        "o\n1\nAAAA\n",
        "o\n1\n {}\n",
    ],
)
def test_another_spelling_of_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(text.format(base64.b64encode(bytes(32)).decode()))


def test_base64_with_bits_beyond_its_end_is_refused() -> None:
    with pytest.raises(BadNote):
        parse_checkpoint("o\n1\n" + "A" * 42 + "B=\n")


def test_signatures_by_strangers_are_passed_over_and_every_known_one_counts() -> None:
    text = Checkpoint(KEY.name, 1, bytes(32)).text
    alone = parse_note(sign_note(text, WITNESS, name=WITNESS_KEY.name)).signatures
    both = parse_note(sign_note(text, SIGNER, name=KEY.name, others=alone))
    assert (KEY,) == verify_note(both, [KEY])
    assert (WITNESS_KEY,) == verify_note(both, [WITNESS_KEY])
    assert (KEY, WITNESS_KEY) == verify_note(both, [WITNESS_KEY, KEY])
    broken = NoteSignature(WITNESS_KEY.name, WITNESS_KEY.key_id, bytes(64))
    half = Note(text, (both.signatures[0], broken))
    assert (KEY,) == verify_note(half, [KEY])
    with pytest.raises(BadNote, match="does not verify"):
        verify_note(half, [KEY, WITNESS_KEY])
    with pytest.raises(BadNote, match="no known key"):
        verify_note(both, [])


def test_a_checkpoint_of_another_origin_under_the_same_key_is_refused() -> None:
    data = sign_note(Checkpoint("example.org/other", 1, bytes(32)).text, SIGNER, name=KEY.name)
    with pytest.raises(BadNote, match="another log"):
        open_checkpoint(data, KEY)


def test_a_text_that_would_run_into_its_signatures_is_not_signed() -> None:
    for text in ("no newline", "tab\t\n", "", "a\r\n"):
        with pytest.raises(BadNote):
            sign_note(text, SIGNER, name=KEY.name)


def test_sixteen_signatures_are_read_and_a_thousand_are_not() -> None:
    line = str(NoteSignature("a", b"1234", bytes(4_800)))
    assert 16 == len(parse_note(("a\n\n" + line * 16).encode()).signatures)
    with pytest.raises(TooLarge):
        parse_note(("a\n\n" + str(NoteSignature("a", b"1234", b"5")) * 65).encode())
    with pytest.raises(TooLarge):
        parse_note(b"a" * 262_145)


@given(st.integers(ENTRIES, MAX_LEVEL), sizes, st.integers(1, 256))
def test_a_tile_s_path_reads_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert tile == parse_path(tile.path)


@given(st.text(max_size=40) | st.text("0123456789x/.p", max_size=30).map(lambda text: "tile/" + text))
def test_any_text_gives_a_path_or_a_refusal(text: str) -> None:
    try:
        tile = parse_path(text)
    except BadPath:
        return
    assert text == tile.path


@pytest.mark.parametrize(
    "path",
    [
        "checkpoint",
        "tile/0/0",
        "tile/0/1000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/../0",
        "/tile/0/000",
        "tile/0/000/",
        "tile/entry/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_another_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse_path(path)


def test_the_specification_s_own_example_path() -> None:
    assert "tile/0/x001/x234/067" == Tile(0, 1_234_067).path


@given(st.lists(st.binary(max_size=300), max_size=5), st.data())
def test_a_bundle_reads_back_and_only_under_its_width(entries: list[bytes], data: st.DataObject) -> None:
    encoded = encode_bundle(entries)
    assert entries == decode_bundle(encoded, width=len(entries))
    with pytest.raises(BadProof):
        decode_bundle(encoded, width=data.draw(st.integers(0, 256).filter(lambda width: width != len(entries))))


@given(st.binary(max_size=100), st.integers(0, 4))
def test_any_bytes_give_a_bundle_or_a_refusal(data: bytes, width: int) -> None:
    try:
        entries = decode_bundle(data, width=width)
    except BadProof:
        return
    assert data == encode_bundle(entries)


def test_a_tile_that_is_cut_is_refused() -> None:
    for data in (bytes(31), bytes(33), b"", bytes(96)):
        with pytest.raises(BadProof):
            decode_tile(data, width=2)


proofs = st.builds(
    proof.TlogProof,
    sizes,
    st.lists(hashes, max_size=63).map(tuple),
    checkpoints.map(lambda checkpoint: sign_checkpoint(checkpoint, SIGNER)),
    st.none() | st.binary(max_size=50),
)


@given(proofs)
def test_a_proof_reads_back(each: proof.TlogProof) -> None:
    assert each == proof.parse(proof.encode(each))


@given(st.binary(max_size=200) | proofs.map(proof.encode), st.data())
def test_any_bytes_give_a_proof_or_a_refusal(data: bytes, draw: st.DataObject) -> None:
    changed = bytearray(data)
    if changed:
        changed[draw.draw(st.integers(0, len(changed) - 1))] = draw.draw(st.integers(0, 255))
    try:
        read = proof.parse(bytes(changed))
    except Malformed:
        return
    assert bytes(changed) == proof.encode(read)


SIGNED = sign_checkpoint(Checkpoint(KEY.name, 1, leaf_hash(b"a")), SIGNER)


@pytest.mark.parametrize(
    "head",
    [
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n",
        b"c2sp.org/tlog-proof@v1\nindex 00\n\n",
        b"c2sp.org/tlog-proof@v1\nindex -1\n\n",
        b"c2sp.org/tlog-proof@v1\nindex\n\n",
        b"c2sp.org/tlog-proof@v1\nextra YQ==\n\n",
        b"c2sp.org/tlog-proof@v1\nextra YR==\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nextra YQ==\nextra YQ==\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\nextra YQ==\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        b"c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\n",
        b"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n",
        b"",
    ],
)
def test_another_spelling_of_a_proof_is_refused(head: bytes) -> None:
    assert proof.parse(b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + SIGNED).path == ()
    with pytest.raises(BadProof):
        proof.parse(head + SIGNED)


def test_a_proof_without_a_checkpoint_or_with_too_much_is_refused() -> None:
    with pytest.raises(BadProof):
        proof.parse(b"c2sp.org/tlog-proof@v1\nindex 0\n\nhello\n")
    with pytest.raises(TooLarge):
        proof.parse(b"x" * 3_000_000)
    with pytest.raises(TooLarge):
        proof.parse(b"c2sp.org/tlog-proof@v1\nextra " + b"AAAA" * 350_000 + b"\nindex 0\n\n" + SIGNED)
