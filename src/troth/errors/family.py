"""The root of the error tree (drawn in the package)."""

from typing import ClassVar

__all__ = ["TrothError"]


class TrothError(Exception):
    """Root of the tree.

    Args:
        message: one sentence, safe to show to the sender.
        hint: what the reader can do about it, or None.
    """

    code: ClassVar[str] = "troth"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
