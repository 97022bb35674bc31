"""Scopes and their values: the units in which what is in force is kept, folded and versioned.

Rules
- One scope per stream, product, household (place), public place, person, party, and one for the deployment's policies.
- Values hold the ids of the statements they come from, so that an answer can say what it rests on.

Source: gate.md, "Scopes and leases". A scope per product is added to that list, because a disclosure speaks of a class of
streams; docs/decisions/0003-scope-per-product.md says why. Purposes have no statements of their own yet, so no scope.
"""

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from troth.names import GroundId, HouseholdId, LineId, PersonId, StatementId, StreamId, ThingId, Uri
from troth.state.cut_shares import CutShare
from troth.state.invited import Invited
from troth.state.member import Member
from troth.state.public import PublicScope
from troth.state.standing_mark import StandingMark
from troth.state.universe import UniverseScope
from troth.statements.authority import AuthorityReachBody
from troth.statements.choice import ChoiceBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.ground import GroundBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installation import InstalledStream
from troth.statements.keeping import KeepingBody
from troth.statements.objection import ObjectionBody
from troth.statements.organisation import Entering
from troth.statements.passport import PassportBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.preservation import PreservationBody
from troth.statements.red_line import RedLineBody
from troth.statements.restriction import RestrictionBody
from troth.statements.share import ShareBody
from troth.statements.site import Moving, Site
from troth.statements.withholding import WithholdingBody
from troth.things.intervals import BEGINNING, FOREVER

__all__ = [
    "DEPLOYMENT",
    "DeploymentScope",
    "Guardianship",
    "HomeDisclosure",
    "Keeping",
    "Member",
    "Opening",
    "PartyScope",
    "PersonScope",
    "PlaceScope",
    "Preserved",
    "ProductScope",
    "SaidChoice",
    "SaidObjection",
    "SaidShare",
    "Scope",
    "ScopeKind",
    "ScopeValue",
    "Settled",
    "StandingGround",
    "StandingLine",
    "StandingPlaceRule",
    "StandingPolicies",
    "StandingReach",
    "StandingRestriction",
    "StandingWithholding",
    "StreamScope",
    "Unsettled",
    "party_scope",
    "person_scope",
    "place_scope",
    "product_scope",
    "public_scope",
    "stream_scope",
    "universe_scope",
]


class ScopeKind(StrEnum):
    """Which unit."""

    STREAM = "stream"
    PRODUCT = "product"
    PLACE = "place"
    PUBLIC = "public"
    PERSON = "person"
    PARTY = "party"
    DEPLOYMENT = "deployment"
    UNIVERSE = "universe"


class Scope(msgspec.Struct, frozen=True, gc=False):
    """Name of one unit; `key` is an identifier's bytes or a URI's UTF-8."""

    kind: ScopeKind
    key: bytes


class StandingReach(msgspec.Struct, frozen=True):
    """What an authority may read of a stream for one request, as it was said last."""

    body: AuthorityReachBody
    statement: StatementId


class StreamScope(msgspec.Struct, frozen=True):
    """Where a stream is installed, and until when. `household` is None in public places; `own_equipment`: it is the home's.

    `former`: what its public place was called before, or where it stood. `reaches`: of authorities, one for each request.
    `said_again_ns`: when something else was said of it than at first, ns UTC. `gateway`: who answers for what hands it on.
    """

    thing: ThingId
    product: Uri
    household: HouseholdId | None
    answers: Uri
    from_ns: int
    installed: InstalledStream
    statement: StatementId
    to_ns: int = FOREVER
    place: str = ""
    own_equipment: bool = False
    former: tuple[str, ...] = ()
    reaches: tuple[StandingReach, ...] = ()
    said_again_ns: int = BEGINNING
    gateway: Uri | None = None


