"""`troth mark`, `troth right` and `troth request`: say what is wrong, ask for a right, and answer who asks.

Rules
- Marks and rights work in your own session; requests are answered by whoever runs the place.
- What you can do by yourself needs no request, and is said.

Source: docs/reference/api.md.
"""

import click
import msgspec

from troth.api.answers import Done
from troth.api.corrections import CorrectionsShown
from troth.api.marks import MarkForm, MarkMade, MarksShown, ReadersShown
from troth.api.rights import ReplyForm, RequestForm, RequestLine, RequestMade, Requests
from troth.cli.client import Node
from troth.cli.corrected import correction_line
from troth.cli.places import as_operator, as_person
from troth.cli.speaking import local, plain, say
from troth.statements.mark import Stop
from troth.statements.rights import Outcome, Right

__all__ = ["mark", "request", "right"]

_NO_LAW = "no law sets this day"
_STANDING = {"open": "waits for an answer", "extended": "waits, and takes longer", "overdue": "OVERDUE"}


@click.group()
def mark() -> None:
    """Say what is wrong with what was observed, or that nobody else uses it."""


@mark.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def mark_list(node: Node, *, as_json: bool) -> None:
    """List your marks that stand."""
    found = node.get("/api/marks", MarksShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.marks:
        say("You have marked nothing.")
    for each in found.marks:
        say(f"{each.mark}  {plain(each.thing)}, {plain(each.stream)}: {local(each.from_)} to {local(each.to)}")
        if each.says is not None:
            say(f"   You say: {plain(each.says)}")
        if each.stop is not None:
            say(f"   Nobody else uses it ({plain(each.stop)}).")


@mark.command("put")
@click.argument("datastream", type=int)
@click.option("--from", "from_", required=True, metavar="TIME", help="From when on, as 2024-05-01T06:30:00Z.")
@click.option("--to", required=True, metavar="TIME", help="Up to when; it is about what is over.")
@click.option("--says", metavar="TEXT", help="What is wrong, and what is right; read by everybody who may read it.")
@click.option("--stop", type=click.Choice([each.value for each in Stop]), help="Nobody else uses it, and why.")
@as_person
def mark_put(node: Node, *, datastream: int, from_: str, to: str, says: str | None, stop: str | None) -> None:
    """Put a mark on some time of DATASTREAM."""
    form = MarkForm(datastream=datastream, from_=from_, to=to, says=says, stop=None if stop is None else Stop(stop))
    made = node.post("/api/marks", form, MarkMade)
    say(f"{made.mark} stands, in effect after {made.effect_ms:.0f} ms.")
    for each in node.get(f"/api/marks/{made.mark}/readers", ReadersShown).readers:
        say(f"{plain(each.name)} ({plain(each.app)}) could read it before, last at {local(each.last)}.")


@mark.command("told")
@click.argument("name", metavar="MARK")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def mark_told(node: Node, *, name: str, as_json: bool) -> None:
    """List who was told of a mark of yours, and who has not said that they have read it."""
    found = node.get(f"/api/marks/{name}/told", CorrectionsShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.corrections:
        say("Nobody was told; nobody else had read it.")
    for each in found.corrections:
        say(correction_line(each))


@mark.command("end")
@click.argument("name", metavar="MARK")
@as_person
def mark_end(node: Node, *, name: str) -> None:
    """End a mark of yours."""
    node.post(f"/api/marks/{name}/end", b"{}", Done)
    say("It has ended.")


@click.group()
def right() -> None:
    """Ask for a right of yours, and see by when it is due."""


@right.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def right_list(node: Node, *, as_json: bool) -> None:
    """List what you have asked for."""
    found = node.get("/api/rights", Requests)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.requests:
        say("You have asked for nothing.")
    for each in found.requests:
        _line(each)


@right.command("ask")
@click.argument("name", metavar="RIGHT", type=click.Choice([each.value for each in Right]))
@click.option("--words", default="", metavar="TEXT", help="What for, in your own words.")
@as_person
def right_ask(node: Node, *, name: str, words: str) -> None:
    """Ask for RIGHT.

    What you can do by yourself needs no request: troth export get, troth mark put, troth object to, troth erase.
    """
    made = node.post("/api/rights", RequestForm(Right(name), words), RequestMade)
    (mine,) = [each for each in node.get("/api/rights", Requests).requests if each.request == made.request]
    say(f"{made.request} is asked. It is due by {mine.last_day} ({plain(mine.citation) or _NO_LAW}).")
    if not mine.citation:
        say(
            "It goes to whoever runs this place. To a supervisory authority you can complain at any time (GDPR Art. 77)."
        )


@click.group()
def request() -> None:
    """What people ask of you by right, and answering it."""


@request.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def request_list(node: Node, *, as_json: bool) -> None:
    """List what is asked, what is due soonest first."""
    found = node.get("/api/requests", Requests)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.requests:
        say("Nobody has asked for anything.")
    for each in found.requests:
        _line(each)


@request.command("reply")
@click.argument("name", metavar="REQUEST")
@click.argument("outcome", type=click.Choice([each.value for each in Outcome]))
@click.option("--words", default="", metavar="TEXT", help="What the person reads; the reason where it is not done.")
@as_operator
def request_reply(node: Node, *, name: str, outcome: str, words: str) -> None:
    """Reply to REQUEST: done, refused, or once extended."""
    node.post(f"/api/requests/{name}/reply", ReplyForm(Outcome(outcome), words), Done)
    say("It is said.")


def _cited(each: RequestLine) -> str:
    return f" ({plain(each.citation)})" if each.citation else ""


def _line(each: RequestLine) -> None:
    who = "" if each.name is None else f"{plain(each.name)}: "
    say(f"{each.request}  {who}{plain(each.right)}{_cited(each)}, asked {local(each.asked)}")
    if each.words:
        say(f"   {plain(each.words)}")
    standing = _STANDING.get(each.standing, each.standing)
    was_late = ", and was late" if each.late and each.replied else ""
    say(f"   {plain(standing)}; due by {each.last_day or local(each.due)}{was_late}")
    if each.reply:
        say(f"   Reply: {plain(each.reply)}")
    if each.complain is not None and each.name is None:
        say(f"   You can complain to an authority: {plain(each.complain)}")
