"""Private keys as files: one per key, readable by its owner only, wrapped where a passphrase is set.

Rules
- A file is PKCS #8, raw; or, where a passphrase is set, the same sealed: a CBOR map {format, salt, nonce, sealed},
  AES-256-GCM under a key that Argon2id makes of the passphrase, bound to the key's name. (PKCS #8's own encryption, as the
  library offers it, stretches a passphrase by 2,048 rounds of PBKDF2: too few.)
- A key is durable before its Signer is given: write beside, sync, link under its name, sync the folder. `link` refuses a
  name that is taken, so that two makers cannot both believe to have made it.
- Permissions are 0700 for the folder and 0600 for files. A file that others can read is refused, not mended: it may have
  been read already.

Source: signing/keys (the port); RFC 5958, RFC 5915, RFC 8410, RFC 9881 (PKCS #8; of ML-DSA the seed);
RFC 9106 §4 (Argon2id: passes and memory of the
second recommended option, but one lane).
Left out: hardware keys, agents, rotation. Keys are never in one backup with what they open (record.md).
"""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from troth.errors import (
    BadName,
    Conflict,
    DiskFull,
    FolderNotWritable,
    FormatTooNew,
    Malformed,
    NotFound,
    StorageFailed,
)
from troth.names import check_slug
from troth.signing import cbor
from troth.signing.boxes import Opener
from troth.signing.cose import KeyKind, Signer
from troth.signing.keys import SEED_BYTES, fresh, signer_of

__all__ = ["KeyFolder"]

_SUFFIX: Final = ".pk8"
_FROM_BACKUP: Final = "Bring it back from where it was copied to: another key cannot speak for this place."
_FORMAT: Final = 1
_BESIDE: Final = ".*.new"  # behind the name, with the number of the process between
_SALT_BYTES: Final = 16  # RFC 9106 §3.1
_NONCE_BYTES: Final = 12  # NIST SP 800-38D §5.2.1.1
_ARGON2_PASSES: Final = 3  # RFC 9106 §4, second recommended option: 3 passes, 64 MiB
# DANGER: with 4 lanes OpenSSL takes threads of its own, and several derivations at once wait for each other for ever (seen
# with cryptography 50.0: 8 threads, every time). One lane takes none; the turn below keeps the memory at 64 MiB as well.
_ARGON2_LANES: Final = 1
_ARGON2_KIB: Final = 65_536
# Two derivations of several lanes at once never return (seen with OpenSSL 4.0.3 and 2 threads; one lane does). The lock is
# the process's, not the store's: the threads that the lanes run on are shared by all.
_STRETCHING: Final = threading.Lock()
_PKCS8_FIRST: Final = b"\x30"  # an ASN.1 SEQUENCE; a CBOR map begins with 0xa4


