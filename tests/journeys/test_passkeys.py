"""Passkeys: what is kept, what signs in, and everything that is refused."""

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from tests.journeys.authenticator import ORIGIN, PRESENT, VERIFIED, Device
from tests.journeys.door import ANA, BEN, HERE, SECRET, Door, at_the_door
from troth.errors import Conflict, Malformed, NotFound, NotOffered, Refused, WrongToken
from troth.journeys.attempts import NAME
from troth.journeys.passkeys import CHALLENGE_S, MADE_WITHIN_S, PASSKEYS_MAX, Passkeys, passkey_id
from troth.testing.contracts import fails


def passkeys_at(door: Door, url: str = ORIGIN) -> Passkeys:
    return Passkeys(
        door.accounts,
        recognise=door.recognise,
        url=url,
        clock=door.clock,
        entropy=door.recognise._entropy,  # noqa: SLF001 - the door's chance
    )


async def made(door: Door, passkeys: Passkeys, device: Device, session: str | None = None) -> str:
    session = session or await door.invited()
    await passkeys.add(session, device.makes(passkeys.begin(session, name="Ana")), name="Phone")
    return session


def test_a_passkey_that_was_made_opens_the_home_of_whoever_made_it() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        await made(door, passkeys, device)
        session = await passkeys.sign_in(device.signs(passkeys.begin_sign_in()), browser="Safari on an iPhone")
        assert ANA.person == door.whose(session)
        visit = next(each for each in door.visits.of(session).visits if each.this)
        assert ("passkey", "Safari on an iPhone") == (visit.way, visit.browser)
        after = door.again()
        again = passkeys_at(after)
        assert ANA.person == after.whose(await again.sign_in(device.signs(again.begin_sign_in())))

    at_the_door(test)


def test_what_the_device_is_asked_for_finds_it_without_a_name_and_by_its_holder_alone() -> None:
    async def test(door: Door) -> None:
        passkeys, session = passkeys_at(door), await door.invited()
        asked = json.loads(passkeys.begin(session, name="Ana"))["publicKey"]
        assert ("localhost", "none") == (asked["rp"]["id"], asked["attestation"])
        assert {"residentKey": "required", "userVerification": "required", "requireResidentKey": True} == asked[
            "authenticatorSelection"
        ]
        asked = json.loads(passkeys.begin_sign_in())["publicKey"]
        assert ("required", None) == (asked["userVerification"], asked.get("allowCredentials"))

    at_the_door(test)


Bend = Callable[[Device], None]


def _set(**said: object) -> Bend:
    def bend(device: Device) -> None:
        for name, value in said.items():
            setattr(device, name, value)

    return bend


BENT = {
    "another site": _set(origin="http://evil.example"),
    "another port": _set(origin="http://localhost:8081"),
    "another host": _set(host="evil.example"),
    "within another site": _set(cross_origin=True),
    "nobody was there": _set(flags=VERIFIED),
    "not shown that it is them": _set(flags=PRESENT),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT)
def test_a_passkey_made_elsewhere_or_by_nobody_is_not_kept(bend: Bend) -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        bend(device)
        session = await door.invited()
        await fails(Malformed, passkeys.add(session, device.makes(passkeys.begin(session, name="Ana")), name=""))
        assert door.sign_in.login(ANA) is None

    at_the_door(test)


BENT_LATER = BENT | {
    "another key": _set(key=ec.derive_private_key(8, ec.SECP256R1())),
    "an unknown passkey": _set(credential=b"credential 2"),
    "another holder": _set(handle=b"somebody else..."),
}


@pytest.mark.parametrize("bend", BENT_LATER.values(), ids=BENT_LATER)
def test_what_signs_otherwise_than_it_was_asked_opens_nothing(bend: Bend) -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        await made(door, passkeys, device)
        bend(device)
        before = len(door.visits.of(await door.invited()).visits)
        error = await fails(Exception, passkeys.sign_in(device.signs(passkeys.begin_sign_in())))
        assert isinstance(error, Malformed | WrongToken)
        assert before + 1 == len(door.visits.of(await door.invited()).visits)

    at_the_door(test)


def test_an_answer_counts_once_and_not_for_long() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        await made(door, passkeys, device)
        answer = device.signs(passkeys.begin_sign_in())
        await passkeys.sign_in(answer)
        await fails(WrongToken, passkeys.sign_in(answer))
        asked = passkeys.begin_sign_in()
        door.clock.put_forward(CHALLENGE_S)
        await fails(WrongToken, passkeys.sign_in(device.signs(asked)))

    at_the_door(test)


