"""The transparency log: trees, tiles, checkpoints, proofs, traces, segments, and the one writer of a log folder.

Rules
- `merkle`, `tiles`, `checkpoint`, `proof`, `trace` and `segment` are pure: bytes in, values out.
- `storage` says what disks and stores promise; `sequencer` is the only writer. Neither knows what an entry means.

Left out for now: COSE receipts (RFC 9942), witnesses and their cosignatures, deletion of partial tiles; each is to be a
module of its own. What a statement or a choice is stands in `statements`, which this package does not see.
"""

__all__: list[str] = []
