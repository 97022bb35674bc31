"""The first start of a deployment: its keys, its origin, and the statements with which every log begins.

Rules
- Keys are made at the beginning only: another key in the place of a lost one would speak for nobody.
- The first two entries are the registration policy and the trust anchors; then the keys of gate, log and receipts.
- A deployment that began before there were receipts gets a key for them at its next start: none can have been lost.
- The key of a log that succeeds another is stated in the place of the former's.
- What a crash interrupted is done again from what is durable: keys first, then statements, each only if it is not there. A
  rotation that a crash left between key and statement is gone on with (`rekey`).
- The key `repeats` speaks for nobody: it names what things send twice. Where it is lost, another is made.
- The origin is made once from random bytes, unless one is set; it lies with the keys' public side in the trust anchors.

Source: record.md, "The log"; formats.md (log origin).
"""

from collections.abc import Callable
from typing import Final

from troth.clock import Clock
from troth.errors import BadStatement, StorageFailed
from troth.journeys.accept import BEGINNING, Accept
from troth.journeys.keyring import BRING_BACK, Keyring, names_of
from troth.journeys.rekey import Rekey
from troth.names import ckt_uri, print_id
from troth.signing.cose import KeyKind, PublicKey, Signed, Signer
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.first_policy import first_rules
from troth.statements.journal import Journal, unerased
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import Body, KindName
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.statement import read, write
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["LOG_KEY", "REPEATS", "begin", "fresh_origin", "origin_of"]

LOG_KEY: Final = "log"
REPEATS: Final = "repeats"


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
    """Make whatever of a deployment's beginning is missing, and go on with what a crash left of a rotation.

    `log_key` is the name of the key of the log that is written now.

    Raises:
        StorageFailed: the journal has begun, and its keys are not there; none is made in their place.
    """
    keyring = Keyring(keys, directory)
    if journal.position < BEGINNING:
        for name in ("operator", "gate", log_key):
            if name not in keyring.names():
                keyring.create(name)
        operator = keyring.store.signer("operator")
        anchors = TrustAnchorsBody((operator.public.cose_key,), origin)
        policy = RegistrationPolicyBody(first_rules(), origin)
        await accept.first(
            _signed(KindName.REGISTRATION_POLICY, policy, operator, clock, origin),
            _signed(KindName.TRUST_ANCHORS, anchors, operator, clock, origin),
        )
    serving = directory.serving(KeyRole.OPERATOR)
    if serving is not None:
        _check_there(keyring, KeyRole.OPERATOR, serving.key, first=KeyRole.OPERATOR.value)
    operator = keyring.signer("operator")
    for role, name in ((KeyRole.GATE, "gate"), (KeyRole.LOG, log_key), (KeyRole.RECEIPT, "receipt")):
        serving = directory.serving(role)
        if serving is not None and not (role is KeyRole.LOG and directory.succeeding):
            _check_there(keyring, role, serving.key, first=name)
            continue
        if role is KeyRole.RECEIPT and name not in keyring.names():
            keyring.create(name, kind=KeyKind.P256)
        if name not in keyring.names():
            raise _not_there(name)
        public = keyring.store.signer(name).public
        body = KeyBody(
            public.cose_key,
            role,
            ckt_uri(operator.public.thumbprint),
            segment_tick_s if role is KeyRole.GATE else None,
            replaces=None if serving is None else serving.key.thumbprint,
        )
        await accept.accept(_signed(KindName.KEY, body, operator, clock, ckt_uri(public.thumbprint)))
    rekey = Rekey(accept, keyring=keyring, directory=directory, clock=clock, segment_tick_s=segment_tick_s)
    await rekey.go_on()
    if REPEATS not in keyring.names():
        keyring.create(REPEATS)


def _check_there(keyring: Keyring, role: KeyRole, key: PublicKey, *, first: str) -> None:
    """Return if the key that serves is in the store; `first` is the name of the role's first key, or of this log's."""
    if role is KeyRole.LOG and first not in keyring.names():
        raise _not_there(first)
    if keyring.holds(role, key) is not None:
        return
    if not names_of(keyring, role):
        raise _not_there(first)
    raise StorageFailed(f"the key '{first}' is not the one that this journal began with", hint=BRING_BACK)


def _not_there(name: str) -> StorageFailed:
    return StorageFailed(f"the key '{name}' of this node is not there", hint=BRING_BACK)


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
