"""`troth enter`, `leave` and `choose`: a person says yes or no from a terminal.

Rules
- Giving, refusing and withdrawing take the same steps, show the same text, and ask the same question. Nothing is preselected.
- The text that is shown is the one that the choice names; if it has changed meanwhile, the choice is refused.
- What is said back: what was said, when, and after how long it was in effect.

Source: people.md, "Rules".
"""

from urllib.parse import urlsplit

import click
import msgspec
from msgspec import UNSET

from troth.api.answers import Choices, ChoiceSaid, Entered, OfferShown
from troth.api.foreseen import Foreseen
from troth.api.forms import ChoiceForm, TokenForm
from troth.cli.client import Node
from troth.cli.places import Session, as_person, forget_session, keep_session, session
from troth.cli.placing import changes_said
from troth.cli.speaking import local, plain, say
from troth.cli.views import VIEW
from troth.errors import BadPath, Conflict, NodeAbsent, NotFound
from troth.statements.choice import Decision
from troth.things.variants import Variant

__all__ = ["choose", "enter", "leave"]

_LAPSED = {
    "ended": "; that has ended, so the answer is no",
    "other-text": "; that was under another text, so the answer is no",
}
_CARRIES = {
    "together": "A yes counts when everybody who lives there says yes too.",
    "alongside": "A yes counts when those who answer for you, and everybody else who lives there, say yes too.",
    "guardians": "A yes of yours does not count yet: those who answer for you say yes or no. A no of yours counts.",
    "nobody": "A yes of yours counts for nothing while nobody answers for you. Ask whoever runs this place.",
}
_WORDS = {Decision.GIVE: "yes", Decision.REFUSE: "no", Decision.WITHDRAW: "no longer"}


@click.command()
@click.argument("link")
def enter(link: str) -> None:
    """Enter with the one-time LINK you were given.

    The session is kept for you on this computer.
    """
    parts = urlsplit(link)
    base, found, token = parts.path.rpartition("/enter/")
    if not found or not token or not parts.netloc:
        raise BadPath("this is no invitation link", hint="It looks like http://HOST:PORT/enter/TOKEN")
    node = Node(f"{parts.scheme}://{parts.netloc}{base}")
    entered = node.post("/api/enter", TokenForm(token), Entered)
    path = keep_session(Session(node.url, entered.session))
    say(f"You have entered as {entered.who}. Your session is in {path}, readable by you alone.")
    if entered.who == "person":
        say("See what you can say yes or no to: troth choose list")


@click.command()
def leave() -> None:
    """End your session, here and at the node."""
    kept = session()
    if kept is None:
        say("Nobody has entered here.")
        return
    forget_session()
    try:
        Node(kept.url, kept.session).bytes("POST", "/api/leave", body=b"{}")
    except NodeAbsent as error:
        say(f"It is forgotten here, but {error.message}, so the node may keep it until it ends by itself.")
        return
    say("You have left.")


@click.group()
def choose() -> None:
    """Say yes or no to what is done with what your home senses."""


@choose.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def choose_list(node: Node, *, as_json: bool) -> None:
    """List everything you may say yes or no to, with what follows from it."""
    found = _all(node)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.choices:
        say("There is nothing to choose about at the moment.")
    for offer in found.choices:
        _shown(offer)
        say()


def _command(decision: Decision, words: str) -> click.Command:
    """One of the three commands; they differ in the decision and its word only."""

    @click.command(decision.value, help=f"{words} about DATASTREAM, for PURPOSE where there are several.")
    @click.argument("datastream", type=int)
    @click.argument("purpose", required=False)
    @click.option("--shown", metavar="DIGEST", help="The text with this digest was shown already; ask nothing.")
    @click.option("--variant", type=VIEW, help="The most you say yes to.")
    @click.option("--to", help="Until when it holds, as 2024-05-01T06:30:00Z. Until you change it, if not given.")
    @click.option("--since", help="For earlier data too, from then on. From now on, if not given.")
    @as_person
    def said(
        node: Node,
        datastream: int,
        purpose: str | None,
        shown: str | None,
        variant: str | None,
        to: str | None,
        since: str | None,
    ) -> None:
        offer = _offer(node.get(f"/api/choices?datastream={datastream}", Choices), datastream, purpose)
        if shown is None:
            _shown(offer)
            say()
            try:
                click.confirm(f"You say {_WORDS[decision]}?", default=None, abort=True)
            except click.Abort:
                say("Nothing was said; all stays as it was.")
                raise SystemExit(1) from None
        elif shown != offer.digest:
            raise Conflict("the text has changed since it was shown", hint="Read the new text: troth choose list")
        form = ChoiceForm(
            offer.datastream,
            offer.purpose,
            decision,
            offer.digest,
            variant or Variant.RAW.value,
            to,
            since,
        )
        done = node.post("/api/choices", form, ChoiceSaid)
        if done.opens is False:
            say(f"You said {_WORDS[decision]} at {local(done.asked)}. It opens nothing more yet.")
        else:
            say(f"You said {_WORDS[decision]} at {local(done.asked)}, in effect after {done.effect_ms:.0f} ms.")

    return said


