"""The uses that a question is about, as step 5 would be asked of each: whatever ground holds, and whoever said what. Pure.

Source: gate.md, steps 2 and 5.
"""

from collections.abc import Iterator

from troth.gate.declared import declared_for, meant, product_of, settled_views
from troth.gate.policies.facts import Facts, facts_of
from troth.gate.question import Action, Ground, Question
from troth.gate.use import Use
from troth.state.in_force import Reading
from troth.state.scopes import party_scope, stream_scope
from troth.things.observations import Variant

__all__ = ["facts_asked"]


def facts_asked(question: Question, reading: Reading, *, action: Action | None = None) -> Iterator[tuple[Facts, Use]]:
    """The facts of each view of each purpose that this question is about. `action`: asked instead of the question's."""
    stream = reading.stream(stream_scope(question.stream))
    if stream is None:
        return
    product = product_of(stream, reading)
    declared = declared_for(stream, product)
    if declared is None:
        return
    party = reading.party(party_scope(question.asker.party))
    classes = () if party is None else party.classes
    for purpose in declared.purposes:
        if not meant(purpose, question, stream, reading):
            continue
        for disclosed in settled_views(purpose):
            view, ground = Variant.named(disclosed.variant), Ground.named(disclosed.ground)
            if view is not None and ground is not None:
                use = Use(question, stream, product, declared, purpose, ground)
                yield facts_of(use, view, action or question.action, classes=classes), use
