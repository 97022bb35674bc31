"""An authority asks for data: it reads what was given and nothing beyond it, people are told, numbers are public."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_object import session
from troth.errors import Conflict, Denied, NotFound, Refused, TrothError, UnknownLaw
from troth.gate.question import Asker
from troth.gate.rules.periods import Rule, period_of
from troth.journeys.book_lines import Seen
from troth.journeys.news import Sort
from troth.names import RequestId, Uri
from troth.spans import DAY_NS
from troth.statements.authority import Decided, Withheld, purpose_of
from troth.statements.disclosure import DisclosedStream, DisclosureBody
from troth.statements.erasure import Asked
from troth.statements.ground import Citation
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Site
from troth.testing.people import Home, Org, WorldPerson, WorldThing, own_use
from troth.testing.world import World
from troth.web.sessions import COOKIES

ASKING: Final = Citation("StPO, § 95", "DE/StPO", "95")
WITHHOLDING: Final = Citation("StPO, § 95a", "DE/StPO", "95a")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=65) as made:
        yield made


class Case:
    """Ana's home with a meter that has said something on two days, and the police that ask for one of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        self.meter: WorldThing = self.home.thing("water meter", purposes=(own_use(),))
        self.police: Org = world.organisation("Police")
        self.authorities = world.node.grounding.tellings.authorities
        self.began_ns = world.clock.now()
        self.meter.says(1.0)
        world.clock.step(86_400)
        world.advance(1)
        self.next_ns = world.clock.now()
        self.meter.says(2.0)

    def enters(self, *, withheld_days: float | None = None) -> RequestId:
        """It asks."""
        order = None if withheld_days is None else self.order(withheld_days)
        asked = self.authorities.enter(self.police.uri, ASKING, "Water used on one day", withheld=order)
        return self.world.run(asked)

    def order(self, days: float) -> Withheld:
        """The order of a court, for so many days from now."""
        return Withheld("Local court", WITHHOLDING, self.in_days(days))

    def in_days(self, days: float) -> int:
        return self.world.clock.now() + round(days * DAY_NS)

    def gives(self, request: RequestId, *, variant: str = "raw", days: float = 10) -> None:
        """Decide, and give the first day."""
        if self.world.node.directory.told.requests[request].body.decided == Decided.OPEN:
            self.world.run(self.authorities.decide(request, Decided.PARTLY, "A month was asked for without reason"))
        self.about(request, variant=variant, days=days)

    def about(self, request: RequestId, *, variant: str | None = None, days: float = 10) -> None:
        """Say what it is about."""
        reach = self.authorities.reach(
            request,
            (self.meter.stream,),
            data_from_ns=self.began_ns - 10**9,
            data_to_ns=self.next_ns - 10**9,
            variant=variant,
            until_ns=self.in_days(days),
        )
        self.world.run(reach)

    def reads(self, request: RequestId, org: Org | None = None) -> list[object]:
        """What an organisation is shown for this request."""
        rows = (org or self.police).reads(self.meter, purpose_of(request))
        return [row.result for row in rows]

    def items(self) -> list[str]:
        """What Ana finds about authorities."""
        found = self.world.node.grounding.tellings.news.of(self.ana.person)
        return [each.words for each in found if each.sort is Sort.AUTHORITY]

    def seen(self) -> list[str]:
        """Who has read, in her book."""
        self.world.settle()
        return [each.who.party_name for each in self.ana.book().lines if isinstance(each, Seen)]


def test_it_reads_what_was_given_and_nothing_beyond_it(world: World) -> None:
    case = Case(world)
    request = case.enters()
    with pytest.raises(NotFound):
        case.reads(request)
    with pytest.raises(Refused):
        case.about(request, variant="raw")
    case.gives(request)
    assert [1.0] == case.reads(request), "one day, and not the next"
    with pytest.raises(NotFound):
        case.reads(request, world.organisation("Bakery"))
    with pytest.raises(NotFound):
        case.reads(case.enters())
    with pytest.raises(NotFound):
        case.police.reads(case.meter)
    world.clock.step(11 * 86_400)
    world.advance(1)
    with pytest.raises(Denied):
        case.reads(request)


