"""What was ordered, on pages: people of the home see it, nobody else does, and somebody looks at it again there."""

import re
from collections.abc import Iterator

import pytest

from tests.journeys.test_contracts import DIGEST, USES, order, ordered, speaks
from tests.journeys.test_overseeing_pages import date_of
from tests.journeys.test_rights_pages import Pages
from troth.journeys.grounds import Standing


@pytest.fixture
def at() -> Iterator[Pages]:
    made = Pages()
    yield made
    made.world.close()


def plain(page: str) -> str:
    return re.sub(r"<[^>]*>", "", page)


def test_it_stands_on_the_pages_of_the_people_of_the_home(at: Pages) -> None:
    world, slug = at.world, "heat"
    meter = at.home.thing(slug, purposes=USES, contract=order(world, to=300))
    speaks(world, meter)
    at.enter()
    thing = plain(at.page(f"/things/{slug}", "person"))
    for words in ("as part of what was ordered: “Order”, with Coop, since", "Coop answers for it", DIGEST.hex()):
        assert words in thing, words
    section = plain(at.page("/grounds", "person").partition('id="ordered"')[2].partition("</section>")[0])
    for words in ("Order", "Coop", DIGEST.hex(), "coop.example", "ended with whoever answers", "looks at it again by"):
        assert words in section, words
    (row,) = at.ana.reads(meter)
    assert "now, part of what you ordered: “Order”, with Coop" in plain(at.page(f"/why/{row.id}?as=person", "person"))
    assert "part of what you ordered (“Order”, with Coop, until" in plain(at.page("/mine", "person"))


def test_it_stands_on_no_page_of_anybody_else(at: Pages) -> None:
    world = at.world
    meter = at.home.thing("heat", purposes=USES, contract=order(world))
    speaks(world, meter)
    at.enter()
    (mean,) = at.lab.reads(meter)
    seen = [at.page(path, "recipient") for path in ("/things/heat", "/screen", "/", f"/why/{mean.id}?as=recipient")]
    assert "part of what was ordered" in seen[-1], "that much is theirs to know"
    assert "Heat" in seen[0] or "heat" in seen[0]
    for path in ("/", "/grounds", "/where", "/news", "/figures"):
        told = world.get(path, headers={"accept": "text/html"})
        assert 200 == told.status
        seen.append(bytes(told.body).decode())
    for page in seen:
        assert not [words for words in ("“Order”", "Coop", DIGEST.hex(), 'id="ordered"') if words in page]


def test_they_are_warned_on_their_page_and_whoever_runs_the_place_looks_at_it_there(at: Pages) -> None:
    world, slug = at.world, "heat"
    at.home.thing(slug, purposes=USES, contract=order(world, review=20))
    warning = "What you ordered, “Order”: It holds; somebody looks at it again by"
    assert warning in plain(at.page("/mine", "person"))
    due = plain(at.page("/operate", "operator"))
    assert f"troth contract review {slug} flow --next …" in due
    assert 'action="/operate/contracts"' in at.page("/operate/grounds", "operator")
    fields = {"thing": slug, "stream": "flow"}
    for until in ("", date_of(at, -3), date_of(at, 2_000)):
        assert 400 == at.presses("/operate/contracts", "operator", **fields, until=until).status
    assert 401 == at.presses("/operate/contracts", "person", **fields, until=date_of(at, 200)).status
    assert 303 == at.presses("/operate/contracts", "operator", **fields, until=date_of(at, 200)).status
    assert "What was ordered" not in at.page("/operate", "operator")
    assert "What you ordered" not in plain(at.page("/mine", "person"))
    assert Standing.HOLDS is ordered(world).standing


def test_on_pages_a_day_that_has_passed_stands_out_and_what_is_over_is_said_to_be(at: Pages) -> None:
    world = at.world
    at.home.thing("heat", purposes=USES, contract=order(world, review=20))
    world.clock.step(21 * 86_400)
    at.enter()
    passed = "The day by which somebody looks at it again has passed."
    assert passed in plain(at.page("/mine", "person"))
    assert passed in plain(at.page("/grounds", "person"))
    world.clock.step(30 * 86_400)
    at.enter()
    assert "It does not hold any more since" in plain(at.page("/grounds", "person"))
    assert "It does not hold any more since" in plain(at.page("/things/heat", "person"))
