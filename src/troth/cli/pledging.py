"""`troth red-line`, `promise`, `support`, `forget`: what whoever runs a place gives their word on in public.

Every command says one statement; what it says stands in docs/reference/statements.md.
"""

import hashlib
from pathlib import Path

import click

from troth.api.pledged import (
    EndForm,
    LineDrawn,
    LineEnds,
    LineForm,
    Lines,
    PromiseForm,
    PromiseMade,
    Promises,
    SupportEnded,
    SupportForm,
    SupportGiven,
    Supports,
)
from troth.cli.client import Node
from troth.cli.files import FILE, read_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import say
from troth.names import PurposeId, Uri
from troth.statements.red_line import NOTICE_DAYS_MIN
from troth.statements.statement import MAX_PREIMAGE_BYTES

__all__ = ["forget", "promise", "red_line", "support"]

_deletable = click.option(
    "--deletable", is_flag=True, help="Keep the text out of the log, which holds its digest only."
)


@click.group("red-line")
def red_line() -> None:
    """What never happens here, whatever anybody chooses."""


@red_line.command("add")
@click.argument("words")
@click.option("--sense", "senses", multiple=True, help="What a stream senses: camera, presence, sound ...")
@click.option("--property", "properties", multiple=True, help="URI of an observed property.")
@click.option("--purpose", "purposes", multiple=True, help="URI of a purpose.")
@click.option("--recipient", "recipients", multiple=True, help="URI of an organisation, or urn:troth:anyone.")
@click.option(
    "--notice-days", type=int, default=NOTICE_DAYS_MIN, show_default=True, help="Days between end and its notice."
)
@as_operator
def red_line_add(
    node: Node,
    words: str,
    senses: tuple[str, ...],
    properties: tuple[str, ...],
    purposes: tuple[str, ...],
    recipients: tuple[str, ...],
    notice_days: int,
) -> None:
    """Draw a red line, said in WORDS. A use crosses it when it meets every list that is given."""
    form = LineForm(
        words,
        senses,
        tuple(map(Uri, properties)),
        tuple(map(PurposeId, purposes)),
        tuple(map(Uri, recipients)),
        notice_days,
    )
    say(f"Drawn: {node.post('/api/red-lines', form, LineDrawn).line}")


@red_line.command("end")
@click.argument("line")
@click.option("--because", required=True, help="Why, in plain words; everybody can read it.")
@click.option("--to", help="When it ends, as 2027-05-01T00:00:00Z. After its notice, if not given.")
@as_operator
def red_line_end(node: Node, line: str, because: str, to: str | None) -> None:
    """Take a red LINE back: it stands until its notice is over."""
    ends = node.post(f"/api/red-lines/{line}/end", EndForm(because, to), LineEnds).ends
    say(f"Ends: {ends}")


@red_line.command("list")
@as_nobody
def red_line_list(node: Node) -> None:
    """List the red lines of this place, those that have ended too."""
    for each in node.get("/api/red-lines", Lines).red_lines:
        say(f"{each.line}  {each.never}")
        say(f"  since {each.since}" + (f", ends {each.to}: {each.because}" if each.to else ""))


@click.group()
def promise() -> None:
    """Promises that anybody can check."""


@promise.command("add")
@click.argument("by")
@click.argument("words")
@click.option("--measured", required=True, help="How anybody can see whether it is kept.")
@click.option("--to", help="Until when, as 2031-05-01T00:00:00Z. Until further notice, if not given.")
@click.option("--product", help="URI of the product it is about. This place as a whole, if not given.")
@click.option("--stream", "streams", multiple=True, help="Name of a stream of the product. All, if not given.")
@click.option("--evidence", help="Where the measurements lie, an https: address.")
@_deletable
@as_operator
def promise_add(  # noqa: PLR0913 - one option per field of a promise
    node: Node,
    by: str,
    words: str,
    *,
    measured: str,
    to: str | None,
    product: str | None,
    streams: tuple[str, ...],
    evidence: str | None,
    deletable: bool,
) -> None:
    """Say that the organisation BY promises something, in WORDS, from now on."""
    form = PromiseForm(
        Uri(by),
        words,
        measured,
        to,
        None if product is None else Uri(product),
        streams,
        None if evidence is None else Uri(evidence),
        deletable,
    )
    made = node.post("/api/promises", form, PromiseMade)
    say(f"Promised: {made.promise}")
    say(f"Statement: {made.statement}")


@promise.command("list")
@as_nobody
def promise_list(node: Node) -> None:
    """List the promises that were made here."""
    for each in node.get("/api/promises", Promises).promises:
        say(f"{each.promise}  {each.by}: {each.words}")
        say(f"  {each.since} to {each.to or 'further notice'}; measured: {each.measured}")


@click.group()
def support() -> None:
    """Support of organisations for a text."""


@support.command("add")
@click.argument("by")
@click.argument("file", type=FILE)
@click.option("--title", required=True, help="What people call the text.")
@click.option("--version", required=True, help="Which version of it.")
@click.option("--language", required=True, help="Its language, as en or de-AT.")
@click.option("--where", help="Where it can be read, an https: address.")
@click.option("--promise", "commitments", multiple=True, help="A promise of the same organisation that it attaches.")
@_deletable
@as_operator
def support_add(  # noqa: PLR0913 - one option per field of a support
    node: Node,
    by: str,
    file: Path,
    *,
    title: str,
    version: str,
    language: str,
    where: str | None,
    commitments: tuple[str, ...],
    deletable: bool,
) -> None:
    """Say that the organisation BY stands behind the text in FILE (- for stdin), which is named by its digest."""
    digest = hashlib.sha256(read_file(file, limit=MAX_PREIMAGE_BYTES)).hexdigest()
    place = None if where is None else Uri(where)
    form = SupportForm(Uri(by), title, digest, version, language, place, commitments, deletable)
    given = node.post("/api/supports", form, SupportGiven)
    say(f"Given: {given.support}")
    say(f"Statement: {given.statement}")


@support.command("end")
@click.argument("support")
@as_operator
def support_end(node: Node, support: str) -> None:
    """Withdraw a SUPPORT. That it was given stays in the log."""
    say(f"Withdrawn: {node.post(f'/api/supports/{support}/end', b'{}', SupportEnded).support}")


@support.command("list")
@as_nobody
def support_list(node: Node) -> None:
    """List the support that was given here, withdrawn too."""
    for each in node.get("/api/supports", Supports).supports:
        ended = ", withdrawn" if each.withdrawn else ""
        say(f"{each.support}  {each.by}: {each.title} {each.version} ({each.language}), since {each.since}{ended}")
        for commitment in each.commitments:
            say(f"  promises {commitment}")


@click.command()
@click.argument("statement")
@as_operator
def forget(node: Node, statement: str) -> None:
    """Delete the text of a STATEMENT (64 hexadecimal digits) that was kept out of the log and is no longer in force."""
    node.bytes("DELETE", f"/api/statements/{statement}/text")
    say("Its text is deleted. The log keeps a digest that nobody can open.")
