"""A key changes: the new one is made, a statement puts it in the old one's place, and the old private half is deleted.

Rules
- The statement is the commit point. Before it the old key serves, from it on the new one; nothing is signed in between.
- Steps: 1 the new key is durable in the store · 2 the statement counts · 3 where it was stolen, a second one says since when ·
  4 the old private half is deleted. After a crash behind step 1 the next start goes on with step 2 (`go_on`): whoever asked
  wanted the old key gone. A crash behind step 2 leaves the old half to be deleted at the start.
- The keys of gate and receipts are stated by the operator; an operator's key by trust anchors that the old key signs.
- The log's key does not change: its log would be another (docs/decisions/0014).

Source: record.md, "The log"; threats.md (stolen keys).
Owner: the event loop.
Left out: keys of people (they come with custody), anchors kept elsewhere as a spare.
"""

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, NotOffered, Refused
from troth.journeys.accept import Accept
from troth.journeys.keyring import ROTATED, Keyring, names_of, next_name
from troth.names import Uri, ckt_uri
from troth.signing.cose import KeyKind, PublicKey, Signed, Signer
from troth.state.directory import Directory
from troth.statements.key import KeyBody, KeyRole, Revoked
from troth.statements.kinds import Body, KindName
from troth.statements.known_keys import PERSON, KnownKey, in_force, key_of
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.statement import write
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["Rekey", "Rotated"]


class Rotated(msgspec.Struct, frozen=True):
    """The issuer URIs of the key that ended and of the one that serves now."""

    former: Uri
    serving: Uri


