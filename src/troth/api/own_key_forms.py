"""What the interface about a person's key is asked with and answers, each body declared once.

Source: docs/reference/api.md; WebAuthn level 3 §5.5 (options), §5.8.1.
"""

import msgspec

from troth.api.forms import ChoiceForm

__all__ = [
    "AnswerForm",
    "BesideForm",
    "BesideSaid",
    "CodeMade",
    "ComingShown",
    "KeyShown",
    "PasskeyShown",
    "PhraseForm",
    "Since",
    "UnlockForm",
]


class PhraseForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A new phrase for your key; with `secret`, the phrase or recovery code of now, for the same key."""

    phrase: str
    secret: str | None = None


class UnlockForm(msgspec.Struct, frozen=True):
    """The phrase or the recovery code that opens your key in this visit."""

    secret: str


class CodeMade(msgspec.Struct, frozen=True):
    """The recovery code of your key. It is shown this once."""

    code: str


class Since(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """From when on it holds."""

    since: str


class ComingShown(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """What will hold from its time on, unless it is stopped: who keeps the key, and how many passkeys are named."""

    custody: str
    passkeys: int
    since: str


class PasskeyShown(msgspec.Struct, frozen=True):
    """A passkey of yours: the thumbprint of its key, what it is called, and whether it is one of those beside each yes."""

    key: str
    name: str
    stated: bool


class KeyShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who keeps the key that signs what you say. `key` is its thumbprint; `open_until`: it is open in this visit until then."""

    custody: str
    key: str
    passkeys: tuple[PasskeyShown, ...] = ()
    since: str | None = None
    statement: str | None = None
    open_until: str | None = None
    coming: ComingShown | None = None


class BesideForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """For what a passkey is asked, exactly one: a choice, a statement about you, which passkeys are named, or what waits.

    `passkeys`: thumbprints of those of which one stands beside each yes from now on; an empty list ends it.
    `waiting`: the kind of what was answered with `passkey-asked` last in this session.
    """

    choice: ChoiceForm | None = None
    statement: str | None = None
    passkeys: tuple[str, ...] | None = None
    waiting: str | None = None


class AnswerForm(msgspec.Struct, frozen=True):
    """What the browser's passkey answered, as PublicKeyCredential.toJSON gives it, as text."""

    answer: str


class BesideSaid(msgspec.Struct, frozen=True):
    """The statement that counts now, and how long until it was in effect."""

    statement: str
    effect_ms: float
