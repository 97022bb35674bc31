"""`troth trust`: which logs you trust, kept in a file of yours, for `verify` and `audit`.

Rules
- It lies in `$XDG_CONFIG_HOME/troth/trust.json`, or where `--trust-file` or TROTH_TRUST says. No node ever writes it.
- A key given on the command line is used as well as those of the file.

Source: record.md, "Anyone can verify"; XDG Base Directory Specification 0.8.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from troth.cli.files import FILE, read_file
from troth.cli.places import write_privately
from troth.cli.speaking import say, table
from troth.errors import NotFound
from troth.tlog.checkpoint import VerifierKey
from troth.verify.revoked import RevokedKey, parse_revoked
from troth.verify.trust import MAX_TRUST_BYTES, TrustedLog, TrustFile, read_trust, write_trust

__all__ = ["ended_keys", "trust", "trusted_keys"]

NAME: Final = "trust.json"
_FILE = click.option("--trust-file", type=FILE, help="A trust file, if not your own.")


def trusted_keys(texts: Sequence[str], file: Path | None) -> list[VerifierKey]:
    """The keys that were typed, and those of the trust file.

    Raises:
        BadNote: a key or the file cannot be read.
        NotFound: a file was named and is not there.
    """
    typed = [VerifierKey.parse(text.strip()) for text in texts]
    return [*typed, *_held(file).keys]


def ended_keys(file: Path | None, trust_file: Path | None) -> list[RevokedKey]:
    """The keys that have ended, of a list that was given and of the trust file.

    Raises:
        BadProof, BadNote, TooLarge: the list or the trust file cannot be read.
        NotFound: a file was named and is not there.
    """
    given = () if file is None else parse_revoked(read_file(file).decode("utf-8", "replace"))
    return [*given, *_held(trust_file).revoked]


@click.group()
def trust() -> None:
    """The logs that you trust."""


@trust.command("add")
@click.argument("key")
@click.option("--note", default="", help="Where you have it from, in your words.")
@_FILE
def add(key: str, *, note: str, trust_file: Path | None) -> None:
    """Trust the log with this verifier KEY from now on. Take it from whoever runs the log, never from a proof file."""
    parsed = str(VerifierKey.parse(key.strip()))
    held = _held(trust_file, made=True)
    others = tuple(each for each in held.logs if each.key != parsed)
    path = _path(trust_file)
    write_privately(path, write_trust(msgspec.structs.replace(held, logs=(*others, TrustedLog(parsed, note)))))
    say(f"Trusted: {parsed.partition('+')[0]}")
    say(f"It stands in {path}")


@trust.command("ended")
@click.argument("file", type=FILE)
@_FILE
def ended(file: Path, *, trust_file: Path | None) -> None:
    """Believe a list of keys that have ended, in FILE (- for stdin). Take it from whoever runs the log or tells of a theft."""
    found = parse_revoked(read_file(file).decode("utf-8", "replace"))
    held = _held(trust_file, made=True)
    lines = tuple(dict.fromkeys((*held.ended, *map(str, found))))
    path = _path(trust_file)
    write_privately(path, write_trust(msgspec.structs.replace(held, ended=lines)))
    say(f"Keys that have ended: {len(lines)}")
    say(f"They stand in {path}")


@trust.command("list")
@_FILE
def list_(*, trust_file: Path | None) -> None:
    """Show the logs that you trust."""
    held = _held(trust_file)
    for line in held.ended:
        say(f"Has ended: {line}")
    if not held.logs:
        say("You trust no log yet. Add one with: troth trust add KEY")
        return
    table(("Log", "Key", "From where"), [(each.key.partition("+")[0], each.key, each.note) for each in held.logs])


@trust.command("remove")
@click.argument("log")
@_FILE
def remove(log: str, *, trust_file: Path | None) -> None:
    """Trust a LOG no longer; it is named by its key or its origin."""
    held = _held(trust_file)
    kept = tuple(each for each in held.logs if log not in (each.key, each.key.partition("+")[0]))
    if len(kept) == len(held.logs):
        raise NotFound("there is no such log in the trust file", hint="'troth trust list' shows them.")
    write_privately(_path(trust_file), write_trust(msgspec.structs.replace(held, logs=kept)))
    say(f"No longer trusted: {log.partition('+')[0]}")


def _held(file: Path | None, *, made: bool = False) -> TrustFile:
    """The trust file; an empty one where nobody has made any, but not where one was named (unless it is about to be made)."""
    path = _path(file)
    if not path.exists() and (file is None or made):
        return TrustFile()
    return read_trust(read_file(path, limit=MAX_TRUST_BYTES))


def _path(file: Path | None) -> Path:
    if file is not None:
        return file.absolute()
    if named := os.environ.get("TROTH_TRUST"):
        return Path(named).absolute()
    config = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (config if config.is_absolute() else Path("~").expanduser() / ".config") / "troth" / NAME
