"""Step 3, before any ground is looked at: does a stream of this kind accept it at all? And the same when it is written. Pure.

Rules
- What a stream of a special category or a sector does not accept is no ground, whatever is disclosed (`rules/sensitivity`).
- What is a home's own equipment is collected on choice, contract, own and urgent only.
- Both are refused when they are written, under a name, whoever writes them: nobody declares what the gate will never allow.
  So is an essential function that depends on a choice.

Source: gate.md, "Eight grounds"; docs/decisions/0050-a-ground-is-asserted.md.
"""

from troth.errors import GroundNotAccepted, UnknownLaw
from troth.gate.question import Action, Ground
from troth.gate.rules.sensitivity import OWN_EQUIPMENT, Special, accepted, lifts, special_of
from troth.state.scopes import ProductScope, StreamScope
from troth.statements.disclosure import DisclosureBody
from troth.statements.ground import Asserted, GroundBody
from troth.statements.passport import PassportBody, PassportStream

__all__ = ["accepts", "check_accepted", "check_condition", "special_in"]


def accepts(ground: Ground, stream: StreamScope, product: ProductScope, *, action: Action) -> bool:
    """Whether this stream may rest on this ground for this action."""
    if action is Action.COLLECT and stream.own_equipment and ground not in OWN_EQUIPMENT:
        return False
    passport = product.passport
    sector = None if passport is None else passport.sector
    return ground in accepted(_declared(passport, stream.installed.name), sector)


def special_in(product: ProductScope, name: str) -> Special | None:
    """Of which special category the product's stream of this name is, or None."""
    passport = product.passport
    return None if passport is None else special_of(_declared(passport, name), passport.sector)


def check_accepted(body: DisclosureBody, passport: PassportBody | None) -> None:
    """Return if every view of a disclosure rests on a ground that its stream accepts, and nothing essential on choice.

    Raises:
        GroundNotAccepted: one does not.
    """
    sector = None if passport is None else passport.sector
    for stream in body.streams:
        allowed = accepted(_declared(passport, stream.name), sector)
        views = ((each, Ground.named(view.ground)) for each in stream.purposes for view in each.variants)
        for purpose, ground in views:
            if purpose.essential and ground is Ground.CHOICE:
                raise GroundNotAccepted("an essential function may not depend on a choice")
            if ground is not None and ground not in allowed:
                raise GroundNotAccepted(
                    f"what {stream.name} senses is not kept or given on the ground {ground}",
                    hint=f"It accepts {', '.join(sorted(allowed))}.",
                )


def check_condition(body: GroundBody, passport: PassportBody | None) -> None:
    """Return if an assertion names a condition where one of its streams needs one, and one that fits where it names any.

    Raises:
        GroundNotAccepted: a stream is of a special category, and no condition lifts the prohibition.
        UnknownLaw: the condition is none of the dated list, for this ground.
    """
    ground = Asserted(body.ground)
    if body.condition is not None and not lifts(body.condition, ground):
        raise UnknownLaw("this condition is not in the list of this program, for this ground")
    streams = () if passport is None else passport.streams
    about = [each for each in streams if not body.streams or each.name in body.streams]
    sector = None if passport is None else passport.sector
    for each in about:
        if special_of(each, sector) is not None and (
            body.condition is None or Ground(ground.value) not in accepted(each, sector)
        ):
            raise GroundNotAccepted(
                f"what {each.name} senses is especially protected: this ground needs a condition that lifts that",
                hint="Name one: 9(2)(b) for settled or required, 9(2)(c) for urgent, 9(2)(g) to (i) for required.",
            )


def _declared(passport: PassportBody | None, name: str) -> PassportStream | None:
    return None if passport is None else passport.by_name.get(name)
