"""Vectors of traces, their leaf hashes, and segments."""

import hashlib
from collections.abc import Mapping
from typing import Final

from tests.vectors.made_signing import as_json, seed_of
from troth.names import BasisId, StatementId, StreamId
from troth.signing import cbor
from troth.tlog import segment, trace

STREAM: Final = StreamId(seed_of("stream")[:16])
PERSON: Final = seed_of("person")[:16]
IDS: Final = tuple(sorted(StatementId(seed_of(name)) for name in ("choice", "disclosure", "installation")))
BASIS: Final[BasisId] = trace.basis_id(IDS)
NOON: Final = 1_767_268_800_000_000_000
LONG: Final = "drip " * 1_000


def collected(sequence: int, type_: int, result: trace.Result, *, lasts_ns: int = 0) -> trace.Collected:
    return trace.Collected(STREAM, sequence, NOON - lasts_ns, NOON, NOON + 5_000_000, BASIS, type_, result)


def traces() -> list[tuple[str, trace.Trace]]:
    """One of each kind and result type."""
    window = seed_of("window")[:16]
    party, app, purpose = "https://example.org/research", "https://example.org/app", "urn:example:study"
    return [
        ("binary64", collected(0, 1, 21.5)),
        ("binary64, negative, over an hour", collected(1, 1, -0.0, lasts_ns=3_600_000_000_000)),
        ("int64", collected(2, 2, -(1 << 63))),
        ("boolean", collected((1 << 64) - 1, 3, result=True)),
        ("text", collected(4, 4, "geöffnet")),
        ("CBOR", collected(5, 5, cbor.encode({"x": 1, "y": [0.5, None]}))),
        ("text above 4 KiB", collected(6, 132, hashlib.sha256(LONG.encode()).digest())),
        ("CBOR above 4 KiB", collected(7, 133, hashlib.sha256(cbor.encode(LONG)).digest())),
        ("basis", trace.Basis(gate_ns=NOON, ids=IDS)),
        ("said", trace.SaidTrace(gate_ns=NOON, statement=IDS[0])),
        (
            "window opened",
            trace.WindowOpened(
                gate_ns=NOON,
                window=window,
                stream=STREAM,
                party=party,
                app=app,
                purpose=purpose,
                variant="raw",
                basis=BASIS,
                person=PERSON,
            ),
        ),
        ("window closed", trace.WindowClosed(gate_ns=NOON, window=window, rows=240, person=PERSON)),
        ("window closed, nobody concerned", trace.WindowClosed(gate_ns=NOON, window=window, rows=0)),
        ("refusals", trace.Refusals(gate_ns=NOON, thing=seed_of("thing")[:16], reason="withdrawn", count=3)),
        (
            "denials",
            trace.Denials(
                gate_ns=NOON, party=party, app=app, purpose=purpose, reason="no-ground", count=12, stream=STREAM
            ),
        ),
        ("clock step", trace.ClockStep(gate_ns=NOON, by_ns=-2_000_000_000)),
        (
            "expired rows",
            trace.ExpiredRows(
                gate_ns=NOON,
                stream=STREAM,
                from_ns=NOON - 45 * 86_400_000_000_000,
                to_ns=NOON - 44 * 86_400_000_000_000,
                days=30,
                rows=1_440,
            ),
        ),
    ]


def segment_of(count: int) -> dict[str, object]:
    leaves = [trace.leaf_hash(seed_of(f"salt {i}")[:16], trace.encode(collected(i, 1, float(i)))) for i in range(count)]
    padded = segment.pad(leaves, seed=seed_of("padding"))
    last = len(padded) - 1
    return {
        "seed": seed_of("padding").hex(),
        "traces": count,
        "size": len(padded),
        "leaves": [leaf.hex() for leaf in leaves[:3]],
        "padding": [leaf.hex() for leaf in padded[count:][:2]],
        "root": segment.root(padded).hex(),
        "first_path": [step.hex() for step in segment.path(padded, 0)],
        "last_path": [step.hex() for step in segment.path(padded, last)],
        "last_leaf": padded[last].hex(),
    }


def build() -> Mapping[str, bytes]:
    """traces.json and segments.json."""
    salt = seed_of("salt")[:16]
    rows = [(name, trace.encode(each)) for name, each in traces()]
    return {
        "traces.json": as_json(
            {
                "basis": {"ids": [each.hex() for each in IDS], "id": BASIS.hex()},
                "salt": salt.hex(),
                "traces": [
                    {"name": name, "trace": data.hex(), "leaf": trace.leaf_hash(salt, data).hex()}
                    for name, data in rows
                ],
            }
        ),
        "segments.json": as_json([segment_of(count) for count in (0, 1, 256, 257, 1_025)]),
    }
