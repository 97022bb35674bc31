"""The JSON interface by which a thing is looked at and connected, with everything that it needs, in one request said twice.

Rules
- Everything here is the operator's. Said without `sheet`, the sheet is answered (200) and nothing is registered; said again
  with its digest, the thing joins (201). Where the sheet would be another one by now, nothing is registered.
- A body is JSON (the form), or a maker's description; then the words that no description says stand in the query.
- A thing that a description names stands once: confirmed again, it is there (200).
- A description is read and checked away from the loop, because a hostile one takes most of a second.

Source: things.md, "A thing joins"; gate.md (connect); W3C WoT Thing Description 1.1 §10 (media types); docs/reference/api.md.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.descriptions import Away, description_in, is_description
from troth.api.forms import shown_of
from troth.api.joining_forms import JoiningForm, There, sheet_shown, words_in
from troth.api.operate import Addresses, thing_made
from troth.errors.malformed import Fault
from troth.journeys.connect import Connect, Stands
from troth.journeys.simple import Joining, with_description

__all__ = ["joining_routes"]


def joining_routes(connect: Connect, away: Away, *, callers: Callers, addresses: Addresses) -> list[Route]:
    """All routes of this module, to be put below the root of the interface."""
    door = _Door(connect, away, callers=callers, addresses=addresses)
    return [resource("/api/joinings", {"POST": callers.operated(door.said)}, query=None)]


class _Door:
    def __init__(self, connect: Connect, away: Away, *, callers: Callers, addresses: Addresses) -> None:
        self._connect = connect
        self._away = away
        self._callers = callers
        self._at = addresses

    async def said(self, request: Request) -> Response:
        left: tuple[Fault, ...] = ()
        notes: tuple[Fault, ...] = ()
        if is_description(request):
            query = words_in(request.query_params)
            words = query.words(self._connect.operator)
            found = await description_in(request, self._away)
            whole, sheet, left, notes = (
                self._connect.simple(with_description(words, found)),
                query.sheet,
                found.left,
                found.notes,
            )
        else:
            asked = await form(request, JoiningForm)
            whole, sheet = asked.joining(), asked.sheet
        return await self._answered(request, whole, shown_of(sheet), left=left, notes=notes)

    async def _answered(
        self,
        request: Request,
        whole: Joining,
        digest: bytes | None,
        *,
        left: tuple[Fault, ...],
        notes: tuple[Fault, ...],
    ) -> Response:
        standing = self._callers.known(request).standing
        if digest is None:
            looked = self._connect.look(whole, standing=standing)
            return shown(
                There(looked.slug) if isinstance(looked, Stands) else sheet_shown(looked, left=left, notes=notes)
            )
        joined = await self._connect.connect(whole, shown=digest, standing=standing)
        return shown(There(joined.slug)) if isinstance(joined, Stands) else created(thing_made(joined, self._at))
