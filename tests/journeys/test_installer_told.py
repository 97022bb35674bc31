"""What people see of a firm that connects things: its desk and theirs on pages, and what a home is told."""

import re
from html import unescape
from urllib.parse import urlencode

from tests.journeys.installer_lane import FIRM, Lane, in_lane
from tests.journeys.test_home_things import person_of
from tests.journeys.test_telling import Lane as AtHome
from tests.journeys.test_telling_mail import give
from troth.journeys.inherit import TypedThing
from troth.journeys.news import Sort
from troth.names import Uri
from troth.statements.installation_type import InstallationTypeBody, TypedStream
from troth.testing.world import World
from troth.web.sessions import COOKIES, form_key


def test_on_pages_a_firm_connects_in_three_steps_hands_over_and_an_owner_takes_over() -> None:
    async def test(at: Lane) -> None:
        sessions = {"person": at.home.ana, "installer": at.firm}

        async def page(method: str, path: str, role: str, **fields: str) -> tuple[int, str]:
            session = sessions[role]
            fields = {"key": form_key(session), **fields} if method == "POST" else {}
            body = urlencode(fields).encode() if fields else None
            headers = {"cookie": f"{COOKIES[role]}={session}", "sec_fetch_site": "same-origin"}
            headers |= {"content_type": "application/x-www-form-urlencoded", "accept": "text/html"}
            answer = await at.house.ask(method, path, body, **headers)
            return answer.status_code, unescape(answer.text)

        _, none = await page("GET", "/installer", "installer")
        assert "You are invited nowhere now" in none
        home = at.home.household
        status, _ = await page("POST", "/mine/installers", "person", do="invite", party=FIRM, home=home, days="3")
        assert 303 == status
        _, desk = await page("GET", "/installer", "installer")
        found = re.search(r'<option value="(iv[a-z2-7]{26})">Harbour Lane 12', desk)
        assert found is not None
        assert "by Ana" in desk
        said = {"home": found[1], "type": "hall-meter", "name": "Third", "place": "Attic"}
        status, sheet = await page("POST", "/installer/sheet", "installer", **said)
        digest = re.search(r'name="sheet" value="([0-9a-f]{64})"', sheet)
        assert (200, True) == (status, "in the home “Harbour Lane 12”" in sheet)
        assert digest is not None
        status, again = await page("POST", "/installer", "installer", **said, sheet="00" * 32)
        assert (409, True) == (status, "Something has changed" in again)
        status, done = await page("POST", "/installer", "installer", **said, sheet=digest[1])
        assert (200, True) == (status, "Third may come in" in done and "<svg" in done)
        slug = re.search(r"<code>(third-[a-z2-7]{8})</code>", done)
        assert slug is not None
        status, other = await page("POST", "/installer/label", "installer", slug=slug[1])
        assert (200, True) == (status, "Third may come in" in other)
        assert done != other, "another label"
        _, seen = await page("GET", "/mine/installers", "person")
        assert "<b>Third</b>, Attic" in seen
        assert 303 == (await page("POST", "/installer/hand-over", "installer", invitation=found[1]))[0]
        status, no = await page("POST", "/installer/sheet", "installer", **said)
        assert (403, True) == (status, "you are not invited there any more" in no)
        _, seen = await page("GET", "/mine/installers", "person")
        assert "Take it over from Sparks" in seen
        assert 303 == (await page("POST", "/mine/installers", "person", do="accept", invitation=found[1]))[0]
        _, seen = await page("GET", "/mine/installers", "person")
        assert "Taken over by Ana" in seen

    in_lane(test)


