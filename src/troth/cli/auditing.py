"""`troth audit`: follow a whole log, from a folder or an address, and say what does not hold.

Rules
- It needs no node. Trust comes from outside: a key given, or the trust file.
- What was followed is kept, so that the next audit goes on from there and finds out whether the log was continued.
- Progress stands on stderr; stdout is the result. It ends with 0 (it holds), 1 (it does not), 2 (it could not be read).

Source: record.md, "Anyone can verify".
"""

import hashlib
import time
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from troth.cli.files import FILE
from troth.cli.places import state_folder, write_privately
from troth.cli.published import published
from troth.cli.speaking import plain, say
from troth.cli.trusting import ended_keys, trusted_keys
from troth.errors import BadProof, TrothError
from troth.verify.audit import Auditor, AuditState, Depth
from troth.verify.audited import render, to_json
from troth.verify.verdict import ExitCode

__all__ = ["audit"]

SAVE_S: Final = 5.0  # between two savings of where it stands
SAY_S: Final = 10.0  # between two lines where no terminal shows progress
MAX_STATE_BYTES: Final = 64 * 1024 * 1024


@click.command()
@click.argument("where", metavar="FOLDER|URL")
@click.option(
    "--trust", "keys", multiple=True, metavar="KEY", help="The log's verifier key, given to you from outside."
)
@click.option("--trust-file", type=FILE, help="A trust file, if not your own (see 'troth trust').")
@click.option("--revoked", type=FILE, help="A list of keys that have ended, given to you from outside.")
@click.option("--only-tree", is_flag=True, help="Hash everything, and do not look into the statements.")
@click.option("--state", type=FILE, help="Where to keep how far it came; if not given, with your other state.")
@click.option("--anew", is_flag=True, help="Begin at the first entry again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit(
    where: str,
    *,
    keys: tuple[str, ...],
    trust_file: Path | None,
    revoked: Path | None,
    only_tree: bool,
    state: Path | None,
    anew: bool,
    as_json: bool,
) -> None:
    """Follow the whole log in a FOLDER or at a URL: hashes, signatures, policy, the row of segments.

    It goes on where it stopped, also after Ctrl-C, and says so when the log is not the one it was.
    """
    depth = Depth.TREE if only_tree else Depth.STATEMENTS
    try:
        trusted = trusted_keys(keys, trust_file)
        ended = ended_keys(revoked, trust_file)
        kept = state or _state_file(where, depth)
        with published(where) as read:
            auditor = Auditor(read, trusted=trusted, depth=depth, state=None if anew else _kept(kept))
            _follow(auditor, kept)
    except TrothError as error:
        click.echo(f"{error.code}: {plain(error.message)}", err=True)
        if error.hint is not None:
            click.echo(plain(error.hint), err=True)
        raise SystemExit(int(ExitCode.UNREADABLE)) from error
    report = auditor.report(ended)
    say(to_json(report) if as_json else render(report))
    raise SystemExit(int(ExitCode.PROVED if report.holds else ExitCode.FAILED))


def _follow(auditor: Auditor, kept: Path) -> None:
    """Run to the end, save now and then, and save when interrupted."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    saved = said = time.monotonic()
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("entries", total=auditor.size, completed=auditor.done)
            for done in auditor.run():
                progress.update(task, completed=done)
                now = time.monotonic()
                if now - saved > SAVE_S:
                    saved = now
                    _keep(kept, auditor.state)
                if not console.is_terminal and now - said > SAY_S:
                    said = now
                    click.echo(f"{done} of {auditor.size} entries", err=True)
    finally:
        _keep(kept, auditor.state)


def _keep(path: Path, state: AuditState) -> None:
    write_privately(path.absolute(), msgspec.json.encode(state) + b"\n")


def _kept(path: Path) -> AuditState | None:
    """What an earlier audit kept, or None."""
    try:
        if path.stat().st_size > MAX_STATE_BYTES:
            raise BadProof(f"{path} is too long to be the state of an audit", hint="Name another with --state.")
        return msgspec.json.decode(path.read_bytes(), type=AuditState)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as cause:
        raise BadProof(
            f"{path} is not the state of an audit", hint="Name another with --state, or use --anew."
        ) from cause


def _state_file(where: str, depth: Depth) -> Path:
    name = where if "://" in where else str(Path(where).absolute())
    digest = hashlib.sha256(f"{depth.value} {name}".encode()).hexdigest()[:16]
    return state_folder() / "audits" / f"{digest}.json"
