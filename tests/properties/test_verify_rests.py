"""Checks 7 to 9 of the verifier: each has files that fail it and pass every check before it."""

import msgspec
import pytest

from tests.properties.crafted_proofs import (
    NO_BASIS,
    change,
    change_entry,
    fails,
    inserted,
    proof_of,
    renewed,
    row,
    said_proof,
)
from tests.vectors.make_proofs import (
    ANA,
    NOON,
    STREAM,
    TICK_NS,
    Deployment,
    Made,
    choice,
    collected,
    disclosure,
    hashed,
    installation,
    make,
    passport,
    salted,
)
from troth.signing import cbor
from troth.statements.kinds import KindName
from troth.statements.person import PersonBody
from troth.statements.segment import ConductSegmentBody
from troth.tlog import trace
from troth.tlog.merkle import Tree
from troth.verify.checks import verify
from troth.verify.file import Opening, Rests, Said, write


@pytest.fixture(scope="module")
def made() -> Made:
    return make()


@pytest.fixture
def there() -> Deployment:
    """A deployment to which a test may add what it likes."""
    return Deployment()


class TestCheck7:
    @pytest.mark.parametrize("index", [0, 2, 4, 255, 256])
    def test_another_place_in_the_segment(self, made: Made, index: int) -> None:
        leaf = msgspec.structs.replace(made.observation.leaf, index=index)
        fails(change(made.observation, leaf=leaf), 7, "", keys=(made.key,))

    def test_another_size(self, made: Made) -> None:
        leaf = msgspec.structs.replace(made.observation.leaf, size=1_024)
        fails(change(made.observation, leaf=leaf), 7, "another number of leaves", keys=(made.key,))

    def test_a_trace_that_is_in_no_segment(self, made: Made) -> None:
        never = row(77)
        leaf = msgspec.structs.replace(made.observation.leaf, hash=hashed(never))
        fails(change(made.observation, leaf=leaf, opening=never), 7, "another root", keys=(made.key,))

    def test_the_leaf_of_another_segment(self, made: Made) -> None:
        fails(change(made.observation, leaf=made.window.leaf), 7, "another root", keys=(made.key,))

    def test_a_segment_of_a_size_that_none_has(self, there: Deployment) -> None:
        tree = Tree([hashed(row())])
        gate = there.signer("gate")
        body = ConductSegmentBody(gate.public.thumbprint, 0, NOON, 1, tree.root)
        file = change(
            proof_of(there, row()), segment=inserted(there, there.sign(KindName.CONDUCT_SEGMENT, body, by=gate))
        )
        leaf = msgspec.structs.replace(file.leaf, size=1, path=())
        fails(change(renewed(there, file), leaf=leaf), 7, "256", keys=(there.log.key,))


class TestCheck8:
    def test_another_value(self, made: Made) -> None:
        opening = Opening(made.observation.opening.salt, collected(2, 99.0, basis=NO_BASIS))
        fails(change(made.observation, opening=opening), 8, "do not hash", keys=(made.key,))

    def test_another_salt(self, made: Made) -> None:
        opening = Opening(bytes(16), made.observation.opening.trace)
        fails(change(made.observation, opening=opening), 8, "do not hash", keys=(made.key,))

    @pytest.mark.parametrize(
        "data",
        [
            b"\x01",
            b"\x02 nothing that is a trace",
            cbor.encode({"kind": 99, "gate_ns": NOON}),
            cbor.encode({"kind": 8, "gate_ns": NOON, "by_ns": 1.0}),
            collected(0, 1.0, basis=NO_BASIS)[:-1],
        ],
        ids=["too short", "no CBOR", "a kind of tomorrow", "a float for an integer", "a byte missing"],
    )
    def test_a_leaf_that_opens_to_no_trace(self, there: Deployment, data: bytes) -> None:
        fails(proof_of(there, salted(0, data)), 8, "a ", keys=(there.log.key,))


