"""What is declared for anybody, and what all who are named for a stream could read of it together. Pure.

Rules
- A figure over homes that is declared for anybody is one and the same for everybody, whoever asks and with what token.
- Whoever asks as nobody in particular may be any of those who are named. So they are taken for all of them at once: what
  anybody could read of a home by itself counts.
- Of a home that is in no figure nobody is told so who is not named themselves: they could watch it say no. There the stream
  does not exist.
- Of what others are named for only the ground is looked at. What else stops them now may stop them no more tomorrow.

Source: docs/reference/small-groups.md; docs/decisions/0081-a-figure-for-anybody-is-one.md.
"""

from typing import Final

import msgspec

from troth.gate.declared import settled_views
from troth.gate.grounds import Asked, Holding, holds, told
from troth.gate.narrowed import Tried
from troth.gate.question import ANYONE, Asker, Code, Ground, Question, Reason, Step
from troth.names import PurposeId
from troth.state.in_force import Reading
from troth.state.scopes import ProductScope, StreamScope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.things.intervals import covers
from troth.things.variants import Variant

__all__ = ["as_everybody", "by_ground", "figures_for_everybody", "is_for_everybody", "unnamed"]

_APP: Final = "anyone"


def is_for_everybody(declared: DisclosedStream, purpose: PurposeId) -> bool:
    """Whether a purpose of a stream is declared for anybody."""
    return any(each.purpose == purpose and ANYONE in each.recipients for each in declared.purposes)


def unnamed(question: Question, declared: DisclosedStream) -> bool:
    """Whether somebody asks who is named for nothing here but what is for anybody."""
    asker = question.asker
    mine = [each.recipients for each in declared.purposes if each.purpose == asker.purpose]
    return (
        asker.person is None
        and any(ANYONE in each for each in mine)
        and (asker.party == ANYONE or not any(asker.party in each for each in mine))
    )


def figures_for_everybody(declared: DisclosedStream) -> bool:
    """Whether any figure over homes of a stream is."""
    views = (
        Variant.named(each.variant) for one in declared.purposes if ANYONE in one.recipients for each in one.variants
    )
    return any(view is not None and view.homes for view in views)


def as_everybody(question: Question) -> Question:
    """The same question by everybody at once."""
    return msgspec.structs.replace(question, asker=Asker(ANYONE, _APP, question.asker.purpose))


def by_ground(
    purpose: DisclosedPurpose,
    declared: DisclosedStream,
    *,
    question: Question,
    stream: StreamScope,
    product: ProductScope,
    reading: Reading,
) -> list[Tried]:
    """The views of a purpose that is for somebody else, each with whether its ground holds now."""
    text = told(purpose, declared, product, reading)
    asker = Asker(question.asker.party, question.asker.app, purpose.purpose)
    found = []
    for each in settled_views(purpose) if purpose.recipients else ():
        view, why = Variant.named(each.variant), Ground.named(each.ground)
        if view is None or why is None:
            found.append(
                Tried(Variant.RAW, Holding(()), None, None, purpose.retention_days)
            )  # it cannot be settled here
            continue
        asked = Asked(stream, product, purpose.purpose, text, view, asker, question.at_ns, purpose, declared.limits)
        holding = holds(why, asked, reading)
        lacking = Reason(Step.GROUNDED, holding.lacking or Code.NO_GROUND, holding.rests_on, why)
        failed = None if covers(holding.times, question.at_ns) else lacking
        found.append(Tried(view, holding, why, failed, purpose.retention_days))
    return found
