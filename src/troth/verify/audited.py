"""What an audit found, as a person reads it and as JSON.

Rules
- Text from a log is printed with everything invisible escaped.
- Every result ends with what it does not show.
"""

import base64
from typing import Final

import msgspec

from troth.verify.audit import FINDINGS_MAX, Depth, Report
from troth.verify.registering import NS_PER_S, Doubt
from troth.verify.verdict import Plain
from troth.verify.words import iso, safe

__all__ = ["render", "to_json"]

_DOES_NOT_SHOW: Final = (
    "It does not show that nothing else happened: what was never recorded leaves no gap.",
    "It does not show what private statements and traces say: only their leaves are under the signed roots.",
    "It does not show that others are shown the same log, unless outside witnesses signed this checkpoint too.",
)
_TREE_ONLY: Final = "The statements were not looked into: only hashes were checked."
_UNKNOWN: Final = "{} entries are of kinds that this program does not know; of them only the hashes were checked."
_SHOWN: Final = 20


def render(report: Report) -> str:
    """The report in plain text, without a newline at its end."""
    lines = [
        f"Log       {safe(report.log)}",
        f"Entries   {report.size}",
        f"Root      {_b64(report.root)}",
    ]
    if report.continues is not None:
        lines.append(f"Before    {report.continues.size} entries, root {_b64(report.continues.root)}")
    if report.depth is Depth.STATEMENTS:
        lines += [f"Kind      {number} {safe(name)}" for name, number in report.known.kinds]
        lines += [f"Segments  up to number {seen.number}" for _, seen in report.known.segments]
        lines.append(
            f"Left out  {report.known.beats_left_out} beats: nothing closed then, as when a node is switched off"
        )
    lines.append("")
    shown = report.findings[:_SHOWN]
    lines += [f"WRONG     {_where(finding.entry)}: {safe(finding.sentence)} ({finding.code})" for finding in shown]
    if report.counted > len(shown):
        lines.append(f"          and {report.counted - len(shown)} more")
    lines += [f"DOUBTED   {_doubted(doubt)}" for doubt in report.doubted]
    lines.append("It holds." if report.holds else f"It does not hold: {report.counted} found.")
    lines += ["", "What this does not show", *(f"- {sentence}" for sentence in _sentences(report))]
    return "\n".join(lines)


def to_json(report: Report) -> str:
    """The report as one line of JSON."""
    plain: dict[str, Plain] = {
        "holds": report.holds,
        "complete": report.complete,
        "log": report.log,
        "size": report.size,
        "root": _b64(report.root),
        "depth": report.depth.value,
        "found": report.counted,
        "findings": [
            {"entry": each.entry, "code": each.code, "sentence": each.sentence}
            for each in report.findings[:FINDINGS_MAX]
        ],
        "kinds": dict(report.known.kinds),
        "not_understood": report.known.not_understood,
        "beats_left_out": report.known.beats_left_out,
        "segments": {gate.hex(): seen.number for gate, seen in report.known.segments},
        "doubted": [_doubted(doubt) for doubt in report.doubted],
        "does_not_show": list(_sentences(report)),
    }
    if report.continues is not None:
        plain["continues"] = {"size": report.continues.size, "root": _b64(report.continues.root)}
    return msgspec.json.encode(plain).decode()


def _sentences(report: Report) -> tuple[str, ...]:
    more = [_TREE_ONLY] if report.depth is Depth.TREE else []
    if report.known.not_understood:
        more.append(_UNKNOWN.format(report.known.not_understood))
    return (*_DOES_NOT_SHOW, *more)


def _doubted(doubt: Doubt) -> str:
    """What is said of a key that was compromised; nothing here tells what is the thief's."""
    said = f"{safe(doubt.issuer)} is said to be compromised since {iso(doubt.since_ns)}"
    if doubt.dated_s is None:
        return f"{said}, and is the log's own key: whether this tree is the log's or a thief's is not shown"
    return f"{said}, and has signed entries dated up to {iso(doubt.dated_s * NS_PER_S)}"


def _where(entry: int) -> str:
    return "the log" if entry < 0 else f"entry {entry}"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
