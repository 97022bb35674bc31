"""What on Harbour Lane is allowed without asking each person, and where a sign tells how to object.

Rules
- The council counts on the lane for a task of the town, until somebody who passes objects; that neighbours may go on seeing one
  mean for each hour was agreed with their assembly.
- What never happens is a red line: nobody at work is scored.

Source: people.md, "Harbour Lane" (a guest scans the QR and objects); gate.md ("never here: scores of workers").
"""

import hashlib
from typing import Final

from troth.harbour.parties import COUNCIL, Json, product_uri

__all__ = ["COUNTING", "SIGNED_PLACE", "assertions", "red_lines"]

COUNTING: Final = f"{COUNCIL}/passing-for-all"
SIGNED_PLACE: Final = "Harbour Lane, at the bridge"
SCORES: Final = "https://scores.example/how-fast-somebody-works"
_PRODUCT: Final = product_uri("wheel-counter")
_MEANS: Final = (
    "Agreement on counting at the bridge. The council may publish one mean for each hour of what the strip counts, to plan a "
    "safer crossing. What is finer is up to whoever passes."
)


def assertions(*, review: str, until: str) -> tuple[dict[str, Json], ...]:
    """Bodies of POST /api/grounds. `review`: by when they are looked at again; `until`: the end of the agreement."""
    digest = hashlib.sha256(_MEANS.encode()).hexdigest()
    about: dict[str, Json] = {"by": COUNCIL, "product": _PRODUCT, "purposes": [COUNTING], "review": review}
    return (
        about
        | {
            "ground": "objectable",
            "citation": {
                "title": "General Data Protection Regulation, Article 6(1)(e)",
                "law": "EU/GDPR",
                "paragraph": "6(1)(e)",
            },
            "words": "The town plans a safer crossing, and counts for it who passes, as wheels and feet.",
        },
        about
        | {
            "ground": "settled",
            "citation": {"title": "Agreement on counting at the bridge", "digest": digest},
            "agreement": {
                "parties": ["Harbour Council", "Assembly of Harbour Lane"],
                "for_people": "the neighbours’ assembly",
                "signed_by": "Ines Ferreira",
                "text": _MEANS,
            },
            "words": "One mean for each hour may be seen by everybody.",
            "to": until,
        },
    )


def red_lines() -> tuple[dict[str, Json], ...]:
    """Bodies of POST /api/red-lines."""
    return ({"never": "Scores of people at work", "purposes": [SCORES], "notice_days": 180},)
