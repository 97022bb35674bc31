"""May this be said under this key, with what stands beside it? What custody asks of a statement before it counts.

Rules
- For whoever keeps their own key, the house's key only takes away.
- What opens something and says that it was made with a passkey, and all that opens something for somebody who has stated
  passkeys, comes together with what one of them signed about it. It is the passkey of whoever says it: a guardian's own beside
  a yes for a child. Taking away never needs one.
- An assertion is about a statement that speaks of the same person, here or coming with it.
- A custody statement gives the house no other key than the one it has, and nobody the key of somebody else.

Source: record.md, "Personal ledgers" (custody); docs/decisions/0060, 0113.
"""

from collections.abc import Sequence

from troth.errors import Conflict, KeyClosed, NotFound, PasskeyAsked, Refused
from troth.names import PersonId, Uri
from troth.state.custody import asks_passkey, speaking, takes_away
from troth.state.directory import Directory
from troth.state.fold import key_issuer
from troth.state.in_force import Reading
from troth.statements.assertion import AssertionBody
from troth.statements.custody import Custody, CustodyBody
from troth.statements.journal import Journal, JournalEntry
from troth.statements.kinds import Body
from troth.statements.persons import persons_of, speaker_of
from troth.statements.statement import Statement, read

__all__ = ["PASSKEY", "check_keys_fit", "check_spoken"]

PASSKEY = "passkey"  # formats.md: made_by


def check_spoken(
    statement: Statement, directory: Directory, reading: Reading, *, beside: Sequence[Statement], at_ns: int
) -> None:
    """Return if what a person says is under a key that may say it, with its passkey where one is asked for.

    Raises:
        KeyClosed: the house's key would give something for somebody who keeps their own.
        PasskeyAsked: what opens something comes without the passkey that it needs.
    """
    body, person = statement.body, speaker_of(statement.body)
    if person is None:
        return
    held = speaking(directory.custodies, person, at_ns)
    by_house = held is not None and held.own and statement.signed.headers.issuer == held.house
    if by_house and not takes_away(body, reading):
        raise KeyClosed(
            "the house's key gives nothing for somebody who keeps their own", hint="Open your key, then say it again."
        )
    stated = () if held is None else held.body.passkeys
    if not asks_passkey(body, reading) or (not stated and getattr(body, "made_by", None) != PASSKEY):
        return
    signed = [
        each.body.key
        for each in beside
        if isinstance(each.body, AssertionBody)
        and each.body.statement == statement.signed.id
        and each.body.person == person
    ]
    if not signed or (stated and not set(signed) & set(stated)):
        raise PasskeyAsked(
            "a yes of this person comes with what their passkey signs", hint="Say it on a page, with the passkey."
        )


def check_keys_fit(body: Body, directory: Directory, journal: Journal, *, beside: Sequence[Statement]) -> None:
    """Return if it is about no keys; or an assertion about something that speaks of its person; or custody of somebody here.

    Raises:
        NotFound: there is no such person, or no such statement about them.
        Refused, Conflict: the house's key is another one, or the key is somebody else's.
    """
    match body:
        case AssertionBody():
            _check_passkey(body, journal, beside=beside)
        case CustodyBody():
            _check_custody(body, directory)
        case _:
            return


def _check_passkey(body: AssertionBody, journal: Journal, *, beside: Sequence[Statement]) -> None:
    about = next((each for each in beside if each.signed.id == body.statement), None)
    if about is None:
        entry = journal.find(body.statement)
        about = read(entry.signed, entry.preimage) if isinstance(entry, JournalEntry) else None
    if about is None or isinstance(about.body, AssertionBody) or body.person not in persons_of(about.body):
        raise NotFound("there is no such statement about this person")


def _check_custody(body: CustodyBody, directory: Directory) -> None:
    known = directory.persons.get(body.person)
    if known is None:
        raise NotFound("there is no such person here")
    own = body.custody == Custody.OWN
    house = body.house_key if own else body.key
    if house is None or key_issuer(house) != known.issuer:
        raise Refused("the house has one key for each person, and it is the one that their own statement names")
    issuer = key_issuer(body.key)
    if own and issuer in directory.keys and not _was_theirs(issuer, body.person, directory):
        raise Conflict("this key is somebody else's")


def _was_theirs(issuer: Uri, person: PersonId, directory: Directory) -> bool:
    """Whether a key that is known already is the one that speaks for this person, or will."""
    held = directory.custodies.get(person)
    return held is not None and issuer in {each.issuer for each in (held.now, held.coming) if each is not None}
