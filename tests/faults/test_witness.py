"""A witness on a disk that fails or loses power at every step: what it has answered it never takes back, and never forks."""

import copy
import random

import pytest

from tests.properties.test_cosignature import KEY, signed, tree
from tests.properties.test_witness import HERE, NAME, SIGNER, request
from troth.errors import StorageFailed
from troth.signing.cose import PublicKey
from troth.testing.contracts import StillClock
from troth.testing.disk import Fault, MemoryDisk, PowerLost
from troth.tlog.checkpoint import Checkpoint, parse_checkpoint, parse_note
from troth.tlog.fork import Contradiction
from troth.tlog.merkle import Tree
from troth.tlog.witness import Answered, Witness
from troth.tlog.witness_files import WitnessFiles

STEPS = 44  # more than following a log and three cosignatures take
RANDOM = 5


class WatchedSigner:
    """Signs, and remembers every tree it ever signed."""

    def __init__(self) -> None:
        self.signed: list[Checkpoint] = []

    @property
    def public(self) -> PublicKey:
        return SIGNER.public

    def sign(self, data: bytes) -> bytes:
        self.signed.append(parse_checkpoint(data.decode().split("\n", 2)[2]))
        return SIGNER.sign(data)


class Machine:
    """A disk and what left the machine: the answers that somebody got."""

    def __init__(self) -> None:
        self.disk = MemoryDisk()
        self.answered: list[Checkpoint] = []

    def open(self) -> Witness:
        witness = Witness(WitnessFiles(self.disk), SIGNER, name=NAME, clock=StillClock())
        witness.follow(KEY)
        return witness

    def ask(self, witness: Witness, new: Tree) -> Answered:
        """What a log does: ask, and where it is told another size, prove from there."""
        known = witness.followed()[0].checkpoint
        answer = witness.add(request(0 if known is None else known.size, new))
        if answer.status == 200:
            self.answered.append(parse_checkpoint(parse_note(signed(new)).text))
        return answer

    def work(self) -> None:
        witness = self.open()
        for size in (3, 8, 13):
            known = witness.followed()[0].checkpoint
            if known is None or known.size <= size:
                self.ask(witness, tree(size))
        assert self.ask(witness, tree(13, other_from=2)).contradiction is Contradiction.TWO_ROOTS

    def check(self) -> None:
        """After a crash: the record is at least what was answered, and it still refuses the other history."""
        witness = self.open()
        known = witness.followed()[0].checkpoint
        newest = self.answered[-1].size if self.answered else 0
        assert (0 if known is None else known.size) >= newest
        self.work()
        assert sorted(each.size for each in self.answered) == [each.size for each in self.answered]
        assert [] == [each for each in self.answered if each.root != tree(each.size).root]
        assert 1 == len(witness.followed()[0].evidence)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("step", range(STEPS))
def test_a_witness_goes_on_from_every_step(fault: Fault, step: int) -> None:
    for seed in range(RANDOM):
        machine = Machine()
        machine.disk.fail_at(step, fault)
        try:
            machine.work()
        except (StorageFailed, PowerLost):
            pass
        else:
            assert machine.disk.steps <= step, "the fault met nothing"
        machine.disk.calm()
        machine.disk.crash(None if seed == 0 else random.Random(seed))
        machine.check()


def test_the_steps_are_all_there_are() -> None:
    machine = Machine()
    machine.work()
    assert machine.disk.steps <= STEPS


def test_what_a_failed_program_signed_never_left_it() -> None:
    """The swap failed, so the cosignature that was made for it is not given out, although it was made."""
    machine, signer = Machine(), WatchedSigner()
    machine.work()
    witness = Witness(WitnessFiles(machine.disk), signer, name=NAME, clock=StillClock())
    before = copy.deepcopy(machine.disk)
    machine.disk.fail_at(machine.disk.steps + 1, Fault.FAILS)  # behind the read of the record
    with pytest.raises(StorageFailed):
        witness.add(request(13, tree(20)))
    with pytest.raises(StorageFailed):
        witness.add(request(13, tree(20)))
    assert WitnessFiles(before).load(HERE) == before.peek(f"logs/{HERE}/checkpoint")
    machine.disk.calm()
    machine.disk.crash()
    machine.check()
