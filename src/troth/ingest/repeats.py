"""How a door knows that a message was said before.

Rules
- A message that names itself (`id`) has a key under which the store knows it for 24 hours, also after a restart.
- A message that only says "sent again" (MQTT's DUP) is looked for among the last 1,024 of its thing, by packet identifier,
  topic and payload; it is offered again at the time it got then, so that the store sees a repeat and counts it as one.
- Keys are keyed hashes: what a thing calls its messages is not readable from the store.

Source: things.md, "The writer" (a repeat); MQTT 5.0 §3.3.1.1.
Left out: knowing a DUP without `id` or `t` after a restart of Troth; docs/reference/mqtt.md says so.
"""

from array import array
from hashlib import blake2b
from typing import Final

from troth.names import ThingId, print_thing
from troth.wire.limits import REPEAT_WINDOW

__all__ = ["KEY_BYTES", "Recent", "repeat_key", "said_by"]

KEY_BYTES: Final = 16  # things/stamps: 8 to 32


def repeat_key(name: str, secret: bytes) -> bytes:
    """The repeat key of a message that its thing calls `name`.

    Args:
        name: well-formed text.
        secret: 16 to 64 bytes; the same after a restart, or repeats across it are kept twice.
    """
    return blake2b(name.encode(), digest_size=KEY_BYTES, key=secret, person=b"troth/repeat").digest()


def said_by(speaker: ThingId, name: str, thing: ThingId) -> str:
    """What a message of a thing is called, said by itself or by its gateway, whose names are not the thing's; "" for none."""
    return f"{print_thing(speaker)}\n{name}" if name and speaker != thing else name


class Recent:
    """The last messages of one thing that had no time of their own. Owner: the event loop."""

    __slots__ = ("_marks", "_oldest", "_times")

    def __init__(self) -> None:
        self._marks = array("q")
        self._times = array("q")
        self._oldest = 0

    def note(self, mark: int, time_ns: int) -> None:
        """Remember a message by its mark (a keyed 64-bit hash) and the time it got."""
        if len(self._marks) < REPEAT_WINDOW:
            self._marks.append(mark)
            self._times.append(time_ns)
            return
        self._marks[self._oldest] = mark
        self._times[self._oldest] = time_ns
        self._oldest = (self._oldest + 1) % REPEAT_WINDOW

    def note_all(self, marks: "array[int]", times: list[int]) -> None:
        """Remember messages in order: the same as `note` for each."""
        if len(self._marks) < REPEAT_WINDOW or self._oldest + len(marks) > REPEAT_WINDOW:
            for mark, time_ns in zip(marks, times, strict=True):
                self.note(mark, time_ns)
            return
        first, last = self._oldest, self._oldest + len(marks)
        if last == first + 1:
            self._marks[first], self._times[first] = marks[0], times[0]
            self._oldest = last % REPEAT_WINDOW
            return
        self._marks[first:last] = marks
        self._times[first:last] = array("q", times)
        self._oldest = last % REPEAT_WINDOW

    def find(self, mark: int) -> int | None:
        """The time the latest message with this mark got, or None."""
        count = len(self._marks)
        for back in range(1, count + 1):
            at = (self._oldest - back) % count
            if self._marks[at] == mark:
                return self._times[at]
        return None
