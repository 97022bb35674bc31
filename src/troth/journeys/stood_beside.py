"""What stands beside something a person said, for its proof: who kept the key, and what a passkey signed about it.

Source: record.md, "Anyone can verify"; docs/reference/proof-file.md (`said`).
"""

from typing import Protocol

from troth.errors import BadProof
from troth.names import StatementId
from troth.signing.cose import PublicKey
from troth.state.directory import Directory
from troth.statements.journal import Entry, JournalEntry
from troth.statements.persons import speaker_of
from troth.statements.statement import read
from troth.verify.custody import check_stated
from troth.verify.file import Said

__all__ = ["Finding", "said_with"]


class Finding(Protocol):
    """The part of a Journal that is needed; its contract stands there."""

    def find(self, statement: StatementId) -> Entry | None:
        """The entry of this statement, or None."""
        ...


def said_with(entry: JournalEntry, key: PublicKey, *, directory: Directory, journal: Finding) -> Said:
    """A private statement with the key that signed it, and what stands beside it here."""
    about = read(entry.signed)
    person = speaker_of(about.body)
    held = None if person is None else directory.custodies.get(person)
    custody = None
    for each in reversed(() if held is None else held.said):
        stated = journal.find(each.statement)
        if not isinstance(stated, JournalEntry):
            continue
        try:
            check_stated(each.body, stated.signed.headers.issued_at_s, key.cose_key, about)
        except BadProof:
            continue  # said later, or of another key: an earlier one held
        custody = stated.signed.data
        break
    word = directory.asserted.get(entry.signed.id)
    asserted = None if word is None else journal.find(word)
    assertion = asserted.signed.data if isinstance(asserted, JournalEntry) else None
    return Said(key.cose_key, entry.signed.data, custody, assertion)
