"""Names and passwords: who gets in, who waits, and what a change ends."""

import asyncio
import unicodedata

import pytest

from tests.journeys.door import ANA, BEN, FULLWIDTH, HERE, SECRET, Door, at_the_door
from troth.errors import Busy, Conflict, Refused, WrongToken
from troth.journeys.attempts import ADDRESS, COUNTED_MAX, NAME, Attempts
from troth.journeys.passwords import Passwords, check_name, check_password, name_key
from troth.journeys.sign_in import WAITING_MAX
from troth.testing.contracts import fails


def test_whoever_has_set_a_password_comes_in_with_it() -> None:
    async def test(door: Door) -> None:
        await door.named()
        for name in ("Ana", "ana", " ANA ", FULLWIDTH):
            session = await door.sign_in.enter(name, SECRET, address=HERE)
            assert ANA.person == door.whose(session)
        await fails(WrongToken, door.sign_in.enter("Ana", SECRET.upper(), address=HERE))
        again = door.again()
        assert ANA.person == again.whose(await again.sign_in.enter("Ana", SECRET, address=HERE))

    at_the_door(test)


def test_composed_and_decomposed_letters_are_one_password() -> None:
    async def test(door: Door) -> None:
        await door.named(password="trois mots naïfs")
        typed = unicodedata.normalize("NFD", "trois mots naïfs")
        assert ANA.person == door.whose(await door.sign_in.enter("Ana", typed, address=HERE))

    at_the_door(test)


def test_an_unknown_name_is_answered_as_a_wrong_password_with_the_same_work() -> None:
    async def test(door: Door) -> None:
        await door.named()
        await door.wrong(1, name="warms up what nobody has")
        before = door.hashed
        known = await fails(WrongToken, door.sign_in.enter("Ana", "not the password", address=HERE))
        middle = door.hashed
        unknown = await fails(WrongToken, door.sign_in.enter("Eve", "not the password", address=HERE))
        assert (1, 1) == (middle - before, door.hashed - middle)
        assert (known.message, known.hint) == (unknown.message, unknown.hint)

    at_the_door(test)


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_after_some_failures_a_name_waits_longer_and_longer(name: str) -> None:
    async def test(door: Door) -> None:
        await door.named()
        await door.wrong(NAME.free, name=name)
        for wait_s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, NAME.longest_s, NAME.longest_s):
            hashed = door.hashed
            busy = await fails(Busy, door.sign_in.enter(name, SECRET, address="198.51.100.1"))
            assert (wait_s, hashed) == (busy.retry_after_s, door.hashed)
            door.clock.put_forward(wait_s)
            await door.wrong(1, name=name, address=f"198.51.100.{wait_s % 200}")

    at_the_door(test)


def test_a_wait_survives_a_restart_and_ends_with_the_right_password() -> None:
    async def test(door: Door) -> None:
        await door.named()
        await door.wrong(NAME.free)
        after = door.again()
        await fails(Busy, after.sign_in.enter("Ana", SECRET, address=HERE))
        after.clock.put_forward(1)
        await after.sign_in.enter("Ana", SECRET, address=HERE)
        await after.wrong(NAME.free)
        await fails(Busy, after.sign_in.enter("Ana", SECRET, address=HERE))

    at_the_door(test)


def test_whose_name_was_tried_is_told_how_often_and_when() -> None:
    async def test(door: Door) -> None:
        await door.named()
        assert 0 == door.sign_in.failed(ANA).failed
        await door.wrong(3)
        told = door.sign_in.failed(ANA)
        assert (3, door.clock.now()) == (told.failed, told.at_ns)
        door.clock.put_forward(60)
        await door.sign_in.enter("Ana", SECRET, address=HERE)
        assert told == door.sign_in.failed(ANA)
        after = door.again()
        assert told == after.sign_in.failed(ANA)
        await after.sign_in.enter("Ana", SECRET, address=HERE)
        assert 0 == after.sign_in.failed(ANA).failed
        assert 0 == after.sign_in.failed(BEN).failed

    at_the_door(test)


