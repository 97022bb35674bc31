"""Kinds `sign` (open) and `passing-objection` (private): a sign in a public place, and objections with the code on it.

Rules
- A sign says that people who pass a place can object there. Taken down, it is said again with an end, now or later.
- Who passes by has no key and no name here: the node says it for them, and keeps of them the hash of a secret that they have.
- It narrows only, is about one place, and ends by itself within PASSING_S. With its secret (`opened`) it ends sooner; without
  it nobody ends it, whoever runs the place neither.

Source: people.md, "Accounts" (objection without an account); GDPR Art. 21; docs/decisions/0062.
"""

from typing import Final

import msgspec

from troth.names import PurposeId, SignId

__all__ = ["HOLD_BYTES", "PASSING_S", "PURPOSES_MAX", "SECRET_MAX", "PassingObjectionBody", "SignBody"]

PASSING_S: Final = 24 * 3600  # people.md: "to a place and at most 24 h"
HOLD_BYTES: Final = 32  # SHA-256
SECRET_MAX: Final = 64
PURPOSES_MAX: Final = 16


class SignBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sign stands in `place` (as in the installations of its things) in [from_ns, to_ns) ns UTC."""

    sign: SignId
    place: str
    from_ns: int
    to_ns: int | None = None
    crit: tuple[str, ...] = ("place", "from_ns", "to_ns")


class PassingObjectionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who passes objects to what may be objected to in `place`, in [from_ns, to_ns) ns UTC.

    Args:
        objection: 16 random bytes, its own name; said again under it, it has an earlier end and nothing else.
        sign: whose code was shown.
        place: where that sign stands.
        from_ns, to_ns: since when and until when, PASSING_S apart at most.
        hold: SHA-256 of the secret that whoever objects has.
        purposes: to which uses; none for all.
        opened: that secret, where they take it back.
    """

    objection: bytes
    sign: SignId
    place: str
    from_ns: int
    to_ns: int
    hold: bytes
    purposes: tuple[PurposeId, ...] = ()
    opened: bytes | None = None
    crit: tuple[str, ...] = ("place", "from_ns", "to_ns", "purposes", "opened")
