"""What stands beside something a person said, for vectors of proof files: who keeps the key, and what a passkey signed."""

import base64
import hashlib
import json
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.vectors.made_signing import seed_of
from troth.names import PersonId, StatementId
from troth.signing.algorithms import ES256, PublicKey, Signer
from troth.signing.cose import Signed, parse
from troth.statements.assertion import AssertionBody
from troth.statements.choice import ChoiceBody
from troth.statements.custody import CustodyBody
from troth.statements.giving import TAKING_ALONG
from troth.statements.kinds import Body, KindName
from troth.statements.mark import MarkBody
from troth.statements.objection import ObjectionBody
from troth.statements.share import ShareBody
from troth.verify.file import Said

_LATER_NS: Final = 20_000_000_000
_DEVICE: Final = ec.derive_private_key(7, ec.SECP256R1())
_POINT: Final = _DEVICE.public_key().public_numbers()
DEVICE: Final = PublicKey(ES256, _POINT.x.to_bytes(32) + _POINT.y.to_bytes(32))
THIS: Final = StatementId(b"")


class Signing(Protocol):
    """The part of a deployment that signs."""

    def signer(self, name: str) -> Signer:
        """The key of a role."""
        ...

    def sign(self, kind: KindName, body: Body, *, by: Signer) -> Signed:
        """A statement that is nowhere yet."""
        ...


def custody_of(there: Signing, person: PersonId, *, from_ns: int) -> CustodyBody:
    """Whoever keeps the key *ana's own*, with the passkey of the device beside each yes; the house has *ana*."""
    own, house = there.signer("ana's own").public.cose_key, there.signer("ana").public.cose_key
    return CustodyBody(person, "own", own, from_ns, "session", house, (DEVICE.cose_key,))


def with_custody(
    there: Signing, kept: CustodyBody, said: Signed, *, by: str, passkey: StatementId | None = THIS
) -> Said:
    """Something that was said, with the custody statement and, where there is one, what the passkey signed about it.

    `passkey`: about which statement; none at all where it is None.
    """
    operator = there.signer("operator")
    assertion = None
    if passkey is not None:
        word = asserted(kept.person, passkey or said.id)
        assertion = there.sign(KindName.ASSERTION, word, by=operator).data
    custody = there.sign(KindName.CUSTODY, kept, by=operator)
    return Said(there.signer(by).public.cose_key, said.data, custody.data, assertion)


def opening(own: ChoiceBody, shared: ShareBody) -> list[tuple[str, KindName, Body]]:
    """What opens something beside a yes for oneself, as a name, by the person of these two; nothing of it without a passkey."""
    ana, child = own.person, PersonId(seed_of("a child")[:16])
    stream, at_ns = own.streams[0], own.from_ns
    return [
        ("a share", KindName.SHARE, shared),
        ("a yes for a child", KindName.CHOICE, msgspec.structs.replace(own, person=child, by=ana, made_by="guardian")),
        (
            "an objection taken back",
            KindName.OBJECTION,
            ObjectionBody(ana, own.purpose, at_ns, "passkey", (stream,), withdrawn=True),
        ),
        (
            "a mark that stopped rows, ended",
            KindName.MARK,
            MarkBody(
                seed_of("mark")[:16],
                ana,
                stream,
                at_ns - 2,
                at_ns - 1,
                "session",
                stopped=True,
                because="wrong",
                ended=True,
            ),
        ),
    ]


def asking(own: ChoiceBody) -> ChoiceBody:
    """A guardian asks for everything about a child: a right, for which no passkey is needed."""
    child = PersonId(seed_of("a child")[:16])
    change = msgspec.structs.replace
    return change(own, person=child, by=own.person, made_by="guardian", purpose=TAKING_ALONG, variant=None)


def asserted(person: PersonId, about: StatementId, *, flags: int = 5, host: str = "localhost") -> AssertionBody:
    """What the device signs about a statement."""
    client = {
        "type": "webauthn.get",
        "challenge": base64.urlsafe_b64encode(about).decode().rstrip("="),
        "origin": "http://localhost:8080",
        "crossOrigin": False,
    }
    client_data = json.dumps(client, separators=(",", ":")).encode()
    device = hashlib.sha256(host.encode()).digest() + bytes([flags]) + (7).to_bytes(4)
    data = device + hashlib.sha256(client_data).digest()
    signature = _DEVICE.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))
    return AssertionBody(person, about, DEVICE.cose_key, client_data, device, signature)


def custody_refused(there: Signing, kept: CustodyBody, own: Said | None) -> list[tuple[str, Said]]:
    """Name, and what stands in a file of somebody's word, which does not fit together."""
    change = msgspec.structs.replace
    assert own is not None
    answer = parse(own.statement)
    another = StatementId(seed_of("another statement"))
    operator = there.signer("operator")

    def word(body: AssertionBody) -> Said:
        return change(own, assertion=there.sign(KindName.ASSERTION, body, by=operator).data)

    def stated(**other: object) -> Said:
        return with_custody(there, change(kept, **other), answer, by="ana's own")

    by_ana = there.sign(KindName.ASSERTION, asserted(kept.person, answer.id), by=there.signer("ana"))
    return [
        ("a yes without the passkey it needs", change(own, assertion=None)),
        ("a passkey's word about another statement", word(asserted(kept.person, another))),
        ("a passkey's word that nobody was there for", word(asserted(kept.person, answer.id, flags=1))),
        ("a passkey of another site", word(asserted(kept.person, answer.id, host="elsewhere.example"))),
        (
            "a passkey's word with another signature",
            word(change(asserted(kept.person, answer.id), signature=asserted(kept.person, another).signature)),
        ),
        ("a passkey's word that the operator did not take in", change(own, assertion=by_ana.data)),
        ("a custody statement about somebody else", stated(person=PersonId(seed_of("ben")[:16]))),
        ("a custody statement that holds later", stated(from_ns=kept.from_ns + _LATER_NS)),
        ("a custody statement of another key", stated(key=there.signer("gate").public.cose_key)),
        (
            "a yes under the key that only takes away",
            stated(key=there.signer("gate").public.cose_key, house_key=own.key),
        ),
        ("an assertion in place of a custody statement", change(own, custody=own.assertion)),
    ]
