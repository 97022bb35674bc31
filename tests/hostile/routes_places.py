"""Routes by which a person sees where what is theirs goes, and rules where it may not. See `routes`."""

from typing import Final

__all__ = ["FOR_WHO_RULES", "PAGES_OF_PLACES"]

FOR_WHO_RULES: Final = (
    "GET /api/where/mine",
    "GET /api/place-rules",
    "POST /api/place-rules",
    "POST /api/place-rules/foreseen",
    "POST /api/place-rules/{rule}/end",
)
PAGES_OF_PLACES: Final = ("GET /mine/where", "GET /mine/places", "POST /mine/places", "POST /mine/places/end")
