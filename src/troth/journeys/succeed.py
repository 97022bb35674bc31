"""A log is over, and another begins: with a policy, trust anchors and a succession, which are said together.

Rules
- The three stand side by side in the journal, made durable together: a crash leaves all of them or none.
- Each is registered under the policy in force like any other: the operator's key signs, and the new policy allows the third.
  Policy and trust anchors go on with the versions of the former ones, so that none can be put back.
- Everything that was said openly before goes into the new log behind them, with the statements about segments: what could be
  proved under the former log can be proved under the new one. So the new policy allows whatever one before it allowed, and the
  new trust anchors name the operator's keys that have ended too.
- At the first start of the new log what is in force is said again behind all that (`say_again`), so that neither lasts: the
  rules as they were, with kinds that are new, and the keys that have not ended.

Source: record.md, "Loss and restore".
Left out: private statements and traces, whose leaves stand in segments already; of operator keys that have ended all but the
newest, where there are more than trust anchors may name.
"""

from collections.abc import Iterator
from dataclasses import replace

from troth.errors import NotRegistered
from troth.journeys.keyring import Keyring
from troth.journeys.lineage import Lineage, entries_of
from troth.journeys.rekey import Rekey
from troth.names import ckt_uri
from troth.signing.cose import Signed, Signer
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.first_policy import first_rules, rules_of_new_kinds
from troth.statements.journal import Journal
from troth.statements.key import KeyRole
from troth.statements.kinds import Body, KindName, kind_of
from troth.statements.known_keys import in_force
from troth.statements.registration import check_registration
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.statement import as_kind, read, read_kept, write
from troth.statements.succession import SuccessionBody
from troth.statements.trust_anchors import ANCHORS_MAX, TrustAnchorsBody

__all__ = ["origins_of", "say_again", "succeed"]


async def succeed(
    journal: Journal,
    former: Lineage,
    *,
    keys: KeyStore,
    former_key: str,
    checkpoint: bytes | None,
    origin: str,
    reason: str,
    at_ns: int,
) -> Lineage:
    """Say the three statements. On return the new log is the one that is written from now on.

    Raises:
        NotRegistered: this journal has no registration policy.
        StorageFailed: the operator's key is not there, or they may or may not count.
    """
    directory = Directory()
    for entry in entries_of(journal):
        statement = read_kept(entry.signed, entry.preimage)
        if statement is not None:
            directory.take(statement)
    policy = directory.policy
    if policy is None:
        raise NotRegistered("this journal has no registration policy")
    operator = Keyring(keys, directory).signer(KeyRole.OPERATOR.value)
    rules = dict.fromkeys((*first_rules(), *(rule for each in _policies(journal) for rule in each.rules)))
    said: tuple[tuple[KindName, Body], ...] = (
        (KindName.REGISTRATION_POLICY, RegistrationPolicyBody(tuple(rules), origin, policy.version + 1)),
        (KindName.TRUST_ANCHORS, TrustAnchorsBody(_anchors(directory), origin, directory.anchors_version + 1)),
        (
            KindName.SUCCESSION,
            SuccessionBody(origin, former.origin, former_key, reason, at_ns, checkpoint),
        ),
    )
    checked = []
    for name, body in said:
        statement = read(_signed(name, body, operator, origin, at_ns))
        registered = directory.registered(at_ns)
        if registered is None:
            raise NotRegistered("this journal has no registration policy")
        check_registration(statement, registered=replace(registered, succession=True))
        checked.append(statement.signed)
        directory.take(statement)
    return Lineage(origin, former.number + 1, tuple(await journal.append_together(checked)))


async def say_again(journal: Journal, lineage: Lineage, *, rekey: Rekey, directory: Directory) -> None:
    """Behind a succession: the keys and the rules that are in force, where its trust anchors and policy said more.

    Raises:
        StorageFailed: a statement may or may not count.
    """
    if not lineage.first:
        return
    policy, anchors, succession = (read(each.signed) for each in lineage.first)
    named = as_kind(anchors, TrustAnchorsBody)
    serving = tuple(known.key.cose_key for known in in_force(directory.keys, KeyRole.OPERATOR.value))
    if directory.anchors_version == named.version and set(named.keys) != set(serving):
        await rekey.anchors(serving)
    wide = as_kind(policy, RegistrationPolicyBody)
    if directory.policy is not None and directory.policy.version == wide.version:
        before = [each for each in _policies(journal) if each.version < wide.version]
        former_origin = as_kind(succession, SuccessionBody).former_origin
        known = {kind for each in before if each.origin == former_origin for rule in each.rules for kind in rule.kinds}
        last: tuple[RegistrationRule, ...] = next(
            (each.rules for each in reversed(before) if each.origin == former_origin), wide.rules
        )
        rules = (*last, *rules_of_new_kinds(known))
        if set(rules) != set(wide.rules):
            await rekey.policy(rules)


def origins_of(journal: Journal) -> set[str]:
    """Every origin that a registration policy in this journal names."""
    return {policy.origin for policy in _policies(journal)}


def _policies(journal: Journal) -> Iterator[RegistrationPolicyBody]:
    """Every registration policy, in the order of acceptance."""
    for entry in entries_of(journal):
        kind = kind_of(entry.signed.headers.content_type)
        if kind is not None and kind.name is KindName.REGISTRATION_POLICY:
            yield as_kind(read(entry.signed), RegistrationPolicyBody)


def _anchors(directory: Directory) -> tuple[bytes, ...]:
    """The operator's keys: those that have ended, as many as there is room for, and then those that have not."""
    operators = [known for known in directory.keys.values() if known.role == KeyRole.OPERATOR.value]
    serving = [known.key.cose_key for known in operators if known.ended is None]
    ended = [known.key.cose_key for known in operators if known.ended is not None]
    return (*ended[max(0, len(ended) + len(serving) - ANCHORS_MAX) :], *serving)


def _signed(name: KindName, body: Body, operator: Signer, origin: str, at_ns: int) -> Signed:
    return write(name, body, signer=operator, issuer=ckt_uri(operator.public.thumbprint), subject=origin, at_ns=at_ns)
