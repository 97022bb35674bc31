"""`troth key`: which keys sign for this place, and how one takes another's place."""

import click

from troth.api.key_forms import KeyForm, KeyMade, Keys, KeyShown, RevokeForm, RotateForm, Suite
from troth.cli.client import Node
from troth.cli.places import as_operator
from troth.cli.speaking import say, table
from troth.statements.key import KeyRole

__all__ = ["key"]

_SINCE = click.option(
    "--compromised-since", metavar="TIME", help="It was stolen then, as 2026-05-01T06:30:00Z; without it, it retires."
)


@click.group()
def key() -> None:
    """Keys that sign for this place."""


@key.command("list")
@click.option(
    "--ended", "ended", is_flag=True, help="Print the keys that have ended as 'troth verify --revoked' takes them."
)
@as_operator
def key_list(node: Node, *, ended: bool) -> None:
    """List the keys of the operator, the gate, the log, receipts and of makers, those that have ended too."""
    found = node.get("/api/keys", Keys).keys
    if ended:
        for each in found:
            if each.ended is not None:
                say(" ".join((each.key, each.ended, *(() if each.since is None else (each.since,)))))
        return
    table(("ROLE", "KEY", "SUITE", "HOLDER", "STANDS"), [(k.role, k.key, k.suite, k.holder, _stands(k)) for k in found])


@key.command("rotate")
@click.argument("role", type=click.Choice(["operator", "gate", "receipt", "log"]))
@click.option(
    "--suite", type=click.Choice([each.value for each in Suite]), help="ed25519 if not said; receipts have no choice."
)
@_SINCE
@as_operator
def key_rotate(node: Node, role: str, suite: str | None, compromised_since: str | None) -> None:
    """Put a new key in the place of the operator's, the gate's or receipts'. A log keeps its key, and the node says so."""
    form = RotateForm(KeyRole(role), None if suite is None else Suite(suite), compromised_since)
    made = node.post("/api/keys/rotate", form, KeyMade)
    say(f"Serves now: {made.key}")
    say(f"Has ended:  {made.former}")


@key.command("revoke")
@click.argument("uri", metavar="KEY")
@_SINCE
@as_operator
def key_revoke(node: Node, uri: str, compromised_since: str | None) -> None:
    """Say that a maker's KEY has ended, or that one which had ended was stolen."""
    ended = node.post("/api/keys/revoke", RevokeForm(uri, compromised_since), KeyShown)
    say(f"{ended.key}: {_stands(ended)}")


@key.command("add")
@click.argument("organisation", metavar="URI")
@click.argument("cose_key", metavar="HEX")
@click.option("--replaces", metavar="KEY", help="The organisation's key that ends with this.")
@as_operator
def key_add(node: Node, organisation: str, cose_key: str, replaces: str | None) -> None:
    """Register the public key (a COSE_Key in hex) with which a registered organisation speaks about its own products."""
    made = node.post("/api/keys", KeyForm(organisation, cose_key, replaces), KeyMade)
    say(f"Registered: {made.key}")


def _stands(shown: KeyShown) -> str:
    if shown.ended is None:
        return "serves"
    return shown.ended if shown.since is None else f"{shown.ended} since {shown.since}"
