"""Everything about me: what is in it, that it can be checked and gone on with, and every way in which it ends."""

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from troth.errors import Busy
from troth.journeys.archive import Writing
from troth.journeys.exports import KEPT_MAX, KEPT_S, MAKING_MAX, UNDISTURBED_S
from troth.names import print_household
from troth.signing.slices import SLICE_BYTES
from troth.testing.asgi import Told
from troth.testing.people import Home, WorldPerson, WorldThing
from troth.testing.world import World
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify


class House:
    """Ana and Ben in one home with a meter; a researcher has read it; Cleo lives elsewhere."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.meter: WorldThing = self.home.thing("water meter")
        self.ana, self.ben = self.home.person("Anastasia"), self.home.person("Benedikt", role="member")
        self.cleo = world.home("Hill 3").person("Cleopatra")
        self.lab = world.organisation("University")
        for each in (self.ana, self.ben):
            each.gives(self.meter)
        self.values = [float(at) for at in range(5)]
        for value in self.values:
            self.meter.says(value)
            world.advance(1)
        self.lab.reads(self.meter)
        world.settle()
        world.settle()

    def session(self, person: WorldPerson) -> str:
        world = self.world
        return world.run(world.node.recognise.enter(world.run(world.node.join.invite(person.person))))

    def begins(self, token: str) -> Told:
        return self.world.post("/api/export", {}, token=token)

    def looks(self, token: str) -> Any:  # noqa: ANN401 - whatever the document is
        return self.world.get("/api/export", token=token).json

    def fetches(self, token: str, **headers: str) -> Told:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.world.get("/api/export/archive", token=token, headers=sent)

    def ready(self, person: WorldPerson) -> str:
        token = self.session(person)
        assert 201 == self.begins(token).status
        self.world.advance(60)
        assert "ready" == self.looks(token)["state"], self.looks(token)
        return token

    def archive(self, person: WorldPerson) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(bytes(self.fetches(self.ready(person)).body)))


def test_what_is_in_it_is_what_its_person_reads() -> None:
    with World(seed=1) as world:
        house = House(world)
        archive = house.archive(house.ana)
        assert archive.testzip() is None
        things = json.loads(archive.read("things.json"))["things"]
        (stream,) = [each for thing in things for each in thing["streams"] if each.get("file")]
        assert f"observations/{house.meter.number}.csv" == stream["file"]
        rows = [*csv.DictReader(io.StringIO(archive.read(stream["file"]).decode(), newline=""))]
        assert house.values == [float(row["result"]) for row in rows]
        assert [str(each.id) for each in house.ana.reads(house.meter)] == [row["id"] for row in rows]
        account = json.loads(archive.read("account.json"))
        assert ("Anastasia", "house", "Harbour Lane 12") == (
            account["name"],
            account["custody"],
            account["homes"][0]["name"],
        )
        assert [True] == [each["this"] for each in account["visits"] if each["this"]]
        lines = [json.loads(line) for line in archive.read("book.jsonl").splitlines()]
        assert ("seen", "University", 5) == (lines[-1]["kind"], lines[-1]["party_name"], lines[-1]["rows"])
        said = [json.loads(line) for line in archive.read("statements.jsonl").splitlines()]
        assert {"person", "membership", "choice"} <= {each["kind"] for each in said}
        (choice,) = [each for each in said if each["kind"] == "choice"]
        assert "give" == choice["body"]["decision"]
        decided = json.loads(archive.read("choices.json"))["choices"]
        assert ["give"] == [each["decision"] for each in decided]


def test_every_file_has_its_digest_and_every_proof_passes_a_strangers_check() -> None:
    with World(seed=2) as world:
        house = House(world)
        archive = house.archive(house.ana)
        manifest = json.loads(archive.read("manifest.json"))
        named = {each["name"]: each for each in manifest["files"]}
        assert set(archive.namelist()) == {*named, "manifest.json"}
        for name, each in named.items():
            data = archive.read(name)
            assert (each["bytes"], each["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        proofs = [name for name in named if name.endswith(".troth-proof")]
        said = [name for name in named if name.endswith(".cbor")]
        assert len(said) == sum(name.startswith("statements/") for name in proofs)
        assert 2 <= sum(name.startswith("book/") for name in proofs)
        key = VerifierKey.parse(str(world.node.record.sequencer.key))
        assert str(key) == manifest["key"]
        for name in proofs:
            assert verify(archive.read(name), trusted=[key]).passed, name
        assert [] == manifest["left_out"]


def test_nothing_of_others_is_in_it() -> None:
    with World(seed=3) as world:
        house = House(world)
        archive = house.archive(house.ana)
        everything = b"\n".join(archive.read(name) for name in archive.namelist())
        for name in (b"Benedikt", b"Cleopatra", b"Hill 3"):
            assert name not in everything
        mine = house.archive(house.cleo)
        everything = b"\n".join(mine.read(name) for name in mine.namelist())
        for name in (b"Anastasia", b"Harbour", b"water meter", b"observations/%d" % house.meter.number):
            assert name not in everything, everything[max(0, everything.find(name) - 200) :][:400]


def test_it_can_be_fetched_in_pieces_and_gone_on_with() -> None:
    with World(seed=4) as world:
        house = House(world)
        token = house.ready(house.ana)
        whole = house.fetches(token)
        body, size = bytes(whole.body), len(whole.body)
        seen = house.looks(token)
        assert (200, str(size), "bytes") == (
            whole.status,
            whole.header("content-length"),
            whole.header("accept-ranges"),
        )
        assert (size, hashlib.sha256(body).hexdigest()) == (seen["bytes"], seen["sha256"])
        tag = whole.header("etag") or ""
        assert f'"{seen["sha256"]}"' == tag
        for asked, first, last in (
            ("bytes=0-0", 0, 1),
            (f"bytes={size - 7}-", size - 7, size),
            ("bytes=-5", size - 5, size),
            (f"bytes=10-{size + 99}", 10, size),
            ("bytes=100-299", 100, 300),
        ):
            part = house.fetches(token, range=asked, if_range=tag)
            assert (206, body[first:last]) == (part.status, bytes(part.body))
            assert f"bytes {first}-{last - 1}/{size}" == part.header("content-range")
        for asked in ("bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=x-"):
            assert (200, body) == ((told := house.fetches(token, range=asked)).status, bytes(told.body))
        assert (200, body) == (
            (told := house.fetches(token, range="bytes=1-2", if_range='"other"')).status,
            bytes(told.body),
        )
        behind = house.fetches(token, range=f"bytes={size}-")
        assert (416, f"bytes */{size}", b"") == (behind.status, behind.header("content-range"), bytes(behind.body))


def test_it_lies_sealed_and_goes_when_its_person_says_so() -> None:
    with World(seed=5) as world:
        house = House(world)
        token = house.ready(house.ana)
        (file,) = world.prepared.files.values()
        assert b"PK" != file[:2]
        assert b"account.json" not in file
        assert 204 == world.run(world.exchange("DELETE", "/api/export", token=token).ask()).status
        assert 404 == house.fetches(token).status
        world.advance(1)
        assert {} == world.prepared.files
        assert ("ended", "deleted") == ((seen := house.looks(token))["state"], seen["code"])


def test_it_ends_by_itself_and_with_the_node() -> None:
    with World(seed=6) as world:
        house = House(world)
        token = house.ready(house.ana)
        world.clock.step(KEPT_S - 120)
        assert 200 == house.fetches(token).status
        world.advance(120)
        assert ("ended", "over") == ((seen := house.looks(token))["state"], seen["code"])
        assert {} == world.prepared.files
        house.ready(house.ben)
        world.restart()
        assert {} == world.prepared.files
        assert "none" == house.looks(house.session(house.ben))["state"]


@pytest.mark.parametrize("when", ["making", "ready"])
def test_who_leaves_loses_it_in_the_step_in_which_that_counts(when: str) -> None:
    with World(seed=7) as world:
        house = House(world)
        token = house.session(house.ben)
        house.begins(token)
        if when == "ready":
            world.advance(60)
        assert when == house.looks(token)["state"]
        told = world.post("/api/home/leave", {"household": print_household(house.home.household)}, token=token)
        assert 201 == told.status
        assert "ended" == house.looks(token)["state"]
        assert 404 == house.fetches(token).status
        world.advance(60)
        assert ({}, "ended") == (world.prepared.files, house.looks(token)["state"])
        again = house.archive(house.ben)
        assert not [name for name in again.namelist() if name.startswith("observations/")]
        assert [name for name in again.namelist() if name.startswith("book/")]


def test_what_changes_nothing_about_it_leaves_it_alone() -> None:
    with World(seed=8) as world:
        house = House(world)
        token = house.ready(house.ana)
        house.ben.withdraws(house.meter)
        house.ana.withdraws(house.meter)
        world.home("another")
        assert 200 == house.fetches(token).status


def test_whoever_is_erased_leaves_none() -> None:
    with World(seed=9) as world:
        house = House(world)
        token = house.ready(house.ana)
        preview = world.get("/api/erasure", token=token).json
        world.post("/api/erasure", {"digest": preview["digest"]}, token=token)
        world.advance(5)
        assert {} == world.prepared.files
        assert 401 == house.fetches(token).status


def test_a_download_on_its_way_is_broken_when_it_ends() -> None:
    with World(seed=10) as world:
        house = House(world)
        token = house.ready(house.ben)
        size = house.looks(token)["bytes"]
        exchange = world.exchange("GET", "/api/export/archive", token=token)
        sent, chunks = exchange.sent, 0

        async def send(message: Any) -> None:  # noqa: ANN401 - a message of ASGI
            nonlocal chunks
            if message["type"] == "http.response.body" and message.get("more_body") and not message["body"]:
                chunks += 1
                if chunks == 1:
                    await world.node.choosing.belong.leave(house.ben.person, house.home.household)
            await sent(message)

        exchange.sent = send
        told = world.run(exchange.ask())
        assert (200, True) == (told.status, told.broken)
        assert len(told.body) < size


def test_one_at_a_time_and_not_more_than_the_node_can_bear() -> None:
    with World(seed=11) as world:
        house = House(world)
        token = house.session(house.ana)
        assert 201 == house.begins(token).status
        again = house.begins(token)
        assert (409, "conflict") == (again.status, again.json["code"])
        people = [world.home(f"home {at}").person(f"P{at}") for at in range(MAKING_MAX)]
        told = [house.begins(house.session(each)) for each in people]
        assert {201, 429} >= {each.status for each in told}


def test_a_stream_longer_than_a_slice_is_whole() -> None:
    with World(seed=12) as world:
        house = House(world)
        world.run(_many(house.meter, 6_000))
        archive = house.archive(house.ana)
        rows = [
            *csv.DictReader(io.StringIO(archive.read(f"observations/{house.meter.number}.csv").decode(), newline=""))
        ]
        assert len(house.values) + 6_000 == len(rows)
        assert len({row["id"] for row in rows}) == len(rows)
        assert sum(map(len, world.prepared.files.values())) > SLICE_BYTES


async def _many(thing: WorldThing, count: int) -> None:
    for at in range(count):
        await thing.say(at + 0.125)


def test_a_full_room_gives_way_to_others_what_was_fetched_first_and_then_what_is_an_hour_old() -> None:
    async def fill(writing: Writing) -> None:
        await writing.write(b"everything")

    with World(seed=33) as world:
        home = world.home("Harbour Lane 12")
        people = [home.person(f"P{at}") for at in range(KEPT_MAX + 2)]
        exports = world.node.exports

        def begins(person: WorldPerson) -> None:
            async def begin() -> None:
                exports.begin(person.asker(), fill)

            world.run(begin())
            world.advance(1)

        def ended(person: WorldPerson) -> str:
            seen = exports.seen(person.asker())
            assert seen is not None
            return seen.code

        for each in people[:KEPT_MAX]:
            begins(each)
        with pytest.raises(Busy) as busy:
            begins(people[KEPT_MAX])
        assert UNDISTURBED_S - KEPT_MAX - 1 <= busy.value.retry_after_s <= UNDISTURBED_S
        begins(people[3])  # their own is replaced, and takes nobody's place
        seen = exports.seen(people[5].asker())
        assert seen is not None
        assert b"everything" == world.run(exports.read(people[5].asker(), seen.id, offset=0))
        begins(people[KEPT_MAX])
        assert ["", "gave-way"] == [ended(each) for each in (people[0], people[5])]
        with pytest.raises(Busy):
            begins(people[KEPT_MAX + 1])
        world.clock.step(UNDISTURBED_S)
        begins(people[KEPT_MAX + 1])
        assert ["gave-way", "", ""] == [ended(each) for each in (people[0], people[1], people[KEPT_MAX + 1])]
