"""`troth my-key`: who keeps the key that signs what you say, opening it in your session, and giving it back.

Rules
- A phrase is asked for at the terminal and never stands in a command.
- A no needs no key, so nothing here is needed for `choose refuse` and `choose withdraw`.

Source: record.md, "Personal ledgers" (custody); docs/decisions/0060.
Left out: what a passkey signs, for which a browser is needed.
"""

from typing import Final

import click
import msgspec

from troth.api.answers import Done
from troth.api.own_key_forms import CodeMade, KeyShown, PhraseForm, Since, UnlockForm
from troth.cli.client import Node
from troth.cli.places import as_person
from troth.cli.speaking import local, plain, say

__all__ = ["my_key"]

_CUSTODY: Final = {
    "house": "this house keeps it for you",
    "own": "you keep it; it lies here only locked",
}


@click.group("my-key")
def my_key() -> None:
    """The key that signs what you say: who keeps it."""


@my_key.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def key_show(node: Node, *, as_json: bool) -> None:
    """Show who keeps your key, whether it is open in this session, and the passkeys beside each yes."""
    found = node.get("/api/key", KeyShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    say(f"Custody: {plain(found.custody)}; {_CUSTODY.get(found.custody, 'see the statement about it')}.")
    say(f"Key: {plain(found.key)}" + ("" if found.since is None else f", since {local(found.since)}"))
    if found.custody == "own":
        say(
            "Closed in this session."
            if found.open_until is None
            else f"Open in this session until {local(found.open_until)}."
        )
    for each in found.passkeys:
        beside = "beside each yes" if each.stated else "not named"
        say(f"Passkey: {plain(each.name) or 'not yours any more'} ({beside}), key {each.key}")
    if found.coming is not None:
        coming = found.coming
        what = f"custody {plain(coming.custody)}, {coming.passkeys} passkeys named"
        say(f"This changes on {local(coming.since)}: {what}. Stop it with: troth my-key stop")


@my_key.command("keep")
@click.password_option("--phrase", prompt="Phrase", help="Asked for if not given; do not write it into a script.")
@as_person
def key_keep(node: Node, phrase: str) -> None:
    """Keep your key yourself from now on, locked with a phrase of at least 16 characters."""
    _code(node.post("/api/key/own", PhraseForm(phrase), CodeMade))


@my_key.command("phrase")
@click.option("--secret", prompt="Phrase or recovery code of now", hide_input=True, help="Asked for if not given.")
@click.password_option("--phrase", prompt="New phrase", help="Asked for if not given; do not write it into a script.")
@as_person
def key_phrase(node: Node, secret: str, phrase: str) -> None:
    """Lock the same key with another phrase and another recovery code."""
    _code(node.post("/api/key/own", PhraseForm(phrase, secret), CodeMade))


@my_key.command("open")
@click.option("--secret", prompt="Phrase or recovery code", hide_input=True, help="Asked for if not given.")
@as_person
def key_open(node: Node, secret: str) -> None:
    """Open your key in this session for ten minutes: for a yes, or for ending what you stopped."""
    found = node.post("/api/key/open", UnlockForm(secret), Since)
    say(f"Open in this session until {local(found.since)}.")


@my_key.command("close")
@as_person
def key_close(node: Node) -> None:
    """Close your key in this session."""
    node.post("/api/key/close", b"{}", Done)
    say("Closed.")


@my_key.command("give-back")
@as_person
def key_give_back(node: Node) -> None:
    """Let this house keep your key again: at once where it is open, in seven days where it is closed or lost."""
    found = node.post("/api/key/back", b"{}", Since)
    say(f"This house speaks for you from {local(found.since)} on. Until then one command stops it: troth my-key stop")


@my_key.command("no-passkey")
@as_person
def key_no_passkey(node: Node) -> None:
    """Need no passkey beside a yes any more, in seven days: for a passkey that is lost."""
    found = node.post("/api/key/passkeys/end", b"{}", Since)
    say(f"No passkey is needed from {local(found.since)} on. Until then one command stops it: troth my-key stop")


@my_key.command("stop")
@as_person
def key_stop(node: Node) -> None:
    """Stop what was to change later: what holds now goes on."""
    node.post("/api/key/stop", b"{}", Done)
    say("Stopped. What holds now goes on.")


def _code(made: CodeMade) -> None:
    say("You keep your key. It is locked with your phrase, and with this recovery code, shown this once:")
    say(f"   {plain(made.code)}")
    say("Nobody here has either.")
