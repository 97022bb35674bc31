"""Routes by which an owner connects a thing into their home, and everybody who lives there sees who did. See `routes`."""

from typing import Final

__all__ = ["BRINGING", "PAGES_OF_BRINGING"]

BRINGING: Final = ("GET /api/home/things", "POST /api/home/things")
"""The first as HOME, the second as PERSON."""

PAGES_OF_BRINGING: Final = ("GET /mine/connect", "POST /mine/connect", "POST /mine/connect/sheet")
