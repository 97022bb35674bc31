"""Step 2 *declared*: a disclosure in force covers this use, and no red line of the operator is crossed. Pure.

Source: gate.md; docs/decisions/0016-a-home-s-own-disclosure.md. Which line is crossed: `gate.lines`.
"""

from collections.abc import Sequence

import msgspec

from troth.gate.lines import crossed_by
from troth.gate.question import ANYONE, OWN_PURPOSE, Action, Asker, Ground, Question
from troth.names import HouseholdId, StatementId, Uri
from troth.state.in_force import Reading
from troth.state.scopes import ProductScope, StandingLine, StreamScope, party_scope, product_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.statements.organisation import CLASS
from troth.things.variants import Variant

__all__ = ["crossed", "declared_for", "ids_of", "meant", "product_in", "product_of", "settled_views"]


def product_of(stream: StreamScope, reading: Reading) -> ProductScope:
    """Passport and disclosure that hold for this stream."""
    return product_in(stream.product, stream.household, reading)


def product_in(uri: Uri, household: HouseholdId | None, reading: Reading) -> ProductScope:
    """Passport and disclosure that hold for a product in a home, or in public (None); a home's own disclosure stands first."""
    product = reading.product(product_scope(uri))
    if household is None:
        return product
    for each in reading.place_of(household).disclosures:
        if each.body.product == uri:
            return msgspec.structs.replace(product, disclosure=each.body, disclosure_id=each.statement)
    return product


def declared_for(stream: StreamScope, product: ProductScope) -> DisclosedStream | None:
    """The stream's part of what is disclosed, where the passport and a disclosure in force both name it; None otherwise."""
    if product.passport is None or product.disclosure is None:
        return None
    name = stream.installed.name
    return product.disclosure.by_name.get(name) if name in product.passport.by_name else None


def meant(purpose: DisclosedPurpose, question: Question, stream: StreamScope, reading: Reading) -> bool:
    """Whether this purpose covers this action, asker and purpose."""
    if question.action is Action.COLLECT:
        return question.asker.party == stream.answers
    if question.asker.person is not None:
        return question.asker.purpose == OWN_PURPOSE and any(v.ground == Ground.OWN for v in purpose.variants)
    return purpose.purpose == question.asker.purpose and (
        question.asker.party in purpose.recipients
        or ANYONE in purpose.recipients
        or any(each in purpose.recipients for each in _classes(question.asker, purpose, reading))
    )


def settled_views(purpose: DisclosedPurpose) -> tuple[DisclosedVariant, ...]:
    """The views of a purpose that lie within one another, in the order of the disclosure; the rest is left out.

    A view that is neither within one before it nor the other way round could be allowed by a restriction that stops the other.
    Names that are not known here stay: what they mean cannot be settled, and that is said of them. An order that goes from the
    least to the most revealing, which older disclosures may have, changes nothing.
    """
    if len(purpose.variants) < 2:
        return purpose.variants
    kept: list[DisclosedVariant] = []
    known: list[Variant] = []
    for each in purpose.variants:
        view = Variant.named(each.variant)
        if view is None:
            kept.append(each)
        elif all(view.within(other) or other.within(view) for other in known):
            kept.append(each)
            known.append(view)
    return tuple(kept)


def _classes(asker: Asker, purpose: DisclosedPurpose, reading: Reading) -> tuple[Uri, ...]:
    """What kind of recipient a party is; not looked at where the purpose names no class."""
    if not any(each.startswith(CLASS) for each in purpose.recipients):
        return ()
    party = reading.party(party_scope(asker.party))
    return () if party is None else party.classes


def crossed(
    purpose: DisclosedPurpose,
    stream: StreamScope,
    product: ProductScope,
    *,
    asker: Asker | None,
    lines: Sequence[StandingLine],
    at_ns: int,
) -> tuple[StatementId, ...]:
    """The red lines in force that this use crosses."""
    known = None if product.passport is None else product.passport.by_name.get(stream.installed.name)
    return () if known is None else crossed_by(lines, known, purpose=purpose, asker=asker, at_ns=at_ns)


def ids_of(product: ProductScope) -> tuple[StatementId, ...]:
    """The statements that passport and disclosure are read from."""
    return tuple(each for each in (product.passport_id, product.disclosure_id) if each is not None)
