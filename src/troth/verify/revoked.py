"""Keys that have ended, as somebody outside the file says: what that does to a proof.

Rules
- A *retired* key takes nothing back. A *compromised* one fails whatever is dated from that time on, and whatever has no date.
- One thing a stolen operator key may still sign: trust anchors that leave it out, or nothing could follow a theft. The
  result says that the thief could have named others just so.
- What is dated before it passes, and the result says so: whoever had the key could date back what they made.
- A list has one key a line: the issuer URI named after it, `retired`, or `compromised` and a time in UTC. `#` begins a comment.

Source: record.md, "Anyone can verify" (later revocation); threats.md (stolen keys).
Left out: whether the list is true. It is believed like a log's key that is given from outside.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from troth.errors import BadName, BadProof, TooLarge
from troth.names import check_uri, ckt_uri
from troth.signing.cose import PublicKey, Signed
from troth.statements.key import Revoked
from troth.verify.words import iso, safe

__all__ = ["Revocations", "RevokedKey", "last_ns", "parse_revoked"]

MAX_LIST_CHARS: Final = 1_048_576
_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class RevokedKey(msgspec.Struct, frozen=True):
    """One key that has ended, by the issuer URI named after it. `since_ns` with compromised."""

    issuer: str
    why: Revoked
    since_ns: int | None = None

    def __str__(self) -> str:
        return f"{self.issuer} {self.why}" + ("" if self.since_ns is None else f" {iso(self.since_ns)}")


def parse_revoked(text: str) -> tuple[RevokedKey, ...]:
    """Read a list of keys that have ended.

    Raises:
        BadProof: a line that is none of its kinds.
        TooLarge: more than a million characters.
    """
    if len(text) > MAX_LIST_CHARS:
        raise TooLarge("a list of keys has at most a million characters")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(_line(words) for words in lines if words)


def last_ns(signed: Signed) -> int:
    """The last moment of the second that a statement is dated: a theft in that second is taken to come first."""
    return (signed.headers.issued_at_s + 1) * _NS - 1


def _line(words: list[str]) -> RevokedKey:
    match words:
        case [issuer, Revoked.RETIRED.value]:
            return RevokedKey(_issuer(issuer), Revoked.RETIRED)
        case [issuer, Revoked.COMPROMISED.value, time]:
            return RevokedKey(_issuer(issuer), Revoked.COMPROMISED, _time(time))
        case _:
            raise BadProof("a line of ended keys is KEY retired, or KEY compromised TIME")


def _issuer(text: str) -> str:
    try:
        return check_uri(text)
    except BadName as cause:
        raise BadProof("an ended key is named by the URI of its thumbprint") from cause


def _time(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is None:
            raise ValueError(text)
        passed = moment - _EPOCH
    except (ValueError, OverflowError) as cause:
        raise BadProof("the time of an ended key is written 2026-05-01T06:30:00Z") from cause
    return (passed.days * 86_400 + passed.seconds) * _NS + passed.microseconds * 1_000


class Revocations:
    """The keys given, and what was said of those that a file rests on. One verification's own."""

    def __init__(self, keys: Iterable[RevokedKey]) -> None:
        self._keys: dict[str, RevokedKey] = {}
        for key in keys:
            known = self._keys.get(key.issuer)
            if known is None or _earliest(key) < _earliest(known):
                self._keys[key.issuer] = key
        self.given = bool(self._keys)
        self.said: list[str] = []

    def see(self, key: PublicKey, *, whose: str, at_ns: int | None) -> None:
        """Look at a key that has signed something dated `at_ns`, or something without a date.

        Raises:
            BadProof: it was compromised by then, or nothing tells whether it was.
        """
        revoked = self._keys.get(ckt_uri(key.thumbprint))
        if revoked is None:
            return
        if revoked.since_ns is None:
            self._say(f"{whose} was retired later, which takes nothing back.")
            return
        since = iso(revoked.since_ns)
        if at_ns is None:
            raise BadProof(
                f"{safe(whose)} is said to be compromised since {since}, and nothing here says when it signed"
            )
        if at_ns >= revoked.since_ns:
            raise BadProof(
                f"{safe(whose)} is said to be compromised since {since}, and this is dated {iso(at_ns - at_ns % _NS)}"
            )
        self._say(
            f"{whose} is said to be compromised since {since}. What it signed here is dated before; "
            "whoever had the key could date back what they made."
        )

    def see_handing_over(self, key: PublicKey, *, to: Sequence[PublicKey], at_ns: int) -> None:
        """Look at an operator key that has signed the trust anchors which take its place.

        Raises:
            BadProof: it was compromised by then, and is among them.
        """
        revoked = self._keys.get(ckt_uri(key.thumbprint))
        if key in to or revoked is None or revoked.since_ns is None or at_ns < revoked.since_ns:
            self.see(key, whose="An operator's key", at_ns=at_ns)
            return
        self._say(
            f"An operator's key is said to be compromised since {iso(revoked.since_ns)}, and has named others in its place "
            "after that. Whether they are the operator's own or the thief's is not shown: ask whom you have the list from."
        )

    def _say(self, sentence: str) -> None:
        if sentence not in self.said:
            self.said.append(sentence)


def _earliest(key: RevokedKey) -> tuple[bool, int]:
    """Worst first: compromised before retired, and then the earliest time."""
    return key.since_ns is None, key.since_ns or 0
