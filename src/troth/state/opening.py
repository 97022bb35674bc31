"""Fold the two statements of an emergency into the scope of the home, or of the product in public places. Pure and total.

Rules
- The second confirms the first if it names it, says the same end, is by another party with another key, and comes in time.

Source: statements/emergency; docs/decisions/0058-two-keys-open-an-emergency.md.
"""

import msgspec

from troth.names import Uri
from troth.state.scopes import Opening
from troth.statements.emergency import CONFIRM_S, EmergencyBody
from troth.statements.statement import Statement

__all__ = ["confirms", "opened"]


def confirms(body: EmergencyBody, first: Opening, *, issuer: Uri) -> bool:
    """Whether a second statement confirms this first one."""
    said = first.body
    return (
        body.confirms == first.statement
        and body.opening == said.opening
        and (body.assertion, body.things_of, body.household, body.to_ns)
        == (said.assertion, said.things_of, said.household, said.to_ns)
        and body.by != said.by
        and issuer != first.issuer
        and said.from_ns <= body.from_ns <= said.from_ns + CONFIRM_S * 1_000_000_000
    )


def opened(openings: tuple[Opening, ...], body: EmergencyBody, statement: Statement) -> tuple[Opening, ...]:
    """The openings of a scope after one more statement."""
    issuer, id_ = Uri(statement.signed.headers.issuer), statement.signed.id
    if body.confirms is None:
        known = any(each.body.opening == body.opening for each in openings)
        return openings if known else (*openings, Opening(body, issuer, id_))
    return tuple(
        msgspec.structs.replace(each, confirmed_ns=body.from_ns, confirmed_by=body.by, confirmation=id_)
        if each.confirmed_ns is None and confirms(body, each, issuer=issuer)
        else each
        for each in openings
    )
