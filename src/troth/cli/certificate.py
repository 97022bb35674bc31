"""`troth certificate`: what a thing must trust before it speaks over TLS, and certificates for things that have openssl only.

Rules
- Certificates go to stdout, or to a file, and nothing else does; what is to be known besides goes to stderr.
- A private key is never read here: a thing brings a request that it has signed.

Source: docs/reference/cli.md; docs/operators/tls.md.
"""

from pathlib import Path

import click
import msgspec

from troth.api.answers import ClaimMade
from troth.api.certificates import CertificateForm, CertificateMade, CertificatesKept
from troth.cli.altering import thing_revoke
from troth.cli.client import Node
from troth.cli.files import FILE, read_file, write_file
from troth.cli.places import as_nobody, as_operator, settings_of
from troth.cli.speaking import local, plain, say, table
from troth.cli.types import path_part
from troth.errors import Malformed
from troth.signing.certificates import REQUEST_BYTES, requested

__all__ = ["certificate"]

_OUTPUT = click.option("-o", "--output", type=FILE, help="Write the certificate to this file in place of stdout.")


@click.group(invoke_without_command=True)
@click.option("--data", metavar="DIR", help="Data folder of the node.")
@click.pass_context
def certificate(context: click.Context, *, data: str | None) -> None:
    """Certificates: of this place's authority, which things trust, and of things."""
    if context.invoked_subcommand is None:
        context.invoke(certificate_authority, data=data)


@certificate.command("authority")
@click.option("--data", metavar="DIR", help="Data folder of the node.")
def certificate_authority(*, data: str | None) -> None:
    """Print the certificate of this place's authority, for things that speak MQTT over TLS."""
    from troth.app.certificate import authority  # noqa: PLC0415 - other commands start sooner without it

    say(authority(settings_of(data)).rstrip("\n"))


@certificate.command("sign")
@click.argument("slug")
@click.argument("request", type=FILE)
@_OUTPUT
@as_operator
def certificate_sign(node: Node, slug: str, request: Path, *, output: Path | None) -> None:
    """Give the thing called SLUG a certificate for its REQUEST, a file that openssl req has made, or - for stdin.

    What the thing had before lets nobody in any more. Its claim tokens end too.
    """
    asked = _request(request)
    made = node.post(f"/api/things/{path_part(slug)}/claim", b"{}", ClaimMade)
    _give(node.post("/api/certificate", CertificateForm(made.claim, asked), CertificateMade), output)


@certificate.command("claim")
@click.argument("token")
@click.argument("request", type=FILE)
@_OUTPUT
@as_nobody
def certificate_claim(node: Node, token: str, request: Path, *, output: Path | None) -> None:
    """Spend a claim TOKEN for a certificate for REQUEST, a file that openssl req has made, or - for stdin."""
    _give(node.post("/api/certificate", CertificateForm(token, _request(request)), CertificateMade), output)


@certificate.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one page of the interface a line.")
@as_operator
def certificate_list(node: Node, *, as_json: bool) -> None:
    """List the certificates of things that let somebody in, with their ends."""
    rows: list[tuple[str, str, str]] = []
    after: str | None = ""
    while after is not None:
        page = node.get(f"/api/certificates?after={path_part(after)}", CertificatesKept)
        after = page.next
        if as_json:
            say(msgspec.json.encode(page).decode())
        rows += ((each.slug, local(each.until), each.fingerprint) for each in page.certificates)
    if as_json:
        return
    if not rows:
        say("No thing has a certificate.")
        return
    table(("THING", "ENDS", "SHA-256 FINGERPRINT"), rows)


certificate.add_command(thing_revoke)


def _request(path: Path) -> str:
    """The text of a request; what is none is refused before anything of the thing ends."""
    try:
        text = read_file(path, limit=REQUEST_BYTES).decode("ascii")
    except UnicodeDecodeError as cause:
        raise Malformed(f"{path} is no certificate request in PEM") from cause
    requested(text)
    return text


def _give(made: CertificateMade, output: Path | None) -> None:
    write_file(Path("-") if output is None else output, made.certificate.encode("ascii"))
    click.echo(f"{plain(made.slug)} may speak at {plain(made.mqtts)} until {local(made.until)}.", err=True)
    click.echo("It trusts: troth certificate > ca.pem", err=True)
