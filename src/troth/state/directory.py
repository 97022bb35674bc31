"""What exists, by the handles people and programs use: a projection of the journal, rebuilt at every start.

Rules
- `@iot.id`s are given in order of acceptance, so a replay gives the same ones; those of what is erased are never given again.
- Keys of issuers are looked up here when a statement is registered; those that have ended stay, for what they signed before.
- Nothing here decides: the gate reads scopes, never this.

Source: things.md, "SensorThings 1.1"; house.md, "What lives where" (projections are rebuilt, not migrated).
Owner: the event loop. It is the one mutable value of `state`, changed only by `take`, `skip` and `become`.
"""

import msgspec

from troth.names import (
    EntityId,
    GroundId,
    HouseholdId,
    LineId,
    PersonId,
    PromiseId,
    SignId,
    StatementId,
    StreamId,
    SupportId,
    ThingId,
    Uri,
)
from troth.signing.cose import PublicKey
from troth.state.corrections import Corrections
from troth.state.custody import Held, followed, speaks_for
from troth.state.fold import key_issuer
from troth.state.invited import Invitations
from troth.state.known import KnownGround, KnownLine, KnownPerson, KnownStream, KnownThing, OfPerson, SaidStay
from troth.state.moved import said_ns
from troth.state.opening import opened
from troth.state.ordered import reordered
from troth.state.own_words import OwnWords
from troth.state.scopes import Opening
from troth.state.shares import Shares
from troth.state.standing import Standing, where_of
from troth.state.told import Told
from troth.statements.assertion import AssertionBody
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.custody import CustodyBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.entity import EntityBody
from troth.statements.ground import GroundBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installation import InstallationBody
from troth.statements.installation_type import InstallationTypeBody
from troth.statements.keeping import KeepingBody
from troth.statements.key import KeyBody, KeyRole
from troth.statements.known_keys import KnownKey, in_force, is_makers, learned
from troth.statements.mark import MarkBody
from troth.statements.organisation import OrganisationBody, as_reached
from troth.statements.passport import PassportBody
from troth.statements.person import HouseholdBody, InvitationBody, MembershipBody, PersonBody
from troth.statements.promise import PromiseBody
from troth.statements.red_line import RedLineBody
from troth.statements.registration import Registered
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.sign import SignBody
from troth.statements.statement import Statement
from troth.statements.succession import SuccessionBody
from troth.statements.support import SupportBody
from troth.statements.telling import TellingBody
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["Directory", "KnownGround", "KnownLine", "KnownPerson", "KnownStream", "KnownThing", "SaidStay"]


