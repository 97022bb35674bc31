"""Run by the strangers' Python, which has scitt-cose and cddl-verifier and nothing of Troth: check statements and receipts.

Usage: check_cose.py made.json FOLDER-OF-CDDL. Prints one JSON document with what held.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# RFC 9360 §2, which the CDDL of SCITT refers to and does not repeat.
X509 = """
COSE_X509 = bstr / [ 2* bstr ]
COSE_CertHash = [ hashAlg: (int / tstr), hashValue: bstr ]
"""


def flipped(data: bytes, at: int) -> bytes:
    """The same with one bit of one byte turned over."""
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def check(made: dict[str, Any], cddl: Path) -> dict[str, Any]:
    """What held, counted."""
    scitt, merkle, cddl_verifier = (
        import_module("scitt_cose"),
        import_module("scitt_cose.merkle"),
        import_module("cddl_verifier"),
    )
    rules = (cddl / "scitt-architecture" / "signed_statement.cddl").read_text() + X509
    examples = cddl / "cose-wg-cose-merkle-tree-proofs" / "examples"

    def fits(text: str, name: str, data: bytes) -> bool:
        return bool(cddl_verifier.validate(text, data, root_type=name).valid)

    inclusion = ((examples / "inclusion-receipt.cddl").read_text(), "Receipt_For_Inclusion")
    growth = ((examples / "consistency-receipt.cddl").read_text(), "Receipt_For_Consistency")
    example = (examples / "inclusion-receipt.cbor").read_bytes()

    told = dict.fromkeys(("statements", "receipts", "attached", "rules", "refused", "wrongly_held"), 0)
    key = made["receipt_pem"]
    for each in made["entries"]:
        statement, receipt = bytes.fromhex(each["statement"]), bytes.fromhex(each["receipt"])
        read = scitt.parse_signed_statement(statement, public_key_pem=each["issuer_pem"])
        told["statements"] += read["signature_verified"] is True and (each["issuer"], each["subject"]) == (
            read["issuer"],
            read["subject"],
        )
        result = scitt.verify_receipt(receipt, leaf_entry_hex=statement.hex(), log_public_key_pem=key)
        told["receipts"] += result.ok
        whole = scitt.attach_receipts(statement, [receipt])
        told["attached"] += scitt.extract_receipts(whole) == [receipt]
        told["rules"] += (
            fits(rules, "Signed_Statement", statement)
            and fits(rules, "Receipt", receipt)
            and fits(*inclusion, receipt)
            and not fits(*growth, receipt)
        )
    grown = bytes.fromhex(made["consistency_receipt"])
    told["examples_fit"] = (
        fits(*inclusion, example)
        and fits(*growth, (examples / "consistency-receipt.cbor").read_bytes())
        and fits(*growth, grown)
        and not fits(*inclusion, grown)
        and not fits(*inclusion, example[:-1])
    )

    first = made["entries"][77]
    statement, receipt = bytes.fromhex(first["statement"]), bytes.fromhex(first["receipt"])
    for at in range(len(receipt)):
        bad = scitt.verify_receipt(flipped(receipt, at), leaf_entry_hex=statement.hex(), log_public_key_pem=key)
        told["wrongly_held" if bad.ok else "refused"] += 1
    for at in range(0, len(statement), 7):
        bad = scitt.verify_receipt(receipt, leaf_entry_hex=flipped(statement, at).hex(), log_public_key_pem=key)
        told["wrongly_held" if bad.ok else "refused"] += 1
        bad = scitt.parse_signed_statement(flipped(statement, at), public_key_pem=first["issuer_pem"])
        told["wrongly_held" if bad["signature_verified"] else "refused"] += 1

    entries = [each["statement"] for each in made["entries"]]
    told["root"] = merkle.merkle_root(entries) == made["root"]
    told["old_root"] = merkle.merkle_root(entries[:256]) == made["old_root"]
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(check(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))))
