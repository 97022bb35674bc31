"""A folder of Thing Descriptions as rows to say: things of the same streams are one product and one type.

Rules
- Every file that ends in .json or .jsonld is a description of one thing; its file name makes the short name.
- All files are checked before anything is said. Files are counted in the order of their names, from 1.
- A type is named after what it senses and what is said of it, so that the same folder finds its types again.

Source: things.md, "A thing joins"; W3C WoT Thing Description 1.1.
Left out: descriptions of descriptions: a folder inside the folder, and models, which are of no thing.
"""

import hashlib
from pathlib import Path
from typing import Final

import click
import msgspec

from troth.api.many_forms import RowForm
from troth.api.type_forms import Types
from troth.cli.bulk_rows import NumberedRow, WrongRow, doubled
from troth.cli.client import Node
from troth.cli.files import read_file
from troth.cli.types import today, type_said, typed
from troth.errors import BadDescription, NotFound, TrothError
from troth.journeys.describe import described
from troth.journeys.installing import stem_of
from troth.journeys.simple import Joining, Simple, described_streams, joining
from troth.names import Uri
from troth.things.descriptions import Proposal

__all__ = ["FolderWords", "folder_rows"]

_ENDS: Final = (".json", ".jsonld")
_MARK: Final = 8  # hexadecimal digits of what tells two types of one title apart


class FolderWords(msgspec.Struct, frozen=True):
    """What no description says."""

    place: str | None
    household: str | None
    nobody: bool
    answers: str
    by: str | None
    contact: str | None
    considered: str | None
    keep_days: int
    reach: str


def folder_rows(
    node: Node, folder: Path, words: FolderWords, *, only_look: bool
) -> tuple[list[NumberedRow], list[WrongRow]]:
    """Register the types of a folder that are not there yet, and give a row for each of its things.

    With `only_look`, or where a description is wrong, nothing is registered and no row is given.
    """
    if (words.household is None) is (not words.nobody):
        raise click.UsageError("Say --household ho... for things in a home, or --nobody for such as concern nobody.")
    for said, option in ((words.place, "--place"), (words.by, "--by"), (words.contact, "--contact")):
        if said is None:
            raise click.UsageError(f"No description says this: {option}.")
    if words.considered is None:
        raise click.UsageError("No description says this: --considered.")
    files = sorted(each for each in folder.iterdir() if each.is_file() and each.name.endswith(_ENDS))
    if not files:
        raise NotFound(f"{folder} has no file that ends in .json or .jsonld")
    wholes: dict[str, Joining] = {}
    rows: list[NumberedRow] = []
    wrong: list[WrongRow] = []
    for number, file in enumerate(files, 1):
        try:
            name, whole, title = _read(file, words)
        except BadDescription as error:
            reason = "; ".join(str(each) for each in error.faults) or error.message
            wrong.append(WrongRow(number, file.name, reason))
            continue
        except TrothError as error:
            wrong.append(WrongRow(number, file.name, error.message))
            continue
        wholes[name] = whole
        slug = stem_of(file.name.partition(".")[0])
        rows.append(NumberedRow(number, RowForm(title, words.place or "", name, slug, words.household)))
    wrong += doubled(rows)
    if wrong:
        return [], wrong
    known = {each.type for each in node.get("/api/types", Types).types}
    missing = {name: whole for name, whole in wholes.items() if name not in known}
    if only_look:
        return [each for each in rows if each.form.type in known], wrong
    for name, whole in missing.items():
        type_said(node, typed(whole, name=name))
    return rows, wrong


def _read(file: Path, words: FolderWords) -> tuple[str, Joining, str]:
    """The type of a described thing, all that it rests on, and what the thing is called."""
    found = described(read_file(file))
    streams = described_streams(found)
    said = (streams, found.ways_out, found.about, words.answers, words.reach, words.household is None, words.keep_days)
    mark = hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:_MARK]
    simple = Simple(
        name=_kind(found),
        streams=streams,
        place=words.place or "",
        nobody=words.household is None,
        answers=Uri(words.answers),
        by=words.by or "",
        contact=words.contact or "",
        considered=words.considered or "",
        keep_days=words.keep_days,
        reach=words.reach,
        ways_out=found.ways_out,
        slug=None,
        about=found.about,
    )
    whole = joining(simple, today=today(), mark=mark)
    return f"{stem_of(_kind(found))[:40].strip('-')}-{mark}", whole, found.title


def _kind(found: Proposal) -> str:
    """What things like this are called: after what they sense, since a title may name one of them alone."""
    return " and ".join(sorted({each.name for each in found.streams}))[:80]