def test_a_coarser_view_is_all_it_gets(world: World) -> None:
    case = Case(world)
    request = case.enters()
    case.gives(request, variant="count=P1D")
    assert 1.0 not in case.reads(request)


def test_what_is_ended_is_read_no_more_from_that_moment(world: World) -> None:
    case = Case(world)
    request = case.enters()
    case.gives(request)
    assert [1.0] == case.reads(request)
    assert 1 == world.run(case.authorities.end(request))
    with pytest.raises(Denied):
        case.reads(request)
    with pytest.raises(Conflict):
        case.about(request, variant="raw", days=5)


def test_a_place_where_it_may_not_go_stops_an_authority_too(world: World) -> None:
    case = Case(world)
    stream = DisclosedStream(case.meter.stream_name, (own_use(),), places=("EU",))
    product = world.node.directory.things[case.meter.joined.thing].body.product
    maker = world.organisation("Maker")
    world.run(world.node.join.disclosure(DisclosureBody(product, maker.uri, "en", 2, (stream,))))
    elsewhere = OrganisationBody(case.police.uri, "Police", "mailto:a@police.example", site=Site("US", ()))
    world.run(world.node.join.organisation(elsewhere))
    request = case.enters()
    case.gives(request)
    with pytest.raises(TrothError) as refused:
        case.reads(request)
    assert isinstance(refused.value, Denied)
    assert "place" == refused.value.reason_code


def test_the_people_are_told_at_once_and_find_the_reading_in_their_book(world: World) -> None:
    case = Case(world)
    request = case.enters()
    assert [] == case.items(), "nobody knows yet whom it concerns"
    case.about(request)
    (words,) = case.items()
    assert "Nothing was decided yet" in words
    world.advance(10)
    case.gives(request)
    case.reads(request)
    world.advance(10)
    (words,) = case.items()
    assert "given a part of it" in words
    told = [each.body.text for each in world.node.directory.told.tellings[case.ana.person]]
    assert 2 == len(told), "when it was asked, and when it was decided"
    assert "Police" in case.seen()
    cookie = {"cookie": f"{COOKIES['person']}={session(world, case.ana)}"}
    assert "An authority asked for data" in world.get("/mine/news", headers=cookie).body.decode()


def test_what_is_withheld_is_nowhere_until_the_order_ends_and_is_told_then_by_itself(world: World) -> None:
    case = Case(world)
    request = case.enters(withheld_days=30)
    case.gives(request)
    assert [1.0] == case.reads(request)
    world.advance(70)
    assert [] == case.items()
    assert {} == world.node.directory.told.tellings
    assert "Police" not in case.seen()
    assert 0 == sum(each.received for each in case.authorities.totals().months)
    feed = world.get("/news.atom").body
    assert b"authorities asked" not in feed
    cookie = {"cookie": f"{COOKIES['person']}={session(world, case.ana)}"}
    for path in ("/mine", "/mine/news", "/mine/book"):
        assert "Police" not in world.get(path, headers=cookie).body.decode(), path
    world.clock.step(30 * 86_400)
    world.advance(70)
    (words,) = case.items()
    assert "You could not be told before" in words
    assert 1 == len(world.node.directory.told.tellings[case.ana.person])
    assert "Police" in case.seen()
    assert 1 == sum(each.received for each in case.authorities.totals().months)
    assert b"authorities asked" in world.get("/news.atom").body


def test_the_proof_of_a_withheld_reading_is_not_given_out_either(world: World) -> None:
    case = Case(world)
    request = case.enters(withheld_days=30)
    case.gives(request)
    case.reads(request)
    world.settle()
    world.clock.step(31 * 86_400)
    world.advance(70)
    (line,) = (each for each in case.ana.book().lines if isinstance(each, Seen))
    assert line.place is not None
    assert world.run(world.node.book.proof(case.ana.asker(), line.place))
    world.clock.step(-31 * 86_400)
    with pytest.raises(NotFound):
        world.run(world.node.book.proof(case.ana.asker(), line.place))


