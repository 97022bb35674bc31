"""A trust policy: the logs and witnesses somebody knows, and which of those witnesses are enough together.

Rules
- One line each: `log KEY [URL]`, `witness NAME KEY [URL]`, `group NAME all|any|K NAME...`, `quorum NAME` or `quorum none`;
  empty lines and lines that begin with `#` are let be. Between items stand spaces and tabs.
- A name is defined before it is used, once, and belongs to at most one group; there is exactly one quorum line.
- A key stands once. The name in a log's key is its origin.
- A policy that asks for nobody is a policy too; what it lets through is *logged*.

Source: C2SP tlog-policy.
Left out: witnesses with ML-DSA-44 keys, which are refused by name, and what a URL means, which is whoever asks a witness's.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from troth.errors import BadNote, TooLarge
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.cosignature import WitnessKey

__all__ = ["MAX_POLICY_BYTES", "NOBODY", "Group", "KnownLog", "KnownWitness", "TrustPolicy", "parse_policy"]

MAX_POLICY_BYTES: Final = 65_536
MAX_LINES_OF_A_KIND: Final = 64  # C2SP tlog-policy, "Implementation limits": at least 32
NOBODY: Final = "none"
_GAP: Final = re.compile(r"[ \t]+")
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log whose checkpoints are taken."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness under the name it has in this policy."""

    name: str
    key: WitnessKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups, of which `least` must have cosigned."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Who is known and who is enough. `quorum` is the name of a witness or group, or NOBODY."""

    logs: tuple[KnownLog, ...] = ()
    witnesses: tuple[KnownWitness, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NOBODY

    @classmethod
    def of(cls, witnesses: Sequence[WitnessKey], least: int) -> "TrustPolicy":
        """Any `least` of these witnesses; 0 asks for nobody. A key counts once, whatever names it goes by."""
        keys = {key.public.raw: key for key in witnesses}
        known = tuple(KnownWitness(f"w{at}", key) for at, key in enumerate(keys.values()))
        if least <= 0:
            return cls(witnesses=known)
        return cls((), known, {"all": Group(least, tuple(each.name for each in known))}, "all")

    @property
    def asks(self) -> bool:
        """Whether it asks for any cosignature."""
        return self.quorum != NOBODY

    @property
    def keys(self) -> tuple[WitnessKey, ...]:
        """The keys of its witnesses."""
        return tuple(each.key for each in self.witnesses)

    def satisfied(self, cosigned: Collection[WitnessKey]) -> bool:
        """Whether those who have cosigned are enough. Who is not known here does not count."""
        if not self.asks:
            return True
        there = {key.public.raw for key in cosigned}
        met = {each.name: each.key.public.raw in there for each in self.witnesses}
        for name, group in self.groups.items():  # in the order of definition, so members are settled before
            met[name] = sum(met[member] for member in group.members) >= group.least
        return met[self.quorum]


def parse_policy(data: bytes) -> TrustPolicy:
    """Read a policy file.

    Raises:
        BadNote: not a trust policy; says in which line.
        TooLarge: more than 64 KiB, or more than 64 logs, witnesses or groups.
    """
    if len(data) > MAX_POLICY_BYTES:
        raise TooLarge("a trust policy has at most 64 KiB")
    text = data.decode("utf-8", "surrogateescape")  # C2SP tlog-policy: names are opaque octets
    if _FORBIDDEN.search(text):
        raise BadNote("a trust policy has no control characters but tabs and newlines")
    if text and not text.endswith("\n"):
        raise BadNote("each line of a trust policy ends with a newline")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in _GAP.split(line) if word]
        if words and not words[0].startswith("#"):
            try:
                reading.take(words)
            except BadNote as cause:
                raise BadNote(f"line {number} of the trust policy: {cause.message}") from cause
    return reading.whole()


class _Reading:
    """A policy as far as it has been read."""

    def __init__(self) -> None:
        self._logs: list[KnownLog] = []
        self._witnesses: list[KnownWitness] = []
        self._groups: dict[str, Group] = {}
        self._names: set[str] = {NOBODY}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def take(self, words: Sequence[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self._log(VerifierKey.parse(_text(key)), _first(map(_text, url)))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._witness(name, WitnessKey.parse(_text(key)), _first(map(_text, url)))
            case ["group", name, least, first, *others]:
                self._group(name, least, (first, *others))
            case ["quorum", name]:
                if self._quorum is not None:
                    raise BadNote("there is a quorum already")
                if name not in self._names:
                    raise BadNote("the quorum is a name that no line before defines")
                self._quorum = name
            case _:
                raise BadNote("a line is a log, a witness, a group or the quorum")
        if max(len(self._logs), len(self._witnesses), len(self._groups)) > MAX_LINES_OF_A_KIND:
            raise TooLarge("a trust policy has at most 64 logs, 64 witnesses and 64 groups")

    def whole(self) -> TrustPolicy:
        if self._quorum is None:
            raise BadNote("a trust policy has a quorum line")
        return TrustPolicy(tuple(self._logs), tuple(self._witnesses), self._groups, self._quorum)

    def _log(self, key: VerifierKey, url: str | None) -> None:
        if any(each.key.public == key.public for each in self._logs):
            raise BadNote("this log's key stands in a line before")
        self._logs.append(KnownLog(key, url))

    def _witness(self, name: str, key: WitnessKey, url: str | None) -> None:
        if any(each.key.public == key.public for each in self._witnesses):
            raise BadNote("this witness's key stands in a line before")
        self._define(name)
        self._witnesses.append(KnownWitness(name, key, url))

    def _group(self, name: str, least: str, members: tuple[str, ...]) -> None:
        if self._members.intersection(members) or len(set(members)) != len(members):
            raise BadNote("a name is a member of one group, once")
        if not self._names.issuperset(members) or NOBODY in members:
            raise BadNote("a group has members that no line before defines")
        number = {"any": 1, "all": len(members)}.get(least)
        if number is None and re.fullmatch(r"[1-9][0-9]{0,2}", least):
            number = int(least)
        if number is None or number > len(members):
            raise BadNote("a group asks for 'all', for 'any', or for a number of its members")
        self._define(name)
        self._members.update(members)
        self._groups[name] = Group(number, members)

    def _define(self, name: str) -> None:
        if name in self._names:
            raise BadNote("this name is defined in a line before, or is 'none'")
        self._names.add(name)


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)


def _text(word: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError as cause:
        raise BadNote("keys and addresses are written in UTF-8") from cause
    return word
