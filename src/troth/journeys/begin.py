"""The first start of a deployment: its keys, its origin, and the statements with which every log begins.

Rules
- Keys are made at the beginning only: another key in the place of a lost one would speak for nobody.
- The first two entries are the registration policy and the trust anchors; then the keys of gate, log and receipts.
- A deployment that began before there were receipts gets a key for them at its next start: none can have been lost.
- What a crash interrupted is done again from what is durable: keys first, then statements, each only if it is not there.
- The origin is made once from random bytes, unless one is set; it lies with the keys' public side in the trust anchors.

Source: record.md, "The log"; formats.md (log origin).
"""

from collections.abc import Callable
from typing import Final

from troth.clock import Clock
from troth.errors import BadStatement, StorageFailed
from troth.journeys.accept import BEGINNING, Accept
from troth.names import ckt_uri, print_id
from troth.signing.cose import KeyKind, Signed, Signer
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.journal import Journal, unerased
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import KINDS, Body, KindName
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.statement import read, write
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["LOG_KEY", "begin", "fresh_origin", "origin_of", "rules_of_now"]

LOG_KEY: Final = "log"
_BRING_BACK: Final = (
    "Bring back the folder of keys that belongs to this data folder: nothing else can sign for this place."
)


async def begin(
    accept: Accept,
    journal: Journal,
    *,
    keys: KeyStore,
    directory: Directory,
    clock: Clock,
    origin: str,
    segment_tick_s: int,
    log_key: str = LOG_KEY,
) -> None:
    """Make whatever of a deployment's beginning is missing. Does nothing on later starts.

    `log_key` is the name of the key of the log that is written now.

    Raises:
        StorageFailed: the journal has begun, and its keys are not there; none is made in their place.
    """
    for name in ("operator", "gate", log_key, "receipt"):
        if name in keys.names():
            continue
        if journal.position >= BEGINNING and (name != "receipt" or directory.receipt_keys):
            raise StorageFailed(f"the key '{name}' of this node is not there", hint=_BRING_BACK)
        keys.create(name, kind=KeyKind.P256 if name == "receipt" else KeyKind.ED25519)
    operator = keys.signer("operator")
    if journal.position < BEGINNING:
        anchors = TrustAnchorsBody((operator.public.cose_key,), origin)
        await accept.first(
            _signed(
                KindName.REGISTRATION_POLICY, RegistrationPolicyBody(rules_of_now(), origin), operator, clock, origin
            ),
            _signed(KindName.TRUST_ANCHORS, anchors, operator, clock, origin),
        )
    if ckt_uri(operator.public.thumbprint) not in directory.issuers:
        raise StorageFailed("the key 'operator' is not the one that this journal began with", hint=_BRING_BACK)
    for role, name in ((KeyRole.GATE, "gate"), (KeyRole.LOG, log_key), (KeyRole.RECEIPT, "receipt")):
        public = keys.signer(name).public
        holder = ckt_uri(operator.public.thumbprint)
        if ckt_uri(public.thumbprint) in directory.issuers:
            continue
        body = KeyBody(public.cose_key, role, holder, segment_tick_s if role is KeyRole.GATE else None)
        await accept.accept(_signed(KindName.KEY, body, operator, clock, ckt_uri(public.thumbprint)))


def rules_of_now() -> tuple[RegistrationRule, ...]:
    """Who may say what, as this program has it."""
    roles = sorted({kind.role for kind in KINDS.values()})
    return tuple(
        RegistrationRule(role, tuple(kind.name.value for kind in KINDS.values() if kind.role == role)) for role in roles
    )


def fresh_origin(entropy: Callable[[int], bytes]) -> str:
    """A log origin for a deployment that has none: `troth.invalid/` and 26 letters."""
    return "troth.invalid/" + print_id("", entropy(16))


def origin_of(journal: Journal) -> str | None:
    """The origin this journal began with, or None when it is empty.

    Raises:
        BadStatement: the second statement is not the trust anchors.
    """
    entries = list(unerased(journal.entries(after=0, limit=2)))
    if not entries:
        return None
    body = read(entries[-1].signed).body
    if isinstance(body, RegistrationPolicyBody | TrustAnchorsBody):
        return body.origin
    raise BadStatement("this journal does not begin with a registration policy and trust anchors")


def _signed(name: KindName, body: Body, signer: Signer, clock: Clock, subject: str) -> Signed:
    return write(
        name, body, signer=signer, issuer=ckt_uri(signer.public.thumbprint), subject=subject, at_ns=clock.now()
    )