class KeyFolder:
    """A KeyStore in a folder.

    Args:
        folder: made if it is not there.
        randomness: gives that many random bytes.
        passphrase: wraps new keys and opens wrapped ones; None leaves them raw. Keys made without one stay raw.
        alone: whoever opens it holds the data folder, so that nobody else makes a key: copies that a crash left are removed.

    Raises:
        FolderNotWritable: the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        *,
        randomness: Callable[[int], bytes] = os.urandom,
        passphrase: bytes | None = None,
        alone: bool = False,
    ) -> None:
        self._folder = folder
        self._randomness = randomness
        self._turn = threading.Lock()
        self._passphrase = passphrase
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as cause:
            raise FolderNotWritable(f"the folder of keys cannot be made ({cause.strerror})") from cause
        if alone:
            self._sweep()

    def _sweep(self, stem: str = "*") -> None:
        """Remove copies that a crash left beside their place: nobody else knows them, and they are as good as the key."""
        with self._turn:
            with _system("listed"):
                left = [path for path in self._folder.iterdir() if path.match(stem + _BESIDE)]
            if left:
                with _system("removed"):
                    for path in left:
                        path.unlink(missing_ok=True)
                    _sync_folder(self._folder)

    def create(self, name: str, *, kind: KeyKind = KeyKind.ED25519) -> Signer:
        path = self._path(name)
        private = fresh(kind, self._randomness)
        raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self._keep(raw, path)
        return signer_of(private)

    def create_opener(self, name: str) -> Opener:
        path = self._path(name)
        private = X25519PrivateKey.from_private_bytes(self._randomness(SEED_BYTES))
        self._keep(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), path)
        return Opener(private)

    def _keep(self, raw: bytes, path: Path) -> None:
        """Put a key where it stays, durably, unless its name is taken."""
        beside = path.with_suffix(f".{os.getpid()}.new")
        with self._turn, _system("kept"):
            data = raw if self._passphrase is None else self._seal(raw, path.stem, passphrase=self._passphrase)
            beside.unlink(missing_ok=True)  # left by an earlier program that had this process number and died
            try:
                _write_synced(beside, data)
                try:
                    os.link(beside, path)
                except FileExistsError as cause:
                    raise Conflict("a key of this name is there already") from cause
            finally:
                beside.unlink(missing_ok=True)
            _sync_folder(self._folder)

    def signer(self, name: str) -> Signer:
        data = self._read(self._path(name))
        with self._turn:
            return self._unwrap(data, name)

    def opener(self, name: str) -> Opener:
        data = self._read(self._path(name))
        with self._turn:
            raw = self._unseal(data, name) if data[:1] != _PKCS8_FIRST else data
        with suppress(TypeError, ValueError):
            private = load_der_private_key(raw, None)
            if isinstance(private, X25519PrivateKey):
                return Opener(private)
        raise StorageFailed("the file of a private key is damaged", hint=_FROM_BACKUP)

    def _read(self, path: Path) -> bytes:
        with _system("read"):
            try:
                if stat.S_IMODE(path.stat().st_mode) & 0o077:
                    raise StorageFailed(
                        "a private key can be read by others on this computer",
                        hint="Find out who could have read it. If nobody did, set its permissions to 0600.",
                    )
                return path.read_bytes()
            except FileNotFoundError as cause:
                raise NotFound("there is no key of this name") from cause

    def names(self) -> tuple[str, ...]:
        with _system("listed"):
            found = [path.stem for path in self._folder.iterdir() if path.suffix == _SUFFIX]
        names = []
        for name in sorted(found):
            with suppress(BadName):  # a stranger's file
                names.append(str(check_slug(name)))
        return tuple(names)

    def forget(self, name: str) -> None:
        path = self._path(name)
        with self._turn, _system("removed"):
            try:
                path.unlink()
            except FileNotFoundError as cause:
                raise NotFound("there is no key of this name") from cause
            _sync_folder(self._folder)
        self._sweep(path.stem)

    def _path(self, name: str) -> Path:
        return self._folder / (check_slug(name) + _SUFFIX)

    def _seal(self, raw: bytes, name: str, *, passphrase: bytes) -> bytes:
        salt, nonce = self._randomness(_SALT_BYTES), self._randomness(_NONCE_BYTES)
        sealed = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, raw, name.encode())
        return cbor.encode({"format": _FORMAT, "salt": salt, "nonce": nonce, "sealed": sealed})

    def _unwrap(self, data: bytes, name: str) -> Signer:
        raw = self._unseal(data, name) if data[:1] != _PKCS8_FIRST else data
        with suppress(TypeError, ValueError):
            private = load_der_private_key(raw, None)
            if isinstance(private, Ed25519PrivateKey | MLDSA44PrivateKey):
                return signer_of(private)
            if isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1):
                return signer_of(private)
        raise StorageFailed("the file of a private key is damaged", hint=_FROM_BACKUP)

    def _unseal(self, data: bytes, name: str) -> bytes:
        try:
            fields = cbor.decode_map(data)
        except Malformed as cause:
            raise StorageFailed("the file of a private key is damaged", hint=_FROM_BACKUP) from cause
        match fields:
            case {"format": int() as written} if written > _FORMAT:
                raise FormatTooNew("a private key was written by a newer Troth than this one")
            case {"format": 1, "salt": bytes() as salt, "nonce": bytes() as nonce, "sealed": bytes() as sealed}:
                if self._passphrase is None:
                    raise StorageFailed("a private key is wrapped with a passphrase, and none was given")
                with suppress(InvalidTag, ValueError):
                    return AESGCM(_stretch(self._passphrase, salt)).decrypt(nonce, sealed, name.encode())
        raise StorageFailed(
            "a private key cannot be opened",
            hint="Is the passphrase the one it was wrapped with? Is the file whole, and under its own name?",
        )


def _stretch(passphrase: bytes, salt: bytes) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=_ARGON2_PASSES, lanes=_ARGON2_LANES, memory_cost=_ARGON2_KIB)
    with _STRETCHING:
        return kdf.derive(passphrase)


def _write_synced(path: Path, data: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _system(deed: str) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        if cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                "no space is left where the keys lie", hint="Free some space there and start again."
            ) from cause
        raise StorageFailed(
            f"a private key could not be {deed} ({cause.strerror})", hint="Look at who may read the folder of keys."
        ) from cause
