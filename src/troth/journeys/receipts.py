"""Make the COSE receipt of an open statement, and show the keys that receipts are checked with.

Rules
- The receipt of the entry at index i is about the tree of i + 1 entries (of 2 for the first): its path is the right edge of the
  tree before it. So a statement has one receipt, the same each time while the key is the same.
- No root is signed that was not just led to the published checkpoint: a damaged tile or a wrong entry is found before.
- Only what is in the published tree has a receipt; private statements are as if they were not there.
- Keys that were replaced stay resolvable: receipts made with them are still checked.

Source: record.md, "The log"; RFC 9942 §5.2; SCRAPI, "Transparency Service Keys"; docs/decisions/0009-one-receipt-one-key.md.
Owner of all state: the event loop. Proofs are made where `in_worker` puts them, for all who ask at once.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Protocol, TypeAlias

import msgspec

from troth.errors import BadName, BadProof, Busy, LogDiverged, NotFound
from troth.journeys.record import InWorker
from troth.names import StatementId
from troth.signing import cbor
from troth.signing.cose import PublicKey, Signed, Signer
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.journal import Journal, JournalEntry
from troth.statements.kinds import Face, kind_of
from troth.tlog import proof, receipt
from troth.tlog.merkle import Frontier, grown_root, leaf_hash
from troth.tlog.receipt import Inclusion
from troth.tlog.sequencer import Sequencer

__all__ = ["Receipts", "WantedReceipt", "statement_id"]

ASKED_MAX: Final = 4_096  # receipts in the making: half a MiB of them, and some 2 s of one core
_RETRY_S: Final = 1.0
_KID: Final = 2  # RFC 9052 §7.1
_ALG: Final = 3
_SMALLEST: Final = 2  # a receipt of a tree of one leaf cannot be expressed (RFC 9942, CDDL)


class WantedReceipt(msgspec.Struct, frozen=True):
    """An entry and where it stands."""

    index: int
    entry: bytes
    subject: str


Gathered: TypeAlias = Callable[[WantedReceipt], Awaitable[bytes]]


class Gather(Protocol):
    """Turns work for many into a call for one: who asks at the same time is done in one turn."""

    def __call__(self, work: Callable[[Sequence[WantedReceipt]], Awaitable[Sequence[bytes]]], /) -> Gathered:
        """The call for one."""
        ...


class Receipts:
    """Receipts of one log."""

    def __init__(
        self,
        sequencer: Sequencer,
        journal: Journal,
        *,
        keys: KeyStore,
        directory: Directory,
        index_of: Callable[[StatementId], int | None],
        in_worker: InWorker,
        gather: Gather,
    ) -> None:
        self._sequencer = sequencer
        self._journal = journal
        self._keys = keys
        self._directory = directory
        self._index_of = index_of
        self._in_worker = in_worker
        self._make = gather(self._made)
        self._asked = 0
        self._signer: Signer | None = None

    def known(self, statement: StatementId) -> Signed | None:
        """The open statement of this id as it counts, or None."""
        found = self._journal.find(statement)
        return found.signed if isinstance(found, JournalEntry) and _is_open(found.signed) else None

    def logged(self, statement: StatementId) -> bool:
        """Whether it is an entry of the published tree."""
        return self._index_of(statement) is not None

    async def of(self, statement: StatementId) -> bytes | None:
        """The receipt of an open statement, or None where it counts and is not in the log yet.

        Raises:
            NotFound: there is no open statement of this id.
            Busy: too many are asked for at once.
            LogDiverged: the log's files are damaged; nothing was signed.
            StorageFailed: they cannot be read.
        """
        signed = self.known(statement)
        if signed is None:
            raise NotFound("there is no entry of this id")
        index = self._index_of(statement)
        if index is None or self._sequencer.size < _SMALLEST:
            return None
        if self._asked >= ASKED_MAX:
            raise Busy("too many receipts are asked for at once", retry_after_s=_RETRY_S)
        self._asked += 1
        try:
            return await self._make(WantedReceipt(index, signed.data, signed.headers.subject))
        finally:
            self._asked -= 1

    async def tlog_proof(self, statement: StatementId) -> bytes | None:
        """The C2SP tlog-proof of an open statement under the published checkpoint, or None where it is not in the log yet.

        Raises:
            NotFound, LogDiverged, StorageFailed: as in `of`.
        """
        if self.known(statement) is None:
            raise NotFound("there is no entry of this id")
        index = self._index_of(statement)
        return None if index is None else await self._in_worker(lambda: proof.encode(self._sequencer.proof(index)))

    def key_set(self) -> bytes:
        """All keys that receipts were ever signed with, the present one last, as a COSE Key Set (RFC 9052 §7)."""
        return cbor.encode([_cose_key(key) for key in self._directory.receipt_keys])

    def key(self, kid: bytes) -> bytes:
        """One of them, as a COSE_Key.

        Raises:
            NotFound: no receipt of this log was signed with a key of this name.
        """
        for key in self._directory.receipt_keys:
            if key.thumbprint == kid:
                return cbor.encode(_cose_key(key))
        raise NotFound("no receipt here was signed with a key of this name")

    async def _made(self, wanted: Sequence[WantedReceipt]) -> Sequence[bytes]:
        return await self._in_worker(partial(_sign, self._sequencer, wanted, self._present()))

    def _present(self) -> Signer:
        """The signer of the newest key; looked up again when a statement has put another in its place."""
        newest = self._directory.receipt_keys[-1]
        if self._signer is None or self._signer.public != newest:
            self._signer = self._keys.signer("receipt")
        return self._signer


def statement_id(text: str) -> StatementId:
    """The id in a locator: 64 lower-case hex digits.

    Raises:
        BadName: another form.
    """
    if len(text) != 64 or any(char not in "0123456789abcdef" for char in text):
        raise BadName("an entry is named by 64 lower-case hex digits")
    return StatementId(bytes.fromhex(text))


def _is_open(signed: Signed) -> bool:
    kind = kind_of(signed.headers.content_type)
    return kind is not None and kind.face is Face.OPEN


def _cose_key(key: PublicKey) -> dict[int, cbor.Encodable]:
    plain = cbor.decode_map(key.cose_key)
    return {**{label: value for label, value in plain.items() if isinstance(label, int)}, **_named(key)}


def _named(key: PublicKey) -> dict[int, cbor.Encodable]:
    return {_KID: key.thumbprint, _ALG: key.alg.number}


def _sign(sequencer: Sequencer, wanted: Sequence[WantedReceipt], signer: Signer) -> list[bytes]:
    """The receipts of some entries, in the order asked; entries that follow each other share the work."""
    made: dict[int, bytes] = {}
    ordered = sorted({each.index: each for each in wanted}.values(), key=lambda each: each.index)
    while ordered:
        run = [ordered.pop(0)]
        while ordered and ordered[0].index == run[-1].index + 1:
            run.append(ordered.pop(0))
        made.update(_sign_run(sequencer, run, signer))
    return [made[each.index] for each in wanted]


def _sign_run(sequencer: Sequencer, run: Sequence[WantedReceipt], signer: Signer) -> dict[int, bytes]:
    first = run[0]
    edge = Frontier(first.index, tuple(reversed(sequencer.prove(first.index, size=first.index + 1))))
    proofs: list[tuple[WantedReceipt, Inclusion, bytes]] = []
    for each in run:
        path = tuple(reversed(edge.nodes))
        edge = edge.append([leaf_hash(each.entry)])
        proofs.append((each, Inclusion(each.index + 1, each.index, path), edge.root))
    _check_published(sequencer, edge.size, edge.root)
    if first.index == 0:  # its path is empty: the tree of two entries speaks for it
        step = sequencer.prove(0, size=_SMALLEST)
        root = Frontier().append([leaf_hash(first.entry), *step]).root
        _check_published(sequencer, _SMALLEST, root)
        proofs[0] = (first, Inclusion(_SMALLEST, 0, tuple(step)), root)
    origin = sequencer.key.name
    return {
        each.index: receipt.sign_inclusion(signer, inclusion, root=root, issuer=origin, subject=each.subject)
        for each, inclusion, root in proofs
    }


def _check_published(sequencer: Sequencer, size: int, root: bytes) -> None:
    """Return if the published tree begins with the tree of this root; no other may be signed."""
    published = sequencer.latest
    if size != published.size:
        try:
            root = grown_root(
                root, old=size, new=published.size, path=sequencer.prove_growth(size, size=published.size)
            )
        except BadProof as cause:
            raise LogDiverged("the log's files do not hold the entry that a receipt was asked for") from cause
    if root != published.root:
        raise LogDiverged("the log's files do not lead to its checkpoint; no receipt was signed")