class Directory:
    """All projections, by key. Callers read the public mappings and never change them."""

    def __init__(self) -> None:
        self.things: dict[ThingId, KnownThing] = {}
        self.streams: dict[StreamId, KnownStream] = {}
        self.by_number: dict[int, StreamId] = {}
        self.thing_by_number: dict[int, ThingId] = {}
        self.products: dict[Uri, PassportBody] = {}
        self.disclosures: dict[Uri, tuple[DisclosureBody, StatementId]] = {}
        self.home_disclosures: dict[tuple[HouseholdId, Uri], tuple[DisclosureBody, StatementId]] = {}
        self.lines: dict[LineId, KnownLine] = {}
        self.grounds: dict[GroundId, KnownGround] = {}
        self.standing = Standing()  # what stands where, by product
        self.told = Told()  # what people are to be told, and were
        self.openings: tuple[Opening, ...] = ()  # emergencies, open ones and past ones, in order of first saying
        self.signs: dict[SignId, SignBody] = {}
        self.promises: dict[PromiseId, tuple[PromiseBody, StatementId]] = {}
        self.supports: dict[SupportId, tuple[SupportBody, StatementId]] = {}
        self.types: dict[str, tuple[InstallationTypeBody, StatementId]] = {}
        self.type_names: dict[StatementId, str] = {}  # of every type statement, those that were replaced too
        self.types_said: dict[StatementId, InstallationTypeBody] = {}  # the same, as long as its text is kept
        self.described: dict[str, ThingId] = {}  # by the id in the Thing Description that a standing thing joined by
        self.reordered: set[StreamId] = set()  # of which a contract has gone, or has another in its place
        self.entities: dict[EntityId, tuple[EntityBody, StatementId]] = {}
        self.organisations: dict[Uri, OrganisationBody] = {}
        self.persons: dict[PersonId, KnownPerson] = {}
        self.households: dict[HouseholdId, str] = {}
        self.signers: dict[PersonId, Uri] = {}
        self.asserted: dict[StatementId, StatementId] = {}  # what a passkey signed, and the first word about it
        self.custodies: dict[PersonId, Held] = {}  # of those who ever changed who keeps their key
        self.stays: dict[HouseholdId, tuple[SaidStay, ...]] = {}  # everything said of who belongs to a home, in order
        self.guarded: set[PersonId] = set()  # of whom it was said that guardians speak for them
        self.invitations: dict[PersonId, tuple[InvitationBody, ...]] = {}  # links to their pages, in order
        self.own = OwnWords()  # marks, and requests of rights with their replies
        self.things_given = self.streams_given = 0  # handles given so far, those of erased ones included
        self.keys: dict[Uri, KnownKey] = {}
        self.policy: RegistrationPolicyBody | None = None
        self.kinds_ruled: set[str] = set()  # every kind that any registration policy has named
        self.anchors: tuple[StatementId, ...] = ()  # every trust anchors statement, in order
        self.anchors_version = 0
        self.newest_segment: tuple[int, StatementId] | None = None
        self.succeeding = False  # one log has taken another's place, and its key is not stated yet
        self.shares = Shares()
        self.corrections = Corrections()
        self.invited = Invitations()  # who may connect things where
        self.installs = 0  # how often a thing was put in place or changed: who keeps what they found here compares it

    def take(self, statement: Statement) -> None:
        """Fold one accepted statement. One with something that must be understood and is not gives nobody anything."""
        self.told.reach(statement.signed.headers.issued_at_s)
        if not statement.unknown:
            self._take(statement)
        elif isinstance(statement.body, RegistrationPolicyBody | TrustAnchorsBody | KeyBody):
            self.policy = None  # a rule that cannot be read allows nothing

    def _take(self, statement: Statement) -> None:
        body = statement.body
        match body:
            case InstallationBody():
                former = self.things.get(body.thing)
                stood = None if former is None else former.body
                self._announce(body, stood, statement.signed.id, at_ns=said_ns(statement))
                self.shares.owed.installed(stood, body, statement.signed.id, at_ns=said_ns(statement))
                self.reordered.update(reordered(stood, body))
                self.told.moved += self.invited.connected(body, statement.signed.id, at_ns=said_ns(statement))
                self._install(body, statement.signed.id)
            case PassportBody():
                self._declare(body, statement)
            case DisclosureBody():
                self._disclose(body, statement)
            case OrganisationBody() | KeepingBody():
                self._place(body, statement)
            case body if isinstance(body, OfPerson):
                self._take_person(body, statement)
            case RegistrationPolicyBody() | TrustAnchorsBody() | KeyBody() | SuccessionBody():
                self._take_rules(body, statement.signed.id)
            case ConductSegmentBody():
                self.newest_segment = (body.number, statement.signed.id)
                self.shares.ticked(body.tick)
            case TellingBody() | AuthorityRequestBody() | AuthorityReachBody():
                self.told.take(body, statement.signed.id)
            case GroundBody() | EmergencyBody():
                self._take_ground(body, statement)
            case RedLineBody() | PromiseBody() | SupportBody() | EntityBody() | InstallationTypeBody() | SignBody():
                self._take_word(body, statement.signed.id)
            case _:
                self.own.take(body, statement.signed.id)
                self.shares.take(statement)
                self.corrections.take(body, statement.signed.id)
                self.invited.take(body, statement.signed.id)
        if isinstance(body, TrustAnchorsBody | KeyBody | PersonBody | CustodyBody):
            self.keys.update(learned(self.keys, statement))

    def _place(self, body: OrganisationBody | KeepingBody, statement: Statement) -> None:
        """Who handles data, and who keeps them: what differs from before is to be told."""
        id_, at_ns = statement.signed.id, said_ns(statement)
        if isinstance(body, KeepingBody):
            self.told.kept(body, statement=id_, said_ns=at_ns)
            return
        former, own = self.organisations.get(body.organisation), is_makers(self.keys, statement)
        self.told.entered(body, former, statement=id_, said_ns=at_ns, own=own)
        self.organisations[body.organisation] = as_reached(body, former)

    def _take_ground(self, body: GroundBody | EmergencyBody, statement: Statement) -> None:
        if isinstance(body, EmergencyBody):
            self.openings = opened(self.openings, body, statement)
            return
        known = self.grounds.get(body.assertion)
        first = body if known is None else known.said
        self.grounds[body.assertion] = KnownGround(first, body, statement.signed.id)
        self.shares.owed.asserted(first, body, statement.signed.id)

    def _take_rules(
        self, body: RegistrationPolicyBody | TrustAnchorsBody | KeyBody | SuccessionBody, statement: StatementId
    ) -> None:
        match body:
            case RegistrationPolicyBody():
                self.kinds_ruled.update(kind for rule in body.rules for kind in rule.kinds)
                self.policy = body
            case TrustAnchorsBody():
                self.anchors = (*self.anchors, statement)
                self.anchors_version = body.version
            case SuccessionBody():
                self.succeeding = True
            case KeyBody(role=KeyRole.LOG, revoked=None):
                self.succeeding = False

    @property
    def issuers(self) -> dict[Uri, tuple[str, PublicKey]]:
        """Role and key of every issuer that was ever stated."""
        return {issuer: (known.role, known.key) for issuer, known in self.keys.items()}

    def registered(self, at_ns: int) -> Registered | None:
        """What a statement that comes now is measured by, or None before there is a registration policy."""
        if self.policy is None:
            return None
        signers, house = speaks_for(self.signers, self.custodies, at_ns)
        return Registered(
            self.policy,
            self.keys,
            signers,
            self.organisations,
            self.anchors_version,
            at_ns,
            succession=self.succeeding,
            house=house,
        )

    @property
    def receipt_keys(self) -> list[PublicKey]:
        """The keys of receipts in order of acceptance: the last signs, the others stay resolvable."""
        return [known.key for known in self.keys.values() if known.role == KeyRole.RECEIPT.value]

    def serving(self, role: KeyRole) -> KnownKey | None:
        """The key of a role of this node that has not ended; of several anchors the newest."""
        return next(reversed(in_force(self.keys, role.value)), None)

    def _declare(self, body: PassportBody, said: Statement) -> None:
        """Another word of a product changes nothing of its things; another stream does, and they are put in place anew."""
        former, stood = self.products.get(body.product), self.standing.declared.get(body.product, {})
        self.products[body.product] = body
        self.told.declared(body, stood, statement=said.signed.id, said_ns=said_ns(said))
        if former is not None and former.streams == body.streams:
            return
        for known in tuple(self.things.values()):
            if known.body.product == body.product:
                self._install(known.body, known.statement)

    def _disclose(self, body: DisclosureBody, said: Statement) -> None:
        statement, said_s = said.signed.id, said.signed.headers.issued_at_s
        former = self.disclosure_of(body.product, body.household)
        before = None if former is None else former[0]
        self.told.disclosed(body, before, statement=statement, said_s=said_s)
        self.shares.owed.disclosed(before, body, statement, at_ns=said_ns(said))
        if body.household is None:
            self.disclosures[body.product] = (body, statement)
        else:
            self.home_disclosures[body.household, body.product] = (body, statement)

    def _take_word(
        self,
        body: RedLineBody | PromiseBody | SupportBody | EntityBody | InstallationTypeBody | SignBody,
        statement: StatementId,
    ) -> None:
        match body:
            case RedLineBody():
                known = self.lines.get(body.line)
                self.lines[body.line] = KnownLine(body if known is None else known.drawn, body, statement)
            case PromiseBody():
                self.promises[body.promise] = (body, statement)
            case SupportBody():
                self.supports[body.support] = (body, statement)
            case InstallationTypeBody():
                self.types[body.type] = (body, statement)
                self.type_names[statement] = body.type
                self.types_said[statement] = body
            case SignBody():
                self.signs[body.sign] = body
            case EntityBody() if body.deleted:
                self.entities.pop(body.entity, None)
            case EntityBody():
                self.entities[body.entity] = (body, statement)

    def skip(self, *, things: int, streams: int) -> None:
        """In place of an erased statement: the handles that it had taken stay taken."""
        self.things_given += things
        self.streams_given += streams

    def own_marks(self, stream: StreamId) -> tuple[MarkBody, ...]:
        """What people have said of a stream, ended or not."""
        return self.own.marks.get(stream, ())

    def become(self, other: "Directory") -> None:
        """Be what another is: the same journal without what was erased."""
        installs = self.installs + other.installs + 1
        vars(self).update(vars(other))
        self.installs = installs

    def _take_person(self, body: OfPerson, statement: Statement) -> None:
        said_s = statement.signed.headers.issued_at_s
        match body:
            case AssertionBody():
                self.asserted.setdefault(body.statement, statement.signed.id)
            case CustodyBody():
                held = self.custodies.get(body.person)
                self.custodies[body.person] = followed(held, body, statement.signed.id, said_s=said_s)
            case PersonBody():
                issuer = key_issuer(body.key)
                former = self.persons.get(body.person)
                homes = () if former is None else former.homes
                known = KnownPerson(body.person, body.name, issuer, homes, body.ledger_key, body.custody)
                self.persons[body.person] = known
                self.signers[body.person] = issuer
            case HouseholdBody():
                self.households[body.household] = body.name
                self.standing.known(body.household, said_ns(statement))
            case MembershipBody():
                member = self.persons.get(body.person)
                if member is not None:
                    joined = dict.fromkeys((*member.homes, body.household))
                    self.persons[body.person] = msgspec.structs.replace(member, homes=tuple(joined))
                    self.stays[body.household] = (*self.stays.get(body.household, ()), SaidStay(body, said_s))
                    self.shares.owed.stay(body, statement.signed.id)
            case GuardianshipBody():
                self.guarded.add(body.child)
            case InvitationBody():
                self.invitations[body.person] = (*self.invitations.get(body.person, ()), body)

    def disclosure_of(self, product: Uri, household: HouseholdId | None) -> tuple[DisclosureBody, StatementId] | None:
        """What is disclosed about things of a product: in a home its own disclosure where there is one, else the open one."""
        own = None if household is None else self.home_disclosures.get((household, product))
        return own or self.disclosures.get(product)

    def rests_on(self, statement: StatementId) -> bool:
        """Whether something that is listed here and in no scope is counted from this statement."""
        words = (*self.promises.values(), *self.supports.values(), *self.entities.values(), *self.types.values())
        return any(id_ == statement for _, id_ in words)

    def at_home(self, identifier: bytes) -> bool:
        """Whether these 16 bytes name a home, somebody who lives in one, or a thing, stream or entity of one."""
        known = self.streams.get(StreamId(identifier))
        thing = self.things.get(ThingId(identifier) if known is None else known.thing)
        entity = self.entities.get(EntityId(identifier))
        return (
            identifier in self.households
            or identifier in self.persons
            or (thing is not None and thing.body.household is not None)
            or (entity is not None and entity[0].household is not None)
        )

    def thing_named(self, name: str) -> KnownThing | None:
        """The first thing people call `name`, or None."""
        return next((each for each in self.things.values() if each.body.name == name), None)

    def _announce(
        self, body: InstallationBody, stood: InstallationBody | None, statement: StatementId, *, at_ns: int
    ) -> None:
        """What first stands in a home or public place is to be told there."""
        began_ns = self.standing.began.get(where_of(body))
        new = self.standing.take(body, stood, at_ns=at_ns)
        self.told.ordered(body, stood, new, statement=statement, said_ns=at_ns, began=self.standing.began)
        disclosed = self.disclosure_of(body.product, body.household)
        if new and disclosed is not None and began_ns is not None:
            self.told.joined(body, new, disclosed[0], statement=statement, said_ns=at_ns, began_ns=began_ns)

    def _install(self, body: InstallationBody, statement: StatementId) -> None:
        self.installs += 1
        product = self.products.get(body.product)
        declared = {each.name: each for each in product.streams} if product is not None else {}
        former = self.things.get(body.thing)
        if former is None:
            self.things_given += 1
        number = former.number if former is not None else self.things_given
        streams: dict[str, KnownStream] = {}
        for each in body.streams:
            if each.name not in declared:
                continue
            before = self.streams.get(each.stream)
            if before is None:
                self.streams_given += 1
            handle = before.number if before is not None else self.streams_given
            known = KnownStream(each.stream, body.thing, handle, declared[each.name], each)
            streams[each.name] = known
            self.streams[each.stream] = known
            self.by_number[handle] = each.stream
        self.standing.declare(body.product, (each.declared for each in streams.values()))
        if body.described is not None and body.to_ns is None:
            self.described[body.described.id] = body.thing
        elif body.described is not None and self.described.get(body.described.id) == body.thing:
            del self.described[body.described.id]
        self.things[body.thing] = KnownThing(body.thing, number, body, statement, streams)
        self.thing_by_number[number] = body.thing
