"""Texts of rules that would end a process: Cedar's reader calls itself, and what nests too deeply is refused before it.

Each shape is read in a process of its own, at the most that is allowed; one that ended would end the node.
"""

import subprocess
import sys
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadPolicies
from troth.gate.policies.bounds import DEPTH_MAX, LINKS_MAX, RULES_MAX, split
from troth.gate.policies.reading import read_rules
from troth.statements.operator_policies import POLICY_TEXT_MAX

WAIT_S: Final = 60
SHAPES: Final = {  # what stands `n` times, and how much of what is counted each time brings
    "brackets": ("(" * DEPTH_MAX + "true" + ")" * DEPTH_MAX, "(" * (DEPTH_MAX + 1) + "true" + ")" * (DEPTH_MAX + 1)),
    "lists": ("[" * DEPTH_MAX + "]" * DEPTH_MAX + " == []", "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1) + " == []"),
    "records": (
        "{a: " * DEPTH_MAX + "1" + "}" * DEPTH_MAX + " == 1",
        "{a: " * (DEPTH_MAX + 1) + "1" + "}" * (DEPTH_MAX + 1),
    ),
    "if": (
        "if true then true else " * (LINKS_MAX // 3) + "true",
        "if true then true else " * (LINKS_MAX // 3 + 1) + "true",
    ),
    "and": ("true && " * LINKS_MAX + "true", "true && " * (LINKS_MAX + 1) + "true"),
    "members": ("resource" + ".x" * LINKS_MAX, "resource" + ".x" * (LINKS_MAX + 1)),
    "plus": ("1 + " * (LINKS_MAX - 1) + "1 > 1", "1 + " * LINKS_MAX + "1 > 1"),
    "indices": ("resource" + '["x"]' * 60, "resource" + "[resource" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1)),
}
READ: Final = """
import sys
from troth.gate.policies.lint import Registered, lint
print(len(lint(sys.stdin.read(), Registered((), (), bool))))
"""


def rule(expr: str) -> str:
    return f'@id("r") @cites("x") @says("y") forbid(principal, action, resource) when {{ {expr} }};'


@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_at_the_limit_is_read_in_a_small_stack_and_one_above_is_refused(shape: str) -> None:
    within, beyond = SHAPES[shape]
    done = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -s 1024 && exec "{sys.executable}" -c "$0"', READ],
        input=rule(within[: POLICY_TEXT_MAX // 2]),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-400:]
    with pytest.raises(BadPolicies, match="too long or too nested"):
        read_rules(rule(beyond))


@pytest.mark.parametrize("text", [")" * 20_000 + "(" * 20_000, "}{" * 10_000, "];[" * 9_000 + ";"])
def test_what_is_closed_before_it_is_opened_buys_no_depth(text: str) -> None:
    with pytest.raises(BadPolicies, match="a bracket is closed that was not opened"):
        read_rules(text)


def test_as_many_rules_as_fit_are_read_and_one_more_is_refused() -> None:
    one = 'forbid(principal,action,resource)when{resource.senses=="x"};'
    assert RULES_MAX == len(read_rules(one * RULES_MAX))
    with pytest.raises(BadPolicies, match="at most 500 rules"):
        read_rules(one * (RULES_MAX + 1))
    with pytest.raises(BadPolicies, match="at most 60000 bytes"):
        split("é" * (POLICY_TEXT_MAX // 2 + 1))


PARTS: Final = (
    *'(){}[];:,.@"\\/!=<>&|?-+* \n\0é1',
    *(
        "forbid(principal, action, resource)",
        " when { ",
        "resource.x",
        " && ",
        "if",
        "true",
        "//",
        "@id",
        "permit",
        "has",
    ),
)


@given(st.lists(st.sampled_from(PARTS), max_size=80).map("".join))
def test_any_text_is_rules_or_is_refused(text: str) -> None:
    refused = ""
    try:
        read_rules(text)
    except BadPolicies as error:
        refused = error.message
    assert refused or "forbid" in text or "permit" in text or not text.strip() or "//" in text
