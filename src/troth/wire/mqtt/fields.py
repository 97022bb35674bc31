"""Read and write the data types of MQTT: integers, variable byte integers, strict UTF-8, binary data.

Rules
- Reading never goes past the end of its packet; whoever reads a packet ends with `done()`.
- A string is well-formed UTF-8 without surrogates and without U+0000; a byte order mark is kept.
- A variable byte integer has at most four bytes and no padding.
- Every failure is BadMqtt with an MQTT 5 reason code.

Source: MQTT 5.0 §1.5; MQTT 3.1.1 §1.5.
Left out: which field stands where (decode.py, encode.py, properties.py).
"""

from typing import Final

from troth.errors import BadMqtt
from troth.wire.mqtt.reasons import Reason

__all__ = [
    "MAX_STRING_BYTES",
    "MAX_VARINT",
    "Fields",
    "packed_binary",
    "packed_text",
    "packed_uint",
    "packed_varint",
    "text_from",
]

MAX_STRING_BYTES: Final = 65_535  # MQTT 5.0 §1.5.4: two bytes of length
MAX_VARINT: Final = 268_435_455  # MQTT 5.0 §1.5.5: four bytes of seven bits


class Fields:
    """A reader over the bytes of one packet, from `at` to `end`."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, *, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    def _take(self, length: int) -> int:
        at = self.at
        if at + length > self.end:
            raise BadMqtt("The packet ends inside a field.", reason=Reason.MALFORMED_PACKET)
        self.at = at + length
        return at

    def uint(self, size: int) -> int:
        """An unsigned integer of `size` bytes, most significant first."""
        at = self._take(size)
        return int.from_bytes(self.data[at : at + size], "big")

    def varint(self) -> int:
        """A variable byte integer of one to four bytes."""
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.data[self._take(1)]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte == 0 and shift:
                    break
                return value
        raise BadMqtt("A variable byte integer is padded or too long.", reason=Reason.MALFORMED_PACKET)

    def binary(self) -> bytes:
        """Binary data: two bytes of length, then the bytes."""
        length = self.uint(2)
        at = self._take(length)
        return self.data[at : at + length]

    def text(self) -> str:
        """A UTF-8 string: two bytes of length, then the string."""
        return text_from(self.binary())

    def part(self, length: int) -> "Fields":
        """The next `length` bytes as a reader of their own."""
        at = self._take(length)
        return Fields(self.data, at, end=at + length)

    def more(self) -> bool:
        """Whether anything is left."""
        return self.at < self.end

    def rest(self) -> bytes:
        """All that is left, as it stands."""
        at = self._take(self.end - self.at)
        return self.data[at : self.end]

    def done(self) -> None:
        """Refuse a packet that is longer than its fields."""
        if self.at != self.end:
            raise BadMqtt("The packet is longer than its fields.", reason=Reason.MALFORMED_PACKET)


def text_from(raw: bytes) -> str:
    """The string that these bytes are, or BadMqtt."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as cause:
        raise BadMqtt("A string is not well-formed UTF-8.", reason=Reason.MALFORMED_PACKET) from cause
    if "\0" in text:
        raise BadMqtt("A string holds U+0000.", reason=Reason.MALFORMED_PACKET)
    return text


def packed_uint(value: int, size: int) -> bytes:
    """`value` in `size` bytes, most significant first."""
    if not 0 <= value < 1 << 8 * size:
        raise BadMqtt(f"A number does not fit in {size} bytes.", reason=Reason.MALFORMED_PACKET)
    return value.to_bytes(size, "big")


def packed_varint(value: int) -> bytes:
    """`value` as a variable byte integer in the fewest bytes."""
    if not 0 <= value <= MAX_VARINT:
        raise BadMqtt("A number does not fit in a variable byte integer.", reason=Reason.PACKET_TOO_LARGE)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def packed_binary(raw: bytes) -> bytes:
    """Binary data with its length before it."""
    if len(raw) > MAX_STRING_BYTES:
        raise BadMqtt(f"A field is longer than {MAX_STRING_BYTES} bytes.", reason=Reason.MALFORMED_PACKET)
    return len(raw).to_bytes(2, "big") + raw


def packed_text(text: str) -> bytes:
    """A UTF-8 string with its length before it."""
    if "\0" in text:
        raise BadMqtt("A string holds U+0000.", reason=Reason.MALFORMED_PACKET)
    try:
        return packed_binary(text.encode())
    except UnicodeEncodeError as cause:
        raise BadMqtt("A string holds half a surrogate pair.", reason=Reason.MALFORMED_PACKET) from cause
