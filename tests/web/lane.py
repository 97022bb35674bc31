"""A short street for the browser tests: one home with Ana in it, a laboratory that would like to know, a river.

Everything is set up over the JSON interface, as anybody else would do it; nothing here knows the inside of a node.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from troth.clock import NS_PER_S, SystemClock

WORKS: Final = "https://works.example"
LAB: Final = "https://lab.example"
CITY: Final = "https://city.example"
METER: Final = "https://works.example/meter"
GAUGE: Final = "https://city.example/gauge"
RESEARCH: Final = "https://lab.example/research"
OWN: Final = "urn:troth:purpose:own"
ANYONE: Final = "urn:troth:anyone"
BENEFIT: Final = "Unknown so far: the study has just begun."
IF_YES: Final = "The lab sees every value, from now on."
SUPPLY: Final = "We agree on means of hours."
IF_NO: Final = "The lab sees one mean for each hour. Nothing in your home works any less."

Json = dict[str, object]


RUDE: Final = '<b>Bold</b> "gauge" & a nameThatIsLongerThanAnyScreenIsWide'
RUDE_SLUG: Final = "rude"


@dataclass(frozen=True)
class Lane:
    """What was set up: where, and everybody's credentials."""

    url: str
    operator: str
    ana: str
    meter: str
    gauge: str
    power: int
    warmth: int
    level: int

    def says(self, what: str, value: float, *, when: datetime | None = None) -> None:
        """One observation, now or then, by the thing that makes such ones."""
        number, token = {"level": (self.level, self.gauge)}.get(what, (getattr(self, what), self.meter))
        body: Json = {"result": value}
        if when is not None:
            body["phenomenonTime"] = _text(when)
        _send(self.url, f"/v1.1/Datastreams({number})/Observations", body, token=token)

    def chooses(self, decision: str, *, since: datetime | None = None, until: datetime | None = None) -> None:
        """Ana says yes or no about the lab, in a session of her own that is no browser's."""
        told = httpx.get(f"{self.url}/api/choices", headers={"authorization": f"Bearer {self.ana}"}).json()["choices"]
        about = next(each for each in told if each["datastream"] == self.power)
        body: Json = {
            "datastream": self.power,
            "purpose": RESEARCH,
            "decision": decision,
            "notice": about["digest"],
        }
        if since is not None:
            body["since"] = _text(since)
        if until is not None:
            body["to"] = _text(until)
        _send(self.url, "/api/choices", body, token=self.ana)


def set_up(url: str, operator: str) -> Lane:
    """Register everybody and everything, feed 26 hours of history, and let Ana say yes."""
    now = datetime.fromtimestamp(SystemClock().now() / NS_PER_S, UTC)
    start = now - timedelta(hours=30)

    def post(path: str, body: Json) -> Json:
        return _send(url, path, body, token=operator)

    for uri, name in ((WORKS, "Lane Works"), (LAB, "Tide Lab"), (CITY, "The city")):
        post("/api/organisations", {"organisation": uri, "name": name, "contact": f"{uri}/people"})
    post("/api/products", _meter())
    post("/api/products", _gauge())
    post("/api/disclosures", _meter_use())
    post("/api/disclosures", _gauge_use())
    for each in _without_asking(now):
        post("/api/grounds", each)
    household = post("/api/households", {"name": "Harbour Lane 12"})["household"]
    person = post("/api/people", {"name": "Ana", "household": household, "role": "owner", "from": _text(start)})
    meter = post("/api/things", _meter_at_home(household, start))
    gauge = post("/api/things", _gauge_at_river(start))
    post("/api/things", _rude_gauge(start))
    post("/api/street", {"person": person["person"], "party": LAB, "app": "screen", "purpose": RESEARCH})
    link = str(person["invitation"]).rpartition("/")[2]
    ana = str(_send(url, "/api/enter", {"token": link})["session"])
    meters, gauges = meter["datastreams"], gauge["datastreams"]
    assert isinstance(meters, dict)
    assert isinstance(gauges, dict)
    lane = Lane(
        url,
        operator,
        ana,
        str(_send(url, "/api/claim", {"token": str(meter["claim"])})["credential"]),
        str(_send(url, "/api/claim", {"token": str(gauge["claim"])})["credential"]),
        int(meters["power"]),
        int(meters["warmth"]),
        int(gauges["level"]),
    )
    lane.chooses("give", since=start)
    times = [now - timedelta(minutes=5 * back) for back in range(26 * 12, 0, -1)]
    _history(url, lane.power, lane.meter, [(each, _watts(each)) for each in times])
    _history(url, lane.warmth, lane.meter, [(each, 20 + math.sin(each.timestamp() / 9_000)) for each in times])
    _history(url, lane.level, lane.gauge, [(each, 180 + 40 * math.sin(each.timestamp() / 7_117)) for each in times])
    return lane


