"""Kind `registration-policy`: which role may issue which kinds about which subjects. Face: open.

Always the first entry of a log. A later one, issued by an anchor, takes the former one's place from its position on;
what was accepted before stays accepted.

Source: RFC 9943 (Registration Policy); record.md, "The log".
"""

from enum import StrEnum

import msgspec

__all__ = ["RegistrationPolicyBody", "RegistrationRule", "Subjects"]


class Subjects(StrEnum):
    """About what a rule lets its role speak."""

    ANY = "any"
    OWN_KEY = "own-key"
    OWN_PERSON = "own-person"
    OWN_ORGANISATION = "own-organisation"
    OWN_PRODUCTS = "own-products"


class RegistrationRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Holders of `role` ("operator", "gate", "person", "maker") may issue these kinds about these subjects."""

    role: str
    kinds: tuple[str, ...]
    subjects: Subjects = Subjects.ANY


class RegistrationPolicyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """All rules; what no rule allows is refused. `version` counts 1, 2, 3 without gaps."""

    rules: tuple[RegistrationRule, ...]
    origin: str
    version: int = 1
    crit: tuple[str, ...] = ("rules", "version")
