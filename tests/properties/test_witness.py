"""A witness cosigns what continues, and nothing else: one test for each answer, and any mix of requests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.properties.test_cosignature import KEY, LOG, signed, tree
from tests.vectors.made_signing import seed_of
from troth.clock import NS_PER_S
from troth.errors import Conflict, LogDiverged, StorageFailed, Unavailable
from troth.signing.keys import Ed25519Signer
from troth.testing.contracts import NOON_NS, StillClock
from troth.testing.faults import StoreFault
from troth.testing.memory_witness import MemoryWitness
from troth.tlog.add_checkpoint import MAX_REQUEST_BYTES, Addition, encode_request, origin_hash
from troth.tlog.checkpoint import Checkpoint, VerifierKey, parse_checkpoint, parse_note, sign_checkpoint, sign_note
from troth.tlog.cosignature import check_cosignature, cosign, parse_lines
from troth.tlog.fork import Contradiction, judge, read_fork
from troth.tlog.merkle import EMPTY_ROOT, Tree, consistency_spans, hash_span
from troth.tlog.witness import CLOCK_BACK_S, EVIDENCE_MAX, Answered, Witness

NAME = "witness.example"
SIGNER = Ed25519Signer.from_seed(seed_of("witness"))
HERE = origin_hash(KEY.name)
NOON_S = NOON_NS // NS_PER_S


def proof(old: int, new: Tree) -> tuple[bytes, ...]:
    return tuple(hash_span(span, new.node) for span in consistency_spans(old, new.size)) if old else ()


def request(old: int, new: Tree, *, path: tuple[bytes, ...] | None = None) -> bytes:
    return encode_request(Addition(old, proof(old, new) if path is None else path, signed(new)))


class House:
    """A witness with its store and clock, which follows one log."""

    def __init__(self) -> None:
        self.store = MemoryWitness()
        self.clock = StillClock()
        self.witness = self.again()
        self.witness.follow(KEY)

    def again(self) -> Witness:
        self.store.crash()
        return Witness(self.store, SIGNER, name=NAME, clock=self.clock)

    def add(self, old: int, new: Tree, *, path: tuple[bytes, ...] | None = None) -> Answered:
        return self.witness.add(request(old, new, path=path))

    def size(self) -> int:
        known = self.witness.followed()[0].checkpoint
        return 0 if known is None else known.size


@pytest.fixture
def house() -> House:
    return House()


class TestAnswers:
    def test_200_a_first_checkpoint_is_cosigned_with_the_time(self, house: House) -> None:
        answer = house.add(0, tree(5))
        (line,) = parse_lines(answer.body)
        text = parse_note(signed(tree(5))).text
        assert (200, NOON_S) == (answer.status, check_cosignature(line, house.witness.key, text=text).time_s)
        assert house.store.load(HERE) == signed(tree(5)) + answer.body == house.witness.latest(HERE)

    @given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    def test_200_each_tree_that_continues_is_cosigned(self, steps: list[int]) -> None:
        house, old = House(), 0
        for step in steps:
            new = min(old + step, 40)
            assert 200 == house.add(old, tree(new)).status
            old = new
        assert old == house.size()

    def test_200_the_same_tree_again_is_cosigned_anew(self, house: House) -> None:
        house.add(0, tree(5))
        house.clock.now_ns += 60 * NS_PER_S
        assert 200 == house.add(5, tree(5)).status
        assert NOON_S + 60 == house.witness.followed()[0].time_s

    def test_200_a_tree_without_entries_is_a_tree(self, house: House) -> None:
        empty = encode_request(Addition(0, (), sign_checkpoint(Checkpoint(KEY.name, 0, EMPTY_ROOT), LOG)))
        assert [200, 200] == [house.witness.add(empty).status for _ in range(2)]
        assert 200 == house.add(0, tree(3)).status

    def test_200_other_signatures_are_ignored_and_not_kept(self, house: House) -> None:
        note = parse_note(signed(tree(5)))
        other = cosign(note.text, Ed25519Signer.from_seed(seed_of("else")), name="else.example", time_s=7)
        many = sign_note(note.text, LOG, name=KEY.name, others=(other,))
        answer = house.witness.add(encode_request(Addition(0, (), many)))
        assert 200 == answer.status
        assert signed(tree(5)) + answer.body == house.witness.latest(HERE)

    @pytest.mark.parametrize("data", [b"", b"old 0\n\n", b"old 0\n\nnothing", b"old x\n\n" + signed(tree(1))])
    def test_400_what_is_no_request(self, house: House, data: bytes) -> None:
        assert 400 == house.witness.add(data).status

    def test_400_an_old_size_above_the_new_one(self, house: House) -> None:
        house.add(0, tree(9))
        assert 400 == house.witness.add(encode_request(Addition(9, (), signed(tree(5))))).status

    def test_413_more_than_a_request_may_have(self, house: House) -> None:
        assert 413 == house.witness.add(bytes(MAX_REQUEST_BYTES + 1)).status

    def test_404_a_log_that_is_not_followed(self, house: House) -> None:
        other = sign_checkpoint(Checkpoint("example.org/other", 1, bytes(32)), LOG)
        assert 404 == house.witness.add(encode_request(Addition(0, (), other))).status
        assert house.witness.latest(origin_hash("example.org/other")) is None

    def test_403_not_signed_by_the_logs_key(self, house: House) -> None:
        text = parse_note(signed(tree(5))).text
        mallory = Ed25519Signer.from_seed(seed_of("mallory"))
        broken = signed(tree(5)).replace(b"\n5\n", b"\n6\n", 1)
        for note in (sign_note(text, mallory, name=KEY.name), broken):
            assert 403 == house.witness.add(encode_request(Addition(0, (), note))).status
        assert house.witness.latest(HERE) is None

    def test_409_another_old_size_gets_the_size_that_is_known(self, house: House) -> None:
        house.add(0, tree(7))
        for old, new in ((0, 9), (5, 9), (8, 9), (0, 5), (5, 7)):
            answer = house.add(old, tree(new))
            assert (409, b"7\n", "text/x.tlog.size") == (answer.status, answer.body, answer.content_type)
        assert 7 == house.size()

    def test_409_a_request_of_before_is_not_answered_twice(self, house: House) -> None:
        first, second = request(0, tree(5)), request(5, tree(9))
        assert [200, 200] == [house.witness.add(each).status for each in (first, second)]
        assert [409, 409] == [house.witness.add(each).status for each in (first, second)]

    def test_422_a_proof_that_does_not_lead_there(self, house: House) -> None:
        house.add(0, tree(7))
        for path in ((), (bytes(32),), proof(7, tree(12))[:-1], (*proof(7, tree(12)), bytes(32))):
            assert 422 == house.add(7, tree(12), path=path).status
        assert 422 == house.add(7, tree(7), path=(bytes(32),)).status
        assert 7 == house.size()

    def test_422_a_proof_from_nothing(self, house: House) -> None:
        assert 422 == house.add(0, tree(5), path=(bytes(32),)).status

    def test_422_an_empty_tree_with_a_root(self, house: House) -> None:
        note = sign_checkpoint(Checkpoint(KEY.name, 0, bytes(32)), LOG)
        assert 422 == house.witness.add(encode_request(Addition(0, (), note))).status


class TestForks:
    def test_two_trees_of_one_size_are_refused_and_kept_as_evidence(self, house: House) -> None:
        house.add(0, tree(7))
        answer = house.add(7, tree(7, other_from=6))
        assert (422, Contradiction.TWO_ROOTS) == (answer.status, answer.contradiction)
        (name,) = house.store.evidence(HERE)
        kept = house.store.shown(HERE, name)
        assert kept is not None
        found, first, second = judge(read_fork(kept), KEY)
        assert Contradiction.TWO_ROOTS is found
        assert (tree(7).root, tree(7, other_from=6).root) == (first.root, second.root)
        assert 7 == house.size()

    def test_a_second_tree_is_evidence_whatever_old_size_came_with_it(self, house: House) -> None:
        house.add(0, tree(7))
        answer = house.add(0, tree(7, other_from=1))
        assert (409, Contradiction.TWO_ROOTS) == (answer.status, answer.contradiction)
        assert 1 == len(house.store.evidence(HERE))

    def test_a_tree_that_does_not_continue_is_shown_by_the_logs_own_proof(self, house: House) -> None:
        house.add(0, tree(7))
        answer = house.add(7, tree(12, other_from=3))
        assert (422, Contradiction.OTHER_BEGINNING) == (answer.status, answer.contradiction)
        kept = house.store.shown(HERE, house.store.evidence(HERE)[0])
        assert kept is not None
        assert Contradiction.OTHER_BEGINNING is judge(read_fork(kept), KEY)[0]

    def test_where_the_known_tree_is_whole_a_fork_stays_a_suspicion(self, house: House) -> None:
        house.add(0, tree(8))
        answer = house.add(8, tree(12, other_from=3))
        assert (422, Contradiction.SUSPICION) == (answer.status, answer.contradiction)

    def test_a_stranger_with_a_wrong_proof_accuses_nobody(self, house: House) -> None:
        house.add(0, tree(7))
        answer = house.add(7, tree(12), path=(bytes(32),) * 4)
        assert (422, Contradiction.SUSPICION) == (answer.status, answer.contradiction)

    def test_after_a_fork_the_known_history_goes_on_and_the_other_never_does(self, house: House) -> None:
        house.add(0, tree(7))
        house.add(7, tree(12, other_from=3))
        assert 200 == house.add(7, tree(13)).status
        assert 422 == house.add(13, tree(20, other_from=3)).status
        assert 13 == house.size()

    def test_evidence_is_bounded_and_suspicion_does_not_crowd_out_proof(self, house: House) -> None:
        house.add(0, tree(7))
        for size in range(8, 40):
            house.add(7, tree(size), path=(bytes(32),))
        assert EVIDENCE_MAX == len(house.store.evidence(HERE))
        house.add(7, tree(12, other_from=3))
        assert EVIDENCE_MAX + 1 == len(house.store.evidence(HERE))


class TestClock:
    def test_a_clock_that_went_back_a_little_says_the_last_time_again(self, house: House) -> None:
        house.add(0, tree(5))
        house.clock.now_ns -= CLOCK_BACK_S * NS_PER_S
        assert 200 == house.add(5, tree(6)).status
        assert NOON_S == house.witness.followed()[0].time_s

    def test_a_clock_that_went_back_far_cosigns_nothing(self, house: House) -> None:
        house.add(0, tree(5))
        house.clock.now_ns -= (CLOCK_BACK_S + 1) * NS_PER_S
        with pytest.raises(Unavailable, match="clock"):
            house.add(5, tree(6))
        house.clock.now_ns += 2 * NS_PER_S
        assert 200 == house.add(5, tree(6)).status, "nothing was changed"

    def test_a_clock_before_1970_cosigns_nothing(self, house: House) -> None:
        house.clock.now_ns = -NS_PER_S
        with pytest.raises(Unavailable):
            house.add(0, tree(5))


class TestStorage:
    @pytest.mark.parametrize("fault", [StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED])
    def test_after_a_failure_nothing_leaves_until_a_new_start(self, house: House, fault: StoreFault) -> None:
        house.add(0, tree(5))
        house.store.faults.arm(fault)
        with pytest.raises(StorageFailed):
            house.add(5, tree(9))
        house.store.crash()
        with pytest.raises(StorageFailed):
            house.add(5, tree(9))
        house.witness = house.again()
        there = 9 if fault is StoreFault.FAILS_BUT_PERSISTED else 5
        assert there == house.size()
        assert 200 == house.add(there, tree(9)).status

    def test_of_two_at_once_one_is_told_where_the_record_stands(self, house: House) -> None:
        """The record moves between the look and the swap, as if another request had come first."""
        house.add(0, tree(5))
        other = house.again()

        class Late(MemoryWitness):
            def swap(self, log: str, old: bytes | None, new: bytes) -> None:
                if not done:
                    done.append(other.add(request(5, tree(8))))
                house.store.swap(log, old, new)

            def load(self, log: str) -> bytes | None:
                return house.store.load(log)

            def key(self, log: str) -> bytes | None:
                return house.store.key(log)

        done: list[Answered] = []
        answer = Witness(Late(), SIGNER, name=NAME, clock=house.clock).add(request(5, tree(12)))
        assert (200, 409, b"8\n") == (done[0].status, answer.status, answer.body)
        assert 8 == house.size()

    @pytest.mark.parametrize("damage", [b"", b"garbage", signed(tree(5)), signed(tree(5)) + b"\n"])
    def test_a_damaged_record_cosigns_nothing(self, house: House, damage: bytes) -> None:
        house.add(0, tree(5))
        house.store.swap(HERE, house.store.load(HERE), damage)
        for ask in (lambda: house.add(5, tree(9)), house.witness.followed):
            with pytest.raises(LogDiverged):
                ask()

    def test_a_log_is_followed_under_one_key(self, house: House) -> None:
        with pytest.raises(Conflict):
            house.witness.follow(VerifierKey(KEY.name, SIGNER.public))


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer_and_change_nothing(data: bytes) -> None:
    house = House()
    assert house.witness.add(data).status in {400, 404}
    assert house.store.load(HERE) is None


@given(st.data())
def test_a_good_request_with_bytes_changed_is_never_cosigned_for_another_tree(data: st.DataObject) -> None:
    house = House()
    house.add(0, tree(7))
    good = bytearray(request(7, tree(12)))
    good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    answer = house.witness.add(bytes(good))
    assert answer.status in {400, 403, 404, 409, 422}
    assert 7 == house.size()


class Mix(RuleBasedStateMachine):
    """Two histories under one key, asked in any order: what is cosigned is one line of trees, each continuing the last."""

    trees = Bundle("trees")

    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.cosigned: list[Checkpoint] = []
        self.moments: list[int] = []

    @rule(target=trees, size=st.integers(1, 30), other_from=st.none() | st.integers(0, 29))
    def grow(self, size: int, other_from: int | None) -> Tree:
        return tree(size, other_from=other_from)

    @rule(new=trees, old=st.integers(0, 30), right=st.booleans())
    def ask(self, new: Tree, old: int, right: bool) -> None:  # noqa: FBT001 - drawn by the machine
        old = self.house.size() if right else old
        if old <= new.size:
            try:
                answer = self.house.add(old, new)
            except Unavailable:  # the clock
                return
            if answer.status == 200:
                (line,) = parse_lines(answer.body)
                text = parse_note(signed(new)).text
                self.moments.append(check_cosignature(line, self.house.witness.key, text=text).time_s)
                self.cosigned.append(parse_checkpoint(text))

    @rule(step_s=st.integers(-7_200, 7_200))
    def step(self, step_s: int) -> None:
        self.house.clock.now_ns += step_s * NS_PER_S

    @rule()
    def die(self) -> None:
        self.house.witness = self.house.again()

    @invariant()
    def one_history(self) -> None:
        sizes = [each.size for each in self.cosigned]
        assert sorted(sizes) == sizes
        assert len({(each.size, each.root) for each in self.cosigned}) == len(set(sizes))
        assert sorted(self.moments) == self.moments
        newest = self.cosigned[-1].size if self.cosigned else 0
        assert newest == self.house.size()


TestMix = Mix.TestCase
TestMix.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
