"""Shares that have ended unused are found by name: as in a dictionary, and without looking at each."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from troth.names import ShareId
from troth.state.cut_shares import CutShare, cut_ns, with_cut

SHARES: Final = st.binary(min_size=1, max_size=2).map(ShareId)


@given(st.lists(st.tuples(SHARES, st.integers(0, 9))), SHARES)
def test_it_is_a_dictionary_in_which_the_first_end_counts(said: list[tuple[ShareId, int]], asked: ShareId) -> None:
    kept: tuple[CutShare, ...] = ()
    model: dict[ShareId, int] = {}
    for share, at_ns in said:
        kept = with_cut(kept, share, at_ns)
        model.setdefault(share, at_ns)
    assert sorted(model.items()) == [(each.share, each.at_ns) for each in kept]
    assert model.get(asked) == cut_ns(kept, asked)


class Counted(bytes):
    """A name that counts how often names are compared with it."""

    compared = 0

    def __gt__(self, other: bytes) -> bool:
        Counted.compared += 1
        return super().__gt__(other)


def test_of_ten_thousand_few_are_looked_at() -> None:
    kept = tuple(CutShare(ShareId(number.to_bytes(16)), number) for number in range(10_000))
    assert 7_777 == cut_ns(kept, ShareId(Counted((7_777).to_bytes(16))))
    assert 0 < Counted.compared <= 14
