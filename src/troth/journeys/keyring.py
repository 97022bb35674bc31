"""The private keys of a node by role: `operator`, `gate` and `receipt` are whichever keys serve now.

Rules
- A role's first key lies under the role's name, the next ones under `operator-2`, `gate-3` and so on. Which of them serves is
  what the statements say, never what lies in the store.
- A private half that is not there is said as such: no other key signs in its place.

Source: house.md, "What lives where" (keys/); signing/keys (the port).
Owner: the event loop.
"""

from typing import Final

from troth.errors import StorageFailed
from troth.signing.boxes import Opener
from troth.signing.cose import KeyKind, PublicKey, Signer
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.statements.key import KeyRole

__all__ = ["BRING_BACK", "ROTATED", "Keyring", "names_of", "next_name"]

BRING_BACK: Final = (
    "Bring back the folder of keys that belongs to this data folder: nothing else can sign for this place."
)
ROTATED: Final = (KeyRole.OPERATOR, KeyRole.GATE, KeyRole.RECEIPT)


class Keyring:
    """A KeyStore in which the names of rotated roles mean the key that serves; every other name is itself."""

    def __init__(self, store: KeyStore, directory: Directory) -> None:
        self.store = store
        self._directory = directory
        self._names: dict[bytes, str] = {}  # under which name a key lies; the key itself is never held here

    def signer(self, name: str) -> Signer:
        """The signer of this name.

        Raises:
            NotFound, BadName, StorageFailed: as of a KeyStore; StorageFailed too when the key that serves is not there.
        """
        role = next((role for role in ROTATED if role.value == name), None)
        serving = None if role is None else self._directory.serving(role)
        if role is None or serving is None:
            return self.store.signer(name)
        found = self.holds(role, serving.key)
        if found is None:
            raise StorageFailed(f"the key '{role.value}' of this node is not there", hint=BRING_BACK)
        return found

    def holds(self, role: KeyRole, key: PublicKey) -> Signer | None:
        """The signer of one key of a role, or None if the store does not have it.

        Raises:
            NotFound: it was there and is gone.
        """
        name = self._names.get(key.thumbprint)
        if name is not None:
            return self.store.signer(name)
        for each in names_of(self.store, role):
            signer = self.store.signer(each)
            self._names[signer.public.thumbprint] = each
            if signer.public == key:
                return signer
        return None

    def create(self, name: str, *, kind: KeyKind = KeyKind.ED25519) -> Signer:
        """Make a key. As of a KeyStore."""
        return self.store.create(name, kind=kind)

    def create_opener(self, name: str) -> Opener:
        """Make a key that opens. As of a KeyStore."""
        return self.store.create_opener(name)

    def opener(self, name: str) -> Opener:
        """The opener of this name. As of a KeyStore."""
        return self.store.opener(name)

    def names(self) -> tuple[str, ...]:
        """The names of all keys in the store."""
        return self.store.names()

    def forget(self, name: str) -> None:
        """Delete a key. As of a KeyStore."""
        self._names.clear()
        self.store.forget(name)


def names_of(store: KeyStore, role: KeyRole) -> tuple[str, ...]:
    """The names under which keys of a role lie, oldest first."""
    return tuple(sorted((name for name in store.names() if _number(name, role)), key=lambda name: _number(name, role)))


def next_name(store: KeyStore, role: KeyRole) -> str:
    """The name for the next key of a role."""
    last = max((_number(name, role) for name in store.names()), default=0)
    return role.value if last == 0 else f"{role.value}-{last + 1}"


def _number(name: str, role: KeyRole) -> int:
    """1 for `gate`, 2 for `gate-2`; 0 for a name of something else."""
    if name == role.value:
        return 1
    digits = name.removeprefix(f"{role.value}-")
    return int(digits) if digits != name and digits.isdecimal() and digits.isascii() and digits[0] != "0" else 0
