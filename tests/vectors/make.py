"""Make the vectors of our own formats: `python -m tests.vectors.make` writes tests/vectors/troth/ and troth_proofs/ anew.

The JSON Schemas of all kinds (docs/reference/statements.schema.json) are written with them.

Everything comes from fixed seeds, so making them again gives the same bytes; a test compares. A change of a format is a new
version beside the old one, so a difference here is a mistake or a decision.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.vectors import made_kinds, made_log, made_signing, made_traces, write_proofs

FOLDER: Final = Path(__file__).resolve().parent / "troth"
BUILDERS: Final[tuple[Callable[[], Mapping[str, bytes]], ...]] = (
    made_signing.build,
    made_kinds.build,
    made_traces.build,
    made_log.build,
)


def build() -> dict[str, bytes]:
    """Every vector file by its name."""
    return {name: data for each in BUILDERS for name, data in each().items()}


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, data in build().items():
        (FOLDER / name).write_bytes(data)
        sys.stdout.write(f"{name}: {len(data)} bytes\n")
    made_kinds.write_schemas()
    write_proofs.main()


if __name__ == "__main__":
    main()
