"""Single Observations that are taken together are each settled for themselves."""

import asyncio

from tests.journeys.mqtt_house import open_house
from troth.clock import SystemClock
from troth.ingest.http import HttpIngest
from troth.ingest.http_singles import Single
from troth.ingest.rates import Rates
from troth.journeys.accounts import token_digest
from troth.journeys.presence import Presence
from troth.testing.contracts import StillClock
from troth.wire.problems import Reply


class Asks:
    """Somebody who waits for one answer."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def answer(self, answer: Reply) -> None:
        self.answered.set_result(answer)


class Fails(Asks):
    """Somebody who cannot be answered."""

    def answer(self, answer: Reply) -> None:
        raise ConnectionError(answer.status)


def test_singles_of_one_turn_are_each_settled_for_themselves_and_who_has_no_right_goes_another_way() -> None:
    async def run() -> None:
        async with open_house() as house:
            clock = SystemClock()
            asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
            presence = Presence(clock, later=asyncio.get_running_loop().call_later)
            rates = Rates(StillClock(0), messages_per_s=3)
            ingest = HttpIngest(
                house.hear,
                house.recognise,
                presence=presence,
                slugs=house.slugs,
                url="https://sense.example",
                clock=clock,
                secret=bytes(16),
                entropy=bytes,
                rates=rates,
            )
            joined, credential = await house.station()
            single = Single(token_digest(credential), joined.datastreams["level"])
            asked = [Asks(), Fails(), Asks(), Asks()]
            for asks, body in zip(
                asked, (b'{"result":1}', b'{"result":2}', b'{"result":1001}', b'{"result":3}'), strict=True
            ):
                assert ingest.singles.take(single, body, asks, address="::1")
            answers = [(await asked[at].answered).status for at in (0, 2, 3)]
            assert [201, 400, 201] == answers
            assert (3, {"out-of-range": 1}) == (house.tally(joined).stored, house.tally(joined).refused)
            other = Single(token_digest(credential), joined.datastreams["word"])
            nobody = Single(bytes(32), joined.datastreams["level"])
            for head, body in ((other, b'{"result":1}'), (nobody, b'{"result":1}'), (single, b'{"result":"1"}')):
                assert not ingest.singles.take(head, body, Asks(), address="::1")
            level = joined.datastreams["level"]
            unnamed = Single(token_digest(credential), None)
            told = b'{"result":5,"Datastream":{"@iot.id":%d}}'
            strange = joined.datastreams["word"]
            for body in (b'{"result":5}', told % strange, told % 2**40):
                assert not ingest.singles.take(unnamed, body, Asks(), address="::1")
            assert not ingest.singles.take(single, told % strange, Asks(), address="::1")
            first = Asks()
            assert ingest.singles.take(unnamed, told % level, first, address="::1")
            for _ in range(2):
                assert ingest.singles.take(single, b'{"result":4}', last := Asks(), address="::1")
            assert not ingest.singles.take(single, b'{"result":4}', Asks(), address="::1")  # it owes
            assert [201, 201] == [(await each.answered).status for each in (first, last)]
            assert (6, {"out-of-range": 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    asyncio.run(run())
