"""Looking at a disclosure says which of its figures would not be given beside another one; the gate agrees."""

from typing import Final

import msgspec
import pytest

from tests.journeys.test_small_groups import STUDY, TOGETHER, lanes
from tests.journeys.test_two_figures import HOURLY, LATER, both
from troth.journeys.lint import Weight
from troth.journeys.lint_figures import figures_beside
from troth.names import PurposeId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.statements.organisation import ANYONE, OrganisationBody
from troth.testing.people import RESEARCH

__all__ = ["lanes"]  # the fixture

ROUNDED: Final = "mean=PT15M,round=5,homes=3"
MORE: Final = "mean=PT15M,homes=4"
LAB, MILL, CLASS = Uri("https://lab.example/"), Uri("https://mill.example/"), Uri("urn:troth:class:water-board")


@pytest.mark.parametrize(
    ("other", "for_all", "beside"),
    [(LATER, False, True), (HOURLY, False, True), (MORE, False, True), (ROUNDED, False, False), (LATER, True, True)],
)
def test_it_is_named_where_the_gate_does_not_give_it(lanes: object, other: str, *, for_all: bool, beside: bool) -> None:
    four = both(lanes, other, for_all=for_all)
    for _ in range(4):
        four.quarter(1.0, 2.0, 6.0, 3.0)
    four.world.advance(3 * 3_600)
    refused = four.reads(0, RESEARCH if for_all else STUDY) == "small-group"
    (disclosed, _) = next(iter(four.world.node.directory.disclosures.values()))
    found = four.world.node.grounding.tellings.lint.look(disclosed)
    notes = [each for each in found if each.code == "figure-beside"]
    assert beside == refused == bool(notes)
    assert all(each.weight is Weight.NOTE for each in notes)
    for each in notes:
        assert f"{other} of “" in each.words.partition(" is never given")[0]
        assert "decision 98" in each.words


def use(view: str, *recipients: Uri, name: str = "urn:x:study") -> DisclosedPurpose:
    views = tuple(DisclosedVariant(each, "choice") for each in view.split(" "))
    return DisclosedPurpose(PurposeId(name), f"For {name}", "unknown", recipients, views, 30)


def noted(*uses: DisclosedPurpose, group_size: int | None = None) -> list[str]:
    parties = {
        LAB: OrganisationBody(LAB, "Lab", "mailto:a@lab.example", classes=(CLASS,)),
        MILL: OrganisationBody(MILL, "Mill", "mailto:a@mill.example"),
    }
    stream = DisclosedStream("flow", uses, group_size=group_size)
    return [each.purpose for each, _ in figures_beside(stream, parties)]


def test_it_is_a_matter_of_who_gets_both() -> None:
    first, later = use(TOGETHER, LAB), use(HOURLY, MILL, name="urn:x:later")
    by_class = msgspec.structs.replace(later, recipients=(CLASS,))
    to_anybody = msgspec.structs.replace(later, recipients=(ANYONE,))
    assert [] == noted(first, later), "two parties"
    assert ["urn:x:later"] == noted(first, by_class), "one of the class is registered"
    assert [] == noted(msgspec.structs.replace(first, recipients=(MILL,)), by_class)
    assert ["urn:x:study"] == noted(first, to_anybody), "what is for anybody comes first"


def test_a_fine_and_a_coarse_figure_of_one_purpose_are_two_and_a_view_of_one_home_is_none() -> None:
    assert ["urn:x:study"] == noted(use(f"{TOGETHER} {HOURLY}", LAB))
    assert [] == noted(use(f"mean=PT15M {HOURLY}", LAB))
    assert [] == noted(use(TOGETHER, LAB), use(MORE, LAB, name="urn:x:more"), group_size=4), "of as many at least"
    assert ["urn:x:more"] == noted(use(TOGETHER, LAB), use(MORE, LAB, name="urn:x:more"))
