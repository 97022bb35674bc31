"""Does a statement fit to everything else that was said here? Asked before it counts, at every door.

Rules
- What is open names nothing that belongs to a home.
- A red line stands in the way of what crosses it. A thing joins only where the gate lets it connect. What may speak for others
  is said of each of them (`fits_gateway`).
- No essential function stops with a no. What stands somewhere goes on to measure what it measured (`fits_described`), where it
  joined (`fits_stays`).
- Rules of whoever runs the place are linted, and follow each other version by version.
- What asks nobody is announced before it begins, or becomes wider; also where a thing joins, or a party a class.
- Nobody answers for longer than their contact was reached for, and no class falls away unsaid.
- Who handles or keeps data elsewhere says so before, where that adds a country, a law or a keeper.
- What people are told of by the day of its signature was signed lately (`fits_signed`).
- A maker's older word, brought again by anybody, does not take the place of a newer one.
- Assertions, emergencies, stays, private mode, signs, shares and withholdings are measured by what is in force in their scope.
- A person has no more rules about places than there may be, however many are said at once.
- What people say is under a key that may say it, with their passkey beside it where one is asked for (`spoken`).

Source: gate.md; record.md, "The journal"; the modules of the kinds.
Left out: what a statement can mean by itself (statements/meaning), and who may make it (statements/registration).
"""

from collections.abc import Collection, Sequence

from troth.errors import Conflict, NotFound, NotRegistered
from troth.gate.asserting import check_ground
from troth.gate.contracts import check_contracts
from troth.gate.emergencies import check_emergency
from troth.gate.fields import check_fields
from troth.gate.functions import check_functions
from troth.gate.lines import check_disclosure, check_line
from troth.gate.policies.lint import check_policies
from troth.gate.protected import check_accepted, check_condition
from troth.journeys.announced import check_begins_of, check_entering_of
from troth.journeys.answering import check_answering
from troth.journeys.asking import check_joining, check_sharing
from troth.journeys.fits_brought import check_brought, check_whose
from troth.journeys.fits_described import check_described
from troth.journeys.fits_gateway import check_gateway
from troth.journeys.fits_installer import check_whom
from troth.journeys.fits_people import check_people
from troth.journeys.fits_signed import check_signed_lately
from troth.journeys.fits_stays import check_stays
from troth.journeys.fits_told import check_announced_of, check_told
from troth.journeys.moving import check_keeping_moves, check_moves
from troth.journeys.rule_names import registered_in
from troth.journeys.spoken import check_keys_fit, check_spoken
from troth.names import Uri
from troth.state.belonging import members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.marks import check_mark
from troth.state.moved import said_ns
from troth.state.ordered import reordered
from troth.state.placing import check_place_rule
from troth.state.requests import check_request
from troth.state.scopes import person_scope, place_scope, product_scope
from troth.state.sharing import check_share, check_withholding
from troth.state.signs import check_passing, check_sign
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.entity import EntityBody
from troth.statements.ground import GroundBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installation import InstallationBody
from troth.statements.installer import InstallerBody
from troth.statements.journal import Journal, JournalEntry
from troth.statements.keeping import KeepingBody
from troth.statements.key import KeyRole
from troth.statements.kinds import Body
from troth.statements.known_keys import is_makers
from troth.statements.mark import MarkBody
from troth.statements.objection import ObjectionBody
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.person import DepartureBody, MembershipBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.red_line import RedLineBody
from troth.statements.restriction import RestrictionBody
from troth.statements.rights import ReplyBody, RequestBody
from troth.statements.share import ShareBody
from troth.statements.sign import PassingObjectionBody, SignBody
from troth.statements.statement import Statement
from troth.statements.telling import TellingBody
from troth.statements.third_party import ThirdPartyBody, ThirdPartyRefusalBody
from troth.statements.withholding import WithholdingBody

__all__ = ["check_fits"]


