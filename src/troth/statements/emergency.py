"""Kinds `emergency` (open: public places) and `home-emergency` (private): two parties open what was provided for an emergency.

Rules
- The first statement says which provision, why and until when; the second, by another party with another key, confirms it
  within CONFIRM_S. Only then is it open.
- It ends at `to_ns` by itself; nobody can make it longer. Ending the provision ends it at once.

Source: gate.md, "Eight grounds" (urgent); docs/decisions/0058-two-keys-open-an-emergency.md.
"""

from typing import Final

import msgspec

from troth.names import GroundId, HouseholdId, OpeningId, StatementId, Uri

__all__ = ["CONFIRM_S", "EmergencyBody"]

CONFIRM_S: Final = 600  # docs/decisions/0058: ten minutes; who needs longer to confirm has the time to ask


class EmergencyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the two statements of an opening.

    Args:
        opening: 16 bytes; the same in both.
        assertion: the provision that is opened.
        things_of: the product it is about.
        by: the organisation that says so; one of the provision's openers. Its own key signs, or the operator's for it.
        because: why, in plain words for the people concerned.
        from_ns: when it is said; ns UTC.
        to_ns: when it ends; the same in both.
        household: in a home-emergency only: the home it is about.
        confirms: in the second only: the first statement.
    """

    opening: OpeningId
    assertion: GroundId
    things_of: Uri
    by: Uri
    because: str
    from_ns: int
    to_ns: int
    household: HouseholdId | None = None
    confirms: StatementId | None = None
    crit: tuple[str, ...] = ("assertion", "things_of", "from_ns", "to_ns", "household", "confirms")
