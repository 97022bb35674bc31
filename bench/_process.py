"""What the system says a process used: CPU, bytes written, memory, open files. Linux only; elsewhere the figures are absent.

Source: proc(5): /proc/PID/stat, /proc/PID/io, /proc/PID/status.
"""

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Used", "children", "used"]

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """Since the process began: seconds of CPU of all its threads, bytes it made the disk write, and its memory now."""

    cpu_s: float
    written: int
    memory: int

    def __sub__(self, before: "Used") -> "Used":
        return Used(self.cpu_s - before.cpu_s, self.written - before.written, self.memory)


def used(pid: int) -> Used:
    """What `pid` used so far, with what it has started: those that run, and those that have ended."""
    all_ = [_used(each) for each in (pid, *children(pid))]
    return Used(sum(each.cpu_s for each in all_), sum(each.written for each in all_), sum(each.memory for each in all_))


def _used(pid: int) -> Used:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    cpu_s = sum(map(int, fields[11:15])) / _TICKS
    io = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text(encoding="utf-8").splitlines())
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    memory = next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)
    return Used(cpu_s, int(io["write_bytes"]), memory)


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text(encoding="utf-8").split()]
    return found
