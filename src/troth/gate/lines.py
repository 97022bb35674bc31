"""Red lines: which use crosses one that is in force, and whether a line may be drawn or taken back. Pure.

Rules
- A line is in force in [from_ns, to_ns). A use crosses it when it meets every list of the line; one value meets a list.
- A read is by whoever asks, and under a purpose that is open to anyone also by anyone. What is collected for a purpose goes to
  all its recipients: a line about recipients stops it when none is left. A disclosure crosses it with a single one.
- A line is taken back with the notice it was drawn with; what it forbids never changes.

Source: gate.md, step 2; docs/decisions/0017-what-a-red-line-names.md.
"""

from collections.abc import Sequence

import msgspec

from troth.errors import Conflict, CrossesRedLine, Refused
from troth.gate.question import ANYONE, Asker
from troth.names import PurposeId, StatementId, Uri
from troth.spans import DAY_NS
from troth.state.scopes import StandingLine
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.red_line import RedLineBody
from troth.things.intervals import FOREVER

__all__ = ["barring", "check_disclosure", "check_line", "crossed_by", "next_turn"]


def crossed_by(
    lines: Sequence[StandingLine],
    stream: PassportStream,
    *,
    purpose: DisclosedPurpose,
    asker: Asker | None,
    at_ns: int,
) -> tuple[StatementId, ...]:
    """Statements of the lines in force that this use crosses. `asker`: who would read; None when it would be collected."""
    found = []
    for each in _standing(lines, at_ns):
        if not _meets(each.body, stream, purpose=purpose.purpose):
            continue
        barred = [party in each.body.recipients for party in _parties(purpose, asker)]
        enough = all(barred) if asker is None else any(barred)
        if not each.body.recipients or (barred and enough):
            found.append(each.statement)
    return tuple(found)


def barring(
    lines: Sequence[StandingLine], stream: PassportStream, *, purpose: DisclosedPurpose, at_ns: int
) -> tuple[StandingLine, ...]:
    """The lines in force that declaring this use crosses: a single recipient is enough."""
    return tuple(
        each
        for each in _standing(lines, at_ns)
        if _meets(each.body, stream, purpose=purpose.purpose)
        and (not each.body.recipients or any(party in each.body.recipients for party in purpose.recipients))
    )


def next_turn(lines: Sequence[StandingLine], at_ns: int) -> int:
    """The first moment after now at which a line begins or ends; FOREVER if none does."""
    return min((turn for each in lines for turn in (each.body.from_ns, each.to_ns) if turn > at_ns), default=FOREVER)


def check_disclosure(
    body: DisclosureBody, passport: PassportBody | None, *, lines: Sequence[StandingLine], at_ns: int
) -> None:
    """Return if no use that a disclosure declares crosses a line in force.

    Raises:
        CrossesRedLine: one does.
    """
    declared = {} if passport is None else {each.name: each for each in passport.streams}
    for stream in body.streams:
        known = declared.get(stream.name)
        if known is None:
            continue
        for purpose in stream.purposes:
            for each in barring(lines, known, purpose=purpose, at_ns=at_ns):
                raise CrossesRedLine(f"this crosses a red line of this place: {each.body.never}")


def check_line(body: RedLineBody, known: StandingLine | None, *, at_ns: int) -> None:
    """Return if a line may be drawn, or said again, now.

    Raises:
        Refused: it is taken back with too little notice, or before it was drawn.
        Conflict: it has ended, or says another thing than the one of its name.
    """
    if known is None:
        if body.to_ns is not None:
            raise Refused("a red line is drawn before it is taken back")
        return
    if known.to_ns <= at_ns:
        raise Conflict("this red line has ended; draw a new one")
    if _content(body) != _content(known.body):
        raise Conflict("what a red line forbids never changes; draw another one")
    notice = at_ns + body.notice_days * DAY_NS
    if body.to_ns is not None and body.to_ns < min(notice, known.to_ns):
        raise Refused(f"this red line ends at least {body.notice_days} days after that is said")


def _content(body: RedLineBody) -> RedLineBody:
    return msgspec.structs.replace(body, to_ns=None, because=None, crit=())


def _standing(lines: Sequence[StandingLine], at_ns: int) -> list[StandingLine]:
    return [each for each in lines if each.body.from_ns <= at_ns < each.to_ns]


def _meets(line: RedLineBody, stream: PassportStream | None, *, purpose: PurposeId) -> bool:
    """All lists but the recipients."""
    return stream is not None and (
        (not line.senses or stream.senses in line.senses)
        and (not line.properties or stream.property in line.properties)
        and (not line.purposes or purpose in line.purposes)
    )


def _parties(purpose: DisclosedPurpose, asker: Asker | None) -> tuple[Uri, ...]:
    """Who would get it; nobody for somebody's own."""
    if asker is None:
        return purpose.recipients
    if asker.person is not None:
        return ()
    return (asker.party,) if asker.party in purpose.recipients else (asker.party, ANYONE)
