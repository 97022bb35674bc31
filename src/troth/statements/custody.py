"""Kind `custody`: which keys speak for a person from a time on, and who keeps them. Face: private.

Rules
- Before the first of them the relationship key of the `person` statement speaks, and the house keeps it.
- *own*: the private half of `key` is kept here only wrapped by what the person holds. The house's key stays beside it
  (`house_key`) for what takes something away, so that no lost secret keeps a yes alive.
- `passkeys`: one of these stands beside each yes (kind `assertion`); empty where none is asked for.
- It takes the place of the former one at `from_ns`, and of every one that was said before and had not begun.

Source: record.md, "Personal ledgers" (custody); docs/decisions/0060.
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.names import PersonId

__all__ = ["PASSKEYS_STATED_MAX", "Custody", "CustodyBody"]

PASSKEYS_STATED_MAX: Final = 20  # as many as a login has


class Custody(StrEnum):
    """Who keeps the private half of the key that signs what a person says."""

    HOUSE = "house"
    OWN = "own"


class CustodyBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """From `from_ns` on (ns UTC) `key` speaks for `person`. Keys are COSE_Keys; `house_key` stands exactly with *own*.

    Args:
        person: for whom.
        custody: house or own.
        key: signs what they say.
        from_ns: since when.
        made_by: passkey, session, token, paper or guardian.
        house_key: signs only what takes something away.
        passkeys: of which one stands beside each yes.
    """

    person: PersonId
    custody: str
    key: bytes
    from_ns: int
    made_by: str
    house_key: bytes | None = None
    passkeys: tuple[bytes, ...] = ()
    crit: tuple[str, ...] = ("custody", "key", "from_ns", "house_key", "passkeys")
