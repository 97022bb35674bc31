"""What the tests of the log's interface say to a node, and how they look at what it answers."""

from typing import Final

from troth.names import Uri, ckt_uri
from troth.signing import cbor
from troth.signing.cose import PublicKey, Signed, Signer
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.statement import write
from troth.testing.asgi import Told
from troth.testing.world import World
from troth.tlog import receipt
from troth.wire.concise import CONTENT_TYPE

COSE: Final = {"content-type": "application/cose"}
BODY: Final = OrganisationBody(Uri("https://works.example"), "Works", "mailto:people@works.example")


def said(
    world: World, body: Body = BODY, *, signer: Signer | None = None, kind: KindName = KindName.ORGANISATION
) -> Signed:
    who = signer or world.keys.signer("operator")
    issuer = ckt_uri(who.public.thumbprint)
    return write(kind, body, signer=who, issuer=issuer, subject="https://works.example", at_ns=world.clock.now())


def posted(world: World, data: bytes, headers: dict[str, str] | None = None) -> Told:
    return world.run(world.exchange("POST", "/entries", body=data, headers=COSE if headers is None else headers).ask())


def receipt_key(world: World) -> PublicKey:
    return world.keys.signer("receipt").public


def holds(world: World, statement: Signed, made: bytes) -> receipt.Inclusion:
    return receipt.check_inclusion(
        receipt.parse(made), entry=statement.data, key=receipt_key(world), issuer="world.invalid/test"
    )


def code_of(told: Told) -> str:
    assert CONTENT_TYPE.decode() == told.header("content-type")
    details = cbor.decode_map(bytes(told.body))
    ours = details["urn:troth:problem"]
    assert isinstance(details[-1], str)
    assert isinstance(details[-2], str)
    assert isinstance(ours, dict)
    return str(ours["code"])
