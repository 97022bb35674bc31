"""The text behind a hash envelope is deleted; the log keeps a digest that nobody can open, and every proof goes on verifying.

Rules
- Only of kinds whose text may go (statements/kinds), and only when nothing in force is counted from it: first something else is
  said, then the text goes. So what is folded from the journal stays the same, live and after a restart.
- The statement keeps its place, its id and its signature.

Source: record.md, "What is public" (enveloped); RFC 9995.
Left out: erasing a person, which is another journey.
"""

from functools import partial

from troth.errors import Conflict, NotFound, Refused
from troth.journeys.erasure_list import hashed
from troth.journeys.record import InWorker
from troth.names import StatementId
from troth.signing.cose import PayloadForm
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.statements.journal import Journal, JournalEntry
from troth.statements.kinds import Text
from troth.statements.statement import read_kept
from troth.things.backups import BackupKeys

__all__ = ["Forget"]


class Forget:
    """Deletes texts."""

    def __init__(
        self,
        journal: Journal,
        directory: Directory,
        *,
        in_force: InForce,
        in_worker: InWorker,
        backups: BackupKeys | None,
    ) -> None:
        self._journal = journal
        self._directory = directory
        self._in_force = in_force
        self._in_worker = in_worker
        self._backups = backups

    async def text(self, statement: StatementId) -> None:
        """Delete the text behind an envelope; on return the journal does not hold it. Doing it again changes nothing.

        Raises:
            NotFound: there is no such statement.
            Refused: its text stands in it, or must be kept.
            Conflict: it is in force.
        """
        entry = self._journal.find(statement)
        if not isinstance(entry, JournalEntry):
            raise NotFound("there is no such statement here")
        if entry.signed.headers.form is not PayloadForm.DIGEST:
            raise Refused("the text of this statement stands in it, and in the log")
        said = read_kept(entry.signed, entry.preimage)
        if said is None:
            return
        if said.kind.text is not Text.DELETABLE:
            raise Refused(f"the text of a {said.kind.name} statement is kept: other things are counted from it")
        if said.unknown or self._in_force.rests_on(said) or self._directory.rests_on(statement):
            raise Conflict("this is in force; say first what replaces or ends it")
        if self._backups is not None:
            await self._in_worker(partial(self._backups.forget, (hashed(b"text", statement),)))
        await self._journal.forget_text(statement)
