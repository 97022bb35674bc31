"""Signed statements of a whole town, read back as a journal would give them: homes, people, meters, and their choices.

Source: gate.md, "Scopes and leases".
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from troth.gate.question import OWN_PURPOSE
from troth.names import HouseholdId, PersonId, PurposeId, StreamId, ThingId, Uri, ckt_uri
from troth.signing.cose import Signed, parse
from troth.signing.keys import Ed25519Signer
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody, Limits
from troth.statements.installation import Answering, Consideration, InstallationBody, InstalledStream
from troth.statements.kinds import Body, KindName
from troth.statements.notice import notice_of
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.person import MembershipBody, PersonBody
from troth.statements.statement import Statement, read, write

__all__ = ["LAB", "NOW", "ORG", "PRODUCT", "PRODUCTS_MAX", "RESEARCH", "Notary", "Town", "choices", "town"]

ORG: Final = Uri("https://bench.example/org")
LAB: Final = Uri("https://lab.example/lab")
PRODUCT: Final = Uri("https://bench.example/meter")
RESEARCH: Final = PurposeId("https://lab.example/research")
STREAMS: Final = ("power", "water", "heat", "gas")
MEASURED: Final = tuple(PassportStream(each, each, each, Uri("urn:x:p"), "number") for each in STREAMS)
NOW: Final = 1_800_000_000_000_000_000
S: Final = 1_000_000_000
PER_HOME: Final = 2
PRODUCTS_MAX: Final = 50
OWNED: Final = DisclosedPurpose(OWN_PURPOSE, "For you", "you see it", (), (DisclosedVariant("raw", "own"),), 30)
RESEARCHED: Final = DisclosedPurpose(
    RESEARCH,
    "Research",
    "unknown",
    (LAB,),
    (DisclosedVariant("raw", "choice"), DisclosedVariant("hourly-mean", "choice")),
    30,
)


@dataclass(frozen=True)
class Town:
    """Who lives where: per home its household, people, streams by name, and the disclosure of its meter."""

    households: Sequence[HouseholdId]
    people: Sequence[Sequence[PersonId]]
    streams: Sequence[Sequence[StreamId]]
    disclosures: Sequence[DisclosureBody]

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


def _product(number: int, purposes: int) -> tuple[PassportBody, DisclosureBody]:
    """A meter of a kind of its own, with so many purposes of research of its own; the first of the first is RESEARCH."""
    product = Uri(f"{PRODUCT}-{number}") if number else PRODUCT
    uses = tuple(
        msgspec.structs.replace(RESEARCHED, purpose=PurposeId(f"{RESEARCH}-{number}-{at}"))
        if number or at
        else RESEARCHED
        for at in range(purposes)
    )
    disclosed = tuple(DisclosedStream(name, (OWNED, *uses)) for name in STREAMS)
    return PassportBody(product, "Meter", ORG, MEASURED), DisclosureBody(product, ORG, "en", 1, disclosed)


def town(homes: int, notary: Notary, *, products: int = 1, purposes: int = 1) -> tuple[Town, list[Statement]]:
    """`homes` homes of two people with one meter of four streams each, and the statements that say so.

    The meters are of so many products in turn, each with so many purposes to choose about.
    """
    draw = random.Random(5).randbytes
    made = [
        notary.said(KindName.ORGANISATION, OrganisationBody(uri, "Org", "mailto:a@bench.example")) for uri in (ORG, LAB)
    ]
    kinds = [_product(number, purposes) for number in range(products)]
    for passport, disclosure in kinds:
        made += [notary.said(KindName.PASSPORT, passport), notary.said(KindName.DISCLOSURE, disclosure)]
    households: list[HouseholdId] = []
    people: list[list[PersonId]] = []
    streams: list[list[StreamId]] = []
    key = notary.signer.public.cose_key
    for home in range(homes):
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
        product = kinds[home % products][0].product
        body = InstallationBody(
            thing, "Meter", product, "Hall", answering, NOW - 900 * S, installed, considered, household
        )
        made.append(notary.said(KindName.HOME_INSTALLATION, body))
        households.append(household)
        people.append(members)
        streams.append(ids)
    return Town(households, people, streams, [kinds[home % products][1] for home in range(homes)]), made


def choices(where: Town, count: int) -> list[ChoiceBody]:
    """`count` choices, person by person and stream by stream, every fifth of them a withdrawal of the one before."""
    made: list[ChoiceBody] = []
    turn = 0
    notices: dict[tuple[PurposeId, int], NoticeShown] = {}
    while len(made) < count:
        homes = zip(where.people, where.streams, where.disclosures, strict=True)
        for home, (members, ids, disclosure) in enumerate(homes):
            for at, person in enumerate(members):
                uses = disclosure.streams[0].purposes[1:]
                use = uses[(home // PRODUCTS_MAX + at + turn // 5) % len(uses)]
                which = turn % len(ids)
                notice = notices.get((use.purpose, which))
                if notice is None:
                    text = notice_of(use, Limits(), disclosure, measured=MEASURED[which], parties={LAB: "Org"})
                    notice = notices[use.purpose, which] = text.shown()
                stream = ids[turn % len(ids)]
                gives = turn % 5 != 4
                made.append(
                    ChoiceBody(
                        person=person,
                        purpose=use.purpose,
                        decision=Decision.GIVE if gives else Decision.WITHDRAW,
                        from_ns=NOW - 800 * S + turn * S,
                        notice=notice,
                        made_by="session",
                        streams=(stream,),
                        variant="raw" if gives else None,
                    )
                )
        turn += 1
    return made[:count]
