"""Every entry of a log, checked as it would have been when it was taken in, and the row of segments of each gate.

Rules
- Entries come in the log's order. What an entry may say depends only on the ones before it.
- A finding is a contradiction: bytes that are no statement, an issuer nobody named, a signature that does not hold, a kind that
  has no place in the open, a row of segments with a piece missing. What is merely unknown to this program is counted apart.
- A beat that was left out is told, not held against anybody: a node that was switched off closes no segments.
- What is held is small: keys, the policy, and one segment per gate. It does not grow with the log.

Source: record.md, "The log" and "Statements and traces are two things"; RFC 9943 (Registration Policy).
Left out: private statements, which are in no log; what hash envelopes say, of which the log holds a digest; whether the
choices of people were obeyed.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from troth.errors import BadStatement, Malformed, NotRegistered, Refused
from troth.names import Uri, ckt_uri
from troth.signing.cose import PayloadForm, PublicKey, Signed, parse, verify
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import Face, Kind, Text, kind_of
from troth.statements.registration import check_issuer, check_registration
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import Statement, read
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["Finding", "Registering", "SegmentSeen"]

_POLICY, _ANCHORS = 0, 1  # record.md: the first two entries
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
        self._issuers: dict[Uri, tuple[str, PublicKey]] = {}
        self._ticks: dict[bytes, int] = {}
        self._authority: list[tuple[int, bytes]] = []
        self._segments = dict(known.segments)
        self._kinds = Counter(dict(known.kinds))
        self._not_understood = known.not_understood
        self._beats_left_out = known.beats_left_out
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
        )

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

    def _enveloped(self, index: int, signed: Signed, kind: Kind) -> Iterator[Finding]:
        """A hash envelope: what it says is not in the log, so who says it and whether they may is all there is to check."""
        try:
            if kind.text is Text.INLINE or index in (_POLICY, _ANCHORS):
                raise BadStatement(f"the text of a {kind.name} statement stands in it, never behind a hash envelope")
            if self._policy is None or not self._issuers:
                raise BadStatement("an entry stands before the registration policy and the trust anchors")
            check_issuer(signed, kind, policy=self._policy, issuers=self._issuers)
        except (Malformed, Refused) as why:
            yield Finding(index, why.code, why.message)

    def _check(self, index: int, statement: Statement) -> None:
        """The rules of the door, with what the log said before this entry."""
        if index in (_POLICY, _ANCHORS):
            self._begins(index, statement)
            return
        if self._policy is None or not self._issuers:
            raise BadStatement("an entry stands before the registration policy and the trust anchors")
        check_registration(statement, policy=self._policy, issuers=self._issuers, signers={})

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
                for key in map(PublicKey.from_cose_key, body.keys):
                    self._issuers[ckt_uri(key.thumbprint)] = (KeyRole.OPERATOR.value, key)
            case KeyBody():
                key = PublicKey.from_cose_key(body.key)
                self._issuers[ckt_uri(key.thumbprint)] = (body.role.value, key)
                if body.segment_tick_s is not None:
                    self._ticks[key.thumbprint] = body.segment_tick_s
            case _:
                return
        self._authority.append((index, statement.signed.data))


def _signed_by_own(signed: Signed, anchors: TrustAnchorsBody) -> None:
    """Return if a key that the anchors name signed this."""
    for key in map(PublicKey.from_cose_key, anchors.keys):
        if ckt_uri(key.thumbprint) == signed.headers.issuer:
            verify(signed, key)
            return
    raise NotRegistered("the log does not begin with the word of a key that its trust anchors name")
