"""Fold what is said of organisations, of shares that end with them, and of what is withheld from them. Pure; a part of `fold`.

Rules
- Whoever a person brings is a party as a registered one is, until it is refused.
- Said again, an organisation keeps which shares with it have ended and where it is invited. A withholding said again moves
  its end and nothing else.

Source: gate.md, "Scopes and leases"; docs/decisions/0070, 0071, 0076.
"""

from typing import TypeAlias

import msgspec

from troth.names import StatementId
from troth.state.cut_shares import with_cut
from troth.state.invited import invited_after
from troth.state.scopes import (
    PartyScope,
    ProductScope,
    Scope,
    StandingWithholding,
    party_scope,
)
from troth.statements.erase_order import Because, EraseOrderBody
from troth.statements.installer import InstallerBody
from troth.statements.organisation import OrganisationBody
from troth.statements.third_party import ThirdPartyBody, ThirdPartyRefusalBody
from troth.statements.withholding import WithholdingBody
from troth.things.intervals import FOREVER

__all__ = ["OfParty", "of_organisation", "scopes_of_party", "withheld"]


OfParty: TypeAlias = OrganisationBody | EraseOrderBody | ThirdPartyBody | ThirdPartyRefusalBody | InstallerBody


def scopes_of_party(body: OfParty) -> tuple[Scope, ...]:
    """The scopes that this moves: of orders only those that end a share move anything."""
    if isinstance(body, OrganisationBody):
        return (party_scope(body.organisation),)
    if isinstance(body, ThirdPartyBody | ThirdPartyRefusalBody | InstallerBody):
        return (party_scope(body.party),)
    return (party_scope(body.party),) if body.because is Because.STALE else ()


def of_organisation(party: PartyScope | None, body: OfParty, statement: StatementId) -> PartyScope | None:
    """What an organisation becomes."""
    if isinstance(body, OrganisationBody):
        return _reached(body, statement, party)
    if isinstance(body, ThirdPartyBody):  # said of somebody who is known already, it changes nothing
        return party or PartyScope(body.name, body.contact, statement, body.site)
    if party is None:
        return None
    if isinstance(body, ThirdPartyRefusalBody):
        return msgspec.structs.replace(party, refused_ns=min(party.refused_ns, body.at_ns))
    if isinstance(body, InstallerBody):
        return msgspec.structs.replace(party, invited=invited_after(party.invited, body, statement))
    return _cut(party, body)


def _reached(body: OrganisationBody, statement: StatementId, former: PartyScope | None) -> PartyScope:
    reach_by_ns = FOREVER if body.reach_by_ns is None else body.reach_by_ns
    cut = () if former is None else former.cut
    return PartyScope(
        body.name,
        body.contact,
        statement,
        body.site,
        body.classes,
        reach_by_ns,
        cut,
        body.entering,
        moving=body.moving,
        invited=() if former is None else former.invited,
    )


def _cut(party: PartyScope, body: EraseOrderBody) -> PartyScope:
    """A share under which nothing was read for too long is over, for everybody who gave it."""
    if body.because is not Because.STALE or body.share is None:
        return party
    return msgspec.structs.replace(party, cut=with_cut(party.cut, body.share, body.at_ns))


def withheld(product: ProductScope, body: WithholdingBody, statement: StatementId) -> ProductScope:
    """A withholding said again moves its end and nothing else."""
    said = list(product.withheld)
    for at, each in enumerate(said):
        if each.body.withholding == body.withholding:
            said[at] = StandingWithholding(each.body, body.to_ns, statement)
            break
    else:
        said.append(StandingWithholding(body, body.to_ns, statement))
    return msgspec.structs.replace(product, withheld=tuple(said))
