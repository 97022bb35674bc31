"""Errors in the words of pages: what happened, what it means, and what one can do.

Rules
- What is not there and what is not for whoever asks read the same.
- A denial says what decided and what can be done.

Source: people.md, "Rules" and "Words". For programs the words are those of wire/problems.
"""

from typing import Final

import msgspec

from troth.errors import Denied, TrothError, WrongToken
from troth.gate.question import Code
from troth.web.saying import can_do, no_because

__all__ = ["ProblemPage", "broken_page", "method_page", "problem_page"]


class ProblemPage(msgspec.Struct, frozen=True):
    """One page about something that did not work. `hint` says what can be done; `incident` what to look for.

    `sign_in`: coming in again is what can be done.
    """

    title: str
    detail: str
    hint: str = ""
    incident: str = ""
    sign_in: bool = False


_NOTHING: Final = ProblemPage(
    "There is nothing here",
    "Perhaps there never was, perhaps it has gone, perhaps it is not for you to see. All three look the same, as they should.",
    "If it is about your own home, open your link first; then try again.",
)
_WORDS: Final = {  # code: title, what it means (the error's own sentence where empty)
    "not-found": (_NOTHING.title, _NOTHING.detail),
    "bad-path": (_NOTHING.title, _NOTHING.detail),
    "bad-name": (_NOTHING.title, _NOTHING.detail),
    "wrong-token": ("You are not recognised here", ""),
    "conflict": ("This has changed meanwhile", ""),
    "too-large": ("That was too much", ""),
    "wrong-host": ("Not under this name", ""),
    "wrong-kind": ("This cannot be read", ""),
    "malformed": ("This cannot be read", ""),
    "unavailable": ("Not ready yet", ""),
    "busy": ("Too much at once", ""),
    "refused": ("A rule says no", ""),
}


def problem_page(error: TrothError, *, title: str = "") -> ProblemPage:
    """The page for an error. `title`: where a page knows better than the code what did not work."""
    page = _page(error)
    return msgspec.structs.replace(page, title=title) if title else page


def _page(error: TrothError) -> ProblemPage:
    if isinstance(error, Denied):
        return ProblemPage(
            f"No, because {no_because(error.reason_code)}",
            error.message
            if error.reason_code == Code.POLICY
            else "That is what was decided here; nothing of it was shown.",
            can_do(error.reason_code),
        )
    for each in type(error).__mro__:
        known = _WORDS.get(getattr(each, "code", ""))
        if known is not None:
            title, detail = known
            hint = _NOTHING.hint if title == _NOTHING.title else error.hint
            comes_in = isinstance(error, WrongToken)
            return ProblemPage(title, detail or _sentence(error.message), hint or "", sign_in=comes_in)
    return broken_page("")


def method_page() -> ProblemPage:
    """The page for a method that a page does not have."""
    return ProblemPage(
        "This page cannot be used in that way",
        "It answers to being looked at. A reload or an old form may have asked it for something else.",
    )


def broken_page(incident: str) -> ProblemPage:
    """The page for a fault of our own."""
    return ProblemPage(
        "Something here is broken",
        "What you asked for was not done. It is not your fault.",
        "Whoever runs this place can look for the number below in what the program writes down.",
        incident,
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
