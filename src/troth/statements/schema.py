"""JSON Schemas of all kinds, made from the Structs that read them. Pure.

Rules
- One document with a schema per kind: its content type, face, role, what must be understood, and where its words may stand.
- A payload is CBOR: where a schema says text in base64, the payload has a byte string.

Source: JSON Schema 2020-12; formats.md, "Statement".
Left out: limits that a Struct does not know (lengths of identifiers); statements/meaning has them.
"""

from collections.abc import Mapping

import msgspec

from troth.statements.kinds import KINDS, Kind, content_type

__all__ = ["crit_of", "schemas"]


def crit_of(kind: Kind) -> tuple[str, ...]:
    """The names that a statement of this kind marks as having to be understood."""
    return next((field.default for field in msgspec.structs.fields(kind.body) if field.name == "crit"), ())


def schemas() -> Mapping[str, object]:
    """The whole document: `kinds` by name, and the schemas of their parts in `$defs`."""
    found, parts = msgspec.json.schema_components([kind.body for kind in KINDS.values()], ref_template="#/$defs/{name}")
    kinds = {
        kind.name.value: {
            "contentType": content_type(kind.name),
            "face": kind.face.value,
            "saidBy": kind.role,
            "crit": list(crit_of(kind)),
            "text": kind.text.value,
            **schema,
        }
        for kind, schema in zip(KINDS.values(), found, strict=True)
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Payloads of Troth statements",
        "$comment": "Payloads are CBOR. Where contentEncoding is base64, a payload has a byte string.",
        "kinds": kinds,
        "$defs": parts,
    }
