"""`troth thing here`: this computer becomes a thing, and says its load until it is stopped.

Rules
- A computer's load tells when somebody is at it, so it is a home's: for the people of this computer, on the ground *own*
  (docs/decisions/0006-the-load-of-this-computer-is-private.md).
- It joins once and keeps its credential; the next time it goes on. A credential that is not known any more is claimed anew.
- Who answers and what was considered is asked, never made up; a sentence is proposed. A name that is not that of who answers
  here is refused before anything is registered.

Source: people.md, "The first minute" (make this computer a thing).
"""

import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Final

import click
import msgspec
from rich.live import Live
from rich.text import Text

from troth.api.answers import Claimed, ClaimMade, HouseholdMade, Organisations, PersonMade, Status, Things
from troth.api.forms import HouseholdForm, PersonForm, TokenForm, household_of
from troth.api.joining_forms import joining_form
from troth.cli.adding import registered
from troth.cli.asking import asked
from troth.cli.client import Node
from troth.cli.credentials import keep, kept
from troth.cli.line import Line, address_of
from troth.cli.places import as_operator
from troth.cli.speaking import say
from troth.clock import NS_PER_S, Clock, SystemClock
from troth.errors import NotOffered, WrongToken
from troth.journeys.declaring import check_one_name
from troth.journeys.simple import Simple, joining, one_stream
from troth.names import Uri, check_uri
from troth.statements.organisation import OrganisationBody
from troth.wire.mqtt import Hello, Settled
from troth.wire.times import print_time

__all__ = ["thing_here"]

EVERY_S: Final = 5
SLUG: Final = "this-computer"
STREAM: Final = "load"
_SENTENCE: Final = "The load tells when somebody is at this computer, so only the people of this computer see it."


@click.command("here")
@click.option("--by", help="Your name: you answer for this computer, and are the only person of its household.")
@click.option("--contact", help="Where you are reached: an https: or mailto: address.")
@click.option("--answers", help="URI of the registered organisation that answers. Whoever runs the node, if not given.")
@click.option("--considered", help="One sentence: who could be harmed by it, and what was done about that.")
@click.option("--once", is_flag=True, help="Say one value and end.")
@as_operator
def thing_here(
    node: Node, *, by: str | None, contact: str | None, answers: str | None, considered: str | None, once: bool
) -> None:
    """Make this computer a thing: its load (1 min average) every 5 s, until Ctrl-C.

    The first time it asks who you are, joins, and prints the link to your page. Afterwards it goes on with what it kept.
    """
    load()
    clock = SystemClock()
    mqtt = node.get("/api/status", Status).mqtt
    claimed = kept(node.url, SLUG)
    if claimed is None:
        token = _claim_again(node) or _join(
            node, by, contact=contact, answers=answers, considered=considered, clock=clock
        )
        claimed = _claimed(node, token)
    try:
        _speak(claimed, mqtt, once=once, clock=clock)
    except WrongToken:
        again = _claim_again(node) or _join(
            node, by, contact=contact, answers=answers, considered=considered, clock=clock
        )
        _speak(_claimed(node, again), mqtt, once=once, clock=clock)


def load() -> float:
    """How many processes ran or waited to run, on average over the last minute.

    Raises:
        NotOffered: this system does not tell it.
    """
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError) as cause:
        raise NotOffered("this computer does not tell its load") from cause


def _join(
    node: Node, by: str | None, *, contact: str | None, answers: str | None, considered: str | None, clock: Clock
) -> str:
    """Register household, person and thing; returns the claim token."""
    operator = Uri(node.get("/api/status", Status).operator)
    organisation = operator if answers is None else check_uri(answers)
    known = {each.organisation: each for each in node.get("/api/organisations", Organisations).organisations}
    name = by or asked("Your name", proposed=known[organisation].name if organisation in known else _login())
    reached = contact or asked("Where you are reached (mailto: or https:)")
    thought = considered or asked("Who could be harmed by it, and what was done about that", proposed=_SENTENCE)
    check_one_name((OrganisationBody(organisation, name, reached),), known, operator=operator)
    household = node.post("/api/households", HouseholdForm("This computer"), HouseholdMade).household
    whole = joining(
        Simple(
            name="This computer",
            streams=(
                msgspec.structs.replace(
                    one_stream(STREAM, title="Load", senses=STREAM, type_="number", unit="1"), lowest=0
                ),
            ),
            place="Where this computer is",
            nobody=False,
            household=household_of(household),
            answers=organisation,
            by=name,
            contact=reached,
            considered=thought,
            keep_days=30,
            reach="declared",
            ways_out="Any program on this computer can read its load.",
            slug=SLUG,
        ),
        today=_today(clock),
        mark=os.urandom(4).hex(),
    )
    person = node.post("/api/people", PersonForm(name, household, "owner"), PersonMade)
    made = registered(node, joining_form(whole))
    say(f"This computer is a thing now, called {made.slug}. Nobody but you is shown its load.")
    say("Your page, with a link that works once within 7 days:")
    say(f"  {person.invitation}")
    return made.claim


def _claim_again(node: Node) -> str | None:
    """A new claim token if this computer has joined already."""
    if all(each.slug != SLUG for each in node.get(f"/api/things?text={SLUG}", Things).things):
        return None
    return node.post(f"/api/things/{SLUG}/claim", b"{}", ClaimMade).claim


def _claimed(node: Node, token: str) -> Claimed:
    claimed = node.post("/api/claim", TokenForm(token), Claimed)
    keep(node.url, claimed)
    return claimed


def _speak(claimed: Claimed, mqtt: str, *, once: bool, clock: Clock) -> None:
    told = _Told()
    with _shown() as show, suppress(KeyboardInterrupt):
        asyncio.run(_speaking(claimed, mqtt, told=told, clock=clock, show=show, once=once))
    say(f"{told.stored} stored, {told.refused} refused." + (f" {told.words}" if told.words else ""))


class _Told:
    """What became of the values."""

    def __init__(self) -> None:
        self.stored = 0
        self.refused = 0
        self.words = ""

    def settled(self, settled: Settled) -> None:
        if settled.stored:
            self.stored += 1
        else:
            self.refused += 1
            self.words = settled.words


async def _speaking(
    claimed: Claimed, mqtt: str, *, told: _Told, clock: Clock, show: Callable[[str], None], once: bool
) -> None:
    hello = Hello(
        client_id=f"here{os.getpid()}", username=claimed.slug, credential=claimed.credential, session_expiry_s=0
    )
    async with Line(address_of(mqtt), hello, settled=told.settled, clock=clock) as line:
        while True:
            await line.room()
            moment, value = print_time(clock.now()), load()
            line.say(claimed.topics[STREAM], msgspec.json.encode({"t": moment, "v": value}), name=moment)
            await line.quiet()
            why = f"  {told.words}" if told.words else ""
            show(f"{moment}  load {value:.2f}  {told.stored} stored, {told.refused} refused{why}")
            if once:
                return
            await asyncio.sleep(EVERY_S)


@contextmanager
def _shown() -> Iterator[Callable[[str], None]]:
    """One line that changes on a terminal; a line for each value elsewhere."""
    if not sys.stdout.isatty():
        yield say
        return
    say("Stop with Ctrl-C.")
    with Live(Text(""), auto_refresh=False) as live:
        yield lambda line: live.update(Text(line), refresh=True)


def _login() -> str | None:
    """What this computer calls whoever is at it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _today(clock: Clock) -> date:
    return datetime.fromtimestamp(clock.now() // NS_PER_S, tz=UTC).astimezone().date()
