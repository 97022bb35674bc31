"""What people could share, as rules are asked about it: whatever anybody has shared, refused or been asked for.

Rules
- Every stream that stands in homes, by kind, with every registered party that may get anything, every term that may be picked,
  and the views that are declared of it, each value first. Nobody's choice is looked at, so none can be seen.
- SHAREABLE_MAX uses at most; that there are more is said.

Source: docs/decisions/0080-rules-are-tried-on-what-was-asked-before-a-restart.md; gate/sharing.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from troth.gate.declared import declared_for, product_of
from troth.gate.policies.facts import Facts, facts_of
from troth.gate.question import Action, Asker, Ground, Question
from troth.gate.rules.gatekeepers import gatekeeper
from troth.gate.rules.share_terms import ShareTerm, terms_at
from troth.gate.use import Use
from troth.names import StreamId, Uri
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import stream_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.things.variants import Variant

__all__ = ["SHAREABLE_MAX", "shareable"]

SHAREABLE_MAX: Final = 5_000  # some 100 us each, for either set of rules


def shareable(directory: Directory, in_force: InForce, *, at_ns: int) -> Iterator[tuple[Facts, Use]]:
    """Each use as *share* and as *read* would be asked of it; SHAREABLE_MAX + 1 where there are more."""
    return islice(_all(directory, in_force, at_ns=at_ns), SHAREABLE_MAX + 1)


def _all(directory: Directory, in_force: InForce, *, at_ns: int) -> Iterator[tuple[Facts, Use]]:
    parties = tuple(
        (uri, body.classes)
        for uri, body in directory.organisations.items()
        if not gatekeeper(uri, body.classes, at_ns=at_ns)
    )
    for stream in _streams(directory):
        for party, classes in parties:
            for term in terms_at(at_ns):
                yield from _uses(stream, party, term, in_force, classes=classes, at_ns=at_ns)


def _streams(directory: Directory) -> Iterator[StreamId]:
    """One stream of each kind that stands in homes."""
    seen = set()
    for thing in tuple(directory.things.values()):
        home, product = thing.body.household, thing.body.product
        if home is None or thing.body.to_ns is not None:
            continue
        own = home if (home, product) in directory.home_disclosures else None
        for name, stream in thing.streams.items():
            if (product, own, name) not in seen:
                seen.add((product, own, name))
                yield stream.stream


def _uses(
    stream_id: StreamId, party: Uri, term: ShareTerm, in_force: InForce, *, classes: tuple[Uri, ...], at_ns: int
) -> Iterator[tuple[Facts, Use]]:
    reading = Reading(in_force)
    stream = reading.stream(stream_scope(stream_id))
    product = None if stream is None else product_of(stream, reading)
    declared = None if stream is None or product is None else declared_for(stream, product)
    if stream is None or product is None or declared is None:
        return
    views = dict.fromkeys(view.variant for purpose in declared.purposes for view in purpose.variants)
    days = max((each.retention_days for each in declared.purposes), default=1)
    for text in dict.fromkeys((Variant.RAW.value, *views)):
        view = Variant.named(text)
        if view is None:
            continue
        for action, app, kept in ((Action.SHARE, "share", 1), (Action.READ, "", days)):
            said = DisclosedVariant(text, Ground.CHOICE.value)
            purpose = DisclosedPurpose(term.purpose, term.title, "unknown", (party,), (said,), kept, terms=term.dpv)
            question = Question(Action.READ, stream_id, Asker(party, app, term.purpose), at_ns)
            use = Use(question, stream, product, declared, purpose, Ground.CHOICE)
            yield facts_of(use, view, action, classes=classes), use
