"""`troth witness`: look after the logs of others. It has a folder, a key and an address of its own, and needs no node.

Rules
- The line `The witness is ready: URL` stands alone; programs wait for it.
- What judges evidence needs the file and the log's key, nothing else.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from troth.cli.files import FILE, read_file, write_file
from troth.cli.speaking import plain, say
from troth.errors import BadNote, BadProof, Malformed, TrothError
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.fork import FORK_SUFFIX, MAX_FORK_BYTES, Contradiction, judge, read_fork

__all__ = ["witness"]

DEFAULT_FOLDER: Final = "troth-witness"
DEFAULT_PORT: Final = 8090
_PROVED: Final = {
    Contradiction.TWO_ROOTS: "Proved: under one key this log has signed two trees of {0} entries.",
    Contradiction.OTHER_BEGINNING: (
        "Proved: this log has signed a tree of {1} entries that does not begin with the tree of {0} entries it had signed."
    ),
}
_SUSPECTED: Final = (
    "Not proved: both checkpoints are signed by this log, and nothing here shows that they contradict each other. "
    "Whoever has the log's entries up to the larger size can tell."
)
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(DEFAULT_FOLDER),
    show_default=True,
    help="Folder of the witness.",
)


@click.group()
def witness() -> None:
    """Be an outside witness for the logs of others."""


@witness.command("run")
@_data
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="0 for any.")
def run(*, data: Path, bind: str, port: int) -> None:
    """Answer logs until Ctrl-C."""
    # Only this command and the next need a server's imports; `judge` works without.
    from troth.app.witness import WitnessReady, run_witness  # noqa: PLC0415 - the reason stands above

    def ready(now: WitnessReady) -> None:
        say(f"The witness is ready: {now.url}")
        say(f"Its key, for whoever is to trust it: {now.key}")
        say("Stop with Ctrl-C.")

    run_witness(data, bind=bind, port=port, ready=ready)
    say("The witness has stopped.")


@witness.command("key")
@_data
@click.option("--name", help="Name of the key, for life: the witness's address without https://. Made, if not given.")
def key(*, data: Path, name: str | None) -> None:
    """Print the witness's verifier key; the first time it is made."""
    from troth.app.witness import witness_key  # noqa: PLC0415 - see `run`

    say(witness_key(data, name=name))


@witness.command("add-log")
@click.argument("log", metavar="KEY")
@_data
def add_log(log: str, *, data: Path) -> None:
    """Follow the log with this verifier KEY from now on, also while the witness runs."""
    from troth.app.witness import follow  # noqa: PLC0415 - see `run`

    found = VerifierKey.parse(log.strip())
    follow(data, key=found)
    say(f"This witness follows {plain(found.name)}")


@witness.command("status")
@_data
def status(*, data: Path) -> None:
    """Show each log that is followed: how far, when, and what contradicts it."""
    from troth.app.witness import followed  # noqa: PLC0415 - see `run`

    own, logs = followed(data)
    say(f"Witness  {own}")
    for log in logs:
        size = (
            "nothing yet" if log.checkpoint is None else f"{log.checkpoint.size} entries, cosigned {_time(log.time_s)}"
        )
        say(f"Log      {plain(log.key.name)}: {size}")
        for name in log.evidence:
            if not name.startswith(Contradiction.SUSPICION.value):
                say(f"  THIS LOG CONTRADICTS ITSELF: {name}")
            else:
                say(f"  asked for something that does not follow, by whomever: {name}")


@witness.command("evidence")
@click.argument("name")
@click.option("--log", "origin", required=True, help="Origin of the log.")
@click.option("-o", "--output", type=FILE, help=f"Where to write it (- for stdout). NAME{FORK_SUFFIX}, if not given.")
@_data
def evidence(name: str, *, origin: str, output: Path | None, data: Path) -> None:
    """Write the evidence of this NAME (see status) as a file that anybody can judge."""
    from troth.app.witness import evidence as kept  # noqa: PLC0415 - see `run`

    path = Path(f"{name}{FORK_SUFFIX}") if output is None else output
    write_file(path, kept(data, origin=origin, name=name))
    if str(path) != "-":
        say(f"{path} holds two signed checkpoints. Anybody can judge it with:")
        say(f"  troth witness judge {path} --trust KEY")


@witness.command("judge")
@click.argument("file", type=FILE)
@click.option("--trust", "log", required=True, metavar="KEY", help="The log's verifier key, given to you from outside.")
def judge_file(file: Path, *, log: str) -> None:
    """Say whether the checkpoints in FILE contradict each other.

    Ends with 0 when they do, 1 when that is not shown, 2 when file or key cannot be read.
    """
    try:
        trusted, fork = VerifierKey.parse(log.strip()), read_fork(read_file(file, limit=MAX_FORK_BYTES))
    except TrothError as error:
        click.echo(f"{error.code}: {plain(error.message)}", err=True)
        raise SystemExit(2) from error
    try:
        found, first, second = judge(fork, trusted)
    except (BadNote, BadProof, Malformed) as error:
        say(f"Not proved: {plain(error.message)}")
        raise SystemExit(1) from error
    say(_PROVED.get(found, _SUSPECTED).format(first.size, second.size))
    for checkpoint in (first, second):
        say(f"  {checkpoint.size} entries, root {checkpoint.root.hex()}")
    say("It does not show who did it: a stolen key signs as well.")
    raise SystemExit(0 if found in _PROVED else 1)


def _time(time_s: int) -> str:
    try:
        return datetime.fromtimestamp(time_s, tz=UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return f"{time_s} s after 1970"
