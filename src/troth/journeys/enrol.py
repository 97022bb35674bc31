"""A thing gets a certificate for its claim token, and another one before that ends.

Rules
- The private key never leaves the thing: it sends a request (CSR) that its key has signed.
- A claim token is spent once, for a credential or for a certificate; whatever the thing had before ends in the same step.
- A certificate is renewed by whoever holds its key: a fresh challenge of this node and the new request, signed with the old
  key. A challenge is used once. The old certificate holds OVERLAP_S longer, so that an answer that is lost loses nothing.
- A certificate counts while its digest is kept: it is revoked by forgetting the digest, and there are no lists.

Source: things.md, "A thing joins"; docs/decisions/0042. Owner of all state: the event loop.
Left out: keys made for things, certificates of other authorities, certificates for people.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Malformed, NotOffered, WrongToken
from troth.journeys.accounts import Account, Bearer
from troth.journeys.recognise import Recognise
from troth.names import Slug, ThingId, print_thing
from troth.signing.certificates import SERIAL_BYTES, Authority, Issued, ThingKey, requested, vouched

__all__ = [
    "CERTIFICATE_S",
    "CHALLENGE_S",
    "OVERLAP_S",
    "Challenge",
    "Enrol",
    "Enrolled",
    "HeldCertificate",
    "Unfit",
    "renewal_message",
]

CERTIFICATE_S: Final = 90 * 24 * 3600
OVERLAP_S: Final = 3_600
CHALLENGE_S: Final = 300
_NONCE_BYTES: Final = 16
_TIME_BYTES: Final = 8
_MAC_BYTES: Final = 32
_CONTEXT: Final = b"troth/renew-certificate/v1\x00"
_UNKNOWN: Final = "this certificate is unknown, revoked or over"


class Unfit(StrEnum):
    """Why a certificate lets nobody in."""

    EXPIRED = "certificate-expired"
    NOT_YET = "certificate-not-yet-valid"
    OTHER_AUTHORITY = "certificate-of-another-authority"
    OTHER_USE = "certificate-for-another-use"
    NOT_VALID = "certificate-not-valid"
    REVOKED = "certificate-revoked"
    OTHER_THING = "certificate-of-another-thing"


class Enrolled(msgspec.Struct, frozen=True):
    """A thing's certificate and its authority's, both PEM, and when the first ends (ns UTC)."""

    thing: ThingId
    certificate: str
    authority: str
    until_ns: int


class HeldCertificate(msgspec.Struct, frozen=True):
    """One certificate that counts: whose, its digest, and when it ends (ns UTC)."""

    thing: ThingId
    slug: Slug
    digest: bytes
    until_ns: int


class Challenge(msgspec.Struct, frozen=True):
    """What a renewal must sign, and until when (ns UTC)."""

    challenge: str
    until_ns: int


def renewal_message(challenge: str, request: str) -> bytes:
    """What the old key signs: a constant, the challenge as it was given, a zero byte, the SHA-256 of the request's text."""
    return _CONTEXT + challenge.encode("ascii") + b"\x00" + hashlib.sha256(request.encode("ascii")).digest()


