"""The outer wording of every code: what an asker or a thing is told, and what can be done, in plain text.

Rules
- Never whose choice it was. Both sentences are the same for whoever asks and whoever is concerned: they follow from the code.

Source: gate.md, "Rules"; people.md, "Words".
"""

from collections.abc import Sequence
from typing import Final

from troth.gate.question import Code, Reason

__all__ = [
    "CAN_DO",
    "GROUND_WORDS",
    "RULES_SAID",
    "WORDS",
    "can_do",
    "ground_words",
    "of_joining",
    "outer",
    "outer_of",
    "spoken",
]

RULES_SAID: Final = 3  # 300 characters each: a reason stays one that is read, and fits into an answer of every door
WORDS: Final = {
    "unknown": "This thing, stream or party is not known here. Whoever runs this place can register it.",
    "too-weak": "Only an owner of the home, whoever runs this place, or a firm that they invite may do this.",
    "not-invited": "This firm is not invited to connect things there, or not any more.",
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
CAN_DO: Final = {  # behind "You can": true for whoever is told the code, a party as well as a thing
    "unknown": "ask whoever runs this place to register it",
    "too-weak": "ask an owner of the home, or whoever runs this place, to do it",
    "not-invited": "ask an owner of the home, or whoever runs this place, for an invitation",
    "not-shown": "look at its sheet again, and say yes to that one",
    "undeclared": "ask whoever runs this place to declare it",
    "unanswered": "ask whoever runs this place to reach the contact again",
    "not-yet": "wait until it begins",
    "red-line": "do without it, or ask for something else",
    "no-ground": "wait for the people concerned, or ask whoever runs this place what would allow it",
    "refused": "say better what it would give, and wait: who is asked can change their answer at any time",
    "withdrawn": "say better what it would give, and wait: who is asked can change their answer at any time",
    "expired": "agree on it anew, or ask whoever runs this place what would allow it",
    "objected": "ask for something else, or wait: an objection can be taken back at any time",
    "not-then": "go on with what is from other times",
    "place": "have it handled in another place, and have that registered",
    "policy": "read the rules, and ask whoever runs this place",
    "too-old": "go on with what is newer",
    "not-offered": "ask for something else, or ask whoever runs this place what this version can settle",
    "over": "read what it said before, or ask whoever runs this place to put it up again",
    "small-group": (
        "ask for something else, wait until more homes take part, or ask whoever runs this place which figures stand beside "
        "each other"
    ),
    "gatekeeper": "choose somebody else, or have the list put right where it is wrong",
    "withheld": "read why, and complain to the authority that is named",
    "wrong-type": "send it as the declared type",
    "ahead": "set the clock, and send it again",
    "before-installation": "send what is from after it was installed",
    "time-taken": "give each result a time of its own",
    "bad-time": "send it with a date, a time and a zone",
    "bad-payload": "send it in one of the documented forms",
    "too-large": "send less at once",
    "out-of-range": "look at the sensor, or have another range declared",
    "wrong-unit": "send it in the declared unit",
    "too-fast": "send it again later",
    "lease-ended": "ask again",
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


def can_do(code: str) -> str:
    """What whoever is told this code can do about it, as a sentence."""
    return f"You can {CAN_DO.get(code, 'ask whoever answers for the thing')}."


def of_joining(code: str) -> tuple[str, str]:
    """The same two for a thing that is looked at before it joins: nobody has been asked yet, so nobody is waited for."""
    if code == "no-ground":
        return (
            "Nothing that is declared for it can happen in this place.",
            "You can choose another place: what is for those who live with it needs a home, what concerns nobody a public one.",
        )
    return outer(code), can_do(code)


def spoken(code: str) -> str:
    """A code as a door says it in one line of text: the code, its sentence, and what can be done."""
    return f"{code}: {outer(code)} {can_do(code)}"


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
