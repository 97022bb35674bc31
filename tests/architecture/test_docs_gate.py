"""The page about the gate says what the gate says: every step, code and ground under its heading, in the same words."""

import re

import pytest

from tests.architecture.trees import ROOT
from troth.gate import decide
from troth.gate.question import Code, Ground, Step
from troth.gate.words import CAN_DO, GROUND_WORDS, WORDS, can_do, ground_words, outer

PAGE = (ROOT / "docs" / "reference" / "gate.md").read_text()


def parts(text: str, level: str) -> dict[str, str]:
    """What stands under each heading of this level."""
    pieces = re.split(rf"^{level} (.+)$", text, flags=re.MULTILINE)
    found = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    assert len(found) == len(pieces) // 2, "no heading stands twice"
    return found


def step_heading(step: Step) -> str:
    return f"{step.value} {step.name.lower().replace('_', ' ')}"


def plain(text: str) -> str:
    """Without the line breaks that prose may have anywhere."""
    return " ".join(text.split())


STEPS = [step_heading(step) for step in Step]


def test_the_headings_are_the_steps_in_order_and_then_the_codes() -> None:
    there = list(parts(PAGE, "##"))
    assert STEPS == there[: len(STEPS)]
    assert sorted(WORDS) == sorted(there[len(STEPS) :])


def test_every_code_of_the_gate_has_its_words() -> None:
    assert {code.value for code in Code} <= set(WORDS)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_a_codes_heading_quotes_its_outer_wording(code: str) -> None:
    assert f'"{outer(code)}"' in plain(parts(PAGE, "##")[code])


@pytest.mark.parametrize("code", sorted(CAN_DO))
def test_a_codes_heading_says_what_can_be_done(code: str) -> None:
    assert f'"{can_do(code)}"' in plain(parts(PAGE, "##")[code])


def test_the_grounds_are_headings_below_the_step_that_looks_for_them() -> None:
    grounded = parts(PAGE, "##")[step_heading(Step.GROUNDED)]
    assert [ground.value for ground in Ground] == list(parts(grounded, "###"))
    assert {ground.value for ground in Ground} == set(GROUND_WORDS)


@pytest.mark.parametrize("ground", list(Ground))
def test_a_grounds_heading_quotes_what_people_read(ground: Ground) -> None:
    assert f'"{ground_words(ground)}"' in plain(parts(PAGE, "###")[ground.value])


def test_the_function_that_decides_lists_the_same_steps() -> None:
    listed = plain(decide.__doc__ or "")
    assert " · ".join(STEPS).replace("7 safe", "7 safe (act only)") in listed


def test_a_missing_heading_would_be_seen() -> None:
    assert {"1 known": "\nx\n", "2 declared": "\n"} == parts("intro\n## 1 known\nx\n## 2 declared\n", "##")
    with pytest.raises(AssertionError, match="twice"):
        parts("## a\n## a\n", "##")
