"""Kind `share`: a person shares streams of their home with a third party, for a purpose, until a date; or says no; or ends it.

Face: private.

Rules
- It reaches forward from `from_ns`; it covers earlier data only from `since_ns`, where given. A yes always has an end.
- It speaks of its person alone: where several people are concerned, each of them says it, under the same name.
- What it is about never changes. Said again by the same person it ends (`withdraw`), or begins again and leaves the gap.

Source: Regulation (EU) 2023/2854 (Data Act), Articles 5 and 6; docs/decisions/0070-a-share-is-a-choice-with-a-name.md.
"""

import msgspec

from troth.names import HouseholdId, PersonId, PurposeId, ShareId, StreamId, Uri, WishId
from troth.statements.choice import Decision, NoticeShown

__all__ = ["STREAMS_MAX", "WORDS_MAX", "ShareBody"]

STREAMS_MAX = 64  # of one share: a page that a person reads before they agree
WORDS_MAX = 500  # characters of a condition in a person's own words


class ShareBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One person's word on one share. Times in ns UTC.

    Args:
        share: 16 random bytes, its name; a recipient knows it by this and by nothing that names a person.
        person: who says it, about themself; they sign it.
        household: of which home the streams are.
        party: the registered organisation that would get it.
        purpose: what for; one of the dated list of terms (gate/rules/share_terms).
        decision: give, refuse or withdraw.
        from_ns: since when; of a refusal or withdrawal the moment at which it was said.
        notice: which text was shown, with the duties of the third party.
        made_by: passkey, session, token, paper or guardian.
        streams: which ones; at least one.
        variant: the most revealing view said yes to (give only).
        to_ns: the first moment at which a yes does not hold any more (give only, and always).
        since_ns: earlier data too, from then on (give only).
        words: a condition in the person's own words, which the third party is shown.
        asked: the request of the third party that it answers.
    """

    share: ShareId
    person: PersonId
    household: HouseholdId
    party: Uri
    purpose: PurposeId
    decision: Decision
    from_ns: int
    notice: NoticeShown
    made_by: str
    streams: tuple[StreamId, ...]
    variant: str | None = None
    to_ns: int | None = None
    since_ns: int | None = None
    words: str | None = None
    asked: WishId | None = None
    crit: tuple[str, ...] = (
        "household",
        "party",
        "purpose",
        "decision",
        "from_ns",
        "streams",
        "variant",
        "to_ns",
        "words",
    )
