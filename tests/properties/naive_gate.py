"""The gate once more, as stupidly as possible: one square per person, purpose, view and minute, painted by hand.

Written from the rules, not from the program: no intervals, no folding, no scopes. Everything that was said is painted again, in
its order, for each moment at which it is asked about: so a clock that steps back needs no rule of its own but the one that what
was taken away is gone at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from troth.statements.choice import Decision

MINUTES = 60  # how far the sheet reaches; what has no end reaches its last square
VIEWS = ("raw", "hourly-mean")
# For how long each use may use a row.
DAYS = {
    "research": 30,
    "own": 20,
    "contract": 60,
    "settled": 40,
    "objectable": 10,
    "required": 50,
    "urgent": 5,
}
FAR = 3 * 24 * 60  # minutes around the sheet in which a naive clock is looked at


@dataclass
class Quiet:
    """One private mode of a person: [since, to), all the time or in a daily window of local minutes."""

    since: int
    to: int | None
    window: tuple[int, int] | None
    at_once: bool


@dataclass
class Sheet:
    """A home with one stream: research by choice, billing by contract (essential), own use, a law, an agreement, an interest.

    And emergencies.

    `asserted`: per ground, the minutes in which somebody asserts it and it holds. `open_from`: emergencies, [from, to).
    `title`, `homes`: what the stream is called now, and the group that is stated of it; what people say is said to these.
    `postponed`: what asks nobody begins after the sheet.
    """

    people: list[str]
    contract: tuple[int, int]
    installed: int
    clock: Callable[[int], int] = lambda minute: minute
    lives: dict[str, list[bool]] = field(default_factory=dict)
    left: dict[str, list[bool]] = field(default_factory=dict)
    guest: dict[str, list[bool]] = field(default_factory=dict)
    works: dict[str, list[bool]] = field(default_factory=dict)
    stays: dict[str, list[bool]] = field(default_factory=dict)
    said: dict[str, list[tuple[Decision, str, int, int | None, int | None, tuple[str, int]]]] = field(
        default_factory=dict
    )
    objected: dict[str, list[tuple[Decision, int, int | None]]] = field(default_factory=dict)
    against: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)
    asserted: dict[str, list[bool]] = field(default_factory=dict)
    open_from: list[tuple[int, int]] = field(default_factory=list)
    hushes: dict[str, dict[int, Quiet]] = field(default_factory=dict)
    title: str = "Flow"
    homes: int = 0
    postponed: bool = False
    windows: dict[tuple[int, int], set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in self.people:
            self.lives[person] = [False] * MINUTES
            self.left[person] = [False] * MINUTES
            self.guest[person] = [False] * MINUTES
            self.works[person] = [False] * MINUTES
            self.stays[person] = [False] * MINUTES
            self.said[person] = []
            self.objected[person] = []
            self.against[person] = []
            self.hushes[person] = {}

    def moves(
        self,
        person: str,
        since: int,
        to: int | None,
        *,
        role: str = "member",
        shift: tuple[int, int] | None = None,
        until: int = 0,
    ) -> None:
        """Says from `since` on, and leaves alone what was before. Who has a shift is concerned in it only, until `until`."""
        for minute in range(since, MINUTES):
            self.guest[person][minute] = role == "guest"
            self.works[person][minute] = role == "worker"
            self.stays[person][minute] = to is None or minute < to
            off = shift is not None and minute < until and minute not in self.in_window(shift)
            self.lives[person][minute] = self.stays[person][minute] and not off
            self.left[person][minute] = False

    def departs(self, person: str, at: int) -> None:
        """Is there no more from `at` on, and was never to be found there again before."""
        for minute in range(MINUTES):
            self.left[person][minute] = True
            if minute >= at:
                self.lives[person][minute] = self.stays[person][minute] = False

    def here(self, person: str, now: int) -> bool:
        return self.stays[person][now] and not self.left[person][now]

    def concerned(self, person: str, now: int) -> bool:
        return self.here(person, now) and self.lives[person][now]

    def belongs(self, person: str, now: int) -> bool:
        """Here, or still to come."""
        return any(self.here(person, minute) for minute in range(now, MINUTES))

    def chooses(self, person: str, decision: Decision, view: str, at: int, to: int | None, since: int | None) -> None:
        self.said[person].append((decision, view, at, to, since, (self.title, self.homes)))

    def objects(self, person: str, decision: Decision, at: int, to: int | None) -> None:
        self.objected[person].append((decision, at, to))

    def asserts(self, ground: str, since: int, to: int) -> None:
        """One more assertion of this ground; what others assert stays."""
        squares = self.asserted.setdefault(ground, [False] * MINUTES)
        for minute in range(since, min(to, MINUTES)):
            squares[minute] = True

    def objects_to_the_interest(self, person: str, at: int, *, still: bool) -> None:
        self.against[person].append((at, still))

    def opposed(self, person: str, now: int) -> list[bool]:
        squares = [False] * MINUTES
        for at, still in self.against[person]:
            for minute in range(min(at, now) if still else at, MINUTES):
                squares[minute] = still
        return squares

    def allowed(self, ground: str, now: int) -> set[int]:
        """Minutes for which somebody asserts it, and nobody who lives there then objects, where one can."""
        opposed = {person: self.opposed(person, now) for person in self.people}
        found = set()
        for minute, asserted in enumerate(self.asserted.get(ground, [])):
            against = [p for p in self.people if self.lives[p][minute] and opposed[p][minute]]
            if asserted and not (ground == "objectable" and against):
                found.add(minute)
        return found

    def without_asking(self, ground: str, now: int) -> set[int] | None:
        """What the supplier may read now on one of these grounds; none of it is essential, so private mode counts."""
        allowed = self.begun(self.allowed(ground, now))
        if now not in allowed or self.homes:
            return None
        return self.after_installation(allowed - self.hushed(now))

    def helped(self, now: int) -> set[int] | None:
        """What is read in the emergencies that are open now, of no group: their own time, and ten minutes before."""
        return None if self.homes else self.rescued(now)

    def rescued(self, now: int) -> set[int] | None:
        """The same, for what is kept."""
        found: set[int] = set()
        for begins, ends in self.open_from:
            if begins <= now < ends:
                found |= set(range(max(begins - 10, 0), ends))
        return self.after_installation(found - self.hushed(now)) if found else None

    def yes(self, person: str, view: str, now: int) -> list[bool]:
        squares = [False] * MINUTES
        for decision, most, at, to, since, (title, homes) in self.said[person]:
            for minute in range(min(at, now), MINUTES):
                squares[minute] = False
            enough = most in {"raw", view}  # a yes to the raw stream is one to its mean, not the other way
            shown = title == self.title and homes <= self.homes  # a yes to one home is one to five, not the other way
            if decision is Decision.GIVE and enough and shown:
                for minute in range(at if since is None else since, MINUTES if to is None else to):
                    squares[minute] = True
        return squares

    def no(self, person: str, now: int) -> list[bool]:
        squares = [False] * MINUTES
        for decision, at, to in self.objected[person]:
            for minute in range(at, MINUTES):
                squares[minute] = False
            if decision is not Decision.GIVE:
                for minute in range(min(at, now), MINUTES if to is None else to):
                    squares[minute] = True
        return squares

    def hushed(self, now: int) -> set[int]:
        """Minutes that somebody who lives there then keeps private."""
        found: set[int] = set()
        for person in self.people:
            for each in self.hushes[person].values():
                since = min(each.since, now) if each.at_once and each.window is None else each.since
                for minute in range(max(since, 0), MINUTES if each.to is None else each.to):
                    if (
                        self.lives[person][minute]
                        and not self.works[person][minute]
                        and (each.window is None or minute in self.in_window(each.window))
                    ):
                        found.add(minute)
        return found

    def in_window(self, window: tuple[int, int]) -> set[int]:
        """Minutes that the window of some day holds: from the first that shows its beginning to the last that shows its end."""
        if window not in self.windows:
            shown = [self.clock(each) for each in range(-FAR, FAR)]
            found: set[int] = set()
            for day in (-1, 0, 1):
                begin, end = day * 1440 + window[0], day * 1440 + window[1]
                begins = [at for at, each in enumerate(shown) if each == begin]
                ends = [at for at, each in enumerate(shown) if each == end]
                # A time that the clocks leave out is the moment at which they are changed: the first one that is later.
                first = min(begins) if begins else next(at for at, each in enumerate(shown) if each > begin)
                last = max(ends) if ends else next(at for at, each in enumerate(shown) if each > end)
                found |= set(range(first - FAR, last - FAR))
            self.windows[window] = found
        return self.windows[window]

    def agreed(self, view: str, now: int) -> set[int]:
        """Minutes in which somebody lived there, and everybody who did has said yes for them."""
        yes = {person: self.yes(person, view, now) for person in self.people}
        found = set()
        for minute in range(MINUTES):
            then = [person for person in self.people if self.lives[person][minute]]
            # Who has left since, or gone home, must still say yes: leaving opens nothing that was closed.
            if then and all(yes[p][minute] and (self.concerned(p, now) or yes[p][now]) for p in then):
                found.add(minute)
        return found

    def unopposed(self, now: int) -> set[int]:
        """Minutes in which nobody who lived there objected to own use."""
        no = {person: self.no(person, now) for person in self.people}
        return {m for m in range(MINUTES) if not any(self.lives[p][m] and no[p][m] for p in self.people)}

    def begun(self, minutes: set[int]) -> set[int]:
        """These minutes of something that asks nobody, if it has begun."""
        return set() if self.postponed else minutes

    def contracted(self) -> set[int]:
        return {minute for minute in range(MINUTES) if self.contract[0] <= minute < self.contract[1]}

    def after_installation(self, minutes: set[int]) -> set[int]:
        return {minute for minute in minutes if minute >= self.installed}

    def research(self, now: int) -> tuple[str, set[int]] | None:
        """What the university may read now: which view, and which minutes of it."""
        for view in () if self.homes else VIEWS:
            agreed = self.agreed(view, now)
            if now in agreed:
                return view, self.after_installation(agreed - self.hushed(now))
        return None

    def billing(self, now: int) -> set[int] | None:
        """The bill is essential and was ordered: private mode does not stop it."""
        ordered = self.begun(self.contracted())
        return self.after_installation(ordered) if now in ordered and not self.homes else None

    def own(self, now: int, person: str) -> set[int] | None:
        """What a person may read of their own: when they lived there, unopposed and not private; a guest, alone."""
        unopposed = self.unopposed(now)
        if not (self.here(person, now) and not self.works[person][now] and now in unopposed):
            return None
        lived = {m for m in unopposed if self.lives[person][m] and not self.works[person][m]}
        if self.guest[person][now]:
            lived = {m for m in lived if not any(self.lives[other][m] for other in self.people if other != person)}
            if now not in lived:
                return None
        return self.after_installation(lived - self.hushed(now))

    def collected(self, now: int) -> set[int] | None:
        """Minutes of which something may be kept now."""
        kept = self.kept_for(now)
        return None if kept is None else set(kept)

    def kept_for(self, now: int) -> dict[int, int] | None:
        """Of each minute of which something may be kept now, for how many days: those of every ground that holds now.

        Private ones are kept for the bill only. What several may use is kept for the one that may use it longest.
        """
        found: list[tuple[str, set[int]]] = []
        hushed = self.hushed(now)
        if now not in hushed:
            for view in VIEWS:
                agreed = self.agreed(view, now)
                if now in agreed:
                    found.append(("research", agreed - hushed))
            for ground in self.asserted:
                allowed = self.begun(self.allowed(ground, now))
                if now in allowed:
                    found.append((ground, allowed - hushed))
            if (helped := self.rescued(now)) is not None:
                found.append(("urgent", helped))
            unopposed = self.unopposed(now)
            here = [person for person in self.people if self.here(person, now) and not self.works[person][now]]
            if here and now in unopposed:
                lived = {m for m in unopposed if any(self.lives[p][m] and not self.works[p][m] for p in here)}
                found.append(("own", lived - hushed))
        if now in (ordered := self.begun(self.contracted())):
            found.append(("contract", ordered))
        days: dict[int, int] = {}
        for ground, minutes in found:
            for minute in self.after_installation(minutes):
                days[minute] = max(days.get(minute, 0), DAYS[ground])
        return days if found else None
