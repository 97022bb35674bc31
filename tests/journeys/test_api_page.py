"""docs/reference/api.md is true: it lists every resource with its methods, and its examples run in their order."""

import json
import re
from typing import Final

import msgspec
from httpx import Response
from msgspec.structs import replace
from starlette.routing import Route

from tests.architecture.trees import ROOT
from tests.emergencies import first, key_of, provided
from tests.emergencies import signed as signed_by_opener
from tests.journeys.api_house import House, run
from tests.journeys.certified import Key, made_key, request_of, signature_of
from troth.app.doors import http_doors
from troth.journeys.enrol import renewal_message
from troth.names import PurposeId, Uri, print_ground, print_opening
from troth.statements.organisation import OrganisationBody
from troth.wire.times import print_time

MONTH_NS: Final = 30 * 86_400_000_000_000
KEYS: Final = (
    *("household", "person", "claim", "session", "line", "promise", "support", "statement", "preservation", "key"),
    *("certificate", "challenge", "ground", "restriction", "emergency", "demand", "feed", "look"),
    *("share", "wish", "withholding"),
    "mark",
    "brought",
)
PAGE: Final = ROOT / "docs" / "reference" / "api.md"


def sections() -> dict[str, str]:
    """Text by heading."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def paths(started: House) -> list[str]:
    """Those of the JSON interface, out of the table that the node itself answers by."""
    found = [route.path for route in http_doors(started.node).routes if isinstance(route, Route)]
    return [path for path in found if path.startswith("/api/")]


def test_the_page_lists_every_resource_with_its_methods() -> None:
    async def test(started: House) -> None:
        known = set()
        for path in paths(started):
            refused = await started.ask("OPTIONS", re.sub(r"\{[a-z]+\}", "1", path))
            assert 405 == refused.status_code
            allowed = set(refused.headers["allow"].split(", ")) - {"HEAD"}
            known |= {f"{method} {path}" for method in allowed}
        assert known == set(sections())

    run(test)


def asked_in(path: str, got: dict[str, object]) -> dict[str, str]:
    """The name of a request of a right."""
    return {"ASKED": str(got["request"])} if path == "/api/rights" and "request" in got else {}


def shown(got: dict[str, object]) -> dict[str, str]:
    """The digests of what was shown, under their words."""
    offers = got.get("choices")
    words = {"NOTICE": offers[0]["digest"]} if isinstance(offers, list) else {}
    rules = got.get("rules")
    words |= {"RULE": rules[0]["rule"]} if isinstance(rules, list) and rules and "since" in rules[0] else {}
    words |= {"DUTIES": str(got["notice"])} if "gatekeepers" in got else {}
    return words | ({"SHOWN": str(got["digest"])} if "stays" in got else {})


def signed(got: dict[str, object], thing: Key, request: str) -> dict[str, str]:
    """What the thing signs of a challenge, under its word."""
    challenge = got.get("challenge")
    return {} if challenge is None else {"SIGNATURE": signature_of(thing, renewal_message(str(challenge), request))}


# Ana has no passkey, and gives her key back while it is open, so nothing is to change later.
OWN_KEY = {"/api/key/stop": 409, "/api/key/passkeys/end": 409, "/api/key/beside": 404, "/api/key/beside/answer": 401}
FORESEEN = {
    "/api/disclosures/look": 200,
    "/api/choices/foreseen": 200,
    "/api/place-rules/foreseen": 200,
    "/api/rules/look": 200,
}
"""Nothing is made by asking."""
NO_MAIL = {"/api/told/mail": 501, "/api/mail/confirm": 401, "/api/mail/stop": 404}
"""No mail is sent from this house, and no letter was."""
REFUSED = {
    "POST /api/erasure": 401,  # the example before has erased this person, so their session is gone
    "POST /api/authorities/requests/{demand}/order": 409,  # people were told of the request
    "POST /api/people/{person}/guardians": 403,  # Ana is no child
    "POST /api/things/{slug}/gateway": 404,  # there is no network server here
    "POST /api/installers/close": 204,
    **dict.fromkeys(
        (
            "POST /api/installer/things",
            "POST /api/installer/things/many",
            "POST /api/installer/things/{slug}/claim",
            "POST /api/installer/invitations/{installer}/hand-over",
        ),
        401,
    ),  # they are asked in a session of their own, as is what stands there
}


async def asked(started: House, method: str, path: str, *, body: str, token: str | None) -> Response:
    """What is answered; a sheet is confirmed."""
    answer = await started.ask(method, path, body.encode() or None, token=token)
    if method != "POST" or answer.status_code != 200 or b'"lines"' not in answer.content:
        return answer
    confirmed = {**json.loads(body), "sheet": answer.json()["digest"]}
    return await started.ask(method, path, json.dumps(confirmed).encode(), token=token)


NOBODYS: Final = "a" * 26
ADVISER: Final[dict[str, object]] = {
    "party": "https://works.example",
    "app": "advice",
    "purpose": "urn:troth:share:energy",
}
QUERIES = {
    "GET /api/products": "?product=https://works.example/meter",
    "GET /api/events": "?datastreams=4000000",  # of a stream that is there the answer would not end
    "GET /api/erase-orders/events": f"?order=eo{NOBODYS}",  # nor of an order that is
}
"""What is asked for after the path."""


async def token_for(started: House, path: str, found: dict[str, str]) -> str | None:
    """Whose token a path takes: a person's, a recipient's, or the operator's."""
    own = (
        "choices",
        "objections",
        "place-rules",
        "/api/where/mine",
        "visits",
        "book",
        "/api/home",
        "/api/children",
        "/api/wishes",
        "/api/private",
        "/api/share",
        "/api/export",
        "/api/told",
        "/api/marks",
        "/api/rights",
    )
    if path != "/api/share-terms" and (
        any(each in path for each in own) or path in {"/api/erasure", "/api/key"} or "/api/key/" in path
    ):
        return found.get("SESSION")
    if path.startswith(("/api/recipient/", "/api/erase-orders", "/api/corrections")) or path == "/api/recipient":
        return str((await started.post("/api/recipients", ADVISER))["token"])
    return started.operator


