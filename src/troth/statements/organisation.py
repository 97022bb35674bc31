"""Kind `organisation`: a party that can answer, with a contact that reaches it. Face: open.

Rules
- Who comes into a class gets what a disclosure gives that class without asking anybody from `entering` on only.
- A contact that was reached is good for a while: from `reach_by_ns` on nobody answers until it is reached again, and what this
  organisation answers for is refused.
- Where it will handle what it gets is said before (`moving`), where that adds a country or a law.
- That its contact was reached is said with when (`reached_ns`); it alone makes `reach_by_ns` later. A class that it was in and
  is not in any more is named (`left`), so that none falls away with what was not repeated.

Source: mission.md, "clear accountability" (S17, F23); formats.md, "Identifiers".
"""

import msgspec

from troth.names import Uri
from troth.statements.site import Moving, Site

__all__ = ["ANYONE", "CLASS", "GATEKEEPER", "Entering", "OrganisationBody", "as_reached"]

ANYONE = Uri("urn:troth:anyone")  # as a recipient: whoever asks, without a token
CLASS = "urn:troth:class:"  # what a class of organisations is called begins so
GATEKEEPER = Uri(f"{CLASS}gatekeeper")  # designated under Regulation (EU) 2022/1925 (Digital Markets Act), Article 3


class Entering(msgspec.Struct, frozen=True):
    """From when on (ns UTC) belonging to a class gives what asks nobody."""

    of: Uri
    from_ns: int


class OrganisationBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One organisation.

    Args:
        organisation: a URI that it controls.
        name: what people call it.
        contact: an https: or mailto: address read by people; an organisation's, never a private person's.
        about: one sentence.
        site: where it handles what it gets; without it, a rule about places lets nothing go there.
        classes: what kind of recipient it is (`urn:troth:class:...`); a disclosure may name a class instead of each party.
        entering: classes that it came into, of whose uses people are told first.
        reach_by_ns: until when its contact counts as reached (ns UTC); absent for no end.
        moving: where it will handle what it gets, and since when.
        reached_ns: when its contact was reached last (ns UTC).
        left: classes that it was in when this was said, and is not in any more.
    """

    organisation: Uri
    name: str
    contact: str
    about: str | None = None
    site: Site | None = None
    classes: tuple[Uri, ...] = ()
    reach_by_ns: int | None = None
    entering: tuple[Entering, ...] = ()
    moving: Moving | None = None
    reached_ns: int | None = None
    left: tuple[Uri, ...] = ()
    crit: tuple[str, ...] = ("site", "classes", "reach_by_ns", "entering", "moving")


def as_reached(body: OrganisationBody, former: OrganisationBody | None) -> OrganisationBody:
    """The same; when its contact was reached stays as it was said before, where it is left out."""
    if former is None or body.reached_ns is not None:
        return body
    return msgspec.structs.replace(body, reached_ns=former.reached_ns)
