"""Which statements are compared with each other, so that one waits until the other counts, before it is checked itself.

Rules
- What is measured by what holds in its place (a disclosure, a passport, an organisation, where data are kept, rules, red lines,
  assertions) is measured by what was said before it, never by what that replaces.
- A disclosure and a passport wait for the things of their product that join at this moment, and these for them: what people are
  told of one was measured by the other. Things do not wait for each other, thousands of them join at once; but one that names a
  gateway waits for what is said of that, and that for it, and what names the same stream waits, too.
- Those that wait stand in order: what contradicts something that came before it waits behind that, also where that waits too.
  So nobody who comes later overtakes, and everything waits for what came earlier alone.
- What people say of themselves waits for nothing here.

Source: docs/decisions/0110-what-contradicts-waits.md.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from troth.names import StatementId
from troth.statements.disclosure import DisclosureBody
from troth.statements.emergency import EmergencyBody
from troth.statements.ground import GroundBody
from troth.statements.installation import InstallationBody
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import Body
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.red_line import RedLineBody
from troth.statements.statement import Statement

__all__ = ["OnTheirWay"]

_About: TypeAlias = tuple[str, bytes | str]  # what something is about: of which sort, and which one


_Waiting: TypeAlias = defaultdict[_About, OrderedDict[int, None]]  # the numbers of those that wait, the first first


class OnTheirWay:
    """Statements that were checked and do not count yet, and those that wait for them, each in order. Owner: the event loop."""

    def __init__(self) -> None:
        self._going: dict[StatementId, Statement] = {}
        self._said: Counter[_About] = Counter()
        self._read: Counter[_About] = Counter()
        self._numbers = 0
        self._will_say: _Waiting = defaultdict(OrderedDict)
        self._will_read: _Waiting = defaultdict(OrderedDict)

    def statements(self) -> Collection[Statement]:
        """All of them."""
        return self._going.values()

    def add(self, statement: Statement) -> None:
        """One was checked."""
        if statement.signed.id not in self._going:
            self._going[statement.signed.id] = statement
            self._said.update(_says(statement.body))
            self._read.update(_reads(statement.body))

    def drop(self, id_: StatementId) -> None:
        """One counts, or will not; the second time changes nothing."""
        statement = self._going.pop(id_, None)
        if statement is not None:
            self._said -= Counter(_says(statement.body))
            self._read -= Counter(_reads(statement.body))

    @contextmanager
    def waiting(self, several: Sequence[Statement]) -> Iterator[int]:
        """Inside, these wait together, behind all that wait already; gives their number."""
        self._numbers += 1
        number = self._numbers
        places = [(self._will_say, about) for each in several for about in _says(each.body)]
        places += [(self._will_read, about) for each in several for about in _reads(each.body)]
        for waiting, about in places:
            waiting[about][number] = None
        try:
            yield number
        finally:
            for waiting, about in places:
                if about in waiting:
                    waiting[about].pop(number, None)
                    if not waiting[about]:
                        del waiting[about]

    def before(self, several: Iterable[Statement], *, number: int | None = None) -> bool:
        """Whether one of these is to be checked only once something that is on its way, or waits before it, counts.

        `number`: theirs, if they wait; what does not wait yet comes after all that do.
        """
        return bool(self._going or self._will_say or self._will_read) and any(
            any(about in self._said or _waits_before(self._will_say, about, number) for about in _reads(each.body))
            or any(about in self._read or _waits_before(self._will_read, about, number) for about in _says(each.body))
            for each in several
        )


def _waits_before(waiting: _Waiting, about: _About, number: int | None) -> bool:
    """Whether somebody waits for this before whoever has that number."""
    numbers = waiting.get(about)
    if not numbers:
        return False
    return number is None or next(iter(numbers)) < number


def _says(body: Body) -> frozenset[_About]:
    """What a statement changes."""
    match body:
        case DisclosureBody() | PassportBody():
            return frozenset({("product", body.product)})
        case InstallationBody():
            streams = (("stream", each.stream) for each in body.streams)
            return frozenset({("joining", body.product), ("thing", body.thing), *streams})
        case OrganisationBody():
            return frozenset({("party", body.organisation)})
        case GroundBody() | EmergencyBody():
            return frozenset({("assertion", bytes(body.assertion))})
        case KeepingBody() | OperatorPoliciesBody() | RedLineBody():
            return frozenset({("place", type(body).__name__)})
        case _:
            return frozenset()


def _reads(body: Body) -> frozenset[_About]:
    """What it is compared with."""
    match body:
        case DisclosureBody():
            lines: _About = ("place", RedLineBody.__name__)
            return frozenset({("product", body.product), ("joining", body.product), lines})
        case PassportBody():
            return frozenset({("product", body.product), ("joining", body.product)})
        case InstallationBody():
            through = () if body.gateway is None else (("thing", body.gateway.thing),)
            streams = (("stream", each.stream) for each in body.streams)
            return frozenset({("product", body.product), *through, *streams})
        case _:
            return _says(body)
