"""`troth book`: who read what of you, and everything of it taken along with proofs.

Rules
- It works in your own session only; nobody else's token opens your book.
- An export goes on where an earlier one stopped: a file that is there is not fetched again.
- What cannot be proved is named, and the rest is exported all the same.

Source: record.md, "Personal ledgers".
"""

from pathlib import Path
from typing import Final

import click
import msgspec

from troth.api.book_answers import BookShown, LineShown, StatementOwn, StatementsOwn
from troth.cli.checking import fetched
from troth.cli.client import Node
from troth.cli.places import as_person, write_privately
from troth.cli.speaking import local, plain, say, table
from troth.errors import FolderNotWritable, TrothError
from troth.verify.file import SUFFIX

__all__ = ["book"]

_COLUMNS: Final = ("When", "Who", "What", "What for", "View", "Rows", "Place")
_CUSTODY: Final = {"house": "this house keeps your keys for you, so it could open this book too"}
_CHANGED_WITH: Final = {
    "choice": "troth choose list",
    "objection": "troth object list",
    "share": "troth share list",
    "place-rule": "troth place-rule list",
    "restriction": "troth private list",
}
_SAID: Final = {
    "choice": "an answer",
    "objection": "an objection",
    "share": "what you share",
    "place-rule": "a rule about places",
    "restriction": "private mode",
}
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_READ_ME: Final = """Everything that your book held when this was exported, and every statement about you alone.

book.json       what was read of you, newest first, and your statements
ledger/         one proof for each trace; the name is its place in book.json
statements/     one proof for each statement

Check any of them on any computer, without the node that made them:
  troth verify ledger/PLACE{suffix} --trust KEY
KEY is the log's verifier key. Get it on another way than from these files.
"""


class Exported(msgspec.Struct, frozen=True):
    """What `book.json` holds."""

    name: str
    custody: str
    lines: tuple[LineShown, ...]
    statements: tuple[StatementOwn, ...]
    missing: tuple[str, ...]


@click.group(invoke_without_command=True)
@click.pass_context
def book(context: click.Context) -> None:
    """Your book: who read what of you, when, and what for."""
    if context.invoked_subcommand is None:
        context.invoke(book_list, as_json=False, before=None)


@book.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--before", metavar="PLACE", help="Go on before this place of an earlier page.")
@as_person
def book_list(node: Node, *, as_json: bool, before: str | None) -> None:
    """List who read what of you, newest first; of what was read since the last tick, proof follows with the next."""
    page = _page(node, before)
    if as_json:
        say(msgspec.json.encode(page).decode())
        return
    if not page.lines:
        say("Nobody has read anything of you.")
    else:
        table(_COLUMNS, [_row(each) for each in page.lines])
        said = {each.kind for line in page.lines for each in line.yours}
        for kind, command in _CHANGED_WITH.items():
            if kind in said:
                say(f"Change {_SAID[kind]}: {command}")
    say()
    say(f"Custody: {plain(page.custody)}; {_CUSTODY.get(page.custody, 'see the statement about you')}.")
    if page.before is not None:
        say(f"Earlier: troth book list --before {page.before}")


@book.command("export")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@as_person
def book_export(node: Node, *, folder: Path) -> None:
    """Write all of your book and your private statements into DIR, each with a proof that `troth verify` checks."""
    ledger, statements = folder / "ledger", folder / "statements"
    for each in (folder, ledger, statements):
        _make(each)
    first = _page(node, None)
    lines = list(first.lines)
    before = first.before
    while before is not None:
        page = _page(node, before)
        lines += page.lines
        before = page.before
    own = node.get("/api/book/statements", StatementsOwn)
    wanted = {f"/api/book/proofs/{place}": ledger / f"{place}{SUFFIX}" for each in lines for place in _places(each)}
    wanted |= {
        f"/api/book/statements/{each.statement}/proof": statements / f"{each.kind}-{each.statement[:16]}{SUFFIX}"
        for each in own.statements
    }
    missing = [str(path.relative_to(folder)) for address, path in wanted.items() if not _fetch(node, address, path)]
    missing += [f"ledger/{each.place}{SUFFIX}" for each in lines if each.kind == "damaged" and each.place]
    exported = Exported(first.name, first.custody, tuple(lines), own.statements, tuple(missing))
    write_privately(folder / "book.json", msgspec.json.format(msgspec.json.encode(exported)) + b"\n")
    write_privately(folder / "README.txt", _READ_ME.format(suffix=SUFFIX).encode())
    proofs = sum(path.exists() for path in wanted.values())
    say(f"{folder} holds {len(lines)} lines of your book, {len(own.statements)} statements, and {proofs} proofs.")
    if missing:
        click.echo(f"{len(missing)} could not be proved; book.json names them under 'missing'.", err=True)
        raise SystemExit(1)


def _page(node: Node, before: str | None) -> BookShown:
    return node.get("/api/book" if before is None else f"/api/book?before={before}", BookShown)


def _row(line: LineShown) -> tuple[str, ...]:
    when = "" if line.at is None else local(line.at)
    if line.kind == "damaged":
        return when, "cannot be opened", line.why or "", "", "", "", _place(line)
    what = ", ".join(filter(None, (line.thing, line.stream_name)))
    if line.kind == "turned-away":
        yours = "; ".join(f"{plain(each.words)} of {local(each.at)}" for each in line.yours)
        view, rows = f"nothing: {line.reason}" + (f" - {yours}" if yours else ""), f"asked {line.count}×"
    else:
        view, rows = line.variant or "", "unknown" if line.rows is None else str(line.rows)
    return when, f"{line.party_name} ({line.app})", what, line.what_for or "", view, rows, _place(line)


def _place(line: LineShown) -> str:
    return line.place or "with the next tick"


def _places(line: LineShown) -> tuple[str, ...]:
    """Where the traces of a line stand that can be proved."""
    if line.kind == "damaged" or line.place is None:
        return ()
    return (line.place,) if line.closed is None else (line.place, line.closed)


def _fetch(node: Node, address: str, path: Path) -> bool:
    """Fetch one proof unless it is there already; False where it cannot be made."""
    if path.exists():
        return True
    try:
        data = fetched(node, address)
    except TrothError as error:
        click.echo(f"{path.name}: {plain(error.message)}", err=True)
        return False
    write_privately(path, data)
    return True


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise FolderNotWritable(f"{folder} cannot be made ({cause.strerror})") from cause
