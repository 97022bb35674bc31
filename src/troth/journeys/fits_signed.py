"""Was what people are told of signed lately? They are told by the day of its signature, which a replay finds again.

Rules
- What changes where an organisation handles or data are kept, what first stands in a home or public place, what is ordered
  there, what may speak for it, and a class by which somebody gets what asks nobody: it is brought within SLACK_NS of its
  signature, or signed again. That nothing speaks for a thing any more may be as old as it is.
- So nothing of it can be signed before people come, or while all of it is new, and count afterwards unseen.
- While everything is being set up nobody is told, and nothing is refused. What says what holds already changes nothing.

Source: docs/decisions/0111-what-is-told-was-signed-lately.md.
Left out: what makers say of a product, and of themselves unless another move was told since. They sign it once for every place,
and not again for one; it is told by when it came (`state/told`).
"""

from troth.errors import Conflict
from troth.gate.announcing import is_new_in
from troth.journeys.announced import SLACK_NS, gives_as
from troth.names import StreamId
from troth.state.directory import Directory
from troth.state.elsewhere import is_elsewhere
from troth.state.standing import where_of
from troth.statements.installation import Contract, InstallationBody
from troth.statements.keeping import KeepingBody
from troth.statements.organisation import OrganisationBody

__all__ = ["check_signed_lately"]


def check_signed_lately(
    body: InstallationBody | OrganisationBody | KeepingBody,
    directory: Directory,
    *,
    own: bool,
    said_ns: int,
    at_ns: int,
) -> None:
    """Return if it is brought soon enough after it was signed (`said_ns`), or is nothing to tell. `own`: a maker signed it.

    Raises:
        Conflict: it is to be signed again.
    """
    if at_ns <= said_ns + SLACK_NS:
        return
    match body:
        case InstallationBody():
            tells = _is_told(body, directory, at_ns=at_ns)
        case OrganisationBody():
            tells = (
                not (own and _is_newest(body, directory, said_ns=said_ns))
                and _lived_in(directory, at_ns=at_ns)
                and any(_tells(body, directory, at_ns=each) for each in (said_ns, at_ns))
            )
        case KeepingBody():
            tells = _lived_in(directory, at_ns=at_ns) and any(
                directory.told.is_kept_otherwise(body, at_ns=each) for each in (said_ns, at_ns)
            )
    if tells:
        raise Conflict(
            "this was signed too long before it was brought: people would be told of it as of something long known",
            hint="Sign it again, and bring it within an hour; the clock of the machine that signed it may be behind.",
        )


def _lived_in(directory: Directory, *, at_ns: int) -> bool:
    """Whether any home or public place is no longer being set up."""
    return any(is_new_in(each, at_ns=at_ns) for each in directory.standing.began.values())


def _is_newest(body: OrganisationBody, directory: Directory, *, said_ns: int) -> bool:
    """Whether no move of an organisation has been told since this was signed."""
    latest = directory.told.latest_moves.get(body.organisation)
    return latest is None or latest.said_ns <= said_ns


def _tells(body: OrganisationBody, directory: Directory, *, at_ns: int) -> bool:
    former = directory.organisations.get(body.organisation)
    if former is not None and is_elsewhere(body, former, at_ns=at_ns):
        return True
    before = () if former is None else former.classes
    return any(gives_as(of, body.organisation, directory) for of in body.classes if of not in before)


def _is_told(body: InstallationBody, directory: Directory, *, at_ns: int) -> bool:
    """Whether a stream is new where it stands, or rests on something else than it did, or something else may speak for it."""
    where = where_of(body)
    if not is_new_in(directory.standing.began.get(where), at_ns=at_ns):
        return False
    known = directory.things.get(body.thing)
    stays = body.to_ns is None or at_ns < body.to_ns
    names = (each.name for each in body.streams if stays)
    new = any(directory.standing.begins_ns(where, body.product, name, at_ns=at_ns) is None for name in names)
    stood = None if known is None else known.body
    through = stays and body.gateway is not None and (stood is None or stood.gateway != body.gateway)
    return new or through or _contracts(body) != _contracts(stood)


def _contracts(body: InstallationBody | None) -> dict[StreamId, Contract]:
    streams = () if body is None else body.streams
    return {each.stream: each.contract for each in streams if each.contract is not None}
