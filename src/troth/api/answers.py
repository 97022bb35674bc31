"""What the JSON interface answers with, each body declared once; the command line reads the same values.

Rules
- Identifiers stand in their printed form, digests in hex, times in ISO 8601 in UTC.
- A token stands in exactly one answer: the one that made it.

Source: docs/reference/api.md; RFC 8259.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from troth.names import Slug, Uri
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosureBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody

__all__ = [
    "ChoiceSaid",
    "Choices",
    "ClaimMade",
    "Claimed",
    "Done",
    "Entered",
    "Erased",
    "ErasureShown",
    "HouseholdMade",
    "OfferShown",
    "Organisations",
    "PersonMade",
    "Placed",
    "PreservationMade",
    "PreservedShown",
    "ProductShown",
    "RecipientMade",
    "SegmentShown",
    "Status",
    "TallyShown",
    "ThingMade",
    "ThingShown",
    "Things",
]


class Done(msgspec.Struct, frozen=True):
    """It is registered, under the name it was given."""

    registered: str


class Placed(msgspec.Struct, frozen=True, omit_defaults=True):
    """It is registered under this name. `from_`: since when it is where it was said, where people are told first."""

    registered: str
    from_: str | None = msgspec.field(default=None, name="from")


class Organisations(msgspec.Struct, frozen=True):
    """All registered organisations, by URI."""

    organisations: tuple[OrganisationBody, ...]


class ProductShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A registered product, and what is disclosed about its things, if anything is."""

    product: PassportBody
    disclosure: DisclosureBody | None = None


class HouseholdMade(msgspec.Struct, frozen=True):
    """A household."""

    household: str


class PersonMade(msgspec.Struct, frozen=True):
    """A person, and the one-time link to their pages, shown this once."""

    person: str
    invitation: str


class ClaimMade(msgspec.Struct, frozen=True):
    """A claim token, shown this once, and a command that spends it."""

    slug: Slug
    claim: str
    claim_command: str


