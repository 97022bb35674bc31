"""Kind `share-request`: a third party asks people for streams of things of a product, and people say yes or no. Face: open.

Rules
- It names a class of things, never a home: who asks does not learn who has one.
- It is off until somebody says yes, and asks each person once.

Source: people.md, "Rules"; Data Act, Article 6(2)(a) (no choice is offered in a manner that is not neutral).
"""

import msgspec

from troth.names import PurposeId, Uri, WishId

__all__ = ["DAYS_MAX", "ShareRequestBody"]

DAYS_MAX = 366  # docs/decisions/0070: a year; whoever needs longer asks again


class ShareRequestBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. Times in ns UTC.

    Args:
        request: 16 random bytes, its name; the same when it ends sooner.
        party: the registered organisation that asks.
        product: of things of which product.
        streams: their names in its passport; at least one.
        purpose: what for; one of the dated list of terms.
        variant: the most revealing view that it asks for.
        days: for how many days from a yes on, at most `DAYS_MAX`.
        words: why, in plain words for the people who are asked.
        from_ns: since when it asks.
        to_ns: nobody is asked any more from then on.
    """

    request: WishId
    party: Uri
    product: Uri
    streams: tuple[str, ...]
    purpose: PurposeId
    variant: str
    days: int
    words: str
    from_ns: int
    to_ns: int
    crit: tuple[str, ...] = ("party", "product", "streams", "purpose", "variant", "days", "from_ns", "to_ns")
