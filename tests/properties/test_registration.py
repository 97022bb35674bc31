"""Who may say what: the registration policy refuses far more than it accepts."""

import pytest

from troth.errors import BadCose, NotRegistered
from troth.names import HouseholdId, PersonId, StatementId, StreamId, ThingId, Uri, ckt_uri
from troth.signing.cose import Signed, parse
from troth.signing.keys import Ed25519Signer
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.first_policy import first_rules
from troth.statements.installation import Answering, Consideration, InstallationBody, InstalledStream
from troth.statements.kinds import Body, KindName
from troth.statements.known_keys import KnownKey
from troth.statements.organisation import OrganisationBody
from troth.statements.registration import Registered, check_registration
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import read, write

OPERATOR, GATE, ANA, EVE = (Ed25519Signer.from_seed(bytes([number]) * 32) for number in range(1, 5))
ROLES = {"operator": OPERATOR, "gate": GATE, "person": ANA}
NOW_NS = 1_000_000_000
PERSON = PersonId(b"p" * 16)
POLICY = RegistrationPolicyBody(first_rules(), "log.example")
ORGANISATION = OrganisationBody(Uri("https://a.example"), "A", "mailto:a@a.example")
SEGMENT = ConductSegmentBody(GATE.public.thumbprint, 1, 10, 256, b"r" * 32)


def issuer(signer: Ed25519Signer) -> Uri:
    """What a signer signs as."""
    return ckt_uri(signer.public.thumbprint)


def known(role: str, signer: Ed25519Signer) -> KnownKey:
    """A key in its role, its own holder."""
    return KnownKey(role, signer.public, issuer(signer), StatementId(bytes(32)))


def check(signed: Signed) -> None:
    """Register against the policy above."""
    keys = {issuer(signer): known(role, signer) for role, signer in ROLES.items()}
    check_registration(read(signed), registered=Registered(POLICY, keys, {PERSON: issuer(ANA)}, at_ns=NOW_NS))


def said(name: KindName, body: Body, signer: Ed25519Signer, *, as_: Uri | None = None) -> Signed:
    """A statement by `signer`, claiming to be `as_`."""
    return write(name, body, signer=signer, issuer=as_ or issuer(signer), subject="s", at_ns=1)


def installation(household: HouseholdId | None) -> InstallationBody:
    """A thing with one stream."""
    return InstallationBody(
        thing=ThingId(b"t" * 16),
        name="Meter",
        product=Uri("https://a.example/p"),
        place="here",
        answers=Answering(Uri("https://a.example"), "mailto:a@a.example"),
        from_ns=0,
        streams=(InstalledStream(StreamId(b"s" * 16), "power", "carried"),),
        consideration=Consideration("2026-11-23", "A", "Thought."),
        household=household,
    )


def choice(person: PersonId) -> ChoiceBody:
    """A refusal."""
    return ChoiceBody(
        person=person,
        purpose=Uri("https://a.example/why"),  # type: ignore[arg-type]  # any text serves here
        decision=Decision.REFUSE,
        from_ns=1,
        notice=NoticeShown(b"n" * 32, 1, "en"),
        made_by="session",
        streams=(StreamId(b"s" * 16),),
    )


def test_each_role_may_say_its_own_kinds() -> None:
    check(said(KindName.ORGANISATION, ORGANISATION, OPERATOR))
    check(said(KindName.CONDUCT_SEGMENT, SEGMENT, GATE))
    check(said(KindName.CHOICE, choice(PERSON), ANA))


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(said(KindName.ORGANISATION, ORGANISATION, GATE), id="the gate registers an organisation"),
        pytest.param(said(KindName.ORGANISATION, ORGANISATION, ANA), id="a person registers an organisation"),
        pytest.param(said(KindName.CONDUCT_SEGMENT, SEGMENT, OPERATOR), id="the operator signs a segment"),
        pytest.param(said(KindName.CHOICE, choice(PERSON), OPERATOR), id="the operator chooses for a person"),
        pytest.param(said(KindName.CHOICE, choice(PersonId(b"q" * 16)), ANA), id="one person chooses for another"),
        pytest.param(said(KindName.ORGANISATION, ORGANISATION, EVE), id="a stranger"),
        pytest.param(said(KindName.ORGANISATION, ORGANISATION, EVE, as_=issuer(OPERATOR)), id="a stranger's key"),
        pytest.param(
            said(KindName.INSTALLATION, installation(HouseholdId(b"h" * 16)), OPERATOR), id="a home in the open"
        ),
        pytest.param(
            said(KindName.HOME_INSTALLATION, installation(None), OPERATOR), id="a home's installation without a home"
        ),
    ],
)
def test_what_no_rule_allows_is_refused(signed: Signed) -> None:
    with pytest.raises(NotRegistered):
        check(signed)


def test_a_changed_byte_of_the_signature_is_refused() -> None:
    data = bytearray(said(KindName.ORGANISATION, ORGANISATION, OPERATOR).data)
    data[-1] ^= 1
    with pytest.raises(BadCose):
        check(parse(bytes(data)))
