"""The JSON interface of contacts that lapse: which do, saying that one was reached, and a feed of them. All the operator's.

Source: mission.md (F23); docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.telling import FeedMade, FeedShown
from troth.journeys.contacts import Contacts
from troth.journeys.feeds import Feeds
from troth.names import Uri
from troth.wire.times import parse_time, print_time

__all__ = ["ContactShown", "ContactsShown", "ReachedForm", "contact_routes"]


class ReachedForm(msgspec.Struct, frozen=True):
    """The contact of an organisation was reached, and has to be again by `until`."""

    organisation: Uri
    until: str


class ContactShown(msgspec.Struct, frozen=True):
    """A contact that has to be reached again. `standing`: due or lapsed. `streams`: for how many it answers.

    `ordered`: how many rest on a contract with it.
    """

    organisation: Uri
    name: str
    contact: str
    reach_by: str
    standing: str
    streams: int
    ordered: int


class ContactsShown(msgspec.Struct, frozen=True):
    """Those that lapse soon or have lapsed, the first to lapse first; and the operator's feeds."""

    contacts: tuple[ContactShown, ...]
    feeds: tuple[FeedShown, ...]


def contact_routes(contacts: Contacts, feeds: Feeds, *, callers: Callers, url: str) -> list[Route]:
    """All routes of this module. `url`: of this node."""

    async def due(_request: Request) -> Response:
        found = tuple(
            ContactShown(
                each.organisation,
                each.name,
                each.contact,
                print_time(each.reach_by_ns),
                each.lapse.value,
                each.streams,
                each.ordered,
            )
            for each in contacts.due()
        )
        made = tuple(FeedShown(each.name, print_time(each.made_ns)) for each in feeds.of_operator())
        return shown(ContactsShown(found, made))

    async def reached(request: Request) -> Response:
        asked = await form(request, ReachedForm)
        await contacts.reached(asked.organisation, until_ns=parse_time(asked.until))
        return created(Done(asked.organisation))

    async def make(_request: Request) -> Response:
        token, name = await feeds.make_for_operator()
        return created(FeedMade(f"{url}/feeds/{token}.atom", name))

    async def end(request: Request) -> Response:
        name = request.path_params["feed"]
        await feeds.end_for_operator(name)
        return created(Done(name))

    op = callers.operated
    return [
        resource("/api/contacts", {"GET": op(due)}),
        resource("/api/contacts/reached", {"POST": op(reached)}),
        resource("/api/contacts/feeds", {"POST": op(make)}),
        resource("/api/contacts/feeds/{feed}/end", {"POST": op(end)}),
    ]
