"""What a person is told before they choose, and the digest by which a choice names it.

Rules
- The text comes from the disclosure and the names of its recipients alone, so the same words give the same digest everywhere.
- A yes counts under the text it was given under and under no other: the gate compares the digests.
- It says what for, what it gives, who gets it, how long, what of it and how often where that is
  declared, who handles it on the way, and what follows from yes and from no.

Source: people.md, "Rules"; formats.md (choice.notice).
Left out in this version: languages other than the disclosure's own.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from troth.names import Uri
from troth.statements.choice import NoticeShown
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.organisation import ANYONE, CLASS
from troth.statements.terms import hop_words

__all__ = ["Notice", "notice_of"]


class Notice(msgspec.Struct, frozen=True):
    """A notice as shown; `digest` is the SHA-256 of `text` in UTF-8."""

    text: str
    digest: bytes
    version: int
    language: str

    def shown(self) -> NoticeShown:
        """How a choice names it."""
        return NoticeShown(self.digest, self.version, self.language)


def notice_of(
    purpose: DisclosedPurpose,
    places: Sequence[str],
    disclosure: DisclosureBody,
    *,
    parties: Mapping[Uri, str],
    special: str | None = None,
) -> Notice:
    """The notice of one purpose of a stream that never goes outside `places`. `parties`: names people read, by URI.

    `special`: what especially protected matter the stream tells about, in words.
    """
    getters = ", ".join(_getter(uri, parties) for uri in purpose.recipients) or "nobody outside the house"
    lines = [
        f"What for: {purpose.title}",
        f"What it gives: {purpose.benefit}",
        f"Who gets it: {getters}",
        f"Kept for: {purpose.retention_days} days",
    ]
    if purpose.fields:
        lines.append(f"What of it: {', '.join(purpose.fields)}")
    if purpose.per_hour is not None:
        lines.append(f"How often: at most {purpose.per_hour:g} values an hour are expected")
    if special is not None:
        lines.insert(0, f"This tells about {special}. That is especially protected, and needs your explicit yes.")
    if purpose.processors:
        lines.append(f"Handled on the way by: {', '.join(hop_words(each, parties) for each in purpose.processors)}")
    if places:
        lines.append(f"Never outside: {', '.join(places)}")
    lines += [f"If you say yes: {purpose.if_yes}"] if purpose.if_yes else []
    lines += [f"If you say no: {purpose.if_no}"] if purpose.if_no else []
    text = "\n".join(lines)
    return Notice(text, hashlib.sha256(text.encode()).digest(), disclosure.version, disclosure.language)


def _getter(uri: Uri, parties: Mapping[Uri, str]) -> str:
    """A recipient as people read it: by name, or as the kind of organisation that a class stands for."""
    if uri.startswith(CLASS):
        kind = uri.removeprefix(CLASS).replace("-", " ")
        return f"every organisation that is registered here as {kind}"
    return "anyone" if uri == ANYONE else parties.get(uri, uri)
