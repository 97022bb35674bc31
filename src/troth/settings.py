"""One frozen Settings from file and environment.

Rules
- Every field has a working default; its unit is in its name; its heading is in docs/reference/settings.md.
- Order, later wins: defaults, `troth.toml` in the data folder, environment (`TROTH_HTTP_PORT` for `http_port`), what
  the command line was given.
- A name nobody knows and a value out of range are refused with `BadSetting`; nothing is guessed, nothing ignored.
- Read by `app`, `cli`, `drivers` and `testing` only (import contract 7); everybody else is given values.

Source: TOML 1.0; XDG Base Directory Specification 0.8 for the folder of state.
Left out: the log's `origin` when it is not set. It is made at first start, kept with the log and fixed for life, so it
is the node's to find and not a default that could be made twice.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec

from troth.errors import BadSetting

__all__ = ["FILE_NAME", "Demo", "Https", "Settings", "Tls", "folder_of", "load"]

FILE_NAME: Final = "troth.toml"
PREFIX: Final = "TROTH_"
# Names of the environment that start with the prefix but are not settings: they belong to commands and to the project's tests.
NOT_SETTINGS: Final = frozenset(
    {
        "TROTH_TEST_DATA",
        "TROTH_TEST_DISK",
        "TROTH_TEST_JOBS",
        "TROTH_REQUIRE_DATA",
        "TROTH_REQUIRE_STRANGERS",
        "TROTH_PYTHON",
        "TROTH_URL",
        "TROTH_TOKEN",
        "TROTH_TRUST",
        "TROTH_PASSWORD",
    }
)

_ALL: Final = "docs/reference/settings.md lists every setting."
_SHOWN: Final = 60  # of a name that is none
_STORE: Final = r"^[a-z][a-z0-9+.-]*:[^\s][^\n]*\Z"
_ORIGIN: Final = r"^[A-Za-z0-9][A-Za-z0-9./_-]{0,254}\Z"  # C2SP tlog-checkpoint: no scheme, no spaces, no plus sign
_SMTP_URL: Final = r"^smtps?://[^/?#\s]+/?\Z"
_BASE_URL: Final = r"^https?://[^/?#\s]+(?:/[^?#\s]*)?\Z"
_BY_NAME: Final = frozenset({"127.0.0.1", "0.0.0.0", "::", "localhost"})  # noqa: S104 - compared with, not listened on

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
StoreUrl = Annotated[str, msgspec.Meta(pattern=_STORE, max_length=500)]


class Demo(StrEnum):
    """Whether the demonstration neighbourhood starts with the node."""

    ON = "on"
    OFF = "off"


class Tls(StrEnum):
    """Whether things can speak MQTT over TLS."""

    ON = "on"
    OFF = "off"


class Https(StrEnum):
    """Whether pages and the HTTP interface are served over TLS, and by whose certificate."""

    OFF = "off"
    OWN = "own"
    GIVEN = "given"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one deployment is set up. Store URLs name a driver and, for local ones, a path relative to `data`."""

    data: str = "troth-data"
    bind: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] = "127.0.0.1"
    http_port: Port = 8080
    mqtt_port: Port = 1883
    tls: Tls = Tls.OFF
    mqtts_port: Port = 8883  # MQTT 5.0 §4.2: registered for MQTT over TLS
    tls_bind: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] = "127.0.0.1"
    tls_names: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    https: Https = Https.OFF
    https_port: Port = 8443
    https_bind: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] = "127.0.0.1"
    https_certificate: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)] | None = None
    https_key: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)] | None = None
    trusted_proxies: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    base_url: Annotated[str, msgspec.Meta(pattern=_BASE_URL, max_length=500)] | None = None
    origin: Annotated[str, msgspec.Meta(pattern=_ORIGIN)] | None = None
    demo: Demo = Demo.ON
    segment_tick_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 10  # record.md: stated in the gate's key statement
    commit_ms: Annotated[int, msgspec.Meta(ge=2, le=10)] = 2  # things.md, The writer: every 2 to 10 ms
    log_lag_s: Annotated[float, msgspec.Meta(ge=0.1, le=1.5)] = 1.0  # record.md, The journal: at most 1.5 s
    journal: StoreUrl = "sqlite:journal.db"
    conduct: StoreUrl = "sqlite:conduct.db"
    observations: StoreUrl = "sqlite:partitions"
    ledgers: StoreUrl = "sqlite:ledgers.db"
    accounts: StoreUrl = "sqlite:accounts.db"
    sessions: StoreUrl = "sqlite:sessions.db"
    log: StoreUrl = "folder:log"
    keys: StoreUrl = "file:keys"
    outside_dir: str | None = None
    disk_reserve_mib: Annotated[int, msgspec.Meta(ge=0, le=1_048_576)] = 256  # what 2,000,000 unmoved rows may need
    thing_messages_per_s: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10_000  # docs/decisions/0043
    thing_kib_per_s: Annotated[int, msgspec.Meta(ge=1, le=1_048_576)] = 16_384
    caller_ms_per_s: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 400  # docs/decisions/0046
    witness_policy: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    smtp_url: Annotated[str, msgspec.Meta(pattern=_SMTP_URL, max_length=500)] | None = None
    mail_from: Annotated[str, msgspec.Meta(min_length=3, max_length=254)] | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=100)] = ""
    data_protection_authority: Annotated[str, msgspec.Meta(max_length=500)] = ""
    data_act_authority: Annotated[str, msgspec.Meta(max_length=500)] = ""
    operator_mail: Annotated[str, msgspec.Meta(min_length=3, max_length=254)] | None = None

    def __post_init__(self) -> None:
        """Refuse what the types cannot express."""
        if self.http_port != 0 and self.http_port == self.mqtt_port:
            raise ValueError("http_port and mqtt_port are the same number")
        if self.tls is Tls.ON and self.mqtts_port and self.mqtts_port in {self.http_port, self.mqtt_port}:
            raise ValueError("mqtts_port and another port are the same number")

        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError("smtp_url is given, and mail_from is not")
        if self.https is Https.GIVEN and not (self.https_certificate and self.https_key):
            raise ValueError("https is given, and https_certificate and https_key are not")
        others = {self.http_port, self.mqtt_port, self.mqtts_port if self.tls is Tls.ON else 0}
        if self.https is not Https.OFF and self.https_port and self.https_port in others:
            raise ValueError("https_port and another port are the same number")

    @property
    def disk_reserve(self) -> int:
        """Bytes that are to stay free."""
        return self.disk_reserve_mib * 1_048_576

    @property
    def folder(self) -> Path:
        """The data folder as a path.

        Raises:
            BadSetting: the text is not a path, or names the home of somebody who does not exist.
        """
        return _folder(self.data)

    @property
    def url(self) -> str:
        """Where people reach the node: `base_url` without a closing slash, or this computer."""
        if self.base_url is None and self.https is not Https.OFF:
            first = self.named[0]
            return f"https://{f'[{first}]' if ':' in first else first}:{self.https_port}"
        return (self.base_url or self.local_url).rstrip("/")

    @property
    def local_url(self) -> str:
        """Where commands on this computer reach the node, in the clear."""
        return f"http://{_host(self.web_bind)}:{self.http_port}"

    @property
    def web_bind(self) -> str:
        """Where pages are listened for in the clear: beyond this computer only for proxies that are named."""
        if self.trusted_proxies.strip() or self.bind in _LOOPBACK:
            return self.bind
        return "::1" if ":" in self.bind and self.bind != "::" else "127.0.0.1"

    @property
    def mqtt_url(self) -> str:
        """Where things reach the node over MQTT."""
        return f"mqtt://{self.host}:{self.mqtt_port}"

    @property
    def mqtts_url(self) -> str:
        """Where things reach the node over MQTT and TLS."""
        first = self.named[0]
        return f"mqtts://{f'[{first}]' if ':' in first else first}:{self.mqtts_port}"

    @property
    def named(self) -> tuple[str, ...]:
        """The names that the node's certificate is good for: `tls_names`, and always this computer."""
        said = [name.strip() for name in self.tls_names.split(",") if name.strip()]
        binds = [self.tls_bind] if self.https is Https.OFF else [self.tls_bind, self.https_bind]
        own = [each for each in binds if each not in _BY_NAME]
        return tuple(dict.fromkeys((*said, *own, "localhost", "127.0.0.1", "::1")))

    @property
    def host(self) -> str:
        """This computer in the address at which things speak MQTT: `localhost`, or the one address that it listens on."""
        return _host(self.bind)