def test_the_home_is_told_which_firm_connected_something_and_who_had_invited_it() -> None:
    async def test(at: Lane) -> None:
        news = at.house.node.grounding.tellings
        ben = person_of(at.home, at.ben)
        for number, token in enumerate((at.home.ana, at.house.operator)):
            invitation = await at.invited(token=token, household=at.home.household)
            seen = news.news.moved
            await at.connected(name=f"Meter {number}")
            assert seen < news.news.moved, "who tells looks again"
            (item,) = [
                each for each in news.news.of(ben) if each.title == f"Sparks has connected something: Meter {number}"
            ]
            assert (Sort.JOINED, "Attic") == (item.sort, item.about)
            assert ("an owner of your home", "whoever runs this place")[number] in item.words
            assert "Ana" not in item.words
            await at.house.ask("DELETE", f"/api/installers/{invitation}", token=at.house.operator)
        await news.telling.look()
        for session in (at.home.ana, at.ben):
            told = (await at.house.ask("GET", "/api/told", token=session)).json()
            mine = [each for each in told["items"] if "Sparks" in each["title"]]
            assert [["page"], ["page"]] == [[way["way"] for way in each["told"]] for each in mine]
        elsewhere = (await at.house.ask("GET", "/api/told", token=at.cem)).json()
        assert [] == [each for each in elsewhere["items"] if "Sparks" in each["title"]]
        atom = await at.house.ask("GET", "/news.atom")
        assert "Sparks" not in atom.text
        made = await at.house.ask("POST", "/api/told/feeds", {}, token=at.home.ana)
        feed = await at.house.ask("GET", str(made.json()["url"]).removeprefix("http://localhost:8080"))
        assert 2 == feed.text.count("<title>Sparks has connected something"), feed.text[:2000]

    in_lane(test)


def test_an_owner_ends_what_a_firm_connected_that_an_owner_had_invited_and_nobody_else_does() -> None:
    async def test(at: Lane) -> None:
        ask = at.house.ask

        async def ends(thing: str, session: str) -> int:
            return (await ask("POST", f"/api/home/things/{thing}/end", {}, token=session)).status_code

        await at.invited()
        await at.connected(name="Mine")
        await at.house.node.joining.installers.close(Uri(FIRM))
        at.firm = await at.house.session(
            (await at.house.post("/api/doors", {"party": FIRM, "door": "installer"}))["invitation"]
        )
        await at.invited(token=at.house.operator, household=at.home.household)
        await at.connected(name="Ours")
        (home,) = (await ask("GET", "/api/home/things", token=at.ben)).json()["homes"]
        things = {each["name"]: each for each in home["things"]}
        assert {"Mine": ("Sparks", True), "Ours": ("Sparks", False), "Meter in the hall": (None, False)} == {
            name: (each["firm"], each["ends"]) for name, each in things.items()
        }
        refused = [(each["thing"], at.home.ana) for name, each in things.items() if name != "Mine"]
        refused += [(things["Mine"]["thing"], session) for session in (at.ben, at.cem)]
        assert {404} == {await ends(thing, session) for thing, session in refused}
        assert 204 == await ends(things["Mine"]["thing"], at.home.ana)
        assert 403 == await ends(things["Mine"]["thing"], at.home.ana)
        (home,) = (await ask("GET", "/api/home/things", token=at.ben)).json()["homes"]
        assert {"Ours", "Meter in the hall"} == {each["name"] for each in home["things"]}

    in_lane(test)


def test_the_invitation_stands_in_the_book_of_who_invited_and_in_no_others() -> None:
    async def test(at: Lane) -> None:
        await at.invited()
        for session, count in ((at.home.ana, 1), (at.ben, 0)):
            said = (await at.house.ask("GET", "/api/book/statements", token=session)).json()["statements"]
            assert count == sum(each["kind"] == "installer" for each in said)

    in_lane(test)


def test_a_letter_says_which_firm_and_names_nobody_of_the_home() -> None:
    with World(seed=118) as world:
        around = AtHome(world)
        give(world, around.ana)
        home, firm = around.home.household, world.organisation("Sparks").uri
        body = world.node.directory.things[around.meter.joined.thing].body
        streams = tuple(TypedStream(each.name, each.reach) for each in body.streams)
        kind = InstallationTypeBody("meter", "Meter", body.product, body.answers, streams, body.consideration)
        world.run(world.node.joining.inherit.type(kind))
        world.run(world.node.joining.installers.invite(firm, days=3, household=home, by=around.ana.person))
        before = len(world.mailer.taken)
        desk, typed = world.node.joining.installer_desk, TypedThing("meter", "Second", "Attic", household=home)
        world.run(desk.connect(firm, typed, shown=desk.look(firm, typed).sheet.digest))
        world.advance(20)
        (letter,) = world.mailer.taken[before:]
        assert "Sparks has connected something: Second. Sparks was invited by an owner of your home" in letter.text
        assert not [word for word in ("Ana", "Harbour Lane") if word in letter.text + letter.subject]
