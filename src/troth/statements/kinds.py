"""Every kind of statement there is, with its face and version. A kind has one face; where two are needed there are two kinds.

Rules
- *open*: the Signed Statement itself is an entry of the public tree.
- *private*: never an entry; one salted leaf of a conduct segment, and its bytes stay in the journal.
- An open kind may stand behind a hash envelope (RFC 9995) where nobody needs its words to check the log; then the log holds a
  digest, and of some kinds the text can be deleted once something else is in force.
- Content type: `application/vnd.troth.<kind>.v<N>+cbor`.

Source: record.md, "What is public"; formats.md, "Statement".
"""

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

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
from troth.statements.succession import SuccessionBody
from troth.statements.support import SupportBody
from troth.statements.telling import TellingBody
from troth.statements.third_party import ThirdPartyBody, ThirdPartyRefusalBody
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.statements.withholding import WithholdingBody

__all__ = ["KINDS", "Body", "Face", "Kind", "KindName", "Text", "content_type", "kind_of"]

Body: TypeAlias = (
    KeyBody
    | RegistrationPolicyBody
    | TrustAnchorsBody
    | OrganisationBody
    | KeepingBody
    | PassportBody
    | DisclosureBody
    | InstallationBody
    | InstallationTypeBody
    | InstallerBody
    | PersonBody
    | CustodyBody
    | HouseholdBody
    | MembershipBody
    | DepartureBody
    | GuardianshipBody
    | InvitationBody
    | ChoiceBody
    | AssertionBody
    | RestrictionBody
    | MarkBody
    | RequestBody
    | ReplyBody
    | ObjectionBody
    | SignBody
    | PassingObjectionBody
    | PlaceRuleBody
    | ShareBody
    | ShareRequestBody
    | ThirdPartyBody
    | ThirdPartyRefusalBody
    | WithholdingBody
    | EraseOrderBody
    | CorrectionBody
    | EntityBody
    | RedLineBody
    | OperatorPoliciesBody
    | GroundBody
    | EmergencyBody
    | TellingBody
    | AuthorityRequestBody
    | AuthorityReachBody
    | PromiseBody
    | SupportBody
    | PreservationBody
    | ErasureBody
    | ConductSegmentBody
    | SuccessionBody
)


class Face(StrEnum):
    """What of a kind is public."""

    OPEN = "open"
    PRIVATE = "private"


class Text(StrEnum):
    """Where the words of a kind may stand."""

    INLINE = "inline"  # in the statement itself, always
    ENVELOPED = "enveloped"  # or behind a hash envelope, to be kept as long as the node
    DELETABLE = "deletable"  # and deleted once it is no longer in force: nothing else is counted from it


class KindName(StrEnum):
    """Names of kinds, as in the content type."""

    KEY = "key"
    REGISTRATION_POLICY = "registration-policy"
    TRUST_ANCHORS = "trust-anchors"
    ORGANISATION = "organisation"
    KEEPING = "keeping"
    PASSPORT = "passport"
    DISCLOSURE = "disclosure"
    HOME_DISCLOSURE = "home-disclosure"
    INSTALLATION = "installation"
    HOME_INSTALLATION = "home-installation"
    INSTALLATION_TYPE = "installation-type"
    INSTALLER = "installer"
    ENTITY = "entity"
    HOME_ENTITY = "home-entity"
    RED_LINE = "red-line"
    OPERATOR_POLICIES = "operator-policies"
    GROUND = "ground"
    HOME_GROUND = "home-ground"
    EMERGENCY = "emergency"
    HOME_EMERGENCY = "home-emergency"
    TELLING = "telling"
    AUTHORITY_REQUEST = "authority-request"
    AUTHORITY_REACH = "authority-reach"
    PROMISE = "promise"
    SUPPORT = "support"
    PERSON = "person"
    CUSTODY = "custody"
    HOUSEHOLD = "household"
    MEMBERSHIP = "membership"
    DEPARTURE = "departure"
    GUARDIANSHIP = "guardianship"
    INVITATION = "invitation"
    CHOICE = "choice"
    ASSERTION = "assertion"
    RESTRICTION = "restriction"
    MARK = "mark"
    RIGHTS_REQUEST = "rights-request"
    RIGHTS_REPLY = "rights-reply"
    OBJECTION = "objection"
    SIGN = "sign"
    PASSING_OBJECTION = "passing-objection"
    PLACE_RULE = "place-rule"
    SHARE = "share"
    SHARE_REQUEST = "share-request"
    THIRD_PARTY = "third-party"
    THIRD_PARTY_REFUSAL = "third-party-refusal"
    WITHHOLDING = "withholding"
    ERASE_ORDER = "erase-order"
    CORRECTION = "correction"
    PRESERVATION = "preservation"
    ERASURE = "erasure"
    CONDUCT_SEGMENT = "conduct-segment"
    SUCCESSION = "succession"


