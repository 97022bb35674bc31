"""What would be in force if a product, a disclosure and organisations were said that are not said yet.

Rules
- It is a `Reading` like any other: what is not supposed is read from what is in force.
- Nothing is changed and nothing is kept.

Source: gate.md (connect: after the pre-connect sheet was shown).
"""

from collections.abc import Sequence

import msgspec

from troth.names import StatementId
from troth.state.in_force import InForce, Reading
from troth.state.scopes import (
    HomeDisclosure,
    PartyScope,
    PlaceScope,
    ProductScope,
    Scope,
    party_scope,
    place_scope,
    product_scope,
)
from troth.statements.disclosure import DisclosureBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody

__all__ = ["Supposed"]

_NOT_SAID = StatementId(b"")


class Supposed(Reading):
    """A reading over what is in force and what is supposed to be."""

    def __init__(
        self,
        in_force: InForce,
        *,
        organisations: Sequence[OrganisationBody] = (),
        product: PassportBody | None = None,
        disclosure: DisclosureBody | None = None,
    ) -> None:
        super().__init__(in_force)
        self._parties = {party_scope(each.organisation): each for each in organisations}
        self._product = product
        self._disclosure = disclosure

    def party(self, scope: Scope) -> PartyScope | None:
        """The party's value."""
        said = self._parties.get(scope)
        return (
            super().party(scope)
            if said is None
            else PartyScope(said.name, said.contact, _NOT_SAID, said.site, said.classes)
        )

    def product(self, scope: Scope) -> ProductScope:
        """The product's value."""
        held = super().product(scope)
        passport, disclosure = self._product, self._disclosure
        if passport is not None and product_scope(passport.product) == scope:
            held = msgspec.structs.replace(held, passport=passport, passport_id=None)
        if disclosure is not None and disclosure.household is None and product_scope(disclosure.product) == scope:
            held = msgspec.structs.replace(held, disclosure=disclosure, disclosure_id=None)
        return held

    def place(self, scope: Scope) -> PlaceScope:
        """The household's value."""
        held, said = super().place(scope), self._disclosure
        if said is None or said.household is None or place_scope(said.household) != scope:
            return held
        others = tuple(each for each in held.disclosures if each.body.product != said.product)
        return msgspec.structs.replace(held, disclosures=(*others, HomeDisclosure(said, _NOT_SAID)))
