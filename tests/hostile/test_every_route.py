"""Every route of a node, walked: whoever may not is refused, and learns nothing by how (promise R6)."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from tests.hostile.routes import AS, LOG, METHODS, TABLE, Who
from tests.hostile.town import Answered, Caller, Town
from troth.errors import Malformed, NotOffered
from troth.ingest.http import ROUTES
from troth.wire.paths import PREFIX, EntitySet, parse_path

NAMES: Final = (*EntitySet, "Thing", "Sensor", "ObservedProperty", "Datastream")
PATHS: Final = sorted({line.partition(" ")[2] for line in TABLE})
ACCEPTS: Final = ("application/json", "text/html")
PAGES: Final = frozenset({Who.PAGE, Who.FORM, Who.SPENDS, Who.ANYBODY})
GUARDED: Final = {"x-content-type-options": "nosniff", "referrer-policy": None, "cache-control": None}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    town = Town()
    yield town
    town.world.close()


def paths(routes: Iterable[BaseRoute]) -> set[str]:
    """All paths that are answered: those of the router, what stands below its mounts, and those of things."""
    found = {PREFIX + path for path, _ in ROUTES.values()}
    for route in routes:
        if isinstance(route, Route):
            found.add(route.path)
        else:
            assert isinstance(route, Mount), "another kind of route needs another line here"
            below = {path for path in (*sensorthings(), *wot()) if path.startswith(route.path + "/")}
            assert below, f"what stands below {route.path}?"
            found |= below
    return found


def sensorthings() -> set[str]:
    """Every path that the parser of paths reads."""
    found = {f"{PREFIX}/"}
    for one, two in product(EntitySet, ("", *NAMES)):
        key = "id" if one is EntitySet.OBSERVATIONS else "number"
        for path in (f"/{one.value}", f"/{one.value}(1)" + (f"/{two}" if two else "")):
            try:
                parse_path(path)
            except (Malformed, NotOffered):
                continue
            found.add(PREFIX + path.replace("(1)", "({" + key + "})"))
    return found


def wot() -> set[str]:
    """What stands in docs/reference/wot.md."""
    return {"/wot/things/", "/wot/things/{number}", "/wot/things/{number}/properties/{stream}"}


def test_every_route_has_its_line_and_every_line_its_route(town: Town) -> None:
    assert paths(town.doors.routes) == set(PATHS)


def test_a_route_without_a_line_is_seen(town: Town) -> None:
    async def planted(_: Request) -> Response:
        return Response()

    for route in (Route("/planted", planted), Route("/api/things/{slug}/planted", planted, methods=["POST"])):
        assert {route.path} == paths([*town.doors.routes, route]) - set(PATHS)
    with pytest.raises(AssertionError):
        paths([Mount("/planted", Starlette(routes=[Route("/", planted)]))])


@pytest.mark.parametrize("path", PATHS)
def test_methods_without_a_line_are_refused_and_those_with_one_are_named(town: Town, path: str) -> None:
    offered = {method for method in METHODS if f"{method} {path}" in TABLE}
    said = offered | ({"HEAD"} if "GET" in offered else set())
    for method in sorted(set(METHODS) - offered):
        answer = town.ask(method, town.filled(path, town.real), {})
        assert 405 == answer.status, method
        assert [said] == [set(each.split(", ")) for each in answer.all("allow")], method


@pytest.mark.parametrize("line", [line for line, who in TABLE.items() if who is not Who.THING])
def test_no_answer_lacks_what_keeps_browsers_from_misusing_it(town: Town, line: str) -> None:
    method, _, path = line.partition(" ")
    for asked, parameters, caller in product((method, "PUT"), (town.real, town.absent), town.callers[:4]):
        answer = town.ask(asked, town.filled(path, parameters), caller.headers)
        for name, value in GUARDED.items():
            assert 1 == len(answer.all(name)), (asked, caller.name, name)
            assert value in {None, answer.all(name)[0]}
        assert "frame-ancestors 'none'" in answer.all("content-security-policy")[0]
        anywhere = answer.all("access-control-allow-origin")
        if path in LOG:
            assert anywhere in ([], ["*"])
        else:
            assert [] == anywhere
            assert ["same-origin"] == answer.all("cross-origin-resource-policy")
            assert "public" not in answer.all("cache-control")[0] or path == "/static/{name}"
        assert [] == answer.all("access-control-allow-credentials")


@pytest.mark.parametrize("line", TABLE)
def test_who_may_not_is_refused_with_the_same_bytes_and_work_whether_it_is_there_or_not(town: Town, line: str) -> None:
    method, _, path = line.partition(" ")
    before = town.said()
    holes = []
    for caller in town.callers:
        if method != "GET" and (may(TABLE[line], caller, method) or TABLE[line] is Who.LEAVES):
            continue  # it would be done
        methods = (method, "HEAD") if method == "GET" else (method,)
        accepts = ACCEPTS if TABLE[line] in PAGES else ACCEPTS[:1]
        for each, accept, query in product(methods, accepts, ("", *AS.get(path, ()))):
            headers = caller.headers | {"accept": accept}
            real = town.ask(each, town.filled(path + query, town.real), headers)
            absent = town.ask(each, town.filled(path + query, town.absent), headers)
            found = holes_of(town, line, caller, method=each, real=real, absent=absent)
            holes += [f"{each} as {caller.name}: {hole}" for hole in found]
    assert before == town.said()
    assert not holes


@pytest.mark.parametrize("line", [line for line, who in TABLE.items() if who is Who.FORM])
@pytest.mark.parametrize("name", ["ana's own page", "owner's own page"])
def test_a_form_without_its_key_is_refused_also_from_the_page_itself(town: Town, name: str, line: str) -> None:
    method, _, path = line.partition(" ")
    before = town.said()
    answer = town.ask(method, town.filled(path, town.real), town.entitled[name] | {"accept": "application/json"})
    assert answer.status in {401, 403}, answer.body
    assert before == town.said()


@pytest.mark.parametrize("line", [line for line in TABLE if line.startswith("GET ")])
def test_who_may_is_not_refused(town: Town, line: str) -> None:
    path = line.partition(" ")[2]
    path = town.filled(path + AS.get(path, ("",))[0], town.real)
    for name in ENTITLED.get(TABLE[line], ()):
        answer = town.ask("GET", town.filled(path, town.real), town.entitled[name])
        assert answer.status not in {401, 403}, name
        assert 200 == answer.status or TABLE[line] in {Who.OPERATOR, Who.THING}, (name, answer.body)


@pytest.mark.parametrize(
    "line", [line for line, who in TABLE.items() if who is Who.ANYBODY and line.startswith("GET ")]
)
def test_what_is_for_anybody_is_the_same_for_everybody(town: Town, line: str) -> None:
    target = town.filled(line.partition(" ")[2], town.real)
    answers = [town.ask("GET", target, each.headers) for each in town.callers if each.is_readable]
    # Some say of a token that it is none; that is no answer to what was asked.
    assert 1 == len({answer.told for answer in answers if 401 != answer.status})


@pytest.mark.parametrize("line", [line for line in TABLE if " /api/" in line or line.endswith("/metrics")])
def test_what_cannot_be_asked_in_an_address_is_refused_and_not_passed_over(town: Town, line: str) -> None:
    method, _, path = line.partition(" ")
    for query in ("?no-such-option=1", "?things&things", "?after=1&after=2"):
        answer = town.ask(method, town.filled(path, town.absent) + query, {})
        assert answer.status in {400, 401}, query
        assert 400 == answer.status or path == "/api/joinings", query


def holes_of(town: Town, line: str, caller: Caller, *, method: str, real: Answered, absent: Answered) -> Iterator[str]:
    """What is wrong with two answers to somebody, about what is there and about what is not."""
    who, path = TABLE[line], line.partition(" ")[2]
    if real.status == 500 or absent.status == 500:
        yield "a fault of our own"
    if may(who, caller, method):
        return
    secrets = town.of_ana if caller.name == "the same home" else town.of_home
    everything = real.body + repr(real.headers).encode()
    yield from (f"{secret} is shown" for secret in secrets if secret.encode() in everything)
    wanted = refusals(who, caller)
    if wanted and real.status not in wanted:
        yield f"{real.status} and not {wanted}"
    if "{" in path + "".join(AS.get(path, ())) and real.told != absent.told:
        yield f"{real.told} where it is there and {absent.told} where it is not"
    elif "{" in path and real.store_calls != absent.store_calls:
        yield f"{real.store_calls} calls of stores where it is there and {absent.store_calls} where it is not"


ENTITLED: Final = {
    Who.OPERATOR: ("owner", "owner's own page"),
    Who.PERSON: ("ana", "ana's own page"),
    Who.COUNTED: ("owner", "owner's own page", "meter"),
    Who.THING: ("meter",),
    Who.GATED: ("ana", "ben", "ana's own page"),
    Who.PAGE: ("ana", "ana's own page"),
    Who.HOME: ("ana", "ben", "ana's own page"),
    Who.RECIPIENT: ("university",),
    Who.VISITOR: ("ana", "ana's own page", "owner's own page"),
    Who.MAKER: ("maker",),
    Who.AUTHORITY: ("authority",),
    Who.INSTALLER: ("installer",),
}


DESKS: Final = {Who.MAKER: "a maker", Who.AUTHORITY: "an authority", Who.INSTALLER: "an installer"}


def may(who: Who, caller: Caller, method: str) -> bool:
    """Whether somebody of `town.callers` may, by the table."""
    own_page = caller.name in {"ana's page from elsewhere", "ana's page from nowhere"}
    owner_page = caller.name in {"the owner's page from elsewhere", "the owner's page from nowhere"}
    reads = method in {"GET", "HEAD"}  # another site's page gets no answer to read (see the headers above)
    match who:
        case Who.OPERATOR | Who.COUNTED:
            return caller.name == "the operator" or (owner_page and reads)
        case Who.PERSON:
            return own_page and reads
        case Who.GATED:
            return own_page or caller.name == "the same home"
        case Who.PAGE:
            return own_page or owner_page or caller.name in {"the same home", "the operator"}
        case Who.RECIPIENT:
            return reads and caller.name == "a recipient"  # of its own, which is nothing
        case Who.HOME:
            return reads and (own_page or caller.name == "the same home")
        case Who.VISITOR:
            return reads and (
                own_page or owner_page or caller.name in {"the same home", "another home", *DESKS.values()}
            )
        case Who.MAKER | Who.AUTHORITY | Who.INSTALLER:
            return reads and caller.name == DESKS[who]
        case Who.ANYBODY | Who.SPENDS | Who.LEAVES | Who.SIGNED | Who.FORM | Who.THING:
            return False


CREDENTIALED: Final = frozenset(
    {
        Who.OPERATOR,
        Who.THING,
        Who.COUNTED,
        Who.PERSON,
        Who.HOME,
        Who.VISITOR,
        Who.RECIPIENT,
        Who.MAKER,
        Who.AUTHORITY,
        Who.INSTALLER,
    }
)


def refusals(who: Who, caller: Caller) -> set[int]:
    """With which status somebody is refused; empty where any will do that is the same for what is there and what is not."""
    if who in CREDENTIALED and not caller.is_readable:
        return {400}
    if who in {Who.OPERATOR, Who.FORM, Who.VISITOR}:
        has_visits = "home" in caller.name or caller.name in DESKS.values()
        return {401, 404} if who is Who.VISITOR and has_visits else {401}
    if who is Who.RECIPIENT:
        return {401} if caller.name != "a recipient" else {400, 404}
    if who is Who.THING:
        return {401} if caller.name != "another thing" else {400, 404}
    return set()
