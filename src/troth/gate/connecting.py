"""*connect*: whether a thing joins here, asked after its sheet was shown; and what that sheet says now. Pure.

Rules
- 1 known: the product and who answers are registered here, who answers was reached (for the thing, and for a gateway that may
  speak for it), and the asker is whoever runs the place,
  or a firm that is invited to this place, or an owner of the home that the thing is to be in, now.
- 2 declared: the passport and a disclosure in force cover every stream, the sheet that was shown is what holds now, and
  nothing that is declared of any stream crosses a red line.
- 3 grounded: of every stream some declared use can have a ground there. *own* and *choice* need a home, *nobody* needs the
  maker's statement and a public place, in which nothing essential rests on *objectable*; whether a ground holds is asked again
  for every observation and every reader.
- 4 to 6 as for collecting: of every stream, one use that can have a ground passes them. 7 is about acting.

Source: gate.md.
Left out in this version: destinations other than this node.
"""

from collections.abc import Mapping

from troth.gate.declared import ids_of, product_in
from troth.gate.invited import not_invited
from troth.gate.lines import barring, next_turn
from troth.gate.permitted import permitted
from troth.gate.placed import placed
from troth.gate.question import (
    ANYONE,
    OWN_PURPOSE,
    Action,
    Answer,
    Asker,
    Code,
    Connecting,
    Ground,
    Question,
    Reason,
    Standing,
    Step,
    Verdict,
)
from troth.gate.small_groups import uncountable
from troth.gate.use import Use
from troth.names import HouseholdId, StatementId, Uri
from troth.state.belonging import OWNER
from troth.state.in_force import Reading
from troth.state.scopes import PlaceScope, ProductScope, StandingLine, StreamScope, party_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.statements.installation import InstallationBody, InstalledStream
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.sheet import Sheet, sheet_of
from troth.things.observations import Variant

__all__ = ["connected", "sheet_now"]

_AT_HOME = frozenset({Ground.OWN.value, Ground.CHOICE.value})


def connected(asked: Connecting, reading: Reading) -> Answer:
    """Whether this thing joins: the first step that fails, or allow."""
    body = asked.installation
    product = product_in(body.product, body.household, reading)
    lines = reading.deployment().lines
    failed = _known(asked, product, reading) or _declared(asked, product, lines, reading)
    failed = failed or _used(asked, product, reading)
    if failed is not None:
        return Answer(Verdict.DENY, (failed,), named=asked.standing is not Standing.OTHER)
    base = tuple(sorted(ids_of(product)))
    passed = Reason(Step.NARROWED, None, base, Ground.OWN)
    return Answer(Verdict.ALLOW, (passed,), until_ns=next_turn(lines, asked.at_ns), rests_on=base, named=True)


def sheet_now(body: InstallationBody, reading: Reading, *, at_ns: int) -> Sheet:
    """What would be shown of a thing now, from what is in force."""
    product = product_in(body.product, body.household, reading)
    lines = reading.deployment().lines
    crossed = _crossed(body, product, lines, at_ns=at_ns)
    return sheet_of(
        body,
        product.passport,
        product.disclosure,
        parties=_names(body, product, reading),
        never={name: tuple(each.body.never for each in found) for name, found in crossed.items()},
    )


def _known(asked: Connecting, product: ProductScope, reading: Reading) -> Reason | None:
    weak = _too_weak(asked, reading)
    if weak is not None:
        return weak
    answering = reading.party(party_scope(asked.installation.answers.organisation))
    if product.passport is None or answering is None:
        return Reason(Step.KNOWN, Code.UNKNOWN)
    if answering.reach_by_ns <= asked.at_ns:
        return Reason(Step.KNOWN, Code.UNANSWERED, (answering.statement,))
    gateway = asked.installation.gateway
    if gateway is None:
        return None
    handing = reading.party(party_scope(gateway.organisation))
    if handing is None:
        return Reason(Step.KNOWN, Code.UNKNOWN)
    return Reason(Step.KNOWN, Code.UNANSWERED, (handing.statement,)) if handing.reach_by_ns <= asked.at_ns else None


def _too_weak(asked: Connecting, reading: Reading) -> Reason | None:
    """Why whoever asks may not, whatever it is; None where they may."""
    if asked.standing is Standing.INSTALLER:
        return not_invited(asked, reading)
    allowed = asked.standing is Standing.OPERATOR or _owns(asked, reading)
    return None if allowed else Reason(Step.KNOWN, Code.TOO_WEAK)


def _owns(asked: Connecting, reading: Reading) -> bool:
    """Whether a person asks about a home of which they are an owner now."""
    home = asked.installation.household
    if asked.standing is not Standing.HOUSEMATE or asked.by is None or home is None:
        return False
    members = reading.place_of(home).members
    return any(each.person == asked.by and each.role == OWNER and each.here(asked.at_ns) for each in members)