class StandingGround(msgspec.Struct, frozen=True):
    """An assertion of a ground as it was first said, with the end and the review of its last statement.

    It holds in [body.from_ns, to_ns), and not longer than some days after `review_ns` (gate/grounds/asserted).
    """

    assertion: GroundId
    body: GroundBody
    to_ns: int
    review_ns: int
    statement: StatementId


class Opening(msgspec.Struct, frozen=True):
    """An emergency: what was said first, by which key, and by whom and when it was confirmed; not open before that."""

    body: EmergencyBody
    issuer: Uri
    statement: StatementId
    confirmed_ns: int | None = None
    confirmed_by: Uri | None = None
    confirmation: StatementId | None = None


class StandingWithholding(msgspec.Struct, frozen=True):
    """A withholding as it was first said, and the end that was said last."""

    body: WithholdingBody
    to_ns: int
    statement: StatementId


class ProductScope(msgspec.Struct, frozen=True):
    """Passport and newest disclosure of a product, either may not be there yet; the grounds that are asserted for it.

    `moved_ns`: when the last of it was said, ns UTC. `withheld`: what of it is not shared, in order of first saying.
    """

    passport: PassportBody | None = None
    passport_id: StatementId | None = None
    disclosure: DisclosureBody | None = None
    disclosure_id: StatementId | None = None
    grounds: tuple[StandingGround, ...] = ()
    openings: tuple[Opening, ...] = ()
    moved_ns: int = BEGINNING
    withheld: tuple[StandingWithholding, ...] = ()


class HomeDisclosure(msgspec.Struct, frozen=True):
    """What holds in one home for one product, in place of the open disclosure (docs/decisions/0016)."""

    body: DisclosureBody
    statement: StatementId


class PlaceScope(msgspec.Struct, frozen=True):
    """Members of a household, in order of acceptance, its own disclosures, at most one per product, and its own grounds.

    `workplace`: people work there, and it is nobody's own. `closed_ns`: choices reach no data from before it, because somebody
    was erased who cannot say no any more. `moved_ns`: when the last of it was said, ns UTC.
    """

    members: tuple[Member, ...] = ()
    disclosures: tuple[HomeDisclosure, ...] = ()
    closed_ns: int = BEGINNING
    grounds: tuple[StandingGround, ...] = ()
    openings: tuple[Opening, ...] = ()
    workplace: bool = False
    moved_ns: int = BEGINNING


class SaidChoice(msgspec.Struct, frozen=True):
    """One choice and its id."""

    body: ChoiceBody
    statement: StatementId


class SaidObjection(msgspec.Struct, frozen=True):
    """One objection, or its taking back, and its id."""

    body: ObjectionBody
    statement: StatementId


class SaidShare(msgspec.Struct, frozen=True):
    """One word on a share, and its id."""

    body: ShareBody
    statement: StatementId


class Preserved(msgspec.Struct, frozen=True):
    """One preservation and its id."""

    body: PreservationBody
    statement: StatementId


class StandingPlaceRule(msgspec.Struct, frozen=True):
    """A rule about places as it was said last."""

    body: PlaceRuleBody
    statement: StatementId


class StandingRestriction(msgspec.Struct, frozen=True):
    """Private mode as it was said last. `at_once`: it was said for the moment at which it was said, and not ended since."""

    body: RestrictionBody
    statement: StatementId
    at_once: bool


class Guardianship(msgspec.Struct, frozen=True):
    """Who speaks for a child, as it was said last."""

    body: GuardianshipBody
    statement: StatementId


class PersonScope(msgspec.Struct, frozen=True):
    """All choices, objections and shares of a person in order of acceptance; `person` is None until the person statement came.

    `preserved`: what may not be deleted of them; `place_rules`: where it may not go; `restrictions`: what is private, in
    order of when each was first said. The latest of each name. `ruled_ns`: when the last of these two was said, ns UTC.
    """

    person: PersonId | None = None
    statement: StatementId | None = None
    choices: tuple[SaidChoice, ...] = ()
    preserved: tuple[Preserved, ...] = ()
    place_rules: tuple[StandingPlaceRule, ...] = ()
    restrictions: tuple[StandingRestriction, ...] = ()
    objections: tuple[SaidObjection, ...] = ()
    guardianship: Guardianship | None = None
    ruled_ns: int = BEGINNING
    marks: tuple[StandingMark, ...] = ()
    shares: tuple[SaidShare, ...] = ()


