"""Fold accepted statements into scopes: which scopes a statement touches, and what each becomes. Pure and total.

Rules
- The order is the journal's; folding the same entries in the same order gives the same values, live and after a restart.
- What a statement cannot mean here (another kind, a scope of another shape) leaves the value as it is; nothing raises.
- What must be understood and is not makes the scopes it touches unsettled, for good as far as this program goes.

Source: gate.md, "Scopes and leases"; record.md, "The journal".
"""

from typing import assert_never

import msgspec

from troth.names import StatementId, Uri, ckt_uri
from troth.signing.cose import PublicKey
from troth.state.fold_own import restricted
from troth.state.kept import kept_after
from troth.state.member import shifts_of
from troth.state.moved import classed, moved, ruled, said_again, said_ns, streams_of
from troth.state.opening import opened
from troth.state.parties import OfParty, of_organisation, scopes_of_party, withheld
from troth.state.personal import said_of
from troth.state.public import PublicScope, passed
from troth.state.scopes import (
    DEPLOYMENT,
    DeploymentScope,
    HomeDisclosure,
    Keeping,
    Member,
    PartyScope,
    PersonScope,
    PlaceScope,
    ProductScope,
    Scope,
    ScopeKind,
    ScopeValue,
    Settled,
    StandingGround,
    StandingLine,
    StandingPolicies,
    StandingReach,
    StreamScope,
    Unsettled,
    person_scope,
    place_scope,
    product_scope,
    public_scope,
)
from troth.state.universe import UniverseScope, gathered
from troth.statements.assertion import AssertionBody
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.choice import ChoiceBody
from troth.statements.correction import CorrectionBody
from troth.statements.custody import CustodyBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.entity import EntityBody
from troth.statements.erase_order import EraseOrderBody
from troth.statements.erasure import ErasureBody
from troth.statements.ground import GroundBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installation import InstallationBody
from troth.statements.installation_type import InstallationTypeBody
from troth.statements.installer import InstallerBody
from troth.statements.keeping import KeepingBody
from troth.statements.key import KeyBody
from troth.statements.kinds import Body
from troth.statements.mark import MarkBody
from troth.statements.objection import ObjectionBody
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.person import DepartureBody, HouseholdBody, InvitationBody, MembershipBody, PersonBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.preservation import PreservationBody
from troth.statements.promise import PromiseBody
from troth.statements.red_line import RedLineBody
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.restriction import RestrictionBody
from troth.statements.rights import ReplyBody, RequestBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.share import ShareBody
from troth.statements.share_request import ShareRequestBody
from troth.statements.sign import PassingObjectionBody, SignBody
from troth.statements.statement import Statement
from troth.statements.succession import SuccessionBody
from troth.statements.support import SupportBody
from troth.statements.telling import TellingBody
from troth.statements.third_party import ThirdPartyBody, ThirdPartyRefusalBody
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.statements.withholding import WithholdingBody
from troth.things.intervals import FOREVER

__all__ = ["fold", "touches"]


