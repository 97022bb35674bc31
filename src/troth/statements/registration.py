"""May this issuer say this, about this subject, now? The registration policy, applied to one statement. Pure.

Rules
- The issuer's key is known, has not ended, is inside its times, and its signature verifies.
- The policy in force lists the kind for the issuer's role, about these subjects; what no rule allows is refused.
- The time is the node's own at acceptance: `iat` is the signer's word, and counts only for not lying in the future.
- What no policy can allow: a choice about somebody else; a home in the open; what cannot be meant (statements/meaning); a
  policy, anchors or a key that the rules themselves refuse (statements/ruling).

Source: RFC 9943 (Registration Policy); record.md; threats.md (stolen keys).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from troth.errors import FutureDated, KeyEnded, NotRegistered
from troth.names import PersonId, Uri
from troth.signing.cose import Signed, verify
from troth.statements.choice import ChoiceBody
from troth.statements.key import Revoked
from troth.statements.kinds import Face, Kind
from troth.statements.known_keys import Keys, KnownKey
from troth.statements.meaning import check_meaning, names_household
from troth.statements.objection import ObjectionBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.ruling import Ruling, check_ruling
from troth.statements.share import ShareBody
from troth.statements.statement import Statement
from troth.statements.subjects import may_speak_about
from troth.statements.third_party import ThirdPartyBody

__all__ = ["AHEAD_S", "Registered", "check_issuer", "check_registration"]

AHEAD_S: Final = 60  # gate.md, "Time": how far a time may lie ahead of the gate's
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Registered:
    """What is in force when a statement comes in.

    Args:
        policy: the registration policy.
        keys: every key that was ever stated.
        signers: the issuer URI of each person.
        organisations: the registered ones; None for a reader of a log, who cannot know them all.
        anchors_version: of the trust anchors.
        at_ns: the node's time, ns UTC; None for a reader of a log, who cannot know when it was.
        succession: one log takes another's place (`ruling`).
        house: the issuer URI under which the house may take something away for a person who keeps their own key.
    """

    policy: RegistrationPolicyBody
    keys: Keys
    signers: Mapping[PersonId, Uri] = field(default_factory=dict)
    organisations: Collection[Uri] | None = None
    anchors_version: int = 1
    at_ns: int | None = None
    succession: bool = False
    house: Mapping[PersonId, Uri] = field(default_factory=dict)

    def speaks(self, person: PersonId, uri: str) -> bool:
        """Whether this issuer says something for this person; how much, is for `state/custody`."""
        return uri in {self.signers.get(person), self.house.get(person)}


def check_registration(statement: Statement, *, registered: Registered) -> None:
    """Return if the statement may be accepted.

    Args:
        statement: parsed and read, its signature not looked at yet.
        registered: what is in force.

    Raises:
        NotRegistered: an unknown issuer, a kind or subject that no rule gives its role, or what no policy can allow.
        FutureDated: it is dated more than AHEAD_S ahead of the node's time.
        KeyEnded: the issuer's key was retired or revoked, or its time is not now.
        BadRuling: it would move the rules as they may not be moved.
        Refused: what it says cannot be meant.
        BadCose: the signature does not verify.
    """
    issuer = check_issuer(statement.signed, statement.kind, registered=registered)
    if not any(
        may_speak_about(rule.subjects, statement, issuer=issuer, speaks=registered.speaks)
        for rule in _rules(issuer, statement.kind, policy=registered.policy)
    ):
        raise NotRegistered(
            f"the registration policy lets this issuer make {statement.kind.name} statements about its own only"
        )
    uri = statement.signed.headers.issuer
    body = statement.body
    if isinstance(body, ChoiceBody | ObjectionBody | PlaceRuleBody | ShareBody | ThirdPartyBody):
        says = body.person if isinstance(body, ShareBody | ThirdPartyBody) or body.by is None else body.by
        if not registered.speaks(says, uri):
            raise NotRegistered(
                "a choice, an objection, a share, a rule about places, is signed by the person it speaks of"
            )
    named = names_household(statement)
    if named is not None and named != (statement.kind.face is Face.PRIVATE):
        raise NotRegistered("a household is named exactly by what is a home's, of the private kind")
    check_meaning(statement)
    ruling = Ruling(
        registered.policy,
        registered.keys,
        registered.organisations,
        registered.anchors_version,
        registered.succession,
    )
    check_ruling(statement.body, ruling=ruling, at_ns=registered.at_ns)


def check_issuer(signed: Signed, kind: Kind, *, registered: Registered) -> KnownKey:
    """The issuer's key, if it may make statements of this kind now and has signed this one, whatever it says.

    Raises:
        NotRegistered: unknown issuer, or a kind its role may not issue.
        FutureDated: a time in the future.
        KeyEnded: its key was retired or revoked, or its time is not now.
        BadCose: the signature does not verify.
    """
    headers = signed.headers
    issuer = registered.keys.get(Uri(headers.issuer))
    if issuer is None:
        raise NotRegistered("the issuer of this statement is not known here")
    if issuer.key.thumbprint != headers.kid:
        raise NotRegistered("the statement is signed with another key than its issuer's")
    verify(signed, issuer.key)
    if issuer.ended is not None:
        compromised = issuer.ended.why is Revoked.COMPROMISED
        raise KeyEnded(f"the issuer's key was {'revoked as compromised' if compromised else 'retired'}")
    at_ns = registered.at_ns
    if at_ns is not None and not issuer.serves(at_ns):
        raise KeyEnded("the issuer's key does not serve at this time")
    if at_ns is not None and headers.issued_at_s > at_ns // _NS + AHEAD_S:
        raise FutureDated("a statement is not dated in the future")
    if not _rules(issuer, kind, policy=registered.policy):
        raise NotRegistered(f"the registration policy does not let this issuer make {kind.name} statements")
    return issuer


def _rules(issuer: KnownKey, kind: Kind, *, policy: RegistrationPolicyBody) -> list[RegistrationRule]:
    """The rules that let the issuer's role make statements of this kind."""
    return [rule for rule in policy.rules if rule.role == issuer.role and kind.name in rule.kinds]
