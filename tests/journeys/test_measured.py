"""What stands somewhere goes on to measure what it measured: another one needs another name, and another title asks again."""

import asyncio
from collections.abc import Iterator
from typing import Final, NoReturn

import msgspec
import pytest

from tests.journeys.key_world import Place
from tests.journeys.test_keys_makers import KEY, maker_of
from tests.journeys.test_telling import Lane
from troth.errors import Conflict, Denied
from troth.gate.measured import check_measured
from troth.journeys.offers import Lapsed
from troth.names import Slug, StreamId, Uri
from troth.state.known import KnownStream
from troth.statements.kinds import KindName
from troth.statements.passport import PassportBody, PassportStream, ProductFunction
from troth.testing.people import UNIVERSITY
from troth.testing.world import World

VOICES: Final = Uri("urn:x:voices")
ANOTHER: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("property", {"property": VOICES}),
    ("senses", {"senses": "sound"}),
    ("type", {"type": "text"}),
    ("concerns_nobody", {"concerns_nobody": True}),
    ("property, senses, type", {"title": "Voices", "property": VOICES, "senses": "sound", "type": "text"}),
)
POWER: Final = PassportStream("power", "Power", "power", Uri("urn:x:power"), "number")
METER: Final = PassportBody(Uri("https://maker.example/meter"), "Meter", Uri("https://maker.example/"), (POWER,))


@pytest.fixture
def lane() -> Iterator[Lane]:
    """Ana has a meter, and has said yes to a study of it."""
    with World(seed=66) as world:
        world.organisation(UNIVERSITY)
        made = Lane(world)
        made.ana.gives(made.meter)
        assert isinstance(made.meter.says(1.0), int)
        yield made


def passport(lane: Lane, **change: object) -> PassportBody:
    """What is registered of the meter, with its stream changed."""
    known = lane.world.node.directory.products[lane.product]
    return msgspec.structs.replace(known, streams=(msgspec.structs.replace(known.streams[0], **change),))


def say(lane: Lane, body: PassportBody) -> None:
    lane.world.run(lane.world.node.join.product(body))


def read(lane: Lane) -> list[float] | str:
    """What the university gets, or why not."""
    try:
        return [float(row.result) for row in lane.world.organisation(UNIVERSITY).reads(lane.meter)]
    except Denied as no:
        return no.reason_code


@pytest.mark.parametrize(("named", "change"), ANOTHER)
def test_another_measurement_under_a_name_that_stands_is_refused_by_what_it_changes(
    lane: Lane, named: str, change: dict[str, object]
) -> None:
    before = lane.world.journal.position
    with pytest.raises(Conflict) as refused:
        say(lane, passport(lane, **change))
    assert f"{lane.meter.stream_name} is installed, and its {named} would change" in refused.value.message
    assert before == lane.world.journal.position
    assert [1.0] == read(lane), "what stood goes on"


class Unwalked(dict[StreamId, KnownStream]):
    """Streams of which each may be looked up, and which nobody goes through."""

    def values(self) -> NoReturn:
        raise AssertionError


def test_streams_of_other_products_are_not_gone_through(lane: Lane) -> None:
    lane.world.node.directory.streams = Unwalked(lane.world.node.directory.streams)
    with pytest.raises(Conflict):
        say(lane, passport(lane, senses="sound"))


def test_over_http_the_maker_reads_what_to_do_instead(lane: Lane) -> None:
    said = msgspec.to_builtins(passport(lane, title="Voices in the room", senses="sound", property=VOICES))
    body = {name: value for name, value in said.items() if name != "crit"}
    told = lane.world.post("/api/products", body, token=lane.world.operator_token())
    assert (409, "conflict") == (told.status, told.json["code"])
    assert "another measurement needs another name" in told.json["detail"]
    same = {**body, "streams": msgspec.to_builtins(passport(lane).streams)}
    assert 201 == lane.world.post("/api/products", same, token=lane.world.operator_token()).status


def test_another_title_is_shown_and_asks_again(lane: Lane) -> None:
    [offer] = lane.world.node.choose.offers.all(lane.ana.person)
    assert "What is measured: flow (it senses level)" in offer.notice.text
    say(lane, passport(lane, title="Voices in the room"))
    assert "no-ground" == read(lane)
    [asked] = lane.world.node.choose.offers.all(lane.ana.person)
    assert "What is measured: Voices in the room (it senses level)" in asked.notice.text
    assert asked.last is not None
    assert Lapsed.OTHER_TEXT is asked.last.lapsed
    lane.ana.gives(lane.meter)
    lane.world.clock.step(1)
    assert isinstance(lane.meter.says(2.0), int)
    assert [2.0] == read(lane)
    say(lane, passport(lane, title="flow"))
    assert "no-ground" == read(lane)


