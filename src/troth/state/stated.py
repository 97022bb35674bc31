"""Fold what whoever runs the place states for all of it: red lines, policies, where data are kept, that somebody went.

Pure; a part of `fold`. Source: gate.md, "Scopes and leases".
"""

import msgspec

from troth.state.moved import said_ns
from troth.state.scopes import DeploymentScope, Keeping, StandingLine, StandingPolicies
from troth.statements.erasure import ErasureBody
from troth.statements.keeping import KeepingBody
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.red_line import RedLineBody
from troth.statements.statement import Statement
from troth.things.intervals import FOREVER

__all__ = ["stated"]


def stated(
    deployment: DeploymentScope,
    body: RedLineBody | KeepingBody | OperatorPoliciesBody | ErasureBody,
    statement: Statement,
) -> DeploymentScope:
    """The deployment's value after one of these."""
    match body:
        case OperatorPoliciesBody():
            said_s = statement.signed.headers.issued_at_s
            standing = StandingPolicies(body.version, body.text, body.because, said_s, statement.signed.id)
            return msgspec.structs.replace(deployment, policies=standing)
        case ErasureBody():
            erased_ns = max(deployment.erased_ns, body.at_ns, said_ns(statement))
            return msgspec.structs.replace(deployment, erased_ns=erased_ns)
        case RedLineBody():
            return _drawn(deployment, body, statement)
        case KeepingBody():
            return msgspec.structs.replace(deployment, keeping=Keeping(body, statement.signed.id))


def _drawn(deployment: DeploymentScope, body: RedLineBody, statement: Statement) -> DeploymentScope:
    """A line said again moves its end and nothing else: what it forbids stays as it was drawn."""
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    lines = list(deployment.lines)
    for at, each in enumerate(lines):
        if each.line == body.line:
            lines[at] = StandingLine(each.line, each.body, to_ns, statement.signed.id)
            break
    else:
        lines.append(StandingLine(body.line, body, to_ns, statement.signed.id))
    return msgspec.structs.replace(deployment, lines=tuple(lines))
