"""Routes by which an owner connects a thing into their home, and everybody who lives there sees who did. See `routes`."""

from typing import Final

__all__ = ["HOME_THINGS", "PAGES_OF_HOME_THINGS"]

HOME_THINGS: Final = ("GET /api/home/things", "POST /api/home/things")
"""The first as HOME, the second as PERSON."""

PAGES_OF_HOME_THINGS: Final = ("GET /mine/connect", "POST /mine/connect", "POST /mine/connect/sheet")
