"""A log is over, and another begins: with a policy, trust anchors and a succession, which are said together.

Rules
- The three stand side by side in the journal. What a crash left of them before the third counts as ordinary statements; saying
  them again begins anew.
- Each is registered under the policy in force like any other: the operator's key signs, and the new policy allows the third.
- The new trust anchors name the keys that the former ones named, or what those said could not be checked under the new log.
- Everything that was said openly before goes into the new log behind them, with the statements about segments: what could be
  proved under the former log can be proved under the new one.

Source: record.md, "Loss and restore".
Left out: private statements and traces, whose leaves stand in segments already.
"""

from troth.errors import NotRegistered
from troth.journeys.begin import rules_of_now
from troth.journeys.lineage import Lineage, entries_of
from troth.names import ckt_uri
from troth.signing.cose import Signer
from troth.state.directory import Directory
from troth.statements.journal import Journal
from troth.statements.kinds import Body, KindName, kind_of
from troth.statements.registration import check_registration
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.statement import as_kind, read, read_kept, write
from troth.statements.succession import SuccessionBody
from troth.statements.trust_anchors import TrustAnchorsBody

__all__ = ["origins_of", "succeed"]


async def succeed(
    journal: Journal,
    former: Lineage,
    *,
    operator: Signer,
    former_key: str,
    checkpoint: bytes | None,
    origin: str,
    reason: str,
    at_ns: int,
) -> Lineage:
    """Say the three statements. On return the new log is the one that is written from now on.

    Raises:
        NotRegistered: the operator's key is not the one this journal knows.
        StorageFailed: they may or may not count.
    """
    directory = Directory()
    anchored = {operator.public.cose_key: None}
    for entry in entries_of(journal):
        statement = read_kept(entry.signed, entry.preimage)
        if statement is None:
            continue
        directory.take(statement)
        if isinstance(statement.body, TrustAnchorsBody):
            anchored |= dict.fromkeys(statement.body.keys)
    said: tuple[tuple[KindName, Body], ...] = (
        (KindName.REGISTRATION_POLICY, RegistrationPolicyBody(rules_of_now(), origin)),
        (KindName.TRUST_ANCHORS, TrustAnchorsBody(tuple(anchored), origin)),
        (
            KindName.SUCCESSION,
            SuccessionBody(origin, former.origin, former_key, reason, at_ns, checkpoint),
        ),
    )
    first = []
    for name, body in said:
        issuer = ckt_uri(operator.public.thumbprint)
        statement = read(write(name, body, signer=operator, issuer=issuer, subject=origin, at_ns=at_ns))
        if directory.policy is None:
            raise NotRegistered("this journal has no registration policy")
        check_registration(statement, policy=directory.policy, issuers=directory.issuers, signers=directory.signers)
        first.append(await journal.append(statement.signed))
        directory.take(statement)
    return Lineage(origin, former.number + 1, tuple(first))


def origins_of(journal: Journal) -> set[str]:
    """Every origin that a registration policy in this journal names."""
    found = set()
    for entry in entries_of(journal):
        kind = kind_of(entry.signed.headers.content_type)
        if kind is not None and kind.name is KindName.REGISTRATION_POLICY:
            found.add(as_kind(read(entry.signed), RegistrationPolicyBody).origin)
    return found
