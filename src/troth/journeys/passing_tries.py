"""How often somebody without an account may try a code, and object, from one address. Known in memory only.

Rules
- Wrong codes are counted before they are looked at; the first WRONG_FREE cost nothing, then each waits twice as long. A right
  one leaves nothing behind, and what was wrong a day ago is forgotten: many come through one address, and mistype.
- From one address at most ADDRESS_DAY_MAX objections are taken in a day, of all signs: a house, or a place with one way out.
  One is counted before it is said, so that many at once are no way around.
- Of addresses, the newest COUNTED_MAX are remembered, and nothing after a restart; none is kept.

Source: people.md, "Accounts" (rate limits); docs/decisions/0062. Owner: the event loop.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy
from troth.journeys.attempts import Pace, one_more, subscriber_of
from troth.journeys.logins import Tries
from troth.spans import DAY_NS

__all__ = ["ADDRESS_DAY_MAX", "WRONG_FREE", "PassingTries"]

WRONG_FREE: Final = 10  # a code has 8 letters, of which one or two are read wrong
WRONG: Final = Pace(free=WRONG_FREE, longest_s=15 * 60)  # 40 bits at four an hour are tried in millions of years
ADDRESS_DAY_MAX: Final = 20
COUNTED_MAX: Final = 10_000


class _Seen(msgspec.Struct, frozen=True):
    """Of one address: wrong codes, those before the try that runs, and how many objections on which day."""

    wrong: Tries = Tries()
    before: Tries = Tries()
    day: int = 0
    said: int = 0


class PassingTries:
    """Counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def begin(self, address: str) -> None:
        """One try begins; its code is wrong unless `right` follows.

        Raises:
            Busy: it comes too soon after wrong ones, or as many objections were taken from there today as may be.
        """
        now, key = self._clock.now(), subscriber_of(address)
        seen = self._seen.get(key, _Seen())
        wait_ns = WRONG.wait_ns(seen.wrong, now)
        if wait_ns:
            raise Busy("too many codes were wrong", retry_after_s=-(-wait_ns // NS_PER_S), hint="Wait, then try again.")
        if seen.day == now // DAY_NS and seen.said >= ADDRESS_DAY_MAX:
            over_ns = (seen.day + 1) * DAY_NS - now
            raise Busy(
                f"{ADDRESS_DAY_MAX} people have objected from this address today",
                retry_after_s=-(-over_ns // NS_PER_S),
                hint="Another network, or whoever answers for the place, is a way too.",
            )
        self._keep(key, msgspec.structs.replace(seen, wrong=one_more(seen.wrong, now), before=seen.wrong))

    def right(self, address: str) -> None:
        """The code of the try that began, in this same step, was right; an objection is counted from now on."""
        key, day = subscriber_of(address), self._clock.now() // DAY_NS
        seen = self._seen.get(key, _Seen())
        said = seen.said + 1 if seen.day == day else 1
        self._keep(key, msgspec.structs.replace(seen, wrong=seen.before, day=day, said=said))

    def unsaid(self, address: str) -> None:
        """What was counted last was not taken after all."""
        key, day = subscriber_of(address), self._clock.now() // DAY_NS
        seen = self._seen.get(key, _Seen())
        if seen.day == day and seen.said:
            self._keep(key, msgspec.structs.replace(seen, said=seen.said - 1))

    def __len__(self) -> int:
        return len(self._seen)

    def _keep(self, key: str, seen: _Seen) -> None:
        self._seen[key] = seen
        self._seen.move_to_end(key)
        if len(self._seen) > COUNTED_MAX:
            self._seen.popitem(last=False)
