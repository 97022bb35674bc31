"""Look through all databases of a data folder and say what does not hold, while no node runs or beside one.

The order: every file opens and is whole by itself (SQLite's own check); accounts against the journal; conduct at one
moment; segments; partitions, row by row; then the counts of that moment against the rows.

Rules
- Nothing is written. Partitions and segments are read under the lock of `reading_lock`, a file or some segments at a time;
  of the other databases this lets go while the node wipes one (`check_reading`).
- What the node does meanwhile is no finding: rows of later segments are passed over, and where something was deleted while
  this looked, counts are not compared and that is said.

Source: things.md, "The writer" and "The store"; record.md; docs/operators/checking.md.
Left out: the log, which `troth audit` follows.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from troth.adapters import (
    accounts_sqlite,
    conduct_tables,
    journal_sqlite,
    ledgers_sqlite,
    partitions_files,
    partitions_segments,
    sessions_sqlite,
)
from troth.adapters.check_accounts import Authorities, check_accounts
from troth.adapters.check_conduct import ConductAtOnce, conduct_at_once
from troth.adapters.check_findings import Findings
from troth.adapters.check_partitions import check_partition
from troth.adapters.check_reading import read_giving_way
from troth.adapters.check_segments import Leaves, check_segments
from troth.adapters.partitions_files import span_of
from troth.adapters.reading_lock import held_for_reading
from troth.adapters.sqlite_files import read
from troth.errors import FormatTooNew, Malformed, NotFound, StorageFailed
from troth.things.checked import Checked

__all__ = ["StoreCheck"]

_KINDS: Final = {
    "journal": journal_sqlite.FORMAT,
    "conduct": conduct_tables.FORMAT,
    "ledgers": ledgers_sqlite.FORMAT,
    "accounts": accounts_sqlite.FORMAT,
    "sessions": sessions_sqlite.FORMAT,
    "segments": partitions_segments.FORMAT,
    "observations": partitions_files.FORMAT,
}


class StoreCheck:
    """One look. `databases` are the single files by kind; `partitions` the folder of the others."""

    def __init__(self, databases: Mapping[str, Path], partitions: Path, authorities: Authorities) -> None:
        self._databases = databases
        self._partitions = partitions
        self._authorities = authorities
        self._segments_file = partitions / "segments.db"
        self._found = Findings()
        self._notes: list[str] = []
        self._rows: Counter[bytes] = Counter()
        self._files = self._segments = 0
        self._moment: ConductAtOnce | None = None

    def run(self) -> Iterator[tuple[str, int]]:
        """Look; gives what is looked at and how many of it more were done.

        Raises:
            NotFound: there are no stores here.
            FormatTooNew: a newer program wrote one of them.
        """
        if not self._databases["conduct"].exists() or not self._segments_file.exists():
            raise NotFound("there are no stores here, or not all of them", hint="Name the data folder with --data DIR.")
        whole = {}
        for kind, path in self._databases.items():
            if kind == "sessions" and not path.exists():
                continue  # nothing rests on it: a backup does not bring it back, and a start makes it
            whole[kind] = self._whole(path, kind)
            yield "files", 1
        if whole["journal"] and whole["accounts"]:
            self._accounts()
        with held_for_reading(self._partitions):
            sound = self._whole(self._segments_file, "segments")
        self._moment = self._conduct()
        partitions = sorted(self._partitions.glob("*/*/*.db"))
        if sound:
            yield from self._try(self._segments_file, check_segments(self._segments_file, self._found), "segments")
        leaves = Leaves(self._segments_file)
        for path in partitions:
            with held_for_reading(self._partitions):
                if not path.exists():
                    continue  # it went since
                if span_of(path).from_ns == span_of(path).to_ns:
                    self._found.add(self._name(path), "the name says no period")
                elif self._whole(path, "observations") and self._moment is not None and sound:
                    looked = check_partition(
                        path,
                        self._name(path),
                        leaves=leaves,
                        cleared=self._moment.cleared,
                        rows=self._rows,
                        found=self._found,
                    )
                    yield from self._try(path, looked, "rows")
                    self._held(path)
            yield "files", 1
        if self._moment is not None and sound:
            self._compare(self._moment)

    def checked(self) -> Checked:
        """What came of it, when `run` is at its end."""
        moment = self._moment
        unmoved = 0 if moment is None else sum(moment.unmoved.values())
        stored, expired = (0, 0) if moment is None else (moment.stored, moment.expired)
        return Checked(
            self._files,
            self._segments,
            sum(self._rows.values()),
            unmoved,
            stored,
            expired,
            self._found.all(),
            tuple(self._notes),
        )

    def _try(self, path: Path, looked: Iterator[int], what: str) -> Iterator[tuple[str, int]]:
        """Go on with the rest where one file cannot be read to its end."""
        try:
            for count in looked:
                if what == "segments":
                    self._segments = count
                yield what, 1 if what == "segments" else count
        except (StorageFailed, TypeError, ValueError):
            self._found.add(self._name(path), "it cannot be read to its end")

    def _whole(self, path: Path, kind: str) -> bool:
        """Whether a file opens, is what it should be, and passes SQLite's own check."""
        self._files += 1
        if not path.exists():
            self._found.add(self._name(path), "the file is missing")
            return False
        try:
            said, checked = read_giving_way(path, _said)
        except StorageFailed:
            self._found.add(self._name(path), "it cannot be opened, or is damaged")
            return False
        number = said.get("format")
        if isinstance(number, int) and number > _KINDS[kind] and said.get("kind") == kind:
            raise FormatTooNew(
                f"the file for {kind} has format {number}; this program knows formats up to {_KINDS[kind]}",
                hint="Check it with the newer Troth that wrote it.",
            )
        if said.get("kind") != kind:
            self._found.add(self._name(path), "it holds something else than it should")
            return False
        for line in checked:
            self._found.add(self._name(path), f"SQLite says: {line}", sort="SQLite's own check")
        if "wipe" in said:
            self._notes.append(f"{self._name(path)} waits to be wiped; the next start does it.")
        return not checked

    def _conduct(self) -> ConductAtOnce | None:
        path = self._databases["conduct"]
        try:
            return conduct_at_once(path, self._found)
        except (StorageFailed, KeyError, ValueError, TypeError):
            self._found.add(self._name(path), "it cannot be read to its end")
            return None

    def _accounts(self) -> None:
        path = self._databases["accounts"]
        try:
            self._notes += check_accounts(path, self._databases["journal"], self._authorities, found=self._found)
        except (StorageFailed, Malformed, ValueError, TypeError):
            self._found.add(self._name(path), "it cannot be compared with the journal to its end")

    def _held(self, path: Path) -> None:
        """The last segment that a file says it holds was decided."""
        held = read(path, lambda file: file.execute("SELECT value FROM meta WHERE name = 'held'").fetchone()[0])
        cut = read(self._databases["conduct"], _cuts)
        if held > cut:
            self._found.add(self._name(path), "it holds rows of a segment that was never decided")

    def _compare(self, moment: ConductAtOnce) -> None:
        """Counts, sequences and rows of one moment."""
        conduct, segments = self._name(self._databases["conduct"]), self._name(self._segments_file)
        if self._segments < moment.cleared:
            self._found.add(segments, "it holds fewer segments than conduct.db has cleared")
        if self._segments > moment.cut and self._segments > read(self._databases["conduct"], _cuts):
            self._found.add(conduct, "it has decided fewer segments than are kept")
        if self._changing(moment):
            self._notes.append("Something is being deleted, or was while this looked: counts were not compared.")
            return
        if moment.incomplete:
            self._notes.append(
                "This was restored from a backup of which some could not be opened: counts were not compared."
            )
            return
        rows = sum(self._rows.values()) + sum(moment.unmoved.values())
        if rows != moment.stored - moment.expired:
            self._found.add(
                conduct,
                f"{moment.stored} stored and {moment.expired} deleted since do not make {rows} rows that are kept",
            )
        for stream, count in (self._rows + Counter(moment.unmoved)).items():
            if count >= moment.next.get(stream, 1):
                self._found.add(conduct, "a stream has more rows than numbers were given", sort="too many rows")
        given = sum(moment.next.values()) - len(moment.next)
        if given != moment.stored:
            self._found.add(conduct, f"{moment.stored} observations are counted as stored, and {given} got a number")

    def _changing(self, moment: ConductAtOnce) -> bool:
        """Whether an erasure or expiry stands between what was read first and last."""
        with held_for_reading(self._partitions):
            pending = read(
                self._segments_file, lambda file: file.execute("SELECT 1 FROM meta WHERE name = 'expiry'").fetchone()
            )
        now = conduct_at_once(self._databases["conduct"], Findings())
        return pending is not None or now.changes != moment.changes

    def _name(self, path: Path) -> str:
        if path.is_relative_to(self._partitions):
            return f"{self._partitions.name}/{path.relative_to(self._partitions)}"
        return path.name


def _said(file: sqlite3.Connection) -> tuple[dict[str, object], list[str]]:
    said = dict(file.execute("SELECT name, value FROM meta WHERE name IN ('kind', 'format', 'wipe')"))
    lines = [line for (line,) in file.execute("PRAGMA integrity_check(3)")]
    return said, [] if lines == ["ok"] else lines


def _cuts(file: sqlite3.Connection) -> int:
    number: int = file.execute("SELECT value FROM meta WHERE name = 'cuts'").fetchone()[0]
    return number