class TestCheck9:
    def test_one_statement_fewer(self, made: Made) -> None:
        assert made.observation.basis is not None
        basis = msgspec.structs.replace(made.observation.basis, ids=made.observation.basis.ids[1:])
        fails(change(made.observation, basis=basis), 9, "other statements", keys=(made.key,))

    def test_the_same_statements_in_another_order(self, made: Made) -> None:
        assert made.observation.basis is not None
        basis = msgspec.structs.replace(made.observation.basis, ids=made.observation.basis.ids[::-1])
        fails(change(made.observation, basis=basis), 9, "sorted", keys=(made.key,))

    def test_a_statement_named_twice(self, made: Made) -> None:
        assert made.observation.basis is not None
        ids = sorted((*made.observation.basis.ids, made.observation.basis.ids[0]))
        basis = msgspec.structs.replace(made.observation.basis, ids=tuple(ids))
        fails(change(made.observation, basis=basis), 9, "none stands twice", keys=(made.key,))

    def test_no_basis_where_there_is_one(self, made: Made) -> None:
        fails(change(made.observation, basis=None), 9, "no list of them", keys=(made.key,))

    def test_something_else_as_well(self, made: Made) -> None:
        fails(change(made.observation, said=made.said.said), 9, "something else as well", keys=(made.key,))
        fails(change(made.said, basis=made.observation.basis), 9, "something else as well", keys=(made.key,))
        fails(change(made.idle, said=made.said.said), 9, "rests on none", keys=(made.key,))
        fails(change(made.idle, basis=made.observation.basis), 9, "rests on none", keys=(made.key,))

    def test_a_statement_shown_that_it_does_not_rest_on(self, there: Deployment) -> None:
        there.say("passport", KindName.PASSPORT, passport())
        fails(proof_of(there, row(), shown=("passport",)), 9, "does not rest on", keys=(there.log.key,))

    def test_a_statement_shown_that_no_operator_made(self, there: Deployment) -> None:
        said = there.say("passport", KindName.PASSPORT, passport(), by="mallory")
        file = proof_of(there, row(basis=trace.basis_id((said.id,))), ids=(said.id,), shown=("passport",))
        fails(file, 9, "not among the operator keys", keys=(there.log.key,))

    def test_a_statement_shown_that_is_not_in_the_log(self, there: Deployment) -> None:
        there.say("passport", KindName.PASSPORT, passport())
        never = there.sign(KindName.DISCLOSURE, disclosure(), by=there.signer("operator"))
        file = proof_of(there, row(basis=trace.basis_id((never.id,))), ids=(never.id,))
        entry = change_entry(there.entry(there.said["passport"]), statement=never.data)
        fails(change(file, basis=Rests((never.id,), (entry,))), 9, "another root", keys=(there.log.key,))

    def test_a_statement_that_entered_after_the_segment(self, there: Deployment) -> None:
        late = there.sign(KindName.PASSPORT, passport(), by=there.signer("operator"))
        there.close([hashed(row(basis=trace.basis_id((late.id,))))])
        there.said["late"] = late
        there.enter(late)
        opening = row(basis=trace.basis_id((late.id,)))
        file = there.prove(opening, segment=0, leaf=0, ids=(late.id,), shown=("late",))
        fails(file, 9, "only after its segment", keys=(there.log.key,))

    def test_a_private_statement_that_somebody_put_into_the_log(self, there: Deployment) -> None:
        said = there.say("home", KindName.HOME_INSTALLATION, installation())
        file = proof_of(there, row(basis=trace.basis_id((said.id,))), ids=(said.id,), shown=("home",))
        fails(file, 9, "a private statement is shown", keys=(there.log.key,))

    def test_statements_shown_twice_or_out_of_order(self, made: Made) -> None:
        basis = made.observation.basis
        assert basis is not None
        for shown in ((basis.shown[0],) * 2, basis.shown[::-1]):
            file = change(made.observation, basis=Rests(basis.ids, shown))
            fails(file, 9, "order of the log", keys=(made.key,))

    def test_a_window_without_its_basis(self, made: Made) -> None:
        fails(change(made.window, basis=None), 9, "no list of them", keys=(made.key,))

    def test_something_said_without_its_statement(self, made: Made) -> None:
        fails(change(made.said, said=None), 9, "does not have it", keys=(made.key,))

    def test_another_statement_than_the_one_said(self, made: Made) -> None:
        ana = made.deployment.signer("ana")
        other = made.deployment.sign(KindName.CHOICE, choice(), by=ana, at_ns=NOON + TICK_NS)
        said = Said(ana.public.cose_key, other.data)
        fails(change(made.said, said=said), 9, "another statement", keys=(made.key,))

    def test_a_private_proof_of_what_the_log_itself_would_hold(self, there: Deployment) -> None:
        operator = there.signer("operator")
        file = said_proof(there, there.sign(KindName.PASSPORT, passport(), by=operator), operator.public.cose_key)
        fails(file, 9, "the log itself", keys=(there.log.key,))

    def test_a_key_that_is_not_the_issuers(self, made: Made) -> None:
        assert made.said.said is not None
        said = Said(made.deployment.signer("mallory").public.cose_key, made.said.said.statement)
        fails(change(made.said, said=said), 9, "named after", keys=(made.key,))

    def test_a_choice_whose_signature_does_not_fit(self, made: Made) -> None:
        assert made.said.said is not None
        broken = made.said.said.statement[:-1] + bytes((made.said.said.statement[-1] ^ 1,))
        fails(change(made.said, said=Said(made.said.said.key, broken)), 9, "does not verify", keys=(made.key,))

    def test_what_only_an_operator_may_say_said_by_another(self, there: Deployment) -> None:
        mallory = there.signer("mallory")
        signed = there.sign(KindName.PERSON, PersonBody(ANA, "Ana", mallory.public.cose_key), by=mallory)
        file = said_proof(there, signed, mallory.public.cose_key)
        fails(file, 9, "not among the operator keys", keys=(there.log.key,))

    def test_what_the_operator_said_about_a_person_passes_and_names_the_custody(self, there: Deployment) -> None:
        operator = there.signer("operator")
        signed = there.sign(KindName.PERSON, PersonBody(ANA, "Ana", operator.public.cose_key), by=operator)
        verdict = verify(write(said_proof(there, signed, operator.public.cose_key)), trusted=(there.log.key,))
        assert verdict.passed
        assert any("custody of this person's key as: house" in each for each in verdict.does_not_show)


