"""Makers speak about their own products with their own key, and about nothing else; a policy can be replaced, within bounds."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.key_world import Place
from tests.vectors import stranger
from tests.vectors.made_signing import seed_of
from troth.errors import BadRuling, Conflict, KeyEnded, NotRegistered
from troth.names import Uri, ckt_uri
from troth.signing.keys import Ed25519Signer, MlDsa44Signer
from troth.statements.choice import ChoiceBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.first_policy import first_rules
from troth.statements.journal import unerased
from troth.statements.key import KeyBody, KeyRole, Revoked
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule, Subjects
from troth.statements.statement import as_kind
from troth.statements.statement import read as read_statement
from troth.statements.statement import write as write_statement
from troth.statements.subjects import is_below
from troth.testing.people import MAKER
from troth.verify.checks import verify
from troth.verify.file import ProofFile, read, write

KEY = Ed25519Signer.from_seed(seed_of("maker"))
OTHER = MlDsa44Signer.from_seed(seed_of("another maker"))


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place.made(41)
    with made.world:
        made.world.run(made.world.node.rekey.maker(maker_of(made), KEY.public.cose_key))
        yield made


def maker_of(place: Place) -> Uri:
    return place.world.organisation(MAKER).uri


def passport(place: Place) -> PassportBody:
    """What is registered of the gauge, which is the maker's own product."""
    return next(iter(place.world.node.directory.products.values()))


def disclosure(place: Place) -> DisclosureBody:
    return next(iter(place.world.node.directory.disclosures.values()))[0]


def test_a_maker_says_its_own_passport_disclosure_and_contact(place: Place) -> None:
    place.offer(KindName.PASSPORT, msgspec.structs.replace(passport(place), about="Measures water."), KEY)
    place.offer(KindName.DISCLOSURE, msgspec.structs.replace(disclosure(place), version=2), KEY)
    held = place.world.node.directory.organisations[maker_of(place)]
    newer = msgspec.structs.replace(held, name="Maker Ltd", contact="mailto:a@maker.example")
    place.offer(KindName.ORGANISATION, newer, KEY)
    assert "Measures water." == passport(place).about


def test_an_older_word_of_a_maker_that_somebody_brings_does_not_take_the_place_of_a_newer(place: Place) -> None:
    """Makers speak to many places, and each publishes what they said: anybody can bring it on."""
    change, now, day = msgspec.structs.replace, place.world.clock.now(), 86_400_000_000_000
    uri = ckt_uri(KEY.public.thumbprint)

    def said(name: KindName, body: PassportBody | DisclosureBody, at_ns: int) -> bytes:
        return write_statement(name, body, signer=KEY, issuer=uri, subject=body.product, at_ns=at_ns).data

    told, plain = change(disclosure(place), version=7), change(passport(place), about="New.")
    for name, newer, older in (
        (KindName.DISCLOSURE, told, change(told, version=1, language="fr")),
        (KindName.PASSPORT, plain, change(plain, about="Old.")),
    ):
        place.world.run(place.world.node.register.register(said(name, newer, now)))
        with pytest.raises(Conflict, match="newer"):
            place.world.run(place.world.node.register.register(said(name, older, now - day)))
        place.world.run(place.world.node.register.register(said(name, older, now)))  # said again today it counts
    assert ("fr", "Old.") == (disclosure(place).language, passport(place).about)


def test_what_is_not_its_own_a_maker_cannot_say(place: Place) -> None:
    supplier = place.world.organisation("Supplier").uri
    plain, told = passport(place), disclosure(place)
    change = msgspec.structs.replace
    wrong: list[tuple[KindName, Body]] = [
        (KindName.PASSPORT, change(plain, product=Uri(f"{supplier}meter"))),
        (KindName.PASSPORT, change(plain, maker=supplier)),
        (KindName.PASSPORT, change(plain, product=Uri("https://maker.example.evil/meter"))),
        (KindName.PASSPORT, change(plain, product=Uri("https://maker.example/../supplier/meter"))),
        (KindName.DISCLOSURE, change(told, answerable=supplier)),
        (KindName.DISCLOSURE, change(told, product=Uri(f"{supplier}meter"))),
        (KindName.ORGANISATION, OrganisationBody(supplier, "Mine now", "mailto:a@maker.example")),
        (KindName.KEY, KeyBody(OTHER.public.cose_key, KeyRole.MAKER, maker_of(place))),
        (KindName.INSTALLATION, next(iter(place.world.node.directory.things.values())).body),
        (KindName.REGISTRATION_POLICY, RegistrationPolicyBody(first_rules(), place.world.node.origin, 2)),
    ]
    for kind, body in wrong:
        with pytest.raises(NotRegistered):
            place.offer(kind, body, KEY)


