"""The gate once more, as stupidly as possible: one square per person, purpose, view and minute, painted by hand.

Written from the rules, not from the program: no intervals, no folding, no scopes. A square of a choice is "yes", "no" or blank.
"""

from dataclasses import dataclass, field

from troth.statements.choice import Decision

MINUTES = 60  # how far the sheet reaches; what has no end reaches its last square
VIEWS = ("raw", "hourly-mean")


@dataclass
class Sheet:
    """A home with one stream: research by choice, billing by contract, own use; a law, an agreement, an interest; emergencies.

    `asserted`: per ground, the minutes in which somebody asserts it and it holds. `open_from`: emergencies, [from, to).
    """

    people: list[str]
    contract: tuple[int, int]
    installed: int
    lives: dict[str, list[bool]] = field(default_factory=dict)
    yes: dict[tuple[str, str], list[bool]] = field(default_factory=dict)
    no: dict[str, list[bool]] = field(default_factory=dict)
    against: dict[str, list[bool]] = field(default_factory=dict)
    asserted: dict[str, list[bool]] = field(default_factory=dict)
    open_from: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for person in self.people:
            self.lives[person] = [False] * MINUTES
            self.no[person] = [False] * MINUTES
            self.against[person] = [False] * MINUTES
            for view in VIEWS:
                self.yes[person, view] = [False] * MINUTES

    def moves(self, person: str, since: int, to: int | None) -> None:
        """Says from `since` on, and leaves alone what was before."""
        for minute in range(since, MINUTES):
            self.lives[person][minute] = to is None or minute < to

    def chooses(self, person: str, decision: Decision, view: str, at: int, to: int | None, since: int | None) -> None:
        for each in VIEWS:
            squares = self.yes[person, each]
            for minute in range(at, MINUTES):
                squares[minute] = False
            enough = view in {"raw", each}  # a yes to the raw stream is one to its mean, not the other way
            if decision is Decision.GIVE and enough:
                for minute in range(at if since is None else since, MINUTES if to is None else to):
                    squares[minute] = True

    def objects(self, person: str, decision: Decision, at: int, to: int | None) -> None:
        for minute in range(at, MINUTES):
            self.no[person][minute] = decision is not Decision.GIVE and (to is None or minute < to)

    def asserts(self, ground: str, since: int, to: int) -> None:
        """One more assertion of this ground; what others assert stays."""
        squares = self.asserted.setdefault(ground, [False] * MINUTES)
        for minute in range(since, min(to, MINUTES)):
            squares[minute] = True

    def objects_to_the_interest(self, person: str, at: int, *, still: bool) -> None:
        for minute in range(at, MINUTES):
            self.against[person][minute] = still

    def allowed(self, ground: str, minute: int) -> bool:
        """Somebody asserts it for this minute, and nobody who lives there objects, where one can."""
        squares = self.asserted.get(ground)
        against = [p for p in self.people if self.lives[p][minute] and self.against[p][minute]]
        return squares is not None and squares[minute] and not (ground == "objectable" and against)

    def without_asking(self, ground: str, now: int) -> set[int] | None:
        """What the supplier may read now on one of these grounds."""
        if not self.allowed(ground, now):
            return None
        return self.after_installation({m for m in range(MINUTES) if self.allowed(ground, m)})

    def helped(self, now: int) -> set[int] | None:
        """What is read in the emergencies that are open now: their own time, and ten minutes before."""
        found: set[int] = set()
        for begins, ends in self.open_from:
            if begins <= now < ends:
                found |= set(range(max(begins - 10, 0), ends))
        return self.after_installation(found) if found else None

    def agreed(self, view: str, minute: int) -> bool:
        """Somebody lives there, and everybody who does has said yes for this minute."""
        here = [person for person in self.people if self.lives[person][minute]]
        return bool(here) and all(self.yes[person, view][minute] for person in here)

    def quiet(self, minute: int) -> bool:
        """Nobody who lives there objects to own use in this minute."""
        return not any(self.lives[person][minute] and self.no[person][minute] for person in self.people)

    def contracted(self, minute: int) -> bool:
        return self.contract[0] <= minute < self.contract[1]

    def after_installation(self, minutes: set[int]) -> set[int]:
        return {minute for minute in minutes if minute >= self.installed}

    def research(self, now: int) -> tuple[str, set[int]] | None:
        """What the university may read now: which view, and which minutes of it."""
        for view in VIEWS:
            if self.agreed(view, now):
                return view, self.after_installation({m for m in range(MINUTES) if self.agreed(view, m)})
        return None

    def billing(self, now: int) -> set[int] | None:
        if not self.contracted(now):
            return None
        return self.after_installation({m for m in range(MINUTES) if self.contracted(m)})

    def own(self, now: int, person: str) -> set[int] | None:
        """What a person may read of their own: when they lived there and nobody there objected."""
        if not (self.lives[person][now] and self.quiet(now)):
            return None
        return self.after_installation({m for m in range(MINUTES) if self.lives[person][m] and self.quiet(m)})

    def collected(self, now: int) -> set[int] | None:
        """Minutes of which something may be kept now: those of every ground that holds now."""
        found: set[int] = set()
        grounded = False
        for view in VIEWS:
            if self.agreed(view, now):
                grounded = True
                found |= {m for m in range(MINUTES) if self.agreed(view, m)}
        if self.contracted(now):
            grounded = True
            found |= {m for m in range(MINUTES) if self.contracted(m)}
        for ground in self.asserted:
            if self.allowed(ground, now):
                grounded = True
                found |= {m for m in range(MINUTES) if self.allowed(ground, m)}
        if (helped := self.helped(now)) is not None:
            grounded = True
            found |= helped
        if any(self.lives[person][now] for person in self.people) and self.quiet(now):
            grounded = True
            here = [person for person in self.people if self.lives[person][now]]
            found |= {m for m in range(MINUTES) if self.quiet(m) and any(self.lives[p][m] for p in here)}
        return self.after_installation(found) if grounded else None
