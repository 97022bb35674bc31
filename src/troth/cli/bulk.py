"""`troth thing bulk`: many things join from a table or from a folder of descriptions; said again, nothing is added.

Rules
- All of it is looked at first. Every wrong row is named with its number, its column and the reason, and then nothing is said.
- What things would do is shown once for all that would do the same; on a terminal *connect* is asked after it.
- Each thing joins whole or not at all. What was interrupted is said again: what stands is left as it is.
- Claim tokens go into a file for their owner alone, before more is said, and never to the terminal.

Source: things.md, "A thing joins"; mission.md (10,000 things in under a minute).
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from troth.api.answers import Status
from troth.api.many_forms import ManyForm, ManyShown, Renewals, RenewForm
from troth.api.type_forms import Types
from troth.cli.bulk_folder import FolderWords, folder_rows
from troth.cli.bulk_rows import FILE_BYTES, Defaults, NumberedRow, WrongRow, read_rows
from troth.cli.claim_tokens import Claim, TokenFile
from troth.cli.client import Node
from troth.cli.files import read_file, write_file
from troth.cli.places import as_operator
from troth.cli.qr_sheet import sheet_of
from troth.cli.speaking import plain, say
from troth.journeys.installing import REACHES
from troth.journeys.join_many import ROWS_MAX as AT_ONCE

__all__ = ["take_rows", "thing_bulk"]

Sheet = tuple[str, ...]  # the lines that are the same for all things that would do the same

_MANY: Final = "/api/things/many"
_SHOWN_MAX: Final = 1_000  # reasons of wrong rows of one file
_SHEETS_MAX: Final = 20  # kinds of things of one file that are shown
_NAMED_MAX: Final = 10  # rows that are named of one reason


@click.command("bulk")
@click.argument("path", metavar="FILE|FOLDER", type=click.Path(path_type=Path, exists=True))
@click.option("--of", "of", help="Short name of the type of rows that name none.")
@click.option("--place", help="Where things are that do not say it.")
@click.option("--household", help="Identifier of the household of rows that name none (ho...).")
@click.option("--nobody", is_flag=True, help="Of a folder: its things concern no person and anybody may read them.")
@click.option("--by", help="Of a folder: who answers for its things and has thought about them.")
@click.option("--contact", help="Of a folder: where they are reached, an https: or mailto: address.")
@click.option("--considered", help="Of a folder: one sentence of who could be harmed, and what was done about it.")
@click.option(
    "--answers", help="Of a folder: URI of the organisation that answers. Whoever runs the node, if not given."
)
@click.option("--keep-days", type=click.IntRange(1, 36_500), default=365, show_default=True, help="Of a folder.")
@click.option("--reach", type=click.Choice(REACHES), default="declared", show_default=True, help="Of a folder.")
@click.option("--check", is_flag=True, help="Only look at everything; register nothing.")
@click.option("--yes", is_flag=True, help="Connect without being asked after the sheets.")
@click.option(
    "--tokens", type=click.Path(path_type=Path, dir_okay=False), help="File of claim tokens, made for you alone."
)
@click.option("--qr", type=click.Path(path_type=Path, dir_okay=False), help="Write a sheet of them to print (HTML).")
@as_operator
def thing_bulk(  # noqa: PLR0913 - one option per thing that may be said
    node: Node,
    *,
    path: Path,
    of: str | None,
    place: str | None,
    household: str | None,
    nobody: bool,
    by: str | None,
    contact: str | None,
    considered: str | None,
    answers: str | None,
    keep_days: int,
    reach: str,
    check: bool,
    yes: bool,
    tokens: Path | None,
    qr: Path | None,
) -> None:
    """Register many things, from a CSV file or a folder of Thing Descriptions. Said again, nothing is added.

    The first line of a file names its columns: name, place, type; where wanted slug, household, from, reach, ways_out.
    """
    if path.is_dir():
        words = FolderWords(
            place=place,
            household=household,
            nobody=nobody,
            answers=answers or node.get("/api/status", Status).operator,
            by=by,
            contact=contact,
            considered=considered,
            keep_days=keep_days,
            reach=reach,
        )
        rows, wrong = folder_rows(node, path, words, only_look=check)
    else:
        types = {each.type: each for each in node.get("/api/types", Types).types}
        rows, wrong = read_rows(read_file(path, limit=FILE_BYTES), defaults=Defaults(of, place, household), types=types)
    file = TokenFile(tokens or path.with_name(f"{path.name}.claims.csv"))
    look = bool(rows) and not (wrong and path.is_dir())
    unclaimed = take_rows(node, rows, wrong, file, at=_MANY, renew=_renewed, look=look, check=check, yes=yes)
    if qr is not None and unclaimed is not None:
        waiting = [file.claims[each.slug] for each in unclaimed if each.slug in file.claims]
        write_file(qr, sheet_of(waiting, url=node.url))
        say(f"A sheet of {len(waiting)} labels to print is in {qr}.")


def take_rows(  # noqa: PLR0913 - how rows are taken, named
    node: Node,
    rows: list[NumberedRow],
    wrong: list[WrongRow],
    file: TokenFile,
    *,
    at: str,
    renew: Callable[[Node, Sequence[Claim], TokenFile], None],
    look: bool,
    check: bool,
    yes: bool,
) -> list[Claim] | None:
    """Look at rows, show what they would do, ask, and say them; those without a credential yet. None where nothing was said.

    `at`: where many are said; `renew`: makes labels again that an interrupted run did not keep; `wrong`: what is known to be;
    `look`: whether the node is asked about the rows. Ends with 1 where a row is wrong.
    """
    file.read()
    sheets: Counter[Sheet] = Counter()
    stands, more, rows = _looked(node, rows, sheets, at=at) if look else (0, [], rows)
    seen = {(each.number, each.column) for each in wrong}
    wrong = sorted([*wrong, *(each for each in more if (each.number, each.column) not in seen)], key=lambda w: w.number)
    if wrong:
        _tell_wrong(wrong)
    _show(sheets)
    if check:
        say(
            f"{len(rows)} rows can be said: {len(rows) - stands} would join, {stands} stand already. Nothing was registered."
        )
        return None
    if sheets and not yes and sys.stdin.isatty() and not click.confirm("Connect them?"):
        say("Nothing was registered.")
        return None
    joined, unclaimed = _joined(node, rows, file, at=at)
    renew(node, [each for each in unclaimed if each.slug not in file.claims], file)
    _tell(rows, joined, file)
    return unclaimed


def _looked(
    node: Node, rows: Sequence[NumberedRow], sheets: Counter[Sheet], *, at: str
) -> tuple[int, list[WrongRow], list[NumberedRow]]:
    """How many stand already, what the node says is wrong, and the rows with the digests of their sheets.

    `sheets` counts what they would do, without their names and places.
    """
    stands = 0
    wrong: list[WrongRow] = []
    shown: list[NumberedRow] = []
    with _progress("looked at", len(rows)) as moved:
        for part in _parts(rows):
            became = node.post(at, ManyForm(tuple(each.form for each in part), check=True), ManyShown)
            for row, each in zip(part, became.rows, strict=True):
                stands += each.state == "there"
                if each.fault is not None:
                    wrong.append(WrongRow(row.number, each.fault.column, each.fault.detail))
                if each.no is not None:
                    wrong.append(WrongRow(row.number, "type", f"{each.no.detail} {each.no.hint}"))
                sheets.update([tuple(each.lines[1:])] if each.lines else ())
                shown.append(NumberedRow(row.number, msgspec.structs.replace(row.form, sheet=each.sheet)))
            moved(len(part))
    return stands, wrong, shown


def _joined(node: Node, rows: Sequence[NumberedRow], file: TokenFile, *, at: str) -> tuple[int, list[Claim]]:
    """Say them; how many have joined, and those that have no credential yet (their tokens, where they came just now)."""
    joined = 0
    unclaimed: list[Claim] = []
    with _progress("joined", len(rows)) as moved:
        for part in _parts(rows):
            became = node.post(at, ManyForm(tuple(each.form for each in part)), ManyShown)
            new: list[Claim] = []
            for row, each in zip(part, became.rows, strict=True):
                if each.fault is not None or each.slug is None:
                    # Somebody else has said something since it was looked at.
                    _tell_wrong(
                        [WrongRow(row.number, "slug" if each.fault is None else each.fault.column, _why(each.fault))]
                    )
                claim = Claim(each.slug or "", row.form.name, row.form.place, each.claim or "")
                joined += each.state == "joined"
                new += [claim] if claim.claim else []
                unclaimed += [] if each.claimed else [claim]
            file.add(new)
            moved(len(part))
    return joined, unclaimed


def _renewed(node: Node, lost: Sequence[Claim], file: TokenFile) -> None:
    """Things that stand, have no credential, and whose token is not in the file: an interrupted run did not keep it."""
    for start in range(0, len(lost), AT_ONCE):
        part = {each.slug: each for each in lost[start : start + AT_ONCE]}
        made = node.post("/api/things/claims", RenewForm(tuple(part)), Renewals)
        file.add(
            Claim(each.slug, part[each.slug].name, part[each.slug].place, each.claim)
            for each in made.things
            if each.claim is not None
        )


class _Fault(Protocol):
    @property
    def detail(self) -> str: ...


def _why(fault: _Fault | None) -> str:
    return "the node said nothing of it" if fault is None else fault.detail


def _tell_wrong(wrong: Sequence[WrongRow]) -> None:
    """Name them all and end with 1."""
    click.echo(f"{len(wrong)} rows are wrong, so nothing more is said:", err=True)
    same: dict[tuple[str, str], list[int]] = {}
    for each in wrong:
        same.setdefault((each.column, each.reason), []).append(each.number)
    for (column, reason), numbers in list(same.items())[:_SHOWN_MAX]:
        click.echo(plain(f"  {_rows(numbers)}, {column}: {reason}"), err=True)
    if len(same) > _SHOWN_MAX:
        click.echo(f"  and {len(same) - _SHOWN_MAX} other reasons", err=True)
    raise SystemExit(1)


def _show(sheets: Counter[Sheet]) -> None:
    """What things would do, the most frequent first."""
    for lines, count in sheets.most_common(_SHEETS_MAX):
        say(f"{count} {'thing' if count == 1 else 'things'} would do this here:")
        for line in lines:
            say(plain(line))
    if len(sheets) > _SHEETS_MAX:
        say(f"and {len(sheets) - _SHEETS_MAX} more kinds; 'troth thing bulk' with fewer rows shows them")


def _rows(numbers: Sequence[int]) -> str:
    """Rows of one reason: by their numbers, of many the first ones."""
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    named = ", ".join(map(str, numbers[:_NAMED_MAX]))
    return f"rows {named}{'' if len(numbers) <= _NAMED_MAX else f' and {len(numbers) - _NAMED_MAX} more'}"


def _tell(rows: Sequence[NumberedRow], joined: int, file: TokenFile) -> None:
    if joined:
        say(f"{joined} things have joined, {len(rows) - joined} stood already.")
    else:
        say(f"Nothing was added: all {len(rows)} things stand already.")
    if file.claims:
        say(f"Claim tokens are in {file.path}, readable by you alone; each works once within 7 days.")


def _parts(rows: Sequence[NumberedRow]) -> Iterator[Sequence[NumberedRow]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


class _Moved(Protocol):
    def __call__(self, rows: int, /) -> None: ...


@contextmanager
def _progress(word: str, total: int) -> Iterator[_Moved]:
    """A bar on a terminal; elsewhere a line now and then."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(word, total=total)
            yield lambda rows: shown.advance(task, rows)
        return
    done = 0

    def moved(rows: int) -> None:
        nonlocal done
        before, done = done, done + rows
        if done // _LINE_EVERY > before // _LINE_EVERY and done < total:
            click.echo(f"{done} of {total} {word}", err=True)

    yield moved


_LINE_EVERY: Final = 2_000  # rows between two lines where no terminal shows a bar