def _declared(
    asked: Connecting, product: ProductScope, lines: tuple[StandingLine, ...], reading: Reading
) -> Reason | None:
    body = asked.installation
    names = {each.name for each in body.streams}
    if not names or not names <= (_passport(product).keys() & _disclosed(product).keys()):
        return Reason(Step.DECLARED, Code.UNDECLARED, ids_of(product))
    crossed = _crossed(body, product, lines, at_ns=asked.at_ns)
    if crossed:
        ids: set[StatementId] = {each.statement for found in crossed.values() for each in found}
        return Reason(Step.DECLARED, Code.RED_LINE, tuple(sorted(ids)))
    if body.sheet != sheet_now(body, reading, at_ns=asked.at_ns).digest:
        return Reason(Step.DECLARED, Code.NOT_SHOWN, ids_of(product))
    return None


def _used(asked: Connecting, product: ProductScope, reading: Reading) -> Reason | None:
    """Steps 3 to 6: some use of every stream passes them, or the reason of the last that was tried."""
    body = asked.installation
    passport, disclosed = _passport(product), _disclosed(product)
    home = PlaceScope() if body.household is None else reading.place_of(body.household)
    members, workplace = home.members, home.workplace
    concerned = [each.person for each in members if each.from_ns <= asked.at_ns < each.to_ns]
    for each in body.streams:
        declared = disclosed[each.name]
        failed: Reason | None = Reason(Step.GROUNDED, Code.NO_GROUND, ids_of(product))
        for purpose in declared.purposes:
            ground = _can_hold(purpose, passport[each.name], body.household, workplace=workplace)
            if ground is None:
                continue
            use = Use(_collecting(each, asked), _stream(each, asked), product, declared, purpose, ground)
            failed = placed(use, reading, concerned=concerned).failed or _permitted(use, reading) or uncountable(use)
            if failed is None:
                break
        if failed is not None:
            return failed
    return None


def _permitted(use: Use, reading: Reading) -> Reason | None:
    """Step 5 of joining, and of what is collected then: in one view at least, which is all that collecting needs."""
    failed = None
    for disclosed in use.purpose.variants:
        view = Variant.named(disclosed.variant)
        if view is None or disclosed.ground != use.ground:
            continue
        for action in (Action.CONNECT, Action.COLLECT):
            failed = permitted(use, view, reading, action=action).failed
            if failed is not None:
                break
        else:
            return None
    return failed


def _can_hold(
    purpose: DisclosedPurpose, declared: PassportStream, household: HouseholdId | None, *, workplace: bool
) -> Ground | None:
    """A ground that this purpose can have there, or None."""
    for view in purpose.variants:
        if view.ground in _AT_HOME:
            held = household is not None and not (workplace and view.ground == Ground.OWN)
        elif view.ground == Ground.NOBODY:
            held = household is None and declared.concerns_nobody
        elif view.ground == Ground.OBJECTABLE:
            held = household is not None or not purpose.essential
        else:
            held = True
        if held:
            return Ground.named(view.ground)
    return None


def _collecting(installed: InstalledStream, asked: Connecting) -> Question:
    """What would be asked of a stream once it is there."""
    answers = asked.installation.answers.organisation
    return Question(Action.COLLECT, installed.stream, Asker(answers, "things", OWN_PURPOSE), asked.at_ns)


def _stream(installed: InstalledStream, asked: Connecting) -> StreamScope:
    """What would be in force of a stream once it is there."""
    body = asked.installation
    return StreamScope(
        body.thing,
        body.product,
        body.household,
        body.answers.organisation,
        body.from_ns,
        installed,
        StatementId(b""),
        gateway=None if body.gateway is None else body.gateway.organisation,
    )


def _crossed(
    body: InstallationBody, product: ProductScope, lines: tuple[StandingLine, ...], *, at_ns: int
) -> Mapping[str, tuple[StandingLine, ...]]:
    """The lines in force that something declared of a stream crosses, by the stream's name."""
    if not lines:
        return {}
    passport, disclosed = _passport(product), _disclosed(product)
    found: dict[str, tuple[StandingLine, ...]] = {}
    for each in body.streams:
        known, said = passport.get(each.name), disclosed.get(each.name)
        if known is None or said is None:
            continue
        met = {line.line: line for use in said.purposes for line in barring(lines, known, purpose=use, at_ns=at_ns)}
        if met:
            found[each.name] = tuple(met.values())
    return found


def _names(body: InstallationBody, product: ProductScope, reading: Reading) -> dict[Uri, str]:
    """Names of everybody whom the sheet names."""
    asked = {body.answers.organisation, *((product.passport.maker,) if product.passport else ())}
    asked |= {each.contract.by for each in body.streams if each.contract is not None and each.contract.by is not None}
    asked |= set() if body.gateway is None else {body.gateway.organisation}
    for each in _disclosed(product).values():
        for use in each.purposes:
            asked |= {*use.recipients, *(hop.organisation for hop in use.processors)}
    found = {ANYONE: "anybody"}
    for uri in asked:
        party = reading.party(party_scope(uri))
        if party is not None:
            found[uri] = party.name
    return found


def _passport(product: ProductScope) -> dict[str, PassportStream]:
    passport: PassportBody | None = product.passport
    return {} if passport is None else {each.name: each for each in passport.streams}


def _disclosed(product: ProductScope) -> dict[str, DisclosedStream]:
    return {} if product.disclosure is None else {each.name: each for each in product.disclosure.streams}
