"""`troth thing describe`: what a Thing Description or Thing Model comes to, without a node and without registering anything.

Rules
- What is taken, what is odd and what is not taken are all said; places with the same reason stand together.
- A description that is refused is refused with every fault that was found.

Source: things.md, "A thing joins".
"""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from troth.cli.files import FILE, read_file
from troth.cli.speaking import fail, plain, say, table
from troth.errors import BadDescription
from troth.errors.malformed import Fault
from troth.journeys.describe import described
from troth.things.descriptions import Proposal, ProposedStream

__all__ = ["grouped", "thing_describe"]


@click.command("describe")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def thing_describe(file: Path, *, as_json: bool) -> None:
    """Check a Thing Description or Thing Model (W3C WoT 1.1) and show what would be registered. Nothing is registered.

    FILE is its JSON, - for stdin. Nothing that it names is fetched.
    """
    try:
        found = described(read_file(file))
    except BadDescription as error:
        for fault in error.faults:
            click.echo(plain(str(fault)), err=True)
        fail(error)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    _show(found)


def _show(found: Proposal) -> None:
    say(f"{plain(found.title)}: a Thing {'Model' if found.model else 'Description'} that can be read.")
    if found.streams:
        say("It would have these streams:")
        table(
            ("stream", "title", "senses", "type", "unit", "range", "from"),
            [
                (each.name, each.title, each.senses, each.type, each.unit or "", _range(each), each.place)
                for each in found.streams
            ],
        )
    else:
        say("It would have no stream, so it cannot be registered: nothing in it says something that can be kept.")
    if found.ways_out:
        say(plain(found.ways_out))
    grouped("Of its description is not taken:", found.left)
    grouped("Worth a look:", found.notes)


def _range(each: ProposedStream) -> str:
    low, high = (("" if limit is None else f"{limit:g}") for limit in (each.lowest, each.highest))
    return f"{low}–{high}" if low or high else ""


def grouped(title: str, faults: Sequence[Fault]) -> None:
    """Say places by what is said of them, in the order in which they were first said."""
    if not faults:
        return
    say(title)
    places: dict[str, list[str]] = {}
    for fault in faults:
        places.setdefault(fault.text, []).append(fault.place or "the whole")
    for text, named in places.items():
        say(plain(f"  {text}: {', '.join(named)}"))
