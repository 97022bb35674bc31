"""When something was said last about a scope: figures over several homes begin anew after it. Pure.

Rules
- It is the time that stands in the signed statement, in whole seconds, and at its end: so a replay finds the same.
- It never goes back, also where an older statement comes later.

Source: gate.md step 6 (cells are withheld until the next period begins); docs/decisions/0069-a-cell-has-one-group.md.
"""

from typing import TypeVar

import msgspec

from troth.state.scopes import (
    PartyScope,
    PersonScope,
    PlaceScope,
    ProductScope,
    Scope,
    Settled,
    StreamScope,
    stream_scope,
    universe_scope,
)
from troth.statements.authority import AuthorityReachBody
from troth.statements.installation import InstallationBody
from troth.statements.statement import Statement

__all__ = ["classed", "moved", "ruled", "said_again", "said_ns", "streams_of"]

_NS = 1_000_000_000

S = TypeVar("S", PlaceScope, ProductScope, "PlaceScope | ProductScope")


def said_ns(statement: Statement) -> int:
    """The end of the second in which a statement was signed, ns UTC."""
    return (statement.signed.headers.issued_at_s + 1) * _NS


def moved(value: S, statement: Statement) -> S:
    """A product or a home about which something was said."""
    return msgspec.structs.replace(value, moved_ns=max(value.moved_ns, said_ns(statement)))


def ruled(person: PersonScope, statement: Statement) -> PersonScope:
    """A person who has said where something may not go, or what is private."""
    return msgspec.structs.replace(person, ruled_ns=max(person.ruled_ns, said_ns(statement)))


def classed(former: PartyScope | None, party: PartyScope | None, statement: Statement) -> PartyScope | None:
    """An organisation, and when it became one of other classes: what a class may read it reads of before, too."""
    if former is None or party is None:
        return party
    new_ns = said_ns(statement) if set(former.classes) != set(party.classes) else former.classed_ns
    return msgspec.structs.replace(party, classed_ns=max(former.classed_ns, new_ns))


def said_again(former: Settled | None, installed: StreamScope, statement: Statement) -> StreamScope:
    """A stream about which an installation was said; the first one changes nothing that was before."""
    if not isinstance(former, StreamScope):
        return installed
    return msgspec.structs.replace(installed, said_again_ns=max(former.said_again_ns, said_ns(statement)))


def streams_of(body: InstallationBody | AuthorityReachBody) -> tuple[Scope, ...]:
    """The scopes of streams of which something is said; of what stands in a home also that of everything like it."""
    if isinstance(body, AuthorityReachBody):
        return tuple(map(stream_scope, body.streams))
    streams = tuple(stream_scope(each.stream) for each in body.streams)
    return streams if body.household is None else (*streams, universe_scope(body.product))