class Kind(msgspec.Struct, frozen=True):
    """One kind: name, version, face, the Struct that reads its payload, the role that issues it, where its words stand."""

    name: KindName
    version: int
    face: Face
    body: type[Body]
    role: str
    text: Text = Text.INLINE


def _table(*kinds: Kind) -> dict[KindName, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS: Final = _table(
    Kind(KindName.KEY, 1, Face.OPEN, KeyBody, "operator"),
    Kind(KindName.REGISTRATION_POLICY, 1, Face.OPEN, RegistrationPolicyBody, "operator"),
    Kind(KindName.TRUST_ANCHORS, 1, Face.OPEN, TrustAnchorsBody, "operator"),
    Kind(KindName.ORGANISATION, 1, Face.OPEN, OrganisationBody, "operator", Text.DELETABLE),
    Kind(KindName.KEEPING, 1, Face.OPEN, KeepingBody, "operator", Text.ENVELOPED),
    Kind(KindName.PASSPORT, 1, Face.OPEN, PassportBody, "operator", Text.ENVELOPED),
    Kind(KindName.DISCLOSURE, 1, Face.OPEN, DisclosureBody, "operator", Text.DELETABLE),
    Kind(KindName.HOME_DISCLOSURE, 1, Face.PRIVATE, DisclosureBody, "operator"),
    Kind(KindName.INSTALLATION, 1, Face.OPEN, InstallationBody, "operator"),
    Kind(KindName.HOME_INSTALLATION, 1, Face.PRIVATE, InstallationBody, "operator"),
    Kind(KindName.INSTALLATION_TYPE, 1, Face.OPEN, InstallationTypeBody, "operator", Text.DELETABLE),
    Kind(KindName.INSTALLER, 1, Face.PRIVATE, InstallerBody, "operator"),
    Kind(KindName.ENTITY, 1, Face.OPEN, EntityBody, "operator", Text.DELETABLE),
    Kind(KindName.HOME_ENTITY, 1, Face.PRIVATE, EntityBody, "operator"),
    Kind(KindName.RED_LINE, 1, Face.OPEN, RedLineBody, "operator", Text.ENVELOPED),
    Kind(KindName.OPERATOR_POLICIES, 1, Face.OPEN, OperatorPoliciesBody, "operator"),
    Kind(KindName.GROUND, 1, Face.OPEN, GroundBody, "operator", Text.ENVELOPED),
    Kind(KindName.HOME_GROUND, 1, Face.PRIVATE, GroundBody, "operator"),
    Kind(KindName.EMERGENCY, 1, Face.OPEN, EmergencyBody, "operator"),
    Kind(KindName.HOME_EMERGENCY, 1, Face.PRIVATE, EmergencyBody, "operator"),
    Kind(KindName.TELLING, 1, Face.PRIVATE, TellingBody, "operator"),
    Kind(KindName.AUTHORITY_REQUEST, 1, Face.PRIVATE, AuthorityRequestBody, "operator"),
    Kind(KindName.AUTHORITY_REACH, 1, Face.PRIVATE, AuthorityReachBody, "operator"),
    Kind(KindName.PROMISE, 1, Face.OPEN, PromiseBody, "operator", Text.DELETABLE),
    Kind(KindName.SUPPORT, 1, Face.OPEN, SupportBody, "operator", Text.DELETABLE),
    Kind(KindName.PERSON, 1, Face.PRIVATE, PersonBody, "operator"),
    Kind(KindName.CUSTODY, 1, Face.PRIVATE, CustodyBody, "operator"),
    Kind(KindName.HOUSEHOLD, 1, Face.PRIVATE, HouseholdBody, "operator"),
    Kind(KindName.MEMBERSHIP, 1, Face.PRIVATE, MembershipBody, "operator"),
    Kind(KindName.DEPARTURE, 1, Face.PRIVATE, DepartureBody, "person"),
    Kind(KindName.GUARDIANSHIP, 1, Face.PRIVATE, GuardianshipBody, "operator"),
    Kind(KindName.INVITATION, 1, Face.PRIVATE, InvitationBody, "operator"),
    Kind(KindName.CHOICE, 1, Face.PRIVATE, ChoiceBody, "person"),
    Kind(KindName.ASSERTION, 1, Face.PRIVATE, AssertionBody, "operator"),
    Kind(KindName.RESTRICTION, 1, Face.PRIVATE, RestrictionBody, "person"),
    Kind(KindName.MARK, 1, Face.PRIVATE, MarkBody, "person"),
    Kind(KindName.RIGHTS_REQUEST, 1, Face.PRIVATE, RequestBody, "person"),
    Kind(KindName.RIGHTS_REPLY, 1, Face.PRIVATE, ReplyBody, "operator"),
    Kind(KindName.OBJECTION, 1, Face.PRIVATE, ObjectionBody, "person"),
    Kind(KindName.SIGN, 1, Face.OPEN, SignBody, "operator"),
    Kind(KindName.PASSING_OBJECTION, 1, Face.PRIVATE, PassingObjectionBody, "operator"),
    Kind(KindName.PLACE_RULE, 1, Face.PRIVATE, PlaceRuleBody, "person"),
    Kind(KindName.SHARE, 1, Face.PRIVATE, ShareBody, "person"),
    Kind(KindName.SHARE_REQUEST, 1, Face.OPEN, ShareRequestBody, "operator", Text.ENVELOPED),
    Kind(KindName.THIRD_PARTY, 1, Face.PRIVATE, ThirdPartyBody, "person"),
    Kind(KindName.THIRD_PARTY_REFUSAL, 1, Face.PRIVATE, ThirdPartyRefusalBody, "operator"),
    Kind(KindName.WITHHOLDING, 1, Face.OPEN, WithholdingBody, "operator", Text.ENVELOPED),
    Kind(KindName.ERASE_ORDER, 1, Face.PRIVATE, EraseOrderBody, "operator"),
    Kind(KindName.CORRECTION, 1, Face.PRIVATE, CorrectionBody, "operator"),
    Kind(KindName.PRESERVATION, 1, Face.PRIVATE, PreservationBody, "operator"),
    Kind(KindName.ERASURE, 1, Face.PRIVATE, ErasureBody, "operator"),
    Kind(KindName.CONDUCT_SEGMENT, 1, Face.OPEN, ConductSegmentBody, "gate"),
    Kind(KindName.SUCCESSION, 1, Face.OPEN, SuccessionBody, "operator"),
)
_BY_TYPE: Final = {f"application/vnd.troth.{kind.name}.v{kind.version}+cbor": kind for kind in KINDS.values()}


def content_type(name: KindName) -> str:
    """The content type that a statement of this kind carries."""
    return f"application/vnd.troth.{name}.v{KINDS[name].version}+cbor"


def kind_of(content_type_: str) -> Kind | None:
    """The kind of a content type, or None if this program does not know it."""
    return _BY_TYPE.get(content_type_)
