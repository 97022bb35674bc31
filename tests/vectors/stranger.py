"""A second verifier, written from docs/reference/proof-file.md alone: it shares no code with this project.

It raises Fails with the number of the check, 0 for a file that cannot be read, and returns the opened trace. Only what the
page says is here; what a statement shown in check 9 says is not read.
"""

import base64
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from tests.vectors.stranger_file import Fails, by_passkey, decode, kept_by, no, opens, read, sha

__all__ = ["Fails", "verify"]

OPEN = {
    "key", "registration-policy", "trust-anchors", "organisation", "passport", "disclosure", "installation", "conduct-segment",
    "entity", "red-line", "operator-policies", "promise", "support", "succession", "installation-type",
    "keeping", "ground", "emergency",
}  # fmt: skip
PRIVATE = {
    "objection", "place-rule", "home-ground", "home-emergency",
    "home-disclosure", "home-entity", "home-installation", "person", "household", "membership", "choice", "preservation",
    "erasure", "custody", "assertion", "share", "mark",
}  # fmt: skip
OTHER_KINDS: dict[Any, tuple[set[str], set[str]]] = {
    2: ({"ids"}, set()),
    3: ({"statement"}, set()),
    4: ({"window", "stream", "party", "app", "purpose", "variant", "basis"}, {"person"}),
    5: ({"window", "rows"}, {"person"}),
    6: ({"thing", "reason", "count"}, {"person"}),
    7: ({"party", "app", "purpose", "reason", "count"}, {"stream", "person"}),
    8: ({"by_ns"}, set()),
}
FIELDS: dict[str, dict[str, type]] = {
    "trust-anchors": {"keys": list, "origin": str},
    "key": {"key": bytes, "role": str, "holder": str},
    "conduct-segment": {"gate": bytes, "number": int, "tick": int, "size": int, "root": bytes},
    "custody": {"person": bytes, "custody": str, "key": bytes, "from_ns": int, "made_by": str},
    "assertion": {
        "person": bytes, "statement": bytes, "key": bytes,
        "client_data": bytes, "authenticator_data": bytes, "signature": bytes,
    },
}  # fmt: skip
OPTIONAL: dict[str, dict[str, type]] = {
    "trust-anchors": {"version": int, "crit": list},
    "key": {
        "segment_tick_s": int, "replaces": bytes, "from_ns": int, "to_ns": int, "revoked": str, "since_ns": int, "crit": list,
    },
    "conduct-segment": {"previous": bytes, "crit": list},
    "custody": {"house_key": bytes, "passkeys": list, "crit": list},
    "assertion": {"crit": list},
}  # fmt: skip
SIGNATURE_BYTES = {-8: 64, -19: 64, -7: 64, -9: 64, -48: 2_420}


def climb(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes, *, number: int) -> None:
    if index >= size:
        no(number)
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            no(number)
        if fn % 2 or fn == sn:
            r = sha(b"\x01", p, r)
            while fn % 2 == 0 and fn > 0:
                fn, sn = fn // 2, sn // 2
        else:
            r = sha(b"\x01", r, p)
        fn, sn = fn // 2, sn // 2
    if sn != 0 or r != root:
        no(number)


