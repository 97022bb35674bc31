"""The commands and outputs that a page of the documentation shows, read from it: for test_start_page.py.

Rules
- A block of `sh` is run, one command after the other; a block of `text` right after it is what it printed.
- A comment before a block says what it needs: `<!-- not run: REASON -->`, `<!-- ends with: 1 -->`, `<!-- typed: y -->`.
- In an output, `...` stands for anything; a line of its own for any number of lines.
- Words in capitals (`CAPTURES`) stand for what an earlier command printed, in commands and in outputs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

CAPTURES: Final = {
    "HOUSEHOLD": r"^Household: (ho[a-z2-7]{26})$",
    "LINK": r"^Their link.*\n  (\S+/enter/\S+)$",
    "CLAIM": r"^Its claim token.*\n  (\S+)$",
    "CREDENTIAL": r"Its credential.*\n  (\S+)$",
    "TOKEN": r"^Its token.*\n  (\S+)$",
    "DATASTREAM": r"/v1\.1/Datastreams\((\d+)\)",
    "ID": r"/v1\.1/Observations\((\d+)\)",
    "KEY": r"^([^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)$",
}
_FENCE: Final = re.compile(r"(?:<!-- ([^\n]+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
_MARKS: Final = ("not run", "ends with", "typed")


@dataclass(frozen=True)
class Block:
    """One block of commands with what is said about it. `output` is "" where the page shows none."""

    commands: tuple[str, ...]
    output: str = ""
    not_run: str = ""
    ends_with: int = 0
    typed: str = ""


def blocks(page: str) -> Iterator[Block]:
    """The `sh` blocks of a page in order.

    Raises:
        ValueError: a comment before a block that is none of the three, or says nothing.
    """
    found = list(_FENCE.finditer(page))
    for at, fence in enumerate(found):
        if fence[2] != "sh":
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        shown = after is not None and after[2] == "text" and not page[fence.end() : after.start()].strip()
        mark, _, said = (fence[1] or "").partition(": ")
        if fence[1] and (mark not in _MARKS or not said.strip()):
            raise ValueError(f"a comment before a block says nothing that is known: {fence[1]}")
        yield Block(
            tuple(fence[3].replace("\\\n", " ").strip().split("\n")),
            output=after[3] if shown and after is not None else "",
            not_run=said if mark == "not run" else "",
            ends_with=int(said) if mark == "ends with" else 0,
            typed=said + "\n" if mark == "typed" else "",
        )


def captured(output: str) -> dict[str, str]:
    """What an output gives to later commands."""
    found = {name: re.search(pattern, output, flags=re.MULTILINE) for name, pattern in CAPTURES.items()}
    return {name: match[1] for name, match in found.items() if match is not None}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its words in capitals put in.

    Raises:
        ValueError: a word for which nothing was printed yet.
    """

    def value(word: re.Match[str]) -> str:
        if word[0] not in values:
            raise ValueError(f"{word[0]} is used before a command has printed it")
        return values[word[0]]

    return re.sub(rf"\b(?:{'|'.join(CAPTURES)})\b", value, text)


def agrees(shown: str, said: str) -> bool:
    """Whether an output is as a page shows it. Spaces at the end of lines and runs of them do not count."""
    pattern = ""
    for line in shown.strip("\n").split("\n"):
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            parts = (re.sub(r"(?:\\ )+", " +", re.escape(part)) for part in line.split("..."))
            pattern += "[^\n]*?".join(parts) + r" *\n"
    return re.fullmatch(pattern, said.rstrip("\n") + "\n") is not None
