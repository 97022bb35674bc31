"""Somebody is erased: said before, done as said, by nobody else; and what stays for others is as it was."""

from collections.abc import Callable, Iterator

import pytest

from tests.journeys.erasing_lane import Lane
from troth.errors import Conflict, Denied, NotFound, Refused, StorageFailed, WrongToken
from troth.journeys.book_lines import Seen
from troth.journeys.sealing import ledger_name
from troth.journeys.voice import key_name
from troth.names import PersonId, print_person
from troth.statements.erasure import Asked
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.statement import read
from troth.testing.faults import StoreFault
from troth.things.ledgers import SealedTrace
from troth.things.observations import Refusal


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.world.close()


# what goes and what stays


def test_what_goes_and_what_stays_is_said_before(lane: Lane) -> None:
    alone, shared = lane.erase.preview(lane.cora.person), lane.erase.preview(lane.ana.person)
    assert (("Harbour Lane 14",), ("meter",), ()) == (alone.homes, alone.goes, alone.stays)
    assert ((), (), ("lamp",)) == (shared.homes, shared.goes, shared.stays)
    assert ("Cora", "Ana") == (alone.name, shared.name)
    assert 0 == lane.gone(), "looking changes nothing"


def test_data_that_concern_only_them_are_gone(lane: Lane) -> None:
    lane.goes(lane.cora)
    for reader in (lane.cora, lane.university):
        with pytest.raises((NotFound, KeyError)):
            reader.reads(lane.meter)
    directory = lane.world.node.directory
    assert lane.alone.household not in directory.households
    assert lane.cora.person not in directory.persons
    assert key_name(lane.cora.person) not in lane.world.keys.names()
    assert {row.result for row in lane.ben.reads(lane.lamp)} == {1.0, 2.0}


def test_what_concerns_others_stays_for_them_and_the_concern_ends(lane: Lane) -> None:
    lane.goes(lane.ana)
    assert [1.0, 2.0] == [row.result for row in lane.ben.reads(lane.lamp)]
    with pytest.raises(NotFound):
        lane.ana.reads(lane.lamp)
    lane.lamp.says(3.0)
    assert [1.0, 2.0, 3.0] == [row.result for row in lane.ben.reads(lane.lamp)]


def test_the_last_one_takes_what_had_stayed(lane: Lane) -> None:
    lane.goes(lane.ana)
    assert ("lamp",) == lane.erase.preview(lane.ben.person).goes
    lane.goes(lane.ben)
    assert {"meter"} == {thing.body.name for thing in lane.world.node.directory.things.values()}


def test_erasing_opens_nothing(lane: Lane) -> None:
    """Ana had refused, so research got nothing of that time; her going does not turn it into a yes (decision 23)."""
    lane.ana.refuses(lane.lamp)
    lane.lamp.says(5.0)
    lane.goes(lane.ana)
    assert [] == [row.result for row in lane.university.reads(lane.lamp)]
    lane.lamp.says(6.0)
    assert [6.0] == [row.result for row in lane.university.reads(lane.lamp)]
    lane.world.restart()
    assert [6.0] == [row.result for row in lane.university.reads(lane.lamp)]


def test_a_thing_that_went_is_heard_and_counted_no_more(lane: Lane) -> None:
    told: list[object] = []
    inlet = lane.world.node.hear.inlets(lane.meter.joined.thing)["flow"]
    lane.goes(lane.cora)

    async def speak() -> None:
        inlet.offer(9.0, time_ns=None, done=told.append)
        lane.world.node.hear.flush()
        await lane.world.node.ports.conduct.settle()

    lane.world.run(speak())
    assert [Refusal.UNKNOWN] == told
    assert {} == dict(lane.world.node.hear.tally(lane.meter.joined.thing).refused)
    path = f"/v1.1/Datastreams({lane.meter.number})/Observations"
    assert 401 == lane.world.post(path, {"result": 1.0}, token=lane.meter.credential).status


def test_a_listener_hears_nothing_after_the_acknowledgement(lane: Lane) -> None:
    hearing = lane.university.listens(lane.meter)
    lane.world.advance(1)
    before = len(hearing.rows)

    async def while_it_goes() -> int:
        digest = lane.erase.preview(lane.cora.person).digest
        await lane.meter.say(7.0)
        await lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION)
        return len(hearing.rows)

    after = lane.world.run(while_it_goes())
    lane.world.advance(30)
    assert after == len(hearing.rows)
    assert hearing.ended is not None
    assert hearing.drops >= 1
    assert before <= after


