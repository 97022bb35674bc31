"""One use that has a ground: what steps 4 to 6 are asked about. Values only.

Source: gate.md.
"""

import msgspec

from troth.gate.question import Ground, Question
from troth.state.scopes import ProductScope, StreamScope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream

__all__ = ["Use"]


class Use(msgspec.Struct, frozen=True):
    """A question, what it is about, what was disclosed about it, and the ground that holds for it."""

    question: Question
    stream: StreamScope
    product: ProductScope
    declared: DisclosedStream
    purpose: DisclosedPurpose
    ground: Ground
