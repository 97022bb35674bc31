"""What an archive of everything about somebody says of their homes: what is ordered there, what happened, who connects.

Rules
- An emergency is there once it was confirmed, for whoever lived there then; what an authority asked, for whom it concerns, and
  never while an order withholds it. Of a request only what it reaches in homes of theirs stands in it.

Source: mission.md (F2, F26); docs/reference/export.md.
"""

from collections.abc import Callable

import msgspec

from troth.api.authorities import RequestShown, request_shown
from troth.api.emergencies import EmergencyShown, emergency_shown
from troth.api.grounded import GroundsShown
from troth.api.grounds import grounds_shown
from troth.api.installer_forms import InstallerShown, installer_shown
from troth.journeys.authority import Registered
from troth.journeys.contracts import Contracts
from troth.journeys.emergency import Emergencies
from troth.journeys.grounds import Grounds
from troth.journeys.installers import Installers
from troth.journeys.news import News
from troth.names import PersonId, StreamId

__all__ = ["HappenedFile", "Homes"]


class HappenedFile(msgspec.Struct, frozen=True):
    """`happened.json`: emergencies in homes of theirs, what authorities asked about these, and firms that were invited there.

    The newest first.
    """

    emergencies: tuple[EmergencyShown, ...]
    requests: tuple[RequestShown, ...]
    installers: tuple[InstallerShown, ...]


class Homes(msgspec.Struct, frozen=True):
    """Where that is read. `number_of`: the number of a stream's Datastream."""

    grounds: Grounds
    contracts: Contracts
    emergencies: Emergencies
    news: News
    installers: Installers
    number_of: Callable[[StreamId], int | None]

    def ordered(self, person: PersonId) -> GroundsShown:
        """What their homes have ordered, and what is asserted of these homes."""
        asserted, ordered = self.grounds.at_home(person), self.contracts.at_home(person)
        return grounds_shown(
            [each for each in asserted if each.body.household is not None],
            [each for each in ordered if each.thing.body.household is not None],
        )

    def happened(self, person: PersonId) -> HappenedFile:
        """What they were told happened there."""
        found = [Registered(request, reaches, withheld=False) for request, reaches in self.news.asked_of(person)]
        found.sort(key=lambda each: each.request.body.received_ns, reverse=True)
        return HappenedFile(
            tuple(map(emergency_shown, self.emergencies.at_home(person))),
            tuple(request_shown(each, self.number_of) for each in found),
            tuple(installer_shown(each) for home in self.installers.homes(person) for each in home.installers),
        )
