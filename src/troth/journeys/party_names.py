"""What parties are called here, and whom a disclosure means where it names a class of them.

Source: people.md, "Words"; formats.md, "Identifiers".
"""

from troth.gate.question import ANYONE
from troth.names import Uri
from troth.state.directory import Directory
from troth.statements.organisation import CLASS

__all__ = ["parties_named", "party_name"]


def party_name(uri: Uri, directory: Directory) -> str:
    """What people call an organisation, or whom somebody has brought; the URI where it is not known (any more)."""
    if uri == ANYONE:
        return "Anyone"
    body = directory.organisations.get(uri)
    if body is not None:
        return body.name
    brought = directory.shares.brought.get(uri)
    return uri if brought is None else brought.body.name


def parties_named(recipient: Uri, directory: Directory) -> tuple[Uri, ...]:
    """The party, or every registered organisation that belongs to the class now, in order of registration."""
    if not recipient.startswith(CLASS):
        return (recipient,)
    return tuple(uri for uri, body in directory.organisations.items() if recipient in body.classes)
