"""Which streams had a contract that they have no more: folded, pure.

Rules
- A contract is another one with another document or another beginning; looked at again, or ending sooner, it is the same.
- It does not matter when it was said: a statement says that itself.

Source: docs/decisions/0096-a-contract-is-seen-and-looked-at-again.md.
Left out: whether one has ended, which the gate reckons (`gate/contracts`).
"""

from collections.abc import Iterator

from troth.names import StreamId
from troth.statements.installation import InstallationBody

__all__ = ["reordered"]


def reordered(former: InstallationBody | None, body: InstallationBody) -> Iterator[StreamId]:
    """The streams whose contract is left out here, or is another one."""
    now = {each.stream: each.contract for each in body.streams}
    for each in () if former is None else former.streams:
        had, has = each.contract, now.get(each.stream)
        if had is not None and (has is None or (had.digest, had.from_ns) != (has.digest, has.from_ns)):
            yield each.stream
