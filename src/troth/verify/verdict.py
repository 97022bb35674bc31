"""What a verification says: nine checks with their outcomes, what was proved, and what it does not show.

Rules
- A check has passed, has failed, was not asked for, or was not checked because an earlier one failed.
- What the file says is given only after every check has passed; before that they are a stranger's words.
- Every result ends with what it does not show, the unreadable one too.

Source: record.md, "Anyone can verify"; threats.md.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final, TypeAlias

import msgspec

__all__ = [
    "TITLES",
    "Check",
    "CosignedShown",
    "CustodySeen",
    "ExitCode",
    "Level",
    "Outcome",
    "Plain",
    "StatementShown",
    "TraceShown",
    "Verdict",
]

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""What JSON can say."""

TITLES: Final = {
    1: "a log key you trust",
    2: "the checkpoint's signature",
    3: "cosignatures of witnesses",
    4: "the segment is in the log",
    5: "the segment's signature",
    6: "the gate's key is in this log before it",
    7: "the trace is in the segment",
    8: "the trace opens",
    9: "what it rests on",
}


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASKED = "not-asked"
    NOT_CHECKED = "not-checked"


class ExitCode(IntEnum):
    """What `troth verify` ends with."""

    PROVED = 0
    FAILED = 1  # a check failed, check 1 included
    UNREADABLE = 2


class Level(StrEnum):
    """How far the log's word was heard by others: *witnessed* only where a quorum was asked for and met."""

    LOGGED = "logged"
    WITNESSED = "witnessed"


class Check(msgspec.Struct, frozen=True):
    """One numbered check."""

    number: int
    title: str
    outcome: Outcome
    detail: str


class TraceShown(msgspec.Struct, frozen=True):
    """A trace in words and as data. Times are ISO 8601 in UTC; integers may have 64 bits."""

    kind: str
    sentence: str
    fields: Mapping[str, Plain]


class CosignedShown(msgspec.Struct, frozen=True):
    """A cosignature that fits its key: the witness's name, its time in ISO 8601, and whether its key was given from outside."""

    name: str
    time: str
    trusted: bool


class StatementShown(msgspec.Struct, frozen=True):
    """A statement the trace rests on: its id in hex, its kind, its subject, and one sentence."""

    id: str
    kind: str
    subject: str
    sentence: str


class CustodySeen(msgspec.Struct, frozen=True):
    """Who said it, as far as the file shows.

    `word`: *house*, *own*, *passkey beside*, *own, passkey beside*, or *not said*; and the same in a sentence.
    """

    word: str
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    """The result of verifying one file.

    Args:
        checks: all nine in order; none when the file cannot be read.
        does_not_show: sentences for the end of every result.
        level: how the log's checkpoint was vouched for; None unless everything passed.
        trace: what was proved; None unless everything passed.
        rests_on: the statements shown in the file; empty unless everything passed.
        cosigned: the cosignatures in the file, trusted or not; empty unless everything passed.
        unreadable: why the bytes are no proof file, or None.
        custody: who said it, where somebody did; None unless everything passed.
    """

    checks: tuple[Check, ...]
    does_not_show: tuple[str, ...]
    level: Level | None = None
    trace: TraceShown | None = None
    rests_on: tuple[StatementShown, ...] = ()
    cosigned: tuple[CosignedShown, ...] = ()
    unreadable: str | None = None
    custody: CustodySeen | None = None

    @property
    def exit_code(self) -> ExitCode:
        """0, 1 or 2."""
        if self.unreadable is not None:
            return ExitCode.UNREADABLE
        return ExitCode.FAILED if self.failed is not None or not self.checks else ExitCode.PROVED

    @property
    def passed(self) -> bool:
        """Whether every check that was asked for has passed."""
        return self.exit_code is ExitCode.PROVED

    @property
    def failed(self) -> Check | None:
        """The check that failed, or None."""
        return next((check for check in self.checks if check.outcome is Outcome.FAILED), None)
