"""Whoever runs a place is warned before a contact lapses, and nothing stops unannounced."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import msgspec
import pytest

from tests.journeys.test_share import ENERGY
from troth.errors import Denied, NotFound, NotReached, Refused
from troth.gate.rules.periods import Rule, period_of
from troth.journeys.contacts import Contacts, Lapse, words
from troth.journeys.share_values import Wanted
from troth.names import Uri, ckt_uri
from troth.settings import Settings
from troth.signing.keys import Ed25519Signer
from troth.spans import DAY_NS
from troth.statements.installation import Contract
from troth.statements.kinds import KindName
from troth.statements.organisation import GATEKEEPER, OrganisationBody
from troth.statements.site import Site
from troth.statements.statement import write
from troth.testing.people import WorldThing, own_use
from troth.testing.world import World
from troth.wire.times import print_time

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


def registers(world: World, name: str = "Supplier", **more: object) -> OrganisationBody:
    """What the documented body for a newer name and contact says, or more."""
    body = OrganisationBody(SUPPLIER, name, "mailto:desk@supplier.example")
    return world.run(world.node.join.organisation(msgspec.structs.replace(body, **more)))


def says(world: World, body: OrganisationBody) -> None:
    """The same, signed elsewhere."""
    world.run(world.node.say.say(KindName.ORGANISATION, body, subject=SUPPLIER))


def test_every_organisation_has_a_first_day_and_is_warned_of_before_it(world: World) -> None:
    meter = meter_of(world)
    said = world.node.directory.organisations[SUPPLIER]
    good = period_of(Rule.A_CONTACT_IS_GOOD, at_ns=world.clock.now()).days
    assert said.reach_by_ns is not None
    assert good * DAY_NS - DAY_NS < said.reach_by_ns - world.clock.now() <= good * DAY_NS
    world.clock.step((good - days_before(world)) * 86_400)
    world.advance(70)
    assert [Lapse.DUE] == [each.lapse for each in contacts_of(world).due()]
    assert ["A contact has to be reached again"] == [each.subject for each in world.mailer.taken]
    assert isinstance(meter.says(1.0), int)
    world.clock.step(days_before(world) * 86_400)
    world.advance(70)
    assert "unanswered" == meter.says(2.0)


def test_a_newer_name_and_contact_bring_nobody_back_that_has_lapsed(world: World) -> None:
    meter = meter_of(world)
    reached_until(world, 1)
    world.clock.step(2 * 86_400)
    world.advance(1)
    assert "unanswered" == meter.says(1.0)
    held = world.node.directory.organisations[SUPPLIER]
    said = registers(world, "Supplier Ltd")
    assert (held.reach_by_ns, "Supplier Ltd") == (said.reach_by_ns, said.name)
    assert "unanswered" == meter.says(2.0)
    later = world.clock.now() + 100 * DAY_NS
    for more in ({"reach_by_ns": later}, {"reach_by_ns": later, "reached_ns": world.clock.now() + 2 * DAY_NS}):
        with pytest.raises(NotReached):
            registers(world, "Supplier", **more)
    with pytest.raises(NotReached):
        says(world, msgspec.structs.replace(said, reach_by_ns=None))
    with pytest.raises(NotReached):
        says(world, msgspec.structs.replace(said, reach_by_ns=later))
    assert "unanswered" == meter.says(3.0)
    world.run(contacts_of(world).reached(SUPPLIER, until_ns=later))
    assert isinstance(meter.says(4.0), int)
    reached = world.node.directory.organisations[SUPPLIER]
    with pytest.raises(NotReached):
        says(world, msgspec.structs.replace(reached, reached_ns=(reached.reached_ns or 0) - 1, reach_by_ns=later + 1))


def test_what_is_not_repeated_stays_and_a_class_falls_away_only_where_it_is_named(world: World) -> None:
    meter_of(world)
    registers(world, classes=(GATEKEEPER,), site=Site("NL"), about="It supplies.")
    said = registers(world, "Supplier Ltd")
    assert ((GATEKEEPER,), Site("NL"), "It supplies.") == (said.classes, said.site, said.about)
    research = Uri("urn:troth:class:research")
    with pytest.raises(Refused):
        registers(world, classes=(research,))
    with pytest.raises(Refused):
        says(world, msgspec.structs.replace(said, classes=()))
    with pytest.raises(Refused):
        registers(world, classes=(GATEKEEPER,), left=(GATEKEEPER,))
    assert (research,) == registers(world, classes=(research,), left=(GATEKEEPER,)).classes
    assert () == registers(world, left=(research,)).classes


def test_a_maker_does_not_say_of_itself_that_it_was_reached(world: World) -> None:
    key = Ed25519Signer.from_seed(sha256(b"a supplier of its own").digest())
    world.organisation("Supplier")
    world.run(world.node.rekey.maker(SUPPLIER, key.public.cose_key))
    held = world.node.directory.organisations[SUPPLIER]
    later = (held.reach_by_ns or 0) + DAY_NS
    issuer, at_ns = ckt_uri(key.public.thumbprint), world.clock.now()

    def offers(body: OrganisationBody) -> None:
        signed = write(KindName.ORGANISATION, body, signer=key, issuer=issuer, subject=SUPPLIER, at_ns=at_ns)
        world.run(world.node.accept.accept(signed))

    for more in ({"reach_by_ns": later}, {"reach_by_ns": later, "reached_ns": at_ns}):
        with pytest.raises(NotReached):
            offers(msgspec.structs.replace(held, **more))
    offers(msgspec.structs.replace(held, name="Supplier of its own"))
    assert "Supplier of its own" == world.node.directory.organisations[SUPPLIER].name


def test_when_it_was_reached_may_be_left_out_and_stays(world: World) -> None:
    meter = meter_of(world)
    until_ns = world.clock.now() + 3 * DAY_NS
    world.run(contacts_of(world).reached(SUPPLIER, until_ns=until_ns))
    held = world.node.directory.organisations[SUPPLIER]
    assert held.reached_ns is not None
    world.clock.step(2)
    silent = msgspec.structs.replace(held, reached_ns=None, name="Supplier Ltd")
    says(world, silent)
    assert (held.reached_ns, "Supplier Ltd") == (
        world.node.directory.organisations[SUPPLIER].reached_ns,
        world.node.directory.organisations[SUPPLIER].name,
    )
    says(world, msgspec.structs.replace(silent, reach_by_ns=until_ns - DAY_NS))
    world.clock.step(2)
    for longer in (until_ns, None):
        with pytest.raises(NotReached):
            says(world, msgspec.structs.replace(silent, reach_by_ns=longer))
    with pytest.raises(NotReached, match="newer than before"):
        says(world, msgspec.structs.replace(held, reached_ns=held.reached_ns - 1))
    assert isinstance(meter.says(1.0), int)
    world.clock.step(2 * 86_400)
    world.advance(1)
    assert "unanswered" == meter.says(2.0)


def test_one_of_before_there_were_such_days_has_none_until_it_is_reached(world: World) -> None:
    says(world, OrganisationBody(SUPPLIER, "Supplier", "mailto:desk@supplier.example"))
    meter = meter_of(world)
    assert world.node.directory.organisations[SUPPLIER].reach_by_ns is None
    assert registers(world, "Supplier Ltd").reach_by_ns is None
    world.clock.step(400 * 86_400)
    world.advance(1)
    assert isinstance(meter.says(1.0), int)
    link = world.run(world.node.entering.operator_link("")).rpartition("/")[2]
    cookie = {"cookie": f"troth_operator={world.run(world.node.recognise.enter(link))}"}
    assert "no day is set, because" in world.get("/operate/contacts", headers=cookie).body.decode()
    until_ns = world.clock.now() + 3 * DAY_NS
    world.run(contacts_of(world).reached(SUPPLIER, until_ns=until_ns))
    assert until_ns == registers(world).reach_by_ns


def test_over_the_interface_a_read_stays_refused_until_the_contact_was_reached(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana, lab = home.person("Ana"), world.organisation("University")
    meter = home.thing("water meter")
    ana.gives(meter)
    meter.says(1.0)
    token, path = lab.token(), f"/v1.1/Datastreams({meter.number})/Observations"
    assert 200 == world.get(path, token=token).status
    op = world.operator_token()
    answers = world.node.directory.things[meter.joined.thing].body.answers.organisation
    soon = print_time(world.clock.now() + 2_000_000_000)
    assert 201 == world.post("/api/contacts/reached", {"organisation": answers, "until": soon}, token=op).status
    world.clock.step(3)
    world.advance(1)
    assert 403 == world.get(path, token=token).status
    again = {"organisation": answers, "name": "Newer", "contact": "mailto:newer@maker.example"}
    assert 201 == world.post("/api/organisations", again, token=op).status
    assert 403 == world.get(path, token=token).status, "another name reaches nobody"
    refused = world.post("/api/organisations", again | {"reach_by_ns": world.clock.now() + DAY_NS}, token=op)
    assert (403, "not-reached") == (refused.status, msgspec.json.decode(refused.body)["code"])
    later = print_time(world.clock.now() + 99 * DAY_NS)
    assert 201 == world.post("/api/contacts/reached", {"organisation": answers, "until": later}, token=op).status
    assert 200 == world.get(path, token=token).status


def test_a_party_that_people_share_with_is_warned_of_too(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana, repair = home.person("Ana"), world.organisation("Repair")
    meter = home.thing("water meter")
    sharing = world.node.sharing.share
    wanted = Wanted(repair.uri, ENERGY, (meter.stream,), world.clock.now() + 30 * DAY_NS)
    world.run(sharing.begin(ana.person, wanted, notice=sharing.seen.offered().notice, made_by="session"))
    body = msgspec.structs.replace(
        world.node.directory.organisations[repair.uri], reach_by_ns=world.clock.now() + DAY_NS
    )
    world.run(world.node.join.organisation(body))
    (due,) = contacts_of(world).due()
    assert (repair.uri, 0) == (due.organisation, due.streams)
    assert "After that nothing more can be shared with it." in words(due)


def test_the_other_party_of_a_contract_is_warned_of_too_as_long_as_it_stands(world: World) -> None:
    home, coop = world.home("Harbour Lane 12"), world.organisation("Coop")
    now = world.clock.now()
    contract = Contract(bytes(32), "Order", now, now + 40 * DAY_NS, coop.uri)
    meter = home.thing("heat meter", purposes=(own_use(),), contract=contract)
    known = world.node.directory.organisations[coop.uri]
    world.run(world.node.join.organisation(msgspec.structs.replace(known, reach_by_ns=now + 20 * DAY_NS)))
    (due,) = contacts_of(world).due()
    assert (coop.uri, 0, 1, Lapse.DUE, False) == (due.organisation, due.streams, due.ordered, due.lapse, due.shared)
    assert words(due).startswith("One stream rests on a contract with Coop (")
    assert "After that nobody answers for what was ordered." in words(due)
    assert "share" not in words(due)
    token = world.operator_token()
    shown = msgspec.json.decode(world.get("/api/contacts", token=token).body)
    assert [(0, 1)] == [(each["streams"], each["ordered"]) for each in shown["contacts"]]
    link = world.run(world.node.entering.operator_link("")).rpartition("/")[2]
    cookie = {"cookie": f"troth_operator={world.run(world.node.recognise.enter(link))}"}
    assert "1 stream rests on a contract with it" in world.get("/operate/contacts", headers=cookie).body.decode()
    assert "0 streams, 1 contract, by" in world.get("/operate", headers=cookie).body.decode()
    world.advance(70)
    assert [words(due)] == [each.text.strip() for each in world.mailer.taken]
    world.clock.step(21 * 86_400)
    world.advance(1)
    (lapsed,) = contacts_of(world).due()
    assert "nobody answers for what was ordered since" in words(lapsed)
    world.run(world.node.joining.alter.contract_ends(meter.joined.slug, "flow"))
    assert () == contacts_of(world).due(), "what has ended needs nobody who answers"
