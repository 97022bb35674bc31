"""The terms of a yes, so that what narrows a use later applies at once, and what widens it is asked anew. Pure.

Rules
- Terms are what can be compared: who gets it and who handles it (each by URI and by the name that was shown), how long it is
  kept, outside of which places it never goes, over how many homes at least, how many values an hour are expected, which
  members of a value it is about, and what it is called in W3C DPV.
  All other words of the notice stand in them as one digest, also what the stream is called and senses.
- A use is no wider than the terms if everybody in it stands in them under the same name, it is kept no longer, its places are
  among theirs, its group is no smaller, it is no other kind of purpose, and the other words are the same. What a yes does not
  say of the kind, because it was said before this was part of it, is not compared.
- A yes counts under the text that was shown for it, and under every text whose terms are no wider. A yes without terms counts
  under its own text alone.

Source: gate.md ("a changed disclosure is a new version: what widened is asked again, what narrowed applies at once");
docs/decisions/0053-a-narrower-use-stands-on-the-yes-to-the-wider.md,
0109-another-kind-of-purpose-is-asked-again.md.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from troth.names import Uri
from troth.statements.disclosure import DisclosedPurpose, Limits, Processor
from troth.statements.dpv import goes_beyond
from troth.statements.passport import PassportStream
from troth.things.member_paths import are_within

__all__ = ["Party", "Terms", "counts", "hop_words", "is_no_wider", "stream_words", "terms_of"]


class Party(msgspec.Struct, frozen=True):
    """A party and the name that was shown for it."""

    uri: Uri
    name: str


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a yes was said to. `words`: SHA-256 of the words that are not compared; `places`: empty where none were named.

    `homes`: over how many at least what leaves is; 0 where that may be a single one. `called`: terms
    of W3C DPV; None in a yes that was said before they were part of it.
    """

    words: bytes
    retention_days: int
    recipients: tuple[Party, ...] = ()
    processors: tuple[Party, ...] = ()
    places: tuple[str, ...] = ()
    per_hour: float | None = None
    fields: tuple[str, ...] = ()
    homes: int = 0
    called: tuple[Uri, ...] | None = None


def terms_of(
    purpose: DisclosedPurpose, limits: Limits, *, measured: PassportStream | None, parties: Mapping[Uri, str]
) -> Terms:
    """The terms of a purpose as it is disclosed now.

    `measured`: what the stream is, by its passport. `parties`: names people read, by organisation URI.
    """
    words = (stream_words(measured), purpose.title, purpose.benefit, purpose.if_yes or "", purpose.if_no or "")
    return Terms(
        hashlib.sha256("\x00".join(words).encode()).digest(),
        purpose.retention_days,
        tuple(Party(uri, parties.get(uri, uri)) for uri in purpose.recipients),
        tuple(Party(hop.organisation, hop_words(hop, parties)) for hop in purpose.processors),
        limits.places,
        purpose.per_hour,
        purpose.fields,
        limits.homes,
        purpose.terms,
    )


def is_no_wider(now: Terms, given: Terms) -> bool:
    """Whether what is disclosed `now` goes nowhere beyond the terms that a yes was `given` to."""
    return (
        now.words == given.words
        and now.retention_days <= given.retention_days
        and set(now.recipients) <= set(given.recipients)
        and set(now.processors) <= set(given.processors)
        and (not given.places or (bool(now.places) and set(now.places) <= set(given.places)))
        and now.homes >= given.homes
        and (given.per_hour is None or (now.per_hour is not None and now.per_hour <= given.per_hour))
        and (given.called is None or not goes_beyond(now.called or (), given.called))
        and (not given.fields or (bool(now.fields) and are_within(now.fields, given.fields)))
    )


def counts(digest: bytes, given: Terms | None, told: bytes, now: Terms) -> bool:
    """Whether a yes under the text of `digest`, with the terms `given`, counts where the text of `told` is shown."""
    return digest == told or (given is not None and is_no_wider(now, given))


def stream_words(measured: PassportStream | None) -> str:
    """What a stream is, as people read it: its title, and what it senses."""
    return "not known" if measured is None else f"{measured.title} (it senses {measured.senses})"


def hop_words(hop: Processor, parties: Mapping[Uri, str]) -> str:
    """Who handles it, what they do, where, and whose law reaches it there besides."""
    laws = f", also under the law of {', '.join(hop.site.laws)}" if hop.site.laws else ""
    return f"{parties.get(hop.organisation, hop.organisation)} ({hop.does}, in {hop.site.country}{laws})"
