"""While commits are cleared in steps, what stands here of a stream has no gap: figures count what is moved up to its first."""

import asyncio
from pathlib import Path

from tests.faults.test_making_away import Place, told
from troth.testing.contracts import NOON_NS, Said, Speaker, stamp_many
from troth.testing.contracts_conduct import SEED, keep
from troth.things.stores import Segment

OTHERS = 1_100  # streams: more than are cleared in one step


def test_rows_in_groups_and_in_blocks_go_from_the_tail_of_a_stream_together(tmp_path: Path) -> None:
    async def cleared() -> None:
        place = Place(tmp_path)
        await place.open()
        others = [Speaker(place.clock, f"another {number}") for number in range(OTHERS)]
        speaker = Speaker(place.clock, "somebody")

        async def many(rows: list[Said]) -> None:
            admitted, outcomes = stamp_many(rows, gate_ns=NOON_NS)
            place.conduct.append(admitted)
            await outcomes

        await many([*speaker.adds([(NOON_NS, 1.0)])])
        await keep(place.conduct, speaker, [(NOON_NS + at, 1.0) for at in range(1, 10)])
        await many(
            [*speaker.adds([(NOON_NS + 20, 1.0)]), *(row for each in others for row in each.adds([(NOON_NS, 1.0)]))]
        )
        cuts = await place.conduct.cut(NOON_NS, [SEED])
        built = await place.here.build(cuts, about=0)
        segments = [
            Segment(cut, each.leaves, each.size, each.root, b"a statement")
            for cut, each in zip(cuts, built, strict=True)
        ]
        await place.here.move(segments, built)
        await many([*speaker.adds([(NOON_NS + 30, 1.0)])])
        seen: list[list[int]] = []
        clearing = asyncio.ensure_future(place.conduct.clear(cuts))
        loop = asyncio.get_running_loop()

        def look() -> None:
            """At each turn of the loop."""
            tail = sorted(row.sequence for row in place.conduct.tail(speaker.asks()))
            if tail not in seen:
                seen.append(tail)
            if not clearing.done():
                loop.call_soon(look)

        look()
        await clearing
        look()
        assert seen[0] == list(range(1, 13))
        assert seen[-1] == [12]
        for tail in seen:
            assert tail == list(range(tail[0], 13)), "without a gap"
        await place.close()

    told(cleared())
