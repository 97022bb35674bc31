"""`troth store check`, `backup` and `restore`: look through the stores of a data folder, copy them away, bring them back.

Rules
- Progress stands on stderr; stdout is the result. A check ends with 0 (everything holds), 1 (something does not), 2 (there is
  nothing to look at, or it cannot be read).
- What these commands do is imported when they are given: every other command starts sooner without it (`up` says the same).

Source: things.md, "The store". The pages are docs/reference/cli.md, docs/operators/checking.md and docs/operators/backups.md.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, TextColumn

from troth.cli.places import settings_of
from troth.cli.speaking import plain, say
from troth.errors import TrothError
from troth.things.checked import Checked, StoreChecking
from troth.verify.verdict import ExitCode
from troth.verify.words import iso

__all__ = ["store"]

SAY_S: Final = 10.0  # between two lines where no terminal shows progress


@click.group()
def store() -> None:
    """The stores of a data folder."""


@store.command("check")
@click.option("--data", metavar="DIR", help="Data folder to look through.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def store_check(*, data: str | None, as_json: bool) -> None:
    """Look through all stores of a data folder: files, order, counts, and a trace for every row."""
    from troth.app.store_keeping import look_through  # noqa: PLC0415 - the reason stands above

    try:
        looking = look_through(settings_of(data))
        _follow(looking)
    except TrothError as error:
        click.echo(f"{error.code}: {plain(error.message)}", err=True)
        if error.hint is not None:
            click.echo(plain(error.hint), err=True)
        raise SystemExit(int(ExitCode.UNREADABLE)) from error
    checked = looking.checked()
    say(msgspec.json.encode(checked).decode() if as_json else _words(checked))
    raise SystemExit(int(ExitCode.PROVED if checked.holds else ExitCode.FAILED))


@store.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--data", metavar="DIR", help="Data folder to back up.")
def store_backup(file: Path, *, data: str | None) -> None:
    """Write all stores of a data folder, sealed, into a new FILE, while its node runs or not.

    The keys that open it stay in the data folder, in keys/backups: copy keys/ to a place of its own.
    """
    from troth.app.store_keeping import back_up  # noqa: PLC0415 - the reason stands above

    count = 0
    said = time.monotonic()
    for count in back_up(settings_of(data), file):
        if time.monotonic() - said > SAY_S:
            said = time.monotonic()
            click.echo(f"{count} parts", err=True)
    say(f"{file}: {count} parts, {file.stat().st_size} bytes.")
    say("It can be read with the keys in keys/ only. Copy that folder now, to another place than this file.")


@store.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--keys",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder keys/ that belongs to it, as it was copied last.",
)
@click.option("--data", metavar="DIR", help="Data folder to bring back; nothing may be in it.")
@click.option(
    "--nothing-revoked",
    is_flag=True,
    help="You know that no credential was revoked, renewed or replaced since; for where nothing outside the folder tells.",
)
def store_restore(file: Path, *, keys: Path, data: str | None, nothing_revoked: bool) -> None:
    """Bring all stores back from a backup FILE into an empty data folder.

    What was erased or deleted after the backup was made stays unreadable, and credentials that ended since stay ended.
    """
    from troth.app.store_keeping import bring_back  # noqa: PLC0415 - the reason stands above

    said = time.monotonic()

    def told(count: int) -> None:
        nonlocal said
        if time.monotonic() - said > SAY_S:
            said = time.monotonic()
            click.echo(f"{count} parts", err=True)

    back = asyncio.run(bring_back(settings_of(data), file, keys, told=told, vouched=nothing_revoked))
    say(f"{back.rows} observations are back, as of {iso(back.made_ns)}; the log with {back.log_size} entries.")
    if back.unreadable:
        say(f"{back.unreadable} of {back.parts} parts cannot be opened: what they held was erased or deleted since.")
    for line in _credentials(back.ended, vouched=back.vouched):
        say(line)
    say("Look through it with 'troth store check', then start the node: troth up")


def _credentials(ended: Sequence[str], *, vouched: bool) -> Iterator[str]:
    """What became of credentials, in words."""
    if not vouched:
        yield "Nothing outside the folder tells which credentials ended since, so none of anybody came back."
        yield "If you know that none did, restore again with --nothing-revoked."
    if ended:
        yield "What these things had has ended; each needs a new claim token (troth thing renew NAME):"
        yield from (f"  {each}" for each in ended)


def _follow(looking: StoreChecking) -> None:
    """Look to the end, and say how far it is."""
    console = Console(stderr=True)
    done = {"files": 0, "segments": 0, "rows": 0}
    said = time.monotonic()
    with Progress(
        TextColumn("{task.description}"), console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task("", total=None)
        for what, count in looking.run():
            done[what] += count
            words = f"{done['files']} files, {done['segments']} segments, {done['rows']} rows"
            shown.update(task, description=words)
            if not console.is_terminal and time.monotonic() - said > SAY_S:
                said = time.monotonic()
                click.echo(words, err=True)


def _words(checked: Checked) -> str:
    lines = [
        f"{checked.files} files, {checked.segments} segments.",
        f"{checked.rows + checked.unmoved} observations, of which {checked.unmoved} are not moved yet.",
        f"{checked.stored} were stored, and {checked.expired} of them deleted since because their time was over.",
    ]
    lines += [f"{each.place}: {each.what}" for each in checked.findings]
    lines += checked.notes
    if checked.holds:
        lines.append("Everything holds: each row stands in its place and has its trace.")
        lines.append(
            "This does not show that the log holds, or that nobody changed both: 'troth audit' follows the log."
        )
    else:
        lines.append("This does not hold. Keep the folder as it is; docs/operators/checking.md says what to do.")
    return "\n".join(lines)
