"""What a bridge called the messages of a broker, by packet identifier, so that one that is delivered again has the same name.

Rules
- A message without DUP is new, whatever was called so before under its packet identifier.
- One with DUP has the name of the last message with its packet identifier, if topic and payload are the same; else it is new.
- What is noted survives the end of the program, also a kill; a power cut may forget the latest names.

Source: MQTT 3.1.1 §3.3.1.1 (DUP), §4.4; SQLite, PRAGMA synchronous (NORMAL).
Left out: names of messages with QoS 0; they come once or never.
"""

import hashlib
import sqlite3
import uuid
from pathlib import Path
from typing import Self

from troth.errors import FolderNotWritable
from troth.wire.mqtt import Heard

__all__ = ["Names"]

_TABLE = "CREATE TABLE IF NOT EXISTS named (packet INTEGER PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL)"


class Names:
    """One file, of one bridge."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            FolderNotWritable: it cannot be written, or is used by another bridge.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1)
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_TABLE)
        except (OSError, sqlite3.Error) as cause:
            raise FolderNotWritable(f"{path} cannot be used, or another bridge of this name runs") from cause

    def name(self, heard: Heard) -> tuple[str, bool]:
        """The name of a message, and whether it was named before."""
        if not heard.packet_id:
            return uuid.uuid4().hex, False
        digest = hashlib.sha256(heard.topic.encode() + b"\0" + heard.payload).digest()
        if heard.dup:
            text = "SELECT name FROM named WHERE packet = ? AND digest = ?"
            found = self._db.execute(text, (heard.packet_id, digest)).fetchone()
            if found is not None:
                return str(found[0]), True
        name = uuid.uuid4().hex
        self._db.execute("INSERT OR REPLACE INTO named VALUES (?, ?, ?)", (heard.packet_id, digest, name))
        return name, False

    def forget(self) -> None:
        """The broker has begun another session: its packet identifiers mean nothing any more."""
        self._db.execute("DELETE FROM named")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
