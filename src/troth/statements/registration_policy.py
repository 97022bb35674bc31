"""Kind `registration-policy`: which role may issue which kinds. Always the first entry of a log.

Source: RFC 9943 (Registration Policy); record.md, "The log".
"""

import msgspec

__all__ = ["RegistrationPolicyBody", "RegistrationRule"]


class RegistrationRule(msgspec.Struct, frozen=True):
    """Holders of `role` ("operator", "gate", "person") may issue these kinds."""

    role: str
    kinds: tuple[str, ...]


class RegistrationPolicyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """All rules; what no rule allows is refused."""

    rules: tuple[RegistrationRule, ...]
    origin: str
    crit: tuple[str, ...] = ("rules",)
