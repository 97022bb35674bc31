"""What a statement that a decision rests on says, in one sentence.

Source: people.md, "Words".
"""

from collections.abc import Mapping
from typing import Final

from troth.statements.choice import Decision

__all__ = ["statement_words"]


def statement_words(kind: str, by: str | None, decision: Decision | None) -> str:
    """What a statement that a decision rests on says, in one sentence."""
    if decision is not None:
        return "You said yes." if decision is Decision.GIVE else "You said no."
    who = by or "Whoever runs this place"
    return _STATEMENTS.get(kind, "{who} said something else.").format(who=who)


_STATEMENTS: Final[Mapping[str, str]] = {
    "passport": "{who} said what this kind of thing can sense.",
    "disclosure": "{who} said what is done with it, and for whom.",
    "installation": "{who} answers for this thing, at this place.",
    "home-installation": "{who} answers for this thing, in this home.",
    "installer": "A firm was invited to connect things.",
    "organisation": "{who} gave a name and an address.",
    "person": "You live here.",
    "membership": "You belong to this home.",
    "choice": "{who} answered for you.",
    "place-rule": "Somebody concerned said where it may not go.",
    "keeping": "{who} said where everything is kept.",
    "objection": "Somebody concerned objected, or took that back.",
    "sign": "{who} put up a sign with which people who pass can object.",
    "guardianship": "{who} said who speaks for a child.",
    "passing-objection": "Somebody who passed objected, or took that back.",
    "ground": "{who} said why this may happen, and what that rests on.",
    "home-ground": "{who} said why this may happen in this home.",
    "emergency": "An emergency was opened.",
    "home-emergency": "An emergency was opened in this home.",
    "share": "Somebody concerned shared it, or ended that.",
    "withholding": "{who} said that it may not be shared.",
    "share-request": "{who} asked for it.",
    "third-party": "Somebody concerned brought whom they share it with.",
    "third-party-refusal": "{who} refused somebody who was brought.",
    "erase-order": "Somebody was told to erase what they got.",
    "correction": "Somebody was told that something they got is said to be wrong.",
    "erased": "Somebody who is erased said something.",
}