def touches(statement: Statement) -> tuple[Scope, ...]:
    """The scopes whose value this statement may change."""
    body = statement.body
    match body:
        case InstallationBody() | AuthorityReachBody():
            return streams_of(body)
        case DisclosureBody() | GroundBody() | EmergencyBody() if body.household is not None:
            return (place_scope(body.household),)
        case PassportBody() | DisclosureBody() | GroundBody() | EmergencyBody() | WithholdingBody():
            return (product_scope(body.things_of if isinstance(body, EmergencyBody) else body.product),)
        case OrganisationBody() | EraseOrderBody() | ThirdPartyBody() | ThirdPartyRefusalBody() | InstallerBody():
            return scopes_of_party(body)
        case HouseholdBody() | MembershipBody() | DepartureBody():
            return (place_scope(body.household),)
        case (
            PersonBody()
            | ChoiceBody()
            | ObjectionBody()
            | ShareBody()
            | PlaceRuleBody()
            | PreservationBody()
            | RestrictionBody()
            | GuardianshipBody()
            | MarkBody()
        ):
            return (person_scope(body.child if isinstance(body, GuardianshipBody) else body.person),)
        case SignBody() | PassingObjectionBody():
            return (public_scope(body.place),)
        case RedLineBody() | KeepingBody() | OperatorPoliciesBody():
            return (DEPLOYMENT,)
        case ErasureBody():
            return (*map(place_scope, body.households), DEPLOYMENT)
        case (
            KeyBody()
            | RegistrationPolicyBody()
            | TrustAnchorsBody()
            | ConductSegmentBody()
            | SuccessionBody()
            | EntityBody()
            | TellingBody()
            | AuthorityRequestBody()
            | PromiseBody()
            | SupportBody()
            | InstallationTypeBody()
            | InvitationBody()
            | CustodyBody()
            | AssertionBody()
            | RequestBody()
            | ReplyBody()
            | ShareRequestBody()
            | CorrectionBody()
        ):
            return ()
        case _:
            assert_never(body)


def key_issuer(cose_key: bytes) -> Uri:
    """The issuer URI of a COSE_Key."""
    return ckt_uri(PublicKey.from_cose_key(cose_key).thumbprint)


def fold(scope: Scope, value: ScopeValue | None, statement: Statement) -> ScopeValue | None:
    """What `scope` becomes after `statement`."""
    held, unsettled = (value.held, value.statements) if isinstance(value, Unsettled) else (value, ())
    if statement.unknown and scope in touches(statement):
        return Unsettled(held, (*unsettled, statement.signed.id))
    folded = held if statement.unknown else _fold(scope, held, statement)
    return Unsettled(folded, unsettled) if unsettled else folded


def _fold(scope: Scope, value: Settled | None, statement: Statement) -> Settled | None:
    body, id_ = statement.body, statement.signed.id
    match scope.kind:
        case ScopeKind.STREAM if isinstance(body, InstallationBody | AuthorityReachBody):
            return _of_stream(scope, value, body, statement)
        case ScopeKind.PRODUCT if scope in touches(statement) and isinstance(
            body, PassportBody | DisclosureBody | WithholdingBody
        ):
            product = value if isinstance(value, ProductScope) else ProductScope()
            return moved(_described(product, body, id_), statement)
        case ScopeKind.PRODUCT | ScopeKind.PLACE if scope in touches(statement) and isinstance(
            body, GroundBody | EmergencyBody
        ):
            return moved(_asserted(value, body, statement, at_home=scope.kind is ScopeKind.PLACE), statement)
        case ScopeKind.PLACE:
            place = _of_home(value if isinstance(value, PlaceScope) else None, body, statement)
            return place if place is None or place is value else moved(place, statement)
        case ScopeKind.PUBLIC | ScopeKind.UNIVERSE if scope in touches(statement):
            return _around(value, body, statement)
        case ScopeKind.PERSON if isinstance(
            body,
            PersonBody | ChoiceBody | ObjectionBody | ShareBody | PlaceRuleBody | PreservationBody,
        ):
            person = said_of(value if isinstance(value, PersonScope) else PersonScope(), body, id_)
            return ruled(person, statement) if isinstance(body, PlaceRuleBody) else person
        case ScopeKind.PERSON if isinstance(body, RestrictionBody | MarkBody | GuardianshipBody):
            return restricted(value if isinstance(value, PersonScope) else PersonScope(), body, statement)
        case ScopeKind.PARTY if isinstance(body, OfParty):
            party = value if isinstance(value, PartyScope) else None
            return classed(party, of_organisation(party, body, id_), statement)
        case ScopeKind.DEPLOYMENT if isinstance(body, RedLineBody | KeepingBody | OperatorPoliciesBody | ErasureBody):
            return _stated(value if isinstance(value, DeploymentScope) else DeploymentScope(), body, statement)
        case _:
            return value


