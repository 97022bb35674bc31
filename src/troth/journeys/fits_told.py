"""Does a disclosure begin nothing unannounced, and does what is said of an authority's request fit to what was said before?

Rules
- A disclosure is measured by what holds in its place, where things of its product stand.
- Nobody is told who is not known here (any more).

Source: gate/announcing, gate/demanding.
"""

from troth.errors import NotFound
from troth.gate.announcing import check_announced
from troth.gate.demanding import check_reach, check_request
from troth.state.directory import Directory
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.telling import TellingBody

__all__ = ["check_announced_of", "check_told"]


def check_announced_of(body: DisclosureBody, directory: Directory, *, at_ns: int) -> None:
    """Return if nothing that asks nobody begins too soon; TooSoon otherwise."""
    former = directory.disclosure_of(body.product, body.household)
    installed = any(
        each.body.product == body.product
        and (each.body.to_ns is None or at_ns < each.body.to_ns)
        and body.household in {None, each.body.household}
        for each in directory.things.values()
    )
    check_announced(body, None if former is None else former[0], installed=installed, at_ns=at_ns)


def check_told(
    body: TellingBody | AuthorityRequestBody | AuthorityReachBody, directory: Directory, *, at_ns: int
) -> None:
    """Return if somebody who is known is told, or if this may be said of a request now.

    Raises:
        NotFound, UnknownLaw, Refused, Conflict: it may not, as `gate/demanding` says.
    """
    if isinstance(body, TellingBody):
        if body.person not in directory.persons:
            raise NotFound("there is no such person here")
        return
    known = directory.told.requests.get(body.request)
    request = None if known is None else known.body
    if isinstance(body, AuthorityRequestBody):
        check_request(body, request, at_ns=at_ns)
        return
    reach = directory.told.reaches.get((body.request, body.household))
    things = [directory.streams[each].thing for each in body.streams if each in directory.streams]
    homes = [directory.things[each].body.household for each in things]
    check_reach(body, request, None if reach is None else reach.body, homes=homes, at_ns=at_ns)
