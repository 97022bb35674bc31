"""Cosignatures, requests to witnesses, trust policies and evidence of forks: one spelling each, any bytes or a refusal."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.made_signing import P256Signer, seed_of
from troth.errors import BadNote, BadProof, Malformed, TooLarge
from troth.signing.keys import Ed25519Signer
from troth.tlog.add_checkpoint import (
    MAX_REQUEST_BYTES,
    Addition,
    encode_request,
    encode_size,
    parse_request,
    parse_size,
)
from troth.tlog.checkpoint import Checkpoint, Note, NoteSignature, VerifierKey, sign_checkpoint
from troth.tlog.cosignature import (
    MAX_TIME_S,
    WitnessKey,
    check_cosignature,
    cosign,
    cosignatures_of,
    parse_lines,
)
from troth.tlog.fork import (
    FORK_VERSION,
    MAX_FORK_BYTES,
    Contradiction,
    Fork,
    judge,
    read_fork,
    write_fork,
)
from troth.tlog.merkle import MAX_SIZE, Tree, consistency_spans, hash_span, leaf_hash
from troth.tlog.trust_policy import NOBODY, TrustPolicy, parse_policy

LOG = Ed25519Signer.from_seed(seed_of("log"))
KEY = VerifierKey("example.org/log", LOG.public)
NAME = "witness.example/w1"
SIGNER = Ed25519Signer.from_seed(seed_of("witness"))
WITNESS = WitnessKey(NAME, SIGNER.public)
OTHER = WitnessKey("witness.example/w2", Ed25519Signer.from_seed(seed_of("witness 2")).public)
TEXT = Checkpoint(KEY.name, 7, seed_of("root")).text
hashes = st.binary(min_size=32, max_size=32)
times = st.integers(1, MAX_TIME_S)


class TestCosignatures:
    @given(times)
    def test_what_is_cosigned_is_what_the_specification_says(self, time_s: int) -> None:
        line = cosign(TEXT, SIGNER, name=NAME, time_s=time_s)
        private = Ed25519PrivateKey.from_private_bytes(seed_of("witness"))
        public = private.public_key().public_bytes_raw()
        said = private.sign(b"cosignature/v1\ntime %d\n" % time_s + TEXT.encode())
        assert hashlib.sha256(NAME.encode() + b"\n\x04" + public).digest()[:4] == line.key_id
        assert time_s.to_bytes(8, "big") + said == line.signature
        assert time_s == check_cosignature(line, WITNESS, text=TEXT).time_s

    def test_a_real_witness_key_is_read(self) -> None:
        text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"  # a public witness, 2023
        assert text == str(WitnessKey.parse(text))

    @given(st.data())
    def test_any_byte_flipped_breaks_it(self, data: st.DataObject) -> None:
        line = cosign(TEXT, SIGNER, name=NAME, time_s=1_700_000_000)
        raw = bytearray(line.signature)
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        with pytest.raises(BadNote):
            check_cosignature(NoteSignature(NAME, line.key_id, bytes(raw)), WITNESS, text=TEXT)

    def test_it_is_of_one_text_and_one_key(self) -> None:
        line = cosign(TEXT, SIGNER, name=NAME, time_s=5)
        for key, text in ((WITNESS, TEXT + "more\n"), (OTHER, TEXT)):
            with pytest.raises(BadNote):
                check_cosignature(line, key, text=text)
        named = WitnessKey("another.example", SIGNER.public)
        assert () == cosignatures_of(Note(TEXT, (line,)), (named, OTHER)), "the same key under another name"

    @pytest.mark.parametrize("time_s", [0, -1, MAX_TIME_S + 1])
    def test_a_time_that_cannot_be_is_not_said(self, time_s: int) -> None:
        with pytest.raises(BadNote):
            cosign(TEXT, SIGNER, name=NAME, time_s=time_s)

    @pytest.mark.parametrize("time_s", [0, 1 << 63, (1 << 64) - 1])
    def test_a_time_that_cannot_be_is_not_taken(self, time_s: int) -> None:
        message = f"cosignature/v1\ntime {time_s}\n{TEXT}".encode()
        line = NoteSignature(NAME, WITNESS.key_id, time_s.to_bytes(8) + SIGNER.sign(message))
        with pytest.raises(BadNote, match="later than 1970"):
            check_cosignature(line, WITNESS, text=TEXT)

    def test_a_signature_of_another_length_is_refused(self) -> None:
        line = NoteSignature(NAME, WITNESS.key_id, SIGNER.sign(TEXT.encode()))
        with pytest.raises(BadNote, match="8 bytes"):
            check_cosignature(line, WITNESS, text=TEXT)

    def test_a_known_witness_whose_line_does_not_verify_fails_the_note(self) -> None:
        good, other = (cosign(text, SIGNER, name=NAME, time_s=5) for text in (TEXT, "else\n"))
        assert 1 == len(cosignatures_of(Note(TEXT, (good,)), (WITNESS,)))
        with pytest.raises(BadNote):
            cosignatures_of(Note(TEXT, (good, other)), (WITNESS,))

    def test_keys_of_logs_and_witnesses_do_not_stand_for_each_other(self) -> None:
        with pytest.raises(BadNote, match="another type"):
            WitnessKey.parse(str(VerifierKey(NAME, SIGNER.public)))
        with pytest.raises(BadNote):
            VerifierKey.parse(str(WITNESS))
        with pytest.raises(BadNote):
            WitnessKey("has space", SIGNER.public)
        with pytest.raises(BadNote):
            WitnessKey(NAME, P256Signer("p256").public)

    @given(st.text(max_size=120) | st.text(max_size=30).map(lambda text: f"{NAME}+{text}"))
    def test_any_text_is_a_key_in_its_one_spelling_or_refused(self, text: str) -> None:
        try:
            key = WitnessKey.parse(text)
        except BadNote:
            return
        assert text == str(key)

    @given(st.lists(times, min_size=1, max_size=3))
    def test_lines_alone_are_read_back(self, moments: list[int]) -> None:
        lines = tuple(cosign(TEXT, SIGNER, name=NAME, time_s=moment) for moment in moments)
        assert lines == parse_lines("".join(map(str, lines)).encode())

    @given(st.binary(max_size=100) | st.text(max_size=60).map(lambda text: f"— {text}\n".encode()))
    def test_any_bytes_are_lines_or_refused(self, data: bytes) -> None:
        try:
            lines = parse_lines(data)
        except Malformed:
            return
        assert data == "".join(map(str, lines)).encode()


class TestRequests:
    @given(st.integers(0, MAX_SIZE), st.lists(hashes, max_size=63))
    def test_a_request_is_read_back(self, old: int, path: list[bytes]) -> None:
        asked = Addition(old, tuple(path), sign_checkpoint(Checkpoint(KEY.name, 1, bytes(32)), LOG))
        data = encode_request(asked)
        assert len(data) <= MAX_REQUEST_BYTES
        assert asked == parse_request(data)

    @given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: f"old {text}\n\nx".encode()))
    def test_any_bytes_are_a_request_in_its_one_spelling_or_refused(self, data: bytes) -> None:
        try:
            asked = parse_request(data)
        except Malformed:
            return
        assert data == encode_request(asked)

    @pytest.mark.parametrize(
        "head",
        [
            "old 00",
            "old -1",
            "old +1",
            "old 1 ",
            "Old 1",
            "old",
            "old ",
            f"old {MAX_SIZE + 1}",
            "old 1\nAA==",
            "old \u0661",
        ],
    )
    def test_another_spelling_is_refused(self, head: str) -> None:
        with pytest.raises(BadNote):
            parse_request(f"{head}\n\nnote".encode())

    def test_one_hash_too_many_and_one_byte_too_many_are_refused(self) -> None:
        with pytest.raises(BadNote, match="63"):
            parse_request(encode_request(Addition(1, (bytes(32),) * 64, b"x")))
        with pytest.raises(TooLarge):
            parse_request(b"x" * (MAX_REQUEST_BYTES + 1))

    @given(st.binary(max_size=30) | st.integers(0, MAX_SIZE).map(encode_size))
    def test_any_bytes_are_a_size_or_refused(self, data: bytes) -> None:
        try:
            size = parse_size(data)
        except Malformed:
            return
        assert data == encode_size(size)


ENTRIES = [b"%d" % at for at in range(40)]


def tree(size: int, *, other_from: int | None = None) -> Tree:
    """A tree of so many entries; from `other_from` on they are others."""
    rows = [each if other_from is None or at < other_from else each + b"!" for at, each in enumerate(ENTRIES[:size])]
    return Tree([leaf_hash(row) for row in rows])


def signed(at: Tree) -> bytes:
    return sign_checkpoint(Checkpoint(KEY.name, at.size, at.root), LOG)


def joining(old: int, new: Tree) -> tuple[bytes, ...]:
    """The path as evidence holds it, with the first hash in every case."""
    path = [hash_span(span, new.node) for span in consistency_spans(old, new.size)]
    return tuple(path) if old & (old - 1) else (hash_span((0, old), new.node), *path)


def fork(first: Tree, second: Tree, path: tuple[bytes, ...] = ()) -> Fork:
    return Fork(v=FORK_VERSION, log=str(KEY), first=signed(first), second=signed(second), path=path)


class TestForks:
    @given(st.integers(1, 39))
    def test_two_roots_of_one_size_contradict_each_other(self, size: int) -> None:
        found, first, second = judge(fork(tree(size), tree(size, other_from=size - 1)), KEY)
        assert (Contradiction.TWO_ROOTS, size, size) == (found, first.size, second.size)

    @given(st.integers(1, 39), st.data())
    def test_a_tree_that_does_not_begin_with_the_other_is_shown_by_its_own_proof(
        self, size: int, data: st.DataObject
    ) -> None:
        old = data.draw(st.integers(1, size))
        other = tree(size + 1, other_from=data.draw(st.integers(0, old - 1)))
        found, _, _ = judge(fork(tree(old), other, joining(old, other)), KEY)
        assert Contradiction.OTHER_BEGINNING is found

    @given(st.integers(1, 39), st.data())
    def test_a_tree_that_continues_the_other_cannot_be_accused(self, size: int, data: st.DataObject) -> None:
        old = data.draw(st.integers(1, size))
        new = tree(size + 1)
        path = data.draw(st.lists(hashes, max_size=6).map(tuple) | st.just(joining(old, new)))
        try:
            found, _, _ = judge(fork(tree(old), new, path), KEY)
        except BadProof:
            return
        assert Contradiction.SUSPICION is found
        assert () == path

    def test_what_is_no_contradiction_is_refused(self) -> None:
        for wrong in (
            fork(tree(5), tree(5)),
            fork(tree(6), tree(5)),
            fork(tree(5), tree(5, other_from=1), (bytes(32),)),
        ):
            with pytest.raises(BadProof):
                judge(wrong, KEY)
        with pytest.raises(BadNote):
            judge(fork(tree(5), tree(5, other_from=1)), VerifierKey("example.org/other", LOG.public))
        forged = Fork(
            v=FORK_VERSION,
            log=str(KEY),
            first=signed(tree(5)),
            second=signed(tree(5)).replace(b"\n5\n", b"\n6\n"),
            path=(),
        )
        with pytest.raises(BadNote):
            judge(forged, KEY)

    def test_evidence_is_read_back_and_no_byte_of_it_can_change(self) -> None:
        other = tree(9, other_from=2)
        data = write_fork(fork(tree(6), other, joining(6, other)))
        assert data == write_fork(read_fork(data))
        for at in range(len(data)):
            changed = data[:at] + bytes((data[at] ^ (1 << at % 8),)) + data[at + 1 :]
            with pytest.raises(Malformed):
                judge(read_fork(changed), KEY)

    @given(st.binary(max_size=100))
    def test_any_bytes_are_evidence_or_refused(self, data: bytes) -> None:
        with pytest.raises(Malformed):
            read_fork(data)

    def test_evidence_above_its_limit_is_not_looked_at(self) -> None:
        with pytest.raises(TooLarge):
            read_fork(bytes(MAX_FORK_BYTES + 1))


WITNESSES = [WitnessKey(f"w{at}.example", Ed25519Signer.from_seed(seed_of(f"policy {at}")).public) for at in range(5)]
LINES = "".join(f"witness w{at} {key}\n" for at, key in enumerate(WITNESSES))


def satisfied(policy: str, *who: int) -> bool:
    return parse_policy(policy.encode()).satisfied([WITNESSES[at] for at in who])


class TestPolicies:
    def test_groups_of_groups_are_counted(self) -> None:
        text = (
            f"# two of three, and one of two\nlog {KEY} https://example.org/log\n\n{LINES}"
            "group X 2 w0 w1 w2\n group\tY any w3  w4\ngroup both all X Y\nquorum both\n"
        )
        policy = parse_policy(text.encode())
        assert (KEY, "https://example.org/log") == (policy.logs[0].key, policy.logs[0].url)
        assert policy.asks
        for who, enough in {
            (0, 1, 3): True, (0, 2, 4): True, (0, 1, 2): False, (0, 3, 4): False, (): False, (0, 1, 2, 3, 4): True,
        }.items():  # fmt: skip
            assert enough is satisfied(text, *who)

    def test_one_witness_or_nobody_is_a_quorum_too(self) -> None:
        assert satisfied(LINES + "quorum w2\n", 2)
        assert not satisfied(LINES + "quorum w2\n", 1, 3)
        assert satisfied("quorum none\n")
        assert not parse_policy(b"quorum none\n").asks

    def test_who_is_not_known_does_not_count(self) -> None:
        assert not parse_policy(f"{LINES}quorum w0\n".encode()).satisfied([WITNESS, OTHER])

    @pytest.mark.parametrize(
        "lines",
        [
            "",
            LINES,
            "quorum w0\n" + LINES,
            LINES + "quorum w0\nquorum w1\n",
            LINES + "quorum w9\n",
            LINES + "quorum w0",
            LINES + f"witness w9 {WITNESSES[0]}\nquorum w0\n",
            f"log {KEY}\nlog {KEY}\nquorum none\n",
            LINES + f"witness w0 {WITNESS}\nquorum w0\n",
            f"witness none {WITNESS}\nquorum none\n",
            LINES + "group g any\nquorum g\n",
            LINES + "group g 3 w0 w1\nquorum g\n",
            LINES + "group g 0 w0 w1\nquorum g\n",
            LINES + "group g 01 w0 w1\nquorum g\n",
            LINES + "group g any w0 w0\nquorum g\n",
            LINES + "group g any w0 none\nquorum g\n",
            LINES + "group g any g\nquorum g\n",
            LINES + "group g any w0\ngroup h any w0 w1\nquorum h\n",
            LINES + "group w0 any w1\nquorum w0\n",
            LINES + "group g most w0 w1\nquorum g\n",
            "witness a b c d e\nquorum none\n",
            f"witness w {KEY}\nquorum none\n",
            f"log {WITNESS}\nquorum none\n",
            "quorum none extra\n",
            "quorum none\r\n",
            "quorum none\n\x00",
            "nothing\nquorum none\n",
        ],
    )
    def test_what_the_specification_does_not_allow_is_refused(self, lines: str) -> None:
        with pytest.raises(BadNote):
            parse_policy(lines.encode())

    def test_a_refusal_says_in_which_line(self) -> None:
        with pytest.raises(BadNote, match="line 6"):
            parse_policy((LINES + "group g any\nquorum g\n").encode())

    def test_names_are_octets(self) -> None:
        policy = parse_policy(b"witness \xff\xfe " + str(WITNESS).encode() + b"\nquorum \xff\xfe\n")
        assert policy.satisfied([WITNESS])
        with pytest.raises(BadNote, match="UTF-8"):
            parse_policy(b"witness w \xff" + str(WITNESS).encode() + b"\nquorum w\n")

    @given(
        st.binary(max_size=80) | st.text(max_size=60).map(lambda text: f"quorum none\n{text}\n".encode(errors="ignore"))
    )
    def test_any_bytes_are_a_policy_or_refused(self, data: bytes) -> None:
        try:
            policy = parse_policy(data)
        except Malformed:
            return
        assert NOBODY == policy.quorum

    def test_limits(self) -> None:
        with pytest.raises(TooLarge):
            parse_policy(b"#" * 65_537)
        many = "".join(
            f"witness w{at} {WitnessKey('w', Ed25519Signer.from_seed(seed_of(f'many {at}')).public)}\n"
            for at in range(65)
        )
        with pytest.raises(TooLarge):
            parse_policy((many + "quorum w0\n").encode())

    @given(st.integers(0, 4), st.sets(st.integers(0, 4)))
    def test_any_m_of_n(self, least: int, who: set[int]) -> None:
        policy = TrustPolicy.of(WITNESSES, least)
        assert (len(who) >= least) is policy.satisfied([WITNESSES[at] for at in who])

    def test_one_key_under_two_names_counts_once(self) -> None:
        twice = (WITNESS, WitnessKey("again.example", WITNESS.public))
        assert not TrustPolicy.of(twice, 2).satisfied(twice)
        assert TrustPolicy.of(twice, 1).satisfied(twice[1:])
