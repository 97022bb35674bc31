"""The power goes while a key changes: at every step of it the next start has one key that serves, and goes on."""

from collections.abc import Iterator

import pytest

from tests.journeys.key_world import Place
from troth.errors import StorageFailed, TrothError
from troth.journeys.keyring import names_of
from troth.names import ckt_uri
from troth.signing.cose import KeyKind
from troth.statements.journal import unerased
from troth.statements.key import KeyRole, Revoked
from troth.statements.kinds import KindName, content_type
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import as_kind, read
from troth.testing.faults import StoreFault
from troth.testing.world import WRITE_S
from troth.verify.checks import verify

ROTATED = [KeyRole.OPERATOR, KeyRole.GATE]


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place.made(37)
    with made.world:
        yield made


def whole(place: Place, role: KeyRole) -> None:
    """One key serves, its private half and no other lies in the store, and what is said and proved goes on."""
    serving = place.serving(role)
    held = [place.world.keys.signer(name).public for name in names_of(place.world.keys, role)]
    assert [serving] == held
    live = [known for known in place.world.node.directory.keys.values() if known.role == role and known.ended is None]
    assert [serving] == [known.key for known in live]
    assert verify(place.proof(place.observed(5.0)), trusted=(place.world.node.record.sequencer.key,)).passed


@pytest.mark.parametrize("role", ROTATED)
@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.ML_DSA_44])
def test_a_key_that_was_made_and_not_stated_takes_its_place_at_the_next_start(
    place: Place, role: KeyRole, kind: KeyKind
) -> None:
    former = place.serving(role)
    made = place.world.keys.create(f"{role.value}-2", kind=kind)  # step 1, and then the power goes
    place.world.crash()
    assert made.public == place.serving(role)
    ended = place.world.node.directory.keys[ckt_uri(former.thumbprint)].ended
    assert ended is not None
    assert Revoked.RETIRED is ended.why
    whole(place, role)


@pytest.mark.parametrize("role", ROTATED)
@pytest.mark.parametrize("part", [0.5, 0.999, 1.0, 1.5, 2.5, 4.0])
def test_the_power_goes_at_any_moment_of_a_rotation(place: Place, role: KeyRole, part: float) -> None:
    former = place.serving(role)
    before = place.proof(place.observed(1.0))

    async def rotate() -> None:
        await place.world.node.rekey.rotate(role, kind=KeyKind.ED25519, compromised_since_ns=1)

    place.world.start(rotate())
    place.world.advance(part * WRITE_S)
    place.world.crash()
    assert former != place.serving(role), "whoever asked wanted the old key gone"
    whole(place, role)
    assert verify(before, trusted=(place.world.node.record.sequencer.key,)).passed
    place.world.restart()
    whole(place, role)


@pytest.mark.parametrize("role", ROTATED)
@pytest.mark.parametrize("fault", [StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED])
def test_a_key_that_could_not_be_kept_changes_nothing_until_the_next_start(
    place: Place, role: KeyRole, fault: StoreFault
) -> None:
    former = place.serving(role)
    place.world.keys.faults.arm(fault)
    with pytest.raises(StorageFailed):
        place.rotate(role)
    assert former == place.serving(role)
    place.world.restart()
    assert (former == place.serving(role)) == (fault is StoreFault.FAILS)
    whole(place, role)


@pytest.mark.parametrize("role", ROTATED)
def test_nothing_takes_the_place_of_a_key_that_is_lost(place: Place, role: KeyRole) -> None:
    place.world.keys.forget(role.value)
    place.world.keys.create(f"{role.value}-2")
    position = place.world.journal.position
    with pytest.raises(TrothError, match="is not the one that this journal began with"):
        place.world.restart()
    assert position == place.world.journal.position


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.ML_DSA_44])
def test_a_segment_that_counts_is_not_signed_again_by_another_gate(place: Place, kind: KeyKind) -> None:
    """The power goes when the segment's statement is durable and its rows are not moved; the gate's key was about to change."""
    place.rotate(KeyRole.GATE, kind)
    place.gauge.says(1.0)
    for turn, part in enumerate((0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)):
        place.world.start(place.world.node.record.tick())
        place.world.advance(part * WRITE_S)
        place.world.keys.create(f"gate-{3 + turn}")
        place.world.crash()
        whole(place, KeyRole.GATE)
    entries = list(unerased(place.world.journal.entries(after=0, limit=10_000)))
    segments = [e.signed for e in entries if e.signed.headers.content_type == content_type(KindName.CONDUCT_SEGMENT)]
    numbers = [as_kind(read(signed), ConductSegmentBody).number for signed in segments]
    assert sorted(set(numbers)) == numbers, "no number twice"
