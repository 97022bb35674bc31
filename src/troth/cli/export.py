"""`troth export`: everything about you in one archive, fetched and gone on with, and checked on any computer.

Rules
- It works in your own session only. What was fetched before is gone on with, and is fetched anew where the archive is another.
- What is fetched has the digest that the node said, or it is not called whole.
- Checking needs no node: every file against the manifest, every proof against a key that you bring.

Source: RFC 9110 §14; docs/reference/export.md.
"""

import hashlib
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

import click
import msgspec

from troth.api.exported_forms import ExportShown, Manifest
from troth.cli.client import Begun, Node, Piece
from troth.cli.files import FILE
from troth.cli.places import as_person
from troth.cli.speaking import local, plain, say
from troth.cli.trusting import trusted_keys
from troth.errors import BadJson, FolderNotWritable, NodeAbsent, NotFound, Refused
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify
from troth.verify.file import MAX_PROOF_FILE_BYTES, SUFFIX
from troth.verify.verdict import ExitCode

__all__ = ["export", "fetched"]

_EVERY_S: Final = 1.0
_TRIES: Final = 10  # of a download that breaks off, each going on where it was
_PIECE_BYTES: Final = 1024 * 1024
_MANIFEST: Final = "manifest.json"
_MANIFEST_BYTES: Final = 256 * 1024 * 1024


@click.group(invoke_without_command=False)
def export() -> None:
    """Everything about you, as one archive to take along."""


@export.command("get")
@click.argument("file", metavar="ARCHIVE.zip", type=FILE)
@click.option("--anew", is_flag=True, help="Have it put together anew, also where one is ready.")
@as_person
def export_get(node: Node, *, file: Path, anew: bool) -> None:
    """Have everything about you put together, and fetch it into ARCHIVE.zip; what is there of it already is gone on with."""
    seen = fetched(node, file, anew=anew)
    say(f"{file} holds everything about you, {seen.bytes} bytes. Check it, on any computer, with:")
    say(f"  troth export check {file} --trust KEY")
    if seen.until is not None:
        say(f"The node keeps its copy until {local(seen.until)}, or until: troth export end")


@export.command("status")
@as_person
def export_status(node: Node) -> None:
    """Say how far it is."""
    seen = node.get("/api/export", ExportShown)
    say(f"State: {plain(seen.state)}")
    if seen.state == "making":
        say(f"{plain(seen.step)}: {seen.done} of {seen.of}; {seen.rows} observations, {seen.bytes} bytes")
    if seen.state == "ready" and seen.until is not None:
        say(f"{seen.bytes} bytes, until {local(seen.until)}")
    if seen.code:
        say(f"{plain(seen.code)}: {plain(seen.detail)}")


@export.command("end")
@as_person
def export_end(node: Node) -> None:
    """Delete the copy that the node keeps, ready or not."""
    node.bytes("DELETE", "/api/export")
    say("It is deleted.")


@export.command("check")
@click.argument("file", metavar="ARCHIVE.zip", type=FILE)
@click.option(
    "--trust", "keys", multiple=True, metavar="KEY", help="The log's verifier key, given to you from outside."
)
@click.option("--trust-file", type=FILE, help="A trust file, if not your own (see 'troth trust').")
def export_check(*, file: Path, keys: tuple[str, ...], trust_file: Path | None) -> None:
    """Check an archive without any node: that it is whole, and every proof in it.

    Ends with 0 when everything holds, 1 when something does not, 2 when it cannot be read.
    """
    trusted = trusted_keys(keys, trust_file)
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive)
            wrong, proofs = _checked(archive, manifest, trusted)
    except (OSError, zipfile.BadZipFile, KeyError, NotImplementedError, BadJson) as cause:
        click.echo(
            f"{file} cannot be read as an archive of everything about somebody ({type(cause).__name__}).", err=True
        )
        raise SystemExit(int(ExitCode.UNREADABLE)) from cause
    for each in manifest.left_out:
        say(f"{plain(each.name)}: could not be written when it was made: {plain(each.why)}")
    for line in wrong:
        say(line)
    if wrong:
        raise SystemExit(int(ExitCode.FAILED))
    say(f"It is whole, and all {proofs} proofs in it hold.")


