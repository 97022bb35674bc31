"""Kinds `ground` (open) and `home-ground` (private): who asserts why something may happen, and what that rests on.

Both have the same body. The open one speaks of a class of streams; one that must name a home is private, and holds there.

Rules
- An assertion reaches forward from its acceptance. Without one, a ground that needs it does not hold, whatever is disclosed.
- It names what it is about (product, streams, purposes), what it cites, and the day by which somebody looks at it again.
- Said again with the same content it is looked at again (a later `review_ns`), or ends sooner (`to_ns`, with `because`).
  Anything else is another assertion, under another name.

Source: gate.md, "Eight grounds" ("each ground names who asserts it, its citation, scope, end and review date").
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.names import GroundId, HouseholdId, PurposeId, Uri

__all__ = ["LONGEST_S", "Agreement", "Asserted", "Citation", "GroundBody", "Provision"]


LONGEST_S: Final = 86_400  # docs/decisions/0058: a day; what lasts longer is no emergency any more, and is opened anew


class Asserted(StrEnum):
    """The grounds that hold only while somebody asserts them in such a statement."""

    SETTLED = "settled"
    OBJECTABLE = "objectable"
    REQUIRED = "required"
    URGENT = "urgent"


class Citation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A law and its paragraph, as this program's dated list names them; or a document by the SHA-256 of its bytes.

    `title`: what people call it. `where`: where it can be read.
    """

    title: str
    law: str | None = None
    paragraph: str | None = None
    digest: bytes | None = None
    where: Uri | None = None


class Agreement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was agreed (settled only): by which parties, by which body for the people concerned, and who signed for it.

    `text`: the words of the agreement, of which the citation's digest is the SHA-256, so that people can read it here.
    """

    parties: tuple[str, ...]
    for_people: str
    signed_by: str
    text: str | None = None


class Provision(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is provided for an emergency beforehand (urgent only).

    Args:
        openers: organisations of which two different ones open it together.
        recipients: who may read then; nobody else, whatever is disclosed.
        variant: the most revealing view that is enough for it.
        longest_s: for how many seconds it may be open at most; at most `LONGEST_S`.
        back_s: how many seconds before its opening it reaches; at most `LONGEST_S`.
    """

    openers: tuple[Uri, ...]
    recipients: tuple[Uri, ...]
    variant: str
    longest_s: int
    back_s: int = 0


class GroundBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One assertion. Times in ns UTC.

    Args:
        assertion: 16 bytes; the same when it is said again.
        ground: one of `Asserted`.
        by: the registered organisation that asserts it.
        product: what it is about.
        purposes: URIs of the disclosed purposes it allows; at least one.
        citation: what it rests on.
        agreement: of what is settled; then it has an end, and the citation names the document.
        condition: of GDPR Art. 9(2), where a stream is especially protected; one of the dated list.
        provision: of what is urgent; it holds only while an emergency is open.
        words: why, in plain words for the people concerned.
        from_ns: since when; not before its acceptance.
        review_ns: by when somebody looks at it again. Some days after that it does not hold any more.
        streams: names of streams of the product; all of them if empty.
        household: in a home-ground only: it holds in this home and nowhere else.
        to_ns: the first moment at which it does not hold any more.
        because: why it ends sooner than it was said to, in plain words.
    """

    assertion: GroundId
    ground: str
    by: Uri
    product: Uri
    purposes: tuple[PurposeId, ...]
    citation: Citation
    words: str
    from_ns: int
    review_ns: int
    streams: tuple[str, ...] = ()
    household: HouseholdId | None = None
    agreement: Agreement | None = None
    provision: Provision | None = None
    condition: str | None = None
    to_ns: int | None = None
    because: str | None = None
    crit: tuple[str, ...] = (
        "ground",
        "product",
        "purposes",
        "citation",
        "from_ns",
        "review_ns",
        "streams",
        "household",
        "agreement",
        "provision",
        "condition",
        "to_ns",
    )
