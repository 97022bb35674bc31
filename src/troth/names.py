"""Identifiers that cannot be mixed up, and their printed forms.

Rules
- A person, household, thing, stream or account is 16 random bytes, printed as a two-letter prefix and 26 lower-case
  base32 letters.
- An organisation, product or purpose is a URI; a slug is `[a-z0-9-]{1,64}`, unique in the deployment, and never signed.
- `iss` of a key is its RFC 9679 thumbprint URI.

Source: formats.md, "Identifiers"; RFC 4648 §6 (base32, no padding); RFC 9679 §5.
Left out: looking anything up. This module knows forms, not what exists.
"""

import base64
import binascii
import re
from typing import Final, NewType

from troth.errors import BadName

__all__ = [
    "ID_BYTES",
    "SLUG_MAX",
    "BasisId",
    "CorrectionId",
    "EntityId",
    "GroundId",
    "HouseholdId",
    "InstallerId",
    "LineId",
    "OpeningId",
    "OrderId",
    "PersonId",
    "PromiseId",
    "PurposeId",
    "RequestId",
    "ShareId",
    "SignId",
    "Slug",
    "StatementId",
    "StreamId",
    "SupportId",
    "ThingId",
    "Uri",
    "WishId",
    "WithholdingId",
    "check_slug",
    "check_uri",
    "ckt_uri",
    "parse_id",
    "print_correction",
    "print_ground",
    "print_household",
    "print_id",
    "print_line",
    "print_opening",
    "print_order",
    "print_person",
    "print_promise",
    "print_request",
    "print_share",
    "print_sign",
    "print_stream",
    "print_support",
    "print_thing",
    "print_wish",
    "print_withholding",
]

ThingId = NewType("ThingId", bytes)
StreamId = NewType("StreamId", bytes)
PersonId = NewType("PersonId", bytes)
HouseholdId = NewType("HouseholdId", bytes)
CorrectionId = NewType("CorrectionId", bytes)  # of a word to a recipient that something it got is said to be wrong
EntityId = NewType("EntityId", bytes)  # of a SensorThings entity; a Thing's or Datastream's is its own identifier
GroundId = NewType("GroundId", bytes)  # of the assertion of a ground
InstallerId = NewType("InstallerId", bytes)  # of an invitation to connect things in a place
LineId = NewType("LineId", bytes)  # of a red line
OpeningId = NewType("OpeningId", bytes)  # of an emergency
OrderId = NewType("OrderId", bytes)  # of an erase order
PromiseId = NewType("PromiseId", bytes)
RequestId = NewType("RequestId", bytes)  # of a request by an authority
SignId = NewType("SignId", bytes)  # of a sign in a public place
WishId = NewType("WishId", bytes)  # of a request to share
ShareId = NewType("ShareId", bytes)  # of a share; the only name by which a recipient knows it
SupportId = NewType("SupportId", bytes)
WithholdingId = NewType("WithholdingId", bytes)
StatementId = NewType("StatementId", bytes)  # SHA-256 of the Sig_structure, 32 bytes
BasisId = NewType("BasisId", bytes)  # first 16 bytes of SHA-256 over the sorted statement ids a lease rests on
Uri = NewType("Uri", str)  # organisation, product or any other https: or urn: name
PurposeId = NewType("PurposeId", str)  # URI of the organisation that defines the purpose
Slug = NewType("Slug", str)

ID_BYTES: Final = 16  # formats.md
SLUG_MAX: Final = 64  # things.md, Limits
URI_MAX: Final = 512
_PRINTED: Final = 28
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_URI: Final = re.compile(r"(?:https://|urn:)[!-~]{1,500}")


def print_id(prefix: str, raw: bytes) -> str:
    """Print 16 bytes as `prefix` + 26 lower-case base32 letters."""
    return prefix + base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def parse_id(prefix: str, text: str) -> bytes:
    """Read what `print_id` printed.

    Raises:
        BadName: another prefix, length, letter, or bits set beyond the 128th.
    """
    if len(text) != _PRINTED or not text.startswith(prefix) or text != text.lower():
        raise BadName(f"an identifier here is '{prefix}' and 26 lower-case base32 letters")
    try:
        raw = base64.b32decode(text[2:].upper() + "======")
    except (binascii.Error, ValueError) as cause:
        raise BadName("an identifier holds a letter that base32 does not have") from cause
    if print_id(prefix, raw) != text:
        raise BadName("an identifier has bits set beyond its end")
    return raw


def print_thing(thing: ThingId) -> str:
    """`th` + 26 letters."""
    return print_id("th", thing)


def print_request(request: RequestId) -> str:
    """`rq` + 26 letters."""
    return print_id("rq", request)


def print_stream(stream: StreamId) -> str:
    """`st` + 26 letters."""
    return print_id("st", stream)


def print_person(person: PersonId) -> str:
    """`pe` + 26 letters."""
    return print_id("pe", person)


def print_household(household: HouseholdId) -> str:
    """`ho` + 26 letters."""
    return print_id("ho", household)


def print_ground(ground: GroundId) -> str:
    """`gr` + 26 letters."""
    return print_id("gr", ground)


def print_line(line: LineId) -> str:
    """`rl` + 26 letters."""
    return print_id("rl", line)


def print_opening(opening: OpeningId) -> str:
    """`em` + 26 letters."""
    return print_id("em", opening)


def print_promise(promise: PromiseId) -> str:
    """`pr` + 26 letters."""
    return print_id("pr", promise)


def print_sign(sign: SignId) -> str:
    """`sg` + 26 letters."""
    return print_id("sg", sign)


def print_order(order: OrderId) -> str:
    """`eo` + 26 letters."""
    return print_id("eo", order)


def print_correction(correction: CorrectionId) -> str:
    """`co` + 26 letters."""
    return print_id("co", correction)


def print_wish(wish: WishId) -> str:
    """`sq` + 26 letters."""
    return print_id("sq", wish)


def print_share(share: ShareId) -> str:
    """`sh` + 26 letters."""
    return print_id("sh", share)


def print_withholding(withholding: WithholdingId) -> str:
    """`wh` + 26 letters."""
    return print_id("wh", withholding)


def print_support(support: SupportId) -> str:
    """`su` + 26 letters."""
    return print_id("su", support)


def check_slug(text: str) -> Slug:
    """Return `text` as a slug.

    Raises:
        BadName: not 1 to 64 of a-z, 0-9 and inner hyphens.
    """
    if _SLUG.fullmatch(text) is None:
        raise BadName("a short name is 1 to 64 of a-z, 0-9 and hyphens, and neither starts nor ends with a hyphen")
    return Slug(text)


def check_uri(text: str) -> Uri:
    """Return `text` as a URI.

    Raises:
        BadName: neither https: nor urn:, or more than 512 printable ASCII characters.
    """
    if _URI.fullmatch(text) is None or len(text) > URI_MAX:
        raise BadName("a name here is an https: or urn: URI of printable ASCII")
    return Uri(text)


def ckt_uri(thumbprint: bytes) -> Uri:
    """The thumbprint URI of a COSE key (RFC 9679 §5.2): `urn:ietf:params:oauth:ckt:sha-256:` + base64url."""
    return Uri("urn:ietf:params:oauth:ckt:sha-256:" + base64.urlsafe_b64encode(thumbprint).decode("ascii").rstrip("="))
