"""Which node a command means, and which token it may use: the operator's in the data folder, a person's in their own state.

Rules
- An address is, first found: --url or TROTH_URL, what a running node wrote into its data folder, the settings.
- The operator's token is read from the data folder and goes nowhere but to that address.
- A person's session is kept in one file of theirs, readable by nobody else, with the address it is for; it is never sent
  to another.

Source: runtime.md (operator token in a 0600 file); XDG Base Directory Specification 0.8.
Left out: several sessions at once; entering again replaces the one before.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import click
import msgspec

from troth.cli.client import Node
from troth.errors import FolderNotWritable, NodeAbsent, WrongToken
from troth.settings import Settings, folder_of, load

__all__ = [
    "TOKEN_FILE",
    "URL_FILE",
    "Session",
    "address",
    "as_anyone",
    "as_nobody",
    "as_operator",
    "as_person",
    "forget_session",
    "keep_session",
    "session",
    "settings_of",
    "state_folder",
    "write_privately",
]

TOKEN_FILE: Final = "operator.token"  # noqa: S105 - the name of a file, as in app/serve
URL_FILE: Final = "node.url"
SESSION_FILE: Final = "session.json"
P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])
_META: Final = "troth.cli.places."


def _option(name: str, *, help: str, envvar: str | None = None) -> Callable[[F], F]:  # noqa: A002 - click's word
    """An option that says which node or token is meant; the command itself does not see it."""

    def kept(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        context.meta[_META + name.lstrip("-")] = value

    return click.option(name, envvar=envvar, help=help, expose_value=False, callback=kept)


_data_option: Final = _option("--data", help="Data folder of the node.")
_url_option: Final = _option(
    "--url", envvar="TROTH_URL", help="Address of the node, where its data folder is not here."
)


def _said(name: str) -> str | None:
    """What such an option was given."""
    value = click.get_current_context().meta.get(_META + name)
    return value if isinstance(value, str) else None


class Session(msgspec.Struct, frozen=True):
    """A session and the address of the node it is for."""

    url: str
    session: str


def as_operator(command: Callable[Concatenate[Node, P], R]) -> Callable[P, R]:
    """Give a command the node of a data folder with the operator's token, and the options that name it."""

    @_data_option
    @_url_option
    @wraps(command)
    def found(*args: P.args, **kwargs: P.kwargs) -> R:
        folder = folder_of(os.environ, _said("data"))
        try:
            token = (folder / TOKEN_FILE).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as cause:
            raise NodeAbsent(
                f"there is no operator's token that can be read in {folder}",
                hint="Name the data folder of your node with --data; 'troth up' makes one.",
            ) from cause
        return command(Node(address(_said("url"), _said("data")), token), *args, **kwargs)

    return found


def as_person(command: Callable[Concatenate[Node, P], R]) -> Callable[P, R]:
    """Give a command the node that the person entered, in their session."""

    @wraps(command)
    def found(*args: P.args, **kwargs: P.kwargs) -> R:
        kept = session()
        if kept is None:
            raise WrongToken("nobody has entered here", hint="Enter with the link you were given: troth enter LINK")
        return command(Node(kept.url, kept.session), *args, **kwargs)

    return found


def as_anyone(command: Callable[Concatenate[Node, P], R]) -> Callable[P, R]:
    """Give a command the node, with the token it is told, the person's session for that node, or none."""

    @_data_option
    @_url_option
    @_option("--token", envvar="TROTH_TOKEN", help="A recipient's token; else your session, else none.")
    @wraps(command)
    def found(*args: P.args, **kwargs: P.kwargs) -> R:
        data, url, token = _said("data"), _said("url"), _said("token")
        kept = session() if token is None else None
        if kept is not None and url is None and data is None:
            return command(Node(kept.url, kept.session), *args, **kwargs)
        where = address(url, data)
        if kept is not None and kept.url == where:
            token = kept.session
        return command(Node(where, token), *args, **kwargs)

    return found


def as_nobody(command: Callable[Concatenate[Node, P], R]) -> Callable[P, R]:
    """Give a command the node without any token."""

    @_data_option
    @_url_option
    @wraps(command)
    def found(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(Node(address(_said("url"), _said("data"))), *args, **kwargs)

    return found


def address(url: str | None, data: str | None) -> str:
    """Where the node is. The settings are asked last: what is wrong in them is no matter to who asks a node that runs."""
    if url is not None:
        return url.rstrip("/")
    with suppress(OSError, UnicodeDecodeError):
        written = (folder_of(os.environ, data) / URL_FILE).read_text(encoding="ascii").strip()
        if written:
            return written
    return settings_of(data).url


def session() -> Session | None:
    """The session that is kept, or None."""
    try:
        return msgspec.json.decode(_session_file().read_bytes(), type=Session)
    except (OSError, msgspec.DecodeError):
        return None


def keep_session(kept: Session) -> Path:
    """Keep a session in place of the one before; returns where.

    Raises:
        FolderNotWritable: the folder of state cannot be written.
    """
    path = _session_file()
    write_privately(path, msgspec.json.encode(kept) + b"\n")
    return path


def forget_session() -> None:
    """Keep none any more."""
    with suppress(OSError):
        _session_file().unlink()


def write_privately(path: Path, data: bytes) -> None:
    """Put a file of 0600 in the place of what is there, in one step.

    Raises:
        FolderNotWritable: it cannot be made.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            fresh.unlink()
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(data)
        fresh.replace(path)
    except OSError as cause:
        raise FolderNotWritable(
            f"{path} cannot be written ({cause.strerror})",
            hint="Make space, mend its rights, or move away what is there.",
        ) from cause


def state_folder() -> Path:
    """Where commands keep what is for going on with (XDG state)."""
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    state = named if named.is_absolute() else Path("~").expanduser() / ".local" / "state"
    return state / "troth"


def _session_file() -> Path:
    return state_folder() / SESSION_FILE


def settings_of(data: str | None) -> Settings:
    """The settings that a command goes by."""
    return load(os.environ, {"data": data})
