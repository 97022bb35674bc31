"""The contract of `KeyStore`, with and without faults.

Source: signing/keys (the port); RFC 8032 §5.1.6 (the same key gives the same signature).
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Protocol

from troth.errors import BadCose, BadName, Conflict, Malformed, NotFound, StorageFailed, TrothError
from troth.signing.boxes import seal_to
from troth.signing.cose import KeyKind, Signer
from troth.signing.keys import KeyStore
from troth.testing.contracts import Bench
from troth.testing.faults import StoreFault

__all__ = ["KEY_CASES", "KeyBench", "refuses"]

BAD_NAMES: Final = (
    *("", " ", "-", "-gate", "gate-", "Gate", "gate key", "gate_key", "gåte", "gate\n", "gate\0", "k" * 65),
    *(".", "..", "../gate", "keys/gate", "/gate", "gate.pk8", "~", "*"),
)
DATA: Final = b"what is signed"


class KeyBench(Bench, Protocol):
    """What the suite needs of an implementation."""

    async def open(self) -> KeyStore:
        """A store on what is durable; more than one may be open."""
        ...


def refuses(kind: type[TrothError], work: Callable[[], object]) -> TrothError:
    """Do what must raise `kind`; returns what it raised."""
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def _same(one: Signer, other: Signer) -> bool:
    return one.public == other.public and one.sign(DATA) == other.sign(DATA)


async def a_new_store_holds_no_key(bench: KeyBench) -> None:
    keys = await bench.open()
    assert keys.names() == ()
    refuses(NotFound, lambda: keys.signer("gate"))
    refuses(NotFound, lambda: keys.forget("gate"))


async def what_a_key_signs_verifies_under_its_public_half_only(bench: KeyBench) -> None:
    keys = await bench.open()
    gate, log = keys.create("gate"), keys.create("log")
    gate.public.check(gate.sign(DATA), DATA)
    refuses(BadCose, lambda: log.public.check(gate.sign(DATA), DATA))
    refuses(BadCose, lambda: gate.public.check(gate.sign(DATA), DATA + b"."))


def _name(kind: KeyKind) -> str:
    return f"key-{kind.value.kty}-{kind.value.raw_bytes}"


async def a_key_of_either_kind_is_the_same_after_a_new_start(bench: KeyBench) -> None:
    keys = await bench.open()
    made = {kind: keys.create(_name(kind), kind=kind) for kind in KeyKind}
    await bench.crash()
    keys = await bench.open()
    for kind, signer in made.items():
        assert signer.public.alg.kind is kind
        again = keys.signer(
            _name(kind)
        )  # a signature of ML-DSA is another each time: each key checks what the other signs
        assert signer.public == again.public
        signer.public.check(again.sign(DATA), DATA)
        again.public.check(signer.sign(DATA), DATA)


async def a_key_is_the_same_each_time_and_after_a_new_start(bench: KeyBench) -> None:
    keys = await bench.open()
    gate, log = keys.create("gate"), keys.create("log")
    assert not _same(gate, log)
    assert _same(gate, keys.signer("gate"))
    await bench.crash()
    keys = await bench.open()
    assert _same(gate, keys.signer("gate"))
    assert _same(log, keys.signer("log"))


async def a_name_that_is_taken_keeps_its_key(bench: KeyBench) -> None:
    keys = await bench.open()
    gate = keys.create("gate")
    refuses(Conflict, lambda: keys.create("gate"))
    await bench.crash()
    keys = await bench.open()
    refuses(Conflict, lambda: keys.create("gate"))
    assert _same(gate, keys.signer("gate"))


async def what_is_no_key_name_is_refused_everywhere(bench: KeyBench) -> None:
    keys = await bench.open()
    keys.create("gate")
    for name in BAD_NAMES:
        for work in (keys.create, keys.signer, keys.forget):
            refuses(BadName, lambda name=name, work=work: work(name))  # type: ignore[misc]  # bound in this turn
    assert keys.names() == ("gate",)


async def the_longest_and_the_shortest_name_are_names(bench: KeyBench) -> None:
    keys = await bench.open()
    for name in ("k" * 64, "7"):
        assert _same(keys.create(name), keys.signer(name))


async def names_are_sorted_and_complete(bench: KeyBench) -> None:
    keys = await bench.open()
    for name in ("log", "gate", "person-10", "person-2", "a"):
        keys.create(name)
    assert keys.names() == ("a", "gate", "log", "person-10", "person-2")
    await bench.crash()
    assert (await bench.open()).names() == ("a", "gate", "log", "person-10", "person-2")


async def a_forgotten_key_cannot_be_had_again(bench: KeyBench) -> None:
    keys = await bench.open()
    held, other = keys.create("gate"), keys.create("log")
    keys.forget("gate")
    for _ in range(2):
        refuses(NotFound, lambda: keys.signer("gate"))  # noqa: B023 - called in this turn
        refuses(NotFound, lambda: keys.forget("gate"))  # noqa: B023 - called in this turn
        assert keys.names() == ("log",)
        await bench.crash()
        keys = await bench.open()
    assert _same(other, keys.signer("log"))
    held.public.check(held.sign(DATA), DATA)  # a signer that was handed out still signs


async def a_name_that_is_free_again_gets_another_key(bench: KeyBench) -> None:
    keys = await bench.open()
    first = keys.create("gate")
    keys.forget("gate")
    second = keys.create("gate")
    assert not _same(first, second)
    await bench.crash()
    assert _same(second, (await bench.open()).signer("gate"))


async def of_many_who_make_one_name_exactly_one_does(bench: KeyBench) -> None:
    keys = await bench.open()

    def make(name: str) -> Signer | None:
        with suppress(Conflict):
            return keys.create(name)
        return None

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(4) as threads:
        made = await asyncio.gather(*(loop.run_in_executor(threads, make, "gate") for _ in range(4)))
    signers = [signer for signer in made if signer is not None]
    assert len(signers) == 1
    assert _same(signers[0], keys.signer("gate"))


async def a_failure_to_keep_a_key_is_told_and_leaves_the_others(bench: KeyBench) -> None:
    keys = await bench.open()
    gate = keys.create("gate")
    bench.arm(StoreFault.FAILS)
    refuses(StorageFailed, lambda: keys.create("log"))
    await bench.crash()
    keys = await bench.open()
    assert keys.names() == ("gate",)
    assert _same(gate, keys.signer("gate"))
    assert _same(keys.create("log"), keys.signer("log"))


async def a_failure_to_forget_a_key_is_told_and_can_be_done_again(bench: KeyBench) -> None:
    keys = await bench.open()
    gate = keys.create("gate")
    bench.arm(StoreFault.FAILS)
    refuses(StorageFailed, lambda: keys.forget("gate"))
    await bench.crash()
    keys = await bench.open()
    assert _same(gate, keys.signer("gate"))
    keys.forget("gate")
    refuses(NotFound, lambda: keys.signer("gate"))


async def a_key_that_failed_but_persisted_is_there_and_whole(bench: KeyBench) -> None:
    keys = await bench.open()
    bench.arm(StoreFault.FAILS_BUT_PERSISTED)
    refuses(StorageFailed, lambda: keys.create("gate"))
    await bench.crash()
    keys = await bench.open()
    assert keys.names() == ("gate",)
    refuses(Conflict, lambda: keys.create("gate"))
    gate = keys.signer("gate")
    gate.public.check(gate.sign(DATA), DATA)


async def an_opener_opens_what_was_sealed_to_it_and_nothing_else(bench: KeyBench) -> None:
    keys = await bench.open()
    ana, ben = keys.create_opener("ledger-ana"), keys.create_opener("ledger-ben")
    key, sealed = bytes(range(32)), seal_to(ana.cose_key, bytes(range(32)), key=b"k" * 16, day=20_000)
    assert key not in sealed
    await bench.crash()
    keys = await bench.open()
    assert keys.opener("ledger-ana").cose_key == ana.cose_key
    assert key == keys.opener("ledger-ana").open(sealed, key=b"k" * 16, day=20_000)
    refuses(Malformed, lambda: ben.open(sealed, key=b"k" * 16, day=20_000))
    refuses(Malformed, lambda: ana.open(sealed, key=b"l" * 16, day=20_000))
    refuses(Malformed, lambda: ana.open(sealed, key=b"k" * 16, day=20_001))
    refuses(Malformed, lambda: ana.open(sealed[:-1], key=b"k" * 16, day=20_000))


async def what_signs_does_not_open_and_what_opens_does_not_sign(bench: KeyBench) -> None:
    keys = await bench.open()
    keys.create("gate")
    keys.create_opener("ledger-ana")
    refuses(StorageFailed, lambda: keys.opener("gate"))
    refuses(StorageFailed, lambda: keys.signer("ledger-ana"))
    refuses(NotFound, lambda: keys.opener("ledger-ben"))
    for name in ("gate", "ledger-ana"):
        refuses(Conflict, lambda name=name: keys.create(name))  # type: ignore[misc]  # bound in this turn
        refuses(Conflict, lambda name=name: keys.create_opener(name))  # type: ignore[misc]  # bound in this turn
    assert keys.names() == ("gate", "ledger-ana")
    keys.forget("ledger-ana")
    refuses(NotFound, lambda: keys.opener("ledger-ana"))
    assert keys.names() == ("gate",)


KEY_CASES: Final[tuple[Callable[[KeyBench], Awaitable[None]], ...]] = (
    a_new_store_holds_no_key,
    what_a_key_signs_verifies_under_its_public_half_only,
    a_key_of_either_kind_is_the_same_after_a_new_start,
    a_key_is_the_same_each_time_and_after_a_new_start,
    a_name_that_is_taken_keeps_its_key,
    what_is_no_key_name_is_refused_everywhere,
    the_longest_and_the_shortest_name_are_names,
    names_are_sorted_and_complete,
    a_forgotten_key_cannot_be_had_again,
    a_name_that_is_free_again_gets_another_key,
    of_many_who_make_one_name_exactly_one_does,
    a_failure_to_keep_a_key_is_told_and_leaves_the_others,
    a_failure_to_forget_a_key_is_told_and_can_be_done_again,
    a_key_that_failed_but_persisted_is_there_and_whole,
    an_opener_opens_what_was_sealed_to_it_and_nothing_else,
    what_signs_does_not_open_and_what_opens_does_not_sign,
)
