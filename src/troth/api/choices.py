"""The JSON interface of people who choose: what they may say yes or no to, what follows from it, and saying it.

Rules
- Giving, refusing and withdrawing are the same request with another word.
- An offer carries the whole notice and its consequences, so that no choice is made without them.
- The answer to a choice comes after the barrier: nothing leaves any more that it took away.

Source: gate.md, "The barrier"; people.md, "Rules"; docs/reference/api.md.
"""

import re
from typing import Final

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Choices, ChoiceSaid, OfferShown
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import ChoiceForm, digest_of, view_named
from troth.errors import BadQuery, NotFound
from troth.gate.question import Ground
from troth.journeys.choose import Choose
from troth.journeys.offers import Offer
from troth.names import PersonId
from troth.statements.choice import ChoiceBody, Decision
from troth.wire.times import parse_time, print_time

__all__ = ["choice_routes", "chosen", "offer_shown"]

NS_PER_MS = 1_000_000
CHOICES_MAX: Final = 200  # of one page, and those of its last stream: 100 kB with their texts, some 3 ms
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")


def choice_routes(choose: Choose, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def offers(request: Request) -> Response:
        person = callers.person(request)
        asked = dict(request.query_params)
        if asked.keys() - {"after", "datastream"} or not all(map(_NUMBER.fullmatch, asked.values())):
            raise BadQuery("only after and datastream are asked for here, both whole numbers")
        if "datastream" in asked:
            found, after = choose.offers.of_stream(person, int(asked["datastream"])), None
        else:
            found, after = choose.offers.page(person, after=int(asked.get("after", 0)), top=CHOICES_MAX)
        choices = tuple(offer_shown(each, opens=choose.offers.opens(each)) for each in found)
        return shown(Choices(choices, UNSET if after is None else after))

    async def say(request: Request) -> Response:
        person = callers.person(request)
        body = chosen(choose, person, await form(request, ChoiceForm))
        accepted = await choose.count(body, visit=callers.visit(request))
        opens = None
        if body.decision is Decision.GIVE:
            offer = choose.offers.about(person, body.streams[0], body.purpose)
            opens = offer is not None and choose.offers.opens(offer)
        return created(
            ChoiceSaid(
                accepted.statement.hex(),
                accepted.position,
                print_time(accepted.asked_ns),
                round(accepted.effect_ns / NS_PER_MS, 3),
                opens,
            )
        )

    return [
        resource(
            "/api/choices", {"GET": callers.spoken(offers), "POST": callers.spoken(say)}, query=("after", "datastream")
        )
    ]


def chosen(choose: Choose, person: PersonId, said: ChoiceForm, *, made_by: str = "session") -> ChoiceBody:
    """What a form says for a person, not said yet. `made_by`: session or passkey.

    Raises:
        NotFound: this person has no such choice.
        BadTime, BadJson, Conflict, Refused: as `Choose.meant`.
    """
    notice = digest_of(said.notice)
    offers = choose.offers.of_stream(person, said.datastream)
    offer = next((each for each in offers if each.purpose.purpose == said.purpose), None)
    if offer is None:
        raise NotFound("there is no such choice for this person")
    return choose.meant(
        person,
        said.decision,
        purpose=offer.purpose.purpose,
        stream=offer.stream.stream,
        notice=notice,
        made_by=made_by,
        variant=view_named(said.variant),
        to_ns=None if said.to is None else parse_time(said.to),
        since_ns=None if said.since is None else parse_time(said.since),
    )


def offer_shown(offer: Offer, *, opens: bool) -> OfferShown:
    """An offer as the interface says it. `opens`: whether a yes that was said opens something now."""
    purpose, last = offer.purpose, offer.last
    return OfferShown(
        datastream=offer.stream.number,
        thing=offer.thing.body.name,
        stream=offer.stream.declared.title,
        purpose=purpose.purpose,
        what_for=purpose.title,
        benefit=purpose.benefit,
        recipients=purpose.recipients,
        retention_days=purpose.retention_days,
        views=tuple(view.variant for view in purpose.variants if view.ground == Ground.CHOICE),
        if_yes=purpose.if_yes,
        if_no=purpose.if_no,
        notice=offer.notice.text,
        digest=offer.notice.digest.hex(),
        language=offer.notice.language,
        decision=None if last is None else last.decision,
        since=None if last is None else print_time(last.from_ns),
        until=None if last is None or last.to_ns is None else print_time(last.to_ns),
        variant=None if last is None or last.variant is None else last.variant.value,
        lapsed=None if last is None else last.lapsed,
        left=offer.left,
        stops_if_no=offer.stops,
        goes_on_if_no=offer.goes_on,
        carries=offer.carries,
        opens=opens,
    )