def test_what_changes_nothing_that_is_measured_goes_on(lane: Lane) -> None:
    known = lane.world.node.directory.products[lane.product]
    other = PassportStream("noise", "Noise in the room", "sound", VOICES, "number")
    for body in (
        known,
        msgspec.structs.replace(known, about="Measures water.", name="Zähler"),
        msgspec.structs.replace(known, streams=(*known.streams, other)),
        passport(lane, unit="L", lowest=0.0, highest=9.0),
        msgspec.structs.replace(passport(lane), functions=(ProductFunction("a study"),)),
        msgspec.structs.replace(known, streams=(other, *known.streams), sector="farm"),
    ):
        say(lane, body)
        assert isinstance(lane.meter.says(1.0), int)
        assert isinstance(read(lane), list)


def test_leaving_a_stream_out_meanwhile_is_no_way_around_it(lane: Lane) -> None:
    known = lane.world.node.directory.products[lane.product]
    other = PassportStream("noise", "Noise in the room", "sound", VOICES, "number")
    say(lane, msgspec.structs.replace(known, streams=(other,)))
    lane.world.restart()
    with pytest.raises(Conflict):
        say(lane, msgspec.structs.replace(known, streams=passport_of(known, senses="sound")))
    lane.world.clock.step(2)  # the same words in the same second are the same statement
    say(lane, known)
    assert [1.0] == read(lane)


def passport_of(known: PassportBody, **change: object) -> tuple[PassportStream, ...]:
    return tuple(msgspec.structs.replace(each, **change) for each in known.streams)


def at_once(lane: Lane, *bodies: PassportBody) -> list[BaseException | None]:
    """Several words are checked before any of them counts; what became of each."""

    async def said() -> list[BaseException | None]:
        return list(await asyncio.gather(*map(lane.world.node.join.product, bodies), return_exceptions=True))

    return lane.world.run(said())


def test_words_that_are_said_at_once_follow_each_other(lane: Lane) -> None:
    known = lane.world.node.directory.products[lane.product]
    protected = msgspec.structs.replace(known, sector="health")
    first, second = at_once(lane, protected, msgspec.structs.replace(known, about="Measures water."))
    assert first is None
    assert isinstance(second, Conflict)
    assert protected == lane.world.node.directory.products[lane.product]
    wider = msgspec.structs.replace(protected, about="Measures water.")
    assert [None, None] == at_once(lane, msgspec.structs.replace(protected, name="Zähler"), wider)
    assert wider == lane.world.node.directory.products[lane.product]


def test_a_product_of_which_nothing_stood_may_be_described_anew() -> None:
    with World(seed=66) as world:
        world.organisation("Maker")
        world.run(world.node.join.product(METER))
        for _, change in ANOTHER:
            world.run(world.node.join.product(msgspec.structs.replace(METER, streams=passport_of(METER, **change))))


def test_a_thing_that_is_over_is_no_reason_to_call_its_rows_something_else(lane: Lane) -> None:
    lane.world.run(lane.world.node.joining.alter.end(Slug(lane.meter.slug)))
    with pytest.raises(Conflict):
        say(lane, passport(lane, senses="sound"))


def test_a_maker_who_signs_elsewhere_is_told_the_same() -> None:
    place = Place.made(41)
    with place.world:
        place.world.run(place.world.node.rekey.maker(maker_of(place), KEY.public.cose_key))
        known = next(iter(place.world.node.directory.products.values()))
        for change in ({"senses": "sound"}, {"property": VOICES}):
            with pytest.raises(Conflict):
                place.offer(
                    KindName.PASSPORT,
                    msgspec.structs.replace(known, streams=passport_of(known, **change)),
                    KEY,
                )
        place.offer(KindName.PASSPORT, msgspec.structs.replace(known, about="Measures water."), KEY)


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [
        ("health", None, True),
        ("health", "farm", True),
        ("health", "mining", True),
        ("farm", None, True),
        ("farm", "mining", True),
        ("farm", "health", True),  # it accepts what was settled, which a farm does not
        ("mining", None, True),
        ("mining", "farm", False),
        ("mining", "health", False),
        (None, "health", False),
        (None, "mining", False),
        ("health", "health", False),
    ],
)
@pytest.mark.parametrize("left_out", [False, True])
def test_a_sector_is_not_taken_away_nor_made_weaker(
    before: str | None,
    now: str | None,
    refused: bool,  # noqa: FBT001 - a case of the table
    left_out: bool,  # noqa: FBT001 - a case of the table
) -> None:
    former = msgspec.structs.replace(METER, sector=before)
    body = msgspec.structs.replace(METER, sector=now, streams=() if left_out else METER.streams)
    check_measured(body, former, ())
    if not refused:
        check_measured(body, former, [POWER])
        return
    with pytest.raises(Conflict) as no:
        check_measured(body, former, [POWER])
    assert f"under the sector {before}" in no.value.message
