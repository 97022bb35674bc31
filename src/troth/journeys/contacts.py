"""Whoever runs the place is warned before a contact lapses, after which nobody answers and what it answers for is refused.

Rules
- A contact with a day by which it must be reached again is due for so many days before it (dated data), then lapsed.
- Warned is only of contacts on which something rests: streams of things that are not over, contracts that hold or will, or what
  people share with them.
- That it was reached again is said by whoever runs the place, with the next day; nothing prolongs itself.
- A mail goes to the address of the settings, once when a contact becomes due and once when it lapses, also over restarts.

Source: mission.md (F23, S17, S64); gate/rules/periods; docs/decisions/0064-nothing-begins-unannounced.md;
docs/decisions/0096-a-contract-is-seen-and-looked-at-again.md.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from enum import StrEnum

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.grounds.contract import stands
from troth.gate.rules.periods import Rule, period_of
from troth.journeys.handed import sharers
from troth.journeys.mailing import Mailing
from troth.journeys.news import Item, Sort
from troth.journeys.news_words import date_words
from troth.journeys.say import Say
from troth.names import StatementId, Uri
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.things.intervals import FOREVER

__all__ = ["Contact", "Contacts", "Lapse", "words"]


class Lapse(StrEnum):
    """How a contact stands that needs a look."""

    DUE = "due"
    LAPSED = "lapsed"


class Contact(msgspec.Struct, frozen=True):
    """A contact that has to be reached again, by when (ns UTC), and what rests on it.

    Args:
        streams: for how many it answers.
        ordered: how many rest on a contract that was made with it.
        shared: whether people share with it.
    """

    organisation: Uri
    name: str
    contact: str
    reach_by_ns: int
    lapse: Lapse
    streams: int
    ordered: int
    shared: bool


class Contacts:
    """Finds them, warns, and says that one was reached. `to`: where whoever runs the place reads mail; None for nowhere."""

    def __init__(
        self, say: Say, mailing: Callable[[], Mailing], *, directory: Directory, clock: Clock, to: str | None
    ) -> None:
        self._say = say
        self._mailing = mailing
        self._directory = directory
        self._clock = clock
        self._to = to

    def due(self) -> tuple[Contact, ...]:
        """Those that lapse soon or have lapsed, the first to lapse first."""
        now = self._clock.now()
        ahead_ns = period_of(Rule.BEFORE_A_CONTACT_LAPSES, at_ns=now).days * DAY_NS
        bodies = [
            (body, body.reach_by_ns)
            for body in self._directory.organisations.values()
            if body.reach_by_ns is not None and body.reach_by_ns - ahead_ns <= now
        ]
        if not bodies:
            return ()
        answered, ordered = self._answered({body.organisation for body, _ in bodies})
        found = (
            Contact(
                body.organisation,
                body.name,
                body.contact,
                by_ns,
                Lapse.LAPSED if by_ns <= now else Lapse.DUE,
                answered[body.organisation],
                ordered[body.organisation],
                bool(sharers(body.organisation, self._directory, at_ns=now)),
            )
            for body, by_ns in bodies
        )
        resting = (each for each in found if each.streams or each.ordered or each.shared)
        return tuple(sorted(resting, key=lambda each: (each.reach_by_ns, each.organisation)))

    def others(self) -> tuple[OrganisationBody, ...]:
        """Every organisation that is not due, those that lapse first, then by name."""
        due = {each.organisation for each in self.due()}
        others = (each for each in self._directory.organisations.values() if each.organisation not in due)
        return tuple(sorted(others, key=lambda each: (each.reach_by_ns or FOREVER, each.name.casefold())))

    async def reached(self, organisation: Uri, *, until_ns: int) -> None:
        """Say that a contact was reached, and by when it has to be again. On return what it answers for goes on.

        Raises:
            NotFound: there is no such organisation here.
            Refused: the day is not to come.
        """
        known = self._directory.organisations.get(organisation)
        if known is None:
            raise NotFound("there is no such organisation here")
        if until_ns <= self._clock.now():
            raise Refused("a contact has to be reached again at a time that is still to come")
        now = self._clock.now()
        body: OrganisationBody = msgspec.structs.replace(known, reach_by_ns=until_ns, reached_ns=now, left=())
        await self._say.say(KindName.ORGANISATION, body, subject=organisation)

    async def warn(self) -> None:
        """Mail what is new among them, once each; forget what has been mended."""
        if self._to is None:
            return
        found = {_name(each): each for each in self.due()}
        await self._mailing().only(found)
        for name, each in found.items():
            lapsed = each.lapse is Lapse.LAPSED
            subject = "Nobody answers any more" if lapsed else "A contact has to be reached again"
            await self._mailing().once(name, self._to, subject, words(each))

    def items(self) -> tuple[Item, ...]:
        """The same as things to know: for the feed of whoever runs the place."""
        ahead_ns = period_of(Rule.BEFORE_A_CONTACT_LAPSES, at_ns=self._clock.now()).days * DAY_NS
        return tuple(
            Item(
                _name(each).hex(),
                Sort.CHANGED,
                f"{each.name}: {'nobody answers' if each.lapse is Lapse.LAPSED else 'reach them again'}",
                "",
                words(each),
                each.reach_by_ns if each.lapse is Lapse.LAPSED else each.reach_by_ns - ahead_ns,
                StatementId(b""),
            )
            for each in self.due()
        )

    def _answered(self, due: Collection[Uri]) -> tuple[Counter[Uri], Counter[Uri | None]]:
        """How many streams of things that stand each answers for, and how many rest on a contract with one of these."""
        now, found, ordered = self._clock.now(), Counter[Uri](), Counter[Uri | None]()
        for thing in self._directory.things.values():
            if thing.body.to_ns is None or now < thing.body.to_ns:
                found[thing.body.answers.organisation] += len(thing.streams)
                for each in thing.body.streams:
                    contract = each.contract
                    if contract is not None and contract.by in due and now < stands(contract).to_ns:
                        ordered[contract.by] += 1
        return found, ordered


def words(each: Contact) -> str:
    """What a warning says; no home and no person stands in it."""
    if not each.ordered:
        return _rests(each)
    said = _ordered(each)
    return f"{_rests(each)} {said}" if each.streams or each.shared else said


def _ordered(each: Contact) -> str:
    """Of what was ordered from it."""
    streams, till = _streams(each.ordered), date_words(each.reach_by_ns)
    rest = f"{streams} {'rests' if each.ordered == 1 else 'rest'} on a contract with {each.name} ({each.contact})."
    if each.lapse is Lapse.LAPSED:
        return f"{rest} It was to be reached again by {till}: nobody answers for what was ordered since."
    return f"{rest} Reach it by {till}, and say so: troth organisation reached. After that nobody answers for what was ordered."


def _streams(number: int) -> str:
    return "One stream" if number == 1 else f"{number} streams"


def _rests(each: Contact) -> str:
    """Of what it answers for, or of what is shared with it."""
    if not each.streams:
        till = date_words(each.reach_by_ns)
        lapsed = each.lapse is Lapse.LAPSED
        return (
            f"People share with {each.name} ({each.contact}). "
            + (f"It was to be reached again by {till}; nothing more can be shared with it." if lapsed else "")
            + ("" if lapsed else f"Reach it by {till}, and say so: troth organisation reached.")
            + ("" if lapsed else " After that nothing more can be shared with it.")
        )
    streams = _streams(each.streams).lower()
    if each.lapse is Lapse.LAPSED:
        return (
            f"{each.name} ({each.contact}) was to be reached again by {date_words(each.reach_by_ns)}. Nobody answers for "
            f"{streams} since, so nothing of that is collected or read, but by people themselves."
        )
    return (
        f"{each.name} ({each.contact}) answers for {streams}. Reach them by {date_words(each.reach_by_ns)}, and say so: "
        "troth organisation reached. After that nothing of it is collected or read, but by people themselves."
    )


def _name(each: Contact) -> bytes:
    said = f"{each.organisation}\x00{each.reach_by_ns}\x00{each.lapse}"
    return hashlib.sha256(b"troth/contact/v1\x00" + said.encode()).digest()[:16]
