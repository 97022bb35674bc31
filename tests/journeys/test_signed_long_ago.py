"""What was signed long before it is brought does not hold at once where people are told by the day of its signature."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_joining_told import BOARD, CLASS, for_class
from tests.journeys.test_keys_makers import KEY
from tests.journeys.test_moving_told import CLOUD, FAR, HERE, SETTINGS, SUPPLIER
from tests.journeys.test_telling import DAY_NS, billing
from troth.clock import NS_PER_S
from troth.errors import Conflict
from troth.gate.connecting import sheet_now
from troth.names import ckt_uri, print_id
from troth.signing.cose import Signed
from troth.state.in_force import Reading
from troth.statements.installation import Contract, InstallationBody
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import Body, KindName
from troth.statements.organisation import Entering, OrganisationBody
from troth.statements.site import Moving, Site
from troth.statements.statement import write
from troth.testing.people import Home, WorldPerson, WorldThing, own_use
from troth.testing.world import World

BURNED: Final = KeepingBody(CLOUD, FAR, at_once="There was a fire.")
WATER: Final = Contract(bytes(32), "Water", 0)


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=113, settings=SETTINGS) as made:
        yield made


class Early:
    """Who runs the place signs something, and Ana comes to live there; it is brought when she does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.supplier, self.cloud = world.organisation("Supplier"), world.organisation("Cloud")
        body = OrganisationBody(SUPPLIER, "Supplier", "mailto:office@supplier.example", site=HERE)
        world.run(world.node.join.organisation(body))
        world.run(world.node.places.keep(KeepingBody(SUPPLIER, HERE)))
        self.hours(0.1)

    def signs(self, kind: KindName, body: Body, *, subject: str | None = None) -> tuple[Signed, bytes | None]:
        number = self.world.clock.now().to_bytes(16, "big")
        return self.world.node.say.sign(kind, body, subject=subject or print_id("si", number))

    def comes(self, *, hours: float) -> None:
        """Ana, with a meter of which the supplier is billed with."""
        self.home: Home = self.world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        self.meter: WorldThing = self.home.thing("water meter", purposes=(own_use(), billing()), contract=WATER)
        self.hours(hours)

    def hours(self, hours: float) -> None:
        self.world.clock.step(hours * 3_600)
        self.world.advance(1)

    def brings(self, signed: tuple[Signed, bytes | None]) -> None:
        self.world.run(self.world.node.accept.accept(signed[0], preimage=signed[1]))

    def is_refused(self, signed: tuple[Signed, bytes | None]) -> None:
        before = self.world.journal.position
        with pytest.raises(Conflict, match="too long before it was brought"):
            self.brings(signed)
        assert before == self.world.journal.position

    def kept(self) -> Site | None:
        """Where it is kept."""
        kept = self.world.node.places.where().kept
        return None if kept is None else kept.here.site

    def told(self) -> str:
        """Everything that Ana was told."""
        self.world.advance(70)
        found = self.world.node.directory.told.tellings.get(self.ana.person, ())
        return "\n".join(each.body.text for each in found)


@pytest.mark.parametrize("hours", [25, 100 * 24])
def test_a_place_in_which_it_is_kept_already_is_signed_again_and_told(world: World, hours: float) -> None:
    early = Early(world)
    signed = early.signs(KindName.KEEPING, BURNED)
    early.comes(hours=hours)
    early.is_refused(signed)
    assert HERE == early.kept()
    early.brings(early.signs(KindName.KEEPING, BURNED))
    assert "There was a fire." in early.told()


def test_a_move_of_a_party_is_signed_again_and_told(world: World) -> None:
    early = Early(world)
    known = world.node.directory.organisations[SUPPLIER]
    moves = msgspec.structs.replace(known, moving=Moving(FAR, world.clock.now() + 60 * DAY_NS))
    signed = early.signs(KindName.ORGANISATION, moves, subject=SUPPLIER)
    early.comes(hours=48)
    early.is_refused(signed)
    early.brings(early.signs(KindName.ORGANISATION, moves, subject=SUPPLIER))
    assert "in CN" in early.told()
    early.hours(2)
    early.brings(early.signs(KindName.ORGANISATION, msgspec.structs.replace(moves, name="Water"), subject=SUPPLIER))


def test_a_class_by_which_somebody_gets_what_asks_nobody_is_signed_again_and_told(world: World) -> None:
    early = Early(world)
    world.run(world.node.join.organisation(OrganisationBody(BOARD, "Board", "mailto:a@board.example")))
    known = world.node.directory.organisations[BOARD]
    begins = (Entering(CLASS, world.clock.now() + 60 * DAY_NS),)
    entering = msgspec.structs.replace(known, classes=(CLASS,), entering=begins)
    signed = early.signs(KindName.ORGANISATION, entering, subject=BOARD)
    early.comes(hours=1)
    early.home.thing("heat meter", purposes=(own_use(), for_class("contract")), contract=WATER)
    early.hours(48)
    early.is_refused(signed)
    early.brings(early.signs(KindName.ORGANISATION, entering, subject=BOARD))
    assert "Board gets data too" in early.told()


