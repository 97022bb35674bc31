"""Can this be meant? What a statement must say beyond the types of its fields. Pure, and the same at every door.

Rules
- Every text shows what it says (`texts`). Identifiers have 16 bytes, digests 32; what ends does not end before it begins.
- A red line forbids something, and says how long notice of its end is: at least `NOTICE_DAYS_MIN` days.

Source: formats.md, "Identifiers"; the modules of the kinds.
Left out: whatever needs to know what else was said; the journeys check that.
"""

import hashlib
from typing import Final

from troth.errors import Refused
from troth.names import ID_BYTES
from troth.spans import DAY_NS
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody, Decided
from troth.statements.choice import ChoiceBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.entity import EntityBody
from troth.statements.ground import LONGEST_S, Agreement, Asserted, GroundBody, Provision
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installation import InstallationBody
from troth.statements.installer import check_installer
from troth.statements.keeping import KeepingBody
from troth.statements.meaning_keys import check_keys
from troth.statements.meaning_rights import check_rights
from troth.statements.objection import ObjectionBody
from troth.statements.operator_policies import POLICY_TEXT_MAX, OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.person import MembershipBody, Role
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.promise import PromiseBody
from troth.statements.red_line import NOTICE_DAYS_MIN, RedLineBody
from troth.statements.restriction import SCHEDULE_DAYS_MAX, RestrictionBody
from troth.statements.sharing_meaning import check_sharing
from troth.statements.sign import HOLD_BYTES, PASSING_S, PURPOSES_MAX, SECRET_MAX, PassingObjectionBody, SignBody
from troth.statements.site import Site, check_codes, check_site
from troth.statements.statement import Statement
from troth.statements.support import SupportBody
from troth.statements.telling import TellingBody, Way
from troth.statements.texts import check_texts
from troth.statements.third_party import BROUGHT
from troth.things.weekly import DAY_MINUTES, Weekly

__all__ = ["check_meaning", "names_household"]

_DIGEST_BYTES: Final = 32
_NS_PER_S: Final = 1_000_000_000
DAYS: Final = 7
WINDOWS_MAX: Final = 14  # two a day
OFFSETS_MAX: Final = 16  # a zone changes its clocks twice in most years, and four times where a month is left out of it
OFFSET_S_MAX: Final = 18 * 3600  # ISO 8601 knows less; zoneinfo allows under 24 h


def names_household(statement: Statement) -> bool | None:
    """Whether it names a household; None for kinds of which there is no pair for homes and public places."""
    match statement.body:
        case InstallationBody() | DisclosureBody() | EntityBody() | GroundBody() | EmergencyBody() as body:
            return body.household is not None
        case _:
            return None


def check_meaning(statement: Statement) -> None:
    """Return if the statement can be meant.

    Raises:
        Refused: it cannot, and the message says why.
        BadCose: a key that is none, or a passkey that did not sign it.
    """
    check_texts(statement.body)
    match statement.body:
        case InstallationBody() as body:
            _installation(body)
        case EntityBody() as body:
            _entity(body)
        case RedLineBody() as body:
            _red_line(body)
        case OperatorPoliciesBody() as body:
            _policies(body)
        case GroundBody() as body:
            _ground(body)
        case EmergencyBody() as body:
            _emergency(body)
        case ObjectionBody() | ChoiceBody() | GuardianshipBody() | SignBody() | PassingObjectionBody() as body:
            _of_people(body)
        case PromiseBody() | SupportBody() as body:
            _word(body)
        case OrganisationBody() | KeepingBody() | DisclosureBody() | PlaceRuleBody() as body:
            _places(body)
        case RestrictionBody() | MembershipBody() as body:
            _scheduled(body)
        case TellingBody() | AuthorityRequestBody() | AuthorityReachBody() as body:
            _told(body)
        case body:
            check_keys(body)
            check_sharing(body)
            check_rights(body)
            check_installer(body)