@pytest.mark.parametrize(
    ("product", "holder", "below"),
    [
        ("https://a.example", "https://a.example", True),
        ("https://a.example/x", "https://a.example", True),
        ("https://a.example/x/y", "https://a.example/x", True),
        ("https://a.example/x", "https://a.example/", True),
        ("urn:a:x", "urn:a:", True),
        ("https://a.example.evil/x", "https://a.example", False),
        ("https://a.example/xy", "https://a.example/x", False),
        ("https://a.example/", "https://a.example", False),
        ("https://a.example/x/../../b", "https://a.example/x", False),
        ("https://a.example/x/./y", "https://a.example/x", False),
        ("https://a.example/x/%2e%2e/y", "https://a.example/x", False),
        ("https://a.example/x?y", "https://a.example/", False),
        ("https://a.example/x#y", "https://a.example/", False),
        ("https://a.example//x", "https://a.example/", False),
        ("https://b.example/x", "https://a.example", False),
        ("https://a.example@b.example/x", "https://a.example", False),
        ("", "https://a.example", False),
    ],
)
def test_what_lies_below_a_holder_s_uri(product: str, holder: str, below: bool) -> None:  # noqa: FBT001 - a row of a table
    assert below == is_below(product, holder)


def test_a_proof_that_rests_on_a_maker_s_own_statements_verifies(place: Place) -> None:
    before = place.proof(place.observed(1.0))
    assert not read(before).keys
    place.offer(KindName.PASSPORT, msgspec.structs.replace(passport(place), about="Measures water."), KEY)
    proof = place.proof(place.observed(2.0))
    log = place.world.node.record.sequencer.key
    verdict = verify(proof, trusted=(log,))
    assert verdict.passed, verdict.failed
    assert "passport" in {each.kind for each in verdict.rests_on}
    assert "a maker about its own" in verdict.checks[8].detail
    assert 1 == len(read(proof).keys)
    stranger.verify(proof, [str(log)])
    without = msgspec.structs.replace(read(proof), keys=())
    fails(place, without, 9)


def test_statements_about_keys_that_do_not_belong_fail_check_6(place: Place) -> None:
    place.offer(KindName.PASSPORT, msgspec.structs.replace(passport(place), about="Measures water."), KEY)
    good = read(place.proof(place.observed(2.0)))
    change = msgspec.structs.replace
    for keys in (
        (good.gate,),  # a gate's key is no maker's
        (good.segment,),
        (good.keys[0], good.keys[0]),
        (change(good.keys[0], index=good.keys[0].index - 1),),
        (change(good.keys[0], path=good.keys[0].path[:-1]),),
        (good.anchors, good.keys[0]),
    ):
        fails(place, change(good, keys=keys), 6)


def fails(place: Place, file: ProofFile, number: int) -> None:
    """Both verifiers refuse it at this check."""
    log = place.world.node.record.sequencer.key
    failed = verify(write(file), trusted=(log,)).failed
    assert failed is not None
    assert number == failed.number, failed
    with pytest.raises(stranger.Fails) as raised:
        stranger.verify(write(file), [str(log)])
    assert number == raised.value.number


