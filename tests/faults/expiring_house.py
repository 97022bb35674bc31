"""A house with a meter and a diary that are kept for three days, a meter that is kept for a year, and two days of each."""

import struct
from pathlib import Path
from typing import Final

import msgspec

from tests.faults.real_house import RealHouse, Wrap
from troth.spans import DAY_NS
from troth.testing.contracts import NOON_NS, StillClock
from troth.testing.people import Home, WorldThing, own_use
from troth.things.retention import period_of

KEPT_DAYS: Final = 3
OLD: Final = 4711.0815
OLD_TEXT: Final = "what nobody shall read after three days"
YOUNG: Final = 1234.5678
YOUNG_TEXT: Final = "what may still be read on the fourth day"
LONG: Final = 9876.54321
OVER_NS: Final = period_of(NOON_NS, days=1).to_ns + KEPT_DAYS * DAY_NS
"""The first moment at which the first day is over."""

GOES: Final = {"number": struct.pack(">d", OLD), "text": OLD_TEXT.encode()}
STAYS: Final = {"number": struct.pack(">d", YOUNG), "text": YOUNG_TEXT.encode(), "long": struct.pack(">d", LONG)}


class ExpiringHouse(RealHouse):
    """Its clock stands until it is set."""

    def __init__(self, folder: Path, *, at_ns: int = NOON_NS, wrap: Wrap | None = None) -> None:
        self.still = StillClock(at_ns)
        super().__init__(folder, clock=self.still, **({} if wrap is None else {"wrap": wrap}))

    def days(self, count: int) -> None:
        """Days pass."""
        self.still.now_ns += count * DAY_NS

    def reach(self) -> None:
        """Whoever answers here is reached, and by this word for years: what passes is about what is kept."""
        contacts = self.node.grounding.tellings.contacts
        for each in tuple(self.node.directory.organisations):
            self.run(contacts.reached(each, until_ns=self.still.now_ns + 1_000 * DAY_NS))

    def look(self) -> None:
        """What the node does after a tick."""
        self.run(self.node.retain.look())

    def left(self, needles: dict[str, bytes]) -> set[str]:
        """Which of these are in some file."""
        return {name for name, needle in needles.items() if self.holding(needle)}

    def furnish(self) -> dict[str, WorldThing]:
        """Things that have said nothing yet."""
        home = Home(self, "Harbour Lane 12")
        home.person("Ana")
        short = msgspec.structs.replace(own_use(), retention_days=KEPT_DAYS)
        return {
            "meter": home.thing("meter", purposes=(short,)),
            "diary": home.thing("diary", stream="notes", type_="text", purposes=(short,)),
            "long": home.thing("long meter", purposes=(own_use(),)),
        }

    def first_day(self, things: dict[str, WorldThing]) -> int:
        """What is over after three days, and one value that is not; the id of the first."""
        kept = things["meter"].says(OLD)
        things["diary"].says(OLD_TEXT)
        things["long"].says(LONG)
        assert isinstance(kept, int)
        return kept

    def second_day(self, things: dict[str, WorldThing]) -> None:
        """What stays."""
        self.days(1)
        things["meter"].says(YOUNG)
        things["diary"].says(YOUNG_TEXT)
