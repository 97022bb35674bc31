"""The command `troth-thing`: claim, renew, send, status.

Rules
- A thing has one folder: its credential (`credential.json`) and its spool (`spool.db`).
- `send` ends with 0 when the value is stored, 1 when it is refused, 75 when it waits in the spool.

Source: sysexits.h (75, EX_TEMPFAIL).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from troth_thing.certificate import claim_certificate, renew_certificate
from troth_thing.credential import claim, load
from troth_thing.errors import ThingError
from troth_thing.spool import Spool
from troth_thing.thing import Thing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from troth_thing.spool import Refusal

__all__ = ["main"]

STORED, REFUSED, WAITS = 0, 1, 75


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = _parser().parse_args(arguments)
    folder: Path = given.folder
    try:
        if given.command == "claim":
            spend = claim_certificate if given.certificate else claim
            got = spend(given.url, given.token, file=folder / "credential.json", in_the_clear=given.in_the_clear)
            _say(f"{got.slug} may speak now. Its streams: {', '.join(got.topics)}")
            return 0
        if given.command == "renew":
            renew_certificate(given.url, file=folder / "credential.json")
            _say("another certificate is kept; the former ends within an hour")
            return 0
        spool = Spool(folder / "spool.db")
        try:
            return _send(given, folder, spool) if given.command == "send" else _status(spool)
        finally:
            spool.close()
    except ThingError as error:
        sys.stderr.write(f"troth-thing: {error}\n")
        return 2


def _send(given: argparse.Namespace, folder: Path, spool: Spool) -> int:
    mine: list[Refusal] = []
    thing = Thing(load(folder / "credential.json"), spool, on_refused=mine.append, in_the_clear=given.in_the_clear)
    name = thing.publish(given.stream, given.value, at=given.at, id=given.id, synced=True)
    with thing:
        done = thing.wait(given.wait)
        why = thing.status.why
    for each in mine:
        _say(f"refused: {each.stream} {each.value}: {each.words}")
    if any(each.id == name for each in mine):
        return REFUSED
    if not done:
        _say(f"kept in the spool; {spool.waiting} wait" + (f" ({why})" if why not in {"", "closed"} else ""))
        return WAITS
    _say("stored")
    return STORED


def _status(spool: Spool) -> int:
    for name in ("waiting", "bytes", "stored", "refused", "dropped"):
        _say(f"{name:8} {spool.waiting if name == 'waiting' else spool.counted(name)}")
    for each in spool.refusals():
        _say(f"refused: {each.stream} {each.value}: {each.words}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="troth-thing", description="Speak to Troth as a thing, also when offline.")
    parser.add_argument("--folder", type=Path, default=_folder(), help="where credential and spool lie (%(default)s)")
    parser.add_argument("--in-the-clear", action="store_true", help="without TLS to another computer, too")
    parts = parser.add_subparsers(dest="command", required=True)
    claiming = parts.add_parser("claim", help="spend a one-time token for the thing's own credential")
    claiming.add_argument("url", help="address of the node")
    claiming.add_argument("token", help="what 'troth thing add' printed")
    claiming.add_argument("--certificate", action="store_true", help="a certificate in place of a password, over TLS")
    renewing = parts.add_parser("renew", help="get another certificate with the one that still holds")
    renewing.add_argument("url", help="address of the node")
    sending = parts.add_parser("send", help="say one value, and what still waits")
    sending.add_argument("stream")
    sending.add_argument("value", type=_value, help="JSON; anything else is a text")
    sending.add_argument("--at", type=_moment, help="when it was measured, ISO 8601 with a zone")
    sending.add_argument("--id", help="its name; the same name is stored once")
    sending.add_argument("--wait", type=float, default=10.0, metavar="S", help="seconds until it stays in the spool")
    parts.add_parser("status", help="what waits, what was stored, refused and dropped")
    return parser


def _folder() -> Path:
    named = os.environ.get("TROTH_THING_FOLDER")
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path("~").expanduser() / ".local" / "state") / "troth-thing"


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _say(line: str) -> None:
    sys.stdout.write("".join(each if each.isprintable() else "?" for each in line) + "\n")
