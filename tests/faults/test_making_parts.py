"""Rows of a move are the same ones in the same files, however many of them are made ready at a time."""

from pathlib import Path

import pytest

from tests.faults.test_making_away import Place, told
from troth.adapters import conduct_tables as tables
from troth.adapters import partitions_files as files
from troth.adapters.conduct_blocks import Block, unpack_pieces
from troth.adapters.making_parts import Heads, Placed, parts
from troth.adapters.making_rows import CutRows
from troth.adapters.sqlite_files import connect_reader, connect_writer, open_writer, read
from troth.testing.contracts import NOON_NS, stamp_many
from troth.testing.contracts_conduct import SEED
from troth.things.observations import Kept
from troth.things.stores import MOVE_SEGMENTS, MOVE_SEGMENTS_MAX, SEGMENT_MAX, Cut, segments_of


def rows_in(folder: Path) -> dict[Path, list[Kept]]:
    """What every partition holds, in its order."""
    found: dict[Path, list[Kept]] = {}
    for path in sorted(folder.rglob("*-*.db")):
        connection = connect_reader(path)
        found[path.relative_to(folder)] = files.scan(connection, after=None, limit=100_000)
        connection.close()
    return found


def one_cut(folder: Path) -> Cut:
    """A cut of a place where everything was said twice, which is pending."""

    async def speak() -> Cut:
        place = Place(folder)
        await place.open()
        for round_ in range(2):
            await place.say(10 * round_)
        (cut,) = await place.conduct.cut(NOON_NS, [SEED])
        await place.close()
        return cut

    return told(speak())


def moved(conduct: Path, folder: Path, cut: Cut, part_rows: int) -> dict[Path, list[Kept]]:
    rows = CutRows(conduct, folder, part_rows=part_rows)
    (built,) = rows.build([cut])
    assert len(built.leaves)
    assert not rows.move(cut.number + 1)
    assert rows.move(cut.number)
    rows.close()
    return rows_in(folder)


def test_the_same_rows_go_into_the_same_files_whatever_is_ready_at_a_time(tmp_path: Path) -> None:
    cut = one_cut(tmp_path)
    conduct = tmp_path / "conduct.db"
    whole = moved(conduct, tmp_path / "whole", cut, 1_000_000)
    assert len(whole) > 1
    assert sum(map(len, whole.values())) > 200
    for most in (1, 7, 60, 150):
        assert whole == moved(conduct, tmp_path / f"parts-of-{most}", cut, most)


def placed_of(conduct: Path, cut: Cut) -> tuple[list[Placed], Heads]:
    """The pieces of a cut."""
    heads, placed = Heads(), []
    for packed in read(conduct, lambda connection: tables.read_commits(connection, cut=cut)):
        for piece in unpack_pieces(packed.rows):
            slots = heads.of_block(piece) if isinstance(piece, Block) else heads.of_group(piece)
            placed.append(Placed(piece, cut.number, 0, slots))
    return placed, heads


@pytest.mark.parametrize("most", [1, 7, 60, 1_000_000])
def test_no_more_is_ready_at_once_than_was_asked_for_but_for_one_stream(tmp_path: Path, most: int) -> None:
    cut = one_cut(tmp_path)
    placed, heads = placed_of(tmp_path / "conduct.db", cut)
    seen: list[tuple[Path, bytes]] = []
    ready = 0
    for path, streams in parts(placed, heads, folder=tmp_path, most=most):
        assert all(streams.values()), "no stream without rows"
        size = sum(map(len, streams.values()))
        assert size <= most or len(streams) == 1
        seen += [(path, stream) for stream in sorted(streams)]
        ready += size
    assert seen == sorted(set(seen)), "by file and stream, each once"
    assert ready == sum(each.piece.count for each in placed)


def test_rows_of_one_stream_keep_the_basis_under_which_each_was_kept(tmp_path: Path) -> None:
    async def said() -> tuple[Cut, list[Kept]]:
        place = Place(tmp_path)
        await place.open()
        speaker = place.meters[0]
        first, speaker.rests_on = speaker.lease, speaker.rests_on[:1]
        second = speaker.leased()
        assert first.basis != second.basis
        for round_, lease in enumerate((first, second, first)):
            rows = [(NOON_NS + 10 * round_ + at, float(at)) for at in range(5)]
            admitted, outcomes = stamp_many(speaker.adds(rows, lease=lease), gate_ns=NOON_NS)
            place.conduct.append(admitted)
            await outcomes
        (cut,) = await place.conduct.cut(NOON_NS, [SEED])
        commits = await place.conduct.committed(cut)
        await place.close()
        return cut, [row for commit in commits for _, row in commit.rows]

    cut, kept = told(said())
    assert len({row.basis for row in kept}) == 2
    for most in (1, 4, 1_000):
        found = moved(tmp_path / "conduct.db", tmp_path / f"parts-of-{most}", cut, most)
        rows = [row for of_file in found.values() for row in of_file]
        assert [(row.sequence, row.basis) for row in kept] == [(row.sequence, row.basis) for row in rows]


def test_a_file_that_holds_a_segment_of_the_move_gets_the_others_from_every_part(tmp_path: Path) -> None:
    cut = one_cut(tmp_path)
    placed, heads = placed_of(tmp_path / "conduct.db", cut)
    half = [each._replace(segment=1 + (number % 2)) for number, each in enumerate(placed)]
    stood, again = tmp_path / "stood.db", tmp_path / "again.db"
    for path, rounds in ((stood, ((1, 2),)), (again, ((1, 1), (1, 2)))):
        connection = open_writer(
            path, connect=connect_writer, kind="observations", newest=files.FORMAT, schema=files.SCHEMA
        )
        for first, last in rounds:
            those = [each for each in half if each.segment <= last]
            ready = parts(those, heads, folder=tmp_path, most=7)
            files.put(connection, [streams for _, streams in ready], first=first, last=last)
        assert files.held(connection) == 2
        connection.close()
    kept = []
    for path in (stood, again):
        connection = connect_reader(path)
        kept.append(files.scan(connection, after=None, limit=100_000))
        connection.close()
    assert kept[0] == kept[1]
    assert {1, 2} == {row.segment for row in kept[0]}


def test_a_move_holds_more_where_many_streams_speak() -> None:
    assert [segments_of(each) for each in (0, 100, 26_214)] == [MOVE_SEGMENTS] * 3
    assert MOVE_SEGMENTS + 1 == segments_of(-(-(MOVE_SEGMENTS + 1) * SEGMENT_MAX // 10))
    assert [segments_of(each) for each in (104_858, 10_000_000)] == [MOVE_SEGMENTS_MAX] * 2
