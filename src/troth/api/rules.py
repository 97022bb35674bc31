"""The JSON interface of the rules of a place: reading them, looking at others, putting those in force.

Rules
- Anybody may read the rules in force and what they may speak of. Looking and putting in force is the operator's, and takes two
  steps.

Source: docs/reference/api.md.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import digest_of
from troth.api.ruled import (
    ForceForm,
    InForceShown,
    LookForm,
    LookShown,
    RulesShown,
    SchemaShown,
    ShorterShown,
    UseShown,
    WrongShown,
)
from troth.journeys.policies import Finding, Looked, Policies
from troth.journeys.try_rules import Shorter, TriedUse
from troth.wire.times import print_time

__all__ = ["rule_routes"]

_NS = 1_000_000_000


def rule_routes(policies: Policies, *, callers: Callers) -> list[Route]:
    """All routes of this module."""
    said = _Rules(policies)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/rules", {"GET": open_(said.now), "POST": op(said.put_in_force)}),
        resource("/api/rules/look", {"POST": op(said.look)}),
        resource("/api/rules/schema", {"GET": open_(said.schema)}),
    ]


class _Rules:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    async def now(self, _request: Request) -> Response:
        found = self._policies.now()
        return shown(
            RulesShown(
                found.version,
                found.rules,
                found.text,
                found.because or None,
                None if found.statement is None else print_time(found.said_s * _NS),
                None if found.statement is None else found.statement.hex(),
                _wrong(await self._policies.wrong_now()),
            )
        )

    async def look(self, request: Request) -> Response:
        body = await form(request, LookForm)
        return shown(_looked(await self._policies.look(body.text)))

    async def put_in_force(self, request: Request) -> Response:
        body = await form(request, ForceForm)
        version = await self._policies.put_in_force(
            body.text, body.because, look=digest_of(body.look), even_essential=body.even_essential
        )
        return created(InForceShown(version))

    async def schema(self, _request: Request) -> Response:
        return shown(SchemaShown(self._policies.schema))


def _looked(looked: Looked) -> LookShown:
    tried = looked.tried
    wrong = _wrong(looked.findings)
    if tried is None or looked.look is None:
        return LookShown(looked.version, looked.rules, wrong)
    return LookShown(
        looked.version,
        looked.rules,
        wrong,
        look=looked.look.hex(),
        asked=tried.asked,
        declared=tried.declared,
        shareable=tried.shareable,
        more_shareable=tried.more_shareable,
        changes=tuple(map(_use, tried.changed)),
        more=tried.more,
        shorter=tuple(map(_shorter, tried.shorter)),
        idle=tuple(each.id for each in tried.idle),
        timed=tuple(each.id for each in tried.timed),
        stops_essential=tried.stops_essential,
    )


def _wrong(findings: Sequence[Finding]) -> tuple[WrongShown, ...]:
    return tuple(WrongShown(each.rule, each.wrong) for each in findings)


def _use(tried: TriedUse) -> UseShown:
    facts = tried.facts
    return UseShown(
        action=facts.action.value,
        party=tried.party,
        what_for=tried.what_for,
        product=tried.product,
        stream=tried.stream,
        view=facts.view,
        ground=facts.ground,
        stopped=tried.stopped,
        rules=tried.rules,
        asked=tried.asked,
        could=tried.could,
        home=facts.home,
        place=facts.place,
        app=facts.app,
        essential=tried.essential,
        function=tried.function,
    )


def _shorter(each: Shorter) -> ShorterShown:
    return ShorterShown(each.product, each.stream, each.before, each.after, each.home, each.place)
