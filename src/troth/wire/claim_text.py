"""The text that a device reads from a label: the address of a node and a claim token, in one line of four words.

Rules
- `troth-claim 1 ADDRESS TOKEN`, with one space between them; another version is none that is known here.

Source: things.md, "A thing joins" (the claim token as text and QR); docs/makers/claim.md.
"""

from typing import Final

__all__ = ["CLAIM_TEXT", "claim_text", "read_claim_text"]

CLAIM_TEXT: Final = "troth-claim"
_VERSION: Final = "1"


def claim_text(url: str, token: str) -> str:
    """The text that a device reads."""
    return f"{CLAIM_TEXT} {_VERSION} {url} {token}"


def read_claim_text(text: str) -> tuple[str, str] | None:
    """Address and token of such a text, or None where it is none."""
    words = text.split()
    if len(words) != 4 or words[:2] != [CLAIM_TEXT, _VERSION]:
        return None
    return words[2], words[3]
