"""Which log of a deployment is written now, what stands in it in which order, and whether log and journal are of one piece.

Rules
- The first log begins with the journal's first two statements. A log that follows another begins with the three that were said
  together: registration policy, trust anchors, succession. The last succession in the journal says which log it is.
- Behind its beginning a log holds all open statements in the order of acceptance; so a tree of a size has one root, whoever
  builds it. Only what said who may say what in a former log stays there: the beginning says it anew.
- The n-th log has a key, a folder and an origin of its own. Nothing is written under a former one.

Source: record.md, "The log" and "Loss and restore"; docs/decisions/0010-loss-restore-succession.md.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from troth.errors import BadStatement
from troth.journeys.begin import LOG_KEY, origin_of
from troth.signing.cose import PublicKey, Signed
from troth.statements.journal import Journal, JournalEntry, unerased
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import Face, KindName, kind_of
from troth.statements.statement import as_kind, read
from troth.statements.succession import SuccessionBody

__all__ = ["Lineage", "entries_of", "is_entry", "key_name", "lineage_of", "log_key_of", "log_order"]

ANCHORS: Final = 2  # position of the trust anchors with which the first log begins
_AT_ONCE: Final = 1_000
_OF_ONE_LOG: Final = (KindName.REGISTRATION_POLICY, KindName.TRUST_ANCHORS)
_BEGINNING: Final = (KindName.REGISTRATION_POLICY, KindName.TRUST_ANCHORS, KindName.SUCCESSION)


class Lineage(msgspec.Struct, frozen=True):
    """One log of a deployment.

    Args:
        origin: its name.
        number: 1 for the first, 2 for the one that follows it, and so on.
        first: the three statements it begins with; empty for the first log, which begins as the journal does.
    """

    origin: str
    number: int = 1
    first: tuple[JournalEntry, ...] = ()

    @property
    def key_name(self) -> str:
        """The name of its key in the key store."""
        return key_name(self.number)

    @property
    def anchors(self) -> int:
        """The journal position of its trust anchors."""
        return self.first[1].position if self.first else ANCHORS


def key_name(number: int) -> str:
    """What the key of the n-th log is called."""
    return LOG_KEY if number == 1 else f"{LOG_KEY}-{number}"


def lineage_of(journal: Journal) -> Lineage | None:
    """The log that is written now, or None where the journal is empty.

    Raises:
        BadStatement: a succession does not stand behind the policy and the trust anchors of its log.
    """
    began = origin_of(journal)
    if began is None:
        return None
    found = Lineage(began)
    for entry in entries_of(journal):
        if _kind(entry.signed) is KindName.SUCCESSION:
            first = tuple(unerased(journal.entries(after=entry.position - len(_BEGINNING), limit=len(_BEGINNING))))
            if tuple(_kind(each.signed) for each in first) != _BEGINNING:
                raise BadStatement(
                    "a succession stands behind the registration policy and the trust anchors of its log"
                )
            origin = as_kind(read(entry.signed), SuccessionBody).origin
            found = Lineage(origin, found.number + 1, first)
    return found


def log_key_of(journal: Journal, lineage: Lineage) -> PublicKey | None:
    """The key of this log as a key statement names it, or None where its first node has not come to say so."""
    found = None
    for entry in entries_of(journal):
        if entry.position > lineage.anchors and _kind(entry.signed) is KindName.KEY:
            body = as_kind(read(entry.signed), KeyBody)
            if body.role is KeyRole.LOG and body.revoked is None:
                found = PublicKey.from_cose_key(body.key)
    return found


def log_order(journal: Journal, lineage: Lineage) -> Iterator[JournalEntry]:
    """The journal's statements that are entries of this log, in the log's order."""
    yield from lineage.first
    for entry in entries_of(journal):
        if is_entry(entry, lineage.first):
            yield entry


def is_entry(entry: JournalEntry, first: Sequence[JournalEntry]) -> bool:
    """Whether a statement is an entry behind the `first` ones of a log."""
    kind = kind_of(entry.signed.headers.content_type)
    if kind is None or kind.face is not Face.OPEN:
        return False
    if first and entry.position < first[0].position:
        return kind.name not in _OF_ONE_LOG
    return all(entry.position != each.position for each in first)


def entries_of(journal: Journal) -> Iterator[JournalEntry]:
    """All statements that were not erased, in the order of acceptance."""
    after = 0
    while batch := journal.entries(after=after, limit=_AT_ONCE):
        yield from unerased(batch)
        after = batch[-1].position


def _kind(signed: Signed) -> KindName | None:
    kind = kind_of(signed.headers.content_type)
    return None if kind is None else kind.name
