"""Who is who on Harbour Lane: organisations that answer, homes, and the product each thing is one of.

Rules
- Every name, address and person is made up; addresses end in `.example` (RFC 2606 §3).
- A purpose says what it gives; where nobody has measured that, it says so.
- A stream that anybody may read concerns nobody, by the maker's word; one in a home is for those who live there.

Source: people.md, "Harbour Lane"; gate.md, "Eight grounds". The bodies are those of docs/reference/api.md.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

__all__ = [
    "ANSWERING",
    "ANYONE",
    "CLINIC",
    "COMPUTING",
    "COOP",
    "COUNCIL",
    "FARM",
    "HEATING",
    "HOMES",
    "KEEPING",
    "LAB",
    "LAB_APP",
    "MAKER",
    "ORGANISATIONS",
    "OWN",
    "SHARING",
    "Home",
    "Json",
    "Sense",
    "contact_of",
    "disclosure",
    "passport",
    "product_uri",
]

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

COOP: Final = "https://co-op.harbour-lane.example"
LAB: Final = "https://energy-lab.harbour-university.example"
COMPUTING: Final = "https://wharf-computing.example"
COUNCIL: Final = "https://council.harbour.example"
CLINIC: Final = "https://clinic.harbour-lane.example"
FARM: Final = "https://tern-field-farm.example"
MAKER: Final = "https://tern-instruments.example"
LAB_APP: Final = "curves"
SHARING: Final = f"{LAB}/sharing-solar-power"
HEATING: Final = f"{COOP}/how-the-street-heats"
OWN: Final = "urn:troth:purpose:own"
ANYONE: Final = "urn:troth:anyone"

_ABOUT: Final = {
    COOP: (
        "Harbour Lane Co-op",
        "people",
        "The neighbours' co-operative: the shared roof, the meters, the press hall.",
    ),
    LAB: ("Energy Lab, Harbour University", "lab", "Researchers who study how a street can share its own power."),
    COUNCIL: ("Harbour Council", "open", "The town: streets, the river, the air."),
    CLINIC: ("Harbour Lane Clinic", "front-desk", "A small clinic with one waiting room."),
    FARM: ("Tern Field Farm", "farm", "Vegetables between the lane and the river."),
    COMPUTING: ("Wharf Computing", "service", "Rents computers to laboratories."),
    MAKER: ("Tern Instruments", "support", "Makes small, repairable instruments."),
}


def contact_of(organisation: str) -> str:
    """Where an organisation of the lane is reached."""
    return f"mailto:{_ABOUT[organisation][1]}@{organisation.removeprefix('https://')}"


_ABROAD: Final[Mapping[str, Json]] = {COMPUTING: {"country": "IE", "laws": ["US"]}}  # its seat is in another country
_HERE: Final[Json] = {"country": "NL"}
ORGANISATIONS: Final[tuple[Json, ...]] = tuple(
    {"organisation": uri, "name": name, "contact": contact_of(uri), "about": about, "site": _ABROAD.get(uri, _HERE)}
    for uri, (name, _, about) in _ABOUT.items()
)
ANSWERING: Final = frozenset(_ABOUT)  # who they are, by their addresses
KEEPING: Final[Json] = {"by": COOP, "site": _HERE}


class Home(msgspec.Struct, frozen=True):
    """A household and who lives there."""

    key: str
    name: str
    person: str


HOMES: Final = (
    Home("12", "Harbour Lane 12", "Ana"),
    Home("7", "Harbour Lane 7", "Jonas"),
    Home("3", "Harbour Lane 3", "Noor"),
    Home("5", "Harbour Lane 5", "Mei"),
    Home("9", "Harbour Lane 9", "Sami"),
    Home("14", "Harbour Lane 14", "Rosa"),
)


class Sense(msgspec.Struct, frozen=True):
    """One stream of a product. `for_all`: what anybody may read it for; None in a home.

    `terms`: what that is in W3C DPV, by the names there. `until_objected`: it can concern who passes, who may object.
    `together`: the homes of the lane are asked for a figure over several of them, for anybody.
    """

    name: str
    title: str
    senses: str
    unit: str | None
    lowest: float | None
    highest: float | None
    for_all: str | None
    type: str = "number"
    until_objected: bool = False
    together: bool = False
    terms: tuple[str, ...] = ("PublicBenefit",)

    @property
    def function(self) -> str:
        """What the thing is there for."""
        return self.for_all or f"{self.title}, for those who live with it"


def product_uri(product: str) -> str:
    """The name of a product of the lane's maker."""
    return f"{MAKER}/{product}"