def test_whoever_waits_comes_in_by_a_link_at_once() -> None:
    async def test(door: Door) -> None:
        await door.named()
        await door.wrong(NAME.free)
        session = await door.invited()
        assert ANA.person == door.whose(session)
        await door.sign_in.set(session, "Ana", "another three words", old="", address=HERE)

    at_the_door(test)


def test_many_tries_at_once_are_no_way_around() -> None:
    async def test(door: Door) -> None:
        await door.named()
        tries = [door.sign_in.enter("ana", f"guess number {each}", address=f"203.0.113.{each}") for each in range(50)]
        got = await asyncio.gather(*tries, return_exceptions=True)
        assert {WrongToken: NAME.free, Busy: 50 - NAME.free} == {
            kind: sum(isinstance(each, kind) for each in got) for kind in (WrongToken, Busy)
        }

    at_the_door(test)


def test_one_address_waits_and_others_do_not() -> None:
    async def test(door: Door) -> None:
        await door.named()
        for each in range(ADDRESS.free):
            await door.wrong(1, name=f"somebody {each}", address=f"2001:db8::{each:x}")
        for same in ("2001:db8::ffff", "2001:db8:0:0:9::"):
            await fails(Busy, door.sign_in.enter("Ana", SECRET, address=same))
        for other in ("2001:db8:0:1::1", HERE, f"::ffff:{HERE}", "testclient"):
            assert ANA.person == door.whose(await door.sign_in.enter("Ana", SECRET, address=other))
        for _ in range(ADDRESS.free * 2):  # the right password is no failure of its address
            await door.sign_in.enter("Ana", SECRET, address=HERE)

    at_the_door(test)


def test_failures_of_yesterday_are_forgotten() -> None:
    async def test(door: Door) -> None:
        await door.named()
        await door.wrong(NAME.free)
        door.clock.put_forward(24 * 3600)
        await door.wrong(NAME.free)
        await fails(Busy, door.sign_in.enter("Ana", SECRET, address=HERE))

    at_the_door(test)


def test_a_clock_that_was_ahead_keeps_nobody_waiting() -> None:
    async def test(door: Door) -> None:
        await door.named()
        door.clock.put_forward(10 * 24 * 3600)
        await door.wrong(NAME.free)
        door.clock.put_forward(-10 * 24 * 3600)
        busy = await fails(Busy, door.sign_in.enter("Ana", SECRET, address=HERE))
        assert 1 == busy.retry_after_s

    at_the_door(test)


def test_what_is_counted_of_strangers_is_bounded() -> None:
    async def test(door: Door) -> None:
        attempts = Attempts(door.accounts.logins, clock=door.clock)
        for each in range(COUNTED_MAX + 10):
            await attempts.begin(f"name {each}", None, address=f"10.0.{each >> 8}.{each & 255}")
        assert (COUNTED_MAX, COUNTED_MAX) == attempts.counted

    at_the_door(test)


def test_only_so_many_wait_to_be_looked_at() -> None:
    async def test(door: Door) -> None:
        door.turns = 1_000
        tries = [door.sign_in.enter(f"name {each}", SECRET, address=f"203.0.113.{each}") for each in range(30)]
        got = await asyncio.gather(*tries, return_exceptions=True)
        assert (WAITING_MAX, WAITING_MAX, 30 - WAITING_MAX) == (
            door.hashed,
            sum(isinstance(each, WrongToken) for each in got),
            sum(isinstance(each, Busy) for each in got),
        )

    at_the_door(test)


