"""A log has outsiders look at it: whoever is away, refuses or lies is handled alone, and is shown."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.made_signing import seed_of
from troth.clock import NS_PER_S
from troth.errors import LogDiverged, NotFound
from troth.journeys.cosign import RETRY_MAX_S, RETRY_S, Cosign
from troth.journeys.cosigned import COSIGNED_PATH, NOTES_KEPT, WITNESSED, Cosigned
from troth.journeys.witness_door import Asking, Seen, WitnessAnswer
from troth.signing.keys import Ed25519Signer
from troth.testing.contracts import NOON_NS, StillClock
from troth.testing.disk import MemoryDisk
from troth.testing.memory_door import MemoryDoor
from troth.testing.memory_witness import MemoryWitness
from troth.tlog.add_checkpoint import origin_hash
from troth.tlog.checkpoint import open_checkpoint, parse_note
from troth.tlog.cosignature import WitnessKey, cosign, cosignatures_of
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.sequencer import Sequencer
from troth.tlog.trust_policy import Group, KnownWitness, TrustPolicy
from troth.tlog.witness import Witness

ORIGIN = "example.org/log"
LOG = Ed25519Signer.from_seed(seed_of("log"))
NOON_S = NOON_NS // NS_PER_S
T = TypeVar("T")


async def at_once(work: Callable[[], T]) -> T:
    return work()


class House:
    """A log and its witnesses `w0`, `w1`, ... of which `least` are enough."""

    def __init__(self, count: int = 1, *, least: int = 1, entries: int = 0) -> None:
        self.door = MemoryDoor()
        self.clock = StillClock()
        names = [f"w{at}" for at in range(count)]
        signers = [Ed25519Signer.from_seed(seed_of(f"cosign {name}")) for name in names]
        known = tuple(
            KnownWitness(name, WitnessKey(f"{name}.example", signer.public), f"http://{name}")
            for name, signer in zip(names, signers, strict=True)
        )
        self.policy = TrustPolicy((), known, {"enough": Group(least, tuple(names))}, "enough")
        self.disk = MemoryDisk()
        self.taken = 0
        self.log = self.open_log()
        for each, signer in zip(known, signers, strict=True):
            witness = Witness(MemoryWitness(), signer, name=each.key.name, clock=self.clock)
            witness.follow(self.log.key)
            self.door.witnesses[each.url or ""] = witness
        self.cosigned, self.cosign = self.open()
        if entries:
            self.grow(entries)

    def open_log(self) -> Sequencer:
        return Sequencer.open(TileFiles(self.disk), LockFile(self.disk), signer=LOG, origin=ORIGIN)

    def open(self) -> tuple[Cosigned, Cosign]:
        cosigned = Cosigned(self.log, policy=self.policy, store=TileFiles(self.disk), in_worker=at_once)
        asking = Asking(self.policy, self.door)
        return cosigned, Cosign(self.log, cosigned, asking=asking, in_worker=at_once)

    def grow(self, entries: int = 1, *, word: bytes = b"") -> None:
        for _ in range(entries):
            self.taken += 1
            self.log.append([b"entry %d" % self.taken + word], taken=self.taken)

    def witness(self, at: int = 0) -> KnownWitness:
        return self.policy.witnesses[at]

    async def ask(self, at: int = 0) -> float | None:
        return await self.cosign.ask(self.witness(at))

    def cosigners(self, path: str = "checkpoint") -> list[str]:
        note = parse_note(self.cosigned.read(path))
        return [each.key.name for each in cosignatures_of(note, self.policy.keys)]


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def played() -> None:
        await scene()

    asyncio.run(played())


def test_a_new_checkpoint_is_cosigned_and_published_with_it() -> None:
    async def scene() -> None:
        house = House(entries=3)
        assert [] == house.cosigners()
        assert await house.ask() is None
        assert ["w0.example"] == house.cosigners() == house.cosigners(WITNESSED)
        assert 3 == open_checkpoint(house.cosigned.read("checkpoint"), house.log.key).size
        (stands,) = house.cosign.standing()
        assert (Seen.COSIGNED, 3, NOON_S, "") == (stands.seen, stands.size, stands.time_s, stands.detail)

    run(scene)


def test_each_growth_is_proved_from_the_last_and_asked_once() -> None:
    async def scene() -> None:
        house = House()
        for entries in (1, 3, 5, 300):
            house.grow(entries)
            assert await house.ask() is None
            assert await house.ask() is None
        heads = [request.split(b"\n", 1)[0] for _, request in house.door.asked]
        assert [b"old 0", b"old 1", b"old 4", b"old 9"] == heads

    run(scene)


def test_a_log_without_entries_is_not_shown_to_anybody() -> None:
    async def scene() -> None:
        house = House()
        assert await house.ask() is None
        assert [] == house.door.asked

    run(scene)


def test_a_witness_that_stands_elsewhere_is_proved_to_from_there() -> None:
    """After a restart the node does not know what it was told before; the witness says so with a 409."""

    async def scene() -> None:
        house = House(entries=5)
        await house.ask()
        house.grow(4)
        house.cosigned, house.cosign = house.open()
        assert await house.ask() is None
        assert [b"old 0", b"old 0", b"old 5"] == [request.split(b"\n", 1)[0] for _, request in house.door.asked]
        assert ["w0.example"] == house.cosigners()

    run(scene)


def test_a_witness_that_is_away_is_asked_later_and_later_and_alone() -> None:
    async def scene() -> None:
        house = House(2, entries=3)
        house.door.away.add("http://w0")
        waits = [await house.ask() for _ in range(12)]
        assert [RETRY_S, 2 * RETRY_S, 4 * RETRY_S] == waits[:3]
        assert RETRY_MAX_S == waits[-1]
        assert await house.ask(1) is None
        assert ["w1.example"] == house.cosigners()
        first, second = house.cosign.standing()
        assert (Seen.ABSENT, 12, Seen.COSIGNED) == (first.seen, first.failures, second.seen)
        house.door.away.clear()
        assert await house.ask() is None
        assert 0 == house.cosign.standing()[0].failures
        assert ["w1.example", "w0.example"] == house.cosigners()

    run(scene)


OTHER = Ed25519Signer.from_seed(seed_of("another"))


def says(status: int, body: bytes = b"") -> Callable[[bytes], WitnessAnswer]:
    return lambda _request: WitnessAnswer(status, body)


def cosigns_something_else(request: bytes) -> WitnessAnswer:
    line = cosign("something\n", Ed25519Signer.from_seed(seed_of("cosign w0")), name="w0.example", time_s=5)
    return WitnessAnswer(200, str(line).encode())


def cosigns_as_another(request: bytes) -> WitnessAnswer:
    text = request.split(b"\n\n", 1)[1].rpartition(b"\n\n")[0].decode() + "\n"
    return WitnessAnswer(200, str(cosign(text, OTHER, name="w0.example", time_s=5)).encode())


@pytest.mark.parametrize(
    ("lie", "seen", "why"),
    [
        (cosigns_something_else, Seen.WRONG, "does not verify"),
        (cosigns_as_another, Seen.WRONG, "without a cosignature by its key"),
        (says(200), Seen.WRONG, "does not verify"),
        (says(200, b"\xff\x00"), Seen.WRONG, "does not verify"),
        (says(409, b"0\n"), Seen.WRONG, "the place it was asked for"),
        (says(409, b"many\n"), Seen.WRONG, "and not where"),
        (says(409, b"99\n"), Seen.WRONG, "does not show it"),
        (says(404), Seen.REFUSES, "add the log's key"),
        (says(403), Seen.REFUSES, "the right key"),
        (says(422), Seen.REFUSES, "does not continue"),
        (says(503), Seen.REFUSES, "not ready"),
        (says(302), Seen.REFUSES, "HTTP status 302"),
    ],
)
def test_a_witness_that_lies_or_refuses_is_not_believed_and_shown(
    lie: Callable[[bytes], WitnessAnswer], seen: Seen, why: str
) -> None:
    async def scene() -> None:
        house = House(2, entries=3)
        house.door.lies["http://w0"] = lie
        assert RETRY_S == await house.ask()
        stands = house.cosign.standing()[0]
        assert (seen, True) == (stands.seen, why in stands.detail), stands
        assert [] == house.cosigners()
        assert await house.ask(1) is None, "the other is asked all the same"

    run(scene)


def test_a_witness_that_says_another_place_each_time_is_left() -> None:
    async def scene() -> None:
        house = House(entries=9)
        chance = random.Random(1)
        house.door.lies["http://w0"] = lambda _request: WitnessAnswer(409, b"%d\n" % chance.choice((2, 3, 4, 5, 6)))
        wait_s = await house.ask()
        assert wait_s == RETRY_S
        assert Seen.WRONG is house.cosign.standing()[0].seen

    run(scene)


def test_a_quorum_is_met_by_enough_and_the_best_goes_into_proofs() -> None:
    async def scene() -> None:
        house = House(3, least=2, entries=3)
        await house.ask(0)
        with pytest.raises(NotFound):
            house.cosigned.read(WITNESSED)
        some = house.cosigned.vouched(3)
        assert some is not None
        assert 1 == len(some.witnesses)
        await house.ask(1)
        house.grow()
        await house.ask(2)
        best, newest = house.cosigned.vouched(3), house.cosigned.vouched(4)
        assert best is not None
        assert newest is not None
        assert ([str(house.witness(at).key) for at in (0, 1)], [str(house.witness(2).key)]) == (
            list(best.witnesses),
            list(newest.witnesses),
        )
        assert house.cosigned.vouched(5) is None
        assert ["w0.example", "w1.example"] == house.cosigners(WITNESSED)
        assert ["w2.example"] == house.cosigners()
        witnessed = house.cosigned.witnessed()
        assert witnessed is not None
        assert 3 == witnessed.size

    run(scene)


def test_what_enough_have_cosigned_stays_after_a_restart() -> None:
    async def scene() -> None:
        house = House(2, least=2, entries=3)
        await house.ask(0)
        await house.ask(1)
        house.grow()
        await house.ask(0)
        house.log = house.open_log()
        house.cosigned, house.cosign = house.open()
        assert house.cosigned.witnessed() is None
        await house.cosigned.open()
        assert ["w0.example", "w1.example"] == house.cosigners(WITNESSED)

    run(scene)


@pytest.mark.parametrize("bit", [0, 100, 500, 1_500, 2_400])
def test_a_kept_checkpoint_that_is_damaged_is_let_go(bit: int) -> None:
    async def scene() -> None:
        house = House(entries=3)
        await house.ask()
        house.disk.flip(COSIGNED_PATH, bit=bit)
        house.cosigned, house.cosign = house.open()
        await house.cosigned.open()
        assert house.cosigned.witnessed() is None
        assert await house.ask() is None
        assert ["w0.example"] == house.cosigners(WITNESSED)

    run(scene)


def test_a_folder_older_than_what_a_witness_has_seen_is_noticed() -> None:
    async def scene() -> None:
        house = House(entries=5)
        await house.ask()
        older = House(entries=3)
        older.door = house.door
        _, asking = older.open()
        with pytest.raises(LogDiverged, match="a witness has seen 5 entries of this log, and here are 3"):
            await asking.look(older.witness())
        with pytest.raises(LogDiverged):
            await asking.ask(older.witness())
        older.grow(2, word=b" of another day")
        with pytest.raises(LogDiverged, match="another tree of 5 entries"):
            await asking.look(older.witness())
        older.grow(2)
        with pytest.raises(LogDiverged, match="another tree"):
            await asking.ask(older.witness())

    run(scene)


def test_what_a_witness_only_claims_stops_nobody() -> None:
    """Without a checkpoint under this log's key it is only something that somebody says."""

    async def scene() -> None:
        house = House(entries=3)
        for claim in (
            b"",
            b"nonsense",
            b"%s\n99\n" % ORIGIN.encode(),
            house.log.checkpoint().replace(b"\n3\n", b"\n9\n"),
        ):
            house.door.lies["http://w0"] = says(200, claim)
            await house.cosign.look(house.witness())
        house.door.away.add("http://w0")
        await house.cosign.look(house.witness())

    run(scene)