async def emergency(started: House, found: dict[str, str]) -> dict[str, str]:
    """What is provided for, and what the fire brigade says with its own key: an emergency that the operator then confirms."""
    node, works, fire = started.node, Uri("https://works.example"), Uri("https://fire.example")
    if "PROVISION" not in found:
        await node.join.organisation(OrganisationBody(fire, "Fire brigade", "mailto:people@fire.example"))
        await node.rekey.maker(fire, key_of(fire).public.cose_key)
        at_ns = node.ports.clock.now()
        purpose = PurposeId("https://fire.example/rescue")
        said = provided(Uri("https://works.example/meter"), purpose, openers=(works, fire), recipient=fire, at_ns=at_ns)
        ground = await node.grounding.grounds.say(said)
        theirs = first(replace(said, assertion=ground), by=fire, at_ns=at_ns)
        return {
            "PROVISION": print_ground(ground),
            "SIGNED": signed_by_opener(theirs).data.hex(),
            "EMERGENCY": print_opening(theirs.opening),
        }
    fires = next((each for each in node.directory.openings if each.body.by == fire), None)
    return {} if fires is None else {"EMERGENCY": print_opening(fires.body.opening)}


def test_the_examples_run_in_their_order() -> None:
    async def test(started: House) -> None:
        thing = made_key()
        found = {"REQUEST": request_of(thing), "SOON": print_time(started.node.ports.clock.now() + MONTH_NS)}
        found["OTHER"] = str((await started.post("/api/households", {"name": "Harbour Lane 14"}))["household"])
        for heading, text in sections().items():
            started.clock.put_forward(1)
            method, path = heading.split()
            block = re.search(r"```json\n(.+?)```", text, flags=re.DOTALL)
            if method == "POST":
                assert block is not None, heading
            body = "" if block is None else block[1]
            found.update(await emergency(started, found) if "emergencies" in heading else {})
            lately = started.node.ports.clock.now() - 10**9
            found.update(BEFORE=print_time(lately - 10**9), AFTER=print_time(lately))
            for word, value in found.items():
                body = body.replace(f'"{word}"', json.dumps(value))
            token = await token_for(started, path, found)
            path += QUERIES.get(heading, "")
            path = (
                path.replace(
                    "{slug}", "second-meter" if path.endswith(("slug}/home", "slug}/end")) else "meter-in-the-hall"
                )
                .replace("{number}", "1")
                .replace("{type}", "hall-meter")
            )
            if "book" in path:  # of what nobody has read of her, and of no statement of hers, there is no proof
                path = path.replace("{place}", "1-0").replace("{statement}", "0" * 64)
            # Nobody else of this home shares anything, and nobody has read anything.
            path = path.replace("{share}/answer", f"sh{NOBODYS}/answer").replace("{order}", f"eo{NOBODYS}")
            path = path.replace("{correction}", f"co{NOBODYS}")
            path = path.replace("{visit}", "0").replace("{id}", "0").replace("{sign}", "sg" + "a" * 26)
            path = path.replace("{child}", f"pe{NOBODYS}").replace("{installer}", f"iv{NOBODYS}")
            path = path.replace("{standing}", f"th{NOBODYS}")
            path = path.replace("{restriction}", "ab" * 16) if path.startswith("/api/children/") else path
            path = re.sub(r"\{([a-z]+)\}", lambda name: found[name[1].upper()], path)
            answer = await asked(started, method, path, body=body, token=token)
            nothing = path == "/api/proofs/1" or path.startswith(("/api/book/proofs/", "/api/book/statements/"))
            nothing = nothing or path.startswith(("/api/events", "/api/export/archive")) or NOBODYS in path
            nothing = nothing or path in {"/api/visits/0", "/api/home/remove", "/api/recipients/tokens/0"}
            nothing = nothing or path.startswith(
                ("/api/children/", "/api/wishes")
            )  # she answers for nobody, nor one for her
            nothing = nothing or (
                path.startswith("/api/signs") and heading != "GET /api/signs"
            )  # nor do things stand there
            wanted = {
                "/api/leave": 204,
                "/api/sign-in": 401,
                "/api/descriptions": 200,
                "/api/maker": 401,  # it opens in a session of its own
                "/api/audit": 401,
                "/api/installer": 401,
                **FORESEEN,
                **OWN_KEY,
                **NO_MAIL,
            }.get(path, 404 if nothing else 201 if method == "POST" else 200)
            wanted = 204 if method == "DELETE" and not nothing else wanted
            wanted = REFUSED.get(heading, wanted)
            assert wanted == answer.status_code, f"{heading}: {answer.text}"
            if answer.status_code not in {200, 201}:
                continue
            got = msgspec.json.decode(answer.content, type=dict[str, object])
            for key in KEYS:
                if key in got:
                    found[key.upper()] = str(got[key])
            if path.startswith("/api/share-parties") and "link" in got:
                found["INVITED"] = str(got["link"]).rpartition("/")[2]
            if path == "/api/people":
                found["INVITATION"] = str(got["invitation"]).rpartition("/")[2]
            found.update(asked_in(path, got) | shown(got) | signed(got, thing, found["REQUEST"]))
            for name in re.findall(r"`\{\"([a-z_]+)\"", text):
                assert name in got, f"{heading} answers no {name}"
        words = {"HOUSEHOLD", "PERSON", "CLAIM", "INVITATION", "SESSION", "NOTICE", "SOON", "SHOWN", "PRESERVATION"}
        words |= {
            "OTHER",
            "PROVISION",
            "SIGNED",
            "EMERGENCY",
            "GROUND",
            "RULE",
            "RESTRICTION",
            "REQUEST",
            "CERTIFICATE",
            "CHALLENGE",
            "SIGNATURE",
            "DEMAND",
            "FEED",
            "LOOK",
            "DUTIES",
            "SHARE",
            "BROUGHT",
            "INVITED",
            "WISH",
            "WITHHOLDING",
        }
        words |= {"BEFORE", "AFTER", "MARK", "ASKED"}
        assert words | {"LINE", "PROMISE", "SUPPORT", "STATEMENT", "KEY"} == set(found)

    run(test)
