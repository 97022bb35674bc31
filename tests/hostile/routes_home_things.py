"""Routes by which an owner connects a thing into their home, and everybody who lives there sees who did. See `routes`."""

from typing import Final

__all__ = ["CONNECT_AT_HOME", "PAGES_OF_HOME_THINGS", "THINGS_AT_HOME"]

THINGS_AT_HOME: Final = ("GET /api/home", "GET /api/home/things")
CONNECT_AT_HOME: Final = ("POST /api/home/things",)
PAGES_OF_HOME_THINGS: Final = ("GET /mine/connect", "POST /mine/connect", "POST /mine/connect/sheet")
