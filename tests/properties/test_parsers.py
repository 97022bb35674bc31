"""R4: whatever reads bytes from outside gives a value or one of the refusals it names, in bounded time and memory."""

import os
import random
import tracemalloc
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.architecture.trees import ROOT
from tests.properties.parsers import PARSERS, READ_BYTES, Parser
from troth import errors
from troth.errors import Malformed, TrothError

MOST_FILES: Final = 40  # of one pattern
MOST_BYTES: Final = 16_384  # of one file: mutations stay quick
CHANGED: Final = 60  # changed copies of each seed
CPU_S: Final = 10.0  # a hang or a square would take minutes; a busy machine does not count, only CPU does
MEMORY: Final = (200, 8 << 20)  # times the length of what was read, and what any reading may take besides

# Refusals of bytes that stand in no row of the table, and where they are thrown at instead.
ELSEWHERE: Final = {
    errors.BadBackup: "tests/faults/test_backup.py: files of the operator's own",
    errors.BadSetting: "tests/properties/test_settings.py: the operator's own words",
    errors.UnknownAlgorithm: "a BadCose, of which the table has rows",
    errors.WrongHost: "tests/hostile/test_http_heads.py: heads of requests",
    errors.WrongKind: "tests/hostile/test_http_heads.py: heads of requests",
    errors.UnsupportedReceipt: "a BadReceipt, of which the table has rows",
}
every = pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)


def outcome(parser: Parser, data: bytes) -> type[TrothError] | None:
    """What it came to: None for a value. Anything else that is raised is the failure that is looked for."""
    try:
        parser.read(data)
    except parser.refuses as refused:
        return type(refused)
    return None


def changed(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A copy with one to six places changed, as a bad line, a bad disk or somebody who means it would."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at, end = sorted((chance.randint(0, len(made)), chance.randint(0, len(made))))
        match chance.randrange(7):
            case 0 if made:
                made[min(at, len(made) - 1)] ^= 1 << chance.randrange(8)
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = made[at : min(end, at + 64)]
            case 3:
                made[at:at] = chance.randbytes(chance.randint(1, 9))
            case 4:
                made[at : at + 4] = chance.choice(
                    (b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\xbf\x9f\x5b\x7f", b"\x80")
                )
            case 5:
                made[at:end] = chance.choice(others)[at:end]
            case _:
                del made[at:]
    return bytes(made[:READ_BYTES])


@cache
def files(top: Path, pattern: str) -> tuple[bytes, ...]:
    found = (each for each in sorted(top.glob(pattern)) if each.is_file())
    return tuple(each.read_bytes()[:MOST_BYTES] for each in islice(found, MOST_FILES))


@every
@given(data=st.binary(max_size=400))
@settings(max_examples=60)
def test_any_bytes_are_a_value_or_a_refusal_that_is_named(parser: Parser, data: bytes) -> None:
    outcome(parser, data)


@every
@given(data=st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=60)
def test_any_text_is_a_value_or_a_refusal_that_is_named(parser: Parser, data: bytes) -> None:
    outcome(parser, data)


def throw(parser: Parser, seeds: list[bytes]) -> None:
    assert seeds
    for number, seed in enumerate(seeds):
        outcome(parser, seed)
        for round_ in range(CHANGED):
            made = changed(seed, random.Random(f"{parser.name} {number} {round_}"), seeds)
            try:
                outcome(parser, made)
            except Exception as cause:
                raise AssertionError(f"{parser.name}: seed {number}, round {round_}: {made[:200]!r}") from cause


@pytest.mark.parametrize("parser", [each for each in PARSERS if each.real], ids=lambda parser: parser.name)
def test_changed_copies_of_real_files_are_values_or_refusals(parser: Parser, shared_data: Path) -> None:
    throw(parser, [data for pattern in parser.real for data in files(shared_data, pattern)])


@pytest.mark.parametrize("parser", [each for each in PARSERS if each.own or each.said], ids=lambda parser: parser.name)
def test_changed_copies_of_what_is_read_are_values_or_refusals(parser: Parser) -> None:
    own = [data for pattern in parser.own for data in files(ROOT, pattern)]
    seeds = [*own, *parser.said]
    throw(parser, seeds)
    if parser.said:
        assert [None] * len(seeds) == [outcome(parser, seed) for seed in seeds]


@every
def test_captures_of_a_network_are_values_or_refusals(parser: Parser, shared_data: Path) -> None:
    for data in files(shared_data, "network/**/*.pcap"):
        for at in range(0, len(data), 1_024):
            outcome(parser, data[at : at + 1_024])


@every
def test_small_bodies_that_ask_for_much_get_little(parser: Parser) -> None:
    for bomb in (*parser.bombs, bytes(200_000), b"\xff" * 200_000):
        before = os.times()
        outcome(parser, bomb)
        after = os.times()
        assert after.user + after.system - before.user - before.system < CPU_S
        tracemalloc.start()
        try:
            outcome(parser, bomb)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak <= MEMORY[0] * len(bomb) + MEMORY[1], bomb[:20]


def test_every_refusal_of_bytes_stands_in_the_table_or_is_tried_elsewhere() -> None:
    named = {refusal for parser in PARSERS for refusal in parser.refuses}
    all_ = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Malformed)}
    assert all_ == {each for each in named if issubclass(each, Malformed)} | set(ELSEWHERE)


def test_an_error_outside_the_family_would_be_seen() -> None:
    planted = Parser("planted", lambda data: data.decode("ascii"), (Malformed,))
    with pytest.raises(UnicodeDecodeError):
        outcome(planted, b"\xff")
