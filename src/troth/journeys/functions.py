"""What a no would stop: the functions of each product and what serves them, as declared; for everybody, and beside a choice.

Rules
- It is worked out from passports and disclosures alone, so anybody can work it out too.
- Open ones anybody may read. A home's own disclosure is read by those who live there, beside their choices.

Source: mission.md, F9; docs/decisions/0067-a-no-stops-nothing-else.md.
"""

import msgspec

from troth.errors import NotFound
from troth.gate.functions import Function, functions_of
from troth.names import Uri
from troth.state.directory import Directory, KnownThing

__all__ = ["Function", "Functions", "ProductFunctions"]


class ProductFunctions(msgspec.Struct, frozen=True):
    """The functions of one product."""

    product: Uri
    name: str
    functions: tuple[Function, ...]


class Functions:
    """Works them out. Owner: the event loop; nothing is kept here."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def all(self) -> tuple[ProductFunctions, ...]:
        """Those of every product that has some, by open disclosures, in order of registration."""
        found = (self.of(uri) for uri in self._directory.products)
        return tuple(each for each in found if each.functions)

    def of(self, product: Uri) -> ProductFunctions:
        """Those of one product.

        Raises:
            NotFound: there is no such product here.
        """
        passport = self._directory.products.get(product)
        if passport is None:
            raise NotFound("there is no such product here")
        disclosed = self._directory.disclosures.get(product)
        return ProductFunctions(product, passport.name, functions_of(disclosed and disclosed[0], passport))

    def of_thing(self, thing: KnownThing) -> tuple[Function, ...]:
        """Those of a thing where it stands, by its home's own disclosure if it has one."""
        disclosed = self._directory.disclosure_of(thing.body.product, thing.body.household)
        passport = self._directory.products.get(thing.body.product)
        return functions_of(disclosed and disclosed[0], passport)