def _installation(body: InstallationBody) -> None:
    _span(body.from_ns, body.to_ns)
    if body.type is not None and len(body.type) != _DIGEST_BYTES:
        raise Refused("a statement is named by its 32 bytes")
    if body.because is not None and body.to_ns is None:
        raise Refused("a reason for the end belongs to an end")
    if body.device is not None and body.device.number < 1:
        raise Refused("devices are counted from one")
    for contract in (each.contract for each in body.streams if each.contract is not None):
        if contract.review_ns is not None and contract.review_ns <= contract.from_ns:
            raise Refused("a contract is looked at again after it begins")


def _entity(body: EntityBody) -> None:
    _identifiers(body.entity, *body.about)
    if not body.deleted and not body.name.strip():
        raise Refused("an entity that is there has a name")


def _red_line(body: RedLineBody) -> None:
    _identifiers(body.line)
    _span(body.from_ns, body.to_ns)
    if not body.never.strip():
        raise Refused("a red line says in words what never happens here")
    if not (body.senses or body.properties or body.purposes or body.recipients):
        raise Refused("a red line names senses, properties, purposes or recipients")
    if body.notice_days < NOTICE_DAYS_MIN:
        raise Refused(f"a red line is taken back with at least {NOTICE_DAYS_MIN} days of notice")
    if (body.to_ns is None) != (body.because is None):
        raise Refused("a red line that is taken back says when it ends and why")


def _policies(body: OperatorPoliciesBody) -> None:
    if body.version < 1 or not body.because.strip():
        raise Refused("rules have a version from one on, and it is said in plain words why they are so")
    if body.text is not None and len(body.text.encode()) > POLICY_TEXT_MAX:
        raise Refused(f"the text of all rules has at most {POLICY_TEXT_MAX} bytes")


def _ground(body: GroundBody) -> None:
    _identifiers(body.assertion)
    _span(body.from_ns, body.to_ns)
    cited = body.citation
    if body.ground not in set(Asserted):
        raise Refused(f"what is asserted in a statement is one of {', '.join(Asserted)}")
    if not body.purposes or not body.words.strip() or not cited.title.strip():
        raise Refused("an assertion names its purposes, says why in plain words, and cites something by its title")
    if cited.digest is not None and len(cited.digest) != _DIGEST_BYTES:
        raise Refused("a document is named by its SHA-256")
    if (cited.law is None) != (cited.paragraph is None):
        raise Refused("a law is cited with its paragraph")
    if body.ground in {Asserted.REQUIRED, Asserted.OBJECTABLE} and cited.law is None:
        raise Refused("what is required by law, or may be objected to, cites a law and its paragraph")
    if (body.ground == Asserted.SETTLED) != (body.agreement is not None):
        raise Refused("what is settled says what was agreed, and nothing else does")
    if (body.ground == Asserted.URGENT) != (body.provision is not None):
        raise Refused("what is urgent says what is provided for, and nothing else does")
    if body.agreement is not None:
        _agreement(body.agreement, body)
    if body.provision is not None:
        _provision(body.provision, body)
    if body.review_ns <= body.from_ns:
        raise Refused("an assertion is looked at again after it begins")
    if body.because is not None and body.to_ns is None:
        raise Refused("a reason for the end belongs to an end")


def _agreement(agreed: Agreement, body: GroundBody) -> None:
    cited = body.citation
    if len(agreed.parties) < 2 or not agreed.for_people.strip() or not agreed.signed_by.strip():
        raise Refused("an agreement names its parties, who speaks for the people concerned, and who signed for them")
    if cited.digest is None or body.to_ns is None:
        raise Refused("an agreement is named by the SHA-256 of its document, and has an end")
    if agreed.text is None and cited.where is None:
        raise Refused("people can read what was agreed for them: its text stands here, or the place where it is")
    if agreed.text is not None and hashlib.sha256(agreed.text.encode()).digest() != cited.digest:
        raise Refused("the text of the agreement is not the document that is cited")


def _provision(provided: Provision, body: GroundBody) -> None:
    if body.citation.law is None and body.citation.digest is None:
        raise Refused("what is urgent cites a law and its paragraph, or a plan by its SHA-256")
    if len(set(provided.openers)) < 2:
        raise Refused("two different parties open an emergency together")
    if not provided.recipients or any(each.startswith("urn:troth:") for each in provided.recipients):
        raise Refused("an emergency is for recipients that are named beforehand")
    if not 0 < provided.longest_s <= LONGEST_S or not 0 <= provided.back_s <= LONGEST_S:
        raise Refused(f"an emergency is open for at most {LONGEST_S} seconds, and reaches back no further")


