"""What moves the rules themselves (a policy, trust anchors, a key): which of it no policy can allow. Pure.

Rules
- Policy and trust anchors count their versions 1, 2, 3 without gaps and keep the log's name, so none is put back or replayed.
- A policy never shuts out what the deployment lives by: anchors and keys by the operator, segments by the
  gate, choices by people.
- A key is readable, is stated once and serves in one role. Operator keys are named by trust anchors only.
- There is one gate key and one receipt key at a time: a new one replaces it. The log's key lasts as long as its log
  (docs/decisions/0014).
- Where one log takes another's place, the new policy names the new log, its trust anchors the keys that have ended too (or what
  those said could not be checked in it), and the new log's key replaces the former's.
- A revocation speaks of a key that is known, and says since when exactly if it says *compromised*.

Source: record.md, "The log"; C2SP tlog-checkpoint (a log's key is part of what it is).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from troth.errors import BadRuling
from troth.names import Uri
from troth.statements.custody import CustodyBody
from troth.statements.key import KeyBody, KeyRole, Revoked
from troth.statements.kinds import Body, KindName
from troth.statements.known_keys import PERSON, Keys, KnownKey, in_force, key_of
from troth.statements.person import PersonBody
from troth.statements.registration_policy import RegistrationPolicyBody, Subjects
from troth.statements.trust_anchors import ANCHORS_MAX, TrustAnchorsBody

__all__ = ["Ruling", "check_ruling", "rules_move"]

_LIVED_BY: Final = (
    (KeyRole.OPERATOR.value, KindName.REGISTRATION_POLICY),
    (KeyRole.OPERATOR.value, KindName.TRUST_ANCHORS),
    (KeyRole.OPERATOR.value, KindName.KEY),
    (KeyRole.GATE.value, KindName.CONDUCT_SEGMENT),
    (PERSON, KindName.CHOICE),
    (PERSON, KindName.DEPARTURE),
    (PERSON, KindName.RESTRICTION),
    (PERSON, KindName.SHARE),
)
_OWN: Final = {KeyRole.GATE.value: Subjects.OWN_KEY, PERSON: Subjects.OWN_PERSON}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is in force before the statement.

    `organisations` is None where nobody can know them all. `succession`: a log takes another's place by it, or was succeeded
    and the new one's key is not stated yet.
    """

    policy: RegistrationPolicyBody
    keys: Keys
    organisations: Collection[Uri] | None
    anchors_version: int
    succession: bool = False


def rules_move(body: Body) -> bool:
    """Whether a statement may change who may say what: others wait until it counts."""
    return isinstance(body, RegistrationPolicyBody | TrustAnchorsBody | KeyBody | PersonBody | CustodyBody)


def check_ruling(body: Body, *, ruling: Ruling, at_ns: int | None) -> None:
    """Return if the statement moves no rules, or moves them as it may. `at_ns` is None where nobody can know the time.

    Raises:
        BadRuling: it does not, and the message says what is wrong.
    """
    match body:
        case RegistrationPolicyBody():
            _policy(body, ruling)
        case TrustAnchorsBody():
            _anchors(body, ruling)
        case KeyBody(revoked=None):
            _new_key(body, ruling)
        case KeyBody():
            _revocation(body, ruling, at_ns=at_ns)
        case PersonBody():
            _persons_key(body.key, ruling)
        case CustodyBody():
            _persons_key(body.key, ruling)
            if body.house_key is not None:
                _persons_key(body.house_key, ruling)
        case _:
            pass


def _policy(body: RegistrationPolicyBody, ruling: Ruling) -> None:
    another = body.origin != ruling.policy.origin and not ruling.succession
    if another or body.version != ruling.policy.version + 1:
        raise BadRuling("a registration policy is of this log, and its version is the next one")
    for role, kind in _LIVED_BY:
        about = {Subjects.ANY, _OWN.get(role, Subjects.ANY)}
        if not any(rule.role == role and kind in rule.kinds and rule.subjects in about for rule in body.rules):
            raise BadRuling(f"without {kind} statements of role {role} this place could not go on")


