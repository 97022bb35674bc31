"""An emergency for tests: a provision of two openers, and the statements with which they open it."""

import hashlib
from typing import Final

import msgspec

from troth.names import GroundId, HouseholdId, OpeningId, PurposeId, StatementId, Uri, ckt_uri
from troth.signing.cose import Signed
from troth.signing.keys import Ed25519Signer
from troth.statements.emergency import EmergencyBody
from troth.statements.ground import Asserted, Citation, GroundBody, Provision
from troth.statements.kinds import KindName
from troth.statements.statement import write

DAY_NS: Final = 86_400_000_000_000
MINUTE_NS: Final = 60_000_000_000
VITAL: Final = Citation("GDPR, Article 6(1)(d)", "EU/GDPR", "6(1)(d)")


def key_of(uri: Uri) -> Ed25519Signer:
    """The key of an organisation."""
    return Ed25519Signer.from_seed(hashlib.sha256(f"a key for tests: {uri}".encode()).digest())


def provided(
    product: Uri, purpose: PurposeId, *, openers: tuple[Uri, ...], recipient: Uri, at_ns: int, variant: str = "raw"
) -> GroundBody:
    """What the first opener provides for: at most an hour, from ten minutes before on."""
    return GroundBody(
        assertion=GroundId(hashlib.sha256(b"a provision").digest()[:16]),
        ground=Asserted.URGENT,
        by=openers[0],
        product=product,
        purposes=(purpose,),
        citation=VITAL,
        words="If somebody may be in danger, those who help see what is there.",
        from_ns=at_ns,
        review_ns=at_ns + 300 * DAY_NS,
        provision=Provision(openers, (recipient,), variant, 3_600, 600),
    )


def first(
    provision: GroundBody,
    *,
    by: Uri,
    at_ns: int,
    minutes: float = 30,
    home: HouseholdId | None = None,
    name: str = "first",
) -> EmergencyBody:
    """What the first party says."""
    return EmergencyBody(
        opening=OpeningId(hashlib.sha256(name.encode()).digest()[:16]),
        assertion=provision.assertion,
        things_of=provision.product,
        by=by,
        because="Nobody answers at the door.",
        from_ns=at_ns,
        to_ns=at_ns + round(minutes * MINUTE_NS),
        household=home,
    )


def second(said: EmergencyBody, statement: StatementId, *, by: Uri, at_ns: int) -> EmergencyBody:
    """What the second party says."""
    return msgspec.structs.replace(said, by=by, from_ns=at_ns, confirms=statement)


def signed(body: EmergencyBody, signer: Ed25519Signer | None = None) -> Signed:
    """A statement under the key of the organisation, or another one."""
    key = signer or key_of(body.by)
    kind = KindName.EMERGENCY if body.household is None else KindName.HOME_EMERGENCY
    issuer = ckt_uri(key.public.thumbprint)
    return write(kind, body, signer=key, issuer=issuer, subject="emergency", at_ns=body.from_ns)
