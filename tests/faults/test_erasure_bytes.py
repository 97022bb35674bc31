"""After an erasure nothing on disk or in the log can be linked to the person: bytes are grepped, leaves are tried."""

import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT
from tests.faults.known_bytes import Left, boxes_of, known_of, other_traces, rows_of, trace_of
from tests.faults.real_house import HOME, RealHouse, furnish
from troth.errors import NotFound
from troth.journeys.book_lines import Line, Seen
from troth.signing.cose import parse
from troth.statements.erasure import names
from troth.statements.journal import ErasedEntry, unerased
from troth.statements.kinds import KindName, kind_of
from troth.statements.statement import read
from troth.tlog.segment import MIN_LEAVES
from troth.tlog.tiles import decode_bundle
from troth.tlog.trace import Collected, SaidTrace, WindowClosed, WindowOpened, decode, leaf_hash
from troth.verify.checks import verify

ALL = "everything but the log"
STORES = ROOT / "docs" / "reference" / "stores.md"


def found_in(house: RealHouse, left: Left) -> dict[str, list[str]]:
    """Needles that are somewhere, and where; printed and hexadecimal forms count as well."""
    found = {}
    for name, needle in left.needles.items():
        where = house.holding(needle)
        if where:
            found[name] = where
    return found


def leaves_of(data: Path) -> set[bytes]:
    """Every leaf hash that is kept."""
    base = sqlite3.connect(f"file:{data / 'partitions' / 'segments.db'}?mode=ro", uri=True)
    blobs = [leaves for (leaves,) in base.execute("SELECT leaves FROM segments")]
    base.close()
    return {blob[at : at + 32] for blob in blobs for at in range(0, len(blob), 32)}


def entries_of(data: Path) -> list[bytes]:
    """Every entry of the public log, from its newest bundle files."""
    newest: dict[str, Path] = {}
    for path in sorted((data / "log" / "tile" / "entries").rglob("*")):
        if path.is_file():
            name = path.parent.name.removesuffix(".p") if path.parent.name.endswith(".p") else path.name
            before = newest.get(name)
            if before is None or width_of(path) > width_of(before):
                newest[name] = path
    return [
        entry for _, path in sorted(newest.items()) for entry in decode_bundle(path.read_bytes(), width=width_of(path))
    ]


def width_of(path: Path) -> int:
    return int(path.name) if path.parent.name.endswith(".p") else 256