def check_fits(
    statement: Statement,
    *,
    directory: Directory,
    in_force: InForce,
    journal: Journal,
    at_ns: int,
    reached_ns: int,
    beside: Sequence[Statement] = (),
    going: Collection[Statement] = (),
) -> None:
    """Return if a statement fits. `beside`: what is accepted together with it; `going`: what was checked and counts soon.

    `reached_ns`: the newest moment at which this place is known to have been, also where the clock was set back since.

    Raises:
        NotRegistered: something open names what belongs to a home.
        Denied: a thing would join that the gate does not let connect.
        Refused, Conflict, CrossesRedLine, TooSoon: it contradicts what is in force.
    """
    body = statement.body
    _check_newest(statement, directory, in_force, journal)
    reading = Reading(in_force)
    lines = reading.deployment().lines
    check_keys_fit(body, directory, journal, beside=beside)
    check_spoken(statement, directory, reading, beside=beside, at_ns=at_ns)
    match body:
        case DisclosureBody():
            check_disclosure(body, directory.products.get(body.product), lines=lines, at_ns=at_ns)
            check_accepted(body, directory.products.get(body.product))
            check_functions(body, directory.products.get(body.product))
            check_fields(body, directory.products.get(body.product))
            check_announced_of(body, directory, at_ns=at_ns)
        case PassportBody():
            check_described(body, directory, going=going)
        case TellingBody() | AuthorityRequestBody() | AuthorityReachBody():
            check_told(body, directory, at_ns=at_ns)
        case RedLineBody():
            check_line(body, next((each for each in lines if each.line == body.line), None), at_ns=at_ns)
        case OperatorPoliciesBody():
            standing = reading.deployment().policies
            version = 0 if standing is None else standing.version
            check_policies(body, version=version, registered=registered_in(directory))
        case InstallationBody() | OrganisationBody() | KeepingBody():
            _check_joins(body, statement, directory, in_force, going=going, at_ns=at_ns, reached_ns=reached_ns)
        case GroundBody() | EmergencyBody():
            _check_ground(body, Uri(statement.signed.headers.issuer), directory, reading, at_ns=at_ns)
        case SignBody() | PassingObjectionBody():
            _check_public(body, directory, reading, at_ns=at_ns)
        case (
            DepartureBody()
            | RestrictionBody()
            | MembershipBody()
            | GuardianshipBody()
            | ChoiceBody()
            | ObjectionBody()
            | PlaceRuleBody()
        ):
            check_people(body, directory, in_force, at_ns=at_ns)
        case EntityBody():
            _check_entity(body, directory)
        case ShareBody() | WithholdingBody():
            _check_sharing(body, directory, reading, at_ns=at_ns)
        case _:
            _check_own(body, directory, reading, in_force, at_ns=at_ns)
    _check_place_rule(body, reading, going=(*beside, *going), at_ns=at_ns)


def _check_place_rule(body: Body, reading: Reading, *, going: Collection[Statement], at_ns: int) -> None:
    if isinstance(body, PlaceRuleBody):
        standing = reading.person(person_scope(body.person)).place_rules
        on_their_way = [each.body for each in going if isinstance(each.body, PlaceRuleBody)]
        check_place_rule(body, standing, on_their_way, at_ns=at_ns)


def _check_joins(
    body: InstallationBody | OrganisationBody | KeepingBody,
    statement: Statement,
    directory: Directory,
    in_force: InForce,
    *,
    going: Collection[Statement],
    at_ns: int,
    reached_ns: int,
) -> None:
    own = is_makers(directory.keys, statement)
    check_signed_lately(body, directory, own=own, said_ns=said_ns(statement), at_ns=at_ns)
    if isinstance(body, KeepingBody):
        check_keeping_moves(body, in_force, directory, said_ns=said_ns(statement), at_ns=at_ns)
        return
    if isinstance(body, OrganisationBody):
        check_entering_of(body, directory, in_force, at_ns=at_ns)
        check_moves(body, directory, in_force, at_ns=at_ns)
        check_answering(body, Uri(statement.signed.headers.issuer), directory, at_ns=at_ns)
        return
    known = directory.things.get(body.thing)
    stands, gone = None if known is None else known.body, directory.reordered
    for each in going:
        if isinstance(each.body, InstallationBody) and each.body.thing == body.thing:
            gone = gone | set(reordered(stands, each.body))
            stands = each.body  # the newest word, though it does not count yet
    check_gateway(body, stands, directory)
    check_stays(body, stands, directory)
    known_here = directory.organisations
    check_contracts(body, stands, reordered=gone, organisations=known_here, at_ns=at_ns, reached_ns=reached_ns)
    check_joining(body, stands, in_force, at_ns=at_ns)
    check_begins_of(body, stands, directory, Reading(in_force), at_ns=at_ns)


