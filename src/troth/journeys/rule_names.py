"""What a rule of whoever runs the place may name, by what is registered here. Pure."""

from troth.errors import BadName
from troth.gate.policies.lint import Registered
from troth.names import StreamId, parse_id
from troth.state.directory import Directory

__all__ = ["registered_in"]


def registered_in(directory: Directory) -> Registered:
    """The parties and products that are registered, and the streams that stand in public places."""

    def is_public_stream(printed: str) -> bool:
        try:
            known = directory.streams.get(StreamId(parse_id("st", printed)))
        except BadName:
            return False
        return known is not None and directory.things[known.thing].body.household is None

    return Registered(directory.organisations.keys(), directory.products.keys(), is_public_stream)
