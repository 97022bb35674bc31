"""A data folder that an older program began lets people say the kinds of this one; what was left out on purpose stays out."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from troth.adapters.journal_sqlite import SqliteJournal
from troth.adapters.keys_file import KeyFolder
from troth.clock import SystemClock
from troth.errors import NotRegistered
from troth.journeys.marks import Wanted
from troth.names import ckt_uri
from troth.statements.first_policy import first_rules
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.statement import write
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.testing.program import NodeProgram
from troth.testing.world import World

ORIGIN = "old.example/log"
LATER = frozenset(
    {KindName.MARK, KindName.RIGHTS_REQUEST, KindName.RIGHTS_REPLY, KindName.CORRECTION, KindName.ERASE_ORDER}
)


def begun_by_an_older_program(data: Path) -> None:
    """Keys, and a journal that begins with a policy that does not name the later kinds."""
    keys = KeyFolder(data / "keys")
    for name in ("operator", "gate", "log"):
        keys.create(name)
    operator, now = keys.signer("operator"), SystemClock().now()
    kept = (
        msgspec.structs.replace(rule, kinds=tuple(kind for kind in rule.kinds if kind not in LATER))
        for rule in first_rules()
    )
    said = (
        (KindName.REGISTRATION_POLICY, RegistrationPolicyBody(tuple(kept), ORIGIN)),
        (KindName.TRUST_ANCHORS, TrustAnchorsBody((operator.public.cose_key,), ORIGIN)),
    )
    issuer = ckt_uri(operator.public.thumbprint)
    signed = [write(kind, body, signer=operator, issuer=issuer, subject=ORIGIN, at_ns=now) for kind, body in said]

    async def append() -> None:
        def failed(error: Exception) -> None:
            raise error

        journal = await SqliteJournal.open(data / "journal.db", on_failure=failed)
        for each in signed:
            await journal.append(each)
        await journal.close()

    asyncio.run(append())


def test_an_older_folder_takes_what_people_say_now_and_says_so_once_in_the_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    begun_by_an_older_program(data)
    with NodeProgram(data) as node:
        household = node.ask("POST", "/api/households", token=node.operator, body={"name": "Hill 3"}).json()
        assert isinstance(household, dict)
        person = {"name": "Ana", "household": household["household"], "role": "owner"}
        made = node.ask("POST", "/api/people", token=node.operator, body=person).json()
        assert isinstance(made, dict)
        entered = node.ask("POST", "/api/enter", body={"token": made["invitation"].rpartition("/")[2]}).json()
        assert isinstance(entered, dict)
        asked = node.ask("POST", "/api/rights", token=entered["session"], body={"right": "access"})
        assert 201 == asked.status, asked.body
        policy = node.ask("GET", "/api/registration-policy", token=node.operator).json()
        assert isinstance(policy, dict)
        assert 2 == policy["version"]
        assert {each.value for each in LATER} <= {kind for rule in policy["rules"] for kind in rule["kinds"]}
        node.stop()
        node.start()
        again = node.ask("GET", "/api/registration-policy", token=node.operator).json()
        assert policy == again


def test_what_was_left_out_on_purpose_stays_out() -> None:
    with World(seed=95) as world:
        home = world.home("Hill 3")
        meter, ana = home.thing("meter"), home.person("Ana")
        rekey = world.node.rekey
        without = tuple(
            msgspec.structs.replace(rule, kinds=tuple(kind for kind in rule.kinds if kind != KindName.MARK))
            for rule in rekey.policy_in_force().rules
        )
        world.run(rekey.policy(without))
        said = len(list(unerased(world.journal.entries(after=0, limit=1_000))))
        world.restart()
        assert without == world.node.rekey.policy_in_force().rules
        assert said == len(list(unerased(world.journal.entries(after=0, limit=1_000))))
        wanted = Wanted(meter.stream, world.clock.now() - 2, world.clock.now() - 1, "Not so.")
        with pytest.raises(NotRegistered):
            world.run(world.node.choosing.marks.put(ana.person, wanted, made_by="session"))
