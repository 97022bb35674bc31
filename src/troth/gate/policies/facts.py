"""What a policy is asked about: one use, as facts that are declared or registered, and never anybody's choice. Pure.

Rules
- The principal is party + app + purpose. What is collected is asked for each purpose that it would be collected for.
- Of what stands in a home nothing is told that tells which home: no room and no name. Of public places the place is told.
- No value, no person, and no time but the minute.
- What a purpose lies in is for the heads of rules alone. A condition sees what was declared, since an exception from a wider
  term would let through what no rule named. A share has no terms there: a rule excepts it by its purpose.

Source: gate.md ("The principal is party + app + purpose"); docs/decisions/0066-policies-only-forbid.md;
docs/decisions/0097-what-a-purpose-is-called-elsewhere.md.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.gate.question import Action
from troth.gate.rules.sensitivity import special_of
from troth.gate.rules.share_terms import term_of
from troth.gate.use import Use
from troth.names import Uri, print_id
from troth.statements.dpv import with_wider
from troth.things.observations import Variant

__all__ = ["NOT_SPECIAL", "Facts", "facts_of"]

NOT_SPECIAL: Final = "none"


class Facts(msgspec.Struct, frozen=True):
    """One use.

    Args:
        action: what is wanted.
        party, app, purpose: who asks.
        classes: what kind of organisation the party is.
        terms: what the purpose is in other vocabularies, and all that it lies in there: what a head meets.
        said_terms: those that were declared: what a condition sees.
        product, stream, name: what it is about; `stream` is printed, and "" where it stands in a home.
        senses, property, sector: as its passport says, "" for none.
        special: of which especially protected category it is; `NOT_SPECIAL` for none.
        home, place: whether it stands in a home; in public, where.
        rows: whether the view shows each observation by itself.
        ground, view, essential, kept_days, recipients: as disclosed.
    """

    action: Action
    party: str
    app: str
    purpose: str
    product: str
    name: str
    home: bool
    ground: str
    view: str
    classes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    said_terms: tuple[str, ...] = ()
    stream: str = ""
    senses: str = ""
    property: str = ""
    sector: str = ""
    special: str = NOT_SPECIAL
    place: str = ""
    essential: bool = False
    kept_days: int = 0
    recipients: tuple[str, ...] = ()
    rows: bool = True


def facts_of(use: Use, view: Variant, action: Action, *, classes: Sequence[Uri] = ()) -> Facts:
    """The facts of a use in one view. `action` is that of the question, or *share* or *connect*."""
    asker, stream, purpose = use.question.asker, use.stream, use.purpose
    passport = use.product.passport
    sector = None if passport is None else passport.sector
    streams = () if passport is None else passport.streams
    declared = next((each for each in streams if each.name == stream.installed.name), None)
    special = special_of(declared, sector)
    home = stream.household is not None
    return Facts(
        action=action,
        party=asker.party,
        app=asker.app,
        purpose=purpose.purpose,
        product=stream.product,
        name=stream.installed.name,
        home=home,
        ground=use.ground.value,
        view=view.value,
        classes=tuple(classes),
        terms=with_wider(purpose.terms),
        said_terms=purpose.terms if term_of(purpose.purpose) is None else (),
        stream="" if home else print_id("st", stream.installed.stream),
        senses="" if declared is None else declared.senses,
        property="" if declared is None else declared.property,
        sector=sector or "",
        special=NOT_SPECIAL if special is None else special.category,
        place="" if home else stream.place,
        essential=purpose.essential,
        kept_days=purpose.retention_days,
        recipients=purpose.recipients,
        rows=view.is_rows,
    )
