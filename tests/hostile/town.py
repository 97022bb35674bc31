"""A small town for hostile visitors: a home whose data they are after, and everybody who should not get them."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final, NamedTuple

from tests.journeys.test_children import guards
from troth.app.doors import http_doors
from troth.gate.question import Asker
from troth.gate.rules.share_terms import SHARE
from troth.journeys.book_lines import Seen
from troth.journeys.bring import Newcomer
from troth.journeys.marks import Wanted as Marked
from troth.journeys.recipient import Wish
from troth.journeys.share_values import Wanted
from troth.names import (
    HouseholdId,
    OrderId,
    PersonId,
    PurposeId,
    ShareId,
    Slug,
    ThingId,
    Uri,
    WishId,
    print_household,
    print_id,
    print_order,
    print_person,
    print_share,
    print_sign,
    print_thing,
    print_wish,
)
from troth.spans import DAY_NS
from troth.statements.journal import unerased
from troth.statements.third_party import BROUGHT, brought_uri
from troth.testing.asgi import Exchange, Told
from troth.testing.people import WorldPerson
from troth.testing.world import World
from troth.things.variants import Variant

__all__ = ["Caller", "Town"]

VALUE: Final = 4242.5
Headers = dict[str, str]


class Caller(NamedTuple):
    """Somebody who asks: what they show, and what they are."""

    name: str
    headers: Headers
    is_readable: bool = True


class Answered(NamedTuple):
    """An answer in full, and how often stores were called for it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    store_calls: int

    @property
    def told(self) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """All that whoever asked can see."""
        return self.status, self.headers, self.body

    def all(self, name: str) -> list[str]:
        """Every header of this name."""
        return [value for key, value in self.headers if key.lower() == name]


