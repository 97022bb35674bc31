"""Folding is pure and total: any statement on any scope gives a value, and the same order gives the same state."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.described import body_of
from tests.made_town import (
    BILLED,
    METER,
    OWNED,
    RESEARCHED,
    START_NS,
    SUPPLIER,
    UNIVERSITY,
    Town,
    ns,
    purpose,
    view,
)
from troth.names import PersonId, StreamId, Uri
from troth.state.directory import Directory
from troth.state.fold import fold, touches
from troth.state.in_force import InForce, Reading
from troth.state.scopes import (
    DEPLOYMENT,
    DeploymentScope,
    PartyScope,
    PersonScope,
    PlaceScope,
    ProductScope,
    Scope,
    ScopeKind,
    ScopeValue,
    party_scope,
    person_scope,
    place_scope,
    product_scope,
    stream_scope,
)
from troth.statements.choice import Decision
from troth.statements.erasure import ErasureBody
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import KindName
from troth.statements.preservation import PreservationBody
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import Statement
from troth.statements.succession import SuccessionBody
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.things.intervals import FOREVER


def town() -> Town:
    """One statement of every kind."""
    made = Town()
    made.organisations(SUPPLIER, UNIVERSITY)
    made.product()
    made.disclose(RESEARCHED, BILLED, OWNED)
    home = made.household("h")
    ana = made.person("Ana", home)
    meter = made.install(home)
    made.install(None, name="gauge")
    made.choose(ana, Decision.GIVE, meter, 1)
    key = made.key_of(ana).public.cose_key
    made.say(KindName.KEY, KeyBody(key, KeyRole.GATE, SUPPLIER, 10))
    made.say(KindName.REGISTRATION_POLICY, RegistrationPolicyBody((), "origin"))
    made.say(KindName.TRUST_ANCHORS, TrustAnchorsBody((key,), "origin"))
    made.say(KindName.PRESERVATION, PreservationBody(bytes(16), ana, "dispute", "A fall.", START_NS, START_NS + 10))
    made.say(KindName.ERASURE, ErasureBody("paper", START_NS, bytes(32), (home,)))
    made.say(KindName.CONDUCT_SEGMENT, ConductSegmentBody(bytes(32), 0, START_NS, 256, bytes(32)))
    made.say(KindName.SUCCESSION, SuccessionBody("new", "origin", "key", "It was lost.", START_NS))
    for name in set(KindName) - {statement.kind.name for statement in made.said}:
        made.say(name, body_of(name))
    return made


TOWN = town()
VALUES: list[ScopeValue | None] = [None, *(value for value in TOWN.in_force.scopes().values())]
VALUES += [ProductScope(), PlaceScope(), PersonScope(), PartyScope("n", "c", TOWN.said[0].signed.id), DeploymentScope()]
SCOPES = [*TOWN.in_force.scopes(), DEPLOYMENT, *(Scope(kind, bytes(16)) for kind in ScopeKind)]

statements = st.sampled_from(TOWN.said)
scopes = st.sampled_from(SCOPES)


def test_the_town_says_something_of_every_kind() -> None:
    assert set(KindName) == {statement.kind.name for statement in TOWN.said}


@given(scopes, st.sampled_from(VALUES), statements)
def test_folding_never_raises_and_is_pure(scope: Scope, value: ScopeValue | None, statement: Statement) -> None:
    before = msgspec.to_builtins(value, builtin_types=(bytes,)) if value is not None else None
    assert fold(scope, value, statement) == fold(scope, value, statement)
    assert before == (msgspec.to_builtins(value, builtin_types=(bytes,)) if value is not None else None)


@given(scopes, statements)
def test_a_scope_that_a_statement_does_not_touch_does_not_change(scope: Scope, statement: Statement) -> None:
    held = TOWN.in_force.value(scope)
    if scope.kind not in {each.kind for each in touches(statement)}:
        assert held == fold(scope, held, statement)


@pytest.mark.parametrize(
    "kind",
    [
        KindName.KEY,
        KindName.REGISTRATION_POLICY,
        KindName.TRUST_ANCHORS,
        KindName.CONDUCT_SEGMENT,
        KindName.SUCCESSION,
    ],
)
def test_what_concerns_the_record_moves_no_scope(kind: KindName) -> None:
    statement = next(each for each in TOWN.said if each.kind.name == kind)
    assert () == touches(statement)


@given(st.lists(statements, max_size=20))
def test_any_order_folds_to_the_same_state_every_time(said: list[Statement]) -> None:
    one, other = InForce(), InForce()
    for statement in said:
        moved = one.move(statement)
        assert moved == other.move(statement)
        assert all(one.version(scope) == other.version(scope) > 0 for scope in moved)
    assert one.scopes() == other.scopes()


def test_a_version_counts_every_move_and_an_empty_scope_has_none() -> None:
    made = Town()
    home = made.household("h")
    assert 1 == made.in_force.version(place_scope(home))
    ana = made.person("Ana", home)
    assert (2, 1) == (made.in_force.version(place_scope(home)), made.in_force.version(person_scope(ana)))
    assert 0 == made.in_force.version(person_scope(PersonId(bytes(16))))


def test_a_reading_remembers_what_it_looked_at_and_did_not_find() -> None:
    reading = Reading(InForce())
    nobody = person_scope(PersonId(bytes(16)))
    assert PersonScope() == reading.person(nobody)
    assert reading.stream(stream_scope(StreamId(bytes(16)))) is None
    assert reading.party(party_scope(Uri("https://unknown.example/"))) is None
    assert ProductScope() == reading.product(product_scope(Uri("urn:x:unknown")))
    assert PlaceScope() == reading.place(place_scope(TOWN.household("never heard of")))
    assert DeploymentScope() == reading.deployment()
    assert 6 == len(reading.looked_at)
    assert nobody in reading.looked_at


def test_a_newer_disclosure_replaces_the_older_one_and_keeps_the_passport() -> None:
    made = Town()
    passport = made.product()
    made.disclose(RESEARCHED)
    newer = made.disclose(purpose(RESEARCHED.purpose, view("raw", "nobody")))
    value = made.in_force.value(product_scope(METER))
    assert isinstance(value, ProductScope)
    assert (passport, newer) == (value.passport_id, value.disclosure_id)


def test_memberships_keep_what_was_before_a_later_one() -> None:
    made = Town()
    home = made.household("h")
    ana = made.person("Ana", home)
    made.member(ana, home, since=10, to=20)
    made.member(ana, home, since=30)
    value = made.in_force.value(place_scope(home))
    assert isinstance(value, PlaceScope)
    assert [(ns(0), ns(10)), (ns(10), ns(20)), (ns(30), FOREVER)] == [
        (each.from_ns, each.to_ns) for each in value.members
    ]


def test_a_membership_that_ends_when_it_begins_only_ends_the_one_before() -> None:
    made = Town()
    home = made.household("h")
    ana = made.person("Ana", home)
    made.member(ana, home, since=10, to=10)
    value = made.in_force.value(place_scope(home))
    assert isinstance(value, PlaceScope)
    assert [(ns(0), ns(10))] == [(each.from_ns, each.to_ns) for each in value.members]


# the directory


def directory(said: list[Statement]) -> Directory:
    made = Directory()
    for statement in said:
        made.take(statement)
    return made


def test_handles_are_given_in_order_of_acceptance_and_a_replay_gives_the_same() -> None:
    one, other = directory(TOWN.said), directory(TOWN.said)
    assert [1, 2] == sorted(one.by_number)
    assert one.by_number == other.by_number
    assert one.thing_by_number == other.thing_by_number
    assert {"meter": 1, "gauge": 2} == {each.body.name: each.number for each in one.things.values()}


def test_an_installation_said_again_keeps_its_handles() -> None:
    again = [each for each in TOWN.said if each.kind.name is KindName.HOME_INSTALLATION]
    one, other = directory(TOWN.said), directory([*TOWN.said, *again])
    assert one.by_number == other.by_number
    assert {each.number for each in one.things.values()} == {each.number for each in other.things.values()}


def test_a_membership_of_somebody_unknown_is_passed_over() -> None:
    said = [each for each in TOWN.said if each.kind.name is KindName.MEMBERSHIP]
    assert {} == directory(said).persons


def test_a_stream_without_a_passport_has_no_handle() -> None:
    said = [each for each in TOWN.said if each.kind.name is not KindName.PASSPORT]
    assert {} == directory(said).by_number


def test_a_thing_is_found_by_what_people_call_it_or_not_at_all() -> None:
    made = directory(TOWN.said)
    found = made.thing_named("gauge")
    assert found is not None
    assert "gauge" == found.body.name
    assert made.thing_named("no such thing") is None


def test_keys_of_people_gate_and_operator_are_known_by_their_roles() -> None:
    made = directory([each for each in TOWN.said if each.kind.name is KindName.PERSON])
    assert ["person"] == [role for role, _ in made.issuers.values()]
    made = directory([each for each in TOWN.said if each.kind.name is KindName.KEY])
    assert ["gate"] == [role for role, _ in made.issuers.values()]
    assert made.serving(KeyRole.GATE) is not None
    made = directory([each for each in TOWN.said if each.kind.name is KindName.TRUST_ANCHORS])
    assert ["operator"] == [role for role, _ in made.issuers.values()]
