"""Run by the strangers' Python, which has tlog-scales and nothing of Troth: read a log from its folder and check all of it.

Usage: check_tiles.py FOLDER made.json. Prints one JSON document with what held; an exception means that something did not.
"""

import hashlib
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def check(folder: Path, made: dict[str, Any]) -> dict[str, Any]:
    """What held, counted."""
    backend, reader = import_module("tlog_scales.backend"), import_module("tlog_scales.reader")
    signing, tlog = import_module("tlog_scales.signing"), import_module("tlog_scales.tlog")
    key = signing.Vkey.from_string(made["key"])
    log = reader.TilesReader(backend.LocalBackend(folder / "log"))
    new = log.get_checkpoint()
    old = tlog.Checkpoint.from_text((folder / "old-checkpoint").read_text())
    for checkpoint in (new, old):
        checkpoint.verify(key)
    log.set_size(new.size)
    if log.calculate_root_hash() != new.root_hash:
        raise ValueError("the tiles do not lead to the checkpoint")
    log.get_consistency_proof(old.size, new.size).check(old.root_hash, new.root_hash)
    for index in range(new.size):
        entry = log.get_entry(index)
        if entry.hex() != made["entries"][index]["statement"]:
            raise ValueError("an entry is another than the statement that has its receipt")
        leaf = hashlib.sha256(b"\0" + entry).digest()
        log.get_inclusion_proof(index, new.size).check(leaf, new.root_hash)
    for line in (folder / "proofs").read_text().splitlines():
        what, number, *steps = line.split()
        path = [bytes.fromhex(step) for step in steps]
        if what == "inclusion":
            leaf = hashlib.sha256(b"\0" + bytes.fromhex(made["entries"][int(number)]["statement"])).digest()
            tlog.InclusionProof(int(number), new.size, path).check(leaf, new.root_hash)
        else:
            log.set_size(int(number))
            older = log.mth(0, int(number))
            tlog.ConsistencyProof(int(number), new.size, path).check(older, new.root_hash)
    return {"entries": new.size, "old": old.size, "origin": new.origin}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(check(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))))
