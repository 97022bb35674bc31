"""Rules in force are looked at again: what would be refused today is shown to whoever runs the place, and they hold."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from troth.api.ruled import RulesShown
from troth.cli.policy import rule_lines
from troth.names import Uri
from troth.statements.kinds import KindName
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.testing.world import World

NOT_IN_THE_LIST: Final = "https://w3id.org/dpv#DirectMarketting"
TEXT: Final = (
    f'@id("no-ads") @cites("House rules, 4") @says("Nobody is sold to.")'
    f' forbid (principal in Term::"{NOT_IN_THE_LIST}", action, resource);'
)
RIGHT: Final = TEXT.replace("Marketting", "Marketing")
WRONG: Final = f"W3C DPV 2.3 has no purpose of this name: {NOT_IN_THE_LIST}"


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=111) as made:
        made.organisation("Supplier")
        yield made


def accepted_before(world: World, text: str) -> None:
    """Rules that a former program took: they stand in the journal."""
    signed, preimage = world.node.say.sign(
        KindName.OPERATOR_POLICIES, OperatorPoliciesBody(1, "So it was.", text), subject="rules-1"
    )
    world.run(world.journal.append(signed, preimage=preimage))
    world.crash()
    world.restart()


def test_what_a_newer_list_does_not_have_is_named_and_the_rules_hold(world: World) -> None:
    accepted_before(world, TEXT)
    told = world.get("/api/rules").json
    assert (1, [{"rule": "no-ads", "wrong": WRONG}]) == (told["version"], told["wrong"])
    assert ["no-ads"] == [each["id"] for each in told["rules"]]
    assert 1 == world.node.grounding.policies.now().version, "they hold as they are"


def test_pages_name_it_to_whoever_runs_the_place_alone(world: World) -> None:
    accepted_before(world, TEXT)
    link = world.run(world.node.entering.operator_link("")).rpartition("/")[2]
    cookie = {"cookie": f"troth_operator={world.run(world.node.recognise.enter(link))}"}
    for page in ("/operate", "/rules", "/operate/rules"):
        shown, open_ = world.get(page, headers=cookie).body.decode(), world.get(page).body.decode()
        assert (True, False) == tuple("To be written anew" in each for each in (shown, open_)), page
        assert WRONG in shown


def test_the_command_names_it(world: World) -> None:
    accepted_before(world, TEXT)
    lines = [*rule_lines(msgspec.json.decode(world.get("/api/rules").body, type=RulesShown))]
    assert f"wrong: rule no-ads: {WRONG}" == lines[-1]
    assert "no-ads: Nobody is sold to. (House rules, 4)" in lines
    right = [*rule_lines(RulesShown(1, ()))]
    assert ["This place has no rules of its own."] == right


def test_rules_that_could_be_said_today_have_nothing_beside_them(world: World) -> None:
    accepted_before(world, RIGHT)
    assert "wrong" not in world.get("/api/rules").json
    assert () == world.run(world.node.grounding.policies.wrong_now())


def test_without_rules_there_is_nothing_wrong(world: World) -> None:
    assert () == world.run(world.node.grounding.policies.wrong_now())
    assert Uri("https://supplier.example/") in world.node.directory.organisations
