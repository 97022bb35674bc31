"""Which function of a thing each purpose serves, and what stops when somebody says no: the graph of no detriment. Pure.

Rules
- A function is in a product's passport, with its name and whether the thing is there for it (essential), or is named by a
  purpose of a disclosure that serves it. A purpose without a function serves none but itself.
- A purpose can be ended by one no where every view of it rests on choice or may be objected to; the others last.
- A function goes on while each purpose that is essential to it lasts, or, where none is, while any purpose that serves it does.
- An essential function that one no could stop is detriment, and a disclosure by which that would be so is refused by its name.

Source: mission.md, F9 (S65); gate.md ("A disclosure that makes an essential function depend on *choice* is refused").
Left out: what a thing does by itself, without telling anybody; that a purpose is served well by its coarser view.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from troth.errors import Detriment
from troth.gate.declared import settled_views
from troth.gate.question import Ground
from troth.names import PurposeId
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.passport import PassportBody

__all__ = ["Function", "Served", "check_functions", "functions_of", "lasts", "stops_with"]

_ENDED_BY_A_NO: Final = frozenset({Ground.CHOICE.value, Ground.OBJECTABLE.value, Ground.URGENT.value})


class Served(msgspec.Struct, frozen=True):
    """One purpose of one stream that serves a function. `lasts`: no single no ends it."""

    stream: str
    purpose: PurposeId
    title: str
    grounds: tuple[str, ...]
    essential: bool
    lasts: bool


class Function(msgspec.Struct, frozen=True):
    """One function of a product. `goes_on`: with every optional purpose refused it is still served."""

    name: str
    essential: bool
    served: tuple[Served, ...]

    @property
    def goes_on(self) -> bool:
        """Whether it goes on when everybody says no to everything that can be refused."""
        return _served_by(self.served)

    @property
    def is_detriment(self) -> bool:
        """Whether people could not say no without losing what the thing is there for."""
        return self.essential and not self.goes_on


def functions_of(body: DisclosureBody | None, passport: PassportBody | None) -> tuple[Function, ...]:
    """Every function of a product: those of its passport first, then those that only a disclosure names."""
    declared = {} if passport is None else {each.name: each.essential for each in passport.functions}
    served: dict[str, list[Served]] = {name: [] for name in declared}
    for name, each in _edges(body):
        served.setdefault(name, []).append(each)
    return tuple(
        Function(name, declared.get(name, False) or any(each.essential for each in found), tuple(found))
        for name, found in served.items()
    )


def lasts(purpose: DisclosedPurpose) -> bool:
    """Whether no single no ends a purpose."""
    return any(view.ground not in _ENDED_BY_A_NO for view in settled_views(purpose))


def stops_with(
    purpose: PurposeId, stream: str, functions: Iterable[Function]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The functions that stop when this purpose of this stream is refused, and those that go on whatever is refused."""
    stopping, going_on = [], []
    for each in functions:
        if each.goes_on:
            going_on.append(each.name)
        elif any(one.purpose == purpose and one.stream == stream for one in each.served):
            stopping.append(each.name)
    return tuple(stopping), tuple(going_on)


def check_functions(body: DisclosureBody, passport: PassportBody | None) -> None:
    """Return if no essential function stops when somebody says no.

    Raises:
        Detriment: one would, and which.
    """
    for each in functions_of(body, passport):
        if each.is_detriment:
            why = "nothing that is declared serves it" if not each.served else "it would stop when somebody says no"
            raise Detriment(
                f"an essential function is not safe from a no: {each.name}; {why}",
                hint="Let a purpose serve it that rests on contract, settled, required, own or nobody.",
            )


def _edges(body: DisclosureBody | None) -> Iterator[tuple[str, Served]]:
    for stream in () if body is None else body.streams:
        for each in stream.purposes:
            if each.function is None and not each.essential:
                continue
            grounds = tuple(dict.fromkeys(view.ground for view in each.variants))
            served = Served(stream.name, each.purpose, each.title, grounds, each.essential, lasts(each))
            yield each.function or each.title, served


def _served_by(served: tuple[Served, ...]) -> bool:
    needed = [each for each in served if each.essential]
    return all(each.lasts for each in needed) if needed else any(each.lasts for each in served)
