"""Errors of the rules: they say no, and doing the same again gives the same answer (drawn in the package)."""

from troth.errors.family import TrothError

__all__ = [
    "AnsweredEnough",
    "BadPolicies",
    "BadRuling",
    "Conflict",
    "CrossesRedLine",
    "Denied",
    "Detriment",
    "FutureDated",
    "GroundNotAccepted",
    "InTheClear",
    "KeyClosed",
    "KeyEnded",
    "NotFound",
    "NotOffered",
    "NotReached",
    "NotRegistered",
    "PasskeyAsked",
    "Refused",
    "TooSoon",
    "Undeclared",
    "UnknownCrit",
    "UnknownLaw",
    "WrongToken",
]


class Refused(TrothError):
    """The rules say no. Sending the same again gives the same answer."""

    code = "refused"


class NotRegistered(Refused):
    """The registration policy does not let this issuer say this about this subject."""

    code = "not-registered"


class FutureDated(NotRegistered):
    """A statement is dated later than this node's clock allows."""

    code = "future-dated"


class KeyEnded(NotRegistered):
    """The key that signed was retired or revoked, or does not serve at this time. Nothing new is accepted under it."""

    code = "key-ended"


class BadRuling(NotRegistered):
    """A policy, trust anchors or a key statement that would move the rules as they may not be moved."""

    code = "bad-ruling"


class UnknownCrit(Refused):
    """A statement marks a field as critical that this program does not know."""

    code = "unknown-crit"


class Conflict(Refused):
    """The name is taken, or what is asked contradicts what is in force."""

    code = "conflict"


class AnsweredEnough(Refused):
    """It was said as often as there is room for what is kept of what an erase order is about."""

    code = "answered-enough"


class WrongToken(Refused):
    """A token or credential that is unknown, used, expired or for something else."""

    code = "wrong-token"


class NotFound(Refused):
    """Nothing of that name is there for this asker."""

    code = "not-found"


class Denied(Refused):
    """The gate said no; `reason_code` is the outer reason."""

    code = "denied"

    def __init__(self, message: str, *, reason_code: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason_code = reason_code


class Undeclared(Refused):
    """A stream, field or purpose that no disclosure in force declares."""

    code = "undeclared"


class CrossesRedLine(Refused):
    """What is declared crosses a red line of this place, and no choice unlocks that."""

    code = "red-line"


class GroundNotAccepted(Refused):
    """A ground that this kind of stream does not accept, or one that needs a condition beside it and names none."""

    code = "ground-not-accepted"


class Detriment(Refused):
    """A disclosure by which an essential function of a thing would stop when somebody says no."""

    code = "detriment"


class KeyClosed(Refused):
    """The key that a person keeps themselves is not open in this visit, and what they say gives something."""

    code = "key-closed"


class PasskeyAsked(Refused):
    """A yes of somebody who wants their passkey beside each, without it."""

    code = "passkey-asked"


class NotReached(Refused):
    """An organisation would answer for longer than its contact was reached for."""

    code = "not-reached"


class TooSoon(Refused):
    """A use that asks nobody would begin, or become wider, before people were told long enough."""

    code = "too-soon"


class UnknownLaw(Refused):
    """A paragraph that is not in this program's dated list of laws, or is not in force then."""

    code = "unknown-law"


class BadPolicies(Refused):
    """Rules of an operator that Cedar cannot read, that do not fit what can be asked here, or that cite nothing."""

    code = "bad-policies"


class InTheClear(Refused):
    """A request that has come from another computer without TLS, where tokens and choices would travel in the clear."""

    code = "in-the-clear"


class NotOffered(Refused):
    """A capability of a standard that this version does not offer."""

    code = "not-offered"
