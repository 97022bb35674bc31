"""What the directory knows of one thing, stream, person or word: values, as the journal has them.

Source: house.md, "What lives where". Left out: how they are found and followed (`directory`).
"""

from typing import TypeAlias

import msgspec

from troth.names import HouseholdId, PersonId, StatementId, StreamId, ThingId, Uri
from troth.statements.assertion import AssertionBody
from troth.statements.custody import CustodyBody
from troth.statements.ground import GroundBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.installation import InstallationBody, InstalledStream
from troth.statements.passport import PassportStream
from troth.statements.person import HouseholdBody, InvitationBody, MembershipBody, PersonBody
from troth.statements.red_line import RedLineBody

__all__ = ["KnownGround", "KnownLine", "KnownPerson", "KnownStream", "KnownThing", "OfPerson", "SaidStay"]

OfPerson: TypeAlias = (
    PersonBody | CustodyBody | AssertionBody | HouseholdBody | MembershipBody | InvitationBody | GuardianshipBody
)
"""What is said of a person, or of who lives where."""


class KnownStream(msgspec.Struct, frozen=True, gc=False):
    """A stream with its declaration. `number` is the Datastream's `@iot.id`."""

    stream: StreamId
    thing: ThingId
    number: int
    declared: PassportStream
    installed: InstalledStream


class KnownThing(msgspec.Struct, frozen=True):
    """An installed thing. `number` is the Thing's `@iot.id`; `streams` by name."""

    thing: ThingId
    number: int
    body: InstallationBody
    statement: StatementId
    streams: dict[str, KnownStream]


class KnownPerson(msgspec.Struct, frozen=True):
    """A person and the URI they sign as; `homes` are all that they ever joined, `custody` says who keeps their keys."""

    person: PersonId
    name: str
    issuer: Uri
    homes: tuple[HouseholdId, ...] = ()
    ledger_key: bytes | None = None
    custody: str = "house"


class SaidStay(msgspec.Struct, frozen=True):
    """A membership as whoever runs this place has said it, and when that was (seconds UTC)."""

    body: MembershipBody
    said_s: int


class KnownLine(msgspec.Struct, frozen=True):
    """A red line: what was drawn first, and what was said of it last (with its end, if it has been taken back)."""

    drawn: RedLineBody
    last: RedLineBody
    statement: StatementId


class KnownGround(msgspec.Struct, frozen=True):
    """An assertion of a ground: what was said first, and what was said of it last (with its end and its review)."""

    said: GroundBody
    last: GroundBody
    statement: StatementId
