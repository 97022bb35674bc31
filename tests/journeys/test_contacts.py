"""Whoever runs a place is warned before a contact lapses, and nothing stops unannounced."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from troth.errors import Denied, NotFound, Refused
from troth.gate.rules.periods import DAY_NS, Rule, period_of
from troth.journeys.contacts import Contacts, Lapse
from troth.names import Uri
from troth.settings import Settings
from troth.statements.organisation import OrganisationBody
from troth.testing.people import WorldThing
from troth.testing.world import World

SUPPLIER: Final = Uri("https://supplier.example/")
SETTINGS: Final = Settings(
    data="world", origin="world.invalid/test", caller_ms_per_s=1_000_000, operator_mail="mo@place.example"
)


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=66, settings=SETTINGS) as made:
        yield made


def reached_until(world: World, days: float) -> None:
    """The supplier's contact is good for so many days."""
    until_ns = world.clock.now() + round(days * DAY_NS)
    body = OrganisationBody(SUPPLIER, "Supplier", "mailto:office@supplier.example", reach_by_ns=until_ns)
    world.run(world.node.join.organisation(body))


def contacts_of(world: World) -> Contacts:
    return world.node.grounding.tellings.contacts


def meter_of(world: World) -> WorldThing:
    """A thing for which the supplier answers."""
    return world.thing("street counter")


def days_before(world: World) -> int:
    return period_of(Rule.BEFORE_A_CONTACT_LAPSES, at_ns=world.clock.now()).days


def test_it_is_due_so_many_days_before_and_lapsed_from_the_day_on(world: World) -> None:
    meter = meter_of(world)
    ahead = days_before(world)
    reached_until(world, ahead + 1)
    assert () == contacts_of(world).due()
    world.clock.step(86_400)
    (due,) = contacts_of(world).due()
    assert (Lapse.DUE, 1, "Supplier") == (due.lapse, due.streams, due.name)
    assert isinstance(meter.says(1.0), int)
    world.clock.step(ahead * 86_400)
    world.advance(1)
    (due,) = contacts_of(world).due()
    assert Lapse.LAPSED is due.lapse
    assert "unanswered" == meter.says(2.0)
    with pytest.raises(Refused):
        world.run(contacts_of(world).reached(SUPPLIER, until_ns=world.clock.now()))
    with pytest.raises(NotFound):
        world.run(contacts_of(world).reached(Uri("https://nobody.example/"), until_ns=world.clock.now() + DAY_NS))
    world.run(contacts_of(world).reached(SUPPLIER, until_ns=world.clock.now() + 100 * DAY_NS))
    assert () == contacts_of(world).due()
    assert isinstance(meter.says(3.0), int), "what it answers for goes on at once"


def test_a_contact_on_which_nothing_rests_is_no_warning(world: World) -> None:
    meter_of(world)
    body = OrganisationBody(Uri("https://bakery.example/"), "Bakery", "mailto:a@bakery.example", reach_by_ns=1)
    world.run(world.node.join.organisation(body))
    assert () == contacts_of(world).due()


def test_the_warning_is_on_the_page_in_the_figures_in_the_feed_and_over_the_interface(world: World) -> None:
    meter_of(world)
    reached_until(world, 5)
    token = world.operator_token()
    shown = msgspec.json.decode(world.get("/api/contacts", token=token).body)
    assert [("due", 1)] == [(each["standing"], each["streams"]) for each in shown["contacts"]]
    assert 'troth_contacts_due{standing="due"} 1' in world.get("/metrics", token=token).body.decode()
    assert "troth_contacts_due" not in world.get("/metrics").body.decode(), "it is the operator's"
    made = msgspec.json.decode(world.post("/api/contacts/feeds", {}, token=token).body)
    path = made["url"][made["url"].index("/feeds/") :]
    feed = world.get(path)
    assert "Supplier: reach them again" in feed.body.decode()
    assert 304 == world.get(path, headers={"if-none-match": dict(feed.headers)["etag"]}).status
    world.post(f"/api/contacts/feeds/{made['feed']}/end", {}, token=token)
    assert 404 == world.get(path).status
    link = world.run(world.node.entering.operator_link("")).rpartition("/")[2]
    cookie = {"cookie": f"troth_operator={world.run(world.node.recognise.enter(link))}"}
    assert "troth organisation reached https://supplier.example/" in world.get("/operate", headers=cookie).body.decode()
    done = world.post("/api/contacts/reached", {"organisation": SUPPLIER, "until": "2027-03-01T00:00:00Z"}, token=token)
    assert 201 == done.status
    assert () == contacts_of(world).due()


def test_one_mail_when_it_is_due_and_one_when_it_lapsed_also_over_restarts(world: World) -> None:
    meter_of(world)
    reached_until(world, 5)
    world.advance(70)
    assert ["mo@place.example"] == [each.to for each in world.mailer.taken]
    assert "Supplier" in world.mailer.taken[0].text
    world.advance(70)
    world.crash()
    world.advance(70)
    assert 1 == len(world.mailer.taken)
    assert 0 == world.node.grounding.tellings.mailing.standing().waiting
    world.clock.step(5 * 86_400)
    world.advance(70)
    assert "Nobody answers any more" == world.mailer.taken[-1].subject
    assert 2 == len(world.mailer.taken)
    world.run(contacts_of(world).reached(SUPPLIER, until_ns=world.clock.now() + 3 * DAY_NS))
    world.advance(70)
    assert 3 == len(world.mailer.taken), "the next day is another warning"


def test_people_go_on_reading_their_own_when_nobody_answers(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana = home.person("Ana")
    meter = home.thing("water meter")
    ana.gives(meter)
    meter.says(1.0)
    reached_until(world, 1)
    world.clock.step(2 * 86_400)
    world.advance(1)
    assert [1.0] == [each.result for each in ana.reads(meter)]
    with pytest.raises(Denied) as refused:
        world.organisation("University").reads(meter)
    assert "unanswered" == refused.value.reason_code