class Town:
    """Ana and Ben live in one home with a meter, Cleo in another; a laboratory has read Ana's meter before she said no."""

    def __init__(self) -> None:
        self.world = World(seed=46, jitter_s=0.0)
        world = self.world
        home, other = world.home("Harbour Lane 12"), world.home("Hill 3")
        self.home = home
        self.meter = home.thing("water meter")
        self.ana, self.ben = home.person("Ana"), home.person("Ben", role="member")
        self.cleo = other.person("Cleo")
        self.foreign_thing = other.thing("kettle")
        self.gauge = world.thing("gauge")
        self.university = world.organisation("University")
        self.bakery = world.organisation("Bakery")
        chosen = self.ana.gives(self.meter)
        self.ben.gives(self.meter)
        id_ = self.meter.says(VALUE)
        assert isinstance(id_, int)
        self.id = id_
        self.gauge.says(1.0)
        self.university.reads(self.meter)
        world.settle()
        self.ana.withdraws(self.meter)
        world.settle()
        seen = self.ana.book().lines[0]
        assert isinstance(seen, Seen)
        renamed = world.node.joining.alter.rename(
            Slug(self.meter.joined.slug), name="Bathtub counter", short=Slug("of-the-bathtub")
        )
        self.slug = world.run(renamed)
        self.operator = world.operator_token()
        wanted = Marked(self.meter.stream, world.clock.now() - 2, world.clock.now() - 1, "This is not so.")
        mark, _ = world.run(world.node.choosing.marks.put(self.ana.person, wanted, made_by="session"))
        asking = world.node.choosing.rights.ask(self.ana.person, "access", words="All of it.", made_by="session")
        asked, _ = world.run(asking)
        kim = world.home("Mill 5").person("Kim", role="child")  # where nobody else lives who may know whose child it is
        guards(world, kim, self.ana, years=9)
        for path in ("/api/export", f"/api/children/{print_person(kim.person)}/export"):
            assert 201 == world.post(path, {}, token=self.session(self.ana)).status
        world.advance(60)
        self.doors = http_doors(world.node)
        self.real: Mapping[str, str] = {
            "token": "x" * 43,
            "place": str(seen.place),
            "slug": self.slug,
            "thing": self.slug,
            "id": str(self.id),
            "number": str(self.meter.number),
            "stream": self.meter.stream_name,
            "statement": chosen.statement.hex(),
            "mark": mark.hex(),
            "asked": asked.hex(),
            "person": print_person(self.ana.person),
            "child": print_person(kim.person),
            "preservation": self._preserved(),
            "name": "troth.css",
            "home": print_household(home.household),
            "share": self._shared(),
            "brought": self._brought(),
            "order": self._ordered(),
            "wish": self._wished(),
            "withholding": "x",
            "role": "person",
            "visit": self._visit(),
            "installer": self._invited(),
            "standing": print_thing(self.meter.joined.thing),
            "path:path": "0/000",
            "kid": "x",
            "type": "x",
            "line": "x",
            "support": "x",
            "sign": print_sign(world.run(world.node.grounding.signs.put_up("here"))),
            "secret": "x",
            "feed": "x",
            "demand": "x",
            "key": "x",
        }
        self.absent: Mapping[str, str] = self.real | {
            "place": "900000-1",
            "slug": "no-such-thing",
            "thing": "no-such-thing",
            "id": str(self.id + 4096 * 1000),
            "number": "4000000",
            "statement": "ab" * 32,
            "mark": "ab" * 16,
            "asked": "ab" * 16,
            "person": print_person(PersonId(bytes(16))),
            "child": print_person(PersonId(bytes(16))),
            "preservation": "ab" * 16,
            "share": print_share(ShareId(bytes(16))),
            "order": print_order(OrderId(bytes(16))),
            "wish": print_wish(WishId(bytes(16))),
            "brought": brought_uri(bytes(16)).removeprefix(BROUGHT),
            "visit": "ab" * 16,
            "installer": print_id("iv", bytes(16)),
            "standing": print_thing(ThingId(bytes(16))),
            "home": print_household(HouseholdId(bytes(16))),
        }
        self.of_ana = (print_person(self.ana.person), "Ana")  # on what a reading rested stands in Ben's book, too
        self.of_home = (
            *self.of_ana,
            chosen.statement.hex(),
            "Harbour Lane",
            "Bathtub counter",
            self.slug,
            str(VALUE),
        )
        ana, owner = self.session(self.ana), self._owner_session()
        elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
        with World(seed=47) as foreign:
            foreign_token = foreign.operator_token()
            link = foreign.run(foreign.node.entering.operator_link("http://localhost"))
            foreign_session = foreign.run(foreign.node.recognise.enter(link.rpartition("/")[2]))
        self.entitled = {
            "owner": _bearer(self.operator),
            "ana": _bearer(ana) | _cookies(troth_person=ana),
            "ben": _bearer(self.session(self.ben)) | _cookies(troth_person=self.session(self.ben)),
            "meter": _bearer(self.meter.credential),
            "university": _bearer(self.university.token()),
            "ana's own page": _cookies(troth_session=ana, troth_person=ana) | {"sec-fetch-site": "same-origin"},
            "owner's own page": _cookies(troth_session=owner, troth_operator=owner) | {"sec-fetch-site": "same-origin"},
        }
        cleo = self.session(self.cleo)
        firms = {"maker": "Maker", "authority": "Inspector", "installer": "Sparks", "elsewhere": "Wires"}
        for desk, party in ((desk, world.organisation(name)) for desk, name in firms.items()):
            session = world.run(
                world.node.recognise.enter(world.run(world.node.join.invite_desk(party.uri, DOORS.get(desk, desk))))
            )
            self.entitled[desk] = _bearer(session) | _cookies(**dict.fromkeys(COOKIES, session))
        self.callers = (
            Caller("nobody", {}),
            Caller("rubbish", _bearer("x" * 43)),
            Caller("rubbish cookies", _cookies(**dict.fromkeys(COOKIES, "x" * 43))),
            Caller("unreadable", {"authorization": "Digest realm"}, is_readable=False),
            Caller("the same home", self.entitled["ben"]),
            Caller("another home", _bearer(cleo) | _cookies(troth_person=cleo)),
            Caller("a recipient", _bearer(self.bakery.token())),
            Caller("a maker", self.entitled["maker"]),
            Caller("an authority", self.entitled["authority"]),
            Caller("an installer", self.entitled["elsewhere"]),
            Caller("another thing", _bearer(self.foreign_thing.credential)),
            Caller("the operator", _bearer(self.operator)),
            Caller("a foreign operator", _bearer(foreign_token)),
            Caller("a foreign operator's page", _cookies(**dict.fromkeys(COOKIES, foreign_session))),
            Caller("the owner's page from elsewhere", _cookies(**dict.fromkeys(COOKIES, owner)) | elsewhere),
            Caller("the owner's page from nowhere", _cookies(**dict.fromkeys(COOKIES, owner))),
            Caller("ana's page from elsewhere", _cookies(**dict.fromkeys(COOKIES, ana)) | elsewhere),
            Caller("ana's page from nowhere", _cookies(**dict.fromkeys(COOKIES, ana))),
        )

    def session(self, person: WorldPerson) -> str:
        """A session of somebody."""
        world = self.world
        return world.run(world.node.recognise.enter(world.run(world.node.join.invite(person.person))))

    def ask(self, method: str, path: str, headers: Headers) -> Answered:
        """Ask with an empty form, and count what the stores are asked meanwhile."""
        page = not path.startswith(("/api", "/v1.1", "/entries"))
        kind = "application/x-www-form-urlencoded" if page else "application/json"
        body = b"" if method in {"GET", "HEAD"} else b"{}"
        if path.startswith("/operate/connect"):  # this form may bring a file
            kind, body = "multipart/form-data; boundary=x", b"--x--\r\n"
        sent = {"accept": "application/json", "content-type": kind} | headers
        exchange = Exchange(self.doors, method, target=path, headers=sent, body=body)
        with counted() as calls:
            told: Told = self.world.run(_hung_up(exchange) if "/events" in path else exchange.ask())
        return Answered(told.status, tuple(told.headers), bytes(told.body), sum(calls))

    def filled(self, path: str, parameters: Mapping[str, str]) -> str:
        """A path with these in the place of its parameters."""
        path = path.replace("/api/proofs/{number}", "/api/proofs/{id}")  # the number of an observation
        for name, value in parameters.items():
            path = path.replace("{" + name + "}", value)
        return path

    def said(self) -> int:
        """How many statements there are."""
        return len(list(unerased(self.world.journal.entries(after=0, limit=100_000))))

    def _preserved(self) -> str:
        from_now = self.world.clock.now()
        preserve = self.world.node.preserve
        made = self.world.run(
            preserve.begin(self.ana.person, "incident", reason="a dispute", to_ns=from_now + 10**15, datastreams=())
        )
        return made.preservation.hex()

    def _shared(self) -> str:
        """What Ana shares with the university, until Ben has agreed nothing of it."""
        share, to_ns = self.world.node.sharing.share, self.world.clock.now() + 30 * DAY_NS
        wanted = Wanted(self.university.uri, f"{SHARE}science", (self.meter.stream,), to_ns)
        notice = share.seen.offered().notice
        name, _ = self.world.run(share.begin(self.ana.person, wanted, notice=notice, made_by="session"))
        return print_share(name)

    def _brought(self) -> str:
        """Whom Ana has brought, and shares something with that Ben has not agreed to."""
        bring, to_ns = self.world.node.sharing.bring, self.world.clock.now() + 30 * DAY_NS
        wanted = Wanted(Uri(BROUGHT), f"{SHARE}science", (self.meter.stream,), to_ns)
        notice = self.world.node.sharing.share.seen.offered().notice
        who = Newcomer("Nora", "mailto:nora@adviser.example", "DE")
        made = self.world.run(bring.bring(self.ana.person, who, wanted, notice=notice, made_by="session"))
        return made.party.removeprefix(BROUGHT)

    def _ordered(self) -> str:
        """What the university is to erase since Ana said no."""
        orders = self.world.node.sharing.orders
        self.world.run(orders.give())
        return print_order(orders.every()[0].order)

    def _wished(self) -> str:
        """What the university asks everybody who has such a meter."""
        recipient = self.world.node.sharing.recipient
        product = self.meter.around.node.directory.things[self.meter.joined.thing].body.product
        wish = Wish(product, (self.meter.stream_name,), Variant.RAW, 30, "To compare.")
        asker = Asker(self.university.uri, "app", PurposeId(f"{SHARE}development"))
        return print_wish(self.world.run(recipient.ask(asker, wish)))

    def _invited(self) -> str:
        """A firm that Ana has invited into the home."""
        installers = self.world.node.joining.installers
        firm, home = self.world.organisation("Sparks"), self.home.household
        return self.world.run(installers.invite(firm.uri, days=7, household=home, by=self.ana.person)).id

    def _visit(self) -> str:
        """One of Ana's sessions, by the name it has among hers."""
        return self.world.node.entering.visits.of(self.session(self.ana)).visits[0].id

    def _owner_session(self) -> str:
        link = self.world.run(self.world.node.entering.operator_link("http://localhost"))
        return self.world.run(self.world.node.recognise.enter(link.rpartition("/")[2]))


async def _hung_up(exchange: Exchange) -> Told:
    """What comes within a moment by an answer that goes on: too short for a tick, which says something by itself."""
    going = asyncio.ensure_future(exchange.ask())
    await asyncio.wait((going,), timeout=0.002)
    exchange.hang_up()
    return await going


_STORES: Final = "/troth/testing/memory_"
DOORS: Final = {"elsewhere": "installer"}  # a firm that is invited nowhere
COOKIES: Final = ("troth_session", "troth_person", "troth_recipient", "troth_operator")


@contextmanager
def counted() -> Iterator[list[int]]:
    """How often the program calls its stores while this is open; one 1 for each."""
    calls: list[int] = []

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and _STORES in frame.f_code.co_filename:
            asker = frame.f_back
            if asker is not None and "/troth/" in asker.f_code.co_filename and _STORES not in asker.f_code.co_filename:
                calls.append(1)

    sys.setprofile(look)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def _bearer(token: str) -> Headers:
    return {"authorization": f"Bearer {token}"}


def _cookies(**cookies: str) -> Headers:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
