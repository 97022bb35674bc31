"""The things of Harbour Lane by themselves: their curves, their beats, and what they keep."""

import json
import math
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.clock import SystemClock
from troth.harbour import curves
from troth.harbour.kept import Credential, Kept, keep, recall
from troth.harbour.lane import METER, THINGS, TOGETHER, LaneThing
from troth.harbour.lines import Lines
from troth.harbour.parties import ANYONE, HEATING, HOMES, LAB, ORGANISATIONS, OWN, SHARING, disclosure, passport
from troth.harbour.program import Program, said_at
from troth.testing.world import World

COUNTER: Final = "lane-counter"


def test_every_thing_has_one_curve_for_each_stream_and_a_name_behind_its_sentence() -> None:
    for thing in THINGS:
        assert len(thing.senses) == len(thing.curves)
        assert all(thing.considered)
        assert (thing.home is None) == all(each.for_all is not None for each in thing.senses)
        assert thing.home in {None, *(home.key for home in HOMES)}
        assert {thing.answers, LAB} <= {each["organisation"] for each in json.loads(json.dumps(ORGANISATIONS))}


def test_streams_of_homes_are_for_those_who_live_there_and_the_lab_with_a_yes() -> None:
    for thing in THINGS:
        said = json.loads(
            json.dumps(disclosure(thing.product, thing.answers, streams=thing.senses, shared=thing.slug == METER))
        )
        for stream in said["streams"]:
            grounds = {(p["purpose"], v["variant"], v["ground"]) for p in stream["purposes"] for v in p["variants"]}
            if thing.home is None:
                wanted = {"objectable", "settled"} if thing.slug == COUNTER else {"nobody"}
                assert wanted == {ground for _, _, ground in grounds}
                assert [[ANYONE]] == [each["recipients"] for each in stream["purposes"]]
            elif thing.slug == METER:
                assert {
                    (OWN, "raw", "own"),
                    (SHARING, "raw", "choice"),
                    (SHARING, "hourly-mean", "contract"),
                } == grounds
            elif thing in TOGETHER:
                assert {(OWN, "raw", "own"), (HEATING, "mean=PT15M,round=10,homes=3", "choice")} == grounds
            else:
                assert {(OWN, "raw", "own")} == grounds


def test_looking_at_what_is_disclosed_on_the_lane_finds_no_term_missing_or_unknown() -> None:
    with World(seed=31) as world:
        token = world.operator_token()
        for organisation in ORGANISATIONS:
            assert 201 == world.post("/api/organisations", organisation, token=token).status
        for thing in THINGS:
            product = passport(thing.product, thing.product_name, about=thing.about, streams=thing.senses)
            assert 201 == world.post("/api/products", product, token=token).status
            said = disclosure(thing.product, thing.answers, streams=thing.senses, shared=thing.slug == METER)
            told = world.post("/api/disclosures/look", said, token=token)
            found = {each["code"]: each["weight"] for each in json.loads(told.body)["findings"]}
            assert "refused" not in found.values(), found
            assert not {"terms-missing", "term-unknown", "term-foreign"} & found.keys(), thing.slug
            assert "rate-missing" in found, "it was looked at"


@given(time_s=st.integers(0, 4_000_000_000), thing=st.sampled_from(THINGS))
def test_a_curve_is_a_function_of_time_and_stays_in_its_range(time_s: int, thing: LaneThing) -> None:
    values = dict(said_at(thing, time_s, east_s=3_600))
    assert values == dict(said_at(thing, time_s, east_s=3_600))
    for sense in thing.senses:
        value = values[sense.name]
        assert {"number": float, "integer": int, "boolean": bool}[sense.type] is type(value)
        assert math.isfinite(value)
        assert sense.lowest is None or sense.highest is None or sense.lowest <= value <= sense.highest


def test_two_seeds_are_two_curves() -> None:
    hours = range(0, 86_400, 3_600)
    assert [curves.home_power_w(t, "a") for t in hours] != [curves.home_power_w(t, "b") for t in hours]


def test_a_day_of_the_meter_has_its_night_its_noon_and_its_evening() -> None:
    def mean(from_h: float, to_h: float) -> float:
        times = range(int(from_h * 3_600), int(to_h * 3_600), 60)
        return sum(curves.home_power_w(20_000 * 86_400 + t, METER) for t in times) / len(times)

    assert mean(11, 15) < mean(2, 4) < mean(18, 21)


class Heard(Lines):
    """Lines that note what is said and send nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 1), clock=SystemClock())
        self.said: list[tuple[str, object, str]] = []

    def say(self, topic: str, payload: bytes, *, slug: str, name: str) -> None:
        self.said.append((topic, json.loads(payload), name))


def program(*slugs: str) -> tuple[Program, Heard]:
    heard = Heard()
    known = {slug: Credential("secret", {}) for slug in slugs}
    return Program(THINGS, known, lines=heard, east_s=0, url="http://127.0.0.1:1"), heard


def test_a_thing_speaks_once_on_each_beat_however_often_it_is_looked_at() -> None:
    speaker, heard = program("press-bearing")
    waits = [speaker.speak(now_s) for now_s in (100.0, 100.5, 101.9, 102.0, 103.99, 104.2)]
    times = [each["t"] for _, each, _ in heard.said if isinstance(each, dict)]
    assert ["1970-01-01T00:01:40Z", "1970-01-01T00:01:42Z", "1970-01-01T00:01:44Z"] == times
    assert pytest.approx([2.0, 1.5, 0.1, 2.0, 0.01, 1.8]) == waits


def test_a_clock_that_is_set_back_or_forward_does_not_silence_a_thing() -> None:
    speaker, heard = program("press-bearing")
    for now_s in (1_000.0, 10.0, 12.0, 5_000_000.0):
        speaker.speak(now_s)
    assert 4 == len(heard.said)


def test_a_meter_remembers_a_day_of_five_minute_values_with_names_that_repeat() -> None:
    speaker, heard = program(METER)
    speaker.remember(1_000_000_150)
    speaker.remember(1_000_000_150)
    assert 26 * 12 == len(heard.said) // 2
    assert heard.said[: len(heard.said) // 2] == heard.said[len(heard.said) // 2 :]
    assert f"things/{METER}/power" == heard.said[0][0]


def test_who_may_be_objected_to_says_nothing_of_the_second_it_began_in() -> None:
    speaker, heard = program(COUNTER)
    for began_s, now_s in ((1_000_000_010.2, 1_000_000_010.3), (1_000_000_020.9, 1_000_000_020.95)):
        speaker.remember(began_s)
        speaker.speak(now_s)  # its beat is the whole second, which was before
        assert [] == heard.said
    speaker.speak(1_000_000_030.0)
    assert ["2001-09-09T01:47:10Z"] == [each["t"] for _, each, _ in heard.said if isinstance(each, dict)]


def test_a_thing_without_a_credential_says_nothing() -> None:
    speaker, heard = program()
    assert 5.0 == speaker.speak(100.0)
    assert [] == heard.said


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    kept = Kept(lane=1, households={"12": "ho"}, person="pe", things={"a": Credential("secret", {"power": 1})})
    keep(tmp_path, kept)
    assert kept == recall(tmp_path)
    assert Kept() == recall(tmp_path / "nowhere")
