"""Which statements are compared with each other, so that one waits until the other counts, before it is checked itself. Pure.

Rules
- What is measured by what holds in its place (a disclosure, a passport, an organisation, where data are kept, rules, red lines,
  assertions) is measured by what was said before it, never by what that replaces.
- A disclosure and a passport wait for the things of their product that join at this moment, and these for them: what people are
  told of one was measured by the other. Things do not wait for each other; thousands of them join at once.
- What people say of themselves waits for nothing here.

Source: docs/decisions/0110-what-contradicts-waits.md.
"""

from collections.abc import Collection, Iterable
from typing import TypeAlias

from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.ground import GroundBody
from troth.statements.installation import InstallationBody
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import Body
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.red_line import RedLineBody
from troth.statements.statement import Statement

__all__ = ["waits_for"]

_About: TypeAlias = tuple[str, bytes | str]  # what something is about: of which sort, and which one


def waits_for(several: Iterable[Statement], going: Collection[Statement]) -> bool:
    """Whether one of these is checked only once something counts that was checked before it (`going`)."""
    if not going:
        return False
    for each in several:
        says, reads = _says(each.body), _reads(each.body)
        if reads and any(reads & _says(other.body) or says & _reads(other.body) for other in going):
            return True
    return False


def _says(body: Body) -> frozenset[_About]:
    """What a statement changes."""
    match body:
        case DisclosureBody() | PassportBody():
            return frozenset({("product", body.product)})
        case InstallationBody():
            return frozenset({("joining", body.product)})
        case OrganisationBody():
            return frozenset({("party", body.organisation)})
        case GroundBody() | EmergencyBody():
            return frozenset({("assertion", bytes(body.assertion))})
        case KeepingBody() | OperatorPoliciesBody() | RedLineBody():
            return frozenset({("place", type(body).__name__)})
        case _:
            return frozenset()


def _reads(body: Body) -> frozenset[_About]:
    """What it is compared with."""
    match body:
        case DisclosureBody():
            lines: _About = ("place", RedLineBody.__name__)
            return frozenset({("product", body.product), ("joining", body.product), lines})
        case PassportBody():
            return frozenset({("product", body.product), ("joining", body.product)})
        case InstallationBody():
            return frozenset({("product", body.product)})
        case _:
            return _says(body)
