"""Routes of firms that are invited to connect things: of whoever invites them, and of their desk. With those of home things.

See `routes`.
"""

from typing import Final

from tests.hostile.routes_home_things import CONNECT_AT_HOME, PAGES_OF_HOME_THINGS, THINGS_AT_HOME

__all__ = ["FOR_INSTALLERS", "FOR_OWNERS", "FOR_WHO_INVITES", "PAGES_OF_INSTALLERS", "SEEN_AT_HOME"]

FOR_WHO_INVITES: Final = (
    "GET /api/installers",
    "POST /api/installers",
    "POST /api/installers/close",
    "DELETE /api/installers/{installer}",
    "POST /api/installers/{installer}/accept",
)
SEEN_AT_HOME: Final = (*THINGS_AT_HOME, "GET /api/home/installers")
FOR_OWNERS: Final = (
    *CONNECT_AT_HOME,
    "POST /api/home/things/{standing}/end",
    "POST /api/home/installers",
    "DELETE /api/home/installers/{installer}",
    "POST /api/home/installers/{installer}/accept",
)
FOR_INSTALLERS: Final = (
    "GET /api/installer",
    "POST /api/installer/things",
    "POST /api/installer/things/many",
    "POST /api/installer/things/{slug}/claim",
    "POST /api/installer/invitations/{installer}/hand-over",
)
PAGES_OF_INSTALLERS: Final = (
    *PAGES_OF_HOME_THINGS,
    "POST /mine/connect/end",
    "GET /installer",
    "POST /installer",
    "POST /installer/sheet",
    "POST /installer/label",
    "POST /installer/hand-over",
    "GET /mine/installers",
    "POST /mine/installers",
    "GET /operate/installers",
    "POST /operate/installers",
)
