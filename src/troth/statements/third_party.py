"""Kinds `third-party` and `third-party-refusal`: a person brings somebody to share with, and the place says no. Face: private.

Rules
- Whoever is brought may be a private person, so nothing of it is open, and it goes when the person who said it is erased.
- It gets a URI of its own, under which nothing else is registered. What is shared with it is a share like any other.
- By saying it, a person states that it is no designated gatekeeper.
- A refusal says why to the person; from then on the party is not known here, whatever was shared with it.

Source: Data Act, Articles 5(1) and 5(3); docs/decisions/0076-a-person-brings-somebody-to-share-with.md.
"""

from typing import Final

import msgspec

from troth.names import PersonId, Uri, print_id
from troth.statements.site import Site

__all__ = ["BROUGHT", "CONTACT_MAX", "NAME_MAX", "ThirdPartyBody", "ThirdPartyRefusalBody", "brought_uri"]

BROUGHT: Final = "urn:troth:party:"
NAME_MAX: Final = 200
CONTACT_MAX: Final = 320  # the longest mail address there is (RFC 5321 §4.5.3.1)


def brought_uri(name: bytes) -> Uri:
    """The URI of a party that is brought, from 16 random bytes."""
    return Uri(f"{BROUGHT}{print_id('tp', name)}")


class ThirdPartyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody whom a person brings.

    Args:
        party: `urn:troth:party:tp...`, of 16 random bytes.
        person: who brings it; they sign.
        name: what they call it.
        contact: an https: or mailto: address that reaches it.
        site: where it handles what it gets.
        at_ns: when it was said, ns UTC.
        made_by: session or passkey.
    """

    party: Uri
    person: PersonId
    name: str
    contact: str
    site: Site
    at_ns: int
    made_by: str
    crit: tuple[str, ...] = ("party", "site")


class ThirdPartyRefusalBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whoever runs the place refuses a party that somebody has brought. `because`: why, for the person to read."""

    party: Uri
    because: str
    at_ns: int
    crit: tuple[str, ...] = ("party", "at_ns")
