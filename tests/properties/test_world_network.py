"""The wires of a test world carry every byte once and in order, in any pieces, or break as real ones do."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.testing.loop import WorldLoop
from troth.testing.network import WIRE_BYTES, Network, Wire, WireEnd


class Taker(asyncio.Protocol):
    """Writes down what happens to it. `keeps`: what it says to an EOF."""

    def __init__(self, *, keeps: bool = False) -> None:
        self.keeps = keeps
        self.seen: list[str] = []
        self.pieces: list[bytes] = []
        self.end: WireEnd

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, WireEnd)
        self.end = transport
        self.seen.append("made")

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)

    def eof_received(self) -> bool:
        self.seen.append("eof")
        return self.keeps

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.append("lost" if exc is None else "reset")

    def pause_writing(self) -> None:
        self.seen.append("pause")

    def resume_writing(self) -> None:
        self.seen.append("resume")

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


class Line:
    """Two takers on one wire. `waits` lets time pass."""

    def __init__(self, seed: int = 1, *, keeps: bool = False) -> None:
        self.loop = WorldLoop(seed)
        self.near, self.far = Taker(keeps=keeps), Taker(keeps=keeps)
        network = Network(self.loop)
        network.listen(1, lambda: self.far)
        self.wire: Wire = self.loop.run_until_complete(network.connect(1, lambda: self.near))

    def waits(self, seconds: float = 60) -> None:
        self.loop.run_until_complete(self.loop.passes(seconds))


@settings(max_examples=50)
@given(st.integers(), st.lists(st.binary(max_size=9000), max_size=12), st.lists(st.binary(max_size=90), max_size=5))
def test_every_byte_arrives_once_and_in_order(seed: int, there: list[bytes], back: list[bytes]) -> None:
    line = Line(seed, keeps=True)
    for data in there:
        line.near.end.write(data)
    line.far.end.writelines(back)
    line.near.end.write_eof()
    line.far.end.write_eof()
    line.waits()
    assert (b"".join(there), b"".join(back)) == (line.far.data, line.near.data)
    assert ["made", "eof"] == line.far.seen


def test_bytes_come_in_pieces_that_depend_on_the_seed() -> None:
    cut = set()
    for seed in range(4):
        line = Line(seed)
        line.near.end.write(bytes(10_000))
        line.waits()
        cut.add(tuple(len(each) for each in line.far.pieces))
    assert len(cut) == 4


def test_a_taker_that_pauses_fills_its_writer_up_and_loses_nothing() -> None:
    line = Line()
    line.near.end.set_write_buffer_limits(high=1000)
    line.far.end.pause_reading()
    sent = bytes(range(256)) * 200
    line.near.end.write(sent)
    line.waits()
    assert ["made", "pause"] == line.near.seen
    assert b"" == line.far.data
    assert len(sent) - WIRE_BYTES - 4096 <= line.near.end.get_write_buffer_size() <= len(sent) - WIRE_BYTES
    line.far.end.resume_reading()
    line.waits()
    assert ["made", "pause", "resume"] == line.near.seen
    assert sent == line.far.data


def test_a_side_that_said_eof_still_hears_the_other_one() -> None:
    line = Line(keeps=True)
    line.near.end.write_eof()
    line.waits()
    line.far.end.write(b"and another thing")
    line.waits()
    assert (["made", "eof"], b"and another thing") == (line.far.seen, line.near.data)
    with pytest.raises(RuntimeError, match="EOF"):
        line.near.end.write(b"too late")


def test_closing_sends_what_was_written_first() -> None:
    line = Line()
    line.near.end.write(bytes(100_000))
    line.near.end.close()
    line.near.end.write(b"lost")
    line.waits()
    assert bytes(100_000) == line.far.data
    assert ["made", "eof", "lost"] == line.far.seen


def test_a_side_that_closes_while_the_other_still_speaks_resets_it() -> None:
    line = Line()
    line.far.end.write(bytes(50_000))
    line.near.end.close()
    line.waits()
    assert b"" == line.near.data
    assert "reset" == line.far.seen[-1]


def test_aborting_forgets_what_was_written_and_resets_the_other_side() -> None:
    line = Line()
    line.near.end.write(bytes(50_000))
    line.near.end.abort()
    line.waits()
    assert b"" == line.far.data
    assert (["made", "lost"], ["made", "reset"]) == (line.near.seen, line.far.seen)


def test_a_cut_is_noticed_on_both_sides_once() -> None:
    line = Line()
    line.near.end.write(b"on its way")
    line.wire.cut()
    line.wire.cut()
    line.near.end.close()
    line.waits()
    assert b"" == line.far.data
    assert (["made", "reset"], ["made", "reset"]) == (line.near.seen, line.far.seen)


def test_a_silent_wire_tells_nobody_anything() -> None:
    line = Line()
    line.near.end.write(b"on its way")
    line.wire.silence()
    line.far.end.write(b"this way too")
    line.waits()
    assert (b"", b"") == (line.near.data, line.far.data)
    assert (["made"], ["made"]) == (line.near.seen, line.far.seen)


def test_writing_to_somebody_who_has_closed_is_answered_with_a_reset() -> None:
    line = Line(keeps=True)
    line.near.end.close()
    line.waits()
    line.far.end.write(b"is anybody there?")
    line.waits()
    assert ["made", "eof", "reset"] == line.far.seen


def test_nobody_listens_is_said() -> None:
    loop = WorldLoop(1)
    with pytest.raises(ConnectionRefusedError):
        loop.run_until_complete(Network(loop).connect(1, Taker))


def test_asyncios_streams_talk_over_it() -> None:
    loop = WorldLoop(1)
    network = Network(loop)

    class Echo(Taker):
        def data_received(self, data: bytes) -> None:
            self.end.write(data)

    network.listen(7, Echo)

    async def talk() -> bytes:
        reader, writer = await network.open(7)
        writer.write(b"x" * 70_000)
        await writer.drain()
        writer.write_eof()
        heard = await reader.read()
        writer.close()
        return heard

    assert b"x" * 70_000 == loop.run_until_complete(talk())
