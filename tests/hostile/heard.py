"""Asking for a case, remembering all that came back, and comparing it with what is not there."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tests.hostile.street import Asking
from troth.gate.words import WORDS, can_do
from troth.testing.asgi import Told
from troth.wire.problems import Problem

__all__ = ["MINUTE_NS", "Heard", "answered", "same_as_nothing"]

MINUTE_NS: Final = 60 * 10**9


class Heard:
    """Asks for a case, and remembers all that came back."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.bodies: list[bytes] = []

    def get(self, target: str) -> Told:
        """Ask as a program."""
        return self._kept(self.asking.get(target))

    def page(self, target: str) -> Told:
        """Ask as a browser."""
        return self._kept(self.asking.page(target))

    def post(self, target: str) -> Told:
        """Ask as a program for something to be made."""
        return self._kept(self.asking.post(target))

    def keep(self, body: bytes) -> None:
        """What came by another way."""
        self.bodies.append(body)

    def leaks(self) -> Iterator[str]:
        """What is hidden and was said."""
        everything = b"\n".join(self.bodies).replace(b"\xe2\x80\xaf", b"").replace(b",", b"")
        yield from (f"{value} came out" for value in self.asking.hidden if str(value).encode() in everything)

    def _kept(self, told: Told) -> Told:
        self.keep(bytes(told.body) + repr(told.headers).encode())
        return told


def same_as_nothing(told: Told, nothing: Told) -> Iterator[str]:
    if (told.status, told.body, told.headers) != (nothing.status, nothing.body, nothing.headers):
        yield f"{told.status} {told.body!r} where nothing is {nothing.status} {nothing.body!r}"


def _spoken(told: Told, expected: str) -> Iterator[str]:
    problem = msgspec.json.decode(told.body, type=Problem)
    code = problem.reason_code
    if code not in WORDS or not problem.detail.startswith(WORDS[code]) or problem.hint != can_do(code):
        yield f"a no without its code, words or hint: {told.body!r}"
    if code != expected:
        yield f"{code} and not {expected}"


def answered(asking: Asking, told: Told, nothing: Told) -> Iterator[str]:
    """A question about the stream has the status of its case, and is the same as nothing where it is nothing.

    A no that is spoken has its code, the words of that code, and what can be done.
    """
    if told.status != asking.status:
        yield f"{told.status} and not {asking.status}"
    if told.status == 403:
        yield from _spoken(told, asking.case.code)
    if asking.status == 404:
        yield from same_as_nothing(told, nothing)
