"""`troth replay`: a CSV file becomes what a thing says, over MQTT, at any speed.

Rules
- Every row of the file is stored, refused with its reason, or empty; the three counts add up to the rows, and with `--where`
  the rows of other series are counted beside them.
- Each row has a name made of its stream, time and value, so replaying a file again stores nothing twice.
- The thing's own credential is used, and the gate is asked like for any other observation.

Source: things.md, "Speaking"; people.md, "The first minute".
Left out: several streams in one go; a file that grows.
"""

import asyncio
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from troth.api.answers import Claimed
from troth.cli.client import Node
from troth.cli.credentials import from_file, kept
from troth.cli.csv_rows import Asked, CsvFile, Row, opened
from troth.cli.files import FILE
from troth.cli.line import Line, address_of
from troth.cli.places import as_nobody
from troth.cli.replayed import Counts, Report
from troth.cli.speaking import plain, say
from troth.clock import NS_PER_S, Clock, SystemClock
from troth.errors import BadTime, NotFound, TooLarge, TrothError, Undeclared
from troth.wire.csv_cells import Becomes
from troth.wire.local_times import parse_local, parse_step, zone_of
from troth.wire.mqtt import Hello, Settled
from troth.wire.times import print_time

__all__ = ["replay", "row_name"]

_STEP_ROWS: Final = 200  # between two looks at the progress


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--stream", required=True, metavar="THING/STREAM", help="Whose stream it becomes: weather/temperature.")
@click.option("--value", required=True, help="Column of the values.")
@click.option("--time", "time_", help="Column of the times.")
@click.option("--start", help="Time of the first row, where the file has no times.")
@click.option("--step", help="Time between two rows, where the file has no times: 5min, 1h, 1d.")
@click.option("--zone", help="Zone of times that name none, such as Europe/Lisbon. A bare date is its midnight there.")
@click.option(
    "--where", multiple=True, metavar="COLUMN=TEXT", help="Only rows with this text there. May be given again."
)
@click.option(
    "--as",
    "becomes",
    type=click.Choice([each.value for each in Becomes]),
    default=Becomes.NUMBER.value,
    show_default=True,
    help="Type of the stream.",
)
@click.option("--speed", type=click.FloatRange(min=0), default=0, help="So many times as fast as it was. 0: at once.")
@click.option("--credential", type=FILE, help="File of 'troth thing claim --output', if it was not kept with --keep.")
@click.option("--report", type=FILE, help="Write each row that was not stored, with its reason, to this CSV file.")
@as_nobody
def replay(  # noqa: PLR0913 - one option per thing that may be said
    node: Node,
    *,
    file: Path,
    stream: str,
    value: str,
    time_: str | None,
    start: str | None,
    step: str | None,
    zone: str | None,
    where: tuple[str, ...],
    becomes: str,
    speed: float,
    credential: Path | None,
    report: Path | None,
) -> None:
    """Say what stands in a CSV FILE as a thing, row by row, over MQTT.

    \b
      troth replay machine.csv --stream press/temperature --time timestamp --value value --zone UTC
      troth replay home.csv --stream meter/load --start 2024-07-31T23:00Z --step 1h --value load
    """  # noqa: D301 - the control character tells click to keep the lines
    asked = _asked(value, time_, start=start, step=step, zone=zone, where=where, becomes=Becomes(becomes))
    slug, slash, name = stream.partition("/")
    if not slash or not name or not slug:
        raise click.UsageError("--stream is THING/STREAM, as in the topic: weather/temperature.")
    speaks = _credential(node, slug, credential)
    topic = speaks.topics.get(name)
    if topic is None:
        raise Undeclared(
            "this thing has no such stream", hint=f"It has: {', '.join(plain(each) for each in speaks.topics)}"
        )
    clock = SystemClock()
    with opened(file, asked) as rows, Report.into(report) as written:
        counts = Counts(written)
        try:
            with _progress(rows, counts) as moved:
                asyncio.run(Replaying(rows, topic, counts=counts, clock=clock, moved=moved).play(speaks, speed))
        except (TrothError, KeyboardInterrupt):
            if counts.settled:
                say("It ended early; replaying the file again stores what is missing. Until then:")
                _told(counts)
            raise
    if counts.settled != counts.read:
        raise RuntimeError("a row of the file became nothing")
    _told(counts)


