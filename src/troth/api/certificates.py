"""The JSON interface of certificates: a thing gets one for its claim token, renews it, and the operator revokes.

Rules
- A private key is never sent here, and none is ever answered.
- What is answered of a certificate is no secret; the claim token is, and is spent once.
- A renewal carries nothing that whoever overhears it could use: it may go in the clear.

Source: docs/reference/api.md; docs/operators/tls.md; docs/decisions/0042.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.operate import Addresses
from troth.errors import Malformed
from troth.journeys.alter import Alter
from troth.journeys.enrol import Enrol, Enrolled
from troth.journeys.oversee import Oversee
from troth.names import Slug, check_slug, print_thing
from troth.wire.times import print_time

__all__ = [
    "PAGE_NAMES",
    "CertificateForm",
    "CertificateKept",
    "CertificateMade",
    "CertificatesKept",
    "ChallengeForm",
    "ChallengeMade",
    "RenewalForm",
    "RevokeForm",
    "certificate_routes",
]


PAGE_NAMES: Final = 1_000  # things whose certificates stand on one page: some 200 kB


class CertificateForm(msgspec.Struct, frozen=True):
    """A claim token to spend, and a certificate request (PKCS #10, PEM)."""

    token: str
    request: str


class RenewalForm(msgspec.Struct, frozen=True):
    """The certificate that holds, a request for the new key, and the old key's signature (base64) that joins them."""

    certificate: str
    request: str
    challenge: str
    signature: str


class ChallengeForm(msgspec.Struct, frozen=True):
    """Nothing has to be said."""


class RevokeForm(msgspec.Struct, frozen=True):
    """Nothing has to be said."""


class ChallengeMade(msgspec.Struct, frozen=True):
    """What the old key signs, good for one renewal until `until`."""

    challenge: str
    until: str


class CertificateKept(msgspec.Struct, frozen=True):
    """A certificate that counts. `fingerprint`: SHA-256, as openssl prints it."""

    thing: str
    slug: Slug
    until: str
    fingerprint: str


class CertificatesKept(msgspec.Struct, frozen=True):
    """A page of them by short name; `next`: what to ask for as `after`, or None at the end."""

    certificates: tuple[CertificateKept, ...]
    next: Slug | None


class CertificateMade(msgspec.Struct, frozen=True):
    """A thing's certificate and its authority's, PEM; `until`: when it ends; `mqtts`: where it speaks MQTT over TLS."""

    thing: str
    slug: Slug
    certificate: str
    authority: str
    until: str
    datastreams: Mapping[str, int]
    topics: Mapping[str, str]
    mqtts: str
    reaches: Mapping[str, str] = {}


def certificate_routes(
    enrol: Enrol, alter: Alter, *, seen: Oversee, callers: Callers, addresses: Addresses
) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    giving = _Giving(enrol, alter, seen=seen, addresses=addresses)
    open_, op = callers.spoken, callers.operated
    return [
        resource("/api/certificate", {"POST": open_(giving.enrol)}),
        resource("/api/certificates", {"GET": op(giving.kept)}, query=("after",)),
        resource("/api/certificate/challenge", {"POST": open_(giving.challenge)}),
        resource("/api/certificate/renew", {"POST": open_(giving.renew)}),
        resource("/api/things/{slug}/revoke", {"POST": op(giving.revoke)}),
    ]


class _Giving:
    def __init__(self, enrol: Enrol, alter: Alter, *, seen: Oversee, addresses: Addresses) -> None:
        self._enrol = enrol
        self._alter = alter
        self._seen = seen
        self._at = addresses

    async def enrol(self, request: Request) -> Response:
        asked = await form(request, CertificateForm)
        return created(self._made(await self._enrol.enrol(asked.token, asked.request)))

    async def challenge(self, request: Request) -> Response:
        await form(request, ChallengeForm)
        made = self._enrol.challenge()
        return created(ChallengeMade(made.challenge, print_time(made.until_ns)))

    async def renew(self, request: Request) -> Response:
        asked = await form(request, RenewalForm)
        try:
            signature = base64.b64decode(asked.signature, validate=True)
        except (binascii.Error, ValueError) as cause:
            raise Malformed("The signature is not base64.") from cause
        return created(
            self._made(
                await self._enrol.renew(
                    asked.certificate, asked.request, challenge=asked.challenge, signature=signature
                )
            )
        )

    async def kept(self, request: Request) -> Response:
        held = self._enrol.held(after=request.query_params.get("after", ""), most=PAGE_NAMES)
        kept = tuple(
            CertificateKept(print_thing(each.thing), each.slug, print_time(each.until_ns), each.digest.hex(":").upper())
            for each in held
        )
        last = kept[-1].slug if len({each.slug for each in kept}) == PAGE_NAMES else None
        return shown(CertificatesKept(kept, last))

    async def revoke(self, request: Request) -> Response:
        await form(request, RevokeForm)
        slug = check_slug(request.path_params["slug"])
        await self._alter.revoke(slug)
        return created(Done(slug))

    def _made(self, given: Enrolled) -> CertificateMade:
        seen = self._seen.installed(given.thing)
        return CertificateMade(
            thing=print_thing(given.thing),
            slug=seen.slug,
            certificate=given.certificate,
            authority=given.authority,
            until=print_time(given.until_ns),
            datastreams=seen.datastreams,
            topics={name: f"things/{seen.slug}/{name}" for name in seen.datastreams},
            mqtts=self._at.mqtts,
            reaches=seen.reaches,
        )