def _emergency(body: EmergencyBody) -> None:
    _identifiers(body.opening, body.assertion)
    _span(body.from_ns, body.to_ns)
    if not body.because.strip():
        raise Refused("an emergency says in plain words why")
    if body.confirms is not None and len(body.confirms) != _DIGEST_BYTES:
        raise Refused("a statement is named by its 32 bytes")


def _of_people(
    body: ObjectionBody | ChoiceBody | GuardianshipBody | SignBody | PassingObjectionBody,
) -> None:
    match body:
        case GuardianshipBody():
            _identifiers(body.child, *body.guardians)
        case SignBody() | PassingObjectionBody():
            _in_public(body)
        case ObjectionBody() | ChoiceBody():
            _voice(body)


def _voice(body: ObjectionBody | ChoiceBody | PlaceRuleBody | RestrictionBody) -> None:
    if (body.by is None) == (body.made_by == "guardian") or body.by == body.person:
        raise Refused("what a guardian says for a child names them, and nothing else names one")
    if body.by is not None:
        _identifiers(body.by)
    if isinstance(body, ObjectionBody):
        _objection(body)


def _objection(body: ObjectionBody) -> None:
    _identifiers(body.person, *body.streams)
    if bool(body.streams) == (body.household is not None):
        raise Refused("an objection is about streams, or about a home")


def _word(body: PromiseBody | SupportBody) -> None:
    if isinstance(body, PromiseBody):
        _promise(body)
    else:
        _support(body)


def _promise(body: PromiseBody) -> None:
    _identifiers(body.promise)
    _span(body.from_ns, body.to_ns)
    if not body.words.strip() or not body.measured.strip():
        raise Refused("a promise says what is promised and how it is measured")
    if body.streams and body.product is None:
        raise Refused("a promise about streams names their product")


def _support(body: SupportBody) -> None:
    _identifiers(body.support, *body.commitments)
    if len(body.text.digest) != _DIGEST_BYTES or not body.text.title.strip():
        raise Refused("a text is named by its title and its SHA-256")


def _places(body: OrganisationBody | KeepingBody | DisclosureBody | PlaceRuleBody) -> None:
    """Countries and regions are written so that they can be compared."""
    sites: tuple[Site, ...]
    match body:
        case OrganisationBody():
            if body.organisation.startswith(BROUGHT):
                raise Refused("under this name only what people bring is known")
            said = (body.site, None if body.moving is None else body.moving.to)
            sites = tuple(each for each in said if each is not None)
            if set(body.left) & set(body.classes):
                raise Refused("a class is one that an organisation has left, or one that it is in")
        case KeepingBody():
            sites = tuple(site for _, site in body.hops)
            if body.at_once is not None and (not body.at_once.strip() or body.from_ns is not None):
                raise Refused("what holds at once says why in words, and what holds later needs no such word")
        case DisclosureBody():
            check_codes(code for stream in body.streams for code in stream.places)
            purposes = [each for stream in body.streams for each in stream.purposes]
            sites = tuple(hop.site for each in purposes for hop in each.processors)
        case PlaceRuleBody():
            _identifiers(body.rule)
            _voice(body)
            _span(body.from_ns, body.to_ns)
            check_codes((*body.within, *body.not_under))
            if not (body.within or body.not_under):
                raise Refused("a rule about places names where data stay, or whose law may not reach them")
            sites = ()
    for site in sites:
        check_site(site)


def _scheduled(body: RestrictionBody | MembershipBody) -> None:
    if isinstance(body, RestrictionBody):
        _restriction(body)
    else:
        _membership(body)


def _restriction(body: RestrictionBody) -> None:
    _identifiers(body.restriction, *body.streams)
    _voice(body)
    _span(body.from_ns, body.to_ns)
    if body.room is not None and not body.room.strip():
        raise Refused("a room has a name")
    if body.weekly is not None:
        _weekly(body.weekly, from_ns=body.from_ns, to_ns=body.to_ns)


