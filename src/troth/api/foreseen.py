"""The JSON interface of what would follow: asked before a choice or a rule is made, and nothing is said by asking.

Source: people.md, "Rules" (the consequence is shown before the choice); docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, form, resource, shown
from troth.api.choices import chosen
from troth.api.forms import ChoiceForm
from troth.api.places import PlaceRuleForm, ruled
from troth.journeys.choose import Choose
from troth.journeys.foresee import Changed, Foresee, Past
from troth.journeys.places import Places
from troth.statements.kinds import KindName
from troth.things.variants import Variant
from troth.wire.times import print_time

__all__ = ["ChangeShown", "Foreseen", "PastShown", "foreseen_routes"]


class ChangeShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would be otherwise. Without `party`: whether it is kept. `before` and `after`: the view, absent for nothing."""

    thing: str
    stream: str
    party: str | None = None
    what_for: str | None = None
    before: str | None = None
    after: str | None = None


class PastShown(msgspec.Struct, frozen=True):
    """Of `readings` by others since `since`, how many would not have happened, and how many would have been coarser."""

    readings: int
    stopped: int
    coarser: int
    since: str


class Foreseen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would follow."""

    changes: tuple[ChangeShown, ...]
    past: PastShown | None = None


def foreseen_routes(choose: Choose, places: Places, foresee: Foresee, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def choice(request: Request) -> Response:
        person = callers.person(request)
        body = chosen(choose, person, await form(request, ChoiceForm))
        changes = await foresee.changes(person, KindName.CHOICE, body)
        past = await foresee.past(callers.known(request).asker, KindName.CHOICE, body)
        return shown(Foreseen(_changes(changes), _past(past)))

    async def rule(request: Request) -> Response:
        person = callers.person(request)
        body = ruled(places, person, await form(request, PlaceRuleForm))
        return shown(Foreseen(_changes(await foresee.changes(person, KindName.PLACE_RULE, body))))

    open_ = callers.spoken
    return [
        resource("/api/choices/foreseen", {"POST": open_(choice)}),
        resource("/api/place-rules/foreseen", {"POST": open_(rule)}),
    ]


def _changes(changes: tuple[Changed, ...]) -> tuple[ChangeShown, ...]:
    return tuple(
        ChangeShown(each.thing, each.stream, each.party, each.purpose, _text(each.before), _text(each.after))
        for each in changes
    )


def _text(view: Variant | None) -> str | None:
    return None if view is None else view.value


def _past(past: Past) -> PastShown:
    return PastShown(past.readings, past.stopped, past.coarser, print_time(past.since_ns))
