"""Evidence that a log has shown two histories: two checkpoints under one key that cannot both be true, in one file.

Rules
- Two checkpoints of one size with two roots contradict each other by themselves.
- Of two sizes they do where the path of a consistency proof leads to the root of the larger tree and, from the same first
  hashes, to another root than the smaller one's: then the larger tree does not begin with the smaller.
- Without such a path two sizes are a suspicion and no proof: anybody can send an old checkpoint with a wrong proof.
- One deterministic CBOR map; whoever reads it needs nothing but the file and the log's key. One file has one form.

Source: RFC 9162 §2.1.4; C2SP tlog-checkpoint ("A log MUST not sign any checkpoint which is inconsistent").
Left out: whose fault it is. A stolen key signs as well.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from troth.errors import BadCbor, BadNote, BadProof, TooLarge
from troth.signing import cbor
from troth.tlog.checkpoint import MAX_NOTE_BYTES, Checkpoint, VerifierKey, open_checkpoint
from troth.tlog.merkle import HASH_BYTES, MAX_PATH, roots_joined

__all__ = ["FORK_SUFFIX", "FORK_VERSION", "MAX_FORK_BYTES", "Contradiction", "Fork", "judge", "read_fork", "write_fork"]

FORK_SUFFIX: Final = ".troth-fork"
FORK_VERSION: Final = "troth-fork/1"
MAX_FORK_BYTES: Final = 2 * MAX_NOTE_BYTES + 8_192
_Note = Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_NOTE_BYTES)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]


class Contradiction(StrEnum):
    """What two checkpoints of one log show."""

    TWO_ROOTS = "two-roots"
    OTHER_BEGINNING = "other-beginning"
    SUSPICION = "suspicion"


class Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file.

    Args:
        v: version of the format.
        log: the verifier key under which both are signed, a hint: trust comes from outside.
        first: the signed checkpoint of the smaller tree; of equal sizes, the one seen first.
        second: the other.
        path: the hashes that join the two sizes, the last complete subtree of the smaller tree first; empty for equal
            sizes and for a suspicion.
    """

    v: Literal["troth-fork/1"]
    log: Annotated[str, msgspec.Meta(min_length=1, max_length=576)]
    first: _Note
    second: _Note
    path: Annotated[tuple[_Hash, ...], msgspec.Meta(max_length=MAX_PATH + 1)]


def judge(fork: Fork, key: VerifierKey) -> tuple[Contradiction, Checkpoint, Checkpoint]:
    """Say what a file shows under the log's key, given from outside.

    Raises:
        BadNote: one of the two is not a checkpoint of this log.
        BadProof: the two agree, or the path shows nothing.
        TooLarge: a checkpoint is larger than a note may be.
    """
    if fork.log != str(key):
        raise BadNote("the file is about the key of another log")
    first, second = open_checkpoint(fork.first, key), open_checkpoint(fork.second, key)
    if first.size > second.size:
        raise BadProof("the first checkpoint is of the smaller tree")
    if first.size == second.size:
        if first.root == second.root or fork.path:
            raise BadProof("these two checkpoints name the same tree")
        return Contradiction.TWO_ROOTS, first, second
    if not fork.path:
        return Contradiction.SUSPICION, first, second
    before, after = roots_joined(fork.path, old=first.size, new=second.size)
    if after != second.root:
        raise BadProof("the path does not lead to the larger tree, so it shows nothing about its beginning")
    if before == first.root:
        raise BadProof("the larger tree begins with the smaller one")
    return Contradiction.OTHER_BEGINNING, first, second


def write_fork(fork: Fork) -> bytes:
    """The bytes of a file."""
    return cbor.encode(msgspec.to_builtins(fork, builtin_types=(bytes,)))


def read_fork(data: bytes) -> Fork:
    """Read a file without judging it.

    Raises:
        BadProof: not such a file in its one form.
        TooLarge: more bytes than one may have.
    """
    if len(data) > MAX_FORK_BYTES:
        raise TooLarge("evidence of a fork has at most two checkpoints and a path")
    try:
        fork = msgspec.convert(cbor.decode_map(data), Fork, builtin_types=(bytes,))
    except BadCbor as cause:
        raise BadProof("evidence of a fork is one map in deterministic CBOR") from cause
    except (msgspec.ValidationError, TypeError) as cause:
        raise BadProof("evidence of a fork whose fields are not those of its version") from cause
    try:
        same = write_fork(fork) == data
    except BadCbor as cause:
        raise BadProof("a field that evidence of a fork cannot carry") from cause
    if not same:
        raise BadProof("evidence of a fork that is not in its one form")
    return fork
