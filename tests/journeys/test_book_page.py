"""The page of a book says what is known of how often somebody read, and with which program; a proof that follows says so."""

import re

from tests.journeys.test_book import lane, session
from troth.gate.question import Asker
from troth.testing.people import RESEARCH, Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.query import ObservationQuery

HTML = {"accept": "text/html"}


def page(world: World, path: str, person: WorldPerson) -> str:
    token = world.run(session(world, person))
    return world.get(path, headers=HTML | {"cookie": f"troth_person={token}"}).body.decode()


def reads_as(lab: Org, thing: WorldThing, app: str) -> None:
    tell = lab.around.node.tell
    lab.around.run(tell.observations(thing.number, ObservationQuery(), asker=Asker(lab.uri, app, RESEARCH)))


def cards(text: str) -> list[str]:
    """Each card without its tags, in the order of the page."""
    found = re.findall(r'<section class="card">(.*?)</section>', text, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", each)).strip() for each in found]


def test_five_requests_within_one_tick_are_not_called_one_look() -> None:
    with World(seed=21) as world:
        _, meter, ana, lab = lane(world)
        for _ in range(5):
            lab.reads(meter)
        world.settle()
        (card,) = cards(page(world, "/mine/book", ana))
        assert "5 values within 10 seconds, at" in card
        assert "look" not in card
        lab.reads(meter)
        world.settle()
        text = page(world, "/mine/book", ana)
        (card,) = cards(text)
        assert "6 values in 2 times of 10 seconds, between" in card
        assert "What one program reads within 10 seconds is counted together" in text


def test_two_programs_of_one_party_are_told_apart() -> None:
    with World(seed=22) as world:
        _, meter, ana, lab = lane(world)
        for app in ("dashboard", "archive"):
            reads_as(lab, meter, app)
        world.settle()
        found = cards(page(world, "/mine/book", ana))
    named = {re.findall("with the program “(.*?)”", each)[0] for each in found}
    assert ({"dashboard", "archive"}, 2) == (named, len(found))


def test_a_proof_that_follows_says_so_beside_what_was_just_said() -> None:
    with World(seed=23) as world:
        _, meter, ana, _ = lane(world)
        link = re.compile(r'href="(/mine/said/[0-9a-f]+\.troth-proof)"')
        early = page(world, "/mine/key", ana)
        assert ([], True) == (link.findall(early), "(proof follows with the next tick)" in early)
        world.settle()
        later = page(world, "/mine/key", ana)
        (address,) = link.findall(later)
        assert "proof follows" not in later
        cookie = {"cookie": f"troth_person={world.run(session(world, ana))}"}
        assert 200 == world.get(address, headers=cookie).status
        world.advance(3_600)
        ana.withdraws(meter)
        both = page(world, "/mine/key", ana)
        assert ([address], 1) == (link.findall(both), both.count("(proof follows with the next tick)"))
