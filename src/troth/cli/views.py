"""The view of a stream as an option of a command.

Source: docs/reference/gate.md, "8 narrowed".
"""

from typing import Final

import click

from troth.things.variants import Variant

__all__ = ["VIEW"]


class _View(click.ParamType[str]):
    name = "view"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text of a view as it was given, where there is such a view."""
        if Variant.named(value) is None:
            self.fail(f"there is no view {value!r}: for example raw, hourly-mean, mean=P1D,round=0.5", param, ctx)
        return value


VIEW: Final = _View()
