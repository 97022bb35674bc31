"""Kind `keeping`: where this deployment keeps what it stores, who runs that place, and whose law reaches it. Face: open.

Rules
- The latest one holds. What it says is where collected data go first, so a rule about places is measured by it.
- Copies (backups, a mirror of the stores) are named with their own place.
- One that is to hold later says since when (`from_ns`), and the former holds until then. One that could not be said before says
  why (`at_once`): what is so is never kept from people by a rule that it be announced.

Source: mission.md (S15 to S17, F5); gate.md, step 4; docs/decisions/0094.
Left out: which part of the data lies where; all of it is kept in one place.
"""

import msgspec

from troth.names import Uri
from troth.statements.site import Site, goes_beyond

__all__ = ["CopyKept", "KeepingBody", "keeps_beyond"]


class CopyKept(msgspec.Struct, frozen=True):
    """A copy that is kept elsewhere: by whom, where, and what it is for in plain words."""

    by: Uri
    site: Site
    what: str


class KeepingBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where it is kept.

    Args:
        by: the registered organisation that runs the machine on which Troth keeps what it stores.
        site: where that machine is.
        copies: what is kept elsewhere.
        from_ns: since when it holds (ns UTC); absent for at once.
        at_once: why it goes beyond the former and could not be said before, in plain words.
    """

    by: Uri
    site: Site
    copies: tuple[CopyKept, ...] = ()
    from_ns: int | None = None
    at_once: str | None = None
    crit: tuple[str, ...] = ("site", "copies", "from_ns")

    @property
    def hops(self) -> tuple[tuple[Uri, Site], ...]:
        """Whoever keeps it, and where: the machine first."""
        return ((self.by, self.site), *((copy.by, copy.site) for copy in self.copies))


def keeps_beyond(now: KeepingBody, former: KeepingBody) -> bool:
    """Whether somebody else keeps it, or somebody under a country or a law that was not said of them."""
    return any(all(by != other or goes_beyond(site, held) for other, held in former.hops) for by, site in now.hops)
