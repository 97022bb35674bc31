"""Kinds `installation` (open: public places) and `home-installation` (private): which thing is where, and who answers.

Both have the same body. A home's installation is never an entry of the public log, only a salted leaf.
Source: things.md, "A thing joins"; record.md, faces.
"""

import msgspec

from troth.names import HouseholdId, InstallerId, StatementId, StreamId, ThingId, Uri

__all__ = [
    "Answering",
    "Consideration",
    "Contract",
    "Described",
    "Device",
    "Gateway",
    "InstallationBody",
    "Installed",
    "InstalledStream",
]


class Contract(msgspec.Struct, frozen=True, omit_defaults=True):
    """The document that the ground *contract* rests on: its SHA-256, what people call it, and when it holds (ns UTC).

    `by`: the registered organisation it was made with. `review_ns`: by when somebody looks at it again; some days after that
    it does not hold any more.
    """

    digest: bytes
    title: str
    from_ns: int
    to_ns: int | None = None
    by: Uri | None = None
    review_ns: int | None = None


class InstalledStream(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One stream of this thing. `reach` is sealed, carried, copied or declared; `other_ways_out` says the rest in words.

    `begins_ns`: what asks nobody is collected and read from then on only (ns UTC), because people are told first.
    """

    stream: StreamId
    name: str
    reach: str
    other_ways_out: str | None = None
    contract: Contract | None = None
    begins_ns: int | None = None


class Consideration(msgspec.Struct, frozen=True):
    """One dated sentence of ethical consideration and who thought it. Nothing goes live without it (S12)."""

    date: str
    by: str
    sentence: str


class Answering(msgspec.Struct, frozen=True):
    """The reachable party for this thing."""

    organisation: Uri
    contact: str


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which hardware stands there: the `number`-th, from `since_ns` on; `serial` is what is printed on it."""

    number: int
    since_ns: int
    serial: str | None = None


class Described(msgspec.Struct, frozen=True):
    """The Thing Description that it joined by: its `id`, and the SHA-256 of its bytes."""

    id: str
    digest: bytes


class Gateway(msgspec.Struct, frozen=True):
    """The thing that hands on what this one measures: which, what people call it, and who answers for it, as they were said."""

    thing: ThingId
    name: str
    organisation: Uri


class Installed(msgspec.Struct, frozen=True):
    """The firm that connected it, what it was called, and the invitation under which it did."""

    party: Uri
    name: str
    invitation: InstallerId


class InstallationBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`household` is set in a home-installation only: its members are the persons concerned.

    Data before `from_ns` is refused, and so is everything from `to_ns` on: then the thing is over, `because` says why.
    `owner`: the organisation that owns it; in a home, without one, it is the home's own.
    `type`: the installation-type statement it inherited from; it says everything all the same. `device`: of a thing whose
    hardware was replaced. `gateway`: what may speak for it besides itself. `sheet`: digest of what was shown before it was
    connected (`statements/sheet`). `installed`: of one that an invited firm connected. A later installation of the same thing
    replaces the former from its acceptance on.
    """

    thing: ThingId
    name: str
    product: Uri
    place: str
    answers: Answering
    from_ns: int
    streams: tuple[InstalledStream, ...]
    consideration: Consideration
    household: HouseholdId | None = None
    to_ns: int | None = None
    because: str | None = None
    type: StatementId | None = None
    device: Device | None = None
    sheet: bytes | None = None
    described: Described | None = None
    owner: Uri | None = None
    gateway: Gateway | None = None
    installed: Installed | None = None
    crit: tuple[str, ...] = ("from_ns", "to_ns", "streams", "household")
