"""A thing's credential: got once for a claim token, kept in one file for its owner only.

Rules
- The file is made, with mode 0600, before the token is spent: a token is not lost to a folder that cannot be written.
- It is put in its place in one step and synced; a power cut leaves the old file or the new one.
- A token leaves this computer only over https, unless the caller says `in_the_clear`.

Source: docs/reference/api.md, POST /api/claim.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import ssl
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from troth_thing.errors import ClaimFailed, NoCredential

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Credential", "claim", "is_here", "load"]

_TIMEOUT_S = 30.0
_MAX_ANSWER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Credential:
    """How a thing speaks. `mqtt` is mqtt://HOST:PORT or mqtts://HOST:PORT; `topics` by stream name.

    With a certificate `credential` is empty, and `certificate`, its `key` and the `authority` to trust are PEM.
    """

    thing: str
    slug: str
    credential: str
    topics: dict[str, str]
    mqtt: str
    certificate: str = ""
    key: str = ""
    authority: str = ""

    def __repr__(self) -> str:
        return f"Credential(slug={self.slug!r}, mqtt={self.mqtt!r})"


def claim(url: str, token: str, *, file: Path, in_the_clear: bool = False) -> Credential:
    """Spend a one-time token for the thing's own credential and keep it in `file`.

    Args:
        url: address of the node, http(s)://HOST:PORT.
        token: what `troth thing add` printed.
        file: where the credential is kept, in place of what was there.
        in_the_clear: also over http to another computer, where others on the network can read it.

    Raises:
        ClaimFailed: the node did not give one, or it cannot be kept.
    """

    def asked() -> Credential:
        return read(answered(url, "/api/claim", {"token": token}, in_the_clear=in_the_clear))

    return put(file, asked)


def put(file: Path, asked: Callable[[], Credential]) -> Credential:
    """Keep what `asked` gives in `file`, which is made before it is called.

    Raises:
        ClaimFailed: it cannot be kept, or was not given.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.unlink(missing_ok=True)
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as cause:
        raise ClaimFailed(f"{file} cannot be written ({cause.strerror}); the token is not spent") from cause
    try:
        with os.fdopen(number, "wb") as out:
            got = asked()
            out.write(json.dumps({k: v for k, v in asdict(got).items() if v != ""}, indent=1).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
        sync_folder(file.parent)
    except OSError as cause:
        raise ClaimFailed(f"{file} could not be written ({cause.strerror}); make a new token") from cause
    finally:
        fresh.unlink(missing_ok=True)
    return got


def load(file: Path) -> Credential:
    """Read what `claim` kept.

    Raises:
        NoCredential: it is not there or is none, or others than its owner can read it.
    """
    try:
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise NoCredential(f"others can read {file}: chmod 600 it, and get a new credential if they did")
        return read(file.read_bytes())
    except (OSError, ClaimFailed) as cause:
        raise NoCredential(f"there is no credential in {file}") from cause


def is_here(host: str) -> bool:
    """Whether what is sent to this host stays on this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def answered(url: str, path: str, asked: dict[str, str], *, in_the_clear: bool) -> bytes:
    """What the node answers to one POST.

    Raises:
        ClaimFailed: nobody answers, the node says no, or a token would go in the clear.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        raise ClaimFailed("the address of a node is http://HOST:PORT or https://HOST:PORT")
    if parts.scheme == "http" and not is_here(host) and not in_the_clear:
        raise ClaimFailed("a token is not sent in the clear to another computer")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_S)
    try:
        body = json.dumps(asked).encode()
        connection.request("POST", f"{parts.path.rstrip('/')}{path}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read(_MAX_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as cause:
        raise ClaimFailed(f"no node answers at {url}") from cause
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise ClaimFailed(f"the node gave no credential (HTTP {answer.status}): {_detail(data)}")
    return data


def _detail(data: bytes) -> str:
    """The sentence of a problem document (RFC 9457), with everything invisible escaped."""
    try:
        said = json.loads(data)
    except ValueError:
        return "it said nothing that can be read"
    text = said.get("detail", "") if isinstance(said, dict) else ""
    return "".join(each if each.isprintable() else "?" for each in str(text)[:500])


def read(data: bytes) -> Credential:
    """What a node or a file says of a credential.

    Raises:
        ClaimFailed: it is none.
    """
    try:
        said = json.loads(data)
        topics = {str(name): str(topic) for name, topic in said["topics"].items()}
        held = {name: str(said.get(name, "")) for name in ("credential", "certificate", "key", "authority")}
        if not held["credential"] and not held["certificate"] and "mqtts" not in said:
            raise KeyError
        return Credential(str(said["thing"]), str(said["slug"]), topics=topics, mqtt=str(said["mqtt"]), **held)
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise ClaimFailed("this is no credential of a thing") from cause
