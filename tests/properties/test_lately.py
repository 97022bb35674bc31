"""What was asked lately is handed on once a day each, however it is parted, and what was forgotten never is."""

from hypothesis import given
from hypothesis import strategies as st

from troth.gate.lately import QUESTIONS_MAX, Lately
from troth.gate.question import Action, Asker, Question
from troth.names import PersonId, PurposeId, StreamId, Uri
from troth.state.leaving import Leaving

DAY_NS = 86_400_000_000_000
STREAMS = [StreamId(bytes([number]) * 16) for number in range(5)]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 4), st.integers(0, 3)),
        st.tuples(st.just("fresh"), st.integers(1, 4), st.just(0)),
        st.tuples(st.just("forget"), st.integers(0, 4), st.just(0)),
    ),
    max_size=40,
)


def question(stream: StreamId, day: int) -> Question:
    asker = Asker(Uri("https://lab.example"), "app", PurposeId("urn:x:heat"))
    return Question(Action.READ, stream, asker, day * DAY_NS + 5)


@given(steps)
def test_each_question_is_handed_on_once_for_each_day_on_which_it_was_asked_last(
    plan: list[tuple[str, int, int]],
) -> None:
    lately = Lately()
    last: dict[StreamId, int] = {}  # the model: the day of the last asking, and the one handed on
    handed: dict[StreamId, int] = {}
    for what, number, day in plan:
        if what == "ask":
            lately.note(question(STREAMS[number], day))
            last[STREAMS[number]] = day
        elif what == "forget":
            lately.forget(Leaving(PersonId(bytes(16)), streams=(STREAMS[number],)))
            last.pop(STREAMS[number], None)
            handed.pop(STREAMS[number], None)
        else:
            due = {stream for stream, asked in last.items() if handed.get(stream) != asked}
            some = lately.fresh(at_most=number)
            assert len(some) <= number
            assert {each.stream for each in some} <= due | set(last)
            assert due <= {each.stream for each in some} or len(some) == number
            handed |= {each.stream: each.at_ns // DAY_NS for each in some}
            assert all(handed[each.stream] == last[each.stream] for each in some)
    rest = lately.fresh(at_most=QUESTIONS_MAX)
    handed |= {each.stream: each.at_ns // DAY_NS for each in rest}
    assert last == handed
    assert not lately.fresh(at_most=QUESTIONS_MAX)
    assert set(last) == {each.stream for each in lately.questions()}


def test_what_was_recalled_is_not_handed_on_again_before_another_day() -> None:
    lately = Lately()
    lately.recall([question(stream, 1) for stream in STREAMS])
    assert not lately.fresh(at_most=QUESTIONS_MAX)
    lately.note(question(STREAMS[0], 1))
    assert not lately.fresh(at_most=QUESTIONS_MAX)
    lately.note(question(STREAMS[0], 2))
    assert [STREAMS[0]] == [each.stream for each in lately.fresh(at_most=QUESTIONS_MAX)]


def test_of_too_many_the_one_not_asked_for_longest_goes() -> None:
    lately = Lately()
    for number in range(QUESTIONS_MAX + 3):
        lately.note(question(StreamId(number.to_bytes(16, "big")), 1))
    fresh = lately.fresh(at_most=2 * QUESTIONS_MAX)
    assert [number.to_bytes(16, "big") for number in range(3, QUESTIONS_MAX + 3)] == [each.stream for each in fresh]