def test_sessions_and_links_end_with_the_person(lane: Lane) -> None:
    session = lane.session(lane.cora)
    link = lane.world.run(lane.world.node.join.invite(lane.cora.person))
    theirs = lane.session(lane.ben)
    assert 200 == lane.world.get("/api/erasure", token=session).status
    lane.goes(lane.cora)
    assert lane.world.node.recognise.token(session) is None
    with pytest.raises(WrongToken):
        lane.world.run(lane.world.node.recognise.enter(link))
    assert 401 == lane.world.get("/api/erasure", token=session).status
    assert 200 == lane.world.get("/api/erasure", token=theirs).status


def test_windows_that_were_open_close_without_her_name(lane: Lane) -> None:
    lane.university.reads(lane.lamp)
    lane.ben.reads(lane.lamp)
    lane.goes(lane.ana)
    lane.world.settle()
    last = lane.world.run(lane.world.observations.last_segment())
    assert last is not None
    for number in range(1, last.cut.number + 1):
        for noted in lane.world.run(lane.world.observations.traces(number)):
            assert bytes(lane.ana.person) not in noted.trace
    (seen,) = lane.ben.book().lines
    assert isinstance(seen, Seen)
    assert ("University", 2) == (seen.who.party_name, seen.rows)


def test_the_book_of_whoever_went_is_gone_and_nothing_of_it_is_moved_later(lane: Lane) -> None:
    lane.university.reads(lane.lamp)
    lane.world.settle()
    lane.university.reads(lane.lamp)
    before = lane.ben.book().lines
    assert 2 == len(before) == len(lane.ana.book().lines), "one reading is moved, one is not"
    lane.goes(lane.ana)
    with pytest.raises(NotFound):
        lane.ana.book()
    for _ in range(2):
        lane.world.settle()
        assert hers(lane) == ([], [])
        assert before[1:] == lane.ben.book().lines[1:]
        assert 2 == len(lane.ben.book().lines)
        lane.world.restart()


def hers(lane: Lane) -> tuple[list[object], list[object]]:
    """Day keys and boxes of Ana."""
    ledgers = lane.world.ledgers
    keys = lane.world.run(ledgers.keys(lane.ana.person))
    return list(keys), list(lane.world.run(ledgers.boxes(lane.ana.person, before=None, limit=100)))


