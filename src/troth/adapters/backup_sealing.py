"""The bytes of a backup: parts, each sealed under keys that are kept elsewhere; pure but for the files it is given.

Rules
- A backup is MAGIC, 16 random bytes that name it, and parts, the last of which says how many came before it.
- A part is how many names (1 byte), its names (16 bytes each), its length (4 bytes, big-endian), 12 bytes of nonce, and
  AES-256-GCM under HKDF-SHA256 over the keys of its names in their order. MAGIC, the backup's name, the part's number and
  its names are bound in, so that parts cannot be taken out, changed or exchanged.
- `digest` of the writer and of each part is SHA-256 over all bytes before: the last part holds it, so that a changed name,
  which looks like a key that is gone, is found as well.
- A name is the first 16 bytes of HMAC-SHA256 under a secret of the backup: whoever has only the backup recognises nothing.

Source: RFC 5116, RFC 5869; docs/reference/stores.md, "Backups".
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from troth.errors import BadBackup

__all__ = ["ID_BYTES", "KEY_BYTES", "NAME_BYTES", "Part", "Sealer", "name_of", "parts", "unseal"]

MAGIC: Final = b"troth-backup/1\n"
ID_BYTES: Final = 16
NAME_BYTES: Final = 16
KEY_BYTES: Final = 32
PART_MAX: Final = 1 << 28  # 256 MiB: what is longer was not written here
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_NAMES_MAX: Final = 255
_INFO: Final = b"troth/backup-key/v1"


class Part(NamedTuple):
    """A sealed part: its number, its names, what stands behind them, and the digest of all bytes before it."""

    number: int
    names: tuple[bytes, ...]
    sealed: bytes
    digest: bytes


def name_of(scope: bytes, secret: bytes) -> bytes:
    """The name of a scope in one backup."""
    return hmac.digest(secret, scope, hashlib.sha256)[:NAME_BYTES]


class Sealer:
    """Writes the beginning, and then parts, one after the other."""

    def __init__(self, file: BinaryIO, backup: bytes) -> None:
        self._file = file
        self._backup = backup
        self._hash = hashlib.sha256()
        self.count = 0
        self._write(MAGIC + backup)

    @property
    def digest(self) -> bytes:
        """Of everything written so far."""
        return self._hash.digest()

    def write(self, data: bytes, names: Sequence[bytes], keys: Sequence[bytes], *, nonce: bytes) -> None:
        """Seal one part; `nonce` is 12 random bytes."""
        if not 0 < len(names) <= _NAMES_MAX or len(names) != len(keys):
            raise ValueError("a part has 1 to 255 names, each with its key")
        sealed = _cipher(keys).encrypt(nonce, data, _bound(self._backup, self.count, names))
        body = nonce + sealed
        self._write(bytes((len(names),)) + b"".join(names) + len(body).to_bytes(4) + body)
        self.count += 1

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(data)


def parts(file: BinaryIO) -> tuple[bytes, Iterator[Part]]:
    """The name of a backup, and its parts.

    Raises:
        BadBackup: it is none, now or while the parts are read.
    """
    start = file.read(len(MAGIC) + ID_BYTES)
    if len(start) != len(MAGIC) + ID_BYTES or not start.startswith(MAGIC):
        raise BadBackup("this is no backup of this version of Troth")
    return start[len(MAGIC) :], _parts(file, hashlib.sha256(start))


def _parts(file: BinaryIO, before: "hashlib._Hash") -> Iterator[Part]:
    number = 0
    while head := file.read(1):
        names = _exactly(file, head[0] * NAME_BYTES)
        told = _exactly(file, 4)
        length = int.from_bytes(told)
        if not head[0] or not _NONCE_BYTES + _TAG_BYTES <= length <= PART_MAX:
            raise BadBackup("a part of the backup is damaged")
        sealed = _exactly(file, length)
        each = tuple(names[at : at + NAME_BYTES] for at in range(0, len(names), NAME_BYTES))
        yield Part(number, each, sealed, before.digest())
        before.update(head + names + told + sealed)
        number += 1


def unseal(part: Part, keys: Mapping[bytes, bytes], backup: bytes) -> bytes | None:
    """What a part holds; None where a key of it is gone.

    Raises:
        BadBackup: it was changed.
    """
    found = [keys[name] for name in part.names if name in keys]
    if len(found) < len(part.names):
        return None
    bound = _bound(backup, part.number, part.names)
    try:
        return _cipher(found).decrypt(part.sealed[:_NONCE_BYTES], part.sealed[_NONCE_BYTES:], bound)
    except InvalidTag as cause:
        raise BadBackup("a part of the backup is damaged, or these keys are another backup's") from cause


def _cipher(keys: Sequence[bytes]) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_INFO).derive(b"".join(keys)))


def _bound(backup: bytes, number: int, names: Sequence[bytes]) -> bytes:
    return MAGIC + backup + number.to_bytes(8) + b"".join(names)


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise BadBackup("the backup ends too early")
    return data
