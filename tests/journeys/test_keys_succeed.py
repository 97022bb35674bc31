"""A log is over after its keys have changed: the one that follows holds what all of them signed, and lets no key back."""

from collections.abc import Iterator

import pytest

from tests.journeys.key_world import ORGANISATION, Place
from tests.journeys.test_keys_audit import audited
from troth.errors import KeyEnded
from troth.journeys.lineage import Lineage, lineage_of
from troth.journeys.succeed import succeed
from troth.names import ckt_uri
from troth.signing.cose import KeyKind, parse
from troth.statements.first_policy import MAKERS, first_rules
from troth.statements.key import KeyRole, Revoked
from troth.statements.kinds import KindName
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.statement import as_kind, read
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.testing.disk import MemoryDisk
from troth.verify.checks import verify

ORIGIN = "world.invalid/the-second"


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place.made(47)
    with made.world:
        yield made


def another_log(place: Place, origin: str = ORIGIN) -> None:
    """The log is succeeded, and the node starts on the new one."""
    world = place.world
    former = lineage_of(world.journal)
    assert former is not None
    new = Lineage(origin, former.number + 1)
    world.keys.create(new.key_name)
    world.run(
        succeed(
            world.journal,
            former,
            keys=world.keys,
            former_key=str(world.node.record.sequencer.key),
            checkpoint=world.node.record.sequencer.checkpoint(),
            origin=origin,
            reason="Its key was seen elsewhere.",
            at_ns=world.clock.now(),
        )
    )
    world.disk, world.outside = MemoryDisk(), MemoryDisk()
    world.restart()
    world.settle()


def entries(place: Place) -> list[KindName]:
    log = place.world.node.record.sequencer
    return [read(parse(log.entry(index))).kind.name for index in range(log.size)]


def test_what_was_said_under_former_keys_holds_in_the_log_that_follows(place: Place) -> None:
    handles = [place.observed(1.0)]
    stolen = place.operator()
    old = [place.proof(handles[0])]
    place.rotate(KeyRole.OPERATOR, since_ns=place.world.clock.now())
    place.rotate(KeyRole.GATE, KeyKind.ML_DSA_44)
    handles.append(place.observed(2.0))
    place.rotate(KeyRole.OPERATOR)
    place.rotate(KeyRole.RECEIPT, KeyKind.P256)
    handles.append(place.observed(3.0))
    former = place.world.node.record.sequencer.key

    another_log(place)
    key = place.world.node.record.sequencer.key
    assert ORIGIN == key.name
    handles.append(place.observed(4.0))
    for handle in handles:
        assert verify(place.proof(handle), trusted=(key,)).passed
        assert not verify(place.proof(handle), trusted=(former,)).passed
    assert verify(old[0], trusted=(former,)).passed
    report = audited(place)
    assert report.holds, report.findings
    with pytest.raises(KeyEnded, match="revoked as compromised"):
        place.offer(KindName.ORGANISATION, ORGANISATION, stolen)

    log = place.world.node.record.sequencer
    first = as_kind(read(parse(log.entry(1))), TrustAnchorsBody)
    assert 3 == len(first.keys)
    assert place.operator().public.cose_key == first.keys[-1], "the one that serves comes last"
    kinds = entries(place)
    again = as_kind(read(parse(log.entry(kinds.index(KindName.TRUST_ANCHORS, 2)))), TrustAnchorsBody)
    assert ((place.operator().public.cose_key,), first.version + 1, ORIGIN) == (again.keys, again.version, again.origin)
    known = place.world.node.directory.keys
    assert Revoked.RETIRED == getattr(known[ckt_uri(former.public.thumbprint)].ended, "why", None)
    assert key.public == place.serving(KeyRole.LOG)


def test_rules_that_were_narrowed_stay_narrow_in_the_log_that_follows(place: Place) -> None:
    narrow = tuple(rule for rule in first_rules() if rule not in MAKERS)
    place.world.run(place.world.node.rekey.policy(narrow))
    version = place.world.node.rekey.policy_in_force().version
    another_log(place)
    policy = place.world.node.rekey.policy_in_force()
    assert (set(narrow), version + 2, ORIGIN) == (set(policy.rules), policy.version, policy.origin)
    log = place.world.node.record.sequencer
    wide = as_kind(read(parse(log.entry(0))), RegistrationPolicyBody)
    assert (version + 1, set(first_rules())) == (wide.version, set(wide.rules))
    assert audited(place).holds


def test_a_log_follows_one_that_followed_another_and_says_again_only_what_it_must(place: Place) -> None:
    another_log(place)
    before = entries(place)
    place.world.restart()
    place.world.settle()
    assert before == entries(place)[: len(before)], "a second start says nothing again"
    assert KindName.TRUST_ANCHORS not in before[2:]
    assert KindName.REGISTRATION_POLICY not in before[2:]
    place.rotate(KeyRole.OPERATOR)
    another_log(place, "world.invalid/the-third")
    handle = place.observed(1.0)
    key = place.world.node.record.sequencer.key
    assert verify(place.proof(handle), trusted=(key,)).passed
    report = audited(place)
    assert report.holds, report.findings
    place.rotate(KeyRole.OPERATOR)
    place.world.settle()
    assert audited(place).holds
    assert verify(place.proof(place.observed(2.0)), trusted=(key,)).passed
