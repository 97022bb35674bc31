"""`troth emergency`: two parties open what was provided for an emergency; anybody sees how often that happened.

Rules
- Each of the two signs with a key of its own, which stays in a file of theirs; the operator's key may be one of the two.

Source: docs/decisions/0058-two-keys-open-an-emergency.md.
"""

import os
from pathlib import Path

import click

from troth.api.emergencies import (
    ConfirmForm,
    EmergenciesShown,
    EmergencyForm,
    EmergencyOpened,
    EmergencyShown,
    StatementForm,
    StatementTaken,
)
from troth.api.grounded import GroundsShown, ground_of
from troth.cli.client import Node
from troth.cli.files import FILE, read_file, write_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import plain, say
from troth.clock import SystemClock
from troth.errors import BadName, NotFound
from troth.names import HouseholdId, OpeningId, StatementId, Uri, ckt_uri, parse_id, print_opening
from troth.signing.keys import SEED_BYTES, Ed25519Signer
from troth.statements.emergency import EmergencyBody
from troth.statements.kinds import KindName
from troth.statements.statement import write
from troth.wire.times import parse_time

__all__ = ["emergency"]

_NS = 1_000_000_000
_key = click.option(
    "--key", type=FILE, help="Your organisation's key, of troth emergency key. The operator's if absent."
)


@click.group()
def emergency() -> None:
    """What two parties open together when somebody is in danger."""


@emergency.command("key")
@click.argument("file", type=FILE)
def emergency_key(file: Path) -> None:
    """Make a key in FILE for your organisation; whoever runs the place registers its public half."""
    if file.exists():
        raise BadName("there is a file of that name already")
    seed = os.urandom(SEED_BYTES)
    write_file(file, seed.hex().encode() + b"\n")
    say(f"The private half is in {file}, readable by you alone.")
    say(f"To be registered: troth key add URI {Ed25519Signer.from_seed(seed).public.cose_key.hex()}")


@emergency.command("open")
@click.argument("provision")
@click.argument("because")
@click.option("--by", required=True, help="URI of the organisation that opens it.")
@click.option("--minutes", type=int, required=True, help="For how long.")
@click.option("--household", help="The home (ho...) it is about; a public place, if not given.")
@_key
@as_operator
def emergency_open(
    node: Node, provision: str, because: str, by: str, minutes: int, household: str | None, key: Path | None
) -> None:
    """Say that there is an emergency: PROVISION (gr...) and why. Nothing opens until another party confirms it."""
    if key is None:
        form = EmergencyForm(Uri(by), provision, because, minutes * 60, household)
        opened = node.post("/api/emergencies", form, EmergencyOpened).emergency
    else:
        product = _product_of(node, provision)
        opening, now = OpeningId(os.urandom(16)), SystemClock().now()
        home = None if household is None else HouseholdId(parse_id("ho", household))
        ends_ns = now + minutes * 60 * _NS
        body = EmergencyBody(opening, ground_of(provision), product, Uri(by), because, now, ends_ns, household=home)
        _bring(node, body, key)
        opened = print_opening(opening)
    say(f"Waits to be confirmed by another party, for ten minutes: {opened}")


@emergency.command("confirm")
@click.argument("emergency")
@click.option("--by", required=True, help="URI of the other organisation.")
@_key
@as_operator
def emergency_confirm(node: Node, emergency: str, by: str, key: Path | None) -> None:
    """Confirm an EMERGENCY (em...) as another party. It is open from now on, and ends by itself."""
    first = node.get(f"/api/emergencies/{emergency}", EmergencyShown)
    if key is None:
        node.post(f"/api/emergencies/{emergency}/confirm", ConfirmForm(Uri(by)), EmergencyOpened)
    else:
        home = None if first.household is None else HouseholdId(parse_id("ho", first.household))
        body = EmergencyBody(
            opening=OpeningId(parse_id("em", emergency)),
            assertion=ground_of(first.provision),
            things_of=first.things_of,
            by=Uri(by),
            because=first.because,
            from_ns=SystemClock().now(),
            to_ns=parse_time(first.ends),
            household=home,
            confirms=StatementId(bytes.fromhex(first.statement)),
        )
        _bring(node, body, key)
    say(f"Open until {first.ends}.")


@emergency.command("list")
@as_nobody
def emergency_list(node: Node) -> None:
    """Say how often an emergency was opened in this month, and list those of public places."""
    found = node.get("/api/emergencies", EmergenciesShown)
    say(f"{found.month}: {found.words}")
    for each in found.emergencies:
        stands = "open" if each.open else f"until {each.ends}" if each.confirmed else "never confirmed"
        say(f"{each.emergency}  {each.said}, {stands}: {plain(each.because)}")


def _product_of(node: Node, provision: str) -> Uri:
    for each in node.get("/api/grounds", GroundsShown).grounds:
        if each.assertion == provision:
            return each.product
    raise NotFound("there is no such provision here", hint="See what there is: troth ground list")


def _bring(node: Node, body: EmergencyBody, key: Path) -> None:
    seed = bytes.fromhex(read_file(key).decode().strip())
    signer = Ed25519Signer.from_seed(seed)
    kind = KindName.EMERGENCY if body.household is None else KindName.HOME_EMERGENCY
    signed = write(
        kind,
        body,
        signer=signer,
        issuer=ckt_uri(signer.public.thumbprint),
        subject=print_opening(body.opening),
        at_ns=body.from_ns,
    )
    node.post("/api/emergencies/statements", StatementForm(signed.data.hex()), StatementTaken)