class Statement:
    def __init__(self, data: bytes, number: int) -> None:
        self.number = number
        parts = decode(data[1:], number) if data[:1] == b"\xd2" else no(number)
        if not isinstance(parts, list) or len(parts) != 4 or parts[1] != {}:
            no(number)
        protected, _, self.payload, self.signature = parts
        headers = decode(protected, number)
        if set(headers) != {1, 3, 4, 15} or set(headers[15]) != {1, 2, 6}:
            no(number)
        if len(self.signature) != SIGNATURE_BYTES.get(headers[1]):
            no(number)
        self.alg, content_type, self.kid = headers[1], headers[3], headers[4]
        self.kind = content_type.removeprefix("application/vnd.troth.").removesuffix(".v1+cbor")
        self.issuer, self.issued = headers[15][1], headers[15][6]
        self.signed = cbor2.dumps(["Signature1", protected, b"", self.payload], canonical=True)
        self.id = sha(self.signed)

    def fields(self, kind: str) -> Mapping[str, Any]:
        plain = decode(self.payload, self.number)
        if self.kind != kind or not isinstance(plain, dict) or not set(FIELDS[kind]) <= set(plain):
            no(self.number)
        known = FIELDS[kind] | OPTIONAL[kind]
        if any(type(plain[name]) is not known[name] for name in known if name in plain):
            no(self.number)
        if any(name not in known for name in plain.get("crit", [])):
            no(self.number)
        return plain

    def signed_by(self, key: bytes) -> None:
        cose = decode(key, self.number)
        if self.kid != sha(key) or self.issuer != named_after(key):
            no(self.number)
        if set(cose) == {1, -1, -2} and (cose[1], cose[-1]) == (1, 6) and self.alg in {-8, -19}:
            ed25519(cose[-2], self.signature, self.signed, number=self.number)
        elif set(cose) == {1, 3, -1} and (cose[1], cose[3]) == (7, -48) and self.alg == -48:
            ml_dsa_44(cose[-1], self.signature, self.signed, number=self.number)
        else:
            no(self.number)  # this stranger does without P-256


def named_after(key: bytes) -> str:
    return "urn:ietf:params:oauth:ckt:sha-256:" + base64.urlsafe_b64encode(sha(key)).decode().rstrip("=")


def ed25519(key: bytes, signature: bytes, data: bytes, *, number: int) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        no(number)


def ml_dsa_44(key: bytes, signature: bytes, data: bytes, *, number: int) -> None:
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        no(number)


class Issuers:
    """The anchors that hold from an index on, and makers' keys with index and holder."""

    def __init__(self, first: Statement, keys: Sequence[bytes]) -> None:
        self.anchors = [(1, keys)]
        self.makers: dict[str, tuple[int, bytes, str]] = {}
        self.among(first, keys)

    def among(self, statement: Statement, keys: Sequence[bytes]) -> None:
        key = next((key for key in keys if named_after(key) == statement.issuer), None)
        if key is None:
            no(statement.number)
        statement.signed_by(key)

    def at(self, index: int) -> Sequence[bytes]:
        return next((keys for begins, keys in reversed(self.anchors) if begins < index), [])

    def ever(self) -> Sequence[bytes]:
        return [key for _, keys in reversed(self.anchors) for key in keys]

    def by_one(self, statement: Statement, index: int) -> None:
        begins, key, holder = self.makers.get(statement.issuer, (index, b"", ""))
        if begins >= index:
            self.among(statement, self.at(index))
            return
        says = decode(statement.payload, statement.number)
        product, below = says.get("product"), holder if holder[-1:] in {"/", ":"} else holder + "/"
        if statement.kind == "organisation":
            own = says.get("organisation") == holder
        else:
            rest = str(product).removeprefix(below)
            under = (
                rest not in {"", str(product)}
                and not {"", ".", ".."} & set(rest.split("/"))
                and not {*"#?%\\"} & {*rest}
            )
            own = statement.kind in {"passport", "disclosure"} and (product == holder or under)
            own = own and says.get("maker", says.get("answerable")) == holder
        if not own:
            no(statement.number)
        statement.signed_by(key)


def key_of(key: str, type_: bytes, number: int) -> tuple[str, bytes, bytes]:
    """Name, id and public key of a verifier key."""
    name, _, rest = key.partition("+")
    id_, _, encoded = rest.partition("+")
    try:
        public = base64.b64decode(encoded, validate=True)
    except ValueError:
        no(number)
    if public[:1] != type_ or len(public) != 33 or base64.b64encode(public).decode() != encoded or not is_name(name):
        no(number)
    named = sha(name.encode(), b"\n", public)[:4]
    if named.hex() != id_:
        no(number)
    return name, named, public[1:]


def is_name(name: str) -> bool:
    return 0 < len(name) <= 512 and re.search(r"[\s+\x00-\x1f]", name) is None