class Enrol:
    """Gives certificates. `authority` is None where things do not speak over TLS."""

    def __init__(
        self, authority: Authority | None, recognise: Recognise, *, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        self._authority = authority
        self._recognise = recognise
        self._clock = clock
        self._entropy = entropy
        self._secret = entropy(_MAC_BYTES)  # of this run: a challenge does not outlive it
        self._used: dict[str, int] = {}  # challenges that were used, until they end: ns

    async def enrol(self, token: str, request: str) -> Enrolled:
        """Spend a claim token for a certificate; what the thing had before recognises nobody any more.

        On return that is durable, and connections that were let in before are closed.

        Raises:
            NotOffered: things do not speak over TLS here.
            Malformed: the request is none; the token is not spent.
            WrongToken: unknown, used, expired, or not a claim token.
        """
        authority, key = self._there(), requested(request)
        thing = self._recognise.claimant(token)
        issued = self._issue(authority, key, thing)
        await self._recognise.claim_for_certificate(token, issued.digest, until_ns=issued.until_ns)
        return Enrolled(thing, issued.certificate, authority.certificate, issued.until_ns)

    def held(self, *, after: str = "", most: int) -> tuple[HeldCertificate, ...]:
        """Certificates that count, by short name: of the first `most` names behind `after` that have any."""
        found: list[HeldCertificate] = []
        names = 0
        for slug, thing in sorted(self._recognise.named().items()):
            if slug <= after:
                continue
            held = self._recognise.certificates(thing)
            names += bool(held)
            if names > most:
                break
            found += (HeldCertificate(thing, slug, each.digest, each.until_ns or 0) for each in held)
        return tuple(found)

    def challenge(self) -> Challenge:
        """Something fresh to sign, good for CHALLENGE_S and for one renewal."""
        self._there()
        until_ns = self._clock.now() + CHALLENGE_S * NS_PER_S
        stem = until_ns.to_bytes(_TIME_BYTES, "big") + self._entropy(_NONCE_BYTES)
        return Challenge(base64.urlsafe_b64encode(stem + self._mac(stem)).decode("ascii"), until_ns)

    async def renew(self, certificate: str, request: str, *, challenge: str, signature: bytes) -> Enrolled:
        """Give the holder of a certificate another one, for the key of `request`.

        Args:
            certificate: the one that still holds, PEM.
            request: for the new key, PEM.
            challenge: of `challenge`.
            signature: by the key of `certificate` over `renewal_message`.

        Raises:
            NotOffered: things do not speak over TLS here.
            Malformed: one of them is none of its kind, or the signature is another key's.
            WrongToken: the certificate is unknown, revoked or over, or the challenge is not fresh.
        """
        authority, key = self._there(), requested(request)
        digest = vouched(certificate, renewal_message(_ascii(challenge), _ascii(request)), signature)
        who = self._recognise.certificate(digest)
        if who is None or who.thing is None:
            raise WrongToken(_UNKNOWN, hint="Whoever runs this place gives a new claim token: troth thing renew SLUG")
        self._use(challenge)
        issued = self._issue(authority, key, who.thing)
        overlap_ns = self._clock.now() + OVERLAP_S * NS_PER_S
        await self._recognise.renew(
            digest,
            Account(issued.digest, Bearer.CERTIFICATE, thing=who.thing, until_ns=issued.until_ns),
            until_ns=overlap_ns,
        )
        return Enrolled(who.thing, issued.certificate, authority.certificate, issued.until_ns)

    def _issue(self, authority: Authority, key: ThingKey, thing: ThingId) -> Issued:
        now_s = self._clock.now() // NS_PER_S
        return authority.issue(
            key,
            name=print_thing(thing),
            serial=self._entropy(SERIAL_BYTES),
            now_s=now_s,
            seconds=CERTIFICATE_S,
        )

    def _there(self) -> Authority:
        if self._authority is None:
            raise NotOffered(
                "things do not speak over TLS here, so there are no certificates",
                hint='Set tls = "on"; docs/operators/tls.md says more.',
            )
        return self._authority

    def _use(self, challenge: str) -> None:
        now = self._clock.now()
        try:
            given = base64.b64decode(challenge, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as cause:
            raise Malformed("This is no challenge.") from cause
        stem, mac = given[:-_MAC_BYTES], given[-_MAC_BYTES:]
        self._used = {each: until_ns for each, until_ns in self._used.items() if until_ns > now}
        fresh = hmac.compare_digest(mac, self._mac(stem)) and int.from_bytes(stem[:_TIME_BYTES], "big") > now
        canonical = base64.urlsafe_b64encode(given).decode("ascii")
        if not fresh or canonical in self._used:
            raise WrongToken("this challenge is used or over", hint="Ask for another: POST /api/certificate/challenge")
        self._used[canonical] = int.from_bytes(stem[:_TIME_BYTES], "big")

    def _mac(self, stem: bytes) -> bytes:
        return hmac.new(self._secret, _CONTEXT + stem, hashlib.sha256).digest()


def _ascii(text: str) -> str:
    if not text.isascii():
        raise Malformed("A request and a challenge are ASCII.")
    return text
