"""Kind `keeping`: where this deployment keeps what it stores, who runs that place, and whose law reaches it. Face: open.

Rules
- The latest one holds. What it says is where collected data go first, so a rule about places is measured by it.
- Copies (backups, a mirror of the stores) are named with their own place.

Source: mission.md (S15 to S17, F5); gate.md, step 4.
Left out: which part of the data lies where; all of it is kept in one place.
"""

import msgspec

from troth.names import Uri
from troth.statements.site import Site

__all__ = ["CopyKept", "KeepingBody"]


class CopyKept(msgspec.Struct, frozen=True):
    """A copy that is kept elsewhere: by whom, where, and what it is for in plain words."""

    by: Uri
    site: Site
    what: str


class KeepingBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`by`: the registered organisation that runs the machine on which Troth keeps what it stores."""

    by: Uri
    site: Site
    copies: tuple[CopyKept, ...] = ()
    crit: tuple[str, ...] = ("site", "copies")
