"""`troth store check`: look through the stores of a data folder, while its node runs or not.

Rules
- Progress stands on stderr; stdout is the result. It ends with 0 (everything holds), 1 (something does not), 2 (there is
  nothing to look at, or it cannot be read).
- What these commands do is imported when they are given: every other command starts sooner without it (`up` says the same).

Source: things.md, "The store". The pages are docs/reference/cli.md and docs/operators/checking.md.
"""

import time
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
