"""What a person is told before they choose, and the digest by which a choice names it.

Rules
- The text comes from passport, disclosure and the names of recipients alone, so the same words give the same digest everywhere.
- A yes counts under the text it was given under and under no other: the gate compares the digests.
- It says what is measured, what for, what it gives, who gets it, how long, what kind of purpose it is in a common vocabulary,
  what of it and how often where that is declared, who handles it on the way, outside of which places it never goes, over how
  many homes it is at least, and what follows from yes and from no.

Source: people.md, "Rules"; formats.md (choice.notice).
Left out in this version: languages other than the disclosure's own.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from troth.names import Uri
from troth.statements.choice import NoticeShown
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody, Limits
from troth.statements.dpv import term_words
from troth.statements.organisation import ANYONE, CLASS
from troth.statements.passport import PassportStream
from troth.statements.terms import hop_words, stream_words

__all__ = ["Notice", "group_words", "notice_of"]


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
    limits: Limits,
    disclosure: DisclosureBody,
    *,
    measured: PassportStream | None,
    parties: Mapping[Uri, str],
    special: str | None = None,
) -> Notice:
    """The notice of one purpose of a stream with these limits. `parties`: names people read, by URI.

    `measured`: what the stream is, by its passport. `special`: what especially protected matter it tells about, in words.
    """
    getters = ", ".join(_getter(uri, parties) for uri in purpose.recipients) or "nobody outside the house"
    lines = [
        f"What is measured: {stream_words(measured)}",
        f"What for: {purpose.title}",
        f"What it gives: {purpose.benefit}",
        f"Who gets it: {getters}",
        f"Kept for: {purpose.retention_days} days",
    ]
    if purpose.terms:
        lines.append(f"What kind of purpose that is (W3C DPV): {term_words(purpose.terms)}")
    if purpose.fields:
        lines.append(f"What of it: {', '.join(purpose.fields)}")
    if purpose.per_hour is not None:
        lines.append(f"How often: at most {purpose.per_hour:g} values an hour are expected")
    if special is not None:
        lines.insert(0, f"This tells about {special}. That is especially protected, and needs your explicit yes.")
    if purpose.processors:
        lines.append(f"Handled on the way by: {', '.join(hop_words(each, parties) for each in purpose.processors)}")
    if limits.places:
        lines.append(f"Never outside: {', '.join(limits.places)}")
    if limits.homes:
        lines.append(f"Never of one home alone: {group_words(limits.homes)}")
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


def group_words(homes: int) -> str:
    """Over how many homes what leaves is at least."""
    return f"nothing leaves that is over fewer than {homes} homes"
