"""Step 4 *placed*: where the data would go, hop by hop, is permitted by disclosure and person. Pure.

Rules
- The hops of collecting are where this deployment keeps what it stores, its copies, and the purpose's processors; those of
  reading are the processors and the recipient. Somebody who reads their own is no hop.
- Each hop is a registered organisation; one that is not stops the flow, rule or no rule. So does a gateway of an organisation
  that does not answer for the stream and that the purpose does not name as a processor.
- Where a rule holds, each hop must have said where it is. A rule of the disclosure names places; one of a person concerned
  names places outside of which nothing goes, and laws that may not reach it. Each of them must be met.
- Somebody who said before that they will be elsewhere is there from that moment on, and not before.
- What a guardian rules for a child counts while they speak for it, beside what the child rules itself.

Source: gate.md; mission.md (S15 to S17, F5); docs/decisions/0077.
Left out: hops that nobody declares; what a recipient does with what it got.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from troth.gate.declared import ids_of
from troth.gate.question import ANYONE, Action, Code, Reason, Step
from troth.gate.use import Use
from troth.names import PersonId, StatementId, Uri
from troth.state.in_force import Reading
from troth.state.kept import kept_at
from troth.state.scopes import PersonScope, StandingPlaceRule, party_scope
from troth.statements.site import Site, lies_within, reached_by, site_at
from troth.things.intervals import FOREVER

__all__ = ["Passage", "placed"]


class Passage(msgspec.Struct, frozen=True):
    """Why not (None where it may go), what that rests on, and the first moment after now at which a rule begins or ends."""

    failed: Reason | None = None
    rests_on: tuple[StatementId, ...] = ()
    until_ns: int = FOREVER


_FREE: Final = Passage()


def placed(use: Use, reading: Reading, *, concerned: Sequence[PersonId]) -> Passage:
    """Whether the data may go where they would go. `concerned`: whose rules about places count."""
    at_ns = use.question.at_ns
    if _unnamed(use):
        return Passage(Reason(Step.PLACED, Code.PLACE, (use.stream.statement, *ids_of(use.product)), use.ground))
    if not use.declared.places and not use.purpose.processors:
        for person in concerned:
            if reading.person_of(person).place_rules:
                break
        else:
            return _FREE
    said = [(rule, end) for person in concerned for rule, end in _said(reading.person_of(person))]
    about = [each for each in said if not each[0].body.purposes or use.purpose.purpose in each[0].body.purposes]
    rules = [rule for rule, end_ns in about if rule.body.from_ns <= at_ns < end_ns]
    turns = [turn for rule, end_ns in about for turn in (rule.body.from_ns, end_ns) if turn > at_ns]
    if not rules and not use.declared.places and not use.purpose.processors:
        return Passage(until_ns=min(turns)) if turns else _FREE
    hops = list(_hops(use, reading))
    until_ns = min((*turns, *(hop.until_ns for hop in hops)), default=FOREVER)
    if any(not hop.known for hop in hops):
        return Passage(Reason(Step.PLACED, Code.PLACE, ids_of(use.product), use.ground), (), until_ns)
    sites = [hop.site for hop in hops]
    if use.declared.places and not all(
        site is not None and lies_within(site.country, use.declared.places, at_ns=at_ns) for site in sites
    ):
        return Passage(Reason(Step.PLACED, Code.PLACE, ids_of(use.product), use.ground), (), until_ns)
    broken = tuple(each.statement for each in rules if not _met(each, sites, at_ns=at_ns))
    failed = Reason(Step.PLACED, Code.PLACE, broken, use.ground) if broken else None
    return Passage(failed, tuple(each.statement for each in rules), until_ns)


def _unnamed(use: Use) -> bool:
    """Whether it would be handed on by somebody whom nobody has declared."""
    gateway = use.stream.gateway
    if gateway is None or gateway == use.stream.answers or use.question.action is not Action.COLLECT:
        return False
    return all(each.organisation != gateway for each in use.purpose.processors)


class _Hop(NamedTuple):
    """Whether the organisation there is known, where it is, if it has said so, and until when."""

    known: bool
    site: Site | None
    until_ns: int = FOREVER


def _hops(use: Use, reading: Reading) -> Iterable[_Hop]:
    """Each hop on the way."""
    at_ns = use.question.at_ns
    if use.question.action is Action.COLLECT:
        deployment = reading.deployment()
        keeping = kept_at(deployment.keeping, deployment.moving, at_ns=at_ns)
        next_ns = FOREVER if deployment.moving is None else deployment.moving.body.from_ns or FOREVER
        until_ns = next_ns if next_ns > at_ns else FOREVER
        if keeping is None:
            yield _Hop(known=True, site=None, until_ns=until_ns)
        else:
            yield from (_Hop(_known(by, reading), site, until_ns) for by, site in keeping.body.hops)
    for hop in use.purpose.processors:
        yield _Hop(_known(hop.organisation, reading), hop.site)
    asker = use.question.asker
    if use.question.action is Action.READ and asker.person is None:
        party = None if asker.party == ANYONE else reading.party(party_scope(asker.party))
        if party is None:
            yield _Hop(known=True, site=None)
        else:
            moves_ns = FOREVER if party.moving is None else party.moving.from_ns
            site = site_at(party.site, party.moving, at_ns=at_ns)
            yield _Hop(known=True, site=site, until_ns=moves_ns if moves_ns > at_ns else FOREVER)


def _known(party: Uri, reading: Reading) -> bool:
    return reading.party(party_scope(party)) is not None


def _met(rule: StandingPlaceRule, sites: Sequence[Site | None], *, at_ns: int) -> bool:
    body = rule.body
    return all(
        site is not None
        and (not body.within or lies_within(site.country, body.within, at_ns=at_ns))
        and not (body.not_under and reached_by(site, body.not_under, at_ns=at_ns))
        for site in sites
    )


def _said(person: PersonScope) -> Iterable[tuple[StandingPlaceRule, int]]:
    """What somebody rules, or what is ruled for them, and until when that counts."""
    held = person.guardianship
    for each in person.place_rules:
        end_ns = FOREVER if each.body.to_ns is None else each.body.to_ns
        if each.body.by is None or held is None:
            yield each, end_ns
        elif each.body.by in held.body.guardians:
            yield each, min(end_ns, held.body.own_ns)
