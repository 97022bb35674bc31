"""The words of the pages on which people come in.

Source: people.md, "Words".
"""

from typing import Final

from troth.journeys.accounts import Way

__all__ = ["sentence", "wait", "way_in"]

_WAYS: Final = {Way.LINK: "by a link", Way.PASSWORD: "by password", Way.PASSKEY: "by passkey"}


def wait(seconds: int) -> str:
    """90 as "2 minutes": rounded up, never too short."""
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def way_in(way: Way | None) -> str:
    """What a visit was opened with, as the end of a sentence."""
    return "nobody knows how" if way is None else _WAYS[way]


def sentence(text: str) -> str:
    """A message of the program as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