class Replaying:
    """One run over a file."""

    def __init__(self, rows: CsvFile, topic: str, *, counts: Counts, clock: Clock, moved: Callable[[], None]) -> None:
        self._rows = rows
        self._topic = topic
        self._counts = counts
        self._clock = clock
        self._moved = moved
        self._flying: dict[int, int] = {}  # message -> row

    async def play(self, speaks: Claimed, speed: float) -> None:
        """Send every row and wait until each is settled.

        Raises:
            TrothError: the file or the node failed on the way; what was settled until then is counted.
        """
        hello = Hello(
            client_id=f"replay{self._clock.now() % 10**12:012}", username=speaks.slug, credential=speaks.credential
        )
        began: tuple[int, int] | None = None
        async with Line(address_of(speaks.mqtt), hello, settled=self._settled, clock=self._clock) as line:
            for row in self._rows.rows():
                self._counts.read += 1
                if row.number % _STEP_ROWS == 0:
                    self._moved()
                if row.value is None:
                    self._counts.aside(row)
                    continue
                if speed:
                    began = began or (self._clock.ticks(), row.time_ns)
                    await self._pace(began, row.time_ns, speed)
                await line.room()
                self._say(line, row)
            await line.quiet()
        self._moved()

    async def _pace(self, began: tuple[int, int], time_ns: int, speed: float) -> None:
        """Wait until this row's turn has come."""
        due = began[0] + (time_ns - began[1]) / speed
        wait_s = (due - self._clock.ticks()) / NS_PER_S
        if wait_s > 0:
            self._moved()
            await asyncio.sleep(wait_s)

    def _say(self, line: Line, row: Row) -> None:
        payload = msgspec.json.encode({"t": print_time(row.time_ns), "v": row.value})
        try:
            number = line.say(self._topic, payload, name=row_name(self._topic, payload))
        except TooLarge as error:
            self._counts.refused(row.number, f"{error.code}: {error.message}")
            return
        self._flying[number] = row.number

    def _settled(self, settled: Settled) -> None:
        row = self._flying.pop(settled.number)
        if settled.stored:
            self._counts.stored += 1
        else:
            self._counts.refused(row, settled.words or f"MQTT reason 0x{settled.reason:02X}")


def row_name(topic: str, payload: bytes) -> str:
    """What a row is called, so that the same row of the same stream is known again."""
    return hashlib.blake2b(topic.encode() + b"\0" + payload, digest_size=16).hexdigest()


def _asked(
    value: str,
    time_: str | None,
    *,
    start: str | None,
    step: str | None,
    zone: str | None,
    where: tuple[str, ...],
    becomes: Becomes,
) -> Asked:
    if (time_ is None) == (start is None) or (start is None) != (step is None):
        raise click.UsageError("Say where the times are: --time COLUMN, or --start TIME with --step SPAN.")
    known = _zone(zone)
    picked = []
    for each in where:
        column, sign, text = each.partition("=")
        if not sign or not column:
            raise click.UsageError("--where is COLUMN=TEXT.")
        picked.append((column, text))
    return Asked(
        value=value,
        time=time_,
        start_ns=0 if start is None else _option("--start", lambda: parse_local(start, known)),
        step_ns=0 if step is None else _option("--step", lambda: parse_step(step)),
        zone=known,
        where=tuple(picked),
        becomes=becomes,
    )


def _zone(name: str | None) -> ZoneInfo | None:
    return None if name is None else zone_of(name)


def _option(name: str, read: Callable[[], int]) -> int:
    """Read what an option was given; an error names the option."""
    try:
        return read()
    except BadTime as error:
        raise BadTime(f"{name} cannot be read. {error.message}", hint=error.hint) from error


def _credential(node: Node, slug: str, file: Path | None) -> Claimed:
    if file is not None:
        found = from_file(file)
        if found.slug != slug:
            raise NotFound(f"the credential in {file} is of another thing, {plain(found.slug)}")
        return found
    found_here = kept(node.url, slug)
    if found_here is None:
        raise NotFound(
            f"no credential of {plain(slug)} is kept here for the node at {node.url}",
            hint=f"Get one and keep it: troth thing renew {plain(slug)}, then troth thing claim TOKEN --keep",
        )
    return found_here


@contextmanager
def _progress(rows: CsvFile, counts: Counts) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=rows.size or None)
        yield lambda: shown.update(task, completed=rows.read_bytes, description=counts.line())


def _told(counts: Counts) -> None:
    say(
        f"{counts.settled} rows in the file" + (f", {counts.another} of them of other series" if counts.another else "")
    )
    say(f"  stored   {counts.stored}")
    say(f"  refused  {counts.refusals}")
    for reason, (number, first) in counts.reasons.items():
        more = "" if number == 1 else " and others" if number > len(first) else ""
        where = ", ".join(str(each) for each in first)
        say(f"    {number} × {plain(reason)} (row {where}{more})")
    say(f"  empty    {counts.empty}")
