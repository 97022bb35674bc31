"""What a newer disclosure changes for the people concerned: what is new, what widened, what narrowed, what is gone. Pure.

Rules
- A use is compared with the former one of the same purpose and stream; where it stood twice (as it is, and as announced), with
  the one that it goes least beyond.
- Wider is: somebody more who gets or handles it, kept longer, a place more, a smaller group or none where there was one, a view
  that reveals more or rests on another ground, more values an hour, a field more, an earlier start, other words, a term
  of W3C DPV that the former ones do not cover, or essential where it was not: private mode spares what is.
- What differs and is wider in nothing is narrower.

Source: gate.md ("what widened is asked again, what narrowed applies at once"); docs/decisions/0064,
0092, 0109.
Left out: what a change means for a yes that was given; its terms say that (`terms`).
"""

from enum import StrEnum

import msgspec

from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody, Limits
from troth.statements.dpv import goes_beyond
from troth.things.member_paths import are_within
from troth.things.observations import Variant

__all__ = ["Change", "Changed", "Part", "changes_of", "wider_parts"]


class Part(StrEnum):
    """In what a use differs."""

    RECIPIENTS = "recipients"
    PROCESSORS = "processors"
    RETENTION = "retention"
    PLACES = "places"
    GROUP = "group"
    PRECISION = "precision"
    RATE = "rate"
    FIELDS = "fields"
    START = "start"
    WORDS = "words"
    TERMS = "terms"
    ESSENTIAL = "essential"


class Changed(StrEnum):
    """What became of a use."""

    NEW = "new"
    WIDER = "wider"
    NARROWER = "narrower"
    GONE = "gone"


class Change(msgspec.Struct, frozen=True):
    """One use that is not as it was. `purpose` is as it is now (as it was, where it is gone); `parts`: in what it is wider.

    `former`: what it was compared with, None where it is new. `limits`: what holds of its stream for all uses, now.
    """

    stream: str
    purpose: DisclosedPurpose
    changed: Changed
    parts: tuple[Part, ...] = ()
    former: DisclosedPurpose | None = None
    limits: Limits = Limits()
    former_limits: Limits = Limits()


def changes_of(now: DisclosureBody, former: DisclosureBody, *, at_ns: int) -> tuple[Change, ...]:
    """What a disclosure changes that is said at `at_ns` in place of another, in its order; what is gone comes last."""
    before = {each.name: each for each in former.streams}
    found: list[Change] = []
    for stream in now.streams:
        was = before.get(stream.name, DisclosedStream(stream.name, ()))
        for purpose in stream.purposes:
            change = _change(purpose, stream, was, at_ns=at_ns)
            if change is not None:
                found.append(change)
    after = {stream.name: {each.purpose for each in stream.purposes} for stream in now.streams}
    gone = (
        Change(stream.name, each, Changed.GONE, former=each, former_limits=stream.limits)
        for stream in former.streams
        for each in stream.purposes
        if each.purpose not in after.get(stream.name, ())
    )
    return (*found, *gone)


def wider_parts(
    now: DisclosedPurpose,
    former: DisclosedPurpose,
    *,
    limits: Limits,
    former_limits: Limits,
    at_ns: int,
) -> tuple[Part, ...]:
    """In what a use goes beyond what it was."""
    places, former_places = limits.places, former_limits.places
    begun = former.starts_ns is None or former.starts_ns <= at_ns
    wider = {
        Part.RECIPIENTS: not set(now.recipients) <= set(former.recipients),
        Part.PROCESSORS: not set(now.processors) <= set(former.processors),
        Part.RETENTION: now.retention_days > former.retention_days,
        Part.PLACES: bool(former_places) and (not places or not set(places) <= set(former_places)),
        Part.GROUP: limits.homes < former_limits.homes,
        Part.PRECISION: not all(_revealed(each.variant, each.ground, former) for each in now.variants),
        Part.RATE: former.per_hour is not None and (now.per_hour is None or now.per_hour > former.per_hour),
        Part.FIELDS: bool(former.fields) and (not now.fields or not are_within(now.fields, former.fields)),
        Part.START: not begun and (now.starts_ns or 0) < (former.starts_ns or 0),
        Part.WORDS: _words(now) != _words(former),
        Part.TERMS: now.terms != former.terms and goes_beyond(now.terms, former.terms),
        Part.ESSENTIAL: now.essential and not former.essential,
    }
    return tuple(part for part, is_wider in wider.items() if is_wider)


def _change(purpose: DisclosedPurpose, stream: DisclosedStream, was: DisclosedStream, *, at_ns: int) -> Change | None:
    alike = [each for each in was.purposes if each.purpose == purpose.purpose]
    if not alike:
        return Change(stream.name, purpose, Changed.NEW, limits=stream.limits)
    limits, former_limits = stream.limits, was.limits
    known = all(Variant.named(each.variant) is not None for each in purpose.variants)
    if known and purpose in alike and limits == former_limits:
        return None  # as it was: what follows would find the same, and take fifty times as long

    compared = [
        (wider_parts(purpose, each, limits=limits, former_limits=former_limits, at_ns=at_ns), each) for each in alike
    ]
    parts, nearest = min(compared, key=lambda pair: (len(pair[0]), pair[1] != purpose))
    if not parts and nearest == purpose and limits == former_limits:
        return None
    changed = Changed.WIDER if parts else Changed.NARROWER
    return Change(stream.name, purpose, changed, parts, nearest, limits, former_limits)


def _revealed(variant: str, ground: str, former: DisclosedPurpose) -> bool:
    """Whether as much was shown before on this ground."""
    now = Variant.named(variant)
    shown = [each.variant for each in former.variants if each.ground == ground]
    if now is None or variant in shown:
        return now is not None
    return any(view is not None and now.within(view) for view in map(Variant.named, shown))


def _words(purpose: DisclosedPurpose) -> tuple[str | None, ...]:
    return purpose.title, purpose.benefit, purpose.if_yes, purpose.if_no