def _without_asking(now: datetime) -> list[Json]:
    """What is asserted: a law, an agreement that people read, an interest, and what is provided for an emergency."""
    text = "Rooms are counted, people are not.\nThe council may look at any time."
    about: Json = {"by": WORKS, "product": METER, "purposes": [RESEARCH], "review": _text(now + timedelta(days=20))}
    agreed = {
        "parties": [WORKS, "The council of the lane"],
        "for_people": "The council",
        "signed_by": "Mo",
        "text": text,
    }
    vital = {"title": "GDPR, Article 6(1)(d)", "law": "EU/GDPR", "paragraph": "6(1)(d)"}
    return [
        about | {"ground": "required", "words": RUDE, "citation": _cited("DE/MsbG", "60")},
        about | {"ground": "objectable", "words": "So that no pipe bursts.", "citation": _cited("EU/GDPR", "6(1)(f)")},
        about
        | {
            "ground": "settled",
            "words": "The council has agreed.",
            "citation": {"title": "Agreement", "digest": hashlib.sha256(text.encode()).hexdigest()},
            "agreement": agreed,
            "to": _text(now + timedelta(days=300)),
        },
        about
        | {
            "ground": "urgent",
            "words": "Those who help see it.",
            "citation": vital,
            "provision": {"openers": [WORKS, CITY], "recipients": [CITY], "variant": "raw", "longest_s": 3600},
        },
    ]


def _cited(law: str, paragraph: str) -> Json:
    return {"title": f"{law} {paragraph}", "law": law, "paragraph": paragraph}


