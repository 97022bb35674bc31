"""What marks, corrections, requests of rights and replies must mean, whoever says them. Pure.

Source: docs/reference/statements.md; docs/decisions/0073.
"""

from typing import Final

from troth.errors import Refused
from troth.names import ID_BYTES
from troth.statements.correction import CorrectionBody
from troth.statements.mark import SAYS_MAX, MarkBody, Stop
from troth.statements.rights import WORDS_MAX, Outcome, ReplyBody, RequestBody, Right

__all__ = ["check_rights"]

_STATEMENT_BYTES: Final = 32
_TOKEN_BYTES: Final = 8


def check_rights(body: object) -> None:
    """Return if it can be meant; any other body is not looked at.

    Raises:
        Refused: it says nothing, too much, or something else than there is.
    """
    match body:
        case MarkBody():
            _mark(body)
        case CorrectionBody():
            _correction(body)
        case RequestBody():
            _identifiers(body.request)
            if body.right not in set(Right) or len(body.words) > WORDS_MAX:
                raise Refused(f"a request is for one of {', '.join(Right)}, in at most {WORDS_MAX} characters")
        case ReplyBody():
            _identifiers(body.request)
            extended = body.outcome == Outcome.EXTENDED
            if body.outcome not in set(Outcome) or extended != (body.until_ns is not None):
                raise Refused(f"a reply is one of {', '.join(Outcome)}; what is extended says until when")
            if len(body.words) > WORDS_MAX or not (body.words.strip() or body.outcome == Outcome.DONE):
                raise Refused(f"a reply says why, in at most {WORDS_MAX} characters")
        case _:
            return


def _correction(body: CorrectionBody) -> None:
    _identifiers(body.correction)
    if len(body.after) != _STATEMENT_BYTES or body.due_ns <= body.at_ns or body.datastream < 1:
        raise Refused("a correction names a Datastream, the word that led to it, and until when it is to be confirmed")
    if body.confirmed is not None and len(body.confirmed.token) != _TOKEN_BYTES:
        raise Refused(f"a confirmation names {_TOKEN_BYTES} bytes of its token")


def _mark(body: MarkBody) -> None:
    _identifiers(body.mark, body.stream)
    if body.to_ns <= body.from_ns:
        raise Refused("what ends does so after it begins")
    if body.says is None and not body.stopped:
        raise Refused("a mark says something, or stops the use of what it is about")
    if body.says is not None and not 0 < len(body.says.strip()) <= SAYS_MAX:
        raise Refused(f"what a mark says has 1 to {SAYS_MAX} characters")
    if body.stopped != (body.because is not None) or (body.because is not None and body.because not in set(Stop)):
        raise Refused(f"whoever stops a use says why: {', '.join(Stop)}")


def _identifiers(*identifiers: bytes) -> None:
    if any(len(each) != ID_BYTES for each in identifiers):
        raise Refused(f"an identifier has {ID_BYTES} bytes")
