"""`troth log mirror`, `restore` and `succeed`: a log is copied away, brought back, or gone on with under another name.

Rules
- A mirror is made from a data folder here, or from a node at an address; what comes over a network is believed only as far as
  a key that was given from outside has signed it.
- The other two work on the data folder, while no node runs.
- What these commands do is imported when they are given: every other command starts sooner without it (`up` says the same).

Source: record.md, "Loss and restore". The pages are docs/reference/cli.md and docs/operators/loss.md.
"""

import asyncio
import time
from pathlib import Path
from typing import Final

import click

from troth.cli.client import Node
from troth.cli.files import read_file
from troth.cli.places import settings_of
from troth.cli.speaking import say
from troth.errors import BadNote, BadSetting, LogDiverged, NotFound, Unavailable
from troth.tlog.checkpoint import MAX_NOTE_BYTES, VerifierKey
from troth.tlog.mirror import Source

__all__ = ["log_mirror", "log_restore", "log_succeed"]

_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_REASON_CHARS: Final = 2_000  # some ten lines; it stands in the public log for good
_LOSS: Final = "docs/operators/loss.md says more."


class _Served:
    """The log of a node, read over HTTP."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def get(self, path: str) -> bytes | None:
        """See Source."""
        try:
            return self._node.bytes("GET", f"/{path}")
        except NotFound:
            return None


@click.command("mirror")
@click.argument("destination", metavar="DEST", type=_FOLDER)
@click.option("--data", metavar="DIR", help="Data folder whose log is mirrored.")
@click.option("--url", metavar="URL", help="Address of a node whose log is mirrored, instead.")
@click.option("--trust", "key", metavar="KEY", help="The log's verifier key, given to you from outside.")
@click.option(
    "--every", "every_s", type=click.FloatRange(1, 86_400), metavar="SECONDS", help="Go on, and look this often."
)
def log_mirror(destination: Path, *, data: str | None, url: str | None, key: str | None, every_s: float | None) -> None:
    """Copy the log to the folder DEST, everything checked; what is there already is not copied again."""
    from troth.app.log_keeping import own_log  # noqa: PLC0415 - the reason stands above

    if data is not None and url is not None:
        raise BadSetting("a log is mirrored from --data or from --url, not from both")
    if url is None:
        source, own = own_log(settings_of(data))
        trusted = own if key is None else _key(key)
    elif key is None:
        raise BadSetting(
            "a log at an address is mirrored with its key", hint="Get it from whoever runs it: --trust KEY"
        )
    else:
        source, trusted = _Served(Node(url)), _key(key)
    _mirror(source, destination, trusted)
    while every_s is not None:
        time.sleep(every_s)
        try:
            _mirror(source, destination, trusted)
        except LogDiverged:
            raise
        except Unavailable as error:  # a node that is away for a while, or a disk that is full
            click.echo(f"{error.code}: {error.message}; trying again in {every_s:g} s", err=True)


def _mirror(source: Source, destination: Path, key: VerifierKey) -> None:
    from troth.app.log_keeping import mirror_log  # noqa: PLC0415 - the reason stands above

    def told(done: int, size: int) -> None:
        if done < size and done % 65_536 == 0:
            click.echo(f"{done} of {size} entries", err=True)

    now = mirror_log(source, destination, key=key, told=told)
    say(f"{destination} holds {now.size} entries of {now.origin}")


@click.command("restore")
@click.argument("mirror", metavar="MIRROR", type=_FOLDER)
@click.option("--data", metavar="DIR", help="Data folder whose log is brought back.")
def log_restore(mirror: Path, *, data: str | None) -> None:
    """Bring the log of a data folder back from MIRROR, while no node runs on it.

    It is refused when anybody knows of a longer log than the mirror has.
    """
    from troth.app.log_keeping import restore_log  # noqa: PLC0415 - the reason stands above

    now = asyncio.run(restore_log(settings_of(data), mirror))
    say(f"The log {now.origin} is back with {now.size} entries.")
    say("Start the node: troth up")


@click.command("succeed")
@click.option("--reason", required=True, metavar="TEXT", help="Why the log is over, for everybody to read.")
@click.option("--origin", metavar="NAME", help="The new log's name; one is made if it is not given.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The last checkpoint of the old log that somebody else has kept.",
)
@click.option("--anyway", is_flag=True, help="Also when the log can be gone on with: its key is not safe any more.")
@click.option("--data", metavar="DIR", help="Data folder whose log is over.")
def log_succeed(*, reason: str, origin: str | None, checkpoint: Path | None, anyway: bool, data: str | None) -> None:
    """End the log of a data folder for good and let a new one follow it, while no node runs on it.

    Proofs that were given out keep verifying under the old key. Nothing is signed under the old name any more.
    """
    from troth.app.log_keeping import Ending, succeed_log  # noqa: PLC0415 - the reason stands above

    if not reason.strip() or len(reason) > _REASON_CHARS:
        raise BadSetting(f"a reason has 1 to {_REASON_CHARS} characters")
    now = asyncio.run(
        succeed_log(
            settings_of(data),
            reason=reason,
            origin=origin,
            checkpoint=None if checkpoint is None else read_file(checkpoint, limit=MAX_NOTE_BYTES),
            ending=Ending.ANYWAY if anyway else Ending.LOST,
        )
    )
    known = (
        "of which no checkpoint is known" if now.former_size is None else f"last known with {now.former_size} entries"
    )
    say(f"The log {now.former} is over, {known}.")
    say(f"The log that follows it is {now.origin}. It begins when the node starts: troth up")
    say("Its verifier key, for strangers to trust:")
    say(now.verifier_key)
    say("Keep the old log's folder or a mirror of it, and its key: old proofs are checked with them. " + _LOSS)


def _key(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text.strip())
    except BadNote as cause:
        raise BadSetting(f"the key cannot be read: {cause.message}") from cause
