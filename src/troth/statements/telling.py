"""Kind `telling`: somebody was told something, in these words, in this way, then. Face: private.

Rules
- It is said by whoever runs the place for the node, when it was done: it stood on the person's page, or a mail server took it.
- What somebody does with what they were told is kept nowhere: no page and no feed that was read is in the record.
- It goes with the person.

Source: mission.md (F44, S58) and "What the law adds" 1; docs/decisions/0064-nothing-begins-unannounced.md.
"""

from enum import StrEnum

import msgspec

from troth.names import PersonId, StatementId

__all__ = ["TellingBody", "Way"]


class Way(StrEnum):
    """How somebody was told."""

    PAGE = "page"
    MAIL = "mail"


class TellingBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`person` was told `text` at `told_ns` (ns UTC); `about`: the statements that it tells of."""

    person: PersonId
    way: str
    text: str
    told_ns: int
    about: tuple[StatementId, ...]
    crit: tuple[str, ...] = ("person", "way", "about")