def test_a_maker_s_key_is_replaced_and_revoked(place: Place) -> None:
    maker, rekey = maker_of(place), place.world.node.rekey
    with pytest.raises(BadRuling):
        place.world.run(rekey.maker(Uri("https://nobody.example"), OTHER.public.cose_key))
    place.world.advance(2)  # the same words in the same second are the same statement, which is accepted again
    with pytest.raises(BadRuling):
        place.world.run(rekey.maker(maker, KEY.public.cose_key))
    with pytest.raises(BadRuling):
        place.world.run(rekey.maker(maker, OTHER.public.cose_key, replaces=place.serving(KeyRole.GATE).thumbprint))
    with pytest.raises(BadRuling):
        place.world.run(rekey.maker(maker, b"\xa0"))
    place.world.run(rekey.maker(maker, OTHER.public.cose_key, replaces=KEY.public.thumbprint))
    with pytest.raises(KeyEnded):
        place.offer(KindName.PASSPORT, passport(place), KEY)
    place.offer(KindName.PASSPORT, passport(place), OTHER)
    place.world.run(rekey.revoke(OTHER.public, why=Revoked.RETIRED))
    place.world.restart()
    for signer in (KEY, OTHER):
        with pytest.raises(KeyEnded):
            place.offer(KindName.PASSPORT, msgspec.structs.replace(passport(place), about="Again."), signer)


def test_a_key_serves_inside_its_times_only(place: Place) -> None:
    now = place.world.clock.now()
    body = KeyBody(
        OTHER.public.cose_key, KeyRole.MAKER, maker_of(place), from_ns=now + 10 * 10**9, to_ns=now + 20 * 10**9
    )
    place.offer(KindName.KEY, body, place.operator())
    with pytest.raises(KeyEnded):
        place.offer(
            KindName.PASSPORT, passport(place), OTHER, ahead_s=15
        )  # what it says of its own date does not count
    place.world.advance(15)
    place.offer(KindName.PASSPORT, passport(place), OTHER)
    place.world.advance(15)
    with pytest.raises(KeyEnded):
        place.offer(KindName.PASSPORT, msgspec.structs.replace(passport(place), about="Late."), OTHER, ahead_s=-20)


def test_a_policy_takes_effect_from_its_position(place: Place) -> None:
    narrower = tuple(rule for rule in first_rules() if rule.role != KeyRole.MAKER.value)
    place.offer(KindName.PASSPORT, passport(place), KEY)
    assert 2 == place.world.run(place.world.node.rekey.policy(narrower))
    changed = msgspec.structs.replace(passport(place), about="Again.")
    with pytest.raises(NotRegistered):
        place.offer(KindName.PASSPORT, changed, KEY)
    place.world.restart()
    with pytest.raises(NotRegistered):
        place.offer(KindName.PASSPORT, changed, KEY)
    wider = (*narrower, RegistrationRule("maker", ("passport",), Subjects.OWN_PRODUCTS))
    assert 3 == place.world.run(place.world.node.rekey.policy(wider))
    place.offer(KindName.PASSPORT, changed, KEY)
    assert place.proof(place.observed(1.0))


def test_a_policy_under_which_the_place_could_not_go_on_is_refused(place: Place) -> None:
    rules = first_rules()
    without = [tuple(rule for rule in rules if rule.role != role) for role in ("operator", "gate", "person")]
    own = tuple(msgspec.structs.replace(rule, subjects=Subjects.OWN_ORGANISATION) for rule in rules)
    for bad in (*without, own, ()):
        with pytest.raises(BadRuling):
            place.world.run(place.world.node.rekey.policy(bad))
    origin = place.world.node.origin
    for body in (
        RegistrationPolicyBody(rules, origin, 1),
        RegistrationPolicyBody(rules, origin, 3),
        RegistrationPolicyBody(rules, "another.example/log", 2),
    ):
        with pytest.raises(BadRuling):
            place.offer(KindName.REGISTRATION_POLICY, body, place.operator())


def test_no_policy_lets_anybody_choose_for_another(place: Place) -> None:
    ana = place.world.home("Harbour Lane 12").person("Ana")
    rules = (*first_rules(), RegistrationRule("operator", ("choice",)))
    place.world.run(place.world.node.rekey.policy(rules))
    home = place.world.home("Harbour Lane 14")
    meter = home.thing("meter")
    bea = home.person("Bea")
    bea.gives(meter)
    entries = list(unerased(place.world.journal.entries(after=0, limit=10_000)))
    given = next(e.signed for e in reversed(entries) if "choice" in e.signed.headers.content_type)
    body = as_kind(read_statement(given), ChoiceBody)
    for person in (ana.person, bea.person):
        with pytest.raises(NotRegistered, match="signed by the person"):
            place.offer(KindName.CHOICE, msgspec.structs.replace(body, person=person), place.operator())
