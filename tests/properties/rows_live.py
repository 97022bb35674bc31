"""How long what is kept lives, and what is too early for it: invariants of the gate's machine, to the nanosecond.

By hand: a row lives for the days of the use that may use it longest, among those that hold now and hold for its time. Nothing
is kept that is more than a minute ahead, or from before the installation. Not the gate alone is asked, but the door (`bounds`).
"""

from hypothesis.stateful import invariant

from tests.made_town import collects, ns
from tests.properties.maker_speaks import MakerSpeaks
from tests.properties.naive_gate import MINUTES
from troth.gate.leases import Lease
from troth.journeys.bounds import Bounds, fault
from troth.spans import DAY_NS
from troth.things.intervals import covers
from troth.things.observations import Refusal, ResultType


class RowsLive(MakerSpeaks):
    """The invariants."""

    @invariant()
    def what_is_kept_lives_for_its_days_and_not_a_nanosecond_longer(self) -> None:
        """As long as the longest of the uses that hold now and hold for its minute; then no door takes it any more, either."""
        kept = self.sheet.kept_for(self.now) or {}
        lease = self.town.lease(collects(self.meter, self.now))
        for minute, days in kept.items():
            over_ns = ns(minute) + days * DAY_NS
            assert covers(lease.answer.reach(over_ns), ns(minute))
            assert not covers(lease.answer.reach(over_ns + 1), ns(minute))
            assert self._refused(lease, minute, at_ns=over_ns) is None
            assert Refusal.TOO_OLD is self._refused(lease, minute, at_ns=over_ns + 1)

    @invariant()
    def what_is_to_come_is_kept_up_to_a_minute_ahead_and_nothing_from_before_the_installation(self) -> None:
        lease = self.town.lease(collects(self.meter, self.now))
        kept = self.sheet.kept_for(self.now)
        installed = self.sheet.installed
        looked_at = {0, installed, max(self.now - 1, 0), self.now, self.now + 1, self.now + 2}
        for minute in looked_at & set(range(MINUTES)):
            said = self._refused(lease, minute, at_ns=ns(self.now))
            if kept is None:
                assert said not in {None, Refusal.AHEAD, Refusal.BEFORE_INSTALLATION}, "a no comes first"
            elif minute > self.now + 1:
                assert Refusal.AHEAD is said
            elif minute < installed:
                assert Refusal.BEFORE_INSTALLATION is said
            else:
                assert (None if minute in kept else Refusal.NOT_THEN) is said
        if kept is not None:
            now_ns = ns(self.now)
            assert self._refused(lease, self.now + 1, at_ns=now_ns - 1) is Refusal.AHEAD, (
                "a nanosecond more than a minute"
            )
            before = self._refused(lease, installed, more_ns=-1, at_ns=max(now_ns, ns(installed)))
            assert before is Refusal.BEFORE_INSTALLATION

    def _refused(self, lease: Lease, minute: int, *, at_ns: int, more_ns: int = 0) -> Refusal | None:
        """Why what was measured in this minute is not kept at a moment, under an answer that was given now."""
        bounds = Bounds(ResultType.NUMBER, -1.0, 1.0, ns(self.sheet.installed))
        fresh_ns = DAY_NS * min((each.days for each in lease.answer.terms), default=0)
        return fault(0.5, ns(minute) + more_ns, None, now=at_ns, fresh_ns=fresh_ns, lease=lease, bounds=bounds)
