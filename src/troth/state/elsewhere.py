"""Is another place said than before: of where an organisation handles what it gets, or where data are kept? Pure.

Source: docs/decisions/0094-who-moves-is-told-before.md.
"""

from troth.statements.keeping import KeepingBody
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Site, site_at

__all__ = ["goes", "is_elsewhere", "keeps_otherwise"]


def is_elsewhere(body: OrganisationBody, former: OrganisationBody, *, at_ns: int) -> bool:
    """Whether an organisation says another place of now, or another move, than it did; that is to be told."""
    was, here = (site_at(each.site, each.moving, at_ns=at_ns) for each in (former, body))
    return (was, *goes(former, at_ns=at_ns)) != (here, *goes(body, at_ns=at_ns))


def goes(body: OrganisationBody, *, at_ns: int) -> tuple[Site | None, int | None]:
    """Where an organisation is, or will be, and since when that is; None where it is there at this moment."""
    if body.moving is None:
        return body.site, None
    return body.moving.to, _to_come(body.moving.from_ns, at_ns=at_ns)


def keeps_otherwise(body: KeepingBody, planned: KeepingBody, *, at_ns: int) -> bool:
    """Whether another place, another day or another reason is said than the one that holds or was announced."""
    days = (_to_come(body.from_ns, at_ns=at_ns), _to_come(planned.from_ns, at_ns=at_ns))
    return body.hops != planned.hops or days[0] != days[1] or body.at_once not in {None, planned.at_once}


def _to_come(from_ns: int | None, *, at_ns: int) -> int | None:
    """A day that is still to come; what has come holds as if it had been said without one."""
    return None if from_ns is None or from_ns <= at_ns else from_ns
