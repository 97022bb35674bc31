"""What rules of a place are asked and answered with; the command line fills in the same forms.

Source: docs/reference/api.md.
"""

from typing import Annotated

import msgspec

from troth.gate.question import NamedRule
from troth.statements.operator_policies import POLICY_TEXT_MAX

__all__ = [
    "ForceForm",
    "InForceShown",
    "LookForm",
    "LookShown",
    "RulesShown",
    "SchemaShown",
    "ShorterShown",
    "UseShown",
    "WrongShown",
]

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=POLICY_TEXT_MAX)]


class LookForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Look at rules, as text in Cedar; without a text, at having none any more."""

    text: Text | None = None


class ForceForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Put rules in force that were looked at; `look` is what looking gave, in hex."""

    look: str
    because: Sentence
    text: Text | None = None
    even_essential: bool = False


class WrongShown(msgspec.Struct, frozen=True):
    """What is wrong with a rule, by its name; "" for the whole text."""

    rule: str
    wrong: str


class RulesShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rules in force. `version` 0 where none were ever stated; `statement` in hex.

    `wrong`: what would be wrong with them if they were said today; they hold nevertheless.
    """

    version: int
    rules: tuple[NamedRule, ...]
    text: str | None = None
    because: str | None = None
    since: str | None = None
    statement: str | None = None
    wrong: tuple[WrongShown, ...] = ()


class UseShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A use that would be stopped (`stopped`), or let through; by which rules. `asked`: it was lately; `could`: be shared.

    `home`: it is about things in homes, of which no more is told; `place`: in public, where.
    """

    action: str
    party: str
    what_for: str
    product: str
    stream: str
    view: str
    ground: str
    stopped: bool
    rules: tuple[NamedRule, ...]
    asked: bool
    home: bool = False
    place: str = ""
    app: str = ""
    essential: bool = False
    function: str | None = None
    could: bool = False


class ShorterShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would be kept for `after` days instead of `before`; older rows are deleted then."""

    product: str
    stream: str
    before: int
    after: int
    home: bool = False
    place: str = ""


class LookShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a look. Without `look` something is wrong, and nothing was tried.

    Args:
        look: in hex; by it these rules are put in force.
        version: which they would be.
        asked, declared, shareable: how many different uses were tried: asked lately, declared, and what people could share;
            `more_shareable`: there is more that they could.
        more: how many uses beside those in `changes` would change.
        idle: names of rules that none of them meets.
        timed: names of rules that depend on the time; they were tried as they are now.
    """

    version: int
    rules: tuple[NamedRule, ...]
    wrong: tuple[WrongShown, ...] = ()
    look: str | None = None
    asked: int = 0
    declared: int = 0
    shareable: int = 0
    more_shareable: bool = False
    changes: tuple[UseShown, ...] = ()
    more: int = 0
    shorter: tuple[ShorterShown, ...] = ()
    idle: tuple[str, ...] = ()
    timed: tuple[str, ...] = ()
    stops_essential: bool = False


class InForceShown(msgspec.Struct, frozen=True):
    """The version that holds now."""

    version: int


class SchemaShown(msgspec.Struct, frozen=True):
    """What a rule may speak of, in Cedar's own language."""

    schema: str
