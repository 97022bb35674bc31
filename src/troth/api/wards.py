"""The JSON interface of what a guardian does for a child beside choosing, and of what the child says to that.

Rules
- Everything here is a guardian's about a child of theirs, in their own session; the last one is the child's about itself.
- Each is asked as a person asks it of themself, with the child named.

Source: people.md, "Accounts"; docs/decisions/0077; docs/reference/api.md.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import ChoiceSaid, Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.erasures import preview_shown
from troth.api.export import archive_response, export_shown
from troth.api.exported import Everything
from troth.api.forms import ErasureForm, digest_of
from troth.api.places import PlaceRuleForm, RuleMade, rule_shown
from troth.api.private import home_shown, wanted_of
from troth.api.private_forms import PrivateForm, PrivateMade
from troth.api.ward_forms import ChildFound, ErasureAsked, WishForm, wish_shown
from troth.errors import BadName, NotFound
from troth.journeys.accept import Accepted
from troth.journeys.exports import Exports
from troth.journeys.privately import private_named
from troth.journeys.wards import Wards, child_asker
from troth.names import PersonId, PurposeId, StreamId, check_uri, parse_id, print_person
from troth.wire.times import parse_time, print_time

__all__ = ["ward_routes"]

NS_PER_MS: Final = 1_000_000


def ward_routes(
    wards: Wards,
    exports: Exports,
    everything: Everything,
    *,
    callers: Callers,
    now: Callable[[], int],
    stream_of: Callable[[int], StreamId | None],
    number_of: Callable[[StreamId], int | None],
) -> list[Route]:
    """All routes of this module. `now`: ns UTC; the other two turn Datastream numbers into streams and back."""
    said = _Wards(wards, exports, everything, callers=callers, now=now, stream_of=stream_of, number_of=number_of)
    spoken, child_ = callers.spoken, "/api/children/{child}"
    return [
        resource(child_, {"GET": spoken(said.look)}),
        resource(f"{child_}/private", {"POST": spoken(said.private)}),
        resource(f"{child_}/private/{{restriction}}/end", {"POST": spoken(said.private_end)}),
        resource(f"{child_}/place-rules", {"POST": spoken(said.rule)}),
        resource(f"{child_}/place-rules/{{rule}}/end", {"POST": spoken(said.rule_end)}),
        resource(
            f"{child_}/export", {"GET": spoken(said.seen), "POST": spoken(said.take), "DELETE": spoken(said.leave)}
        ),
        resource(f"{child_}/export/archive", {"GET": spoken(said.archive)}),
        resource(f"{child_}/erasure", {"GET": spoken(said.preview), "POST": spoken(said.erase)}),
        resource(f"{child_}/wishes", {"POST": spoken(said.refuse)}),
        resource("/api/wishes", {"POST": spoken(said.own)}),
    ]


class _Wards:
    def __init__(
        self,
        wards: Wards,
        exports: Exports,
        everything: Everything,
        *,
        callers: Callers,
        now: Callable[[], int],
        stream_of: Callable[[int], StreamId | None],
        number_of: Callable[[StreamId], int | None],
    ) -> None:
        self._wards = wards
        self._exports = exports
        self._everything = everything
        self._callers = callers
        self._now = now
        self._stream_of = stream_of
        self._number_of = number_of

    async def look(self, request: Request) -> Response:
        found = self._wards.look(self._callers.person(request), _child(request))
        return shown(
            ChildFound(
                print_person(found.child),
                found.name,
                tuple(home_shown(each, self._number_of) for each in found.homes),
                tuple(map(rule_shown, found.rules)),
                tuple(map(wish_shown, found.wishes)),
                None if found.preview is None else preview_shown(found.preview, self._number_of),
            )
        )

    async def private(self, request: Request) -> Response:
        guardian = self._callers.person(request)
        wanted = wanted_of(await form(request, PrivateForm), now=self._now, stream_of=self._stream_of)
        name, said = await self._wards.private(guardian, _child(request), wanted, visit=self._callers.visit(request))
        return created(PrivateMade(name.hex(), _ms(said)))

    async def private_end(self, request: Request) -> Response:
        guardian, name = self._callers.person(request), request.path_params["restriction"]
        child = _child(request)
        await self._wards.private_no_more(guardian, child, private_named(name), visit=self._callers.visit(request))
        return created(Done(name))

    async def rule(self, request: Request) -> Response:
        guardian = self._callers.person(request)
        asked = await form(request, PlaceRuleForm)
        said = await self._wards.rule(
            guardian,
            _child(request),
            within=asked.within,
            not_under=asked.not_under,
            purposes=tuple(PurposeId(check_uri(each)) for each in asked.purposes),
            to_ns=None if asked.to is None else parse_time(asked.to),
            visit=self._callers.visit(request),
        )
        return created(_ruled(said))

    async def rule_end(self, request: Request) -> Response:
        guardian = self._callers.person(request)
        try:
            name = parse_id("pr", request.path_params["rule"])
        except BadName as cause:
            raise NotFound("there is no such rule of yours") from cause
        return created(
            _ruled(await self._wards.rule_no_more(guardian, _child(request), name, visit=self._callers.visit(request)))
        )

    async def seen(self, request: Request) -> Response:
        return shown(export_shown(self._wards.taken(self._callers.person(request), _child(request))))

    async def take(self, request: Request) -> Response:
        guardian, child = self._callers.person(request), _child(request)
        fill = partial(self._everything.of_child, child_asker(child), child, by=guardian)
        return created(
            export_shown(await self._wards.take_along(guardian, child, fill, visit=self._callers.visit(request)))
        )

    async def leave(self, request: Request) -> Response:
        self._wards.leave_behind(self._callers.person(request), _child(request))
        return Response(status_code=204)

    async def archive(self, request: Request) -> Response:
        guardian, child = self._callers.person(request), _child(request)
        self._wards.taken(guardian, child)
        return archive_response(
            self._exports, request, child_asker(child), still=self._callers.still(request), by=guardian
        )

    async def preview(self, request: Request) -> Response:
        return shown(
            preview_shown(self._wards.preview(self._callers.person(request), _child(request)), self._number_of)
        )

    async def erase(self, request: Request) -> Response:
        guardian, child = self._callers.person(request), _child(request)
        digest = digest_of((await form(request, ErasureForm)).digest)
        said, erased = await self._wards.erase(guardian, child, digest, visit=self._callers.visit(request))
        return created(ErasureAsked(erased, said.statement.hex(), print_time(said.asked_ns)))

    async def refuse(self, request: Request) -> Response:
        guardian, child = self._callers.person(request), _child(request)
        asked = await form(request, WishForm)
        said = await self._wards.says(
            child, asked.wish, asked.decision, by=guardian, visit=self._callers.visit(request)
        )
        return created(_said(said))

    async def own(self, request: Request) -> Response:
        child = self._callers.person(request)
        asked = await form(request, WishForm)
        return created(
            _said(await self._wards.says(child, asked.wish, asked.decision, visit=self._callers.visit(request)))
        )


def _child(request: Request) -> PersonId:
    return PersonId(parse_id("pe", request.path_params["child"]))


def _said(accepted: Accepted) -> ChoiceSaid:
    return ChoiceSaid(accepted.statement.hex(), accepted.position, print_time(accepted.asked_ns), _ms(accepted))


def _ruled(accepted: Accepted) -> RuleMade:
    return RuleMade(accepted.statement.hex(), print_time(accepted.asked_ns), _ms(accepted))


def _ms(accepted: Accepted) -> float:
    return round(accepted.effect_ns / NS_PER_MS, 3)
