"""How commands speak: plain lines, tables, and one clear line with a hint when something cannot be done.

Rules
- An error is its code, its sentence and its hint on stderr, and exit code 1; never a traceback.
- What a node says is text from elsewhere: it is printed with everything invisible escaped.
- Tokens and commands stand on lines of their own, unwrapped, so that they can be copied.

Left out: colours of our own; rich decides what a terminal can show.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from troth.errors import TrothError
from troth.verify.words import safe
from troth.wire.times import parse_time

__all__ = ["SpeakingGroup", "fail", "local", "plain", "say", "table"]


class SpeakingGroup(click.Group):
    """The topmost group: commands in parts with a title, and every error of the tree as one clear line."""

    _parts: Mapping[str, tuple[click.Command, ...]] = MappingProxyType({})

    def add_part(self, title: str, *commands: click.Command) -> None:
        """Add commands under a title of the help."""
        self._parts = {**self._parts, title: commands}
        for command in commands:
            self.add_command(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's hook
        """Write the parts of the help."""
        for title, commands in self._parts.items():
            with formatter.section(title):
                formatter.write_dl([(each.name or "", each.get_short_help_str(limit=100)) for each in commands])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except TrothError as error:
            fail(error)


def fail(error: TrothError) -> NoReturn:
    """Say what went wrong and end with 1."""
    click.echo(f"{error.code}: {plain(error.message)}", err=True)
    if error.hint is not None:
        click.echo(plain(error.hint), err=True)
    raise SystemExit(1)


def say(line: str = "") -> None:
    """One line on stdout."""
    click.echo(line)


def plain(text: str) -> str:
    """Text from elsewhere, safe on a terminal; its line breaks stay."""
    return "\n".join(safe(line) for line in text.split("\n"))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; as wide as it needs to be where no terminal limits it."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    console.print(drawn)


def local(time: str) -> str:
    """A time of the interface as this computer's clock shows it, with the zone named."""
    moment = datetime.fromtimestamp(parse_time(time) // 1_000_000_000, tz=UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S ") + (moment.tzname() or "")