def _membership(body: MembershipBody) -> None:
    if (body.shifts is None) != (body.shifts_until_ns is None):
        raise Refused("shifts are said until some day, and nothing else is")
    if body.shifts is None:
        return
    if body.role != Role.WORKER:
        raise Refused("who works there has shifts, and nobody else")
    _span(body.from_ns, body.shifts_until_ns)
    _weekly(body.shifts, from_ns=body.from_ns, to_ns=body.shifts_until_ns)


def _weekly(weekly: Weekly, *, from_ns: int, to_ns: int | None) -> None:
    if to_ns is None or to_ns - from_ns > SCHEDULE_DAYS_MAX * DAY_NS:
        raise Refused(f"a schedule ends within {SCHEDULE_DAYS_MAX} days; say it again then")
    windows, offsets = weekly.windows, [each.from_ns for each in weekly.offsets]
    if not 0 < len(windows) <= WINDOWS_MAX or not 0 < len(offsets) <= OFFSETS_MAX or offsets != sorted(set(offsets)):
        raise Refused(f"a schedule has 1 to {WINDOWS_MAX} windows, and its zone 1 to {OFFSETS_MAX} offsets in order")
    if any(abs(each.seconds) > OFFSET_S_MAX for each in weekly.offsets):
        raise Refused("no clock is that far from UTC")
    for each in windows:
        minutes = (each.from_min, each.to_min)
        if not each.days or not all(1 <= day <= DAYS for day in each.days) or minutes[0] == minutes[1]:
            raise Refused("a window has days from 1 to 7, and ends at another time than it begins")
        if not all(0 <= minute < DAY_MINUTES for minute in minutes):
            raise Refused("a window begins and ends at minutes of a day")


def _in_public(body: SignBody | PassingObjectionBody) -> None:
    _identifiers(body.sign)
    _span(body.from_ns, body.to_ns)
    if not body.place.strip():
        raise Refused("a sign stands in a place that has a name")
    if isinstance(body, SignBody):
        return
    _identifiers(body.objection)
    if body.to_ns - body.from_ns > PASSING_S * _NS_PER_S:
        raise Refused("an objection with the code of a sign ends within 24 hours")
    if len(body.hold) != HOLD_BYTES or not 0 < len(body.opened or b".") <= SECRET_MAX:
        raise Refused("what holds an objection is the SHA-256 of its secret")
    if len(set(body.purposes)) != len(body.purposes) or len(body.purposes) > PURPOSES_MAX:
        raise Refused(f"an objection names each purpose once, and at most {PURPOSES_MAX}")


def _told(body: TellingBody | AuthorityRequestBody | AuthorityReachBody) -> None:
    match body:
        case TellingBody():
            _identifiers(body.person)
            if body.way not in set(Way) or not body.text.strip() or not body.about:
                raise Refused("somebody is told something, about something, on a page or by mail")
            if any(len(each) != _DIGEST_BYTES for each in body.about):
                raise Refused("a statement is named by its 32 bytes")
        case AuthorityRequestBody():
            _identifiers(body.request)
            if body.decided not in set(Decided) or not body.scope.strip():
                raise Refused(f"a request says what was asked for, and is {', '.join(Decided)}")
            is_open = body.decided == Decided.OPEN
            if (body.decided_ns is None) != is_open or ((body.because or "").strip() == "") != is_open:
                raise Refused("what was decided says when, and why")
            if body.withheld is not None and not body.withheld.by.strip():
                raise Refused("what is withheld says by whose order")
        case AuthorityReachBody():
            _identifiers(body.request, *body.streams)
            _span(body.data_from_ns, body.data_to_ns)
            if not body.streams or len(set(body.streams)) != len(body.streams):
                raise Refused("a reach names streams, each once")


def _identifiers(*identifiers: bytes) -> None:
    if any(len(each) != ID_BYTES for each in identifiers):
        raise Refused(f"an identifier has {ID_BYTES} bytes")


def _span(from_ns: int, to_ns: int | None) -> None:
    if to_ns is not None and to_ns <= from_ns:
        raise Refused("what ends does so after it begins")
