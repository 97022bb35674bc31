"""May a firm be invited to connect things somewhere, or its invitation end, as things stand here? A part of `fits`.

Source: docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

from troth.errors import NotFound
from troth.state.belonging import BACK_NS, OWNER, members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.invited import check_invited
from troth.statements.installer import InstallerBody

__all__ = ["check_whom"]


def check_whom(body: InstallerBody, directory: Directory, in_force: InForce, *, at_ns: int) -> None:
    """Return if it may be said.

    Raises:
        NotFound: the firm is not registered, there is no such home, or who says it owns none there.
        Conflict, Refused: as `state.invited.check_invited`.
    """
    if body.party not in directory.organisations:
        raise NotFound("this organisation is not registered here")
    home = body.household
    members = () if home is None else members_of(home, in_force)
    check_invited(
        body,
        directory.invited.said.get(body.invitation),
        owners=frozenset(each.person for each in members if each.role == OWNER and each.here(at_ns)),
        known_home=home in directory.households,
        at_ns=at_ns,
        about_ns=BACK_NS,
    )