def test_a_class_that_gets_nothing_here_needs_no_newer_signature(world: World) -> None:
    early = Early(world)
    body = OrganisationBody(BOARD, "Board", "mailto:a@board.example", classes=(CLASS,))
    world.run(world.node.join.organisation(msgspec.structs.replace(body, classes=())))
    held = world.node.directory.organisations[BOARD]
    signed = early.signs(KindName.ORGANISATION, msgspec.structs.replace(held, classes=(CLASS,)), subject=BOARD)
    early.comes(hours=48)
    early.brings(signed)
    assert (CLASS,) == world.node.directory.organisations[BOARD].classes


def installed(early: Early, **change: object) -> InstallationBody:
    """What stands of the meter, with its stream changed, and the sheet of that."""
    known = early.world.node.directory.things[early.meter.joined.thing].body
    body = msgspec.structs.replace(known, streams=(msgspec.structs.replace(known.streams[0], **change),))
    sheet = sheet_now(body, Reading(early.world.node.leases.in_force), at_ns=early.world.clock.now())
    return msgspec.structs.replace(body, sheet=sheet.digest)


def test_what_is_ordered_is_signed_again_and_told(world: World) -> None:
    early = Early(world)
    early.comes(hours=1)
    (stream,) = world.node.directory.things[early.meter.joined.thing].body.streams
    assert stream.contract is not None
    ends = installed(early, contract=msgspec.structs.replace(stream.contract, to_ns=world.clock.now() + 90 * DAY_NS))
    signed = early.signs(KindName.HOME_INSTALLATION, ends)
    early.hours(48)
    early.is_refused(signed)
    early.brings(early.signs(KindName.HOME_INSTALLATION, ends))
    assert "What was ordered ends" in early.told()


def test_a_thing_that_joins_is_signed_again_and_one_that_stands_is_not(world: World) -> None:
    early = Early(world)
    early.comes(hours=1)
    known = installed(early)
    same = early.signs(KindName.HOME_INSTALLATION, known)
    joins = early.signs(KindName.HOME_INSTALLATION, known, subject=print_id("si", bytes(16)))
    ends = msgspec.structs.replace(known, to_ns=world.clock.now() + 50 * 3_600 * NS_PER_S)
    early.hours(48)
    early.brings(same)
    early.brings(early.signs(KindName.HOME_INSTALLATION, ends))
    early.hours(3)
    early.is_refused(joins)


def test_what_is_signed_while_a_home_is_new_and_brought_within_the_hour_is_told(world: World) -> None:
    early = Early(world)
    early.comes(hours=23.4)
    signed = early.signs(KindName.KEEPING, BURNED)
    early.hours(0.9)
    early.brings(signed)
    assert "There was a fire." in early.told()


def test_while_all_of_it_is_set_up_nothing_is_refused_and_a_replay_finds_the_same(world: World) -> None:
    early = Early(world)
    signed = early.signs(KindName.KEEPING, BURNED)
    early.hours(100 * 24)
    early.comes(hours=1)
    early.brings(signed)
    assert FAR == early.kept()
    early.hours(48)
    again = early.signs(KindName.KEEPING, KeepingBody(CLOUD, FAR))
    early.hours(48)
    early.brings(again)
    assert "" == early.told(), "it says what holds"
    before = world.node.directory
    world.crash()
    world.restart()
    assert before.told == world.node.directory.told
    assert FAR == early.kept()


def own_word(world: World, *, country: str = "CN", hours: float = 0) -> Signed:
    """That the supplier will be somewhere else in 60 days: signed with its own key, so many hours ago."""
    held = world.node.directory.organisations[SUPPLIER]
    body = msgspec.structs.replace(held, moving=Moving(Site(country), world.clock.now() + 60 * DAY_NS))
    at_ns = world.clock.now() - round(hours * 3_600 * NS_PER_S)
    uri = ckt_uri(KEY.public.thumbprint)
    return write(KindName.ORGANISATION, body, signer=KEY, issuer=uri, subject=SUPPLIER, at_ns=at_ns)


def test_what_a_maker_says_of_itself_is_taken_later_and_told_by_when_it_came(world: World) -> None:
    early = Early(world)
    world.run(world.node.rekey.maker(SUPPLIER, KEY.public.cose_key))
    early.hours(2)
    signed = own_word(world)
    early.comes(hours=48)
    world.organisation("Repair")  # so that it is known which day it is
    world.run(world.node.register.register(signed.data))
    move = world.node.directory.told.latest_moves[SUPPLIER]
    assert world.clock.now() - 2 * 60 * NS_PER_S < move.said_ns <= world.clock.now()
    assert "in CN" in early.told()
    before = world.node.directory
    world.crash()
    world.restart()
    assert before.told == world.node.directory.told


def test_a_makers_word_that_is_older_than_a_move_that_was_told_is_signed_again(world: World) -> None:
    early = Early(world)
    world.run(world.node.rekey.maker(SUPPLIER, KEY.public.cose_key))
    early.comes(hours=48)
    older, newer = own_word(world, country="FR", hours=3), own_word(world, hours=2)
    early.brings((newer, None))
    early.is_refused((older, None))
    assert Site("CN") == world.node.directory.told.latest_moves[SUPPLIER].now
