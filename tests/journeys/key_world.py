"""A world with a gauge, and what tests of keys do in it: for test_keys*.py."""

from dataclasses import dataclass
from typing import Final

from troth.journeys.rekey import Rotated
from troth.names import Uri, ckt_uri
from troth.signing.cose import KeyKind, PublicKey, Signed, Signer
from troth.statements.key import KeyRole
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.statement import write
from troth.testing.people import OPEN, UNIVERSITY, WorldThing
from troth.testing.world import World

ORGANISATION: Final = OrganisationBody(Uri("https://a.example"), "A", "mailto:a@a.example")


@dataclass
class Place:
    """A world and its gauge."""

    world: World
    gauge: WorldThing

    @classmethod
    def made(cls, seed: int) -> "Place":
        world = World(seed)
        return cls(world, world.thing("gauge"))

    def observed(self, value: float) -> int:
        """A value that is said now and in a segment and in the log on return; its handle."""
        self.gauge.says(value)
        self.world.advance(1)
        self.world.settle()
        return self.world.organisation(UNIVERSITY).reads(self.gauge, OPEN)[-1].id

    def proof(self, handle: int) -> bytes:
        asker = self.world.organisation(UNIVERSITY).asker(OPEN)
        return self.world.run(self.world.node.prove.observation(handle, asker))

    def rotate(self, role: KeyRole, kind: KeyKind = KeyKind.ED25519, *, since_ns: int | None = None) -> Rotated:
        return self.world.run(self.world.node.rekey.rotate(role, kind=kind, compromised_since_ns=since_ns))

    def serving(self, role: KeyRole) -> PublicKey:
        known = self.world.node.directory.serving(role)
        assert known is not None
        return known.key

    def operator(self) -> Signer:
        """The private half of the operator's key, as a thief of the disk would have it."""
        return self.world.node.keyring.signer("operator")

    def offer(self, kind: KindName, body: Body, by: Signer, *, ahead_s: int = 0, as_: Uri | None = None) -> Signed:
        """Offer a signed statement to the node, as whoever holds the private key."""
        signed = write(
            kind,
            body,
            signer=by,
            issuer=as_ or ckt_uri(by.public.thumbprint),
            subject="offered",
            at_ns=self.world.clock.now() + ahead_s * 1_000_000_000,
        )
        self.world.run(self.world.node.accept.accept(signed))
        return signed
