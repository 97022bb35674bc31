"""A town made of really signed statements, for tests of the gate: say something, then ask.

Times are minutes since `START_NS`, so that a test reads as numbers: `ana` chooses at 10, asks at 20.
"""

import hashlib

from troth.gate.decide import decide
from troth.gate.leases import Lease, Leases
from troth.gate.question import OWN_PURPOSE, Action, Answer, Asker, Question
from troth.names import (
    GroundId,
    HouseholdId,
    PersonId,
    PurposeId,
    StatementId,
    StreamId,
    ThingId,
    Uri,
    ckt_uri,
    print_person,
)
from troth.signing.keys import Ed25519Signer
from troth.state.in_force import InForce, Reading
from troth.state.scopes import ProductScope, StreamScope, product_scope, stream_scope
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody, Limits
from troth.statements.ground import Agreement, Asserted, Citation, GroundBody
from troth.statements.installation import Answering, Consideration, Contract, InstallationBody, InstalledStream
from troth.statements.kinds import Body, KindName
from troth.statements.notice import notice_of
from troth.statements.objection import ObjectionBody
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.person import DepartureBody, HouseholdBody, MembershipBody, PersonBody
from troth.statements.restriction import RestrictionBody
from troth.statements.statement import Statement, read, write
from troth.statements.terms import Terms, terms_of
from troth.things.observations import Variant
from troth.things.weekly import Weekly
from troth.tlog.trace import basis_id

MINUTE_NS = 60_000_000_000
START_NS = 1_772_352_000_000_000_000  # 2026-03-01T08:00:00Z

METER = Uri("https://maker.example/meter")
MAKER = Uri("https://maker.example/")
SUPPLIER = Uri("https://supplier.example/")
UNIVERSITY = Uri("https://university.example/")
STRANGER = Uri("https://stranger.example/")
OPERATOR = Uri("https://operator.example/")
RESEARCH = PurposeId("https://university.example/research")
BILLING = PurposeId("https://supplier.example/billing")
HOUSE = PurposeId("https://maker.example/your-own-use")

AGREED = Agreement(("Works", "Works council"), "Works council", "Mo Berg")
INTEREST = Citation("GDPR, Article 6(1)(f)", "EU/GDPR", "6(1)(f)")
PAPER = Citation("Agreement", digest=b"p" * 32, where=Uri("https://works.example/agreement"))
LAWFUL = Citation("Messstellenbetriebsgesetz, § 60", "DE/MsbG", "60")
CITED = {Asserted.REQUIRED: LAWFUL, Asserted.SETTLED: PAPER, Asserted.OBJECTABLE: INTEREST}

RAW, HOURLY = Variant.RAW, Variant.HOURLY_MEAN


def ns(minute: float) -> int:
    """This minute of the town as ns UTC."""
    return START_NS + round(minute * MINUTE_NS)


def view(variant: str, ground: str) -> DisclosedVariant:
    return DisclosedVariant(variant, ground)


def purpose(id_: PurposeId, *views: DisclosedVariant, to: tuple[Uri, ...] = ()) -> DisclosedPurpose:
    return DisclosedPurpose(id_, "a purpose", "unknown", to, views, 30)


RESEARCHED = purpose(RESEARCH, view(RAW, "choice"), view(HOURLY, "choice"), to=(UNIVERSITY,))
BILLED = purpose(BILLING, view(RAW, "contract"), to=(SUPPLIER,))
OWNED = purpose(HOUSE, view(RAW, "own"))


