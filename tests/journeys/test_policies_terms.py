"""Rules of a place that name terms of other vocabularies: what a head meets, and what an exception is from."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_policies import Lane, values
from troth.errors import Denied
from troth.gate.rules.share_terms import SHARE
from troth.journeys.share_values import Wanted
from troth.names import Uri
from troth.testing.people import own_use, research
from troth.testing.world import World


@pytest.fixture
def lane() -> Iterator[Lane]:
    with World(seed=97) as world:
        yield Lane(world)


NO_MARKETING: Final = """
@id("no-marketing") @cites("House rules, 2") @says("Nothing here is used for marketing.")
forbid (principal in Term::"https://w3id.org/dpv#Marketing", action == Action::"read", resource);
"""


@pytest.mark.parametrize(
    ("term", "stopped"),
    [("Marketing", True), ("DirectMarketing", True), ("ScientificResearch", False), ("NoSuchPurposeAtAll", False)],
)
def test_a_rule_against_a_term_stops_what_is_called_so_or_lies_in_it(lane: Lane, *, term: str, stopped: bool) -> None:
    called = msgspec.structs.replace(research(), terms=(Uri(f"https://w3id.org/dpv#{term}"),))
    meter = lane.home.thing("heat meter", purposes=(own_use(), called))
    lane.ana.gives(meter)
    meter.says(2.0)
    assert [2.0] == values(lane, meter)
    lane.puts(NO_MARKETING)
    if stopped:
        with pytest.raises(Denied) as denied:
            lane.university.reads(meter)
        assert "policy" == denied.value.reason_code
    else:
        assert [2.0] == values(lane, meter)
    assert [1.0] == values(lane, lane.meter), "what names no term is met by no rule about one"


def test_a_rule_against_a_term_stops_a_share_for_what_lies_in_it(lane: Lane) -> None:
    text = NO_MARKETING.replace("Marketing", "ResearchAndDevelopment").replace("read", "share")
    sharing = lane.world.node.sharing.share
    to_ns, notice = lane.world.clock.now() + 10 * 86_400_000_000_000, sharing.seen.offered().notice
    science, care = (
        Wanted(lane.university.uri, f"{SHARE}{name}", (lane.meter.stream,), to_ns) for name in ("science", "care")
    )
    tried = lane.looks(text).tried
    assert tried is not None
    shares = {f"{SHARE}{name}" for name in ("science", "development")}
    assert shares == {each.facts.purpose for each in tried.changed}, "science is scientific research, which lies in it"
    lane.puts(text)
    with pytest.raises(Denied) as denied:
        lane.world.run(sharing.begin(lane.ana.person, science, notice=notice, made_by="session"))
    assert "policy" == denied.value.reason_code
    lane.world.run(sharing.begin(lane.ana.person, care, notice=notice, made_by="session"))


@pytest.mark.parametrize(("term", "passes"), [("SellDataToThirdParties", False), ("ServiceProvision", True)])
def test_an_exception_is_of_what_is_called_exactly_so_and_of_no_share(lane: Lane, *, term: str, passes: bool) -> None:
    called = msgspec.structs.replace(research(), terms=(Uri(f"https://w3id.org/dpv#{term}"),))
    meter = lane.home.thing("heat meter", purposes=(own_use(), called))
    lane.ana.gives(meter)
    meter.says(2.0)
    lane.puts("""@id("to-serve") @cites("House rules, 7") @says("Only to provide a service.")
        forbid (principal, action in [Action::"read", Action::"share"], resource)
        unless { principal in Term::"https://w3id.org/dpv#ServiceProvision" };""")
    if passes:
        assert [2.0] == values(lane, meter)
    else:
        with pytest.raises(Denied) as denied:
            lane.university.reads(meter)
        assert "policy" == denied.value.reason_code
    sharing, to_ns = lane.world.node.sharing.share, lane.world.clock.now() + 10 * 86_400_000_000_000
    insurance = Wanted(lane.university.uri, f"{SHARE}insurance", (lane.meter.stream,), to_ns)
    notice = sharing.seen.offered().notice
    with pytest.raises(Denied) as refused:
        lane.world.run(sharing.begin(lane.ana.person, insurance, notice=notice, made_by="session"))
    assert "policy" == refused.value.reason_code


@pytest.mark.parametrize(
    "turned",
    [
        "{} == false",
        "{} != true",
        "if {} then false else true",
        "[{}].contains(false)",
        "resource.home || !({})",
    ],
)
def test_an_exception_from_all_but_a_term_is_refused(lane: Lane, turned: str) -> None:
    condition = turned.format('(principal in Term::"https://w3id.org/dpv#Marketing")')
    text = f'@id("a") @cites("2") @says("No.") forbid (principal, action, resource) unless {{ {condition} }};'
    (found,) = lane.looks(text).findings
    assert found.wrong.startswith("a Term stands in the head")
