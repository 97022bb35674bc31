"""The proof file `*.troth-proof`: everything that leads from one trace to a log's signed checkpoint, in one CBOR map.

Rules
- One deterministic CBOR map, in the one form that `write` gives; at most 4 MiB. `read` takes nothing else, so no byte is slack.
- All log paths lead to the same checkpoint. It carries the log's signature and then one cosignature for each key in
  `witnesses`, in that order: a signature that nobody can check would be bytes that nobody covers.
- `log` and `witnesses` only say whose signatures these are. They are never trusted: a file whose log is not a key given from
  outside fails check 1, and a cosignature counts only where its key was given from outside.
- A trace that rests on statements has `basis`, a trace of something said has `said`, any other has neither.

Source: record.md, "Anyone can verify"; formats.md. The page for strangers is docs/reference/proof-file.md.
Left out: every check that needs a key or a hash.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from troth.errors import BadCbor, BadProof, TooLarge
from troth.signing import cbor
from troth.signing.cose import MAX_STATEMENT_BYTES
from troth.tlog.merkle import HASH_BYTES, MAX_PATH, MAX_SIZE
from troth.tlog.segment import MAX_LEAVES
from troth.tlog.trace import MAX_TRACE_BYTES, SALT_BYTES

__all__ = [
    "CONTENT_TYPE",
    "MAX_PROOF_FILE_BYTES",
    "MAX_WITNESSES",
    "SUFFIX",
    "VERSION",
    "LogEntry",
    "Opening",
    "ProofFile",
    "Rests",
    "Said",
    "SegmentLeaf",
    "read",
    "write",
]

CONTENT_TYPE: Final = "application/vnd.troth.proof.v1+cbor"
SUFFIX: Final = ".troth-proof"
VERSION: Final = "troth-proof/1"
MAX_PROOF_FILE_BYTES: Final = 4_194_304  # 64 of the largest statements; a usual file has 3 to 6 kB
MAX_HINT_CHARS: Final = 576  # a name of 512, an id of 8, a key of 44, two plus signs, rounded up
MAX_CHECKPOINT_BYTES: Final = 16_384
MAX_WITNESSES: Final = 16  # C2SP signed-note: verifiers accept at least 16 signatures
MAX_KEY_BYTES: Final = 2_048  # a COSE_Key of ML-DSA-44 has 1,323, one of P-256 75
MAX_KEYS: Final = 256  # statements about keys
MAX_BASIS: Final = 480  # tlog.trace.Basis

_Index: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=MAX_SIZE)]
_Hash: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
_Path: TypeAlias = Annotated[tuple[_Hash, ...], msgspec.Meta(max_length=MAX_PATH)]
_Statement: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_STATEMENT_BYTES)]
_Key: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_HINT_CHARS)]


class LogEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Signed Statement, its index in the log, and its inclusion proof up to the file's checkpoint."""

    index: _Index
    path: _Path
    statement: _Statement


class SegmentLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf hash, its index in the segment, the segment's padded size, and its inclusion proof up to the segment's root."""

    hash: _Hash
    index: Annotated[int, msgspec.Meta(ge=0, lt=MAX_LEAVES)]
    path: _Path
    size: Annotated[int, msgspec.Meta(ge=1, le=MAX_LEAVES)]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the leaf hash hides: the salt and the trace."""

    salt: Annotated[bytes, msgspec.Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    trace: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_TRACE_BYTES)]


class Rests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of all statements a trace rests on, sorted, and those of them that are open and shown here, by index."""

    ids: Annotated[tuple[_Hash, ...], msgspec.Meta(max_length=MAX_BASIS)]
    shown: Annotated[tuple[LogEntry, ...], msgspec.Meta(max_length=MAX_BASIS)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A private statement, which is no entry of the log, and the COSE_Key that signed it.

    `custody`: the statement that says who keeps that key. `assertion`: what a passkey signed about it. Both are private
    statements of the operator, and left out where there is none.
    """

    key: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_KEY_BYTES)]
    statement: _Statement
    custody: _Statement | None = None
    assertion: _Statement | None = None


class ProofFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The file.

    Args:
        v: version of the format, and the magic word: bytes 2 to 17 of every file of this version are the same.
        log: the verifier key of the log that is meant (C2SP signed-note), a hint.
        checkpoint: the signed note, byte for byte: the log's signature line, then those of `witnesses`.
        anchors: the trust anchors, entry 1 of the log.
        gate: the key statement of the gate that signed the segment.
        segment: the conduct segment's statement.
        leaf: the trace's place in the segment.
        opening: the trace.
        keys: later trust anchors, and key statements of makers, that what stands here rests on; by index.
        basis: what the trace rests on, where its kind has a basis.
        said: the private statement, where the trace is of one.
        witnesses: the verifier keys of the cosignature lines, in their order; left out where there are none.
    """

    v: Literal["troth-proof/1"]
    log: _Key
    checkpoint: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_CHECKPOINT_BYTES)]
    anchors: LogEntry
    gate: LogEntry
    segment: LogEntry
    leaf: SegmentLeaf
    opening: Opening
    keys: Annotated[tuple[LogEntry, ...], msgspec.Meta(max_length=MAX_KEYS)] = ()
    basis: Rests | None = None
    said: Said | None = None
    witnesses: Annotated[tuple[_Key, ...], msgspec.Meta(max_length=MAX_WITNESSES)] = ()


def write(file: ProofFile) -> bytes:
    """The bytes of a file.

    Raises:
        BadProof: text that CBOR cannot carry.
    """
    try:
        return cbor.encode(msgspec.to_builtins(file, builtin_types=(bytes,)))
    except BadCbor as cause:
        raise BadProof("a field that a proof file cannot carry") from cause


def read(data: bytes) -> ProofFile:
    """Read a file without checking what it says.

    Raises:
        BadProof: not a proof file of this version in its one form.
        TooLarge: more than 4 MiB.
    """
    if len(data) > MAX_PROOF_FILE_BYTES:
        raise TooLarge("a proof file has at most 4 MiB")
    try:
        fields = cbor.decode_map(data)
    except BadCbor as cause:
        raise BadProof("a proof file is one map in deterministic CBOR") from cause
    if fields.get("v") != VERSION:
        raise BadProof("not a proof file, or one of a version that this program does not know")
    try:
        file = msgspec.convert(fields, ProofFile, builtin_types=(bytes,))
    except (msgspec.ValidationError, TypeError) as cause:
        raise BadProof("a proof file whose fields are not those of its version") from cause
    if write(file) != data:  # msgspec takes 1.0 for 1 and null for what is not there; the bytes say which it was
        raise BadProof("a proof file that is not in its one form")
    return file