def _anchors(body: TrustAnchorsBody, ruling: Ruling) -> None:
    if body.origin != ruling.policy.origin or body.version != ruling.anchors_version + 1:
        raise BadRuling("trust anchors are of this log, and their version is the next one")
    if not 0 < len(body.keys) <= ANCHORS_MAX or len(set(body.keys)) != len(body.keys):
        raise BadRuling(f"there are 1 to {ANCHORS_MAX} trust anchors, and none stands twice")
    for cose_key in body.keys:
        found = key_of(cose_key)
        if found is None:
            raise BadRuling("a trust anchor is a key")
        known = ruling.keys.get(found[0])
        ended = known is not None and known.ended is not None and not ruling.succession
        if known is not None and (known.role != KeyRole.OPERATOR.value or ended):
            raise BadRuling("a trust anchor serves in no other role and has not ended before")


def _new_key(body: KeyBody, ruling: Ruling) -> None:
    found = key_of(body.key)
    if found is None or found[0] in ruling.keys:
        raise BadRuling("a key statement names a key, and one that was never stated before")
    if body.since_ns is not None or (body.segment_tick_s is not None) != (body.role is KeyRole.GATE):
        raise BadRuling("the tick stands in the gate's key statement, and since when in a revocation")
    if body.from_ns is not None and body.to_ns is not None and body.from_ns >= body.to_ns:
        raise BadRuling("a key serves from one time to a later one")
    there = in_force(ruling.keys, body.role.value)
    match body.role:
        case KeyRole.OPERATOR:
            raise BadRuling("an operator key is named by the trust anchors")
        case KeyRole.LOG:
            if not _replaces(body, there) or (there and not ruling.succession):
                raise BadRuling(
                    "a log has one key as long as it lasts",
                    hint="Where it is lost or stolen, the log is over: succeed it with a new one.",
                )
        case KeyRole.GATE | KeyRole.RECEIPT:
            if not _replaces(body, there):
                raise BadRuling(f"there is one {body.role} key at a time: a new one replaces it")
        case KeyRole.MAKER:
            if ruling.organisations is not None and body.holder not in ruling.organisations:
                raise BadRuling("a maker's key is held by a registered organisation")
            own = [known.key.thumbprint for known in there if known.holder == body.holder]
            if body.replaces is not None and body.replaces not in own:
                raise BadRuling("a key replaces one of the same role and holder that has not ended")


def _persons_key(cose_key: bytes, ruling: Ruling) -> None:
    found = key_of(cose_key)
    known = None if found is None else ruling.keys.get(found[0])
    if found is None or (known is not None and (known.role != PERSON or known.ended is not None)):
        raise BadRuling("a person's key is a key that serves in no other role and has not ended")


def _replaces(body: KeyBody, there: tuple[KnownKey, ...]) -> bool:
    """Whether it takes the place of the one key that is there, or there is none."""
    return tuple(known.key.thumbprint for known in there) == (() if body.replaces is None else (body.replaces,))


def _revocation(body: KeyBody, ruling: Ruling, *, at_ns: int | None) -> None:
    if any(each is not None for each in (body.segment_tick_s, body.replaces, body.from_ns, body.to_ns)):
        raise BadRuling("a revocation says which key, why and since when, and nothing else")
    compromised = body.revoked is Revoked.COMPROMISED
    ahead = body.since_ns is not None and at_ns is not None and body.since_ns > at_ns
    if compromised != (body.since_ns is not None) or ahead:
        raise BadRuling("a revocation says since when if the key was compromised, and that time has come")
    found = key_of(body.key)
    known = None if found is None else ruling.keys.get(found[0])
    if found is None or known is None or known.role != body.role.value or known.holder != body.holder:
        raise BadRuling("a revocation speaks of a key that was stated, in its role and of its holder")
    if body.role is not KeyRole.MAKER and known in in_force(ruling.keys, known.role)[-1:]:
        raise BadRuling(
            "this key is in use: it ends when another takes its place",
            hint="Rotate it: troth key rotate gate, or troth key rotate operator.",
        )
    if known.ended is not None and not (compromised and known.ended.why is Revoked.RETIRED):
        raise BadRuling("this key has ended already")
