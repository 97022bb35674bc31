"""What an answer reaches at a later moment is what the gate says about each time then; longer days never reach less.

A lease is held while its edge moves. Whatever was chosen, and however long each purpose may use rows: the time of an
observation lies in the reach of a lease that still holds exactly where the same question, asked anew about that time, is not
denied; and never where it is older than every purpose that could answer may use.
"""

from typing import Final, NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.made_town import (
    HOUSE,
    MAKER,
    METER,
    RAW,
    RESEARCH,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.gate.question import Question, Verdict
from troth.names import PurposeId
from troth.spans import DAY_NS
from troth.statements.choice import Decision
from troth.things.intervals import covers

HOUR: Final = 60
LAST: Final = 24 * 8
hours = st.integers(0, LAST)
days = st.integers(0, 6)
LEAKS: Final = PurposeId("https://maker.example/leaks")


class Said(NamedTuple):
    """A choice: when, which, and from when on a yes counts."""

    at: int
    decision: Decision
    since: int | None


saids = st.lists(st.builds(Said, hours, st.sampled_from(Decision), st.none() | hours), max_size=4)


def asked(said: list[Said], own: int, leaks: int, research: int) -> tuple[Town, dict[str, Question]]:
    """A home with two purposes of its own and one of others, and who may ask."""
    made = Town()
    made.organisations(MAKER, SUPPLIER, UNIVERSITY)
    made.product()
    made.disclose(
        msgspec.structs.replace(purpose(LEAKS, view(RAW, "own")), retention_days=leaks),
        msgspec.structs.replace(purpose(HOUSE, view(RAW, "own")), retention_days=own),
        msgspec.structs.replace(purpose(RESEARCH, view(RAW, "choice"), to=(UNIVERSITY,)), retention_days=research),
        product=METER,
    )
    home = made.household("home")
    ana = made.person("Ana", home)
    stream = made.install(home)
    for each in sorted(said, key=lambda each: each.at):
        since = each.since if each.decision is Decision.GIVE and each.since is not None else None
        made.choose(
            ana,
            each.decision,
            stream,
            each.at * HOUR,
            since=None if since is None else min(since, each.at) * HOUR,
        )
    at = max([each.at for each in said], default=0) * HOUR
    return made, {
        "read": reads(stream, at),
        "read one's own": reads_own(stream, at, ana),
        "collect": collects(stream, at),
    }


@given(
    said=saids, own=days, leaks=days, research=days, later=st.integers(0, LAST * HOUR), data=st.integers(0, 2 * LAST)
)
def test_what_a_lease_reaches_is_what_would_be_answered(
    said: list[Said], own: int, leaks: int, research: int, later: int, data: int
) -> None:
    made, questions = asked(said, own, leaks, research)
    longest = {"read": research, "read one's own": max(own, leaks), "collect": max(own, leaks, research)}
    for name, question in questions.items():
        lease = made.lease(question)
        now, time_ns = question.at_ns + ns(later) - ns(0), ns(data * HOUR)
        if not lease.holds(now):
            continue
        anew = made.ask(msgspec.structs.replace(question, at_ns=now, data_ns=time_ns))
        reached = covers(lease.answer.reach(now), time_ns)
        assert reached == (anew.verdict is not Verdict.DENY)
        assert not reached or time_ns >= now - longest[name] * DAY_NS


@given(said=saids, own=days, leaks=days, research=days, more=days, later=st.integers(0, LAST * HOUR))
def test_more_days_never_reach_less(
    said: list[Said], own: int, leaks: int, research: int, more: int, later: int
) -> None:
    made, questions = asked(said, own, leaks, research)
    other, same = asked(said, own + more, leaks + more, research + more)
    for name, question in questions.items():
        now = question.at_ns + ns(later) - ns(0)
        less, much = made.ask(question).reach(now), other.ask(same[name]).reach(now)
        for hour in range(0, 2 * LAST, 3):
            assert covers(much, ns(hour * HOUR)) or not covers(less, ns(hour * HOUR))
