"""A person says something: a body becomes a statement under their own key, and the statement counts.

Rules
- Signed with the person's relationship key (custody *house*: this node keeps it, and says so). Nothing else signs for them.
- Dated by whoever asks, named afresh, accepted like any other statement; there is no other way.

Source: formats.md, "Statement" and "Identifiers" (relationship key); record.md, "Personal ledgers" (custody).
Left out: what may be said, which is each journey's own.
"""

from collections.abc import Callable

from troth.errors import NotFound
from troth.journeys.accept import Accept, Accepted
from troth.names import PersonId, print_id, print_person
from troth.signing.cose import Signed
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.kinds import Body, KindName
from troth.statements.statement import write

__all__ = ["Voice", "key_name"]


class Voice:
    """What people say, each under their own key."""

    def __init__(
        self, accept: Accept, keys: KeyStore, *, directory: Directory, entropy: Callable[[int], bytes]
    ) -> None:
        self._accept = accept
        self._keys = keys
        self._directory = directory
        self._entropy = entropy

    async def say(self, name: KindName, body: Body, *, person: PersonId, prefix: str, at_ns: int) -> Accepted:
        """Make it count. On return it is in effect.

        Args:
            name: its kind.
            body: what is said.
            person: who says it; the caller has recognised them.
            prefix: of the statement's fresh subject, two letters.
            at_ns: when it is said, ns UTC.

        Raises:
            NotFound: there is no such person here.
            TooLarge: no room for it.
            Refused: as `Accept.accept`.
        """
        return await self._accept.accept(self.sign(name, body, person=person, prefix=prefix, at_ns=at_ns))

    def sign(self, name: KindName, body: Body, *, person: PersonId, prefix: str, at_ns: int) -> Signed:
        """The statement, not said yet. Arguments and errors as of `say`, but for Refused."""
        known = self._directory.persons.get(person)
        if known is None:
            raise NotFound("there is no such person here")
        return write(
            name,
            body,
            signer=self._keys.signer(key_name(person)),
            issuer=known.issuer,
            subject=print_id(prefix, self._entropy(16)),
            at_ns=at_ns,
        )


def key_name(person: PersonId) -> str:
    """Name of a person's relationship key in the key store."""
    return f"person-{print_person(person)}"
