"""May a product be described anew like this? What stands somewhere goes on to measure what it measured. Pure.

Rules
- A stream that stands somewhere, or stood, keeps its property, what it senses and its type: what people said yes to, ordered or
  were told of is that, and another measurement needs another name. Its rows lie under its name, too.
- Nobody who was concerned by it becomes nobody by a newer word.
- The sector stays where one is named, or becomes one that accepts fewer grounds. Where none is named, any may be.
- What may change: its title, which is shown and so asked again, its unit, its range, and all of a stream that never stood.
- A stream may be left out, and taken up again as it was.

Source: gate.md ("what widened is asked again"); gate/rules/sensitivity; docs/decisions/0093.
"""

from collections.abc import Iterable, Iterator

from troth.errors import Conflict
from troth.gate.rules.sensitivity import accepted
from troth.statements.passport import PassportBody, PassportStream

__all__ = ["check_measured"]


def check_measured(body: PassportBody, former: PassportBody | None, standing: Iterable[PassportStream]) -> None:
    """Return if a newer passport leaves what stands what it is.

    Args:
        body: what is to be said of the product.
        former: what holds now; None where it is the first.
        standing: streams of the product that stand somewhere, or stood, as they were declared last.

    Raises:
        Conflict: one of them would be another measurement, or less protected.
    """
    for each in standing:
        now = body.by_name.get(each.name)
        changed = () if now is None else tuple(_changed(now, each))
        if changed:
            raise Conflict(
                f"another measurement needs another name: {each.name} is installed, and its {', '.join(changed)} would change",
                hint="Add a stream under another name; people are shown it, told of it and asked about it like any other.",
            )
        if former is not None and _is_weaker(each, body.sector, former.sector):
            raise Conflict(
                f"things of this product are installed under the sector {former.sector}; it is not taken away, nor made weaker",
                hint="Name the same sector, or register another product.",
            )


def _changed(now: PassportStream, before: PassportStream) -> Iterator[str]:
    """In what a stream is another one, as the fields of a passport are called."""
    if now.property != before.property:
        yield "property"
    if now.senses != before.senses:
        yield "senses"
    if now.type != before.type:
        yield "type"
    if now.concerns_nobody and not before.concerns_nobody:
        yield "concerns_nobody"


def _is_weaker(stream: PassportStream, now: str | None, before: str | None) -> bool:
    """Whether a stream would accept a ground under a sector that it did not accept before."""
    if before is None or now == before:
        return False
    return now is None or not accepted(stream, now) <= accepted(stream, before)
