"""`troth bridge`: topics of an existing broker become streams of things, as a file says.

Rules
- It is a program of its own with the things' own credentials; the gate is asked like for any other observation.
- A stream whose installation says more than *copied* is refused: a broker has other ways out. One that says less is too, so
  that what people read is what happens.
- Ctrl-C ends it once what was heard is settled.

Source: things.md, "Speaking"; mission.md, reach; docs/makers/bridge.md.
Left out: making things; `troth thing add --reach copied` does.
"""

import asyncio
import hashlib
import os
import signal
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from troth.api.answers import Claimed
from troth.cli.bridge_map import BridgeMap, read_map
from troth.cli.bridge_names import Names
from troth.cli.bridging import Bridging, Tally
from troth.cli.client import Node
from troth.cli.credentials import from_file, kept
from troth.cli.files import FILE
from troth.cli.places import as_nobody, state_folder
from troth.cli.speaking import plain, say
from troth.clock import SystemClock
from troth.errors import BadSetting, NotFound, Refused, Undeclared
from troth.wire.mqtt import HearingSession

__all__ = ["bridge"]

_TELL_S: Final = 10.0
_REACH: Final = "copied"


@click.command()
@click.argument("broker", metavar="mqtt[s]://HOST[:PORT]")
@click.option("--map", "map_", type=FILE, required=True, help="TOML file that says which topic is which stream.")
@click.option("--credential", "files", type=FILE, multiple=True, help="File of 'troth thing claim --output'.")
@click.option("--user", help="User name at the broker. Its password is taken from TROTH_BRIDGE_PASSWORD.")
@click.option(
    "--ca", type=FILE, help="Certificate of the authority to trust (PEM), with mqtts://; the system's if absent."
)
@click.option("--name", help="Name of the session at the broker, to run two bridges at one.")
@as_nobody
def bridge(
    node: Node,
    *,
    broker: str,
    map_: Path,
    files: tuple[Path, ...],
    user: str | None,
    ca: Path | None,
    name: str | None,
) -> None:
    """Say topics of the broker at mqtt://HOST or mqtts://HOST as things of this node, until Ctrl-C."""
    at, tls = _broker(broker, ca)
    mapped = read_map(map_)
    speaks = _speakers(node, mapped, files)
    _checked(mapped, speaks)
    mark = hashlib.sha256(f"{name or ''} {node.url} {at[0]}:{at[1]}".encode()).hexdigest()[:16]
    session = HearingSession(
        f"troth{mark}",
        mapped.filters,
        username=user,
        password=os.environ.get("TROTH_BRIDGE_PASSWORD") if user else None,
    )
    tally = Tally()
    with Names(state_folder() / "bridges" / f"{mark}.db") as names:
        working = Bridging(
            at, session, mapped=mapped, names=names, tally=tally, clock=SystemClock(), said=_said, tls=tls
        )
        try:
            asyncio.run(_run(working, speaks, tally))
        finally:
            _told(tally)


async def _run(working: Bridging, speaks: Mapping[str, Claimed], tally: Tally) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watching = loop.create_task(_watch(tally))
    try:
        await working.run(speaks, stop)
    finally:
        watching.cancel()


async def _watch(tally: Tally) -> None:
    """Say how it stands, where it moved."""
    before = ""
    while True:
        await asyncio.sleep(_TELL_S)
        if tally.heard and before != (before := tally.line()):
            _said(before)


def _broker(url: str, ca: Path | None) -> tuple[tuple[str, int], ssl.SSLContext | None]:
    """Where the broker is, and whom to trust there."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "mqtts"
        at = parts.hostname or "", parts.port or (8883 if secure else 1883)
    except ValueError as cause:
        raise BadSetting("the address of a broker is mqtt://HOST:PORT or mqtts://HOST:PORT") from cause
    if parts.scheme not in {"mqtt", "mqtts"} or not at[0] or parts.username or parts.path not in {"", "/"}:
        raise BadSetting(
            "the address of a broker is mqtt://HOST:PORT or mqtts://HOST:PORT", hint="Name the user with --user."
        )
    if not secure:
        if ca is not None:
            raise BadSetting("--ca goes with an address that begins with mqtts://")
        return at, None
    try:
        return at, ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as cause:
        raise BadSetting("the file of --ca holds no certificate", hint="In PEM, of the authority.") from cause


def _speakers(node: Node, mapped: BridgeMap, files: tuple[Path, ...]) -> dict[str, Claimed]:
    """A credential for every thing of the map."""
    given = {str(each.slug): each for each in map(from_file, files)}
    found = {}
    for slug in dict.fromkeys(each.thing for each in mapped.map):
        speaks = given.get(slug) or kept(node.url, slug)
        if speaks is None:
            raise NotFound(
                f"no credential of {plain(slug)} is kept here for the node at {node.url}",
                hint=f"Get one and keep it: troth thing renew {plain(slug)}, then troth thing claim TOKEN --keep",
            )
        found[slug] = speaks
    return found


def _checked(mapped: BridgeMap, speaks: Mapping[str, Claimed]) -> None:
    for each in mapped.map:
        thing = speaks[each.thing]
        if each.name not in thing.topics:
            raise Undeclared(f"the thing {plain(each.thing)} has no stream {plain(each.name)}")
        reach = thing.reaches.get(each.name, "not known")
        if reach != _REACH:
            raise Refused(
                f"the reach of {plain(each.stream)} is {plain(reach)}, and what comes over a broker is {_REACH}:"
                " there are other ways out",
                hint="Add the thing with --reach copied; where that was said, claim its credential anew.",
            )


def _said(line: str) -> None:
    say(plain(line))


def _told(tally: Tally) -> None:
    """Everything, at the end."""
    _said(tally.line())
    for what, found in (
        ("unmapped", tally.unmapped),
        ("unreadable", tally.unreadable),
        ("old, not said", tally.old),
        ("refused", tally.refused),
    ):
        for name, number in sorted(found.items()):
            _said(f"  {number} × {what}: {name}")
