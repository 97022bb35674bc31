"""What the interface of sharing is asked with and answers, each body declared once.

Rules
- Shares stand as `sh...`, wishes of parties as `sq...`, withholdings as `wh...`; Datastreams as numbers, times in ISO 8601.

Source: docs/reference/api.md; Data Act, Articles 4 to 6.
"""

from typing import Annotated

import msgspec

from troth.api.erasing_forms import OrderShown, UnusedShown
from troth.names import PurposeId, Uri
from troth.statements.choice import Decision
from troth.statements.share import STREAMS_MAX, WORDS_MAX
from troth.things.variants import Variant

__all__ = [
    "AnswerForm",
    "AskedShown",
    "DutyShown",
    "GatekeeperShown",
    "PartyShown",
    "ShareForm",
    "ShareHomeShown",
    "ShareMade",
    "ShareSaid",
    "ShareShown",
    "ShareTermsShown",
    "SharesShown",
    "StreamShown",
    "TermShown",
]

Conditions = Annotated[str, msgspec.Meta(min_length=1, max_length=WORDS_MAX)]


class ShareForm(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """Share Datastreams of one home with a party until `to`; `from` now if absent, `since` earlier data too.

    `notice`: the digest of the duties that were shown.
    """

    party: Uri
    purpose: PurposeId
    datastreams: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=STREAMS_MAX)]
    to: str
    notice: str
    variant: str = Variant.RAW.value
    from_: str | None = None
    since: str | None = None
    words: Conditions | None = None


class AnswerForm(msgspec.Struct, frozen=True):
    """Say yes (give) or no (refuse) to what somebody else of the home shares, or to a party that asks."""

    decision: Decision
    notice: str


class ShareMade(msgspec.Struct, frozen=True):
    """It is shared, as far as whoever asked is concerned; its name is for ending it."""

    share: str
    effect_ms: float


class ShareSaid(msgspec.Struct, frozen=True):
    """It is said, and in effect."""

    share: str
    effect_ms: float


class StreamShown(msgspec.Struct, frozen=True):
    """A stream of a home."""

    datastream: int
    thing: str
    stream: str


class DutyShown(msgspec.Struct, frozen=True):
    """One duty of a third party, with its paragraph."""

    duty: str
    says: str
    law: str
    paragraph: str
    since: str


class TermShown(msgspec.Struct, frozen=True):
    """One thing that may be shared for; `dpv`: what it is in the W3C Data Privacy Vocabulary."""

    purpose: PurposeId
    title: str
    says: str
    dpv: tuple[Uri, ...]


class GatekeeperShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A designated gatekeeper, since which day, and the domains it is known by here."""

    name: str
    since: str
    domains: tuple[str, ...]
    until: str | None = None


class ShareTermsShown(msgspec.Struct, frozen=True):
    """What may be shared for, what is owed for it, with whom it may not be, and after how many days who is reminded or cut."""

    terms: tuple[TermShown, ...]
    duties: tuple[DutyShown, ...]
    notice: str
    gatekeepers: tuple[GatekeeperShown, ...]
    gatekeepers_source: str
    gatekeepers_read_on: str
    answer_days: int
    remind_days: tuple[int, ...]
    again_days: int
    unused_days: int
    notice_days: int


class PartyShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A registered organisation; nothing can be shared with a gatekeeper."""

    party: Uri
    name: str
    gatekeeper: bool = False
    place: str | None = None


class ShareHomeShown(msgspec.Struct, frozen=True):
    """A home and what can be shared of it."""

    household: str
    name: str
    streams: tuple[StreamShown, ...]
    withheld: tuple[str, ...]


class ShareShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One share. `standing`: in-effect, waiting (for others of the home), later, stopped (`code` says why), ended, refused."""

    share: str
    party: Uri
    name: str
    purpose: PurposeId
    what_for: str
    streams: tuple[StreamShown, ...]
    standing: str
    from_: str
    variant: str | None = None
    to: str | None = None
    since: str | None = None
    words: str | None = None
    code: str | None = None


class AskedShown(msgspec.Struct, frozen=True):
    """A party that asks, what for, and which streams of the person it is about."""

    wish: str
    party: Uri
    name: str
    purpose: PurposeId
    what_for: str
    words: str
    variant: str
    days: int
    streams: tuple[StreamShown, ...]


class SharesShown(msgspec.Struct, frozen=True):
    """Everything about sharing that is a person's. `proposed`: by others of the home, `asked`: by parties."""

    homes: tuple[ShareHomeShown, ...]
    shares: tuple[ShareShown, ...]
    proposed: tuple[ShareShown, ...]
    asked: tuple[AskedShown, ...]
    parties: tuple[PartyShown, ...]
    notice: str
    erasing: tuple[OrderShown, ...]
    unused: tuple[UnusedShown, ...]
