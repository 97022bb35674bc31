"""Routes by which an owner connects a thing into their home, and everybody who lives there sees who did. See `routes`."""

from typing import Final

__all__ = ["FOR_OWNERS", "PAGES_OF_HOME_THINGS", "SEEN_AT_HOME"]

SEEN_AT_HOME: Final = ("GET /api/home", "GET /api/home/things")
FOR_OWNERS: Final = ("POST /api/home/things",)
PAGES_OF_HOME_THINGS: Final = ("GET /mine/connect", "POST /mine/connect", "POST /mine/connect/sheet")
