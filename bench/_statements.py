"""Signed statements of a whole town, read back as a journal would give them: homes, people, meters, and their choices.

Source: gate.md, "Scopes and leases".
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from troth.gate.question import OWN_PURPOSE
from troth.names import HouseholdId, PersonId, PurposeId, StreamId, ThingId, Uri, ckt_uri
from troth.signing.cose import Signed, parse
from troth.signing.keys import Ed25519Signer
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody, Limits
from troth.statements.installation import Answering, Consideration, InstallationBody, InstalledStream
from troth.statements.kinds import Body, KindName
from troth.statements.notice import notice_of
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.person import MembershipBody, PersonBody
from troth.statements.statement import Statement, read, write

__all__ = ["LAB", "NOW", "ORG", "PRODUCT", "RESEARCH", "Notary", "Town", "choices", "town"]

ORG: Final = Uri("https://bench.example/org")
LAB: Final = Uri("https://lab.example/lab")
PRODUCT: Final = Uri("https://bench.example/meter")
RESEARCH: Final = PurposeId("https://lab.example/research")
STREAMS: Final = ("power", "water", "heat", "gas")
MEASURED: Final = tuple(PassportStream(each, each, each, Uri("urn:x:p"), "number") for each in STREAMS)
NOW: Final = 1_800_000_000_000_000_000
S: Final = 1_000_000_000
PER_HOME: Final = 2
OWNED: Final = DisclosedPurpose(OWN_PURPOSE, "For you", "you see it", (), (DisclosedVariant("raw", "own"),), 30)
RESEARCHED: Final = DisclosedPurpose(
    RESEARCH,
    "Research",
    "unknown",
    (LAB,),
    (DisclosedVariant("raw", "choice"), DisclosedVariant("hourly-mean", "choice")),
    30,
)
DISCLOSURE: Final = DisclosureBody(
    PRODUCT, ORG, "en", 1, tuple(DisclosedStream(name, (OWNED, RESEARCHED)) for name in STREAMS)
)


@dataclass(frozen=True)
class Town:
    """Who lives where: per home its household, people, and streams by name."""

    households: Sequence[HouseholdId]
    people: Sequence[Sequence[PersonId]]
    streams: Sequence[Sequence[StreamId]]

    @staticmethod
    def nobody() -> StreamId:
        """A stream that does not exist."""
        return StreamId(bytes(16))


class Notary:
    """Signs and reads back, so that what is folded is what a journal would give."""

    def __init__(self) -> None:
        self.signer = Ed25519Signer.from_seed(bytes(32))
        self.issuer = ckt_uri(self.signer.public.thumbprint)

    def signed(self, name: KindName, body: Body) -> Signed:
        return write(name, body, signer=self.signer, issuer=self.issuer, subject="x", at_ns=NOW)

    def said(self, name: KindName, body: Body) -> Statement:
        return read(parse(self.signed(name, body).data))


def town(homes: int, notary: Notary) -> tuple[Town, list[Statement]]:
    """`homes` homes of two people with one meter of four streams each, and the statements that say so."""
    draw = random.Random(5).randbytes
    passport = PassportBody(PRODUCT, "Meter", ORG, MEASURED)
    made = [
        notary.said(KindName.ORGANISATION, OrganisationBody(uri, "Org", "mailto:a@bench.example")) for uri in (ORG, LAB)
    ]
    made += [notary.said(KindName.PASSPORT, passport), notary.said(KindName.DISCLOSURE, DISCLOSURE)]
    households: list[HouseholdId] = []
    people: list[list[PersonId]] = []
    streams: list[list[StreamId]] = []
    key = notary.signer.public.cose_key
    for _ in range(homes):
        household = HouseholdId(draw(16))
        members = [PersonId(draw(16)) for _ in range(PER_HOME)]
        ids = [StreamId(draw(16)) for _ in STREAMS]
        for person in members:
            joined = MembershipBody(household, person, "owner", NOW - 900 * S)
            made += [
                notary.said(KindName.PERSON, PersonBody(person, "Ana", key)),
                notary.said(KindName.MEMBERSHIP, joined),
            ]
        installed = tuple(InstalledStream(each, name, "carried") for each, name in zip(ids, STREAMS, strict=True))
        considered = Consideration("2026-01-01", "A. Bench", "Only numbers are counted.")
        answering = Answering(ORG, "mailto:a@bench.example")
        thing = ThingId(draw(16))
        body = InstallationBody(
            thing, "Meter", PRODUCT, "Hall", answering, NOW - 900 * S, installed, considered, household
        )
        made.append(notary.said(KindName.HOME_INSTALLATION, body))
        households.append(household)
        people.append(members)
        streams.append(ids)
    return Town(households, people, streams), made


def choices(where: Town, count: int) -> list[ChoiceBody]:
    """`count` choices, person by person and stream by stream, every fifth of them a withdrawal of the one before."""
    notices = [
        notice_of(RESEARCHED, Limits(), DISCLOSURE, measured=each, parties={LAB: "Org"}).shown() for each in MEASURED
    ]
    made: list[ChoiceBody] = []
    turn = 0
    while len(made) < count:
        for members, ids in zip(where.people, where.streams, strict=True):
            for person in members:
                stream = ids[turn % len(ids)]
                gives = turn % 5 != 4
                made.append(
                    ChoiceBody(
                        person=person,
                        purpose=RESEARCH,
                        decision=Decision.GIVE if gives else Decision.WITHDRAW,
                        from_ns=NOW - 800 * S + turn * S,
                        notice=notices[turn % len(ids)],
                        made_by="session",
                        streams=(stream,),
                        variant="raw" if gives else None,
                    )
                )
        turn += 1
    return made[:count]
