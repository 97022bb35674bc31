"""Some cases of a long matrix for every run, all of them for `make soak`."""

from collections.abc import Sequence
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

T = TypeVar("T")

__all__ = ["some"]


def some(cases: Sequence[T], *, every: int) -> list[T | ParameterSet]:
    """The cases in their order; all but each `every`-th are marked `soak`."""
    return [
        case
        if at % every == 0
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.soak)
        for at, case in enumerate(cases)
    ]
