"""How sharing is said on pages: why it is stopped, and how an erase order stands.

Source: people.md, "Words". A part of `saying`.
"""

from typing import Final

__all__ = ["ANSWERED", "BECAUSE", "NO"]

NO: Final = {
    "gatekeeper": "it is a designated gatekeeper, and the law lets nobody share with it",
    "withheld": "its holder says that it may not be shared now",
}
BECAUSE: Final = {
    "withdrawn": "a yes was taken back",
    "ended": "the time of what it rested on is over",
    "contract": "the contract that it was for has ended",
    "objected": "somebody has objected",
    "disclosure": "it is not used for that any more",
    "erased": "somebody was erased here",
    "stale": "nothing was read for a long time",
}
ANSWERED: Final = {"erased": "They say that they have erased it.", "kept": "They say that they keep some of it."}
