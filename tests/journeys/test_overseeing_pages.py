"""Whoever runs the place sees on pages who can be reached, who is silent about an order, and what is to be looked at again."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest

from tests.journeys.test_grounds import body as asserted
from tests.journeys.test_rights_pages import Pages
from troth.statements.organisation import OrganisationBody
from troth.testing.people import own_use, research

DAY_NS: Final = 86_400_000_000_000
PATHS: Final = ("/operate/contacts", "/operate/orders", "/operate/grounds")


@pytest.fixture
def at() -> Iterator[Pages]:
    made = Pages()
    yield made
    made.world.close()


def date_of(at: Pages, days: int) -> str:
    """A day from now, as a form says it."""
    seconds = (at.world.clock.now() + days * DAY_NS) // 10**9
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def test_they_are_linked_from_his_page_and_say_nothing_to_others(at: Pages) -> None:
    first = at.page("/operate", "operator")
    for path in PATHS:
        assert f'href="{path}"' in first
        page = at.page(path, "person")
        assert "This door opens with the link" in page
        assert "Supplier" not in page


def test_a_contact_that_lapses_is_said_to_be_reached_there(at: Pages) -> None:
    supplier = at.world.organisation("Supplier")
    until_ns = at.world.clock.now() + 5 * DAY_NS
    at.world.run(
        at.world.node.join.organisation(
            OrganisationBody(supplier.uri, "Supplier", "mailto:office@supplier.example", reach_by_ns=until_ns)
        )
    )
    page = at.page("/operate/contacts", "operator")
    assert "Supplier" in page.partition("The others")[0]
    assert "Maker" in page.partition("The others")[2]
    for bad in ("", "tomorrow", date_of(at, -3)):
        told = at.presses("/operate/contacts", "operator", organisation=supplier.uri, until=bad)
        assert (400, True) == (told.status, "That did not work" in bytes(told.body).decode())
    assert (
        400
        == at.presses("/operate/contacts", "operator", organisation="https://x.example/", until=date_of(at, 9)).status
    )
    assert 401 == at.presses("/operate/contacts", "person", organisation=supplier.uri, until=date_of(at, 99)).status
    assert 303 == at.presses("/operate/contacts", "operator", organisation=supplier.uri, until=date_of(at, 99)).status
    page = at.page("/operate/contacts", "operator")
    assert "Nobody has to be reached within 30 days." in page
    assert () == at.world.node.grounding.tellings.contacts.due()


def test_orders_stand_with_who_is_silent_first(at: Pages) -> None:
    assert "Nobody was told to erase anything." in at.page("/operate/orders", "operator")
    at.ana.gives(at.meter)
    at.meter.says(1.0)
    at.lab.reads(at.meter)
    at.ana.withdraws(at.meter)
    at.world.advance(70)
    (order,) = at.world.node.sharing.orders.every()
    assert "Answers until" in at.page("/operate/orders", "operator")
    at.world.clock.step((order.body.due_ns - at.world.clock.now()) / 10**9 + 1)
    at.world.advance(1)
    at.enter()
    page = at.page("/operate/orders", "operator")
    for words in ("1 in all; 1 without an answer", "University: Research", "Silent since", "a yes was taken back"):
        assert words in page
    assert f"<dd>flow (stream {at.meter.number})" in page
    assert "Ana" not in page


def test_what_is_asserted_is_looked_at_again_there(at: Pages) -> None:
    home = at.world.home("Harbour Lane 14")
    meter = home.thing("electricity", purposes=(own_use(), research(coarse="required", to="Supplier")))
    soon = at.world.clock.now() + 20 * DAY_NS
    said = msgspec.structs.replace(asserted(meter, review_ns=soon), purposes=(research().purpose,))
    at.world.run(at.world.node.grounding.grounds.say(said))
    page = at.page("/operate/grounds", "operator")
    assert "The law says that the meter is read." in page
    (name,) = re.findall(r'name="ground" value="(gr[a-z2-7]{26})"', page)
    assert 400 == at.presses("/operate/grounds", "operator", ground="gr", until=date_of(at, 90)).status
    assert 401 == at.presses("/operate/grounds", "person", ground=name, until=date_of(at, 90)).status
    assert 303 == at.presses("/operate/grounds", "operator", ground=name, until=date_of(at, 90)).status
    assert () == at.world.node.grounding.grounds.due()


def test_every_page_leads_to_what_authorities_asked(at: Pages) -> None:
    for path in ("/", "/where", "/news"):
        assert b'href="/authorities"' in at.world.get(path, headers={"accept": "text/html"}).body, path
