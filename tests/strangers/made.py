"""Make what strangers check: a real node's log in a folder, every statement with its receipt, and proofs of every kind."""

import json
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from troth.names import Uri, ckt_uri
from troth.signing.cose import KeyKind, PublicKey, Signed
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.statement import write
from troth.testing.disk import MemoryDisk
from troth.testing.world import World
from troth.tlog import receipt
from troth.tlog.merkle import leaf_hash, root_of
from troth.tlog.receipt import Consistency

ORIGIN: Final = "world.invalid/test"
MORE: Final = 290  # with what a node says at its start, enough for a full tile, a full bundle and a second level
OLD_SIZES: Final = (1, 2, 3, 5, 200, 255, 256, 257)


def make(folder: Path) -> None:
    """Fill the folder: `log/` as it is served, `made.json`, `old-checkpoint`, `proofs` and `entry.tlog-proof`."""
    with World(seed=7) as world:
        operator = world.keys.signer("operator")

        def said(number: int) -> Signed:
            uri = Uri(f"https://works{number}.example")
            body = OrganisationBody(uri, "Works", "mailto:people@works.example")
            issuer = ckt_uri(operator.public.thumbprint)
            return write(
                KindName.ORGANISATION, body, signer=operator, issuer=issuer, subject=uri, at_ns=world.clock.now()
            )

        async def many(first: int, last: int) -> None:
            for number in range(first, last):
                await world.node.accept.accept(said(number))

        world.run(many(0, 40))
        world.settle()
        log = world.node.record.sequencer
        (folder / "old-checkpoint").write_bytes(log.checkpoint())
        world.run(many(40, MORE))
        world.settle()
        _copy(world.disk, folder / "log")
        entries: list[dict[str, str]] = []
        for entry in unerased(world.node.ports.journal.entries(after=0, limit=1_000)):
            index = world.node.record.index_of(entry.signed.id)
            if index is not None:
                made = world.run(world.node.receipts.of(entry.signed.id))
                assert made is not None
                key = world.node.directory.issuers[Uri(entry.signed.headers.issuer)][1]
                entries.append(
                    {
                        "index": str(index),
                        "statement": entry.signed.data.hex(),
                        "receipt": made.hex(),
                        "issuer": entry.signed.headers.issuer,
                        "subject": entry.signed.headers.subject,
                        "issuer_pem": pem(key),
                    }
                )
        size = log.size
        assert [int(each["index"]) for each in entries] == list(range(size))
        lines = [
            f"inclusion {at} {' '.join(step.hex() for step in log.prove(at))}" for at in (0, 1, 199, 255, 256, size - 1)
        ]
        lines += [f"growth {old} {' '.join(step.hex() for step in log.prove_growth(old))}" for old in OLD_SIZES]
        (folder / "proofs").write_text("\n".join(lines) + "\n")
        proof = world.run(
            world.node.receipts.tlog_proof(next(unerased(world.node.ports.journal.entries(after=2, limit=1))).signed.id)
        )
        assert proof is not None
        (folder / "entry.tlog-proof").write_bytes(proof)
        signer = world.keys.signer("receipt")
        path = tuple(log.prove_growth(256))
        grown = receipt.sign_consistency(signer, Consistency(256, size, path), root=log.latest.root, issuer=ORIGIN)
        made_json = {
            "key": str(log.key),
            "origin": ORIGIN,
            "size": size,
            "root": log.latest.root.hex(),
            "receipt_pem": pem(signer.public),
            "consistency_receipt": grown.hex(),
            "old_root": root_of([leaf_hash(bytes.fromhex(each["statement"])) for each in entries[:256]]).hex(),
            "entries": entries,
        }
        (folder / "made.json").write_text(json.dumps(made_json))


def pem(key: PublicKey) -> str:
    """A public key as others read it."""
    if key.alg.kind is KeyKind.ED25519:
        public = Ed25519PublicKey.from_public_bytes(key.raw)
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    numbers = EllipticCurvePublicNumbers(int.from_bytes(key.raw[:32]), int.from_bytes(key.raw[32:]), SECP256R1())
    return numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _copy(disk: MemoryDisk, folder: Path, below: str = "") -> None:
    for name in disk.names(below):
        path = f"{below}/{name}" if below else name
        data = disk.read(path)
        if data is None:
            _copy(disk, folder, path)
        elif not path.startswith("."):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