def _host(bind: str) -> str:
    if bind in _BY_NAME:
        return "localhost"
    return f"[{bind}]" if ":" in bind else bind


def load(environ: Mapping[str, str], given: Mapping[str, str | int | float | None]) -> Settings:
    """Put the settings together.

    Args:
        environ: the environment; XDG_STATE_HOME and HOME tell where state lies, TROTH_* are settings.
        given: what the command line was given, by field name; None means "not given".

    Raises:
        BadSetting: the file cannot be read, a name is unknown, a value is of the wrong type or out of range.
    """
    said = {name: value for name, value in given.items() if value is not None}
    spoken = _from_environment(environ)
    for name in said:
        _known(name, where="the command line")
    path = folder_of(environ, said.get("data")) / FILE_NAME
    written, lines = _from_file(path)
    merged: dict[str, object] = {**written, **spoken, **said}
    if merged.get("outside_dir") is None:
        merged["outside_dir"] = str(_state_home(environ) / "troth")
    try:
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as cause:
        name, words = _plain(str(cause))
        in_file = name in written and name not in spoken and name not in said
        where = f" (line {lines[name]} of {FILE_NAME})" if in_file and name in lines else ""
        raise BadSetting(words + where, hint=_hint(path) if in_file else _ALL) from cause


def folder_of(environ: Mapping[str, str], data: object = None) -> Path:
    """The data folder, which no file says: what the command line was given, the environment, the default.

    Raises:
        BadSetting: it is no path.
    """
    return _folder(str(data) if data is not None else environ.get(PREFIX + "DATA") or Settings().data)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings among the environment; an empty value counts as not set."""
    found: dict[str, str] = {}
    for key, value in environ.items():
        if not key.startswith(PREFIX) or key in NOT_SETTINGS or not value:
            continue
        name = key.removeprefix(PREFIX).lower()
        _known(name, where=f"the environment ({key})")
        found[name] = value
    return found


def _from_file(path: Path) -> tuple[dict[str, object], dict[str, int]]:
    """The settings of a file and their lines; a file that is not there is an empty one (`app` looks at the folder)."""
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}, {}
    except tomllib.TOMLDecodeError as cause:
        raise BadSetting(f"{FILE_NAME} is not TOML: {cause}", hint=_hint(path)) from cause
    except UnicodeDecodeError as cause:
        raise BadSetting(f"{FILE_NAME} is not text in UTF-8", hint=_hint(path)) from cause
    except OSError as cause:
        raise BadSetting(f"{FILE_NAME} cannot be read ({cause.strerror})", hint=_hint(path)) from cause
    lines = {match[1]: number for number, line in enumerate(text.splitlines(), 1) if (match := _NAMED.match(line))}
    for name, value in found.items():
        where = f"line {lines[name]} of {FILE_NAME}" if name in lines else FILE_NAME
        _known(name, where=where, hint=_hint(path))
        if name == "data":
            raise BadSetting(
                f"data cannot stand in {where}: the file is found through it", hint="Use --data DIR or TROTH_DATA."
            )
        if type(value) not in _FILE_TYPES[name]:
            raise BadSetting(f"{name} in {where} is of the wrong type", hint=_hint(path))
    return found, lines


_NAMED: Final = re.compile(r"""\s*\[*\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.\]]""")  # TOML 1.0: keys, and names of tables

_FILE_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    field.name: {int: (int,), float: (int, float)}.get(type(field.default), (str,))
    for field in msgspec.structs.fields(Settings)
}


def _hint(path: Path) -> str:
    return f"Mend it, or move it away to start without: {path} - {_ALL}"


_WORDS: Final[Mapping[str, str]] = {"`int`": "a whole number", "`float`": "a number", "`str`": "text"}


def _folder(text: str) -> Path:
    """The data folder as a path; `~` is the home of whoever runs the node."""
    try:
        path = Path(text).expanduser()
        os.fsencode(path)
    except (RuntimeError, ValueError) as cause:
        raise BadSetting("data is not a path of this computer", hint="Name a folder with --data DIR.") from cause
    if not text or "\0" in text:
        raise BadSetting("data is not a path of this computer", hint="Name a folder with --data DIR.")
    return path


def _known(name: str, *, where: str, hint: str = "") -> None:
    if name not in _FILE_TYPES:
        near = difflib.get_close_matches(name, _FILE_TYPES, n=1)
        meant = f"; is {near[0]} meant?" if near else ""
        said = f"{name[:_SHOWN]}..." if len(name) > _SHOWN else name
        raise BadSetting(f"{where} names a setting that does not exist: {said}{meant}", hint=hint or _ALL)


def _state_home(environ: Mapping[str, str]) -> Path:
    """XDG_STATE_HOME, which counts only when absolute; else ~/.local/state."""
    named = Path(environ.get("XDG_STATE_HOME", ""))
    if named.is_absolute():
        return named
    try:
        return Path(environ.get("HOME", "~")).expanduser() / ".local" / "state"
    except RuntimeError as cause:
        raise BadSetting(
            "whoever runs this has no home folder, where the copy of the checkpoint would lie",
            hint="Set XDG_STATE_HOME to a folder, or outside_dir: docs/reference/settings.md lists every setting.",
        ) from cause


def _plain(text: str) -> tuple[str, str]:
    """The setting of a validation message, and the message so that it begins with it: "http_port: expected ..."."""
    match = re.fullmatch(r"(.*?)(?: - at `\$\.?([a-z_]*)`)?", text, re.DOTALL)
    if match is None or not match[2]:
        return "", text
    said = re.sub(r" matching regex .*", " of another form", match[1], flags=re.DOTALL)
    for name, word in _WORDS.items():
        said = said.replace(name, word)
    return match[2], f"{match[2]}: {said[:1].lower()}{said[1:]}"
