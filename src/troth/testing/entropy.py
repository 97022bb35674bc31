"""Random bytes that are the same in every run of one seed.

Rules
- Each label is a stream of its own, so that a part of the program that draws once more does not change what others draw.

Left out: secrecy. Nothing made from these bytes may leave a test.
"""

import random
from collections.abc import Callable

__all__ = ["entropy"]


def entropy(seed: int, label: str) -> Callable[[int], bytes]:
    """A source of `n` bytes per call."""
    return random.Random(f"{seed}:{label}").randbytes  # noqa: S311 - a replayable test needs this kind of randomness