def passport(product: str, name: str, *, about: str, streams: Sequence[Sense]) -> Json:
    """The body of POST /api/products."""
    return {
        "product": product_uri(product),
        "name": name,
        "maker": MAKER,
        "about": about,
        "support_end": "2036-12-31",
        "other_ways_out": "None: it speaks to this node only, and has no radio of its own.",
        "streams": [_declared(each) for each in streams],
        "functions": [
            {"name": name, "essential": not objected}
            for name, objected in {each.function: each.until_objected for each in streams}.items()
        ],
    }


def _declared(sense: Sense) -> Json:
    said: dict[str, Json] = {
        "name": sense.name,
        "title": sense.title,
        "senses": sense.senses,
        "property": f"{MAKER}/properties/{sense.name}",
        "type": sense.type,
        "concerns_nobody": sense.for_all is not None and not sense.until_objected,
    }
    ranged = {"unit": sense.unit, "lowest": sense.lowest, "highest": sense.highest}
    return said | {key: value for key, value in ranged.items() if value is not None}


def disclosure(product: str, answerable: str, *, streams: Sequence[Sense], shared: bool) -> Json:
    """The body of POST /api/disclosures. `shared`: the home's power, which the Energy Lab asks for."""
    return {
        "product": product_uri(product),
        "answerable": answerable,
        "language": "en",
        "version": 1,
        "streams": [{"name": each.name, "purposes": _purposes(each, answerable, shared=shared)} for each in streams],
    }


def _purposes(sense: Sense, answerable: str, *, shared: bool) -> list[Json]:
    if sense.for_all is not None:
        for_all: dict[str, Json] = {
            "purpose": f"{answerable}/{sense.name}-for-all",
            "title": sense.for_all,
            "benefit": "Anybody can look.",
            "recipients": [ANYONE],
            "variants": [{"variant": "raw", "ground": "nobody"}],
            "retention_days": 30,
            "essential": True,
            "function": sense.function,
            "terms": _terms(*sense.terms),
        }
        if sense.until_objected:
            return [for_all | {"variants": _UNTIL_OBJECTED, "essential": False}]  # the lane goes on without it
        return [for_all]
    own: Json = {
        "purpose": OWN,
        "title": "For the people who live here",
        "benefit": "You see what your home uses and feels like, now and last month.",
        "recipients": [],
        "variants": [{"variant": "raw", "ground": "own"}],
        "retention_days": 30,
        "essential": True,
        "function": sense.function,
        "terms": _terms("OptimisationForConsumer"),
    }
    return [own, *([_SHARING] if shared else []), *([_HEATING] if sense.together else [])]


def _terms(*names: str) -> Json:
    """Terms of W3C DPV by their names."""
    return [f"https://w3id.org/dpv#{each}" for each in names]


_UNTIL_OBJECTED: Final[Json] = [
    {"variant": "raw", "ground": "objectable", "citation": "General Data Protection Regulation, Article 6(1)(e)"},
    {"variant": "hourly-mean", "ground": "settled", "citation": "Agreement on counting at the bridge"},
]

_SHARING: Final[Json] = {
    "purpose": SHARING,
    "title": "Sharing solar power fairly on the lane",
    "benefit": "The roof's power is shared by what each home needs in each hour. What finer curves add is not known yet.",
    "recipients": [LAB],
    "processors": [{"organisation": COMPUTING, "does": "computes with it", "site": _ABROAD[COMPUTING]}],
    "function": "Your share of the roof's power",
    "terms": _terms("FulfilmentOfContractualObligation", "AcademicResearch"),
    "indicator": {"measures": "Homes that got power from the shared roof in hours in which they needed it"},
    "variants": [
        {"variant": "raw", "ground": "choice"},
        {
            "variant": "hourly-mean",
            "ground": "contract",
            "citation": "Agreement on the shared roof, Harbour Lane Co-op",
        },
    ],
    "retention_days": 30,
    "if_yes": (
        "The Energy Lab sees your power as it is measured, every few seconds. From such a curve one can often tell when "
        "somebody cooks, sleeps or is away."
    ),
    "if_no": (
        "The Energy Lab sees one mean for each hour, which the agreement on the shared roof needs. Your share of the "
        "roof's power stays the same."
    ),
}

_HEATING: Final[Json] = {
    "purpose": HEATING,
    "title": "To see how the street heats",
    "benefit": "Anybody on the lane can see how much it heats.",
    "recipients": [ANYONE],
    "function": "Knowing how the street heats",
    "terms": _terms("PublicBenefit"),
    "variants": [{"variant": "mean=PT15M,round=10,homes=3", "ground": "choice"}],
    "retention_days": 30,
    "if_yes": ("Anybody sees one mean over at least three homes for each quarter of an hour. Nobody sees yours alone."),
    "if_no": "Your home is in no figure, from now on. Your heating works as before.",
}
