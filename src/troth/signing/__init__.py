"""Deterministic bytes, signed statements and the keys that sign them.

Rules
- `cbor` and `cose` are pure: bytes in, values out, no files and no clock.
- `keys` says what a key store promises; the stores themselves are adapters.

Left out: receipts (`tlog`) and what a payload means (`statements`).
"""

__all__: list[str] = []
