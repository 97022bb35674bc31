"""A maker's description comes in: it is checked, and shown as what would be registered of it and what would not.

Rules
- The schemas are the W3C's, kept in the package; nothing that a description names is fetched.
- Nothing is registered here. Whose product it is, what it is for and who answers is not in a description and is never guessed.

Source: things.md, "A thing joins"; W3C WoT Thing Description 1.1.
Left out: registering it; `join` does that, by the product that whoever registers says.
"""

import json
from functools import cache
from importlib import resources
from typing import Final

from troth.things.descriptions import Proposal, Schemas, check, propose

__all__ = ["described"]

_FOLDER: Final = "w3c"


def described(data: bytes) -> Proposal:
    """What a Thing Description or Thing Model (JSON in UTF-8) comes to.

    Raises:
        BadDescription: it is none, with every fault that was found and its place.
        TooLarge: more than 256 KiB, deeper than 32, or a text of more than 2,048 characters.
    """
    return propose(check(data, _schemas()))


@cache
def _schemas() -> Schemas:
    """The schemas, read once: they are part of the program and never change while it runs."""
    folder = resources.files("troth.things.descriptions").joinpath(_FOLDER)
    description, model = (json.loads(folder.joinpath(name).read_bytes()) for name in ("td-1.1.json", "tm-1.1.json"))
    return Schemas(description, model)
