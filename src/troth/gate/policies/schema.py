"""What a rule may speak of: the schema in Cedar's own language, and a question as Cedar reads it. Pure.

Rules
- An asker is in its party, that party's classes, the purpose, and the purpose's terms: for the head of a rule with the wider
  ones, for a condition as declared. A stream is in its product.
- What has a closed list here (grounds, views, protected categories) has one in the schema, so that a slip is found when it is
  written.
- `context.at` is the minute that has begun, UTC: what depends on it is true for that whole minute.

Source: Cedar 4, "Schema" and "Enumerated entity types" (docs.cedarpolicy.com); gate.md, step 5.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

from cedarpy import Schema

from troth.gate.policies.facts import NOT_SPECIAL, Facts
from troth.gate.question import Action, Ground
from troth.gate.rules.sensitivity import SPECIAL
from troth.spans import MINUTE_NS

__all__ = ["SCHEMA", "compared", "entities_of", "in_of", "request_of", "schema"]

_ASKER: Final = {"type": "Asker", "id": "who asks"}
_STREAM: Final = "what it is about"

Json = dict[str, object]


def _names(values: Sequence[str]) -> str:
    return ", ".join(f'"{each}"' for each in values)


SCHEMA: Final = f"""\
// Whose rules these are: an organisation, a kind of organisation, what for, and a purpose of another vocabulary (W3C DPV; in a
// head with all that it lies in there, in a condition as it was declared).
entity Party;
entity Class;
entity Purpose;
entity Term;
entity Asker in [Party, Class, Purpose, Term] {{ app: String }};
entity Product;
entity Special enum [{_names([NOT_SPECIAL, *dict.fromkeys(each.category for each in SPECIAL)])}];
entity Ground enum [{_names([each.value for each in Ground])}];
entity View;
entity Stream in [Product] {{
  name: String, senses: String, property: String, sector: String, special: Special, home: Bool, place: String
}};
action {_names([each.value for each in Action])} appliesTo {{
  principal: [Asker],
  resource: [Stream],
  context: {{
    ground: Ground, view: View, rows: Bool, essential: Bool, kept_days: Long, recipients: Set<String>, at: datetime
  }}
}};
"""


@cache
def schema() -> Schema:
    """The schema, parsed once."""
    return Schema.from_str(SCHEMA)


def in_of(facts: Facts) -> tuple[tuple[str, str], ...]:
    """What the asker is in for the head of a rule, as (type, id)."""
    return (*_in_but_terms(facts), *(("Term", each) for each in facts.terms))


def _in_but_terms(facts: Facts) -> tuple[tuple[str, str], ...]:
    return (
        ("Party", facts.party),
        ("Purpose", facts.purpose),
        *(("Class", each) for each in facts.classes),
    )


def compared(facts: Facts) -> dict[str, str]:
    """Facts that have one value, by their name in Cedar, each as a literal is written down (`reading.literal_of`)."""
    return {
        "principal.app": facts.app,
        "resource.name": facts.name,
        "resource.senses": facts.senses,
        "resource.property": facts.property,
        "resource.sector": facts.sector,
        "resource.special": f'Special::"{facts.special}"',
        "resource.home": "true" if facts.home else "false",
        "resource.place": facts.place,
        "context.ground": f'Ground::"{facts.ground}"',
        "context.view": f'View::"{facts.view}"',
        "context.rows": "true" if facts.rows else "false",
        "context.essential": "true" if facts.essential else "false",
        "context.kept_days": str(facts.kept_days),
    }


def entities_of(facts: Facts) -> list[Json]:
    """Asker and stream with what they are in for a condition, as Cedar reads them."""
    parents = (*_in_but_terms(facts), *(("Term", each) for each in facts.said_terms))
    return [
        {
            "uid": _ASKER,
            "attrs": {"app": facts.app},
            "parents": [{"type": type_, "id": id_} for type_, id_ in parents],
        },
        {
            "uid": {"type": "Stream", "id": facts.stream or _STREAM},
            "attrs": {
                "name": facts.name,
                "senses": facts.senses,
                "property": facts.property,
                "sector": facts.sector,
                "special": _entity("Special", facts.special),
                "home": facts.home,
                "place": facts.place,
            },
            "parents": [{"type": "Product", "id": facts.product}],
        },
    ]


def request_of(facts: Facts, *, at_ns: int) -> dict[str, object]:
    """The question as Cedar reads it."""
    minute = datetime.fromtimestamp(at_ns // MINUTE_NS * 60, UTC)
    return {
        "principal": _ASKER,
        "action": {"type": "Action", "id": facts.action.value},
        "resource": {"type": "Stream", "id": facts.stream or _STREAM},
        "context": {
            "ground": _entity("Ground", facts.ground),
            "view": _entity("View", facts.view),
            "rows": facts.rows,
            "essential": facts.essential,
            "kept_days": facts.kept_days,
            "recipients": list(facts.recipients),
            "at": {"__extn": {"fn": "datetime", "arg": f"{minute:%Y-%m-%dT%H:%M:%SZ}"}},
        },
    }


def _entity(type_: str, id_: str) -> Json:
    return {"__entity": {"type": type_, "id": id_}}