@pytest.mark.parametrize(
    ("type_", "result", "words", "plain"),
    [
        (1, float("inf"), "inf", "inf"),
        (2, -(1 << 63), str(-(1 << 63)), -(1 << 63)),
        (3, True, "true", True),
        (4, "geöffnet\x1b", '"geöffnet\\x1b"', "geöffnet\x1b"),
        (
            5,
            cbor.encode({"x": b"\x01", "y": [None, float("inf")]}),
            '{"x":"01","y":[null,"inf"]}',
            {"x": "01", "y": [None, "inf"]},
        ),
        (132, b"\x11" * 32, "SHA-256 of a text is " + "11" * 32, "11" * 32),
    ],
)
def test_results_of_every_type_are_shown(
    there: Deployment, type_: int, result: trace.Result, words: str, plain: object
) -> None:
    data = trace.encode(trace.Collected(STREAM, 0, NOON, NOON + 1, NOON, NO_BASIS, type_, result))
    verdict = verify(write(proof_of(there, salted(0, data))), trusted=(there.log.key,))
    assert verdict.trace is not None
    assert words in verdict.trace.sentence
    assert plain == verdict.trace.fields["result"]


@pytest.mark.parametrize(
    "other",
    [
        trace.Basis(gate_ns=NOON, ids=()),
        trace.WindowClosed(gate_ns=NOON, window=bytes(16), rows=3, person=ANA),
        trace.Refusals(gate_ns=NOON, thing=bytes(16), reason="withdrawn", count=3),
        trace.Denials(gate_ns=NOON, party="https://example.org", app="a", purpose="urn:p", reason="no-ground", count=1),
        trace.ClockStep(gate_ns=NOON, by_ns=5),
    ],
)
def test_traces_of_every_other_kind_can_be_proved(there: Deployment, other: trace.Trace) -> None:
    opening = salted(0, trace.encode(other))
    there.close([hashed(opening)])
    verdict = verify(write(there.prove(opening, segment=0, leaf=0)), trusted=(there.log.key,))
    assert verdict.passed
    assert verdict.trace is not None
    assert "2026-01-01T12:00:00Z" == verdict.trace.fields["gate_time"]