class Town:
    """Everything said so far, and what is in force because of it. `said` is the journal."""

    def __init__(self) -> None:
        self.said: list[Statement] = []
        self.in_force = InForce()
        self.leases = Leases(self.in_force)
        self._operator = self._signer("operator")
        self._counter = 0

    def say(self, name: KindName, body: Body, *, by: Ed25519Signer | None = None, at: float = 0) -> Statement:
        """Sign, read back from the signed bytes, fold."""
        signer = by or self._operator
        self._counter += 1
        signed = write(
            name,
            body,
            signer=signer,
            issuer=ckt_uri(signer.public.thumbprint),
            subject=f"subject-{self._counter}",
            at_ns=ns(at),
        )
        statement = read(signed)
        self.said.append(statement)
        self.leases.move(statement)
        return statement

    def organisations(self, *uris: Uri) -> None:
        for uri in uris:
            self.say(KindName.ORGANISATION, OrganisationBody(uri, uri, "mailto:office@example.org"))

    def product(
        self,
        product: Uri = METER,
        *,
        concerns_nobody: bool = False,
        senses: str = "water",
        sector: str | None = None,
    ) -> StatementId:
        flow = PassportStream("flow", "Flow", senses, Uri("urn:x:flow"), "number", concerns_nobody=concerns_nobody)
        body = PassportBody(product, "Meter", MAKER, (flow,), sector=sector)
        return self.say(KindName.PASSPORT, body).signed.id

    def disclose(
        self,
        *purposes: DisclosedPurpose,
        product: Uri = METER,
        name: str = "flow",
        places: tuple[str, ...] = (),
        group_size: int | None = None,
        home: HouseholdId | None = None,
    ) -> StatementId:
        stream = DisclosedStream(name, purposes, places, group_size)
        body = DisclosureBody(product, MAKER, "en", 1, (stream,), home)
        return self.say(KindName.DISCLOSURE if home is None else KindName.HOME_DISCLOSURE, body).signed.id

    def household(self, name: str) -> HouseholdId:
        household = HouseholdId(_id(f"home {name}"))
        self.say(KindName.HOUSEHOLD, HouseholdBody(household, name))
        return household

    def workplace(self, name: str) -> HouseholdId:
        household = HouseholdId(_id(f"home {name}"))
        self.say(KindName.HOUSEHOLD, HouseholdBody(household, name, workplace=True))
        return household

    def person(self, name: str, household: HouseholdId, *, since: float = 0, to: float | None = None) -> PersonId:
        person = PersonId(_id(f"person {name}"))
        self.say(KindName.PERSON, PersonBody(person, name, self.key_of(person).public.cose_key))
        self.member(person, household, since=since, to=to)
        return person

    def member(
        self,
        person: PersonId,
        household: HouseholdId,
        *,
        since: float,
        to: float | None = None,
        role: str = "member",
        shifts: Weekly | None = None,
        shifts_until: float | None = None,
    ) -> Statement:
        to_ns = None if to is None else ns(to)
        until_ns = None if shifts_until is None else ns(shifts_until)
        body = MembershipBody(household, person, role, ns(since), to_ns, shifts=shifts, shifts_until_ns=until_ns)
        return self.say(KindName.MEMBERSHIP, body, at=since)

    def departs(self, by: PersonId, household: HouseholdId, at: float, *, leaves: PersonId | None = None) -> Statement:
        body = DepartureBody(household, by, leaves or by, ns(at))
        return self.say(KindName.DEPARTURE, body, by=self.key_of(by), at=at)

    def restricts(
        self,
        person: PersonId,
        household: HouseholdId,
        name: int,
        at: float,
        *,
        since: float | None = None,
        to: float | None = None,
        weekly: Weekly | None = None,
    ) -> Statement:
        """Private mode from `since` (from `at`, if not given) on. Said again under the same name it has another end."""
        body = RestrictionBody(
            _id(f"restriction {name}"),
            person,
            household,
            ns(at if since is None else since),
            "session",
            weekly=weekly,
            to_ns=None if to is None else ns(to),
        )
        return self.say(KindName.RESTRICTION, body, by=self.key_of(person), at=at)

    def install(
        self,
        household: HouseholdId | None,
        *,
        name: str = "meter",
        product: Uri = METER,
        since: float = 0,
        contract: tuple[float, float | None] | None = None,
        answers: Uri = SUPPLIER,
        owner: Uri | None = None,
        place: str = "hall",
    ) -> StreamId:
        stream = StreamId(_id(f"stream {name}"))
        paper = None
        if contract is not None:
            from_, to = contract
            paper = Contract(_id("paper") * 2, "contract", ns(from_), None if to is None else ns(to))
        body = InstallationBody(
            thing=ThingId(_id(f"thing {name}")),
            name=name,
            product=product,
            place=place,
            answers=Answering(answers, "mailto:office@example.org"),
            from_ns=ns(since),
            streams=(InstalledStream(stream, "flow", "sealed", None, paper),),
            consideration=Consideration("2026-03-01", "Mo", "Nobody is harmed."),
            household=household,
            owner=owner,
        )
        self.say(KindName.INSTALLATION if household is None else KindName.HOME_INSTALLATION, body)
        return stream

    def choose(
        self,
        person: PersonId,
        decision: Decision,
        about: StreamId | HouseholdId,
        at: float,
        *,
        purpose: PurposeId = RESEARCH,
        variant: str | None = RAW,
        to: float | None = None,
        since: float | None = None,
        whole_home: bool = False,
        notice: NoticeShown | None = None,
    ) -> Statement:
        body = ChoiceBody(
            person=person,
            purpose=purpose,
            decision=decision,
            from_ns=ns(at),
            notice=notice or self.told(about, purpose),
            terms=self._terms(about, purpose) if decision is Decision.GIVE else None,
            made_by="session",
            streams=() if whole_home else (StreamId(about),),
            household=HouseholdId(about) if whole_home else None,
            variant=variant if decision is Decision.GIVE else None,
            to_ns=None if to is None else ns(to),
            since_ns=None if since is None else ns(since),
        )
        return self.say(KindName.CHOICE, body, by=self.key_of(person), at=at)

    def _terms(self, about: StreamId | HouseholdId, purpose: PurposeId) -> Terms | None:
        """What a yes is said to now."""
        found = self._disclosed(about, purpose)
        return None if found is None else terms_of(found[1], found[2], measured=found[3], parties={})

    def told(self, about: StreamId | HouseholdId, purpose: PurposeId) -> NoticeShown:
        """The text that is shown now for this purpose."""
        found = self._disclosed(about, purpose)
        if found is None:
            return NoticeShown(_id("notice") * 2, 1, "en")
        return notice_of(found[1], found[2], found[0], measured=found[3], parties={}).shown()

    def _disclosed(
        self, about: StreamId | HouseholdId, purpose: PurposeId
    ) -> tuple[DisclosureBody, DisclosedPurpose, Limits, PassportStream | None] | None:
        installed = self.in_force.value(stream_scope(StreamId(about)))
        product = installed.product if isinstance(installed, StreamScope) else METER
        held = self.in_force.value(product_scope(product))
        disclosure = held.disclosure if isinstance(held, ProductScope) else None
        streams = () if disclosure is None else disclosure.streams
        known = {} if not isinstance(held, ProductScope) or held.passport is None else held.passport.by_name
        found = ((p, s) for s in streams for p in s.purposes if p.purpose == purpose)
        return next(
            ((disclosure, each, s.limits, known.get(s.name)) for each, s in found if disclosure is not None), None
        )

    def objects(
        self,
        person: PersonId,
        about: StreamId | HouseholdId,
        at: float,
        *,
        purpose: PurposeId,
        withdrawn: bool = False,
        whole_home: bool = False,
    ) -> Statement:
        """Object to a use, or take it back."""
        body = ObjectionBody(
            person=person,
            purpose=purpose,
            from_ns=ns(at),
            made_by="session",
            streams=() if whole_home else (StreamId(about),),
            household=HouseholdId(about) if whole_home else None,
            withdrawn=withdrawn,
        )
        return self.say(KindName.OBJECTION, body, by=self.key_of(person), at=at)

    def asserts(
        self,
        purpose: PurposeId,
        at: float,
        *,
        ground: Asserted = Asserted.REQUIRED,
        name: str = "first",
        review: float = 1_000,
        to: float | None = None,
        cited: Citation | None = None,
        streams: tuple[str, ...] = (),
        home: HouseholdId | None = None,
        product: Uri = METER,
        condition: str | None = None,
        said_again: float | None = None,
    ) -> Statement:
        """Assert a ground, from `at` on; the same name again moves its end and its review."""
        body = GroundBody(
            assertion=GroundId(_id(f"ground {name}")),
            ground=ground,
            by=SUPPLIER,
            product=product,
            purposes=(purpose,),
            citation=cited or CITED[ground],
            words="It must be.",
            from_ns=ns(at),
            review_ns=ns(review),
            streams=streams,
            household=home,
            condition=condition,
            agreement=AGREED if ground is Asserted.SETTLED else None,
            to_ns=None if to is None else ns(to),
        )
        kind = KindName.GROUND if home is None else KindName.HOME_GROUND
        return self.say(kind, body, at=at if said_again is None else said_again)

    def ruled(self, text: str | None, *, at: float = 0, version: int = 1) -> Statement:
        """State rules of the operator, without anybody looking at them first."""
        return self.say(KindName.OPERATOR_POLICIES, OperatorPoliciesBody(version, "So it is.", text), at=at)

    def said_of(self, *names: KindName) -> list[Statement]:
        """What was said of these kinds, in order."""
        return [each for each in self.said if each.kind.name in names]

    def ask(self, question: Question) -> Answer:
        return decide(question, Reading(self.in_force))

    def lease(self, question: Question) -> Lease:
        reading = Reading(self.in_force)
        answer = decide(question, reading)
        return self.leases.hold(question, answer, basis=basis_id(answer.rests_on), scopes=reading.looked_at)

    def replayed(self) -> InForce:
        """What a node that starts now would fold from the journal."""
        fresh = InForce()
        for statement in self.said:
            fresh.move(read(statement.signed))
        return fresh

    def key_of(self, person: PersonId) -> Ed25519Signer:
        return self._signer(print_person(person))

    @staticmethod
    def _signer(name: str) -> Ed25519Signer:
        return Ed25519Signer.from_seed(hashlib.sha256(f"a key for tests: {name}".encode()).digest())


def reads(stream: StreamId, at: float, *, party: Uri = UNIVERSITY, why: PurposeId = RESEARCH) -> Question:
    """A recipient's question."""
    return Question(Action.READ, stream, Asker(party, "app", why), ns(at))


def reads_own(stream: StreamId, at: float, person: PersonId) -> Question:
    """A person's question about their own."""
    return Question(Action.READ, stream, Asker(Uri("urn:troth:member"), "pages", OWN_PURPOSE, person), ns(at))


def collects(stream: StreamId, at: float, *, data: float | None = None, party: Uri = SUPPLIER) -> Question:
    """A thing's question."""
    data_ns = None if data is None else ns(data)
    return Question(Action.COLLECT, stream, Asker(party, "things", OWN_PURPOSE), ns(at), data_ns)


def _id(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]