def _watts(when: datetime) -> float:
    """A home's day: a quiet night, a kettle now and then, an evening with the oven on."""
    hour = when.hour + when.minute / 60
    base = 90 + 40 * math.sin(when.timestamp() / 911)
    kettle = 1_900 if (when.minute // 5, when.hour % 3) == (4, 1) and 6 <= hour <= 23 else 0
    oven = 1_300 if 17.5 <= hour <= 18.6 and (when.minute // 5) % 3 else 0
    return round(base + kettle + oven + (260 if 7 <= hour <= 22 else 0), 1)


def _history(url: str, number: int, token: str, rows: list[tuple[datetime, float]]) -> None:
    body = [
        {
            "Datastream": {"@iot.id": number},
            "components": ["phenomenonTime", "result"],
            "dataArray": [[_text(when), value] for when, value in rows],
        }
    ]
    answer = httpx.post(f"{url}/v1.1/CreateObservations", json=body, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 201, answer.text
    assert "error" not in answer.json(), answer.text


def _send(url: str, path: str, body: Json, *, token: str | None = None) -> Json:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answer = httpx.post(f"{url}{path}", json=body, headers=headers)
    if answer.status_code == 200 and "lines" in answer.json():  # a sheet, which is confirmed
        answer = httpx.post(f"{url}{path}", json=body | {"sheet": answer.json()["digest"]}, headers=headers)
    assert answer.status_code == 201, f"{path}: {answer.text}"
    found = answer.json() if answer.content else {}
    assert isinstance(found, dict)
    return found


def _text(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _meter() -> Json:
    power: Json = {
        "name": "power",
        "title": "Power the home draws",
        "senses": "power",
        "property": "https://works.example/power",
        "type": "number",
        "unit": "W",
    }
    warmth: Json = {
        "name": "warmth",
        "title": "Warmth of the hall",
        "senses": "temperature",
        "property": "https://works.example/warmth",
        "type": "number",
        "unit": "Cel",
    }
    return {
        "product": METER,
        "name": "Meter",
        "maker": WORKS,
        "about": "Measures what a home draws.",
        "support_end": "2031-12-31",
        "other_ways_out": "It blinks once per watt-hour, which a camera could count.",
        "streams": [power, warmth],
    }


def _gauge() -> Json:
    level: Json = {
        "name": "level",
        "title": "Level of the river",
        "senses": "level",
        "property": "https://city.example/level",
        "type": "number",
        "unit": "cm",
        "concerns_nobody": True,
    }
    return {"product": GAUGE, "name": "River gauge", "maker": CITY, "streams": [level]}


def _own() -> Json:
    return {
        "purpose": OWN,
        "title": "For you",
        "benefit": "You see what your home draws.",
        "recipients": [],
        "variants": [{"variant": "raw", "ground": "own"}],
        "retention_days": 30,
    }


def _research(coarse: str) -> Json:
    return {
        "purpose": RESEARCH,
        "title": "A study of how homes use power",
        "benefit": BENEFIT,
        "recipients": [LAB],
        "variants": [{"variant": "raw", "ground": "choice"}, {"variant": "hourly-mean", "ground": coarse}],
        "retention_days": 30,
        "if_yes": IF_YES,
        "if_no": IF_NO,
    }


def _meter_use() -> Json:
    streams = [
        {"name": "power", "purposes": [_own(), _research("contract")]},
        {"name": "warmth", "purposes": [_own(), _research("choice")]},
    ]
    return {"product": METER, "answerable": WORKS, "language": "en", "version": 1, "streams": streams}


def _gauge_use() -> Json:
    open_use: Json = {
        "purpose": "https://city.example/flood-watch",
        "title": "Flood watch",
        "benefit": "Everybody sees the river rise.",
        "recipients": [ANYONE],
        "variants": [{"variant": "raw", "ground": "nobody"}],
        "retention_days": 365,
    }
    streams = [{"name": "level", "purposes": [open_use]}]
    return {"product": GAUGE, "answerable": CITY, "language": "en", "version": 1, "streams": streams}


def _meter_at_home(household: object, start: datetime) -> Json:
    review = _text(start + timedelta(days=26))  # so that it is warned of
    contract = {"title": "Power supply", "text": SUPPLY, "from": _text(start), "by": WORKS, "review": review}
    return {
        "name": "Meter in the hall",
        "product": METER,
        "place": "Hall",
        "household": household,
        "answers": {"organisation": WORKS, "contact": "mailto:people@works.example"},
        "streams": [
            {"name": "power", "reach": "carried", "contract": contract},
            {"name": "warmth", "reach": "declared", "other_ways_out": "It shows the warmth on its display."},
        ],
        "consideration": {"date": "2026-05-01", "by": "Ana", "sentence": "It shows when we are at home; we decide."},
        "from": _text(start),
    }


def _gauge_at_river(start: datetime) -> Json:
    return {
        "name": "Gauge at the bridge",
        "product": GAUGE,
        "place": "Old bridge",
        "answers": {"organisation": CITY, "contact": "https://city.example/river"},
        "streams": [{"name": "level", "reach": "copied", "other_ways_out": "The city's own site shows it too."}],
        "consideration": {"date": "2026-05-01", "by": "Mo", "sentence": "It looks at water, at nobody."},
        "from": _text(start),
    }


def _rude_gauge(start: datetime) -> Json:
    """A thing whose words would harm a page that believed them. It never says anything."""
    return _gauge_at_river(start) | {
        "name": RUDE,
        "slug": RUDE_SLUG,
        "place": "<script>document.title = 'taken'</script>",
        "answers": {"organisation": CITY, "contact": "https://city.example/\"><script>document.title='taken'</script>"},
        "consideration": {"date": "2026-05-01", "by": "<i>Mo</i>", "sentence": "</q><img src=x onerror=alert(1)>"},
    }