def test_a_challenge_is_for_what_and_whom_it_was_given() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        session, bens = await door.invited(), await door.invited(BEN)
        asked = passkeys.begin(bens, name="Ben")
        await fails(WrongToken, passkeys.add(session, device.makes(asked), name=""))
        await made(door, passkeys, device, session)
        await fails(WrongToken, passkeys.sign_in(device.signs(passkeys.begin(session, name="Ana"))))
        of_another_start = passkeys_at(Door(seed=99))
        await fails(WrongToken, passkeys.sign_in(device.signs(of_another_start.begin_sign_in())))

    at_the_door(test)


def test_a_counter_that_does_not_grow_opens_nothing() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device(count=1)
        await made(door, passkeys, device)
        for count, opens in ((2, True), (2, False), (1, False), (0, False), (7, True)):
            device.count = count
            answer = device.signs(passkeys.begin_sign_in())
            if opens:
                assert ANA.person == door.whose(await passkeys.sign_in(answer))
            else:
                await fails(WrongToken, passkeys.sign_in(answer))

    at_the_door(test)


def test_a_passkey_is_made_in_a_visit_that_has_just_begun() -> None:
    async def test(door: Door) -> None:
        passkeys, session = passkeys_at(door), await door.invited()
        asked = passkeys.begin(session, name="Ana")
        door.clock.put_forward(MADE_WITHIN_S)
        with pytest.raises(WrongToken):
            passkeys.begin(session, name="Ana")
        await fails(WrongToken, passkeys.add(session, Device().makes(asked), name=""))

    at_the_door(test)


def test_one_passkey_is_kept_once_and_there_are_not_too_many() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        session = await made(door, passkeys, device)
        await fails(Conflict, made(door, passkeys, device, session))
        await fails(Conflict, made(door, passkeys, device, await door.invited(BEN)))
        for each in range(1, PASSKEYS_MAX):
            await made(door, passkeys, Device(credential=b"another %d" % each), session)
        with pytest.raises(Refused):
            passkeys.begin(session, name="Ana")

    at_the_door(test)


def test_a_passkey_that_is_removed_opens_nothing_and_what_it_opened_is_closed() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        session = await made(door, passkeys, device)
        by_passkey = await passkeys.sign_in(device.signs(passkeys.begin_sign_in()))
        login = door.sign_in.login(ANA)
        assert login is not None
        one = passkey_id(login.passkeys[0])
        await fails(NotFound, passkeys.remove(await door.invited(BEN), one))
        await passkeys.remove(session, one)
        assert (ANA.person, None) == (door.whose(session), door.whose(by_passkey))
        await fails(WrongToken, passkeys.sign_in(device.signs(passkeys.begin_sign_in())))
        await fails(NotFound, passkeys.remove(session, one))

    at_the_door(test)


def test_a_password_set_afterwards_and_waits_for_it_leave_the_passkey_alone() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        session = await made(door, passkeys, device)
        await door.sign_in.set(session, "Ana", SECRET, old="", address=HERE)
        await door.wrong(NAME.free)
        by_passkey = await passkeys.sign_in(device.signs(passkeys.begin_sign_in()))
        await door.sign_in.set(by_passkey, "Ana", "another three words", old="", address=HERE)

    at_the_door(test)


def test_a_password_first_and_a_passkey_then_are_one_login() -> None:
    async def test(door: Door) -> None:
        passkeys, device = passkeys_at(door), Device()
        session = await door.named()
        await made(door, passkeys, device, session)
        assert ANA.person == door.whose(await passkeys.sign_in(device.signs(passkeys.begin_sign_in())))
        assert ANA.person == door.whose(await door.sign_in.enter("Ana", SECRET, address=HERE))

    at_the_door(test)


@pytest.mark.parametrize("url", ["http://192.168.1.7:8080", "http://[fd00::1]:8080"])
def test_an_address_in_digits_has_no_passkeys(url: str) -> None:
    async def test(door: Door) -> None:
        passkeys, session = passkeys_at(door, url), await door.invited()
        assert "" == passkeys.host
        with pytest.raises(NotOffered):
            passkeys.begin(session, name="Ana")
        with pytest.raises(NotOffered):
            passkeys.begin_sign_in()

    at_the_door(test)


MEMBERS = ("id", "rawId", "type", "response", "clientDataJSON", "attestationObject", "authenticatorData", "signature")
SAID = st.recursive(
    st.none() | st.text(max_size=20), lambda each: st.dictionaries(st.sampled_from(MEMBERS), each, max_size=6)
)


@given(st.binary(max_size=300) | SAID.map(lambda each: json.dumps(each).encode()))
def test_bytes_that_are_no_answer_are_refused(answer: bytes) -> None:
    async def test(door: Door) -> None:
        passkeys, session = passkeys_at(door), await door.invited()
        await fails(Malformed, passkeys.add(session, answer, name=""))
        await fails(Malformed, passkeys.sign_in(answer))

    at_the_door(test)
