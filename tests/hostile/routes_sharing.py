"""Routes of who shares and of who gets it: in `routes.py` they have one line each.

The first are a person's about what they share themself, the others a recipient's about its own party, app and purpose.
"""

from typing import Final

__all__ = ["FOR_RECIPIENTS", "FOR_WHO_SHARES"]

FOR_WHO_SHARES: Final = (
    "GET /api/shares",
    "POST /api/shares",
    "POST /api/shares/{share}/answer",
    "POST /api/shares/{share}/end",
    "POST /api/share-requests/{wish}/answer",
    "GET /api/share-parties",
    "POST /api/share-parties",
    "POST /api/share-parties/{brought}/link",
)

FOR_RECIPIENTS: Final = (
    "GET /api/recipient",
    "POST /api/recipient/requests",
    "GET /api/erase-orders",
    "GET /api/erase-orders/events",
    "POST /api/erase-orders/{order}",
    "GET /api/corrections",
    "POST /api/corrections/{correction}",
)
