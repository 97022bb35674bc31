"""Keys as the JSON interface has them: what it is asked with and what it answers; the command line reads the same values.

Rules
- A key is named by the issuer URI of its thumbprint; its bytes are the COSE_Key in hex. No private half ever stands here.

Source: docs/reference/api.md; RFC 9679.
"""

from enum import StrEnum

import msgspec

from troth.errors import BadJson
from troth.names import Uri
from troth.signing.cose import KeyKind
from troth.statements.key import KeyRole
from troth.statements.registration_policy import RegistrationRule
from troth.wire.times import parse_time

__all__ = [
    "KeyForm",
    "KeyMade",
    "KeyShown",
    "Keys",
    "Policy",
    "PolicyForm",
    "RevokeForm",
    "RotateForm",
    "Suite",
    "bytes_of",
]


class Suite(StrEnum):
    """Signature suites that a new key may have."""

    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"

    @property
    def kind(self) -> KeyKind:
        """The kind of key it signs with."""
        return KeyKind.ML_DSA_44 if self is Suite.ML_DSA_44 else KeyKind.ED25519


class KeyForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A registered organisation's own key: COSE_Key in hex. `replaces`: the URI of its key that ends."""

    organisation: str
    key: str
    replaces: str | None = None


class RotateForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A new key in the place of the operator's, the gate's or receipts'. `compromised_since`: the old one was stolen then.

    `suite`: Ed25519 if not said; receipts have none to choose, their keys are P-256.
    """

    role: KeyRole
    suite: Suite | None = None
    compromised_since: str | None = None

    @property
    def kind(self) -> KeyKind:
        """The kind of the new key."""
        if self.suite is None:
            return KeyKind.P256 if self.role is KeyRole.RECEIPT else KeyKind.ED25519
        return self.suite.kind

    def since_ns(self) -> int | None:
        """`compromised_since` in ns UTC."""
        return None if self.compromised_since is None else parse_time(self.compromised_since)


class RevokeForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key has ended. Without `compromised_since` it retires, and what it signed before still counts."""

    key: str
    compromised_since: str | None = None

    def since_ns(self) -> int | None:
        """`compromised_since` in ns UTC."""
        return None if self.compromised_since is None else parse_time(self.compromised_since)


class PolicyForm(msgspec.Struct, frozen=True):
    """Rules for who may issue which kinds about which subjects, in the place of those in force."""

    rules: tuple[RegistrationRule, ...]


class KeyMade(msgspec.Struct, frozen=True, omit_defaults=True):
    """The key that serves now, and the one that has ended by it."""

    key: Uri
    former: Uri | None = None


class KeyShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key. `ended`: retired or compromised; `since`: since when compromised. `statement`: id of what names it (hex)."""

    key: Uri
    role: str
    holder: Uri
    suite: str
    statement: str
    ended: str | None = None
    since: str | None = None


class Keys(msgspec.Struct, frozen=True):
    """All keys of the deployment and of makers, ended ones too; not people's."""

    keys: tuple[KeyShown, ...]


class Policy(msgspec.Struct, frozen=True):
    """The registration policy in force."""

    version: int
    rules: tuple[RegistrationRule, ...]


def bytes_of(text: str) -> bytes:
    """A COSE_Key given in hex.

    Raises:
        BadJson: it is not hex.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as cause:
        raise BadJson("a key is a COSE_Key in hex") from cause