@pytest.mark.parametrize("moment_s", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
def test_a_window_that_is_opening_leaves_nothing_of_whoever_is_erased_meanwhile(lane: Lane, moment_s: float) -> None:
    """Each day key takes half a second until it is durable; she goes before, between and after them."""
    world = lane.world
    world.ledgers.faults.slow_s = 0.5
    ended: list[object] = []

    async def reading() -> None:
        try:
            ended.append(await lane.university.read(lane.lamp))
        except (NotFound, Denied) as no:
            ended.append(no)

    world.start(reading())
    world.advance(moment_s)
    lane.goes(lane.ana)
    world.advance(5)
    assert 1 == len(ended), "it got rows or was told that there are none for it; nothing broke"
    assert hers(lane) == ([], [])
    commits = world.run(world.conduct.committed(*world.run(world.conduct.cut(world.clock.now(), [bytes(32)]))))
    sealed = {each.key for commit in commits for each in commit.traces if isinstance(each, SealedTrace)}
    assert sealed <= set(world.run(world.ledgers.day_keys(lambda _: True))), "no box of a key that is gone"


# who may


def test_a_person_erases_themself_and_a_used_session_is_over(lane: Lane) -> None:
    session = lane.session(lane.cora)
    shown = lane.world.get("/api/erasure", token=session).json
    assert 201 == lane.world.post("/api/erasure", {"digest": shown["digest"]}, token=session).status
    assert 401 == lane.world.post("/api/erasure", {"digest": shown["digest"]}, token=session).status
    assert [KindName.ERASURE] == [kind for kind in lane.kinds() if kind is KindName.ERASURE]


def test_who_runs_the_place_does_it_on_paper(lane: Lane) -> None:
    operator, path = lane.world.operator_token(), f"/api/people/{print_person(lane.cora.person)}/erasure"
    shown = lane.world.get(path, token=operator).json
    assert 201 == lane.world.post(path, {"digest": shown["digest"], "request": "ab" * 32}, token=operator).status
    assert 404 == lane.world.get(path, token=operator).status, "there is nobody of that name any more"
    assert 404 == lane.world.post(path, {"digest": shown["digest"], "request": "ab" * 32}, token=operator).status


WHO: dict[str, Callable[[Lane], str | None]] = {
    "nobody": lambda _: None,
    "another adult": lambda lane: lane.session(lane.ben),
    "a recipient": lambda lane: lane.university.token(),
    "a thing": lambda lane: lane.lamp.credential,
    "an unknown token": lambda _: "a" * 52,
}


@pytest.mark.parametrize("who", WHO)
def test_nobody_else_erases_or_even_looks(lane: Lane, who: str) -> None:
    token = WHO[who](lane)
    digest = lane.erase.preview(lane.ana.person).digest.hex()
    path = f"/api/people/{print_person(lane.ana.person)}"
    asked = {"digest": digest, "request": "ab" * 32}
    refused = {
        lane.world.get(f"{path}/erasure", token=token).status,
        lane.world.post(f"{path}/erasure", asked, token=token).status,
        lane.world.post(
            f"{path}/preservations", {"cause": "dispute", "reason": "x", "to": "2026-04-01T00:00:00Z"}, token=token
        ).status,
        lane.world.post(f"{path}/preservations/{'00' * 16}/end", {}, token=token).status,
    }
    assert {401} == refused
    own = lane.world.post("/api/erasure", {"digest": digest}, token=token)
    assert own.status in {401, 409}, (
        "in their own session they could erase themselves only, and that is not what was shown"
    )
    assert 0 == lane.gone()
    assert lane.ana.person in lane.world.node.directory.persons


def test_the_operator_does_not_erase_without_a_written_request(lane: Lane) -> None:
    digest = lane.erase.preview(lane.cora.person).digest
    for made_by, request in ((Asked.PAPER, None), (Asked.PAPER, b"short"), (Asked.SESSION, bytes(32))):
        with pytest.raises(Refused):
            lane.world.run(lane.erase.confirm(lane.cora.person, digest, made_by=made_by, request=request))
    operator, path = lane.world.operator_token(), f"/api/people/{print_person(lane.cora.person)}/erasure"
    assert 400 == lane.world.post(path, {"digest": digest.hex()}, token=operator).status
    assert 401 == lane.world.post("/api/erasure", {"digest": digest.hex()}, token=operator).status
    assert 0 == lane.gone()


def test_somebody_unknown_is_not_erased(lane: Lane) -> None:
    stranger = PersonId(bytes(16))
    with pytest.raises(NotFound):
        lane.erase.preview(stranger)
    with pytest.raises(NotFound):
        lane.world.run(lane.erase.confirm(stranger, bytes(32), made_by=Asked.SESSION))
    operator = lane.world.operator_token()
    assert 404 == lane.world.get(f"/api/people/{print_person(stranger)}/erasure", token=operator).status
    assert 400 == lane.world.get("/api/people/ana/erasure", token=operator).status


def test_what_was_not_shown_is_not_done(lane: Lane) -> None:
    shown = lane.erase.preview(lane.cora.person).digest
    lane.alone.thing("a second meter")
    for digest in (shown, bytes(32), lane.erase.preview(lane.ana.person).digest):
        with pytest.raises(Conflict):
            lane.world.run(lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION))
    assert 0 == lane.gone()
    lane.goes(lane.cora)


def test_who_is_asked_for_twice_at_once_goes_once(lane: Lane) -> None:
    digest = lane.erase.preview(lane.cora.person).digest
    told: list[object] = []

    async def twice() -> None:
        for _ in range(2):
            lane.world.start(attempt())

    async def attempt() -> None:
        try:
            told.append(await lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION))
        except NotFound as no:
            told.append(no)

    lane.world.run(twice())
    lane.world.advance(2)
    assert 1 == sum(isinstance(each, NotFound) for each in told)
    assert [KindName.ERASURE] == [kind for kind in lane.kinds() if kind is KindName.ERASURE]


