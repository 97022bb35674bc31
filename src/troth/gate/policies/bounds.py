"""How long and how nested the text of rules may be, looked at before Cedar reads it. Pure.

Rules
- Cedar's reader calls itself for each level of nesting, and a text that nests too deeply ends the whole process (cedarpy
  4.12: 2,000 `if`, 5,000 brackets or members, inside a limit of 60,000 bytes). So a text is counted first, by its marks alone.
- What is in quotation marks or a comment counts for nothing. A mark that Cedar does not have is refused here.

Source: Cedar 4, "Grammar" (docs.cedarpolicy.com); tests/faults/test_policy_texts.py runs each shape at its limit.
"""

import re
from typing import Final

from troth.errors import BadPolicies
from troth.statements.operator_policies import POLICY_TEXT_MAX

__all__ = ["DEPTH_MAX", "LINKS_MAX", "RULES_MAX", "split"]

RULES_MAX: Final = 500  # as many as an operator can read; 100 is what is promised to be quick (promises.md, P5)
DEPTH_MAX: Final = 16  # brackets within brackets
LINKS_MAX: Final = 100  # marks of one rule by which an expression grows inwards: operators, members, `if`
_MARK: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+)"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>;)|(?P<link>&&|\|\||==|!=|<=|>=|[-.<>!+*])|(?P<plain>::|[,:@?=])""",
    re.ASCII | re.DOTALL,
)
_LINKING: Final = frozenset({"if", "then", "else", "in", "has", "like", "is"})


def split(text: str) -> tuple[str, ...]:
    """The text of each rule, which Cedar may read; what stands behind the last one is one more, unless it says nothing.

    Raises:
        BadPolicies: it is too long, has too many rules, nests too deeply, or holds what is no mark of Cedar.
    """
    if len(text.encode()) > POLICY_TEXT_MAX:
        raise BadPolicies(f"the text of all rules has at most {POLICY_TEXT_MAX} bytes")
    found_rules: list[str] = []
    at = depth = links = begins = 0
    words = False  # since the last rule, beside comments
    while at < len(text):
        found = _MARK.match(text, at)
        if found is None:
            raise BadPolicies(f"line {text.count(chr(10), 0, at) + 1}: this is no mark of Cedar, or a text has no end")
        at = found.end()
        kind = found.lastgroup
        words = words or kind != "skip"
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "end":
            found_rules.append(text[begins:at])
            begins, depth, links, words = at, 0, 0, False
        elif kind == "link" or (kind == "word" and found.group() in _LINKING):
            links += 1
        if not 0 <= depth <= DEPTH_MAX or links > LINKS_MAX:
            line = text.count("\n", 0, at) + 1
            if depth < 0:
                raise BadPolicies(f"line {line}: a bracket is closed that was not opened")
            raise BadPolicies(f"line {line}: this rule is too long or too nested; write several rules instead of it")
    if len(found_rules) > RULES_MAX:
        raise BadPolicies(f"there are at most {RULES_MAX} rules")
    return (*found_rules, text[begins:]) if words else tuple(found_rules)
