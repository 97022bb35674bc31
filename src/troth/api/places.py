"""The JSON interface of places: where data are kept and go, and a person's own rules about where they may not go.

Rules
- Where data go is open to anybody: it comes from open statements. Saying where they are kept is the operator's.
- A person reads, makes and ends their own rules, and nobody else's.

Source: gate.md, step 4; mission.md (F5); docs/reference/api.md.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Placed
from troth.api.callers import Callers, created, form, resource, shown
from troth.errors import BadName, NotFound
from troth.journeys.places import Hop, KeptAt, Places, Where
from troth.names import PersonId, PurposeId, check_uri, parse_id, print_id
from troth.statements.keeping import KeepingBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.site import Site
from troth.wire.times import parse_time, print_time

__all__ = [
    "HopShown",
    "PlaceRuleForm",
    "PlaceRules",
    "RuleMade",
    "RuleShown",
    "WhereShown",
    "place_routes",
    "rule_shown",
    "ruled",
]

Codes = Annotated[tuple[str, ...], msgspec.Meta(max_length=64)]
_NS_PER_MS = 1_000_000


class MovingShown(msgspec.Struct, frozen=True):
    """Where they will be, and since when."""

    to: Site
    from_: str = msgspec.field(name="from")


class HopShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who handles data."""

    party: str
    name: str
    does: str
    site: Site | None = None
    moving: MovingShown | None = None


class SentShown(msgspec.Struct, frozen=True):
    """One purpose, and every hop on its way."""

    purpose: str
    what_for: str
    hops: tuple[HopShown, ...]


class StreamSent(msgspec.Struct, frozen=True):
    """Where one stream of a product goes; `places`: outside of these it never goes, empty where nothing is said.

    `stands`: false where nothing of it stands here, or in too few homes to tell.
    """

    product: str
    stream: str
    places: tuple[str, ...]
    sent: tuple[SentShown, ...]
    stands: bool


class ThenKept(msgspec.Struct, frozen=True):
    """Where they will be kept, as it was announced."""

    kept: HopShown
    copies: tuple[HopShown, ...]
    from_: str = msgspec.field(name="from")


class BesideShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who gets something besides. Without `shared_with` it is with too few third parties to tell.

    `authorities`: absent where it is about one's own homes, of which the news tell.
    """

    authorities: int | None = None
    shared_with: int | None = None
    relay: str | None = None
    shares: tuple[HopShown, ...] = ()


class WhereShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where data are kept and go. Without `kept` nobody has said where they are kept; `then`: where they will be."""

    streams: tuple[StreamSent, ...]
    beside: BesideShown
    kept: HopShown | None = None
    copies: tuple[HopShown, ...] = ()
    then: ThenKept | None = None


class PlaceRuleForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule: `within` these places, `not_under` these laws; for some `purposes`, or for all; `to` its end."""

    within: Codes = ()
    not_under: Codes = ()
    purposes: Codes = ()
    to: str | None = None


class RuleShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that holds. `since` it holds; `until` it ends, where it does."""

    rule: str
    since: str
    within: tuple[str, ...] = ()
    not_under: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    until: str | None = None


class PlaceRules(msgspec.Struct, frozen=True):
    """A person's rules."""

    rules: tuple[RuleShown, ...]


class RuleMade(msgspec.Struct, frozen=True):
    """What was said, when, and after how many milliseconds it was in effect."""

    statement: str
    said: str
    effect_ms: float


def place_routes(places: Places, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def where(_: Request) -> Response:
        return shown(_where_shown(places.where()))

    async def mine(request: Request) -> Response:
        return shown(_where_shown(places.where_of(callers.person(request))))

    async def keep(request: Request) -> Response:
        body = await form(request, KeepingBody)
        said = await places.keep(body)
        return created(Placed(said.by, None if said.from_ns is None else print_time(said.from_ns)))

    async def rules(request: Request) -> Response:
        return shown(PlaceRules(tuple(rule_shown(each) for each in places.rules(callers.person(request)))))

    async def rule(request: Request) -> Response:
        person = callers.person(request)
        wanted = await form(request, PlaceRuleForm)
        said = await places.count(ruled(places, person, wanted))
        return created(RuleMade(said.statement.hex(), print_time(said.asked_ns), round(said.effect_ns / _NS_PER_MS, 3)))

    async def end(request: Request) -> Response:
        person = callers.person(request)
        try:
            name = parse_id("pr", str(request.path_params["rule"]))
        except BadName as cause:
            raise NotFound("there is no such rule of yours") from cause
        said = await places.end(person, name, visit=callers.visit(request))
        return created(RuleMade(said.statement.hex(), print_time(said.asked_ns), round(said.effect_ns / _NS_PER_MS, 3)))

    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/where", {"GET": open_(where)}),
        resource("/api/where/mine", {"GET": open_(mine)}),
        resource("/api/keeping", {"POST": op(keep)}),
        resource("/api/place-rules", {"GET": open_(rules), "POST": open_(rule)}),
        resource("/api/place-rules/{rule}/end", {"POST": open_(end)}),
    ]


def ruled(places: Places, person: PersonId, form_: PlaceRuleForm) -> PlaceRuleBody:
    """What a form says for a person, not said yet.

    Raises:
        BadName, BadTime, Conflict, Refused: a purpose or a time that is none, and as `Places.meant`.
    """
    return places.meant(
        person,
        within=form_.within,
        not_under=form_.not_under,
        purposes=tuple(PurposeId(check_uri(each)) for each in form_.purposes),
        to_ns=None if form_.to is None else parse_time(form_.to),
        made_by="session",
    )


def _where_shown(where: Where) -> WhereShown:
    kept, then, beside = where.kept, where.then, where.beside
    return WhereShown(
        streams=tuple(
            StreamSent(
                each.product,
                each.stream,
                each.places,
                tuple(
                    SentShown(one.purpose.purpose, one.purpose.title, tuple(_hop_shown(hop) for hop in one.hops))
                    for one in each.sent
                ),
                each.stands,
            )
            for each in where.streams
        ),
        kept=None if kept is None else _hop_shown(kept.here),
        copies=() if kept is None else tuple(_hop_shown(each) for each in kept.copies),
        then=None if then is None else _then_shown(then),
        beside=BesideShown(
            beside.authorities, beside.shared_with, beside.relay, tuple(_hop_shown(each) for each in beside.shares)
        ),
    )


def _then_shown(then: KeptAt) -> ThenKept:
    copies = tuple(_hop_shown(each) for each in then.copies)
    return ThenKept(_hop_shown(then.here), copies, print_time(then.from_ns or 0))


def _hop_shown(hop: Hop) -> HopShown:
    moving = None if hop.moving is None else MovingShown(hop.moving.to, print_time(hop.moving.from_ns))
    return HopShown(hop.party, hop.name, hop.does, hop.site, moving)


def rule_shown(body: PlaceRuleBody) -> RuleShown:
    """A rule as the interface says it."""
    until = None if body.to_ns is None else print_time(body.to_ns)
    return RuleShown(
        print_id("pr", body.rule), print_time(body.from_ns), body.within, body.not_under, body.purposes, until
    )
