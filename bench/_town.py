"""Furnish a node over its API for a bench: many things in public places, and one home whose meter rests on a choice.

Source: tests/faults/test_kill.py does the same for one thing.
Left out: the demonstration neighbourhood, which is for people to look at.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from troth.testing.program import NodeProgram

__all__ = ["ORG", "RESEARCH", "Api", "Home", "Speaks", "furnish_home", "furnish_things", "speaks_through"]

ORG: Final = "https://bench.example/org"
LAB: Final = "https://lab.example/lab"
RESEARCH: Final = "https://lab.example/research"
_OWN: Final = "urn:troth:purpose:own"
_FROM: Final = "2026-01-01T00:00:00Z"
RETENTION_DAYS: Final = 3_650  # what a bench sends over HTTP begins at _FROM, and what is over is refused
_CONSIDERED: Final = {"date": "2026-01-01", "by": "A. Bench", "sentence": "Only numbers are counted."}


@dataclass(frozen=True)
class Speaks:
    """A thing that joined: its short name, credential, and Datastreams by stream name; `of`: for which things it speaks."""

    slug: str
    credential: str
    datastreams: Mapping[str, int]
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Home:
    """A home: its meter, the person's session, the laboratory's token, and what the person is offered."""

    meter: Speaks
    session: str
    recipient: str
    offer: Mapping[str, object]


class Api:
    """The node's JSON interface on one connection that is kept open."""

    def __init__(self, node: NodeProgram) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=60)
        self._operator = node.operator

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def post(self, path: str, body: object, *, token: str | None = None) -> dict[str, object]:
        """Post as the operator, or with another token; it must be accepted."""
        return self._ask("POST", path, json.dumps(body).encode(), token=token)

    def get(self, path: str, *, token: str | None = None) -> dict[str, object]:
        """Get as the operator, or with another token."""
        return self._ask("GET", path, None, token=token)

    def _ask(self, method: str, path: str, body: bytes | None, *, token: str | None) -> dict[str, object]:
        headers = {"authorization": f"Bearer {token or self._operator}", "content-type": "application/json"}
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        found = json.loads(data)
        assert isinstance(found, dict)
        return found


def furnish_things(
    node: NodeProgram, *, things: int, streams: int, product: str = "load", registered: bool = False
) -> list[Speaks]:
    """Register `things` things of one product with `streams` streams each that concern nobody. `registered`: who answers is."""
    api = Api(node)
    uri = f"https://bench.example/{product}"
    names = [f"s{number}" for number in range(streams)]
    purpose = {
        "purpose": "https://bench.example/p",
        "title": "Load",
        "benefit": "unknown",
        "recipients": ["urn:troth:anyone"],
        "variants": [{"variant": "raw", "ground": "nobody"}],
        "retention_days": RETENTION_DAYS,
    }
    if not registered:
        api.post("/api/organisations", {"organisation": ORG, "name": "Bench", "contact": "mailto:a@bench.example"})
    api.post("/api/products", _product(uri, names, nobody=True))
    api.post("/api/disclosures", _disclosure(uri, {name: [purpose] for name in names}))
    joined = [_join(api, uri, names, name=f"{product} {number}") for number in range(things)]
    api.close()
    return joined


def speaks_through(api: Api, thing: Speaks, gateway: Speaks) -> None:
    """From here on the gateway may speak for the thing."""
    path, said = f"/api/things/{thing.slug}/gateway", {"gateway": gateway.slug}
    api.post(path, said | {"sheet": api.post(path, said)["digest"]})


def furnish_home(node: NodeProgram) -> Home:
    """A home with a meter: its own use keeps the rows, research by choice reads them. The choice is offered, not made."""
    api = Api(node)
    uri = "https://bench.example/meter"
    own = {
        "purpose": _OWN,
        "title": "For you",
        "benefit": "You see it",
        "recipients": [],
        "variants": [{"variant": "raw", "ground": "own"}],
        "retention_days": RETENTION_DAYS,
    }
    research = {
        "purpose": RESEARCH,
        "title": "Research",
        "benefit": "unknown",
        "recipients": [LAB],
        "variants": [{"variant": "raw", "ground": "choice"}],
        "retention_days": RETENTION_DAYS,
    }
    for org in (ORG, LAB):
        api.post("/api/organisations", {"organisation": org, "name": "Bench", "contact": "mailto:a@bench.example"})
    api.post("/api/products", _product(uri, ["power"], nobody=False))
    api.post("/api/disclosures", _disclosure(uri, {"power": [own, research]}))
    household = str(api.post("/api/households", {"name": "Bench Lane 1"})["household"])
    ana = api.post("/api/people", {"name": "Ana", "household": household, "role": "owner", "from": _FROM})
    recipient = api.post("/api/recipients", {"party": LAB, "app": "curves", "purpose": RESEARCH})
    meter = _join(api, uri, ["power"], name="Meter", household=household)
    invitation = str(ana["invitation"]).rpartition("/enter/")[2]
    session = str(api.post("/api/enter", {"token": invitation})["session"])
    offers = api.get("/api/choices", token=session)
    listed = next(value for value in offers.values() if isinstance(value, list))
    offer = next(each for each in listed if each["purpose"] == RESEARCH)
    api.close()
    return Home(meter, session, str(recipient["token"]), offer)


def _product(uri: str, names: list[str], *, nobody: bool) -> dict[str, object]:
    streams = [
        {
            "name": name,
            "title": name,
            "senses": "load",
            "property": "urn:x:p",
            "type": "number",
            "concerns_nobody": nobody,
        }
        for name in names
    ]
    return {"product": uri, "name": "P", "maker": ORG, "streams": streams}


def _disclosure(uri: str, purposes: Mapping[str, list[dict[str, object]]]) -> dict[str, object]:
    streams = [{"name": name, "purposes": given} for name, given in purposes.items()]
    return {"product": uri, "answerable": ORG, "language": "en", "version": 1, "streams": streams}


def _join(api: Api, product: str, names: list[str], *, name: str, household: str | None = None) -> Speaks:
    said: dict[str, object] = {
        "name": name,
        "product": product,
        "place": "here",
        "answers": {"organisation": ORG, "contact": "mailto:a@bench.example"},
        "streams": [{"name": each, "reach": "carried"} for each in names],
        "consideration": _CONSIDERED,
        "from": _FROM,
    }
    said |= {} if household is None else {"household": household}
    made = api.post("/api/things", said | {"sheet": api.post("/api/things", said)["digest"]})
    claimed = api.post("/api/claim", {"token": made["claim"]})
    datastreams = made["datastreams"]
    assert isinstance(datastreams, dict)
    return Speaks(str(claimed["slug"]), str(claimed["credential"]), datastreams)
