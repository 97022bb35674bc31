"""A person says something: a body becomes a statement under their own key, and the statement counts.

Rules
- Signed with the key that speaks for the person (custody): the house's for them, or their own while it is open in this visit.
  Nothing else signs for them.
- Where they keep their own key and it is closed, the house's key for them says what takes something away, and nothing else.
- Where passkeys are to stand beside what they say, what opens something does not count yet: it waits in the visit (`pressed`).
- Dated by whoever asks, named afresh, accepted like any other statement; there is no other way.

Source: formats.md, "Statement" and "Identifiers" (relationship key); record.md, "Personal ledgers" (custody).
Left out: what may be said, which is each journey's own; what a passkey signs beside it (`beside`).
"""

from collections.abc import Callable

from troth.errors import KeyClosed, NotFound, PasskeyAsked
from troth.journeys.accept import Accept, Accepted
from troth.journeys.open_keys import OpenKeys
from troth.journeys.pressed import Press, Pressed, dated
from troth.names import PersonId, ckt_uri, print_id, print_person
from troth.signing.cose import Signed, Signer
from troth.signing.keys import KeyStore
from troth.state.custody import Speaking, asks_passkey, speaking, takes_away
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.statements.kinds import Body, KindName
from troth.statements.statement import write

__all__ = ["NO_VISIT", "Voice", "key_name"]

NO_VISIT = b""
"""In place of a session: what is said by a program for a person, where no key of theirs can be open."""


class Voice:
    """What people say, each under their own key."""

    def __init__(
        self,
        accept: Accept,
        keys: KeyStore,
        *,
        opened: OpenKeys,
        directory: Directory,
        in_force: InForce,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._accept = accept
        self._keys = keys
        self._opened = opened
        self._directory = directory
        self._in_force = in_force
        self._entropy = entropy
        self.pressed = Pressed(in_force)

    async def say(
        self,
        name: KindName,
        body: Body,
        *,
        person: PersonId,
        prefix: str,
        at_ns: int,
        visit: bytes = NO_VISIT,
        first: Press | None = None,
    ) -> Accepted:
        """Make it count. On return it is in effect.

        Args:
            name: its kind.
            body: what is said.
            person: who says it; the caller has recognised them.
            prefix: of the statement's fresh subject, two letters.
            at_ns: when it is said, ns UTC.
            visit: digest of the session in which it is said.
            first: what is to count before it, and not without it being said.

        Raises:
            NotFound: there is no such person here.
            KeyClosed: it gives something, and the key that this person keeps is not open in this visit.
            PasskeyAsked: it opens something, and a passkey of this person stands beside each yes. It waits in this visit.
            TooLarge: no room for it.
            Refused: as `Accept.accept`.
        """
        held = speaking(self._directory.custodies, person, at_ns)
        if held is not None and held.body.passkeys and asks_passkey(body, Reading(self._in_force)):
            if visit != NO_VISIT:
                self.pressed.keep(visit, Press(person, name, body, prefix, at_ns, first))
            raise PasskeyAsked("a passkey stands beside each yes of yours", hint="Say it on a page, with the passkey.")
        signed = self.sign(name, body, person=person, prefix=prefix, at_ns=at_ns, visit=visit)
        if first is not None:
            await self._accept.accept(self.sign_press(first, at_ns=at_ns, visit=visit))
        return await self._accept.accept(signed)

    def sign(
        self, name: KindName, body: Body, *, person: PersonId, prefix: str, at_ns: int, visit: bytes = NO_VISIT
    ) -> Signed:
        """The statement, not said yet. Arguments and errors as of `say`, but for PasskeyAsked and Refused."""
        known = self._directory.persons.get(person)
        if known is None:
            raise NotFound("there is no such person here")
        held = speaking(self._directory.custodies, person, at_ns)
        signer = self._keys.signer(key_name(person)) if held is None or not held.own else self._own(held, body, visit)
        return write(
            name,
            body,
            signer=signer,
            issuer=ckt_uri(signer.public.thumbprint),
            subject=print_id(prefix, self._entropy(16)),
            at_ns=at_ns,
        )

    def sign_press(self, press: Press, *, at_ns: int, visit: bytes) -> Signed:
        """What was pressed, dated and signed at this moment. Errors as of `sign`."""
        body = dated(press, at_ns=at_ns)
        return self.sign(press.name, body, person=press.person, prefix=press.prefix, at_ns=at_ns, visit=visit)

    def _own(self, held: Speaking, body: Body, visit: bytes) -> Signer:
        person = held.body.person
        signer = self._opened.signer(person, visit)
        if signer is not None and signer.public.cose_key == held.body.key:
            return signer
        if not takes_away(body, Reading(self._in_force)):
            raise KeyClosed("the key that you keep yourself is closed", hint="Open it, then say it again.")
        return self._keys.signer(key_name(person))


def key_name(person: PersonId) -> str:
    """Name of a person's relationship key in the key store."""
    return f"person-{print_person(person)}"
