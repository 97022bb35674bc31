"""Routes by which whoever runs the place sees what waits for somebody, and says that contracts stand or end. See `routes`."""

from typing import Final

__all__ = ["OF_CONTRACTS", "PAGES_OF_OVERSEEING"]

OF_CONTRACTS: Final = ("POST /api/things/{slug}/contract/review", "POST /api/things/{slug}/contract/end")
PAGES_OF_OVERSEEING: Final = (
    *(f"GET /operate/{each}" for each in ("requests", "contacts", "orders", "grounds")),
    *(f"POST /operate/{each}" for each in ("requests", "contacts", "grounds", "contracts")),
)
