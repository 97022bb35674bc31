"""Who said it: which key signed what a person said, who is said to keep it, and what a passkey signed about it.

Rules
- A custody statement in the file is the operator's word: it names the key that signed, and was dated no later than what it
  signed. A key that is only to take away has signed no yes.
- An assertion in the file is about this very statement, and its signature is checked here; that it came then is the operator's
  word. Where the custody statement names passkeys, it says whether this is one of them; what opens something (`giving`) stands
  in no file without one then.
- Without either, nothing is known of custody, and the file says so at its end.

Source: record.md, "Personal ledgers"; docs/decisions/0060, 0113; docs/reference/proof-file.md, check 9.
"""

from typing import Final

from troth.errors import BadProof
from troth.statements.assertion import AssertionBody, check_assertion
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.custody import Custody, CustodyBody
from troth.statements.giving import opens
from troth.statements.objection import ObjectionBody
from troth.statements.persons import speaker_of
from troth.statements.share import ShareBody
from troth.statements.statement import Statement, as_kind
from troth.statements.third_party import ThirdPartyBody
from troth.verify.file import Said
from troth.verify.issuers import Issuers, open_statement
from troth.verify.verdict import CustodySeen
from troth.verify.words import safe

__all__ = ["NOT_SEEN", "check_stated", "custody_seen"]

NOT_SEEN: Final = CustodySeen("not said", "nothing in this file says who keeps the key that signed")


def custody_seen(said: Said, statement: Statement, *, issuers: Issuers) -> CustodySeen | None:
    """What the file shows of custody; None for a statement that no person says.

    Raises:
        BadProof: a custody statement or an assertion that does not fit, or has no place here.
        BadCose, BadStatement, Refused: one that cannot be read, or is not signed.
    """
    person = speaker_of(statement.body)
    if person is None and said.custody is not None:
        raise BadProof("a custody statement stands beside something that no person said")
    stated = None if said.custody is None else _stated(said.custody, said.key, statement, issuers=issuers)
    signed = None if said.assertion is None else _asserted(said.assertion, statement, issuers=issuers)
    if person is None and signed is None:
        return None
    parts = [] if person is None else [_who_keeps(stated, said.key)]
    word = "not said" if stated is None else stated.custody
    if signed is not None:
        body, origin = signed
        named = stated is not None and body.key in stated.passkeys
        whose = "one that the custody statement names" if named else "one that no custody statement in this file names"
        parts.append(f"a passkey signed this very statement at {safe(origin)}, and its holder was there ({whose})")
        word = "passkey beside" if word in {"not said", Custody.HOUSE} else f"{word}, passkey beside"
    elif stated is not None and stated.passkeys and opens(statement.body):
        raise BadProof("a yes to which a passkey belongs stands here without it")
    return CustodySeen(word, "; ".join(parts))


def _stated(data: bytes, key: bytes, about: Statement, *, issuers: Issuers) -> CustodyBody:
    statement = open_statement(data)
    body = as_kind(statement, CustodyBody)
    issuers.check_operator(statement.signed, index=None)
    check_stated(body, statement.signed.headers.issued_at_s, key, about)
    return body


def check_stated(body: CustodyBody, said_s: int, key: bytes, about: Statement) -> None:
    """Return if a custody statement of this second can stand beside what this key signed.

    Raises:
        BadProof: it cannot, and the message says why.
    """
    if body.person != speaker_of(about.body):
        raise BadProof("the custody statement is about somebody else")
    at_s = about.signed.headers.issued_at_s
    if said_s > at_s or body.from_ns > (at_s + 1) * 1_000_000_000:
        raise BadProof("the custody statement was made, or holds, only after what it stands beside")
    if key not in {body.key, body.house_key}:
        raise BadProof("the custody statement names another key than the one that signed")
    if key == body.house_key and _gives(about):
        raise BadProof("a key that only takes away has signed something that gives")


def _asserted(data: bytes, about: Statement, *, issuers: Issuers) -> tuple[AssertionBody, str]:
    statement = open_statement(data)
    body = as_kind(statement, AssertionBody)
    issuers.check_operator(statement.signed, index=None)
    if body.statement != about.signed.id:
        raise BadProof("the passkey signed another statement than the one in the file")
    speaks = speaker_of(about.body)
    if speaks is not None and speaks != body.person:
        raise BadProof("the passkey is said to be somebody else's")
    return body, check_assertion(body)


def _who_keeps(stated: CustodyBody | None, key: bytes) -> str:
    if stated is None:
        return NOT_SEEN.sentence
    if stated.custody != Custody.OWN:
        return "the operator says that the house keeps the key that signed"
    if key == stated.house_key:
        return "the operator says that the person keeps their own key; this was signed with the house's, which only takes away"
    return "the operator says that the person keeps the key that signed, and the house has it only wrapped"


def _is_yes(statement: Statement) -> bool:
    return isinstance(statement.body, ChoiceBody) and statement.body.decision is Decision.GIVE


def _gives(statement: Statement) -> bool:
    """Whether it gives something by itself; what ends a restriction or a rule, only whoever has the earlier one knows."""
    match statement.body:
        case ObjectionBody() as body:
            return body.withdrawn
        case ShareBody() as body:
            return body.decision is Decision.GIVE
        case ThirdPartyBody():
            return True
        case _:
            return _is_yes(statement)
