"""May this issuer say this? The registration policy, applied to one statement. Pure.

Rules
- The issuer's key is known from the trust anchors, a key statement or a person statement, and its signature verifies.
- The policy in force lists the kind for the issuer's role; what no rule allows is refused.
- A choice is signed with the relationship key of the person it speaks of.
- What names a home is of the private kind, and only that: nothing open has a household.
- What it says can be meant (statements/meaning).

Source: RFC 9943 (Registration Policy); record.md.
"""

from collections.abc import Mapping

from troth.errors import NotRegistered
from troth.names import PersonId, Uri
from troth.signing.cose import PublicKey, Signed, verify
from troth.statements.choice import ChoiceBody
from troth.statements.kinds import Face, Kind
from troth.statements.meaning import check_meaning, names_household
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.statement import Statement

__all__ = ["check_issuer", "check_registration"]


def check_registration(
    statement: Statement,
    *,
    policy: RegistrationPolicyBody,
    issuers: Mapping[Uri, tuple[str, PublicKey]],
    signers: Mapping[PersonId, Uri],
) -> None:
    """Return if the statement may be accepted.

    Args:
        statement: parsed and read, its signature not looked at yet.
        policy: the registration policy in force.
        issuers: role and key by issuer URI.
        signers: the issuer URI of each person.

    Raises:
        NotRegistered: unknown issuer, a kind its role may not issue, a choice about somebody else, or a home in the open.
        Refused: what it says cannot be meant.
        BadCose: the signature does not verify.
    """
    check_issuer(statement.signed, statement.kind, policy=policy, issuers=issuers)
    issuer = statement.signed.headers.issuer
    if isinstance(statement.body, ChoiceBody) and signers.get(statement.body.person) != issuer:
        raise NotRegistered("a choice is signed by the person it speaks of")
    named = names_household(statement)
    if named is not None and named != (statement.kind.face is Face.PRIVATE):
        raise NotRegistered("a household is named exactly by what is a home's, of the private kind")
    check_meaning(statement)


def check_issuer(
    signed: Signed, kind: Kind, *, policy: RegistrationPolicyBody, issuers: Mapping[Uri, tuple[str, PublicKey]]
) -> None:
    """Return if this issuer may make statements of this kind and has signed this one, whatever it says.

    Raises:
        NotRegistered: unknown issuer, or a kind its role may not issue.
        BadCose: the signature does not verify.
    """
    headers = signed.headers
    known = issuers.get(Uri(headers.issuer))
    if known is None:
        raise NotRegistered("the issuer of this statement is not known here")
    role, key = known
    if key.thumbprint != headers.kid:
        raise NotRegistered("the statement is signed with another key than its issuer's")
    if not any(rule.role == role and kind.name in rule.kinds for rule in policy.rules):
        raise NotRegistered(f"the registration policy does not let this issuer make {kind.name} statements")
    verify(signed, key)