def fetched(node: Node, file: Path, *, anew: bool, where: str = "/api/export") -> ExportShown:
    """Have an archive put together, wait for it and fetch it; what is there of it already is gone on with.

    Raises:
        Refused: it may not be had, was deleted meanwhile, or is not what the node said.
    """
    seen = node.get(where, ExportShown)
    if seen.state != "making" and (anew or seen.state != "ready"):
        node.post(where, b"{}", ExportShown)
    seen = _ready(node, where)
    for _ in range(_TRIES):
        if _fetched(node, seen, file, where=where):
            break
    if _digest(file) != seen.sha256:
        raise Refused("what was fetched is not what the node said", hint="Try it again; it goes on where it was.")
    return seen


def _ready(node: Node, where: str) -> ExportShown:
    """Wait until it is ready, and say how far it is."""
    said = ""
    while True:
        seen = node.get(where, ExportShown)
        if seen.state == "ready":
            return seen
        if seen.state != "making":
            raise Refused(seen.detail or "it was deleted meanwhile", hint="Ask for it again.")
        now = f"{seen.step}: {seen.done} of {seen.of}" if seen.step else "it begins"
        if now != said:
            said = now
            click.echo(now, err=True)
        time.sleep(_EVERY_S)


def _fetched(node: Node, seen: ExportShown, file: Path, *, where: str) -> bool:
    """Fetch it, or the rest of it; whether it has all its bytes now."""
    part = file.with_name(file.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    if file.exists() and file.stat().st_size == seen.bytes and _digest(file) == seen.sha256:
        return True
    if have >= seen.bytes:
        have = 0
    tag = f'"{seen.sha256}"'
    headers = {"range": f"bytes={have}-", "if_range": tag} if have else {}
    try:
        pieces = node.pieces(f"{where}/archive", **headers)
        _written(pieces, part, tag=tag)
    except NodeAbsent:
        time.sleep(_EVERY_S)
        return False
    except OSError as cause:
        raise FolderNotWritable(f"{part} cannot be written ({cause.strerror})") from cause
    if part.stat().st_size < seen.bytes:
        return False
    if _digest(part) != seen.sha256:
        with suppress(OSError):
            part.unlink()
        return False
    part.replace(file)
    return True


def _written(pieces: Iterator[Begun | Piece], part: Path, *, tag: str) -> None:
    """Write what comes into a file, behind what is there where the answer goes on with that."""
    begun = next(pieces)
    if not isinstance(begun, Begun) or begun.tag != tag:
        raise Refused("another archive is ready by now", hint="Run the same command again.")
    with part.open("ab" if begun.status == HTTPStatus.PARTIAL_CONTENT else "wb") as opened:
        part.chmod(0o600)
        for piece in pieces:
            if isinstance(piece, Piece):
                opened.write(piece.data)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError as cause:
        raise NotFound(f"{file} was not fetched", hint="The node broke it off; run the same command again.") from cause


def _checked(archive: zipfile.ZipFile, manifest: Manifest, trusted: Sequence[VerifierKey]) -> tuple[list[str], int]:
    """What is wrong, and how many proofs there are."""
    named = {each.name: each for each in manifest.files}
    there = set(archive.namelist()) - {_MANIFEST}
    wrong = [f"{plain(name)}: missing" for name in sorted(set(named) - there)]
    wrong += [f"{plain(name)}: not in the manifest" for name in sorted(there - set(named))]
    proofs = 0
    for name in sorted(set(named) & there):
        digest, size, data = hashlib.sha256(), 0, b""
        is_proof = name.endswith(SUFFIX)
        with archive.open(name) as opened:
            while piece := opened.read(_PIECE_BYTES):
                digest.update(piece)
                size += len(piece)
                if is_proof and size <= MAX_PROOF_FILE_BYTES:
                    data += piece
        if (size, digest.hexdigest()) != (named[name].bytes, named[name].sha256):
            wrong.append(f"{plain(name)}: changed")
        elif is_proof:
            proofs += 1
            if not verify(data, trusted=trusted).passed:
                wrong.append(f"{plain(name)}: not proved")
    return wrong, proofs


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(_MANIFEST).file_size > _MANIFEST_BYTES:
        raise BadJson("the manifest is longer than any")
    try:
        return msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise BadJson("the manifest is none of this version") from cause