class PartyScope(msgspec.Struct, frozen=True):
    """A known organisation. `reach_by_ns`: nobody answers from then on, until it is reached again.

    `refused_ns`: it was brought by a person, and is not known from then on. `entering`: classes of which it gets
    later what asks nobody. `moving`: where it will be. `cut`: shares with it that ended because nothing was read under
    them, by their names. `classed_ns`: when it was said last that it is of other classes than before, ns UTC.
    `invited`: where it may connect things, in order of first saying.
    """

    name: str
    contact: str
    statement: StatementId
    site: Site | None = None
    classes: tuple[Uri, ...] = ()
    reach_by_ns: int = FOREVER
    cut: tuple[CutShare, ...] = ()
    entering: tuple[Entering, ...] = ()
    refused_ns: int = FOREVER
    moving: Moving | None = None
    classed_ns: int = BEGINNING
    invited: tuple[Invited, ...] = ()


class Keeping(msgspec.Struct, frozen=True):
    """Where this deployment keeps what it stores, and the statement that says so."""

    body: KeepingBody
    statement: StatementId


class StandingLine(msgspec.Struct, frozen=True):
    """A red line as it was drawn, and its end if it has been taken back: it holds in [body.from_ns, to_ns)."""

    line: LineId
    body: RedLineBody
    to_ns: int
    statement: StatementId


class StandingPolicies(msgspec.Struct, frozen=True):
    """The operator's policies as they were stated last; `text` is None where there are none any more."""

    version: int
    text: str | None
    because: str
    said_s: int
    statement: StatementId


class DeploymentScope(msgspec.Struct, frozen=True):
    """What holds for all: red lines in order of acceptance, where data are kept, and the operator's own policies.

    `moving`: where they will be kept, as it was said before.
    """

    policies: StandingPolicies | None = None
    lines: tuple[StandingLine, ...] = ()
    keeping: Keeping | None = None
    erased_ns: int = BEGINNING
    moving: Keeping | None = None


class Unsettled(msgspec.Struct, frozen=True):
    """A scope about which something was said that this program does not understand: no question can be settled from it.

    `held` is what the rest of what was said makes of it, for a program that understands.
    """

    held: "Settled | None"
    statements: tuple[StatementId, ...]


Settled: TypeAlias = (
    StreamScope | ProductScope | PlaceScope | PublicScope | PersonScope | PartyScope | DeploymentScope | UniverseScope
)
ScopeValue: TypeAlias = Settled | Unsettled

DEPLOYMENT: Final = Scope(ScopeKind.DEPLOYMENT, b"")


def stream_scope(stream: StreamId) -> Scope:
    """The scope of a stream."""
    return Scope(ScopeKind.STREAM, stream)


def product_scope(product: Uri) -> Scope:
    """The scope of a product type."""
    return Scope(ScopeKind.PRODUCT, product.encode())


def place_scope(household: HouseholdId) -> Scope:
    """The scope of a household."""
    return Scope(ScopeKind.PLACE, household)


def public_scope(place: str) -> Scope:
    """The scope of a public place, by what it is called in the installations of its things."""
    return Scope(ScopeKind.PUBLIC, place.encode())


def person_scope(person: PersonId) -> Scope:
    """The scope of a person."""
    return Scope(ScopeKind.PERSON, person)


def party_scope(party: Uri) -> Scope:
    """The scope of an organisation."""
    return Scope(ScopeKind.PARTY, party.encode())


def universe_scope(product: Uri) -> Scope:
    """The scope of everything of a product that stands in homes."""
    return Scope(ScopeKind.UNIVERSE, product.encode())
