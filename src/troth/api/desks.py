"""The JSON interface of makers and of authorities: what each comes for; and the operator's links to their doors.

Rules
- A maker reads about its own, an authority about all, in a session of theirs; both only read.
- Nothing of a home stands here but a number in whole tens.

Source: people.md (the table of who comes for what); docs/decisions/0061; docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, created, form, resource, shown
from troth.api.parties import LinkMade
from troth.clock import NS_PER_S
from troth.errors import BadQuery, WrongToken
from troth.journeys.desks import Answers, Desks, Product, Said
from troth.journeys.parties import Parties
from troth.names import Uri, check_uri
from troth.wire.times import print_time

__all__ = ["desk_routes"]


class DeskForm(msgspec.Struct, frozen=True):
    """A link to the door of a registered organisation: `maker` or `authority`."""

    party: str
    door: str


class ProductShown(msgspec.Struct, frozen=True):
    """A product. `in_homes` is told in whole tens."""

    product: str
    name: str
    maker: str
    answerable: str | None
    purposes: tuple[str, ...]
    support_end: str | None
    public: int
    in_homes: int


class MakerShown(msgspec.Struct, frozen=True):
    """What a maker sees of its own."""

    party: str
    name: str
    products: tuple[ProductShown, ...]
    promises: tuple[str, ...]
    supports: tuple[str, ...]


class AnswersShown(msgspec.Struct, frozen=True):
    """An organisation, how it is reached, and the public things it answers for ([name, place])."""

    party: str
    name: str
    contact: str
    things: tuple[tuple[str, str], ...]


class SaidShown(msgspec.Struct, frozen=True):
    """An open statement; `index` is its place in the log, null before it is there."""

    statement: str
    kind: str
    issuer: str
    issued: str
    index: int | None
    enveloped: bool


class AuthorityShown(msgspec.Struct, frozen=True):
    """What an authority sees. `before`: what to ask for to go on, or null."""

    party: str
    name: str
    products: tuple[ProductShown, ...]
    answers: tuple[AnswersShown, ...]
    statements: tuple[SaidShown, ...]
    before: int | None


def desk_routes(desks: Desks, parties: Parties, *, callers: Callers, url: str) -> list[Route]:
    """All routes of this module. `url`: where people reach this node."""

    async def maker(request: Request) -> Response:
        found = desks.maker(_party(callers, request, "maker"))
        products = tuple(map(_product, found.products))
        return shown(MakerShown(found.party, found.name, products, found.promises, found.supports))

    async def audit(request: Request) -> Response:
        party = _party(callers, request, "authority")
        asked = request.query_params.get("before")
        if asked is not None and not (asked.isascii() and asked.isdigit() and len(asked) <= 9):
            raise BadQuery("before is a place that an earlier page gave")
        found = await desks.authority(party, before=None if asked is None else int(asked))
        products, answers = tuple(map(_product, found.products)), tuple(map(_answers, found.answers))
        said = tuple(map(_said, found.said))
        return shown(AuthorityShown(found.party, found.name, products, answers, said, found.before))

    async def invite(request: Request) -> Response:
        asked = await form(request, DeskForm)
        return created(LinkMade(f"{url}/enter/{await parties.desk(check_uri(asked.party), asked.door)}"))

    return [
        resource("/api/maker", {"GET": callers.spoken(maker)}),
        resource("/api/audit", {"GET": callers.spoken(audit)}, query=("before",)),
        resource("/api/doors", {"POST": callers.operated(invite)}),
    ]


def _party(callers: Callers, request: Request, desk: str) -> Uri:
    """Whose door it is.

    Raises:
        WrongToken: whoever asks is no such organisation.
    """
    who = callers.known(request)
    if who.desk != desk or who.party is None:
        raise WrongToken("this token is for something else: this door is another one's")
    return who.party


def _product(each: Product) -> ProductShown:
    return ProductShown(
        each.product,
        each.name,
        each.maker,
        each.answerable,
        each.purposes,
        each.support_end,
        each.public,
        each.in_homes,
    )


def _answers(each: Answers) -> AnswersShown:
    return AnswersShown(each.party, each.name, each.contact, each.things)


def _said(each: Said) -> SaidShown:
    issued = print_time(each.issued_at_s * NS_PER_S)
    return SaidShown(each.statement.hex(), each.kind, each.issuer, issued, each.index, each.enveloped)
