"""Logins and tries in memory, with the faults of the accounts beside them.

Source: journeys/logins (the port).
"""

from collections.abc import Callable, Sequence
from typing import Self

from troth.errors import Conflict
from troth.journeys.logins import Holder, Login, Tries
from troth.testing.faults import Writes

__all__ = ["MemoryLogins"]


class MemoryLogins:
    """`LoginStore` on the writes of `MemoryAccounts`."""

    def __init__(
        self, writes: Writes, logins: dict[Holder, Login] | None = None, tries: dict[bytes, Tries] | None = None
    ) -> None:
        self._writes = writes
        self._logins = dict(logins or {})
        self._tries = dict(tries or {})

    def again(self, writes: Writes) -> Self:
        """What the next start finds."""
        return type(self)(writes, self._logins, self._tries)

    def named(self, key: str) -> Login | None:
        return next((each for each in self._logins.values() if key and each.key == key), None)

    def of(self, holder: Holder) -> Login | None:
        return self._logins.get(holder)

    def every(self) -> Sequence[Login]:
        return tuple(self._logins.values())

    def with_passkey(self, credential: bytes) -> Login | None:
        return next((each for each in self._logins.values() if credential in _credentials(each)), None)

    async def change(self, otherwise: Login, work: Callable[[Login], Login]) -> Login:
        def apply() -> Login:
            login = work(self._logins.get(otherwise.holder, otherwise))
            for other in self._logins.values():
                if other.holder == login.holder:
                    continue
                if login.key and other.key == login.key:
                    raise Conflict("somebody else here has this sign-in name", hint="Choose another one.")
                if _credentials(login) & _credentials(other):
                    raise Conflict("somebody else here has this passkey")
            self._logins[login.holder] = login
            return login

        return await self._writes.write(apply)

    async def drop(self, holder: Holder) -> None:
        def apply() -> None:
            self._drop(holder)

        await self._writes.write(apply)

    def tries(self, login: bytes) -> Tries:
        return self._tries.get(login, Tries())

    async def tried(self, login: bytes, tries: Tries) -> None:
        def apply() -> None:
            self._tries[login] = tries

        await self._writes.write(apply)

    def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget the logins of persons who go; called inside a write of the accounts."""
        for holder in [each for each in self._logins if each.person is not None and gone(each.person)]:
            self._drop(holder)

    def _drop(self, holder: Holder) -> None:
        login = self._logins.pop(holder, None)
        if login is not None:
            self._tries.pop(login.id, None)


def _credentials(login: Login) -> set[bytes]:
    return {each.credential for each in login.passkeys}