class ThingMade(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing that may claim its credential now. `mqtt`: where it speaks MQTT; `begins`: what asks nobody begins then."""

    thing: str
    slug: Slug
    claim: str
    claim_command: str
    datastreams: Mapping[str, int]
    mqtt: str
    begins: str | None = None


class Claimed(msgspec.Struct, frozen=True):
    """A thing's own credential, shown this once; `topics` and the declared `reaches` by stream name."""

    thing: str
    slug: Slug
    credential: str
    datastreams: Mapping[str, int]
    topics: Mapping[str, str]
    mqtt: str
    reaches: Mapping[str, str] = {}


class RecipientMade(msgspec.Struct, frozen=True):
    """A recipient's token for programs, and a one-time link to its screen; both shown this once."""

    token: str
    invitation: str


class Entered(msgspec.Struct, frozen=True):
    """A session, and for whom: `operator`, `person` or `recipient`."""

    session: str
    who: str


class TallyShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Counts of one thing: received = stored + repeated + all refused. `expired`: those stored that are deleted since."""

    stored: int
    repeated: int
    refused: Mapping[str, int]
    expired: int = 0


class ThingShown(msgspec.Struct, frozen=True):
    """One thing as its operator sees it.

    `over`: since when it is over; `copied`: how often each sign was seen that its credential is used twice.
    `gateway`: the short name of what may speak for it; `speaks_for`: for how many things it may speak.
    """

    slug: Slug
    name: str
    thing: str
    datastreams: Mapping[str, int]
    tally: TallyShown
    place: str = ""
    claimed: bool = True
    connected: int = 0
    device: int = 1
    over: str | None = None
    copied: Mapping[str, int] | None = None
    gateway: str | None = None
    speaks_for: int = 0


class Things(msgspec.Struct, frozen=True):
    """Things by short name. `more`: there are others, after the last of these."""

    things: tuple[ThingShown, ...]
    more: bool = False


class SegmentShown(msgspec.Struct, frozen=True):
    """The newest signed segment."""

    number: int
    tick: str


class WitnessShown(msgspec.Struct, frozen=True):
    """A witness of the log as this node sees it.

    `seen` is `not-asked-yet`, `cosigned`, `does-not-answer`, `refuses` or `answers-wrongly`; `size` the largest tree it has
    cosigned since the node started; `time` when, by its own clock, absent before; `detail` what went wrong last.
    """

    name: str
    key: str
    seen: str
    size: int
    time: str | None
    detail: str


class DiskShown(msgspec.Struct, frozen=True):
    """What is left on the disk and what must be; `short`: nothing new is kept because of it."""

    free_bytes: int | None
    reserve_bytes: int
    short: bool


class Status(msgspec.Struct, frozen=True):
    """How a node and its record stand. `log_root` in hex.

    `witnessed_size`: the largest tree that enough witnesses have cosigned, 0 if none or none is asked for.
    """

    version: str
    url: str
    mqtt: str
    operator: Uri
    origin: str
    verifier_key: str
    journal: int
    log_size: int
    log_root: str
    things: int
    last_segment: SegmentShown | None
    disk: DiskShown
    witnessed_size: int = 0
    witnesses: tuple[WitnessShown, ...] = ()


class OfferShown(msgspec.Struct, frozen=True):
    """Something a person may say yes or no to.

    `notice` is the text they are shown, `digest` names it in their choice; `views` are those that a yes opens, from the most
    to the least revealing; `decision`, `since`, `until` and `variant` (the most of a yes) are their last choice, absent before
    the first. `lapsed` says why a yes does not count any more: `ended`, or `other-text`.
    `left`: in a home they have left; the yes can be taken back, and not be given.
    `stops_if_no`: functions of the thing that a no stops; `goes_on_if_no`: those that no no stops.
    `carries`: how far a yes of theirs carries: `alone`, `together`, `alongside`, `guardians` or `nobody`; `opens`: whether the
    yes that they have said opens something now.
    """

    datastream: int
    thing: str
    stream: str
    purpose: str
    what_for: str
    benefit: str
    recipients: tuple[str, ...]
    retention_days: int
    views: tuple[str, ...]
    if_yes: str | None
    if_no: str | None
    notice: str
    digest: str
    language: str
    decision: Decision | None
    since: str | None
    until: str | None = None
    variant: str | None = None
    lapsed: str | None = None
    left: bool = False
    stops_if_no: tuple[str, ...] = ()
    goes_on_if_no: tuple[str, ...] = ()
    carries: str = "alone"
    opens: bool = False


class Choices(msgspec.Struct, frozen=True):
    """Offers of a person, a page of them. `after` where there is more: ask for those after it."""

    choices: tuple[OfferShown, ...]
    after: int | UnsetType = UNSET


class ChoiceSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """A choice that counts: id of its statement (hex), its position, when it was asked for, how long until in effect.

    `opens`, of a yes: whether it opens something now; absent of anything else.
    """

    statement: str
    position: int
    asked: str
    effect_ms: float
    opens: bool | None = None


class PreservedShown(msgspec.Struct, frozen=True):
    """What is frozen of a person, and why. `datastreams` is empty where it is everything of theirs."""

    preservation: str
    cause: str
    reason: str
    since: str
    to: str
    datastreams: tuple[int, ...]


class PreservationMade(msgspec.Struct, frozen=True):
    """A preservation, by the name with which it can be ended."""

    preservation: str


class ErasureShown(msgspec.Struct, frozen=True):
    """What erasing a person would do. `digest` names exactly this, for confirming it."""

    name: str
    homes: tuple[str, ...]
    goes: tuple[str, ...]
    stays: tuple[str, ...]
    preserved: tuple[PreservedShown, ...]
    digest: str


class Erased(msgspec.Struct, frozen=True):
    """It is done: which statement says so, when it was asked for, and how long it took."""

    statement: str
    asked: str
    effect_ms: float