def test_a_new_password_ends_all_other_visits_and_the_old_one() -> None:
    async def test(door: Door) -> None:
        first, other = await door.named(), await door.sign_in.enter("Ana", SECRET, address=HERE)
        bens = await door.invited(BEN)
        await door.sign_in.set(first, "Ana", "another three words", old="", address=HERE)
        assert (ANA.person, None, BEN.person) == tuple(map(door.whose, (first, other, bens)))
        await fails(WrongToken, door.sign_in.enter("Ana", SECRET, address=HERE))
        await door.sign_in.enter("Ana", "another three words", address=HERE)

    at_the_door(test)


def test_who_came_by_password_shows_the_old_one_to_change_it() -> None:
    async def test(door: Door) -> None:
        await door.named()
        session = await door.sign_in.enter("Ana", SECRET, address=HERE)
        assert door.sign_in.old_asked(session)
        for old in ("", "not the password"):
            await fails(WrongToken, door.sign_in.set(session, "Ana", "another three words", old=old, address=HERE))
        await door.sign_in.set(session, "Ana", "another three words", old=SECRET, address=HERE)

    at_the_door(test)


def test_a_link_stands_for_the_old_password_for_an_hour() -> None:
    async def test(door: Door) -> None:
        session = await door.named()
        assert not door.sign_in.old_asked(session)
        door.clock.put_forward(3600)
        assert door.sign_in.old_asked(session)
        await fails(WrongToken, door.sign_in.set(session, "Ana", "another three words", old="", address=HERE))

    at_the_door(test)


def test_guessing_the_old_password_is_held_up_as_signing_in_is() -> None:
    async def test(door: Door) -> None:
        await door.named()
        session = await door.sign_in.enter("Ana", SECRET, address=HERE)
        for _ in range(NAME.free):
            await fails(WrongToken, door.sign_in.set(session, "Ana", "another three words", old="no", address=HERE))
        await fails(Busy, door.sign_in.set(session, "Ana", "another three words", old=SECRET, address=HERE))

    at_the_door(test)


def test_a_name_belongs_to_one() -> None:
    async def test(door: Door) -> None:
        await door.named()
        await fails(Conflict, door.named(BEN, name="ANA", password="three other words"))
        await door.named(BEN, name="Ben", password=SECRET)

    at_the_door(test)


def test_new_parameters_are_taken_at_the_next_sign_in() -> None:
    async def test(door: Door) -> None:
        await door.named()
        later = Door(door.accounts.crash(), door.clock, Passwords(memory_kib=128, passes=1), seed=8)
        before = later.sign_in.login(ANA)
        await later.sign_in.enter("Ana", SECRET, address=HERE)
        after = later.sign_in.login(ANA)
        assert before is not None
        assert after is not None
        assert "$m=64," in before.password
        assert "$m=128," in after.password
        assert before.changed_ns == after.changed_ns
        await later.sign_in.enter("Ana", SECRET, address=HERE)

    at_the_door(test)


@pytest.mark.parametrize(
    "password", ["", "nine char", "x" * 129, "aaaaaaaaaaaaaa", "Password123", "1234567890", "ana-maria-7", "é" * 200]
)
def test_some_can_be_no_password(password: str) -> None:
    with pytest.raises(Refused):
        check_password(password, name="Ana-Maria-7")


@pytest.mark.parametrize("password", ["ten chars!", "x y" * 40, "日本語のパスワードです", "          1"])
def test_any_characters_make_a_password(password: str) -> None:
    check_password(password, name="Ana")


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\x00", "a\u202eb", "<b>", "a/b"])
def test_some_can_be_no_name(name: str) -> None:
    with pytest.raises(Refused):
        check_name(name)


@pytest.mark.parametrize("name", ["Ana", "ana.maria@example.org", "Åsa", "नमस्ते", "李明"])
def test_people_have_names_of_many_kinds(name: str) -> None:
    assert name_key(check_name(name)) == name_key(name_key(name))


def test_the_parameters_are_those_that_are_recommended() -> None:
    kept = Passwords().made(SECRET, salt=bytes(16))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
