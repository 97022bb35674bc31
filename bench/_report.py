"""What every bench prints: method, machine, and each figure as median [min, max] of its runs.

Rules
- At least five runs; a figure that is not a median says so in its name.
- The machine says how busy it was: on a shared machine a figure is a lower bound, and a ratio is worth more.

Source: promises.md.
"""

import argparse
import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["RUNS", "begin", "machine", "options", "percentile", "say", "show", "show_one"]

RUNS: Final = 5


def options(about: str, *, seconds: float) -> argparse.Namespace:
    """The options every bench has: `--seconds` of one run, `--long` (60 s), `--runs`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seconds", type=float, default=seconds, help=f"length of one run (default {seconds:g})")
    parser.add_argument("--long", action="store_true", help="runs of 60 s, as the promises ask")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of each case (default {RUNS})")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    given = parser.parse_args()
    if given.long:
        given.seconds = 60.0
    return given


def machine() -> str:
    """One line about what this runs on, and how busy it is."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        )
        if Path("/proc/cpuinfo").exists()
        else iter(()),
        platform.processor(),
    )
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} x {model}, {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; load average before: {load}"
    )


def begin(title: str, method: str) -> None:
    """The head of a bench."""
    say(f"# {title}")
    say(f"method:  {method}")
    say(f"machine: {machine()}")
    say("")


def say(line: str) -> None:
    """One line, at once."""
    print(line)
    sys.stdout.flush()


def show(name: str, values: Sequence[float], unit: str, *, promise: str = "") -> float:
    """One figure: median [min, max]; returns the median."""
    median = statistics.median(values)
    spread = f"[{_number(min(values))}, {_number(max(values))}]"
    say(f"  {name:<58} {_number(median):>9} {spread:<20} {unit:<12} {promise}".rstrip())
    return median


def show_one(name: str, value: float, unit: str, *, promise: str = "") -> None:
    """One figure over all runs, such as a percentile or a count."""
    say(f"  {name:<58} {_number(value):>9} {'':<20} {unit:<12} {promise}".rstrip())


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - not a number
        return "-"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
