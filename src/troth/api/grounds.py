"""The JSON interface of grounds that are asserted: reading, saying, looking again, ending; and the list of laws.

Rules
- Open ones anybody may read; with a person's session those of their home too, with the operator's token all. Saying one is the
  operator's. What was ordered is read beside them, by the same people.

Source: docs/reference/api.md.
"""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.grounded import (
    CitationForm,
    GroundEnds,
    GroundForm,
    GroundSaid,
    GroundShown,
    GroundsShown,
    LawShown,
    LawsShown,
    OrderedShown,
    ReviewForm,
    ground_of,
)
from troth.api.pledged import EndForm
from troth.journeys.contracts import Contracts, OrderedStream
from troth.journeys.grounds import AssertedGround, Grounds, Law
from troth.names import print_ground, print_household
from troth.wire.times import print_time

__all__ = ["ORDERED_MAX", "ground_routes", "grounds_shown"]

ORDERED_MAX: Final = 1_000  # contracts of one answer to whoever runs the place


def ground_routes(grounds: Grounds, contracts: Contracts, *, callers: Callers) -> list[Route]:
    """All routes of this module."""
    said = _Said(grounds, contracts, callers)
    op, open_ = callers.operated, callers.spoken
    return [
        resource("/api/grounds", {"GET": open_(said.listed), "POST": op(said.say)}),
        resource("/api/grounds/{ground}/review", {"POST": op(said.look_again)}),
        resource("/api/grounds/{ground}/end", {"POST": op(said.end)}),
        resource("/api/laws", {"GET": open_(said.laws)}),
    ]


class _Said:
    def __init__(self, grounds: Grounds, contracts: Contracts, callers: Callers) -> None:
        self._grounds = grounds
        self._contracts = contracts
        self._callers = callers

    async def listed(self, request: Request) -> Response:
        who, known = self._callers.principal(request), None
        if who is not None and who.operator:
            every = await self._contracts.every(limit=ORDERED_MAX)
            found, ordered = self._grounds.all(), every.ordered
            known = every.known if every.known > len(ordered) else None
        elif who is not None and who.person is not None:
            found, ordered = self._grounds.at_home(who.person), self._contracts.at_home(who.person)
        else:
            found, ordered = self._grounds.open(), self._contracts.open()
        return shown(grounds_shown(found, ordered, known=known))

    async def say(self, request: Request) -> Response:
        body = (await form(request, GroundForm)).body()
        return created(GroundSaid(print_ground(await self._grounds.say(body))))

    async def look_again(self, request: Request) -> Response:
        body = await form(request, ReviewForm)
        ground = ground_of(request.path_params["ground"])
        await self._grounds.look_again(ground, review_ns=body.review_ns())
        return created(GroundSaid(print_ground(ground)))

    async def end(self, request: Request) -> Response:
        body = await form(request, EndForm)
        ground = ground_of(request.path_params["ground"])
        return created(GroundEnds(print_time(await self._grounds.end(ground, body.because, to_ns=body.to_ns()))))

    async def laws(self, _request: Request) -> Response:
        return shown(LawsShown(tuple(map(_law, self._grounds.laws()))))


def grounds_shown(
    grounds: Sequence[AssertedGround], ordered: Sequence[OrderedStream], *, known: int | None = None
) -> GroundsShown:
    """What is asserted and what was ordered. `known`: how many contracts there are, where these are not all."""
    return GroundsShown(tuple(map(_shown, grounds)), tuple(map(_ordered, ordered)), known)


def _law(law: Law) -> LawShown:
    return LawShown(
        ground=law.ground.value,
        law=law.law,
        paragraph=law.paragraph,
        title=law.title,
        says=law.says,
        from_=law.from_,
        source=law.source,
        read_on=law.read_on,
        to=law.to,
    )


def _ordered(each: OrderedStream) -> OrderedShown:
    contract, home = each.contract, each.thing.body.household
    return OrderedShown(
        thing=each.slug or "",
        stream=each.stream.declared.name,
        title=contract.title,
        digest=contract.digest.hex(),
        from_=print_time(contract.from_ns),
        answers=each.answers,
        contact=each.contact,
        standing=each.standing.value,
        by=contract.by,
        to=None if contract.to_ns is None else print_time(contract.to_ns),
        review=None if contract.review_ns is None else print_time(contract.review_ns),
        ends=None if each.ends_ns is None else print_time(each.ends_ns),
        household=None if home is None else print_household(home),
    )


def _shown(ground: AssertedGround) -> GroundShown:
    body, cited = ground.body, ground.body.citation
    digest = None if cited.digest is None else cited.digest.hex()
    return GroundShown(
        assertion=print_ground(body.assertion),
        ground=body.ground,
        by=body.by,
        product=body.product,
        purposes=body.purposes,
        citation=CitationForm(cited.title, cited.law, cited.paragraph, digest, cited.where),
        words=body.words,
        from_=print_time(body.from_ns),
        review=print_time(ground.review_ns),
        ends=print_time(ground.ends_ns),
        standing=ground.standing.value,
        statement=ground.statement.hex(),
        agreement=body.agreement,
        provision=body.provision,
        condition=body.condition,
        streams=body.streams,
        household=None if body.household is None else print_household(body.household),
        because=ground.because,
    )
