"""Every entry of a log, checked as it would have been when it was taken in, and the row of segments of each gate.

Rules
- Entries come in the log's order. What an entry may say depends only on the ones before it.
- A finding is a contradiction: bytes that are no statement, an issuer nobody named, a signature that does not hold, a kind that
  has no place in the open, a row of segments with a piece missing. What is merely unknown to this program is counted apart.
- A beat that was left out is told, not held against anybody: a node that was switched off closes no segments.
- A log that follows another holds what was said under the former ones behind its first three entries; there each new log's key
  replaces the one before it.
- What is held is small: keys, the policy, and one segment per gate. It does not grow with the log.

Source: record.md, "The log" and "Statements and traces are two things"; RFC 9943 (Registration Policy).
Left out: private statements, which are in no log; what hash envelopes say, of which the log holds a digest; whether the
choices of people were obeyed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from troth.errors import BadRuling, BadStatement, Malformed, NotRegistered, Refused
from troth.names import Uri, ckt_uri
from troth.signing.cose import PayloadForm, PublicKey, Signed, parse, verify
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import Face, Kind, Text, kind_of
from troth.statements.known_keys import KnownKey, learned
from troth.statements.registration import Registered, check_issuer, check_registration
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import Statement, read
from troth.statements.succession import SuccessionBody
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.verify.revoked import RevokedKey

__all__ = ["Doubt", "Finding", "Known", "Registering", "SegmentSeen"]

_POLICY, _ANCHORS = 0, 1  # record.md: the first two entries
_SUCCESSION = 2  # the third of a log that follows another
NS_PER_S: Final = 1_000_000_000


class Finding(msgspec.Struct, frozen=True):
    """What does not hold. `entry` is its index in the log, or -1 for the log as a whole."""

    entry: int
    code: str
    sentence: str


class SegmentSeen(msgspec.Struct, frozen=True):
    """The last segment of one gate."""

    number: int
    statement: bytes
    tick_ns: int


class Known(msgspec.Struct, frozen=True):
    """What is known behind an entry; enough to go on from there.

    `authority` holds the entries that say who may say what, with their indices: read again, they give the same knowledge.
    """

    authority: tuple[tuple[int, bytes], ...] = ()
    segments: tuple[tuple[bytes, SegmentSeen], ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()
    not_understood: int = 0
    beats_left_out: int = 0
    dated: tuple[tuple[str, int], ...] = ()
    """The latest date (seconds since 1970) of what each issuer has signed."""


class Doubt(msgspec.Struct, frozen=True):
    """A key that is said to be compromised since a time (ns UTC), and the latest date (seconds) of what it has signed here.

    Of the log's own key, whose checkpoints have no date, `dated_s` is None.
    """

    issuer: str
    since_ns: int
    dated_s: int | None = None


class Registering:
    """Checks entry after entry.

    Args:
        origin: the log's name, which its first two entries must say too.
        known: what an earlier check came to know, to go on behind it.
    """

    def __init__(self, origin: str, known: Known | None = None) -> None:
        known = known or Known()
        self._origin = origin
        self._policy: RegistrationPolicyBody | None = None
        self._keys: dict[Uri, KnownKey] = {}
        self._anchors_version = 0
        self._succeeds = False
        self._ticks: dict[bytes, int] = {}
        self._authority: list[tuple[int, bytes]] = []
        self._segments = dict(known.segments)
        self._kinds = Counter(dict(known.kinds))
        self._not_understood = known.not_understood
        self._beats_left_out = known.beats_left_out
        self._dated = dict(known.dated)
        for index, data in known.authority:
            self._learn(index, read(parse(data)))

    @property
    def known(self) -> Known:
        """What is known now."""
        return Known(
            tuple(self._authority),
            tuple(sorted(self._segments.items())),
            tuple(sorted(self._kinds.items())),
            self._not_understood,
            self._beats_left_out,
            tuple(sorted(self._dated.items())),
        )

    def doubted(self, revoked: Sequence[RevokedKey], *, log: PublicKey) -> tuple[Doubt, ...]:
        """Keys that were compromised, as the log or somebody outside says, and have signed something dated after that."""
        stated = (
            RevokedKey(issuer, each.ended.why, each.ended.since_ns)
            for issuer, each in self._keys.items()
            if each.ended is not None
        )
        since: dict[str, int] = {}
        for each in (*stated, *revoked):
            if each.since_ns is not None:
                since[each.issuer] = min(each.since_ns, since.get(each.issuer, each.since_ns))
        own = ckt_uri(log.thumbprint)
        doubts = [Doubt(own, since[own])] if own in since else []
        for issuer, since_ns in sorted(since.items()):
            dated_s = self._dated.get(issuer)
            if dated_s is not None and (dated_s + 1) * NS_PER_S > since_ns:
                doubts.append(Doubt(issuer, since_ns, dated_s))
        return tuple(doubts)

    def take(self, index: int, data: bytes) -> Iterator[Finding]:
        """Check the entry at `index`, which follows the last one; gives what does not hold."""
        try:
            signed = parse(data)
        except Malformed as why:
            yield Finding(index, why.code, f"it is no signed statement: {why.message}")
            return
        kind = kind_of(signed.headers.content_type)
        if kind is None:
            self._not_understood += 1
            return
        self._kinds[kind.name.value] += 1
        if kind.face is not Face.OPEN:
            yield Finding(index, "private-in-the-open", f"a {kind.name} statement is private and stands in the log")
        if signed.headers.form is PayloadForm.DIGEST:
            yield from self._enveloped(index, signed, kind)
            return
        try:
            statement = read(signed)
            self._check(index, statement)
        except (Malformed, Refused) as why:
            yield Finding(index, why.code, why.message)
            return
        yield from self._chained(index, statement)
        self._learn(index, statement)
        self._date(signed)

    def _enveloped(self, index: int, signed: Signed, kind: Kind) -> Iterator[Finding]:
        """A hash envelope: what it says is not in the log, so who says it and whether they may is all there is to check."""
        try:
            if kind.text is Text.INLINE or index in (_POLICY, _ANCHORS):
                raise BadStatement(f"the text of a {kind.name} statement stands in it, never behind a hash envelope")
            check_issuer(signed, kind, registered=self._registered())
        except (Malformed, Refused) as why:
            yield Finding(index, why.code, why.message)
            return
        self._date(signed)

    def _date(self, signed: Signed) -> None:
        headers = signed.headers
        self._dated[headers.issuer] = max(headers.issued_at_s, self._dated.get(headers.issuer, 0))

    def _check(self, index: int, statement: Statement) -> None:
        """The rules of the door, with what the log said before this entry."""
        if index in (_POLICY, _ANCHORS):
            self._begins(index, statement)
            return
        body = statement.body
        if isinstance(body, RegistrationPolicyBody | TrustAnchorsBody) and body.origin != self._origin:
            raise BadRuling("a registration policy and trust anchors are of the log in which they stand")
        check_registration(statement, registered=self._registered())

    def _registered(self) -> Registered:
        """What is in force: neither the organisations nor the node's time, which a log does not say."""
        if self._policy is None or not self._keys:
            raise BadStatement("an entry stands before the registration policy and the trust anchors")
        return Registered(self._policy, self._keys, anchors_version=self._anchors_version, succession=self._succeeds)

    def _begins(self, index: int, statement: Statement) -> None:
        body = statement.body
        wanted = RegistrationPolicyBody if index == _POLICY else TrustAnchorsBody
        if not isinstance(body, wanted):
            raise BadStatement("a log begins with a registration policy and trust anchors")
        if body.origin != self._origin:
            raise BadStatement("the log begins with statements of another log")
        if isinstance(body, TrustAnchorsBody):
            _signed_by_own(statement.signed, body)
            first = self._first
            if first is not None:
                _signed_by_own(first, body)

    @property
    def _first(self) -> Signed | None:
        return parse(self._authority[0][1]) if self._authority else None

    def _chained(self, index: int, statement: Statement) -> Iterator[Finding]:
        """The row of segments of one gate: numbers without a gap, each naming the one before."""
        body = statement.body
        if not isinstance(body, ConductSegmentBody):
            return
        last = self._segments.get(body.gate)
        if last is not None:
            if body.number != last.number + 1:
                yield Finding(index, "segment-gap", f"segment {body.number} follows segment {last.number} of its gate")
            elif body.previous != last.statement:
                yield Finding(
                    index, "segment-chain", f"segment {body.number} names another one before it than the log holds"
                )
            if body.tick < last.tick_ns:
                yield Finding(index, "segment-order", f"segment {body.number} closed before the one that it follows")
            elif body.tick > last.tick_ns + self._ticks.get(body.gate, 0) * NS_PER_S:
                self._beats_left_out += 1
        elif body.previous is not None and not self._segments:
            yield Finding(index, "segment-gap", f"segment {body.number} follows one that is not in this log")
        self._segments[body.gate] = SegmentSeen(body.number, statement.signed.id, body.tick)

    def _learn(self, index: int, statement: Statement) -> None:
        body = statement.body
        match body:
            case RegistrationPolicyBody():
                self._policy = body
            case TrustAnchorsBody():
                self._anchors_version = body.version
            case KeyBody():
                self._learn_gate(body)
            case SuccessionBody() if index == _SUCCESSION:
                self._succeeds = True
            case _:
                return
        self._keys.update(learned(self._keys, statement))
        self._authority.append((index, statement.signed.data))

    def _learn_gate(self, body: KeyBody) -> None:
        """A gate that takes another's place goes on with its row of segments."""
        if body.role is not KeyRole.GATE or body.segment_tick_s is None:
            return
        thumbprint = PublicKey.from_cose_key(body.key).thumbprint
        self._ticks[thumbprint] = body.segment_tick_s
        if body.replaces is not None and body.replaces in self._segments:
            self._segments[thumbprint] = self._segments.pop(body.replaces)


def _signed_by_own(signed: Signed, anchors: TrustAnchorsBody) -> None:
    """Return if a key that the anchors name signed this."""
    for key in map(PublicKey.from_cose_key, anchors.keys):
        if ckt_uri(key.thumbprint) == signed.headers.issuer:
            verify(signed, key)
            return
    raise NotRegistered("the log does not begin with the word of a key that its trust anchors name")
