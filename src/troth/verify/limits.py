"""What a proof does not show, said at the end of every result.

Source: threats.md ("Docs say it in these words"); record.md, "Anyone can verify" and "Personal ledgers" (custody).
"""

from typing import Final

from troth.statements.custody import Custody, CustodyBody
from troth.statements.person import PersonBody
from troth.statements.statement import as_kind
from troth.tlog.trace import Collected, SaidTrace, Trace
from troth.verify.file import ProofFile, Said
from troth.verify.issuers import open_statement
from troth.verify.revoked import Revocations
from troth.verify.verdict import CustodySeen
from troth.verify.words import safe

__all__ = ["unreadable_shows", "what_it_does_not_show"]

_NOTHING: Final = "A file that cannot be read shows nothing, and not who damaged it."
_FAULT: Final = "A failed check does not show who or what is at fault: the file, the log, or the key you gave."
_NOTHING_ELSE: Final = (
    "It does not show that nothing else happened: a gap in the numbering shows removal, but what was never recorded "
    "leaves no gap."
)
_FALSE_VALUE: Final = "It does not show that the value is true: a thing can report a plausible false value."
_REVOKED: Final = "Whether a key or a statement was revoked later was not checked; that is not in the file."
_REVOKED_GIVEN: Final = (
    "Of keys that have ended, only those that you gave were looked at; whether a statement was revoked later was not."
)
_LOGGED: Final = (
    "It is logged, not witnessed: nobody but the log's operator vouches here that others are shown the same log."
)
_UNASKED: Final = "The cosignatures in it count only for whoever gives the keys of those witnesses from outside."
_SINCE: Final = (
    "It is witnessed as of {time}: what the log has shown to others since then is not in this file, nor whether the "
    "witnesses are independent of whoever runs the log. A time is the word of its witness."
)
_CUSTODY: Final = (
    "Custody of the keys of persons is not in this file. In custody house the operator's node keeps them, and a choice "
    "then proves what that node says about a session."
)
_CHOICE: Final = (
    "Who said this rests on custody, which is not in this file. In custody house the node keeps the person's key, and "
    "this proves what the node says about a session."
)
_WORD: Final = "Who keeps a key is the operator's word: no signature shows where a key lies."
_HOUSE: Final = (
    "In custody house the node keeps the person's key, and the signature proves what the node says about a session."
)
_OWN: Final = (
    "In custody own the node as shipped signs only in a visit that the person has opened with their secret. An operator who "
    "changed the program could have kept a key that was open."
)
_PASSKEY: Final = (
    "Whose device the passkey is on is not shown, nor what its screen showed when it was touched. No operator can make what it "
    "signed without the device."
)
_HIDDEN: Final = "What the private statements say is not shown; they are named by their ids only."


def unreadable_shows() -> tuple[str, ...]:
    """For bytes that are no proof file."""
    return (_NOTHING,)


def what_it_does_not_show(
    trace: Trace | None = None,
    file: ProofFile | None = None,
    *,
    witnessed: str | None = None,
    revocations: Revocations | None = None,
    custody: CustodySeen | None = None,
) -> tuple[str, ...]:
    """The sentences for a trace and file that passed every check; without them, those for a failure.

    `witnessed` is the time of the latest cosignature that counts, where a quorum was asked for and met; `custody`: who said it.
    """
    given = revocations is not None and revocations.given
    revoked = _REVOKED_GIVEN if given else _REVOKED
    if trace is None or file is None:
        return (_FAULT, revoked)
    sentences = [_NOTHING_ELSE]
    if isinstance(trace, Collected):
        sentences.append(_FALSE_VALUE)
    if file.basis is not None and len(file.basis.ids) > len(file.basis.shown):
        sentences.append(_HIDDEN)
    sentences += [] if revocations is None else revocations.said
    sentences.append(revoked)
    if witnessed is not None:
        sentences.append(_SINCE.format(time=witnessed))
    else:
        sentences += [_LOGGED, _UNASKED] if file.witnesses else [_LOGGED]
    return (*sentences, *_custody(trace, file, custody))


def _custody(trace: Trace, file: ProofFile, custody: CustodySeen | None) -> tuple[str, ...]:
    if isinstance(trace, SaidTrace) and file.said is not None:
        if file.said.custody is not None or file.said.assertion is not None:
            return _seen(file.said)
        if custody is not None:
            return (_CHOICE,)
        match open_statement(file.said.statement).body:
            case PersonBody() | CustodyBody() as body:
                return (f"The node stated the custody of this person's key as: {safe(body.custody)}.", _WORD)
            case _:
                pass
    return (_CUSTODY,)


def _seen(said: Said) -> tuple[str, ...]:
    """What custody that was seen does not show."""
    sentences = [_WORD]
    if said.custody is not None:
        own = as_kind(open_statement(said.custody), CustodyBody).custody == Custody.OWN
        sentences.append(_OWN if own else _HOUSE)
    if said.assertion is not None:
        sentences.append(_PASSKEY)
    return tuple(sentences)