def test_everything_that_is_looked_for_is_there_before(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        left = known_of(at)
        missing = left.needles.keys() - found_in(house, left).keys()
        assert not missing, "what is not found before proves nothing when it is not found afterwards"
        assert len(left.leaves) > 10
        hashes = leaves_of(house.data)
        assert any(leaf_hash(*leaf) in hashes for leaf in left.leaves)


def test_nothing_on_disk_can_be_linked_to_whoever_was_erased(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        left = known_of(at)
        house.erase(at.ana)
        assert {} == found_in(house, left), "while the node runs, its write-ahead logs included"
        house.tick()
        assert {} == found_in(house, left), "what the next tick writes names her no more"
    assert {} == found_in(house, left), "after the node has ended"
    with RealHouse(tmp_path) as again:
        assert {} == found_in(again, left), "after the next start"


def test_no_leaf_of_hers_can_be_computed_again(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        left = known_of(at)
        before = leaves_of(house.data)
        house.erase(at.ana)
        house.tick()
        hashes = leaves_of(house.data)
        assert before <= hashes, "the leaf hashes stay, because others have traces in the same segments"
        mine = {leaf_hash(salt, trace) for salt, trace in left.leaves} & hashes
        kinds = {type(decode(trace)) for salt, trace in left.leaves if leaf_hash(salt, trace) in mine}
        assert {Collected, SaidTrace, WindowOpened, WindowClosed} == kinds, "of the open ones and of the sealed ones"
        windows = {data[at_ : at_ + 16] for _, data in house.files() for at_ in range(len(data) - 15)}
        found = [trace for salt, trace in left.leaves if leaf_hash(salt, trace) in mine]
        traces = [*found[:6], *found[-6:]]
        assert len(set(traces)) == 12, "a few of each end: the sealed ones are the last"
        for trace in traces:
            assert not any(leaf_hash(window, trace) in mine for window in windows)


def test_the_log_gets_segments_of_the_usual_size_and_nothing_else(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        house.tick()
        left = known_of(at)
        before = entries_of(house.data)
        house.erase(at.ana)
        assert before == entries_of(house.data), "the erasure itself enters nothing"
        house.tick()
        new = entries_of(house.data)[len(before) :]
        assert [KindName.CONDUCT_SEGMENT] == [kind_of(parse(each).headers.content_type).name for each in new]  # type: ignore[union-attr]  # a kind we know
        assert [MIN_LEAVES] == [read(parse(each)).body.size for each in new]  # type: ignore[union-attr]  # a segment's body
        said = [trace for kind, trace, _ in other_traces(house.data) if kind == 3]
        erasures = [
            e
            for e in unerased(house.node.ports.journal.entries(after=0, limit=1000))
            if read(e.signed).kind.name is KindName.ERASURE
        ]
        assert 1 == len(erasures)
        assert 1 == sum(bytes(erasures[0].signed.id) in trace for trace in said), "one padded leaf more"
        assert not any(needle in b"".join(entries_of(house.data)) for needle in left.needles.values())


def test_the_proofs_of_everybody_else_hold_before_and_after(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        house.tick()
        key = house.node.record.sequencer.key
        asks = [
            ("lamp moved", at.ben.asker()),
            ("lamp fresh", at.ben.asker()),
            ("gauge moved", None),
            ("gauge fresh", None),
        ]
        early = [house.run(house.node.prove.observation(at.kept[name], who)) for name, who in asks]
        house.erase(at.ana)
        house.tick()
        late = [house.run(house.node.prove.observation(at.kept[name], who)) for name, who in asks]
        assert [True] * 8 == [verify(each, trusted=(key,)).passed for each in early + late]
    with RealHouse(tmp_path) as house:
        again = house.run(house.node.prove.observation(at.kept["lamp moved"], at.ben.asker()))
        assert verify(again, trusted=(key,)).passed


def test_the_book_of_everybody_else_opens_and_is_proved_before_and_after(tmp_path: Path) -> None:
    def book(house: RealHouse) -> tuple[Line, ...]:
        return house.run(house.node.book.page(at.ben.asker())).lines

    def proved(house: RealHouse, lines: Sequence[Line]) -> None:
        """Every reading that was closed, by both of its traces, and every statement of his."""
        seen = [each for each in lines if isinstance(each, Seen)]
        places = [place for each in seen for place in (each.place, each.end) if place is not None]
        _, said = house.run(house.node.book.statements(at.ben.asker()))
        files = [house.run(house.node.book.proof(at.ben.asker(), place)) for place in places]
        files += [house.run(house.node.book.statement_proof(at.ben.asker(), each.statement)) for each in said]
        assert len(places) >= 2
        assert {KindName.PERSON, KindName.CHOICE} <= {each.kind for each in said}
        assert all(verify(each, trusted=(house.node.record.sequencer.key,)).passed for each in files)

    with RealHouse(tmp_path) as house:
        at = furnish(house)
        house.tick()
        before = book(house)
        assert {Seen} == {type(each) for each in before}
        proved(house, before)
        hers = boxes_of(house, at.ana)["moved"]
        house.erase(at.ana)
        with pytest.raises(NotFound):
            house.run(house.node.book.page(at.ana.asker()))
        assert before == book(house)
        at.lamp.says(8.5)
        assert house.organisation("University").reads(at.lamp)
        house.tick()
        after = book(house)
        assert before == after[-len(before) :]
        assert len(after) > len(before), "he is read about as ever"
        proved(house, after)
    with RealHouse(tmp_path) as house:
        assert after == book(house)
        proved(house, after)
        assert not {box for _, box in hers} & {box for _, box in boxes_of(house, at.ben)["moved"]}


def test_what_stays_for_ben_opens_its_leaves_and_keeps_its_numbers(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        house.erase(at.ana)
        house.tick()
        assert [7.5, 7.5] == [row.result for row in at.ben.reads(at.lamp)]
        numbers = (at.lamp.number, at.gauge.number)
        hashes = leaves_of(house.data)
        rows = list(rows_of(house.data))
        assert {at.lamp.stream, at.gauge.stream} == {row.stream for row in rows}
        assert all(leaf_hash(row.salt, trace_of(row)) in hashes for row in rows)
        streams = (at.lamp.stream, at.gauge.stream)
    with RealHouse(tmp_path) as house:
        assert numbers == tuple(house.node.directory.streams[each].number for each in streams)
        at.ben.around = at.lamp.around = house
        assert [7.5, 7.5] == [row.result for row in at.ben.reads(at.lamp)]


@pytest.mark.parametrize("part", ["conduct.db", "partitions", "ledgers.db", "accounts.db", "keys", "journal.db", ALL])
def test_an_older_copy_that_is_brought_back_is_erased_before_anything_is_served(part: str, tmp_path: Path) -> None:
    """R9: an erased person stays erased. The list outside knows them; each store is tried alone, then all of them."""
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        left = known_of(at)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with RealHouse(tmp_path) as house:
        at.ana.around = house
        house.erase(at.ana)
        if part not in {
            "journal.db",
            ALL,
        }:  # no node starts on a journal that is behind its log
            house.tick()
    _bring_back(tmp_path, part)
    with RealHouse(tmp_path) as house:
        assert {} == found_in(house, left)
        with pytest.raises(NotFound):
            house.node.erase.preview(at.ana.person)
        at.ben.around = at.lamp.around = house
        if part != "partitions":
            assert at.ben.reads(at.lamp)


def _bring_back(folder: Path, part: str) -> None:
    if part == ALL:
        for each in ("conduct.db", "partitions", "ledgers.db", "accounts.db", "keys", "journal.db"):
            _bring_back(folder, each)
        return
    for path in (folder / "data").glob(f"{part}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    source = folder / "backup" / part
    if source.is_dir():
        shutil.copytree(source, folder / "data" / part)
    else:
        shutil.copy(source, folder / "data" / part)


def test_every_place_that_is_looked_at_is_on_the_page_and_the_other_way_round(tmp_path: Path) -> None:
    """The page of stores is the list of places: a file under no heading of it would be one that nobody erases."""
    named = {found.partition(":")[0] for found in re.findall(r"^## (.+)$", STORES.read_text(), flags=re.MULTILINE)}
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        house.erase(at.ana)
        house.tick()
        inside = {
            path.relative_to(house.data).as_posix() for path, _ in house.files() if path.is_relative_to(house.data)
        }
        outside = {path.name for path, _ in house.files() if path.is_relative_to(house.state)}
    places = {place_of(each) for each in inside}
    assert not places - named
    databases = {each for each in named if each.endswith(".db")}
    assert databases | {"log/", "keys/", "lock", "wiping.lock", "partitions/reading.lock"} == places
    assert {"checkpoint", "ended", "erased"} == outside


def place_of(path: str) -> str:
    """The heading under which the page speaks of a file."""
    path = path.removesuffix("-wal").removesuffix("-shm")
    if re.fullmatch(r"partitions/[0-9a-f]{32}/[0-9]+/[0-9]{4}-[0-9]{2}(-[0-9]{2})?\.db", path):
        return "partitions/PLACE/DAYS/YYYY-MM.db"
    first, _, rest = path.partition("/")
    return f"{first}/" if rest and first != "partitions" else path


def test_the_list_outside_tells_nothing_and_names_nobody(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        left = known_of(at)
        house.erase(at.ana)
        lists = list(house.state.rglob("erased"))
        assert 1 == len(lists)
        assert not any(needle in lists[0].read_bytes() for needle in left.needles.values())
        assert HOME.encode() not in lists[0].read_bytes()


def test_the_erasure_names_nothing_that_went(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        left = known_of(at)
        house.erase(at.ana)
        entries = house.node.ports.journal.entries(after=0, limit=1_000)
        gone = [entry for entry in entries if isinstance(entry, ErasedEntry)]
        assert len(left.statements) == len(gone)
        body = read(list(unerased(entries))[-1].signed).body
        assert not names(body, set(left.needles.values()) | {entry.id for entry in gone})
