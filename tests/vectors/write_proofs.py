"""Writes the vectors of proof files, and those that every verifier must refuse at the same check.

`python -m tests.vectors.write_proofs` writes tests/vectors/troth_proofs/ anew; a test compares.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.vectors.made_custody import custody_of, custody_refused
from tests.vectors.made_signing import as_json
from tests.vectors.make_proofs import (
    ANA,
    NOON,
    NOON_S,
    TICK_NS,
    WITNESSES,
    Deployment,
    Made,
    make,
    witness_key,
    witness_signer,
    witnessed,
)
from troth.statements.kinds import KindName
from troth.tlog.checkpoint import parse_note
from troth.tlog.cosignature import WitnessKey, cosign
from troth.tlog.trust_policy import TrustPolicy
from troth.verify.checks import verify
from troth.verify.file import ProofFile, Said, write
from troth.verify.show import to_json

FOLDER: Final = Path(__file__).resolve().parent / "troth_proofs"


def refused(made: Made) -> list[tuple[str, int, bytes]]:
    """Name, number of the check that fails (0: unreadable), file."""
    change, good = msgspec.structs.replace, made.observation
    other = Deployment(keys="another ")
    assert good.basis is not None
    assert made.refused.said is not None
    assert made.own.said is not None
    assert made.shared.said is not None
    return [
        ("bytes behind the end", 0, write(good) + b"\x00"),
        ("another version", 0, write(good).replace(b"troth-proof/1", b"troth-proof/2")),
        ("the key of another log", 1, write(change(good, log=str(other.log.key)))),
        ("the checkpoint of another log", 2, write(change(good, checkpoint=other.log.checkpoint()))),
        ("a path cut short", 4, write(change(good, segment=change(good.segment, path=good.segment.path[:-1])))),
        ("the log's anchors at another index", 6, write(change(good, anchors=change(good.anchors, index=0)))),
        ("another leaf", 7, write(change(good, leaf=change(good.leaf, index=2)))),
        (
            "another value",
            8,
            write(change(good, opening=change(good.opening, trace=good.opening.trace[:-1] + b"\x01"))),
        ),
        ("one statement fewer", 9, write(change(good, basis=change(good.basis, ids=good.basis.ids[1:])))),
        ("no basis", 9, write(change(good, basis=None))),
        ("a share under the key that only takes away", 9, write(change(made.shared, said=_only_taking(made)))),
        *((f"{name}, without the passkey it needs", 9, write(each)) for name, each in made.without),
        *((name, 9, write(change(made.own, said=said))) for name, said in _custody_refused(made)),
        (
            "a no with the key of another",
            9,
            write(change(made.refused, said=change(made.refused.said, key=made.own.said.key))),
        ),
    ]


def _only_taking(made: Made) -> Said:
    """What stands beside the share, where its key is only the one that takes away."""
    there, shared = made.deployment, made.shared.said
    assert shared is not None
    kept = custody_of(there, ANA, from_ns=NOON - TICK_NS)
    other = msgspec.structs.replace(kept, key=there.signer("gate").public.cose_key, house_key=shared.key)
    custody = there.sign(KindName.CUSTODY, other, by=there.signer("operator"))
    return msgspec.structs.replace(shared, custody=custody.data)


def _custody_refused(made: Made) -> list[tuple[str, Said]]:
    kept = custody_of(made.deployment, ANA, from_ns=NOON - TICK_NS)
    return custody_refused(made.deployment, kept, made.own.said)


def witnessed_rows(made: Made) -> list[dict[str, object]]:
    """Files with the witnesses given from outside, how many were asked for, and the check that fails (null: none does)."""
    change, good = msgspec.structs.replace, made.witnessed
    one, two, three = (str(witness_key(name)) for name in WITNESSES)
    note = parse_note(good.checkpoint)
    log, *lines = note.signatures
    again = str(WitnessKey("again.example", witness_signer(WITNESSES[0]).public))
    later = cosign(note.text, witness_signer(WITNESSES[0]), name="again.example", time_s=NOON_S + 9)
    own_key = WitnessKey("own.example", made.key.public)
    own_line = cosign(note.text, made.deployment.signer("log"), name="own.example", time_s=NOON_S)

    def lined(*signatures: object) -> bytes:
        return (note.text + "\n" + "".join(map(str, signatures))).encode()

    cases: list[tuple[str, ProofFile, list[str], int, int | None]] = [
        ("two of two", good, [one, two], 2, None),
        ("one of three", good, [one, two, three], 1, None),
        ("more than are there", good, [one, two, three], 3, 3),
        ("more than are given", good, [one, two], 3, 3),
        ("a witness that has not signed", good, [three], 1, 3),
        ("no witness given", good, [], 1, 3),
        ("none asked for", good, [one, two], 0, None),
        ("a file without cosignatures", made.observation, [one], 1, 3),
        ("one key under two names counts once", witnessed(made.observation, WITNESSES[0]), [one, again], 2, 3),
        ("one witness twice", change(good, checkpoint=lined(log, lines[0], later), witnesses=(one, again)), [], 0, 3),
        ("in another order", change(good, checkpoint=lined(log, *reversed(lines))), [], 0, 3),
        ("a line too many", change(good, witnesses=(one,)), [], 0, 3),
        ("a line too few", change(good, checkpoint=lined(log, lines[0])), [], 0, 3),
        ("a key of another type", change(good, witnesses=(str(made.key), two)), [], 0, 3),
        ("the log's line in another place", change(good, checkpoint=lined(*lines, log)), [], 0, 2),
        ("the log's line twice", change(good, checkpoint=lined(log, log, lines[1])), [], 0, 2),
        (
            "the log as its own witness",
            change(made.observation, checkpoint=lined(log, own_line), witnesses=(str(own_key),)),
            [str(own_key)],
            1,
            3,
        ),
        ("the checkpoint of another log", change(good, log=str(Deployment(keys="another ").log.key)), [one, two], 2, 1),
    ]
    return [
        {"name": name, "witnesses": given, "quorum": quorum, "fails": fails, "hex": write(file).hex()}
        for name, file, given, quorum, fails in cases
    ]


def policy_of(witnesses: Sequence[str], quorum: int) -> TrustPolicy:
    """Any so many of these."""
    return TrustPolicy.of([WitnessKey.parse(text) for text in witnesses], quorum)


def build() -> Mapping[str, bytes]:
    """proofs.json and one file of each use."""
    made = make()
    files = {
        "observation": made.observation,
        "said": made.said,
        "clock-step": made.idle,
        "access-window": made.window,
        "witnessed": made.witnessed,
        "own-with-passkey": made.own,
        "own-refused": made.refused,
        "own-shared": made.shared,
        "own-for-a-child": made.for_child,
        "own-asking": made.asked,
    }
    data = {f"{name}.troth-proof": write(file) for name, file in files.items()}
    return {
        **data,
        "proofs.json": as_json(
            {
                "trusted": str(made.key),
                "accepted": [
                    {"file": name, "verdict": json.loads(to_json(verify(each, trusted=(made.key,))))}
                    for name, each in data.items()
                ],
                "refused": [{"name": name, "fails": number, "hex": each.hex()} for name, number, each in refused(made)],
                "witnessed": witnessed_rows(made),
            }
        ),
    }


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in build().items():
        (FOLDER / name).write_bytes(data)
        sys.stdout.write(f"{name}: {len(data)} bytes\n")


if __name__ == "__main__":
    main()
