"""Does a thing stay where it joined and what it is, when something else is said of it?

Rules
- It stays in its home, or in public, and of its product. What it measured before belongs to the people it was among: an
  installation that said another home would give it all to those who live there, or to everybody. What goes elsewhere ends here
  and joins there under an identifier of its own (`alter.rehouse`).
- A stream stays that thing's, under its name. One identifier is one stream.
- It is asked at the door and not in the fold: what was accepted before stays, and a replay finds the same.

Source: things.md, "A thing joins"; docs/decisions/0114.
Left out: the public place, which may be called otherwise; where a stream stood before is kept (`state/fold`).
"""

from troth.errors import Conflict
from troth.state.directory import Directory
from troth.statements.installation import InstallationBody

__all__ = ["check_stays"]


def check_stays(body: InstallationBody, stands: InstallationBody | None, directory: Directory) -> None:
    """Return if a thing and its streams stay what they are, and whose. `stands`: the newest word of this thing, if any.

    Raises:
        Conflict: it would stand in another home, in public, or be of another product; or a stream is another one's.
    """
    if stands is not None and body.household != stands.household:
        raise Conflict(
            "a thing stays in the home, or in public, where it joined: what it measured belongs there",
            hint="It ends here and joins there: troth thing move.",
        )
    if stands is not None and body.product != stands.product:
        raise Conflict("a thing stays of its product", hint="End it, and let another one join.")
    names = {each.stream: each.name for each in body.streams}
    if len(names) < len(body.streams):
        raise Conflict("two streams of a thing are never one")
    for stream, name in names.items():
        known = directory.streams.get(stream)
        if known is not None and (known.thing, known.declared.name) != (body.thing, name):
            raise Conflict("a stream stays that of its thing, under its name")
