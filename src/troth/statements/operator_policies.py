"""Kind `operator-policies`: the rules of whoever runs this place, in Cedar, all of them in one text. Face: open.

Rules
- A later version takes the place of the former one as a whole; versions count 1, 2, 3 without gaps.
- Without a text there are no rules any more. Why they were changed is said in plain words.
- What is in the text is looked at by the gate when it is written (gate/policies/lint): a reader of the log needs no Cedar.

Source: gate.md, step 5; docs/decisions/0066-policies-only-forbid.md.
"""

from typing import Final

import msgspec

__all__ = ["POLICY_TEXT_MAX", "OperatorPoliciesBody"]

POLICY_TEXT_MAX: Final = (
    60_000  # bytes in UTF-8: the whole statement has 65,535 (formats.md), and the log holds the words
)


class OperatorPoliciesBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """All rules from now on. `because`: why they are as they are now; `text`: Cedar, absent where there are none."""

    version: int
    because: str
    text: str | None = None
    crit: tuple[str, ...] = ("version", "text")
