"""A verdict as a person reads it and as JSON; and what `troth verify` prints and ends with, from bytes and key texts.

Left out: reading files and arguments, which is the command line's.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec

from troth.tlog.checkpoint import VerifierKey
from troth.tlog.trust_policy import TrustPolicy
from troth.verify.checks import NOBODY_ASKED, verify
from troth.verify.revoked import RevokedKey
from troth.verify.verdict import ExitCode, Level, Outcome, Plain, Verdict

__all__ = ["Form", "Printed", "render", "to_json", "verify_main"]

_MARKS: Final = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "FAILED",
    Outcome.NOT_ASKED: "not asked",
    Outcome.NOT_CHECKED: "not checked",
}
_ANSWERS: Final = {
    ExitCode.PROVED: "Proved.",
    ExitCode.FAILED: "Not proved.",
    ExitCode.UNREADABLE: "Not readable.",
}


class Form(Enum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"


class Printed(msgspec.Struct, frozen=True):
    """What a command prints, with its last newline, and the code it ends with."""

    text: str
    exit_code: int


def render(verdict: Verdict) -> str:
    """The verdict in plain text, without a newline at its end."""
    lines = [f"{check.number}  {_MARKS[check.outcome]:<12}{check.title}: {check.detail}" for check in verdict.checks]
    lines += ["", _ANSWERS[verdict.exit_code] + _why(verdict)]
    if verdict.trace is not None:
        lines.append(verdict.trace.sentence)
        lead = "The statement" if verdict.trace.kind == "said" else "It rests on"
        lines += [f"{lead}: {each.kind}, {each.sentence}." for each in verdict.rests_on]
    for each in verdict.cosigned:
        whose = "a witness you trust" if each.trusted else "a witness whose key you have not given"
        lines.append(f"Cosigned at {each.time} by {each.name}, {whose}.")
    lines += ["", "What this does not show", *(f"- {sentence}" for sentence in verdict.does_not_show)]
    return "\n".join(lines).lstrip("\n")


def to_json(verdict: Verdict) -> str:
    """The verdict as one line of JSON. Integers may have 64 bits: JavaScript reads them with BigInt."""
    plain: dict[str, Plain] = {
        "result": verdict.exit_code.name.lower(),
        "checks": [
            {"number": each.number, "title": each.title, "outcome": each.outcome.value, "detail": each.detail}
            for each in verdict.checks
        ],
        "rests_on": [
            {"id": each.id, "kind": each.kind, "subject": each.subject, "sentence": each.sentence}
            for each in verdict.rests_on
        ],
        "does_not_show": list(verdict.does_not_show),
    }
    if verdict.level is not None:
        plain["level"] = verdict.level.value
    if verdict.trace is not None:
        plain["trace"] = {
            "kind": verdict.trace.kind,
            "sentence": verdict.trace.sentence,
            "fields": dict(verdict.trace.fields),
        }
    if verdict.custody is not None:
        plain["custody"] = {"word": verdict.custody.word, "sentence": verdict.custody.sentence}
    if verdict.cosigned:
        plain["cosigned"] = [
            {"name": each.name, "time": each.time, "trusted": each.trusted} for each in verdict.cosigned
        ]
    if verdict.unreadable is not None:
        plain["unreadable"] = verdict.unreadable
    return msgspec.json.encode(plain).decode()


def verify_main(
    data: bytes,
    trusted: Sequence[VerifierKey],
    *,
    policy: TrustPolicy = NOBODY_ASKED,
    revoked: Sequence[RevokedKey] = (),
    form: Form = Form.TEXT,
) -> Printed:
    """What `troth verify` does once the file, the trusted keys, the witnesses asked for and the ended keys are read."""
    verdict = verify(data, trusted=trusted, policy=policy, revoked=revoked)
    text = render(verdict) if form is Form.TEXT else to_json(verdict)
    return Printed(text + "\n", int(verdict.exit_code))


def _why(verdict: Verdict) -> str:
    if verdict.unreadable is not None:
        return f" {verdict.unreadable}"
    if verdict.failed is not None:
        return f" Check {verdict.failed.number} failed: {verdict.failed.detail}"
    return " This is witnessed." if verdict.level is Level.WITNESSED else " This is logged, not witnessed."
