"""The outer wording of every code: what an asker or a thing is told, in plain text. Never whose choice it was.

Source: gate.md, "Rules"; people.md, "Words".
"""

from collections.abc import Sequence
from typing import Final

from troth.gate.question import Code, Reason

__all__ = ["GROUND_WORDS", "RULES_SAID", "WORDS", "ground_words", "outer", "outer_of"]

RULES_SAID: Final = 3  # 300 characters each: a reason stays one that is read, and fits into an answer of every door
WORDS: Final = {
    "unknown": "This thing, stream or party is not known here. Whoever runs this place can register it.",
    "too-weak": "Only whoever runs this place, or installs things for them, may do this.",
    "not-shown": "What this thing would do here was not shown before, or has changed since. Look at its sheet again.",
    "undeclared": "Nobody has declared this use. What is not declared does not happen here.",
    "unanswered": "Nobody answers for this at the moment: the contact that is named has to be reached again first.",
    "not-yet": "This use has been announced and has not begun.",
    "red-line": "This never happens here: whoever runs this place has drawn a red line, and no choice unlocks it.",
    "no-ground": "Nothing allows this now. It may become possible when the people concerned agree.",
    "refused": "There is no agreement to this.",
    "withdrawn": "There is no agreement to this any more.",
    "expired": "What allowed this has ended.",
    "objected": "There is an objection to this.",
    "not-then": "This is from a time at which nothing allowed it.",
    "place": "It would go to a place where it may not go.",
    "policy": "A rule of this place does not allow this.",
    "too-old": "This is so old that the time for which it may be kept is over.",
    "not-offered": "This version cannot settle this question, so the answer is no.",
    "over": "This thing is over here: nothing more is taken from it.",
    "small-group": "This would point at too few people.",
    "gatekeeper": "This party is a designated gatekeeper. The law lets nobody share with it here (Data Act, Article 5(3)).",
    "withheld": "The holder of these data says that they may not be shared now, and why: that is public, and has an end.",
    "wrong-type": "The result is not of the declared type.",
    "ahead": "The time of this observation lies more than 60 seconds ahead of the clock here.",
    "before-installation": "The time of this observation lies before the thing was installed.",
    "time-taken": "Another result is kept for this stream and time.",
    "bad-time": "The time cannot be read; it needs a date, a time and a zone.",
    "bad-payload": "The payload cannot be read as one of the documented forms.",
    "too-large": "The payload is larger than allowed.",
    "out-of-range": "The result lies outside the declared range.",
    "wrong-unit": "The unit that was named is not the declared one, and cannot be converted into it.",
    "too-fast": "This thing has sent more in a short time than one thing may.",
    "lease-ended": "The answer this rested on has ended.",
}


GROUND_WORDS: Final = {
    "choice": "because everybody concerned said yes",
    "contract": "part of what you ordered",
    "settled": "agreed with those who speak for you",
    "objectable": "you may object",
    "required": "required by law",
    "urgent": "emergency",
    "own": "your own",
    "nobody": "concerns no one",
}


def ground_words(ground: str) -> str:
    """Why something is allowed, as people read it."""
    return GROUND_WORDS.get(ground, "a reason this version does not know")


def outer(code: str) -> str:
    """The plain sentence for a code."""
    return WORDS.get(code, "The answer is no.")


def outer_of(reasons: Sequence[Reason], *, otherwise: Code) -> tuple[Code, str]:
    """The code of a no and its plain sentence; a rule of the place says in its own words what it forbids.

    Rules are open and speak of nobody's choice, so their words are outer ones; of many, the first RULES_SAID.
    """
    why = next((each for each in reasons if each.code is not None), None)
    if why is None or why.code is None:
        return otherwise, outer(otherwise)
    said = [outer(why.code), *(each.says for each in why.rules[:RULES_SAID])]
    more = len(why.rules) - RULES_SAID
    if more > 0:
        said.append(f"And {more} more {'rule' if more == 1 else 'rules'}.")
    return why.code, " ".join(said)
