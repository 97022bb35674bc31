"""How erase orders and rights that nobody uses are answered: to recipients, to people, and to whoever runs the place.

Source: docs/reference/api.md; GDPR Articles 17 and 19.
"""

import msgspec

from troth.names import PurposeId, Uri

__all__ = ["OrderShown", "UnusedShown"]


class OrderShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One order, as its recipient sees it; `contact` is for whoever chases it.

    `keep`: a view that may be kept. `from` and `to`: only what was observed then is to be erased.
    """

    order: str
    party: Uri
    name: str
    purpose: PurposeId
    what_for: str
    because: str
    state: str
    at: str
    due: str
    datastreams: tuple[int, ...] = ()
    share: str | None = None
    keep: str | None = None
    from_: str | None = None
    to: str | None = None
    reminders: int = 0
    silent_since: str | None = None
    answered: str | None = None
    words: str | None = None
    citation: str | None = None
    contact: str | None = None


class UnusedShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A right that nobody uses: the last day of use, or of its making, and the day on which it ends. `share` for a share."""

    party: Uri
    name: str
    purpose: PurposeId
    what_for: str
    last: str
    used: bool
    ends: str
    token: str | None = None
    share: str | None = None
