"""Every case over every path: none shows more than another, in rows, counts, codes or bytes (promise R5)."""

from collections.abc import Iterator

import pytest

from tests.hostile.cases import CASES, View
from tests.hostile.paths import PATHS, Heard
from tests.hostile.street import Street

# Pages show values and no status of a stream, and persons alone have archives (both below); of the oracles none is offered to
# anybody.
BLIND = {"pages", "oracles", "exported"}


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    street = Street()
    yield street
    street.world.close()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("path", PATHS)
def test_no_path_shows_more_than_the_case_allows(street: Street, path: str, case: str) -> None:
    asking = street.cases[case]
    heard = Heard(asking)
    assert [] == [*PATHS[path](asking, heard), *heard.leaks()]


@pytest.mark.parametrize("path", sorted(PATHS.keys() - BLIND))
def test_each_path_would_see_it_if_more_were_shown(street: Street, path: str) -> None:
    asking = street.cases["a recipient with a yes"]
    allowed = asking.case
    asking.case = allowed._replace(view=View.NOTHING, sees=())
    try:
        heard = Heard(asking)
        assert [*PATHS[path](asking, heard), *heard.leaks()]
    finally:
        asking.case = allowed


def test_the_pages_of_somebody_who_may_not_would_be_seen_to_show_a_value(street: Street) -> None:
    asking = street.cases["who lives there"]
    allowed = asking.case
    asking.case = allowed._replace(sees=())
    try:
        heard = Heard(asking)
        assert [] == [*PATHS["pages"](asking, heard)]
        assert [*heard.leaks()]
    finally:
        asking.case = allowed


@pytest.mark.parametrize("case", ["who lives there", "a guardian, of what was kept private for the child"])
def test_an_archive_would_be_seen_to_hold_too_much(street: Street, case: str) -> None:
    asking = street.cases[case]
    allowed = asking.case
    asking.case = allowed._replace(view=View.NOTHING, sees=())
    try:
        heard = Heard(asking)
        wrong = [*PATHS["exported"](asking, heard)]
        assert wrong[0].startswith(f"observations/{asking.number}.csv has [{{")
        assert any("names the thing" in each for each in wrong)
        assert [*heard.leaks()]
    finally:
        asking.case = allowed