def _around(value: Settled | None, body: Body, statement: Statement) -> Settled | None:
    """What passes a public place, and what of a product stands in homes."""
    if isinstance(body, SignBody | PassingObjectionBody):
        return passed(value if isinstance(value, PublicScope) else PublicScope(), body, statement)
    if isinstance(body, InstallationBody):
        return gathered(value if isinstance(value, UniverseScope) else UniverseScope(), body)
    return value


def _described(
    product: ProductScope, body: PassportBody | DisclosureBody | WithholdingBody, statement: StatementId
) -> ProductScope:
    """A later passport, or open disclosure, takes the former one's place."""
    if isinstance(body, WithholdingBody):
        return withheld(product, body, statement)
    if isinstance(body, PassportBody):
        return msgspec.structs.replace(product, passport=body, passport_id=statement)
    return msgspec.structs.replace(product, disclosure=body, disclosure_id=statement)


def _of_home(value: PlaceScope | None, body: Body, statement: Statement) -> PlaceScope | None:
    place = PlaceScope() if value is None else value
    match body:
        case MembershipBody():
            return _joined(place, body, statement)
        case DepartureBody():
            return _left(place, body, statement)
        case DisclosureBody() if body.household is not None:
            return _disclosed(place, body, statement)
        case ErasureBody() if value is not None:
            return msgspec.structs.replace(place, closed_ns=max(place.closed_ns, body.at_ns))
        case HouseholdBody():  # once a workplace, it stays one: else what is measured there would become somebody's own
            return msgspec.structs.replace(place, workplace=True) if body.workplace else place
        case _:
            return value


def _of_stream(
    scope: Scope, value: Settled | None, body: InstallationBody | AuthorityReachBody, statement: Statement
) -> Settled | None:
    if isinstance(body, InstallationBody):
        installed = _installed(scope, value, body, statement)
        return value if installed is None else said_again(value, installed, statement)
    if not isinstance(value, StreamScope):
        return value
    return said_again(value, _reaching(value, body, statement.signed.id), statement)


def _reaching(stream: StreamScope, body: AuthorityReachBody, statement: StatementId) -> StreamScope:
    """A reach said again takes the earlier one's place."""
    others = tuple(each for each in stream.reaches if each.body.request != body.request)
    return msgspec.structs.replace(stream, reaches=(*others, StandingReach(body, statement)))


def _installed(scope: Scope, value: Settled | None, body: InstallationBody, statement: Statement) -> StreamScope | None:
    for each in body.streams:
        if each.stream == scope.key:
            return StreamScope(
                thing=body.thing,
                product=body.product,
                household=body.household,
                answers=body.answers.organisation,
                from_ns=body.from_ns,
                installed=each,
                statement=statement.signed.id,
                to_ns=FOREVER if body.to_ns is None else body.to_ns,
                place=body.place,
                own_equipment=body.household is not None and body.owner is None,
                gateway=None if body.gateway is None else body.gateway.organisation,
                former=_former(value, body),
                reaches=value.reaches if isinstance(value, StreamScope) else (),
            )
    return None


def _former(value: Settled | None, body: InstallationBody) -> tuple[str, ...]:
    """The public places in which a stream stood before, each once."""
    if not isinstance(value, StreamScope):
        return ()
    left = () if value.household is not None else (value.place,)
    return tuple(each for each in dict.fromkeys((*value.former, *left)) if each != body.place or body.household)


def _joined(place: PlaceScope, body: MembershipBody, statement: Statement) -> PlaceScope:
    """A later membership of the same person replaces the earlier one from its beginning on; what was before stays.

    Who left and comes back was concerned in between as little as anybody else, and before that as much as ever.
    """
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    kept: list[Member] = []
    for each in place.members:
        ended = min(each.to_ns, body.from_ns) if each.person == body.person else each.to_ns
        if each.from_ns < ended:
            left = each.left or (body.left and each.person == body.person)
            kept.append(msgspec.structs.replace(each, to_ns=ended, left=left))
    id_ = statement.signed.id
    member = Member(body.person, body.role, body.from_ns, to_ns, id_, body.left, shifts_of(body))
    members = (*kept, member) if body.from_ns < to_ns else tuple(kept)
    return msgspec.structs.replace(place, members=members)


