"""Kind `mark`: a person says of some of what was observed what is wrong with it, or that nobody uses it. Face: private.

Rules
- It changes no row. What it says stands beside the rows of its times wherever they are read unchanged; while it is *stopped*,
  they are kept and read by nobody but the person.
- It is about times that are over, in which its person belonged to the home.
- A later one with the same `mark` replaces it and says nothing but that it has ended.

Source: GDPR Art. 16 (rectification), 18 (restriction), 19 (recipients are told); docs/decisions/0073.
"""

from enum import StrEnum

import msgspec

from troth.names import PersonId, StreamId

__all__ = ["SAYS_MAX", "MarkBody", "Stop"]

SAYS_MAX = 500  # characters, read beside each value


class Stop(StrEnum):
    """Why nobody shall use it: the four cases of GDPR Art. 18(1)."""

    WRONG = "wrong"  # (a) while it is looked at
    UNLAWFUL = "unlawful"  # (b) and it shall not be erased
    NEEDED = "needed"  # (c) for a claim of the person
    OBJECTED = "objected"  # (d) while an objection is weighed


class MarkBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One mark, on [from_ns, to_ns) of a stream, ns UTC.

    Args:
        mark: 16 random bytes, its own name.
        person: whose it is; they sign it.
        stream: of a thing in a home of theirs.
        made_by: passkey, session, token, paper or guardian.
        says: what is wrong, and what is right, in their own words; read by everybody who may read the rows.
        stopped: nobody but the person uses these rows; `because` says which of the four cases it is.
        ended: it holds no longer.
    """

    mark: bytes
    person: PersonId
    stream: StreamId
    from_ns: int
    to_ns: int
    made_by: str
    says: str | None = None
    stopped: bool = False
    because: str | None = None
    ended: bool = False
    crit: tuple[str, ...] = ("stream", "from_ns", "to_ns", "stopped", "ended")
