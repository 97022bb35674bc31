"""Checks 1 to 6 of the verifier: each has files that fail it and pass every check before it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.crafted_proofs import change, change_entry, fails, inserted, proof_of, renewed, row
from tests.vectors.made_signing import seed_of
from tests.vectors.make_proofs import (
    NOON,
    ORIGIN,
    WITNESSES,
    Deployment,
    Made,
    hashed,
    make,
    passport,
    witness_key,
)
from troth.names import ckt_uri
from troth.signing import cbor
from troth.signing.cose import PayloadForm, envelope_digest, envelope_preimage, sign
from troth.signing.keys import Ed25519Signer
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import KindName, content_type
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import write as write_statement
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.tlog.checkpoint import (
    Checkpoint,
    Note,
    NoteSignature,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    sign_note,
)
from troth.tlog.cosignature import WitnessKey
from troth.tlog.merkle import Tree
from troth.tlog.segment import pad
from troth.tlog.trust_policy import TrustPolicy, parse_policy
from troth.verify.checks import verify
from troth.verify.file import LogEntry, write

OPERATOR_KEY = Ed25519Signer.from_seed(seed_of("operator")).public.cose_key
READY = make().observation
READY_KEY = VerifierKey.parse(READY.log)


@pytest.fixture(scope="module")
def made() -> Made:
    return make()


@pytest.fixture
def there() -> Deployment:
    """A deployment to which a test may add what it likes."""
    return Deployment()


KEYS = st.sampled_from(["crit", "key", "keys", "role", "holder", "origin", "root", "size", "gate", "number", "tick"])
SCRAPS: st.SearchStrategy[cbor.Encodable] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(sorted(KindName)), SCRAPS | st.dictionaries(KEYS, SCRAPS | st.binary(max_size=40)))
def test_whatever_a_statement_holds_it_fails_and_nothing_worse(kind: KindName, payload: cbor.Encodable) -> None:
    gate = Ed25519Signer.from_seed(seed_of("gate"))
    issuer = ckt_uri(gate.public.thumbprint)
    signed = sign(
        gate, cbor.encode(payload), content_type=content_type(kind), issuer=issuer, subject="x", issued_at_s=0
    )
    entry = change_entry(READY.gate, statement=signed.data)
    verdict = verify(write(change(READY, gate=entry)), trusted=(READY_KEY,))
    assert verdict.failed is not None
    assert verdict.failed.number in {5, 6}


def test_the_plainest_proof_passes(there: Deployment) -> None:
    assert verify(write(proof_of(there, row())), trusted=(there.log.key,)).passed


class TestCheck1:
    def test_without_a_key_from_outside_nothing_is_trusted(self, made: Made) -> None:
        fails(made.observation, 1, "no key was given from outside", keys=())

    def test_the_key_of_another_log_is_not_enough(self, made: Made) -> None:
        other = Deployment(origin="example.org/log", keys="another ").log.key
        fails(made.observation, 1, "not among those given", keys=(other,))

    def test_another_key_for_the_same_origin_is_not_enough(self, made: Made) -> None:
        fails(made.observation, 1, "means another key", keys=(Deployment(keys="another ").log.key,))

    def test_a_hint_that_is_no_key_names_no_log(self, made: Made) -> None:
        fails(change(made.observation, log="nothing"), 1, "not among those given", keys=(made.key,))

    def test_a_forger_with_a_log_of_their_own_convinces_nobody(self, made: Made) -> None:
        forged = Deployment(keys="forged ")
        fails(proof_of(forged, row()), 1, "means another key", keys=(made.key,))
        fails(change(proof_of(forged, row(1)), log=str(made.key)), 2, "no known key", keys=(made.key,))


class TestCheck2:
    def test_the_checkpoint_of_another_log_is_not_signed_by_this_one(self, made: Made) -> None:
        other = Deployment(keys="another ").log.checkpoint()
        fails(change(made.observation, checkpoint=other), 2, "no known key", keys=(made.key,))

    def test_a_signature_over_another_tree_does_not_verify(self, made: Made) -> None:
        changed = made.observation.checkpoint.replace(b"\n8\n", b"\n9\n", 1)
        fails(change(made.observation, checkpoint=changed), 2, "does not verify", keys=(made.key,))

    def test_this_key_may_not_speak_for_another_origin(self, made: Made) -> None:
        now = parse_checkpoint(parse_note(made.observation.checkpoint).text)
        text = Checkpoint("example.org/log", now.size, now.root).text
        signed = sign_note(text, made.deployment.signer("log"), name=made.key.name)
        fails(change(made.observation, checkpoint=signed), 2, "another log", keys=(made.key,))

    def test_a_signature_that_nobody_checks_is_refused(self, made: Made) -> None:
        note = parse_note(made.observation.checkpoint)
        signed = sign_note(
            note.text, made.deployment.signer("mallory"), name="example.org/witness", others=note.signatures
        )
        fails(change(made.observation, checkpoint=signed), 2, "first line", keys=(made.key,))
        log, other = reversed(parse_note(signed).signatures)
        turned = Note(note.text, (log, other)).encode()
        fails(change(made.observation, checkpoint=turned), 3, "one for each witness", keys=(made.key,))

    def test_what_is_no_note_is_refused(self, made: Made) -> None:
        fails(change(made.observation, checkpoint=b"8\n"), 2, "signed note", keys=(made.key,))


class TestCheck3:
    @pytest.mark.parametrize("quorum", [1, 2])
    def test_a_quorum_is_asked_for_and_not_there(self, made: Made, quorum: int) -> None:
        policy = TrustPolicy.of([witness_key(name) for name in WITNESSES], quorum)
        why = "of the 3 witnesses you trust, 0 cosigned"
        fails(made.observation, 3, why, keys=(made.key,), policy=policy)

    def test_only_witnesses_given_from_outside_count(self, made: Made) -> None:
        policy = TrustPolicy.of([witness_key(name) for name in WITNESSES[1:]], 2)
        why = "of the 2 witnesses you trust, 1 cosigned this checkpoint (2 signed it in all)"
        fails(made.witnessed, 3, why, keys=(made.key,), policy=policy)

    def test_a_key_of_the_same_name_is_another_witness(self, made: Made) -> None:
        other = WitnessKey(WITNESSES[0], witness_key(WITNESSES[2]).public)
        fails(made.witnessed, 3, "0 cosigned", keys=(made.key,), policy=TrustPolicy.of([other], 1))

    def test_a_group_that_is_not_met(self, made: Made) -> None:
        lines = [f"witness w{at} {witness_key(name)}" for at, name in enumerate(WITNESSES)]
        policy = parse_policy("\n".join([*lines, "group g all w0 w1 w2", "quorum g", ""]).encode())
        fails(made.witnessed, 3, "too few", keys=(made.key,), policy=policy)

    def test_a_time_that_was_moved(self, made: Made) -> None:
        note = parse_note(made.witnessed.checkpoint)
        log, one, two = note.signatures
        moved = later(two)
        changed = change(made.witnessed, checkpoint=Note(note.text, (log, one, moved)).encode())
        fails(changed, 3, "does not verify", keys=(made.key,))


def later(line: NoteSignature) -> NoteSignature:
    """The same signature, said to be of a second later."""
    time_s = int.from_bytes(line.signature[:8]) + 1
    return NoteSignature(line.name, line.key_id, time_s.to_bytes(8) + line.signature[8:])


class TestCheck4:
    def test_a_segment_that_is_not_in_the_log(self, there: Deployment) -> None:
        file = proof_of(there, row())
        tree = Tree(pad([hashed(row(1))], seed=seed_of("padding")))
        body = ConductSegmentBody(there.signer("gate").public.thumbprint, 1, NOON, tree.size, tree.root)
        never = there.sign(KindName.CONDUCT_SEGMENT, body, by=there.signer("gate"))
        entry = change_entry(file.segment, statement=never.data)
        fails(change(file, segment=entry), 4, "another root", keys=(there.log.key,))

    def test_a_path_that_is_cut(self, made: Made) -> None:
        entry = change_entry(made.observation.segment, path=made.observation.segment.path[:-1])
        fails(change(made.observation, segment=entry), 4, "shorter", keys=(made.key,))

    @pytest.mark.parametrize("index", [0, 4, 6, 7, 8, 1 << 40])
    def test_another_index(self, made: Made, index: int) -> None:
        entry = change_entry(made.observation.segment, index=index)
        fails(change(made.observation, segment=entry), 4, "", keys=(made.key,))

    def test_a_checkpoint_from_before_the_segment(self, there: Deployment) -> None:
        before = there.log.checkpoint()
        file = proof_of(there, row())
        fails(change(file, checkpoint=before), 4, "not inside the tree", keys=(there.log.key,))


class TestCheck5:
    def test_a_segment_signed_by_another_key(self, there: Deployment) -> None:
        there.close([hashed(row())], by="mallory")
        file = there.prove(row(), segment=0, leaf=0, ids=())
        fails(file, 5, "another gate", keys=(there.log.key,))

    def test_a_segment_that_the_gate_signed_for_another_gate(self, there: Deployment) -> None:
        tree = Tree(pad([hashed(row())], seed=seed_of("padding")))
        body = ConductSegmentBody(there.signer("mallory").public.thumbprint, 0, NOON, tree.size, tree.root)
        signed = there.sign(KindName.CONDUCT_SEGMENT, body, by=there.signer("gate"))
        file = change(proof_of(there, row()), segment=inserted(there, signed))
        fails(renewed(there, file), 5, "another gate", keys=(there.log.key,))

    def test_a_segment_that_the_gate_signed_under_another_name(self, there: Deployment) -> None:
        tree = Tree(pad([hashed(row())], seed=seed_of("padding")))
        gate = there.signer("gate")
        body = ConductSegmentBody(gate.public.thumbprint, 0, NOON, tree.size, tree.root)
        name = ckt_uri(there.signer("mallory").public.thumbprint)
        signed = write_statement(
            KindName.CONDUCT_SEGMENT, body, signer=gate, issuer=name, subject="segment-0", at_ns=NOON
        )
        file = change(proof_of(there, row()), segment=inserted(there, signed))
        fails(renewed(there, file), 5, "another gate", keys=(there.log.key,))

    def test_a_segment_that_names_the_gate_and_is_signed_by_another(self, there: Deployment) -> None:
        tree = Tree(pad([hashed(row())], seed=seed_of("padding")))
        gate, mallory = there.signer("gate").public, there.signer("mallory")
        body = ConductSegmentBody(gate.thumbprint, 0, NOON, tree.size, tree.root)
        plain = {**msgspec.to_builtins(body, builtin_types=(bytes,)), "crit": list(body.crit)}
        signed = sign(
            mallory,
            cbor.encode(plain),
            content_type=content_type(KindName.CONDUCT_SEGMENT),
            issuer=ckt_uri(gate.thumbprint),
            subject="segment-0",
            issued_at_s=NOON // 1_000_000_000,
        )
        file = change(proof_of(there, row()), segment=inserted(there, signed))
        fails(renewed(there, file), 5, "names another key", keys=(there.log.key,))

    def test_a_segment_whose_signature_does_not_fit(self, there: Deployment) -> None:
        good = proof_of(there, row())
        broken = good.segment.statement[:-1] + bytes((good.segment.statement[-1] ^ 1,))
        there.log.append([broken], taken=there.log.size + 1)
        entry = LogEntry(there.log.size - 1, tuple(there.log.prove(there.log.size - 1)), broken)
        fails(change(renewed(there, good), segment=entry), 5, "does not verify", keys=(there.log.key,))

    def test_another_kind_of_statement_in_its_place(self, there: Deployment) -> None:
        file = change(proof_of(there, row()), segment=there.entry(there.say("passport", KindName.PASSPORT, passport())))
        fails(renewed(there, file), 5, "another kind was expected", keys=(there.log.key,))

    def test_a_key_of_another_role(self, there: Deployment) -> None:
        gate = there.signer("gate").public
        said = there.say("log key", KindName.KEY, KeyBody(gate.cose_key, KeyRole.LOG, ckt_uri(gate.thumbprint)))
        file = proof_of(there, row())
        fails(change(file, gate=there.entry(said)), 5, "not about a gate", keys=(there.log.key,))

    def test_a_field_that_must_be_understood_and_is_not(self, there: Deployment) -> None:
        gate = there.signer("gate")
        tree = Tree(pad([hashed(row())], seed=seed_of("padding")))
        body = ConductSegmentBody(gate.public.thumbprint, 0, NOON, tree.size, tree.root, crit=("root", "withdrawn"))
        signed = there.sign(KindName.CONDUCT_SEGMENT, body, by=gate)
        file = change(proof_of(there, row()), segment=inserted(there, signed))
        fails(renewed(there, file), 5, "must be understood", keys=(there.log.key,))

    def test_a_payload_that_is_only_a_digest(self, there: Deployment) -> None:
        gate = there.signer("gate")
        signed = sign(
            gate,
            envelope_digest(envelope_preimage(bytes(16), b"")),
            content_type=content_type(KindName.CONDUCT_SEGMENT),
            issuer=ckt_uri(gate.public.thumbprint),
            subject="segment-0",
            issued_at_s=0,
            form=PayloadForm.DIGEST,
        )
        file = change(proof_of(there, row()), segment=inserted(there, signed))
        fails(renewed(there, file), 5, "digest", keys=(there.log.key,))


class TestCheck6:
    def test_a_gate_key_that_entered_after_the_segment(self, there: Deployment) -> None:
        there.close([hashed(row())], by="late gate")
        late = there.signer("late gate").public
        there.say("gate", KindName.KEY, KeyBody(late.cose_key, KeyRole.GATE, ckt_uri(late.thumbprint), 10))
        fails(there.prove(row(), segment=0, leaf=0, ids=()), 6, "only after the segment", keys=(there.log.key,))

    def test_a_gate_key_that_is_not_in_the_log(self, there: Deployment) -> None:
        own = there.signer("mallory")
        there.close([hashed(row())], by="mallory")
        body = KeyBody(own.public.cose_key, KeyRole.GATE, ckt_uri(own.public.thumbprint), 10)
        never = there.sign(KindName.KEY, body, by=there.signer("operator"))
        file = there.prove(row(), segment=0, leaf=0, ids=())
        entry = change_entry(file.gate, statement=never.data)
        fails(change(file, gate=entry), 6, "another root", keys=(there.log.key,))

    def test_a_gate_key_that_no_operator_issued(self, there: Deployment) -> None:
        own = there.signer("mallory").public
        body = KeyBody(own.cose_key, KeyRole.GATE, ckt_uri(own.thumbprint), 10)
        there.say("gate", KindName.KEY, body, by="mallory")
        there.close([hashed(row())], by="mallory")
        fails(there.prove(row(), segment=0, leaf=0, ids=()), 6, "not among the operator keys", keys=(there.log.key,))

    def test_trust_anchors_that_are_not_entry_1(self, there: Deployment) -> None:
        own = there.signer("mallory").public
        there.say("anchors", KindName.TRUST_ANCHORS, TrustAnchorsBody((own.cose_key,), there.origin), by="mallory")
        there.say("gate", KindName.KEY, KeyBody(own.cose_key, KeyRole.GATE, ckt_uri(own.thumbprint), 10), by="mallory")
        there.close([hashed(row())], by="mallory")
        fails(there.prove(row(), segment=0, leaf=0, ids=()), 6, "entry 1", keys=(there.log.key,))

    def test_trust_anchors_that_are_not_in_the_log(self, there: Deployment) -> None:
        file = proof_of(there, row())
        own = there.signer("mallory").public
        never = there.sign(
            KindName.TRUST_ANCHORS, TrustAnchorsBody((own.cose_key,), there.origin), by=there.signer("mallory")
        )
        entry = change_entry(file.anchors, statement=never.data)
        fails(change(file, anchors=entry), 6, "another root", keys=(there.log.key,))

    def test_trust_anchors_of_another_log(self) -> None:
        there = Deployment(anchors=TrustAnchorsBody((OPERATOR_KEY,), "example.org/log"))
        fails(proof_of(there, row()), 6, "those of another log", keys=(there.log.key,))

    def test_trust_anchors_that_none_of_their_keys_has_signed(self) -> None:
        there = Deployment(anchors_by="mallory")
        fails(proof_of(there, row()), 6, "not among the operator keys", keys=(there.log.key,))

    def test_an_anchor_that_is_no_key(self) -> None:
        there = Deployment(anchors=TrustAnchorsBody((OPERATOR_KEY, b"\xa0"), ORIGIN))
        fails(proof_of(there, row()), 6, "a key here", keys=(there.log.key,))
