"""A thing is connected from the command line: its sheet is asked of the node and shown, and its digest confirms it.

Rules
- On a terminal the sheet is shown before anything is registered, and *connect* is asked after it; elsewhere whoever wrote the
  command has answered that, and the sheet follows the answer, whose lines keep their places.
- The node shows the sheet. What it would not connect is not registered, and the reason is said.

Source: gate.md (connect: after the pre-connect sheet was shown).
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import click
import msgspec

from troth.api.answers import ThingMade
from troth.api.joining_forms import SheetShown, WordsForm
from troth.cli.client import Node, answer_of
from troth.cli.describing import grouped
from troth.cli.speaking import plain, say
from troth.errors import Denied

__all__ = ["Connected", "Said", "connect", "described_by", "form_of", "say_sheet"]

Said = Callable[[str | None], bytes]  # says a thing, with the digest of its sheet or without


F = TypeVar("F", bound=msgspec.Struct)


class Connected(msgspec.Struct, frozen=True):
    """What was shown, and what came of it: None where it was not wanted."""

    sheet: SheetShown
    made: ThingMade | None


class _There(msgspec.Struct, frozen=True):
    slug: str = ""
    state: str = ""


def form_of(node: Node, path: str, form: F) -> Said:
    """Says a form that has a member `sheet`."""

    def said(sheet: str | None) -> bytes:
        return node.bytes("POST", path, body=msgspec.json.encode(msgspec.structs.replace(form, sheet=sheet)))

    return said


def described_by(node: Node, description: bytes, words: WordsForm) -> Said:
    """Says a maker's description with the words that none says."""

    def said(sheet: str | None) -> bytes:
        told = msgspec.to_builtins(msgspec.structs.replace(words, sheet=sheet))
        query = {key: "true" if each is True else each for key, each in told.items() if each not in {None, False}}
        path = f"/api/joinings?{urlencode(query)}"
        return node.bytes("POST", path, body=description, media="application/td+json")

    return said


def connect(said: Said, *, ask: bool) -> Connected | str:
    """Show and connect, or the short name of the thing where it stands already.

    Raises:
        Denied: the node would not connect it; nothing was registered.
        TrothError: as the node says.
    """
    looked = said(None)
    there = answer_of(looked, _There)
    if there.state == "there":
        return there.slug
    sheet = answer_of(looked, SheetShown)
    if ask:
        say_sheet(sheet)
    if sheet.no is not None:
        if not ask:
            say_sheet(sheet)
        raise Denied(sheet.no.detail, reason_code=sheet.no.code, hint=f"Nothing was registered. {sheet.no.hint}")
    if ask and not click.confirm("Connect it?"):
        say("Nothing was registered.")
        return Connected(sheet, None)
    made = said(sheet.digest)
    there = answer_of(made, _There)
    return there.slug if there.state == "there" else Connected(sheet, answer_of(made, ThingMade))


def say_sheet(sheet: SheetShown) -> None:
    """The lines of a sheet, and what of a description is not taken."""
    for line in sheet.lines:
        say(plain(line))
    if sheet.begins is not None:
        say(f"People are told first: what asks nobody begins {sheet.begins}.")
    grouped("Of its description is not taken:", sheet.left)
    grouped("Worth a look:", sheet.notes)