choose.add_command(_command(Decision.GIVE, "Say yes"))
choose.add_command(_command(Decision.REFUSE, "Say no"))
choose.add_command(_command(Decision.WITHDRAW, "Take a yes back"))


@choose.command("foresee")
@click.argument("datastream", type=int)
@click.argument("purpose", required=False)
@click.option("--if", "if_", type=click.Choice(["yes", "no"]), default="no", show_default=True, help="Which answer.")
@as_person
def choose_foresee(node: Node, datastream: int, purpose: str | None, if_: str) -> None:
    """Say what would follow from an answer about DATASTREAM, now and had it been given 30 days ago. Nothing is said by it."""
    offer = _offer(node.get(f"/api/choices?datastream={datastream}", Choices), datastream, purpose)
    decision = Decision.GIVE if if_ == "yes" else Decision.REFUSE
    form = ChoiceForm(offer.datastream, offer.purpose, decision, offer.digest)
    found = node.post("/api/choices/foreseen", form, Foreseen)
    if decision is Decision.GIVE and offer.carries in _CARRIES:
        say(_CARRIES[offer.carries])
    changes_said(found.changes)
    past = found.past
    if past is not None:
        say(
            f"Since {local(past.since)} others have read of you {past.readings} time{'' if past.readings == 1 else 's'}."
        )
        say(f"   {past.stopped} of them would not have happened, {past.coarser} would have been coarser.")


def _all(node: Node) -> Choices:
    """Every page."""
    page = node.get("/api/choices", Choices)
    found = page.choices
    while page.after is not UNSET:
        page = node.get(f"/api/choices?after={page.after}", Choices)
        found += page.choices
    return Choices(found)


def _offer(choices: Choices, datastream: int, purpose: str | None) -> OfferShown:
    found = [each for each in choices.choices if each.datastream == datastream and purpose in {None, each.purpose}]
    if not found:
        raise NotFound("there is no such choice for you", hint="See what there is: troth choose list")
    if len(found) > 1:
        purposes = ", ".join(each.purpose for each in found)
        raise NotFound("there are several purposes for this datastream", hint=f"Name one of: {purposes}")
    return found[0]


def _shown(offer: OfferShown) -> None:
    say(f"{offer.datastream}  {plain(offer.thing)}, {plain(offer.stream)}")
    for line in plain(offer.notice).split("\n"):
        say(f"   {line}")
    stops = (
        f"stops {plain(', '.join(offer.stops_if_no))} and nothing else" if offer.stops_if_no else "stops nothing else"
    )
    goes_on = f"; {plain(', '.join(offer.goes_on_if_no))} goes on" if offer.goes_on_if_no else ""
    say(f"   A no {stops}{goes_on}")
    if offer.carries in _CARRIES:
        say(f"   {_CARRIES[offer.carries]}")
    said = "nothing yet, so the answer is no" if offer.decision is None else _WORDS[offer.decision]
    most = "" if offer.variant in {None, Variant.RAW.value} else f" to {offer.variant} at most"
    since = "" if offer.since is None else f" since {local(offer.since)}"
    until = "" if offer.until is None else f" until {local(offer.until)}"
    stands = offer.decision is Decision.GIVE and offer.lapsed is None and not offer.left
    nothing = "; it opens nothing more yet" if stands and not offer.opens else ""
    say(f"   You have said: {said}{most}{since}{until}{_LAPSED.get(offer.lapsed or '', '')}{nothing}")
    say(f"   Purpose: {plain(offer.purpose)}")
    say(f"   Digest of this text: {offer.digest}")