def note_of(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a signed note with its last newline, and its signature lines as name and bytes."""
    try:
        text, gap, rows = note.decode().rpartition("\n\n")
        found = []
        for row in rows.removesuffix("\n").split("\n"):
            mark, name, encoded = row.split(" ", 2)
            signature = base64.b64decode(encoded, validate=True)
            if mark != "\u2014" or not is_name(name) or base64.b64encode(signature).decode() != encoded:
                no(2)
            if len(signature) < 5:
                no(2)
            found.append((name, signature))
    except ValueError:
        no(2)
    if not gap or not rows.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", note.decode()):
        no(2)
    return text + "\n", found


def checkpoint_of(note: bytes, key: str) -> tuple[str, int, bytes]:
    name, id_, public = key_of(key, b"\x01", 1)
    text, signatures = note_of(note)
    own = [signature for named, signature in signatures if (named, signature[:4]) == (name, id_)]
    if len(own) != 1 or signatures[0] != (name, own[0]):
        no(2)
    ed25519(public, own[0][4:], text.encode(), number=2)
    lines = text.split("\n")
    if lines[0] != name:
        no(2)
    return lines[0], int(lines[1]), base64.b64decode(lines[2])


def cosignatures(file: Mapping[str, Any], given: Sequence[str], quorum: int) -> None:
    text, (_, *signatures) = note_of(file["checkpoint"])
    named = file.get("witnesses", [])
    if len(signatures) != len(named):
        no(3)
    log = key_of(file["log"], b"\x01", 1)[2]
    seen: set[bytes] = set()
    counted = 0
    for (name, signature), key in zip(signatures, named, strict=True):
        wanted, id_, public = key_of(key, b"\x04", 3)
        if (name, signature[:4]) != (wanted, id_) or len(signature) != 76 or public in seen:
            no(3)
        time = int.from_bytes(signature[4:12], "big")
        if not 1 <= time <= (1 << 63) - 1:
            no(3)
        ed25519(public, signature[12:], f"cosignature/v1\ntime {time}\n{text}".encode(), number=3)
        seen.add(public)
        counted += key in given and public != log
    if counted < quorum:
        no(3)


def trace_of(data: bytes) -> Mapping[str, Any]:
    if data[:1] == b"\x01":
        if len(data) < 66:
            no(8)
        _, stream, sequence, begins, ends, gate, basis, type_ = struct.unpack_from(">B16sQqqq16sB", data)
        result = data[66:]
        if (
            ends < begins
            or {1: 8, 2: 8, 3: 1, 132: 32, 133: 32}.get(type_, len(result)) != len(result)
            or len(result) > 4_096
        ):
            no(8)
        if type_ not in {1, 2, 3, 4, 5, 132, 133}:
            no(8)
        return {"kind": 1, "stream": stream, "sequence": sequence, "gate_ns": gate, "basis": basis, "result": result}
    plain: dict[str, Any] = decode(data, 8)
    needed, optional = OTHER_KINDS.get(plain.get("kind"), (set(), set()))
    if not needed or not needed | {"kind", "gate_ns"} <= set(plain) <= needed | optional | {"kind", "gate_ns"}:
        no(8)
    return plain


def verify(data: bytes, trusted: Sequence[str], witnesses: Sequence[str] = (), quorum: int = 0) -> Mapping[str, Any]:
    file = read(data)
    if file["log"] not in trusted:  # 1
        no(1)
    log = checkpoint_of(file["checkpoint"], file["log"])  # 2
    cosignatures(file, witnesses, quorum)  # 3
    in_log(file["segment"], log, 4)  # 4
    gate, conduct = segment_signature(file)  # 5
    issuers = gate_key(file, gate, log, conduct["tick"])  # 6
    leaf, opening = file["leaf"], file["opening"]  # 7
    if leaf["size"] != conduct["size"] or leaf["size"] not in {256, 1_024, 4_096, 16_384, 65_536}:
        no(7)
    climb(leaf["hash"], leaf["index"], leaf["size"], leaf["path"], conduct["root"], number=7)
    if leaf["hash"] != sha(b"\x00troth/trace/v1\x00", opening["salt"], opening["trace"]):  # 8
        no(8)
    trace = trace_of(opening["trace"])
    parts: set[str] = {1: {"basis"}, 4: {"basis"}, 3: {"said"}}.get(trace["kind"], set())  # 9
    if parts != {"basis", "said"} & set(file):
        no(9)
    if "basis" in parts:
        basis(file, trace, issuers, log)
    if "said" in parts:
        said(file, trace, issuers)
    return trace


Log = tuple[str, int, bytes]


def in_log(entry: Mapping[str, Any], log: Log, number: int) -> None:
    climb(sha(b"\x00", entry["statement"]), entry["index"], log[1], entry["path"], log[2], number=number)


def segment_signature(file: Mapping[str, Any]) -> tuple[Statement, Mapping[str, Any]]:
    gate, segment = Statement(file["gate"]["statement"], 5), Statement(file["segment"]["statement"], 5)
    key, conduct = gate.fields("key"), segment.fields("conduct-segment")
    if key["role"] != "gate" or "revoked" in key or conduct["gate"] != sha(key["key"]):
        no(5)
    segment.signed_by(key["key"])
    return gate, conduct


def gate_key(file: Mapping[str, Any], gate: Statement, log: Log, tick: int) -> Issuers:
    in_log(file["gate"], log, 6)
    says = gate.fields("key")
    if file["gate"]["index"] >= file["segment"]["index"] or file["anchors"]["index"] != 1:
        no(6)
    if not says.get("from_ns", tick) <= tick < says.get("to_ns", tick + 1):
        no(6)
    in_log(file["anchors"], log, 6)
    named = Statement(file["anchors"]["statement"], 6)
    if named.fields("trust-anchors")["origin"] != log[0]:
        no(6)
    issuers, last = Issuers(named, named.fields("trust-anchors")["keys"]), 1
    for entry in file.get("keys", []):
        in_log(entry, log, 6)
        if not last < entry["index"] < file["segment"]["index"]:
            no(6)
        last, later = entry["index"], Statement(entry["statement"], 6)
        issuers.among(later, issuers.at(last))
        if later.kind == "trust-anchors":
            if later.fields("trust-anchors")["origin"] != log[0]:
                no(6)
            issuers.anchors.append((last, later.fields("trust-anchors")["keys"]))
            continue
        maker = later.fields("key")
        if maker["role"] != "maker" or "revoked" in maker:
            no(6)
        issuers.makers[named_after(maker["key"])] = (last, maker["key"], maker["holder"])
    gate.number = 6
    issuers.among(gate, issuers.at(file["gate"]["index"]))
    return issuers


def basis(file: Mapping[str, Any], trace: Mapping[str, Any], issuers: Issuers, log: Log) -> None:
    ids, shown = file["basis"]["ids"], file["basis"]["shown"]
    indices = [entry["index"] for entry in shown]
    if ids != sorted(set(ids)) or sha(*ids)[:16] != trace["basis"] or indices != sorted(set(indices)):
        no(9)
    for entry in shown:
        statement = Statement(entry["statement"], 9)
        if statement.id not in ids or statement.kind not in OPEN or entry["index"] >= file["segment"]["index"]:
            no(9)
        issuers.by_one(statement, entry["index"])
        in_log(entry, log, 9)


def said(file: Mapping[str, Any], trace: Mapping[str, Any], issuers: Issuers) -> None:
    statement = Statement(file["said"]["statement"], 9)
    if statement.id != trace["statement"] or statement.kind not in PRIVATE:
        no(9)
    statement.signed_by(file["said"]["key"])
    if statement.kind not in {"choice", "share", "objection", "mark"}:
        issuers.among(statement, issuers.ever())
    about: Mapping[str, Any] = decode(statement.payload, 9)
    needed: list[bytes] = []
    if "custody" in file["said"]:
        stated = Statement(file["said"]["custody"], 9)
        issuers.among(stated, issuers.ever())
        says = stated.fields("custody")
        kept_by(says, file["said"]["key"], about, dated=(stated.issued, statement.issued))
        needed = says.get("passkeys", []) if opens(statement.kind, about) else []
    if "assertion" in file["said"]:
        word = Statement(file["said"]["assertion"], 9)
        issuers.among(word, issuers.ever())
        by_passkey(word.fields("assertion"), statement.id)
    elif needed:
        no(9)