def _left(place: PlaceScope, body: DepartureBody, statement: Statement) -> PlaceScope:
    """Whoever leaves is here no more; what was stays as it was, and what was to come does not come."""
    kept: list[Member] = []
    for each in place.members:
        if each.person != body.leaves:
            kept.append(each)
        elif each.to_ns <= body.at_ns:
            kept.append(msgspec.structs.replace(each, left=True))
        elif each.from_ns < body.at_ns:
            ended = msgspec.structs.replace(each, to_ns=body.at_ns, statement=statement.signed.id, left=True)
            kept.append(ended)
    return msgspec.structs.replace(place, members=tuple(kept))


def _disclosed(place: PlaceScope, body: DisclosureBody, statement: Statement) -> PlaceScope:
    """A later home-disclosure about the same product replaces the earlier one."""
    others = tuple(each for each in place.disclosures if each.body.product != body.product)
    return msgspec.structs.replace(place, disclosures=(*others, HomeDisclosure(body, statement.signed.id)))


def _stated(
    deployment: DeploymentScope,
    body: RedLineBody | KeepingBody | OperatorPoliciesBody | ErasureBody,
    statement: Statement,
) -> DeploymentScope:
    match body:
        case OperatorPoliciesBody():
            said_s = statement.signed.headers.issued_at_s
            standing = StandingPolicies(body.version, body.text, body.because, said_s, statement.signed.id)
            return msgspec.structs.replace(deployment, policies=standing)
        case ErasureBody():
            erased_ns = max(deployment.erased_ns, body.at_ns, said_ns(statement))
            return msgspec.structs.replace(deployment, erased_ns=erased_ns)
        case RedLineBody():
            return _drawn(deployment, body, statement)
        case KeepingBody():
            said = Keeping(body, statement.signed.id)
            keeping, moving = kept_after(deployment.keeping, deployment.moving, said, at_ns=said_ns(statement))
            return msgspec.structs.replace(deployment, keeping=keeping, moving=moving)


def _asserted(
    value: Settled | None, body: GroundBody | EmergencyBody, statement: Statement, *, at_home: bool
) -> ProductScope | PlaceScope:
    """An assertion said again moves its end and its review and nothing else: what it allows stays as it was first said."""
    empty = PlaceScope() if at_home else ProductScope()
    held = value if isinstance(value, PlaceScope | ProductScope) and type(value) is type(empty) else empty
    if isinstance(body, EmergencyBody):
        return msgspec.structs.replace(held, openings=opened(held.openings, body, statement))
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    grounds = list(held.grounds)
    for at, each in enumerate(grounds):
        if each.assertion == body.assertion:
            grounds[at] = StandingGround(each.assertion, each.body, to_ns, body.review_ns, statement.signed.id)
            break
    else:
        grounds.append(StandingGround(body.assertion, body, to_ns, body.review_ns, statement.signed.id))
    return msgspec.structs.replace(held, grounds=tuple(grounds))


def _drawn(deployment: DeploymentScope, body: RedLineBody, statement: Statement) -> DeploymentScope:
    """A line said again moves its end and nothing else: what it forbids stays as it was drawn."""
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    lines = list(deployment.lines)
    for at, each in enumerate(lines):
        if each.line == body.line:
            lines[at] = StandingLine(each.line, each.body, to_ns, statement.signed.id)
            break
    else:
        lines.append(StandingLine(body.line, body, to_ns, statement.signed.id))
    return msgspec.structs.replace(deployment, lines=tuple(lines))
