"""Whatever a person says is signed with their own key, named afresh, and dated when it was said; nobody else's key speaks."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.trees import python_files, shown, tree_of
from troth.errors import BadCose, NotFound
from troth.gate.rules.share_terms import SHARE
from troth.journeys.bring import Newcomer
from troth.journeys.marks import Wanted as Marked
from troth.journeys.privately import Wanted
from troth.journeys.share_values import Wanted as Shared
from troth.journeys.voice import key_name
from troth.names import PersonId, PurposeId
from troth.signing.cose import Signed, verify
from troth.state.directory import KnownPerson
from troth.statements.journal import JournalEntry
from troth.statements.kinds import KINDS, KindName, kind_of
from troth.statements.person import DepartureBody
from troth.testing.people import Home, WorldPerson
from troth.testing.world import World

KNOWS_THE_NAME = {"voice.py", "join.py"}  # who signs with it, and who makes it
SAID_WITHOUT_PAGES = {KindName.OBJECTION}  # needs a use that may be objected to; see test_object


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=60) as made:
        yield made


def said(world: World) -> dict[KindName, list[Signed]]:
    """What people have said, by kind."""
    found: dict[KindName, list[Signed]] = {}
    for entry in world.journal.entries(after=0, limit=10_000):
        kind = kind_of(entry.signed.headers.content_type) if isinstance(entry, JournalEntry) else None
        if isinstance(entry, JournalEntry) and kind is not None and kind.role == "person":
            found.setdefault(kind.name, []).append(entry.signed)
    return found


def speaks(world: World, home: Home, who: WorldPerson) -> None:
    """Say one of everything that stands on somebody's pages."""
    choosing = world.node.choosing
    lamp = home.thing("lamp")
    who.gives(lamp)
    world.run(choosing.privately.begin(who.person, Wanted(home.household), made_by="session"))
    now_ns = world.clock.now()
    world.run(
        choosing.marks.put(who.person, Marked(lamp.stream, now_ns - 10, now_ns, says="It was off."), made_by="session")
    )
    world.run(choosing.rights.ask(who.person, "complaint", words="It blinks.", made_by="session"))
    share, adviser = world.node.sharing.share, world.organisation("Adviser")
    shared = Shared(adviser.uri, PurposeId(f"{SHARE}energy"), (lamp.stream,), now_ns + 10**15)
    notice = share.seen.offered().notice
    world.run(share.begin(who.person, shared, notice=notice, made_by="session"))
    nora = Newcomer("Adviser Nora", "mailto:nora@adviser.example", "DE")
    world.run(world.node.sharing.bring.bring(who.person, nora, shared, notice=notice, made_by="session"))
    world.run(choosing.places.count(choosing.places.meant(who.person, not_under=("US",), made_by="session")))
    world.run(choosing.belong.leave(who.person, home.household))


def test_everything_a_person_says_is_under_their_key_and_no_other(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana, ben = home.person("Ana"), home.person("Ben")
    speaks(world, home, ben)
    theirs = world.keys.signer(key_name(ben.person)).public
    others = world.keys.signer(key_name(ana.person)).public
    heard = said(world)
    assert set(heard) == {name for name, kind in KINDS.items() if kind.role == "person"} - SAID_WITHOUT_PAGES
    for signed in (each for several in heard.values() for each in several):
        verify(signed, theirs)
        with pytest.raises(BadCose):
            verify(signed, others)
        assert signed.headers.issuer == world.node.directory.persons[ben.person].issuer
        assert signed.headers.issued_at_s * 1_000_000_000 <= world.clock.now()
    subjects = [each.headers.subject for several in heard.values() for each in several]
    assert len(set(subjects)) == len(subjects)


def test_who_is_not_known_here_says_nothing(world: World) -> None:
    home, stranger = world.home("Harbour Lane 12"), PersonId(bytes(16))
    body = DepartureBody(home.household, stranger, stranger, world.clock.now())
    with pytest.raises(NotFound):
        world.node.choosing.voice.sign(KindName.DEPARTURE, body, person=stranger, prefix="sp", at_ns=body.at_ns)


def test_who_has_no_key_here_says_nothing_under_another(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana = home.person("Ana")
    known: KnownPerson = world.node.directory.persons[ana.person]
    body = DepartureBody(home.household, ana.person, ana.person, world.clock.now())
    world.keys.forget(key_name(ana.person))
    with pytest.raises(NotFound):
        world.node.choosing.voice.sign(KindName.DEPARTURE, body, person=ana.person, prefix="sp", at_ns=body.at_ns)
    assert world.node.directory.persons[ana.person] == known


def test_one_module_signs_for_people() -> None:
    found = [
        shown(path, node)
        for path in python_files("src")
        if path.name not in KNOWS_THE_NAME
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "troth.journeys.voice"
        and any(name.name == "key_name" for name in node.names)
    ]
    assert not found, f"somebody else could sign for a person: {found}"
