"""Whoever runs the node says something: a body becomes a statement of theirs, and the statement counts.

Rules
- Signed with the operator's key, dated by the clock, accepted like any other; there is no other way.
- What is too large for a statement goes behind a hash envelope where its kind allows; so does what shall stay deletable.

Source: formats.md, "Statement"; RFC 9995.
"""

from collections.abc import Callable

from troth.clock import Clock
from troth.errors import TooLarge
from troth.journeys.accept import Accept, Accepted
from troth.names import ckt_uri
from troth.signing.cose import SALT_BYTES, PayloadForm, Signed, Signer
from troth.signing.keys import KeyStore
from troth.statements.kinds import KINDS, Body, KindName, Text
from troth.statements.statement import write, write_enveloped

__all__ = ["Say"]


class Say:
    """The operator's voice."""

    def __init__(self, accept: Accept, keys: KeyStore, *, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._accept = accept
        self._keys = keys
        self._clock = clock
        self._entropy = entropy

    async def say(
        self, name: KindName, body: Body, *, subject: str, form: PayloadForm = PayloadForm.INLINE
    ) -> Accepted:
        """Make it count. With `form` DIGEST the log holds a digest and the journal the text.

        Raises:
            BadStatement: behind an envelope, and its kind is never enveloped.
            TooLarge: no room for it, behind an envelope neither where its kind allows one.
            Refused: as `Accept.accept`.
        """
        signed, preimage = self.sign(name, body, subject=subject, form=form)
        return await self._accept.accept(signed, preimage=preimage)

    def sign(
        self, name: KindName, body: Body, *, subject: str, form: PayloadForm = PayloadForm.INLINE
    ) -> tuple[Signed, bytes | None]:
        """The statement and the preimage of its envelope, not said yet. Raises as `say`."""
        signer: Signer = self._keys.signer("operator")
        issuer, at_ns = ckt_uri(signer.public.thumbprint), self._clock.now()
        if form is PayloadForm.INLINE:
            try:
                return write(name, body, signer=signer, issuer=issuer, subject=subject, at_ns=at_ns), None
            except TooLarge:
                if KINDS[name].text is Text.INLINE:
                    raise
        return write_enveloped(
            name,
            body,
            signer=signer,
            issuer=issuer,
            subject=subject,
            at_ns=at_ns,
            salt=self._entropy(SALT_BYTES),
        )