def _check_entity(body: EntityBody, directory: Directory) -> None:
    if body.household is None and any(directory.at_home(each) for each in (body.entity, *body.about)):
        raise NotRegistered("what is open never names what belongs to a home")


def _check_own(
    body: Body,
    directory: Directory,
    reading: Reading,
    in_force: InForce,
    *,
    at_ns: int,
) -> None:
    if isinstance(body, RequestBody | ReplyBody):
        check_request(body, directory.own.asked, at_ns=at_ns)
    if isinstance(body, ThirdPartyBody | ThirdPartyRefusalBody):
        check_brought(body, directory, in_force, at_ns=at_ns)
    if isinstance(body, InstallerBody):
        check_whom(body, directory, in_force, at_ns=at_ns)
    if not isinstance(body, MarkBody):
        return
    person = reading.person(person_scope(body.person))
    stream = directory.streams.get(body.stream)
    home = None if stream is None else directory.things[stream.thing].body.household
    check_mark(body, person.marks, () if home is None else members_of(home, in_force), at_ns=at_ns)


def _check_sharing(body: ShareBody | WithholdingBody, directory: Directory, reading: Reading, *, at_ns: int) -> None:
    if isinstance(body, WithholdingBody):
        held = reading.product(product_scope(body.product)).withheld
        known = next((each for each in held if each.body.withholding == body.withholding), None)
        check_withholding(body, known, at_ns=at_ns)
        return
    first = directory.shares.first(body.share)
    mine = [each for each in reading.person(person_scope(body.person)).shares if each.body.share == body.share]
    check_share(body, mine, first, at_ns=at_ns)
    if body.decision is Decision.GIVE:
        check_whose(body, directory)
        check_sharing(body, reading, at_ns=at_ns)


def _check_ground(
    body: GroundBody | EmergencyBody, issuer: Uri, directory: Directory, reading: Reading, *, at_ns: int
) -> None:
    home = body.household
    product = body.product if isinstance(body, GroundBody) else body.things_of
    open_ = reading.product(product_scope(product))
    held = open_ if home is None else reading.place(place_scope(home))
    if isinstance(body, GroundBody):
        known = next((each for each in held.grounds if each.assertion == body.assertion), None)
        check_ground(body, known, at_ns=at_ns)
        check_condition(body, directory.products.get(body.product))
        return
    known = next((each for each in (*open_.grounds, *held.grounds) if each.assertion == body.assertion), None)
    operators = frozenset(uri for uri, key in directory.keys.items() if key.role == KeyRole.OPERATOR.value)
    check_emergency(body, known, held.openings, issuer=issuer, operators=operators, at_ns=at_ns)


def _check_public(body: SignBody | PassingObjectionBody, directory: Directory, reading: Reading, *, at_ns: int) -> None:
    """A sign is open, so it names a place in which something stands openly, and no room of a home."""
    if isinstance(body, PassingObjectionBody):
        check_passing(body, reading.public_of(body.place), at_ns=at_ns)
        return
    known = directory.signs.get(body.sign)
    if known is not None and known.place != body.place:
        raise Conflict("a sign stays where it was put up")
    things = (each.body for each in directory.things.values())
    if known is None and not any(each.household is None and each.place == body.place for each in things):
        raise NotFound("nothing stands in a public place of this name")
    check_sign(body, reading.public_of(body.place), at_ns=at_ns)


def _check_newest(statement: Statement, directory: Directory, in_force: InForce, journal: Journal) -> None:
    """A maker's statement that anybody can bring again, from another place's log, does not take a newer one's place."""
    body, headers = statement.body, statement.signed.headers
    if not is_makers(directory.keys, statement) or not isinstance(body, PassportBody | DisclosureBody):
        return
    product = Reading(in_force).product(product_scope(body.product))
    newest = product.passport_id if isinstance(body, PassportBody) else product.disclosure_id
    known = None if newest is None else journal.find(newest)
    if isinstance(known, JournalEntry) and headers.issued_at_s < known.signed.headers.issued_at_s:
        raise Conflict(
            "a newer statement about this product is in force",
            hint="An older one is not brought back; the maker says what holds again, dated today.",
        )
