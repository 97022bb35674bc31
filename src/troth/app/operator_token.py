"""The operator's token in the data folder: commands on the same computer use it, and only its owner can read it.

Source: people.md, "Accounts".
"""

import errno
import os
from pathlib import Path

from troth.app.node import Node
from troth.errors import DiskFull, FolderNotWritable, TrothError

__all__ = ["operator_token"]


async def operator_token(node: Node, path: Path) -> None:
    """Make the credential that commands on this computer use, once.

    Raises:
        DiskFull, FolderNotWritable: the file cannot be read or written.
    """
    held = await node.ports.in_worker(lambda: _read_token(path))
    if held is not None and node.recognise.token(held) is not None:
        return
    token = await node.recognise.operator()
    await node.ports.in_worker(lambda: _write_token(path, token))


def _read_token(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as cause:
        raise _no_token(path, cause) from cause


def _write_token(path: Path, token: str) -> None:
    try:
        path.unlink(missing_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as cause:
        raise _no_token(path, cause) from cause


def _no_token(path: Path, cause: OSError) -> TrothError:
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"no space is left for {path}", hint="Free some space there and start again.")
    return FolderNotWritable(
        f"the operator's token {path} cannot be read or written ({cause.strerror})",
        hint="Mend its rights, or delete it: the next start makes another.",
    )
