"""Of which persons does a private statement speak, so that it is theirs to see and to prove? Pure.

Rules
- Whoever said it about themselves, and whomever it says something about.
- What speaks of a home or a thing alone is nobody's own.

Source: record.md, "Personal ledgers"; mission.md, "What the law adds" 1.
"""

from troth.names import PersonId
from troth.statements.assertion import AssertionBody
from troth.statements.choice import ChoiceBody
from troth.statements.custody import CustodyBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installer import InstallerBody
from troth.statements.kinds import Body
from troth.statements.mark import MarkBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import DepartureBody, InvitationBody, MembershipBody, PersonBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.restriction import RestrictionBody
from troth.statements.rights import ReplyBody, RequestBody
from troth.statements.share import ShareBody
from troth.statements.telling import TellingBody
from troth.statements.third_party import ThirdPartyBody

__all__ = ["persons_of", "speaker_of"]


def persons_of(body: Body) -> frozenset[PersonId]:
    """Everybody whose own the statement is."""
    match body:
        case ChoiceBody() | ObjectionBody() | PlaceRuleBody() | RestrictionBody():
            return frozenset((body.person,) if body.by is None else (body.person, body.by))
        case MarkBody() | ShareBody() | ThirdPartyBody():
            return frozenset((body.person,))
        case RequestBody() | ReplyBody():
            return frozenset((body.person,))
        case GuardianshipBody():
            return frozenset((body.child, *body.guardians))
        case PersonBody() | MembershipBody() | InvitationBody() | CustodyBody() | AssertionBody() | TellingBody():
            return frozenset((body.person,))
        case InstallerBody():
            return frozenset(each for each in (body.by, body.accepted_by) if each is not None)
        case DepartureBody():
            return frozenset((body.person, body.leaves))
        case _:
            return frozenset()


def speaker_of(body: Body) -> PersonId | None:
    """Who says it, where it is of a kind that people say; None for every other kind."""
    match body:
        case ChoiceBody() | ObjectionBody() | PlaceRuleBody() | RestrictionBody():
            return body.person if body.by is None else body.by
        case ShareBody() | DepartureBody() | MarkBody() | RequestBody():
            return body.person
        case ThirdPartyBody():
            return body.person
        case _:
            return None
