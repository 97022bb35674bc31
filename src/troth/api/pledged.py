"""What red lines, promises and support are asked and answered with; the command line fills in the same forms.

Source: docs/reference/api.md.
"""

from typing import Annotated

import msgspec

from troth.api.forms import digest_of
from troth.names import LineId, PromiseId, PurposeId, SupportId, Uri, parse_id
from troth.signing.cose import PayloadForm
from troth.statements.promise import PromiseBody
from troth.statements.red_line import NOTICE_DAYS_MIN, RedLineBody
from troth.statements.support import SupportedText
from troth.wire.times import parse_time

__all__ = [
    "EndForm",
    "LineDrawn",
    "LineEnds",
    "LineForm",
    "LineShown",
    "Lines",
    "Nothing",
    "PromiseForm",
    "PromiseMade",
    "PromiseShown",
    "Promises",
    "SupportEnded",
    "SupportForm",
    "SupportGiven",
    "SupportShown",
    "Supports",
    "form_of",
    "line_of",
    "promise_of",
    "support_of",
]

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class LineForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Draw a red line from now on."""

    never: Sentence
    senses: tuple[str, ...] = ()
    properties: tuple[Uri, ...] = ()
    purposes: tuple[PurposeId, ...] = ()
    recipients: tuple[Uri, ...] = ()
    notice_days: int = NOTICE_DAYS_MIN

    def body(self) -> RedLineBody:
        """What the statement says; its name and beginning are not made yet."""
        return RedLineBody(
            LineId(bytes(16)),
            self.never,
            0,
            self.notice_days,
            self.senses,
            self.properties,
            self.purposes,
            self.recipients,
        )


class EndForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Take a red line back: why, and when it ends (after its notice if absent)."""

    because: Sentence
    to: str | None = None

    def to_ns(self) -> int | None:
        """`to` in ns UTC."""
        return None if self.to is None else parse_time(self.to)


class Nothing(msgspec.Struct, frozen=True):
    """A body that says nothing more than its path."""


class PromiseForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Promise something from now on until `to`."""

    by: Uri
    words: Sentence
    measured: Sentence
    to: str | None = None
    product: Uri | None = None
    streams: tuple[str, ...] = ()
    evidence: Uri | None = None
    deletable: bool = False

    def body(self, *, from_ns: int) -> PromiseBody:
        """What the statement says; its name is not made yet. BadTime for a time without a zone."""
        return PromiseBody(
            PromiseId(bytes(16)),
            self.by,
            self.words,
            self.measured,
            from_ns,
            None if self.to is None else parse_time(self.to),
            self.product,
            self.streams,
            self.evidence,
        )


class SupportForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Stand behind a text, named by its title and the SHA-256 of its bytes in hex."""

    by: Uri
    title: Sentence
    digest: str
    version: str
    language: str
    where: Uri | None = None
    commitments: tuple[str, ...] = ()
    deletable: bool = False

    def text(self) -> SupportedText:
        """Which text; BadJson for what is no digest."""
        return SupportedText(digest_of(self.digest), self.title, self.version, self.language, self.where)


def form_of(*, deletable: bool) -> PayloadForm:
    """Where the words of a statement stand: behind a hash envelope when they are to stay deletable."""
    return PayloadForm.DIGEST if deletable else PayloadForm.INLINE


class LineDrawn(msgspec.Struct, frozen=True):
    """A red line that holds."""

    line: str


class LineEnds(msgspec.Struct, frozen=True):
    """When a line that was taken back ends."""

    ends: str


class LineShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A red line; `to` and `because` where it has been taken back. `statement` in hex, as in all of these."""

    line: str
    never: str
    since: str
    notice_days: int
    statement: str
    senses: tuple[str, ...] = ()
    properties: tuple[Uri, ...] = ()
    purposes: tuple[PurposeId, ...] = ()
    recipients: tuple[Uri, ...] = ()
    to: str | None = None
    because: str | None = None


class Lines(msgspec.Struct, frozen=True):
    """All red lines in order of drawing, those that have ended too."""

    red_lines: tuple[LineShown, ...]


class PromiseMade(msgspec.Struct, frozen=True):
    """A promise that was made, and its statement in hex."""

    promise: str
    statement: str


class PromiseShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A promise."""

    promise: str
    by: Uri
    words: str
    measured: str
    since: str
    statement: str
    to: str | None = None
    product: Uri | None = None
    streams: tuple[str, ...] = ()
    evidence: Uri | None = None


class Promises(msgspec.Struct, frozen=True):
    """All promises in order of first saying."""

    promises: tuple[PromiseShown, ...]


class SupportGiven(msgspec.Struct, frozen=True):
    """Support that was given, and its statement in hex."""

    support: str
    statement: str


class SupportEnded(msgspec.Struct, frozen=True):
    """Support that was withdrawn."""

    support: str


class SupportShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Support for a text; `withdrawn` where it was taken back."""

    support: str
    by: Uri
    title: str
    digest: str
    version: str
    language: str
    since: str
    statement: str
    where: Uri | None = None
    commitments: tuple[str, ...] = ()
    withdrawn: bool = False


class Supports(msgspec.Struct, frozen=True):
    """All support in order of first saying."""

    supports: tuple[SupportShown, ...]


def line_of(text: str) -> LineId:
    """A red line from its printed form; BadName otherwise."""
    return LineId(parse_id("rl", text))


def promise_of(text: str) -> PromiseId:
    """A promise from its printed form; BadName otherwise."""
    return PromiseId(parse_id("pr", text))


def support_of(text: str) -> SupportId:
    """Support from its printed form; BadName otherwise."""
    return SupportId(parse_id("su", text))
