"""The second verifier's reading of a file: which bytes are a proof file at all, from docs/reference/proof-file.md alone."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256


class Fails(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(f"check {number} fails")
        self.number = number


def no(number: int) -> NoReturn:
    raise Fails(number)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def decode(data: bytes, number: int) -> Any:  # noqa: ANN401 - whatever CBOR holds
    try:
        value = cbor2.loads(data)
        if cbor2.dumps(value, canonical=True) != data:
            no(number)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError):
        no(number)
    return value


def a_map(value: Any, keys: set[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    if not isinstance(value, dict) or not keys <= set(value) <= keys | set(optional):
        no(0)
    return value


def raw(value: object, low: int, high: int) -> None:
    if not isinstance(value, bytes) or not low <= len(value) <= high:
        no(0)


def number_of(value: object, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        no(0)


def hashes(value: object, most: int) -> None:
    if not isinstance(value, list) or len(value) > most:
        no(0)
    for each in value:
        raw(each, 32, 32)


def log_entry(value: object) -> None:
    entry = a_map(value, {"index", "path", "statement"})
    number_of(entry["index"], 0, (1 << 63) - 2)
    hashes(entry["path"], 63)
    raw(entry["statement"], 1, 65_535)


def witness_keys(value: object) -> None:
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        no(0)
    if any(not isinstance(each, str) or not 1 <= len(each) <= 576 for each in value):
        no(0)


def read(data: bytes) -> Mapping[str, Any]:
    if len(data) > 4_194_304:
        no(0)
    needed = {"v", "log", "gate", "leaf", "anchors", "opening", "segment", "checkpoint"}
    file = a_map(decode(data, 0), needed, ("said", "basis", "keys", "witnesses"))
    if file["v"] != "troth-proof/1" or not isinstance(file["log"], str) or not 1 <= len(file["log"]) <= 576:
        no(0)
    raw(file["checkpoint"], 1, 16_384)
    if "witnesses" in file:
        witness_keys(file["witnesses"])
    for name in ("gate", "anchors", "segment"):
        log_entry(file[name])
    leaf = a_map(file["leaf"], {"hash", "index", "path", "size"})
    raw(leaf["hash"], 32, 32)
    number_of(leaf["index"], 0, 65_535)
    hashes(leaf["path"], 63)
    number_of(leaf["size"], 1, 65_536)
    opening = a_map(file["opening"], {"salt", "trace"})
    raw(opening["salt"], 16, 16)
    raw(opening["trace"], 1, 16_384)
    if "keys" in file:
        if not isinstance(file["keys"], list) or not 1 <= len(file["keys"]) <= 256:
            no(0)
        for each in file["keys"]:
            log_entry(each)
    if "basis" in file:
        basis = a_map(file["basis"], {"ids", "shown"})
        hashes(basis["ids"], 480)
        if not isinstance(basis["shown"], list) or len(basis["shown"]) > 480:
            no(0)
        for each in basis["shown"]:
            log_entry(each)
    if "said" in file:
        somebody_said(file["said"])
    return file


def somebody_said(value: object) -> None:
    said = a_map(value, {"key", "statement"}, ("custody", "assertion"))
    raw(said["key"], 1, 2_048)
    for name in said.keys() - {"key"}:
        raw(said[name], 1, 65_535)


def by_passkey(word: Mapping[str, Any], about: bytes) -> None:
    """What a passkey signed about the statement of this id (check 9)."""
    client, device, cose = json.loads(word["client_data"]), word["authenticator_data"], decode(word["key"], 9)
    host = client["origin"].partition("://")[2].partition(":")[0].split(".")
    parties = {sha(".".join(host[at:]).encode()) for at in range(len(host))}
    challenge = base64.urlsafe_b64encode(about).decode().rstrip("=")
    if word["statement"] != about or (client["type"], client["challenge"]) != ("webauthn.get", challenge):
        no(9)
    if client.get("crossOrigin", False) is not False or device[:32] not in parties or device[32] & 5 != 5:
        no(9)
    signed = device + sha(word["client_data"])
    try:
        if cose[1] == 1:
            Ed25519PublicKey.from_public_bytes(cose[-2]).verify(word["signature"], signed)
        else:
            point = EllipticCurvePublicNumbers(int.from_bytes(cose[-2]), int.from_bytes(cose[-3]), SECP256R1())
            point.public_key().verify(word["signature"], signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        no(9)


def opens(kind: str, about: Mapping[str, Any]) -> bool:
    """Whether something is read or used from then on, so that a passkey belongs to it where some are named (check 9)."""
    if kind == "mark":
        return about.get("ended") is True and about.get("stopped") is True
    asked = {"urn:troth:purpose:taking-along", "urn:troth:purpose:erasing"}
    right = kind == "choice" and "by" in about and about["purpose"] in asked
    return about.get("withdrawn") is True or (about.get("decision") == "give" and not right)


def kept_by(stated: Mapping[str, Any], key: bytes, about: Mapping[str, Any], *, dated: tuple[int, int]) -> None:
    """A custody statement beside what somebody said (check 9). `dated`: the seconds of both, the custody statement's first."""
    gives = about.get("decision") == "give" or about.get("withdrawn") is True
    if (
        stated["person"] != about.get("by", about["person"])
        or dated[0] > dated[1]
        or stated["from_ns"] > (dated[1] + 1) * 10**9
    ):
        no(9)
    if key != stated["key"] and (key != stated.get("house_key") or gives):
        no(9)
