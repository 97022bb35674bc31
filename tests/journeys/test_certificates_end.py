"""A connection does not outlive its certificate, and what was on its way when a thing ended does not outlive it either."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.contracts.crashed_files import a_turn_of_the_loop
from tests.journeys.api_house import StandingClock
from tests.journeys.certified import Held, Key, made_authority, made_key, request_of, signed_text
from tests.journeys.mqtt_house import Client, open_house
from troth.adapters.tls_files import TlsFolder
from troth.clock import NS_PER_S, SystemClock
from troth.errors import WrongToken
from troth.journeys.accounts import Account, Bearer
from troth.journeys.enrol import CHALLENGE_S, OVERLAP_S, Enrol, Enrolled, renewal_message
from troth.journeys.recognise import CLAIM_S, Recognise
from troth.names import Slug, ThingId
from troth.signing.certificates import fingerprint, requested
from troth.testing.memory_accounts import MemoryAccounts
from troth.wire.mqtt import Connack, Connect, Disconnect, Reason, Version

WITHIN_NS: Final = NS_PER_S // 2
PUMP: Final = ThingId(b"p" * 16)


def test_a_connection_is_closed_when_its_certificate_ends(tmp_path: Path) -> None:
    async def test() -> None:
        clock = SystemClock()
        files = TlsFolder(tmp_path, names=["localhost"], now=lambda: datetime.fromtimestamp(clock.now() / 1e9, UTC))
        async with open_house() as house:
            joined, _ = await house.station()
            token = await house.join.claim_again(Slug(joined.slug))
            key = made_key()
            asked = requested(request_of(key))
            now_s = clock.now() // NS_PER_S
            given = files.signer.issue(asked, name="pump", serial=b"\x09" * 20, now_s=now_s, seconds=600)
            held = Held(tmp_path / "thing", key, given.certificate)
            await house.recognise.claim_for_certificate(token, given.digest, until_ns=clock.now() + WITHIN_NS)
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                house.endpoint, "127.0.0.1", 0, ssl=files.context(house.diagnostics.append)
            )
            trusting = ssl.create_default_context(cadata=files.authority.decode())
            trusting.load_cert_chain(held.folder / "thing.pem", held.folder / "thing.key")
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
            house.sockets.append(writer)
            client = Client(reader, writer, Version.V5)
            client.send(Connect(version=Version.V5, client_id="pump"))
            welcome = await client.next()
            assert isinstance(welcome, Connack)
            assert Reason.SUCCESS == welcome.reason
            told = await client.next()
            assert isinstance(told, Disconnect)
            assert (Reason.NOT_AUTHORIZED, "wrong-token: The certificate of this connection has ended.") == (
                told.reason,
                told.properties.reason_string,
            )
            server.close()

    asyncio.run(test())


class Place:
    """Enrolling without a node: a clock to put forward, accounts that take their time."""

    def __init__(self, *, write_s: float = 0.0) -> None:
        self.clock = StandingClock("2026-11-26T12:00:00Z")
        self.accounts = MemoryAccounts(write_s=write_s)
        self._count = 0
        self.spare = ""
        self.recognise = Recognise(self.accounts, clock=self.clock, entropy=self.entropy)
        self.enrol = Enrol(made_authority(), self.recognise, clock=self.clock, entropy=self.entropy)

    def entropy(self, count: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(count, "big")

    async def token(self) -> str:
        return await self.recognise.give(Bearer.CLAIM, Account(b"", Bearer.CLAIM, thing=PUMP), seconds=CLAIM_S)

    async def first(self, key: Key) -> Enrolled:
        return await self.enrol.enrol(await self.token(), request_of(key))

    def renewal(self, held: Enrolled, old: Key, new: Key, *, challenge: str | None = None) -> Awaitable[Enrolled]:
        fresh, request = challenge or self.enrol.challenge().challenge, request_of(new)
        signature = signed_text(old, renewal_message(fresh, request))
        return self.enrol.renew(held.certificate, request, challenge=fresh, signature=signature)

    def holds(self, given: Enrolled) -> bool:
        der = ssl.PEM_cert_to_DER_cert(given.certificate)
        return self.recognise.certificate(fingerprint(der)) is not None


def test_the_former_holds_an_hour_and_a_challenge_five_minutes() -> None:
    async def test() -> None:
        place, old, new = Place(), made_key(), made_key()
        held = await place.first(old)
        late = place.enrol.challenge().challenge
        place.clock.put_forward(CHALLENGE_S)
        with pytest.raises(WrongToken):
            await place.renewal(held, old, new, challenge=late)
        after = await place.renewal(held, old, new)
        place.clock.put_forward(OVERLAP_S - 1)
        assert (True, True) == (place.holds(held), place.holds(after))
        place.clock.put_forward(1)
        assert (False, True) == (place.holds(held), place.holds(after))
        with pytest.raises(WrongToken):
            await place.renewal(held, old, new)
        place.clock.put_forward((after.until_ns - place.clock.now()) // NS_PER_S)
        assert not place.holds(after)

    asyncio.run(test())


async def revoked(place: Place) -> None:
    await place.recognise.end(PUMP, "over")


async def claimed(place: Place) -> None:
    await place.recognise.claim(place.spare)


async def gone(place: Place) -> None:
    await place.accounts.erase(lambda each: each == PUMP)


@pytest.mark.parametrize("end", [revoked, claimed])
def test_a_renewal_that_was_on_its_way_does_not_survive_the_end(end: Callable[[Place], Awaitable[None]]) -> None:
    async def test() -> None:
        place, old, new = Place(write_s=0.01), made_key(), made_key("Ed25519")
        held = await place.first(old)
        place.spare = await place.token()
        renewing = asyncio.ensure_future(place.renewal(held, old, new))
        await a_turn_of_the_loop()
        await end(place)
        after = await renewing
        assert (False, False) == (place.holds(held), place.holds(after))
        assert () == place.accounts.of(Bearer.CERTIFICATE, thing=PUMP)

    asyncio.run(test())


@pytest.mark.parametrize("end", [revoked, claimed, gone])
def test_what_is_ended_is_not_renewed(end: Callable[[Place], Awaitable[None]]) -> None:
    async def test() -> None:
        place, old, new = Place(), made_key(), made_key()
        held = await place.first(old)
        place.spare = await place.token()
        await end(place)
        with pytest.raises(WrongToken):
            await place.renewal(held, old, new)

    asyncio.run(test())