def test_what_was_erased_is_not_taken_again(lane: Lane) -> None:
    digest = lane.erase.preview(lane.cora.person).digest
    hers = bytes(lane.cora.person)
    kept = [
        entry.signed
        for entry in unerased(lane.world.journal.entries(after=0, limit=1_000))
        if read(entry.signed).kind.name is KindName.CHOICE and hers in entry.signed.payload
    ]
    lane.world.run(lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION))
    for signed in kept:
        with pytest.raises(Refused):
            lane.world.run(lane.world.node.accept.accept(signed))
    assert kept


def test_a_policy_of_before_erase_orders_keeps_nobody_from_being_erased(lane: Lane) -> None:
    lane.lamp.says(5.0)
    lane.university.reads(lane.meter)
    operator, path = lane.world.operator_token(), "/api/registration-policy"
    rules = lane.world.get(path, token=operator).json["rules"]
    before = [rule | {"kinds": [each for each in rule["kinds"] if each != KindName.ERASE_ORDER]} for rule in rules]
    assert 201 == lane.world.post(path, {"rules": [rule for rule in before if rule["kinds"]]}, token=operator).status
    lane.goes(lane.cora)
    assert lane.cora.person not in lane.world.node.directory.persons


# after a restart, a crash, a fault


def test_a_restart_folds_what_is_live(lane: Lane) -> None:
    numbers = (lane.lamp.number, lane.meter.number)
    lane.goes(lane.ana)
    lane.goes(lane.cora)
    live, lines = lane.world.node.leases.in_force.scopes(), vars(lane.world.node.directory)
    lane.world.restart()
    fresh = vars(lane.world.node.directory)
    assert live == lane.world.node.leases.in_force.scopes()
    assert {k: v for k, v in lines.items() if k != "installs"} == {k: v for k, v in fresh.items() if k != "installs"}
    assert numbers[0] in lane.world.node.directory.by_number
    lane.world.thing("a new gauge")
    assert numbers[1] not in lane.world.node.directory.by_number, "a handle is never given again"


@pytest.mark.parametrize("store", ["journal", "accounts", "observations", "conduct", "ledgers"])
@pytest.mark.parametrize("fault", [StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED])
def test_a_store_that_fails_ends_the_node_and_the_next_start_ends_the_erasure(store: str, fault: StoreFault) -> None:
    lane = Lane(seed=24)
    lane.university.reads(lane.meter)
    assert lane.world.run(lane.world.ledgers.keys(lane.cora.person))
    # Whoever has read is told before; what fails here is the erasure itself.
    streams = tuple(lane.world.node.directory.streams)
    lane.world.run(lane.world.node.sharing.orders.before_erasure(streams))
    getattr(lane.world, store).faults.arm(fault)
    digest = lane.erase.preview(lane.cora.person).digest
    with pytest.raises(StorageFailed):
        lane.world.run(lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION))
    lane.world.crash()
    gone = lane.cora.person not in lane.world.node.directory.persons
    assert gone == (lane.gone() > 0)
    assert gone or (store, fault) == ("journal", StoreFault.FAILS)
    if gone:
        assert not {key_name(lane.cora.person), ledger_name(lane.cora.person)} & {*lane.world.keys.names()}
        assert lane.world.journal.plan is None
        assert [] == list(lane.world.run(lane.world.ledgers.keys(lane.cora.person)))
    assert [1.0, 2.0] == [row.result for row in lane.ben.reads(lane.lamp)]
    lane.world.close()


def test_a_crash_in_the_middle_is_carried_on(lane: Lane) -> None:
    lane.world.observations.faults.arm(StoreFault.SLOW)
    digest = lane.erase.preview(lane.cora.person).digest
    lane.world.start(lane.erase.confirm(lane.cora.person, digest, made_by=Asked.SESSION))
    lane.world.advance(0.03)
    assert lane.gone() > 0
    begun = lane.world.journal.plan
    lane.world.crash()
    assert (True, True) == (begun is not None, lane.world.journal.plan is None), "it was not over, and is now"
    assert key_name(lane.cora.person) not in lane.world.keys.names()
    assert [] == [thing for thing in lane.world.node.directory.things.values() if thing.body.name == "meter"]