def test_new_checkpoints_are_not_crowded_out_by_old_ones_that_have_enough() -> None:
    async def scene() -> None:
        house = House(2, least=2)
        for _ in range(NOTES_KEPT + 4):
            house.grow()
            await house.ask(0)
            await house.ask(1)
            assert ["w0.example", "w1.example"] == house.cosigners(WITNESSED) == house.cosigners()

    run(scene)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["grow", "ask", "away", "restart"]), st.integers(0, 2)), max_size=30))
def test_any_mix_gives_only_checkpoints_that_the_log_and_their_witnesses_signed(deeds: list[tuple[str, int]]) -> None:
    async def scene() -> None:
        house = House(3, least=2, entries=1)
        best = 0
        for deed, at in deeds:
            match deed:
                case "grow":
                    house.grow(at + 1)
                case "ask":
                    await house.ask(at)
                case "away":
                    house.door.away ^= {f"http://w{at}"}
                case _:
                    house.cosigned, house.cosign = house.open()
                    await house.cosigned.open()
            for size in (1, house.log.size):
                vouched = house.cosigned.vouched(size)
                if vouched is not None:
                    found = cosignatures_of(parse_note(vouched.note), house.policy.keys)
                    assert list(vouched.witnesses) == [str(each.key) for each in found]
                    assert open_checkpoint(vouched.note, house.log.key).size >= size
            witnessed = house.cosigned.witnessed()
            now = 0 if witnessed is None else witnessed.size
            assert now >= best, "what was witnessed stays so, also over a restart"
            best = now

    run(scene)


def test_the_witness_knows_the_log_by_its_origin() -> None:
    house = House()
    assert house.door.witnesses["http://w0"].latest(origin_hash(ORIGIN)) is None
