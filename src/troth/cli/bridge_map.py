"""The map of a bridge: which topic of a broker is which stream of which thing, and where the value stands in a payload.

Rules
- A topic that is not in the map is nobody's: it is never guessed what it could be.
- A payload is JSON; a JSON pointer finds the value in it, or the payload itself is the value. A value is a number, a
  boolean or a text.
- A retained message was said at another time: it is taken only where the map says where its own time stands.

Source: RFC 6901 (JSON pointer); TOML 1.0; docs/makers/bridge.md.
"""

import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from troth.cli.files import read_file
from troth.errors import BadJson, BadMqtt, BadName, BadSetting, BadTime
from troth.names import check_slug
from troth.wire.mqtt.topics import check_filter, check_topic, matches
from troth.wire.times import parse_time

__all__ = ["BridgeMap", "Mapped", "Value", "name_of", "read_map", "value_of"]

Value: TypeAlias = float | int | bool | str
_MAX: Final = 1_000  # entries, and filters
_DEPTH: Final = 32  # things.md, Limits: JSON depth


class Mapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: a topic is a stream, `THING/STREAM`. `value` and `time` are JSON pointers into the payload.

    Of MQTT 5, and where a sender says so: `time_property`, in place of `time`, is the user property that says the time, and
    `id_property` the one that names the message, the same whenever it comes again.
    """

    topic: str
    stream: str
    value: str = ""
    time: str | None = None
    time_property: str | None = None
    id_property: str | None = None

    @property
    def timed(self) -> bool:
        """Whether its values have a time of their own."""
        return self.time is not None or self.time_property is not None

    @property
    def thing(self) -> str:
        """Short name of the thing."""
        return self.stream.partition("/")[0]

    @property
    def name(self) -> str:
        """Name of the stream."""
        return self.stream.partition("/")[2]


class BridgeMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `listen`: filters to subscribe to; the mapped topics themselves, if not said."""

    map: tuple[Mapped, ...]
    listen: tuple[str, ...] = ()

    @property
    def filters(self) -> tuple[str, ...]:
        """What the broker is asked for."""
        return self.listen or tuple(dict.fromkeys(each.topic for each in self.map))


def read_map(path: Path) -> BridgeMap:
    """Read a map.

    Raises:
        NotFound: the file cannot be read.
        BadSetting: it is no map; the message says where.
    """
    try:
        found = msgspec.convert(tomllib.loads(read_file(path).decode()), BridgeMap)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as cause:
        raise BadSetting(f"{path} is no map of a bridge: {cause}") from cause
    if not found.map or len(found.map) > _MAX or len(found.listen) > _MAX:
        raise BadSetting(f"{path} has between 1 and {_MAX} entries [[map]]")
    for each in found.map:
        _check(each, found, path)
    if len({(each.topic, each.stream) for each in found.map}) != len(found.map):
        raise BadSetting(f"{path} maps a topic to the same stream twice")
    return found


def _check(each: Mapped, found: BridgeMap, path: Path) -> None:
    try:
        check_topic(each.topic)
        check_slug(each.thing)
        listened = any(matches(check_filter(one), each.topic) for one in found.filters)
    except (BadMqtt, BadName) as cause:
        raise BadSetting(f"{path} cannot be used at {each.topic}: {cause.message}") from cause
    if not each.name or "/" in each.name:
        raise BadSetting(f"the stream of {each.topic} in {path} is THING/STREAM")
    if any(pointer and not pointer.startswith("/") for pointer in (each.value, each.time or "")):
        raise BadSetting(f"a JSON pointer of {each.topic} in {path} begins with /")
    if each.time is not None and each.time_property is not None:
        raise BadSetting(f"{each.topic} in {path} has its time in one place: 'time' or 'time_property'")
    if not listened:
        raise BadSetting(f"{each.topic} in {path} is in none of the filters of 'listen'")


def name_of(mapped: Mapped, user: Sequence[tuple[str, str]]) -> str | None:
    """The name that a sender gave a message, as a hash with its topic; None where the map knows of none, or it gave none."""
    named = next((text for key, text in user if key == mapped.id_property and text), None)
    return None if named is None else hashlib.sha256(f"{mapped.topic}\0{named}".encode()).hexdigest()[:32]


def value_of(mapped: Mapped, payload: bytes, user: Sequence[tuple[str, str]] = ()) -> tuple[Value, int | None]:
    """The value of a payload, and its own time (ns UTC) where the map says where it stands; `user`: its user properties.

    Raises:
        BadJson: there is none.
    """
    try:
        said: object = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise BadJson("the payload is no JSON") from cause
    value = _at(said, mapped.value)
    if not isinstance(value, float | int | bool | str):
        raise BadJson("what stands there is no number, boolean or text")
    if mapped.time is not None:
        time = _at(said, mapped.time)
    elif mapped.time_property is not None:
        time = next((text for key, text in user if key == mapped.time_property), None)
    else:
        return value, None
    try:
        return value, parse_time(time if isinstance(time, str) else "")
    except BadTime as cause:
        raise BadJson("what stands there is no time with a zone") from cause


def _at(said: object, pointer: str) -> object:
    parts = pointer.split("/")[1:]
    if len(parts) > _DEPTH:
        raise BadJson("the pointer is deeper than any payload")
    for part in (each.replace("~1", "/").replace("~0", "~") for each in parts):
        if isinstance(said, dict) and part in said:
            said = said[part]
        elif isinstance(said, list) and part.isascii() and part.isdigit() and int(part) < len(said):
            said = said[int(part)]
        else:
            raise BadJson(f"the payload has no {pointer}")
    return said