def test_an_order_has_a_cited_law_an_end_and_no_second_beginning(world: World) -> None:
    case = Case(world)
    most = period_of(Rule.WITHHELD_AT_MOST, at_ns=world.clock.now()).days
    with pytest.raises(Refused):
        case.enters(withheld_days=most + 0.1)
    with pytest.raises(Refused):
        case.enters(withheld_days=0)
    order = Withheld("Local court", ASKING, case.in_days(10))
    with pytest.raises(UnknownLaw):
        world.run(case.authorities.enter(case.police.uri, ASKING, "Water", withheld=order))
    request = case.enters(withheld_days=10)
    world.run(case.authorities.withhold(request, case.order(20)))
    world.run(case.authorities.withhold(request, case.order(1)))
    world.clock.step(2 * 86_400)
    with pytest.raises(Conflict):
        world.run(case.authorities.withhold(request, case.order(5)))
    told = case.enters()
    with pytest.raises(Conflict):
        world.run(case.authorities.withhold(told, case.order(5)))


def test_only_laws_of_the_list_are_asked_on_and_a_decision_is_made_once(world: World) -> None:
    case = Case(world)
    for citation in (Citation("A law of ours", "DE/StPO", "9999"), WITHHOLDING, Citation("No law")):
        with pytest.raises(UnknownLaw):
            world.run(case.authorities.enter(case.police.uri, citation, "Water"))
    with pytest.raises(NotFound):
        world.run(case.authorities.enter(Uri("https://stranger.example/"), ASKING, "Water"))
    with pytest.raises(Refused):
        world.run(case.authorities.enter(case.police.uri, ASKING, "Water", received_ns=case.in_days(1)))
    request = case.enters()
    world.run(case.authorities.decide(request, Decided.REFUSED, "No reason was given"))
    with pytest.raises(Conflict):
        world.run(case.authorities.decide(request, Decided.GIVEN, "After all"))
    with pytest.raises(Refused):
        case.about(request, variant="raw")
    case.about(request)
    (words,) = case.items()
    assert "It was refused" in words, "who was spared something is told, too"


def test_a_reach_is_of_one_home_and_only_ends_sooner(world: World) -> None:
    case = Case(world)
    other = world.home("Harbour Lane 14").thing("kettle", purposes=(own_use(),))
    request = case.enters()
    case.gives(request, days=10)
    streams = (case.meter.stream, other.stream)
    with pytest.raises(Refused):
        world.run(case.authorities.reach(request, streams, data_from_ns=0, data_to_ns=1))
    with pytest.raises(Conflict):
        case.about(request, variant="raw", days=20)


def test_numbers_stay_when_somebody_is_erased_and_nothing_else_does(world: World) -> None:
    case = Case(world)
    request = case.enters()
    case.gives(request)
    world.advance(10)
    erase = world.node.erase
    world.run(erase.confirm(case.ana.person, erase.preview(case.ana.person).digest, made_by=Asked.SESSION))
    told = world.node.directory.told
    assert ({}, {}) == (told.reaches, told.tellings)
    assert [1] == [each.partly for each in case.authorities.totals().months]
    world.restart()
    assert [1] == [each.partly for each in world.node.grounding.tellings.authorities.totals().months]


def test_public_numbers_name_nobody(world: World) -> None:
    case = Case(world)
    request = case.enters()
    case.gives(request)
    for path in ("/authorities", "/api/authorities/totals", "/news", "/news.atom"):
        text = world.get(path).body.decode()
        for word in ("Police", "police.example", "Harbour Lane", "Water", "StPO", "rq"):
            assert word not in text, f"{path}: {word}"
    totals = msgspec.json.decode(world.get("/api/authorities/totals").body)
    assert {"month": "2026-03", "received": 1, "given": 0, "partly": 1, "refused": 0} == totals["months"][0]


def test_its_token_is_good_for_that_request_over_http_too(world: World) -> None:
    case = Case(world)
    request = case.enters()
    case.gives(request)
    token = world.run(world.node.join.recipient(case.police.uri, "app", purpose_of(request)))
    path = f"/v1.1/Datastreams({case.meter.number})/Observations"
    found = msgspec.json.decode(world.get(path, token=token).body)
    assert [1.0] == [each["result"] for each in found["value"]]
    asker = Asker(case.police.uri, "app", purpose_of(request))
    assert (case.meter.number,) == world.run(world.node.tell.listing.readable(asker)).streams
    world.run(case.authorities.end(request))
    assert 403 == world.get(path, token=token).status
