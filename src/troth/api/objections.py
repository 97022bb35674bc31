"""The JSON interface of people who object: what they may object to, and saying it.

Rules
- Objecting and taking it back are the same request with another word, and no reason is asked.
- The answer comes after the barrier: nothing leaves any more that an objection took away.

Source: docs/reference/api.md.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import ChoiceSaid
from troth.api.callers import Callers, created, form, resource, shown
from troth.errors import NotFound
from troth.journeys.object import Object, Objectable, Saying
from troth.names import PurposeId, Uri, print_ground
from troth.wire.times import print_time

__all__ = ["ObjectableShown", "Objectables", "ObjectionForm", "objectable_shown", "objection_routes"]

_NS_PER_MS = 1_000_000


class ObjectionForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Object to a use of a stream, or take it back. `words`: why, if you want to say so."""

    datastream: int
    purpose: PurposeId
    say: Saying
    words: Annotated[str, msgspec.Meta(max_length=1_000)] | None = None


class ObjectableShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A use that the person may object to. `names`: what its recipients are called. `grounds`: assertions it rests on.

    `objected`: since when they object.
    """

    datastream: int
    thing: str
    stream: str
    purpose: PurposeId
    what_for: str
    recipients: tuple[Uri, ...]
    names: tuple[str, ...]
    grounds: tuple[str, ...]
    objected: str | None = None


class Objectables(msgspec.Struct, frozen=True):
    """All of them."""

    objectables: tuple[ObjectableShown, ...]


def objection_routes(object_: Object, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def listed(request: Request) -> Response:
        return shown(Objectables(tuple(map(objectable_shown, object_.objectables(callers.person(request))))))

    async def say(request: Request) -> Response:
        person = callers.person(request)
        said = await form(request, ObjectionForm)
        for each in object_.objectables(person):
            if each.stream.number == said.datastream and each.purpose.purpose == said.purpose:
                accepted = await object_.say(
                    person,
                    said.say,
                    purpose=said.purpose,
                    stream=each.stream.stream,
                    made_by="session",
                    words=said.words,
                    visit=callers.visit(request),
                )
                effect_ms = round(accepted.effect_ns / _NS_PER_MS, 3)
                asked = print_time(accepted.asked_ns)
                return created(ChoiceSaid(accepted.statement.hex(), accepted.position, asked, effect_ms))
        raise NotFound("there is no such use that this person may object to")

    return [resource("/api/objections", {"GET": callers.spoken(listed), "POST": callers.spoken(say)})]


def objectable_shown(each: Objectable) -> ObjectableShown:
    """A use that may be objected to as the interface says it."""
    return ObjectableShown(
        datastream=each.stream.number,
        thing=each.thing.body.name,
        stream=each.stream.declared.title,
        purpose=each.purpose.purpose,
        what_for=each.purpose.title,
        recipients=each.purpose.recipients,
        names=each.recipients,
        grounds=tuple(print_ground(ground.body.assertion) for ground in each.grounds),
        objected=None if each.objected_ns is None else print_time(each.objected_ns),
    )