class Rekey:
    """Makes the statements by which keys and rules change.

    Args:
        segment_tick_s: what a gate's key statement says.
    """

    def __init__(
        self,
        accept: Accept,
        *,
        keyring: Keyring,
        directory: Directory,
        clock: Clock,
        segment_tick_s: int,
    ) -> None:
        self._accept = accept
        self._keyring = keyring
        self._directory = directory
        self._clock = clock
        self._segment_tick_s = segment_tick_s
        self._rotating = False

    def stated(self) -> tuple[tuple[Uri, KnownKey], ...]:
        """Every key of this deployment and of makers in the order of their statements, ended ones too. People's are private."""
        return tuple((issuer, known) for issuer, known in self._directory.keys.items() if known.role != PERSON)

    async def rotate(self, role: KeyRole, *, kind: KeyKind, compromised_since_ns: int | None = None) -> Rotated:
        """Put a new key in the place of one of the operator, the gate or receipts. On return it serves, the old one is deleted.

        Args:
            role: operator, gate or receipt.
            kind: of the new key; P-256 for receipts, and for nothing else.
            compromised_since_ns: the old key was stolen then, ns UTC; None if it only retires.

        Raises:
            NotOffered: another role or kind.
            Refused: it would have been stolen in the future.
            Conflict: another rotation is under way.
            StorageFailed: the key or a statement may or may not be kept; the node must stop.
        """
        if role not in ROTATED:
            raise NotOffered(
                f"the key of role {role.value} is not rotated",
                hint="A log has one key as long as it lasts; a maker's key is replaced by its organisation.",
            )
        if (role is KeyRole.RECEIPT) != (kind is KeyKind.P256):
            raise NotOffered("receipts are signed with P-256 keys, and nothing else is")
        if compromised_since_ns is not None and compromised_since_ns > self._clock.now():
            raise Refused("the time since when a key is compromised has come")
        if self._rotating:
            raise Conflict("a key is being rotated already")
        self._rotating = True
        try:
            new = self._keyring.create(next_name(self._keyring, role), kind=kind)
            former = await self._put_in_place(role, new)
            if compromised_since_ns is not None:
                await self.revoke(former.key, why=Revoked.COMPROMISED, since_ns=compromised_since_ns)
            self.forget_ended()
            return Rotated(ckt_uri(former.key.thumbprint), ckt_uri(new.public.thumbprint))
        finally:
            self._rotating = False

    async def revoke(self, key: PublicKey, *, why: Revoked, since_ns: int | None = None) -> Signed:
        """Say that a key has ended, or that one that had ended was stolen; returns the signed statement.

        Raises:
            NotFound: no key of a node or a maker.
            BadRuling: it serves here and must be replaced, it has ended already, or the times do not fit.
        """
        known = self._directory.keys.get(ckt_uri(key.thumbprint))
        if known is None or known.role == PERSON:
            raise NotFound("there is no such key here")
        body = KeyBody(key.cose_key, KeyRole(known.role), known.holder, revoked=why, since_ns=since_ns)
        return await self._say(KindName.KEY, body, subject=ckt_uri(key.thumbprint))

    async def maker(self, organisation: Uri, cose_key: bytes, *, replaces: bytes | None = None) -> Uri:
        """Register an organisation's own key; returns the issuer URI under which it speaks about its own products.

        Raises:
            BadRuling: the organisation is not registered, or the key is none, known already, or replaces what it may not.
        """
        body = KeyBody(cose_key, KeyRole.MAKER, organisation, replaces=replaces)
        found = key_of(cose_key)
        subject = organisation if found is None else found[0]
        await self._say(KindName.KEY, body, subject=subject)
        return Uri(subject)

    async def policy(self, rules: tuple[RegistrationRule, ...]) -> int:
        """Put other rules in the place of the registration policy's; returns its new version.

        Raises:
            BadRuling: this place could not go on under them.
        """
        former = self.policy_in_force()
        body = RegistrationPolicyBody(rules, former.origin, former.version + 1)
        await self._say(KindName.REGISTRATION_POLICY, body, subject=former.origin)
        return body.version

    async def anchors(self, keys: tuple[bytes, ...]) -> None:
        """Put these trust anchors, as COSE_Keys, in the place of those in force. Keys that are left out have ended.

        Raises:
            BadRuling: one of them may be none.
        """
        origin = self.policy_in_force().origin
        body = TrustAnchorsBody(keys, origin, self._directory.anchors_version + 1)
        await self._say(KindName.TRUST_ANCHORS, body, subject=origin)

    def policy_in_force(self) -> RegistrationPolicyBody:
        """The registration policy."""
        if self._directory.policy is None:
            raise NotFound("there is no registration policy yet")
        return self._directory.policy

    async def go_on(self) -> None:
        """At start: state keys that a crash left unstated, and delete private halves that have ended.

        A key is put in the place of one whose private half is there; nothing takes the place of a key that is lost.
        """
        for role in ROTATED:
            for name in names_of(self._keyring, role):
                made = self._keyring.store.signer(name)
                serving = self._directory.serving(role)
                unknown = ckt_uri(made.public.thumbprint) not in self._directory.keys
                if unknown and serving is not None and self._keyring.holds(role, serving.key) is not None:
                    await self._put_in_place(role, made)
        self.forget_ended()

    def forget_ended(self) -> None:
        """Delete the private halves of keys that have ended."""
        for role in ROTATED:
            for name in names_of(self._keyring, role):
                known = self._directory.keys.get(ckt_uri(self._keyring.store.signer(name).public.thumbprint))
                if known is not None and known.ended is not None:
                    self._keyring.forget(name)

    async def _put_in_place(self, role: KeyRole, new: Signer) -> KnownKey:
        """State a key in the place of the one that serves; returns the one that has ended by it."""
        former = self._directory.serving(role)
        if former is None:
            raise NotFound("no key of this role serves")
        operator = self._keyring.signer(KeyRole.OPERATOR.value)
        if role is not KeyRole.OPERATOR:
            body = KeyBody(
                new.public.cose_key,
                role,
                ckt_uri(operator.public.thumbprint),
                self._segment_tick_s if role is KeyRole.GATE else None,
                replaces=former.key.thumbprint,
            )
            await self._say(KindName.KEY, body, subject=ckt_uri(new.public.thumbprint))
        else:
            there = tuple(known.key.cose_key for known in in_force(self._directory.keys, role.value))
            kept = tuple(key for key in there if key != former.key.cose_key)
            await self.anchors((*kept, new.public.cose_key))
        return former

    async def _say(self, name: KindName, body: Body, *, subject: str) -> Signed:
        signer = self._keyring.signer(KeyRole.OPERATOR.value)
        issuer = ckt_uri(signer.public.thumbprint)
        signed = write(name, body, signer=signer, issuer=issuer, subject=subject, at_ns=self._clock.now())
        await self._accept.accept(signed)
        return signed
