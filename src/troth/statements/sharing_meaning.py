"""Can a share, a request for one, a withholding or an erase order be meant? Pure.

Rules
- A yes names a view and an end; a no and its taking back name neither. What is asked for or withheld has an end.
- A step of the ladder that stops sharing says which authority was told; a measure says what was agreed.
- An answer that keeps something says what and why.

Source: Data Act, Articles 4 to 6; the modules of the kinds.
"""

from datetime import date
from typing import Final

from troth.errors import Refused
from troth.names import ID_BYTES
from troth.spans import DAY_NS
from troth.statements.choice import Decision
from troth.statements.erase_order import ANSWER_MAX, Answered, EraseAnswer, EraseOrderBody
from troth.statements.share import STREAMS_MAX, WORDS_MAX, ShareBody
from troth.statements.share_request import DAYS_MAX as REQUEST_DAYS_MAX
from troth.statements.share_request import ShareRequestBody
from troth.statements.site import check_site
from troth.statements.third_party import BROUGHT, CONTACT_MAX, NAME_MAX, ThirdPartyBody, ThirdPartyRefusalBody
from troth.statements.withholding import DAYS_MAX, Rung, WithholdingBody

__all__ = ["check_sharing"]

_DIGEST_BYTES: Final = 32
_TOKEN_BYTES: Final = 8


def check_sharing(body: object) -> None:
    """Return if it is none of these, or can be meant; Refused says why it cannot."""
    match body:
        case ShareBody():
            _share(body)
        case ShareRequestBody():
            _request(body)
        case WithholdingBody():
            _withholding(body)
        case EraseOrderBody():
            _order(body)
        case ThirdPartyBody():
            _third_party(body)
        case ThirdPartyRefusalBody():
            if not body.because.strip():
                raise Refused("who is refused is told why, in plain words")
        case _:
            return


def _share(body: ShareBody) -> None:
    _identifiers(body.share, body.person, body.household, *body.streams, *(() if body.asked is None else (body.asked,)))
    if not 0 < len(set(body.streams)) == len(body.streams) <= STREAMS_MAX:
        raise Refused(f"a share is about 1 to {STREAMS_MAX} streams, each named once")
    if body.words is not None and not 0 < len(body.words.strip()) <= WORDS_MAX:
        raise Refused(f"a condition has 1 to {WORDS_MAX} characters")
    given = body.decision is Decision.GIVE
    if given and (body.variant is None or body.to_ns is None):
        raise Refused("a share names what is seen, and until when")
    if not given and (body.variant, body.to_ns, body.since_ns, body.words) != (None, None, None, None):
        raise Refused("a no to a share says that and nothing else")
    if body.to_ns is not None and body.to_ns <= body.from_ns:
        raise Refused("what ends does so after it begins")
    if body.since_ns is not None and body.since_ns >= body.from_ns:
        raise Refused("earlier data lie before the beginning")


def _request(body: ShareRequestBody) -> None:
    _identifiers(body.request)
    if not body.streams or not body.words.strip():
        raise Refused("a request names streams, and says why in plain words")
    if not 0 < body.days <= REQUEST_DAYS_MAX:
        raise Refused(f"a request is for 1 to {REQUEST_DAYS_MAX} days")
    if body.to_ns <= body.from_ns:
        raise Refused("what ends does so after it begins")


def _withholding(body: WithholdingBody) -> None:
    _identifiers(body.withholding)
    if not body.words.strip():
        raise Refused("a withholding says why, in plain words")
    if not 0 < body.to_ns - body.from_ns <= DAYS_MAX * DAY_NS:
        raise Refused(f"a withholding ends within {DAYS_MAX} days; say it again then")
    if body.rung is Rung.MEASURES:
        if body.measures is None or not body.measures.strip():
            raise Refused("where a trade secret is shared, the measures that were agreed are named")
        return
    if body.notified is None or not body.notified.authority.strip():
        raise Refused("what is withheld or refused was told to an authority, which is named")
    try:
        date.fromisoformat(body.notified.day)
    except ValueError as cause:
        raise Refused("the day on which an authority was told is written YYYY-MM-DD") from cause


def _third_party(body: ThirdPartyBody) -> None:
    _identifiers(body.person)
    check_site(body.site)
    if not body.party.startswith(BROUGHT):
        raise Refused(f"who is brought is called {BROUGHT} and a name of its own")
    if not 0 < len(body.name.strip()) <= NAME_MAX:
        raise Refused(f"who is brought has a name of 1 to {NAME_MAX} characters")
    if not body.contact.startswith(("mailto:", "https://")) or len(body.contact) > CONTACT_MAX:
        raise Refused("who is brought can be reached at a mailto: or https: address")


def _order(body: EraseOrderBody) -> None:
    _identifiers(body.order, *(() if body.share is None else (body.share,)))
    if body.after is not None and len(body.after) != _DIGEST_BYTES:
        raise Refused("a statement is named by its 32 bytes")
    if not body.datastreams or list(body.datastreams) != sorted(set(body.datastreams)) or body.datastreams[0] < 1:
        raise Refused("an order names Datastreams by their numbers, sorted, each once")
    if body.due_ns <= body.at_ns:
        raise Refused("an order is answered after it was given")
    if (body.since_ns is None) is not (body.until_ns is None) or (body.since_ns or 0) > (body.until_ns or 0):
        raise Refused("an order is about a time that has a beginning and an end, or about all")
    if body.answer is not None:
        _answer(body.answer)


def _answer(answer: EraseAnswer) -> None:
    if len(answer.token) != _TOKEN_BYTES:
        raise Refused(f"a token is named by {_TOKEN_BYTES} bytes of its digest")
    words = answer.words or ""
    if answer.answered is Answered.KEPT and not (words.strip() and (answer.citation or "").strip()):
        raise Refused("who keeps something says what and why, and cites what allows it")
    if len(words) > ANSWER_MAX or len(answer.citation or "") > ANSWER_MAX:
        raise Refused(f"an answer has at most {ANSWER_MAX} characters")


def _identifiers(*identifiers: bytes) -> None:
    if any(len(each) != ID_BYTES for each in identifiers):
        raise Refused(f"an identifier has {ID_BYTES} bytes")
