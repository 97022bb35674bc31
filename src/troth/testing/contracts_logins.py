"""The contract of `LoginStore`, with and without faults.

Source: journeys/logins (the port).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from troth.errors import Conflict, Refused, StorageFailed
from troth.journeys.logins import UNKNOWN, Holder, Login, Passkey, Tries
from troth.names import PersonId, PurposeId, Uri
from troth.testing.contracts import fails
from troth.testing.contracts_accounts import AccountBench
from troth.testing.faults import StoreFault

__all__ = ["LOGIN_CASES"]

ANA: Final = Holder(person=PersonId(b"a" * 16))
LAB: Final = Holder(party=Uri("https://lab.example"), app="screen", purpose=PurposeId("https://lab.example/heat"))
KEPT: Final = "$argon2id$x"
KEY: Final = Passkey(b"credential", b"public", 0, "Phone", 7)


def _named(name: str) -> Callable[[Login], Login]:
    return lambda login: msgspec.structs.replace(login, name=name, key=name.lower(), password=KEPT, changed_ns=5)


async def a_login_is_found_by_holder_name_and_passkey(bench: AccountBench) -> None:
    logins = (await bench.open()).logins
    ana = await logins.change(Login(b"1" * 16, ANA), _named("Ana"))
    ana = await logins.change(Login(b"9" * 16, ANA), lambda each: msgspec.structs.replace(each, passkeys=(KEY,)))
    lab = await logins.change(Login(b"2" * 16, LAB), _named("Lab"))
    root = await logins.change(Login(b"3" * 16, Holder()), lambda each: each)
    assert (ana.id, ana.name, ana.passkeys) == (b"1" * 16, "Ana", (KEY,))
    for _ in range(2):
        assert [ana, lab, root] == [logins.of(each) for each in (ANA, LAB, Holder())]
        assert (ana, lab, None) == (logins.named("ana"), logins.named("lab"), logins.named(""))
        assert (ana, None) == (logins.with_passkey(KEY.credential), logins.with_passkey(b""))
        await bench.crash()
        logins = (await bench.open()).logins
    await logins.change(ana, _named("Anna"))
    assert (logins.named("ana"), getattr(logins.named("anna"), "holder", None)) == (None, ANA)
    await logins.drop(ANA)
    await logins.drop(ANA)
    assert (logins.of(ANA), logins.named("anna"), logins.with_passkey(KEY.credential)) == (None, None, None)
    await bench.crash()
    assert (await bench.open()).logins.of(ANA) is None


async def a_name_and_a_passkey_belong_to_one_holder(bench: AccountBench) -> None:
    logins = (await bench.open()).logins
    ana = await logins.change(Login(b"1" * 16, ANA, passkeys=(KEY,)), _named("Ana"))
    lab = await logins.change(Login(b"2" * 16, LAB), _named("Lab"))
    await fails(Conflict, logins.change(lab, _named("ANA")))
    await fails(Conflict, logins.change(lab, lambda each: msgspec.structs.replace(each, passkeys=(KEY,))))

    def refuse(_: Login) -> Login:
        raise Refused("no")

    await fails(Refused, logins.change(ana, refuse))
    assert (ana, lab) == (logins.of(ANA), logins.of(LAB))


async def changes_at_once_lose_nothing_of_each_other(bench: AccountBench) -> None:
    logins = (await bench.open()).logins

    def more(number: int) -> Callable[[Login], Login]:
        key = msgspec.structs.replace(KEY, credential=bytes([number]))
        return lambda each: msgspec.structs.replace(each, passkeys=(*each.passkeys, key))

    await asyncio.gather(*(logins.change(Login(b"1" * 16, ANA), more(number)) for number in range(10)))
    found = logins.of(ANA)
    assert found is not None
    assert list(range(10)) == sorted(each.credential[0] for each in found.passkeys)


async def tries_are_kept_over_a_crash_and_go_with_their_login(bench: AccountBench) -> None:
    store = await bench.open()
    ana = await store.logins.change(Login(b"1" * 16, ANA), _named("Ana"))
    assert Tries() == store.logins.tries(ana.id)
    await store.logins.tried(ana.id, Tries(3, 9))
    await store.logins.tried(UNKNOWN, Tries(1, 2))
    await bench.crash()
    store = await bench.open()
    assert Tries(3, 9) == store.logins.tries(ana.id)
    await store.logins.tried(ana.id, Tries())
    assert Tries() == store.logins.tries(ana.id)
    await store.logins.tried(ana.id, Tries(4, 9))
    await store.erase({ANA.person}.__contains__)
    assert (None, Tries()) == (store.logins.of(ANA), store.logins.tries(ana.id))
    await bench.crash()
    store = await bench.open()
    assert (None, None, Tries()) == (store.logins.of(ANA), store.logins.named("ana"), store.logins.tries(ana.id))


async def a_failed_change_happens_as_a_whole_or_not_at_all(bench: AccountBench) -> None:
    for fault, left in ((StoreFault.FAILS, "Ana"), (StoreFault.FAILS_BUT_PERSISTED, "Anna")):
        logins = (await bench.open()).logins
        ana = await logins.change(Login(b"1" * 16, ANA), _named("Ana"))
        bench.arm(fault)
        await fails(StorageFailed, logins.change(ana, _named("Anna")))
        await fails(StorageFailed, logins.tried(ana.id, Tries(1, 1)))
        await bench.crash()
        store = await bench.open()
        found = store.logins.of(ANA)
        assert found is not None
        assert left == found.name
        await store.close()


LOGIN_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    a_login_is_found_by_holder_name_and_passkey,
    a_name_and_a_passkey_belong_to_one_holder,
    changes_at_once_lose_nothing_of_each_other,
    tries_are_kept_over_a_crash_and_go_with_their_login,
    a_failed_change_happens_as_a_whole_or_not_at_all,
)
