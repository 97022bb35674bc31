"""Kind `installation-type`: what is the same for every thing of a kind that is put in place here, said once. Face: open.

A later one of the same `type` replaces it for things that join from then on; those that are installed keep what they were
installed with, because every installation says everything itself.
Source: things.md, "A thing joins"; gate.md (zero clicks for the next 400 bearings).
Left out: purposes, grounds and how long data are kept, which the disclosure of the product says; contracts, which are a home's.
"""

import msgspec

from troth.names import Uri
from troth.statements.installation import Answering, Consideration

__all__ = ["InstallationTypeBody", "TypedStream"]


class TypedStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stream that things of this type have, by its name in the passport. `reach` as in an installation."""

    name: str
    reach: str
    other_ways_out: str | None = None


class InstallationTypeBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a thing inherits that is installed as `type` (a short name, unique here)."""

    type: str
    title: str
    product: Uri
    answers: Answering
    streams: tuple[TypedStream, ...]
    consideration: Consideration
    crit: tuple[str, ...] = ("streams",)
