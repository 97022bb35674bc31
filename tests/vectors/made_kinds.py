"""Vectors of every kind of statement: the example of its page, signed by the key of its role; and the schemas.

A kind that is added has a vector as soon as its page has an example.
"""

import json
from collections.abc import Mapping
from typing import Final

from tests.described import REFERENCE, body_of, example_of
from tests.vectors.made_signing import as_json, key_of, seed_of, statement_of
from troth.names import ckt_uri
from troth.signing.cose import Signed
from troth.signing.keys import Ed25519Signer
from troth.statements.kinds import KINDS, Face, Kind, Text
from troth.statements.schema import crit_of, schemas
from troth.statements.statement import write, write_enveloped

AT_NS: Final = 1_777_617_000_000_000_000
SUBJECT: Final = "example"


def signer_of(role: str) -> Ed25519Signer:
    """The key of a role; known to everybody, good for nothing but vectors."""
    return Ed25519Signer.from_seed(seed_of(role))


def signed(kind: Kind) -> Signed:
    """The example of a kind as a statement."""
    signer = signer_of(kind.role)
    issuer = ckt_uri(signer.public.thumbprint)
    return write(kind.name, body_of(kind.name), signer=signer, issuer=issuer, subject=SUBJECT, at_ns=AT_NS)


def enveloped(kind: Kind) -> tuple[Signed, bytes]:
    """The same behind a hash envelope, with its preimage."""
    signer = signer_of(kind.role)
    return write_enveloped(
        kind.name,
        body_of(kind.name),
        signer=signer,
        issuer=ckt_uri(signer.public.thumbprint),
        subject=SUBJECT,
        at_ns=AT_NS,
        salt=seed_of(f"salt of {kind.name}")[:16],
    )


def rows(kind: Kind) -> list[dict[str, object]]:
    """Vectors of one kind."""
    said = {"kind": kind.name.value, "face": kind.face.value, "crit": list(crit_of(kind))}
    found = [{**said, **statement_of(kind.name.value, signed(kind), kind.role), "fields": shown(kind)}]
    if kind.text is not Text.INLINE:
        made, preimage = enveloped(kind)
        name = f"{kind.name.value}, enveloped"
        found.append({**said, **statement_of(name, made, kind.role), "preimage": preimage.hex()})
    return found


def shown(kind: Kind) -> object:
    """The payload as JSON; byte strings as {"hex": ...}."""
    return json.loads(json.dumps(example_of(kind.name), default=lambda raw: {"hex": raw.hex()}))


def schema_file() -> bytes:
    """docs/reference/statements.schema.json."""
    return as_json(schemas())


def write_schemas() -> None:
    """Write it."""
    (REFERENCE / "statements.schema.json").write_bytes(schema_file())


def build() -> Mapping[str, bytes]:
    """kinds.json."""
    roles = sorted({kind.role for kind in KINDS.values()})
    private = sorted(kind.name.value for kind in KINDS.values() if kind.face is Face.PRIVATE)
    return {
        "kinds.json": as_json(
            {
                "keys": {role: key_of(signer_of(role)) for role in roles},
                "private": private,
                "statements": [row for kind in KINDS.values() for row in rows(kind)],
            }
        )
    }
