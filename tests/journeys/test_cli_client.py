"""The HTTP client of the commands: what answers is not what was expected, and where a token may travel."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from troth.api.answers import Done, Status
from troth.cli import main
from troth.cli.client import Node
from troth.errors import BadJson, BadSetting, Conflict, Denied, NodeAbsent, Refused, Unavailable


class Odd(http.server.BaseHTTPRequestHandler):
    """Answers everything with what its server was given."""

    def do_GET(self) -> None:
        status, body, headers = self.server.answer  # type: ignore[attr-defined]  # set by `answering`
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[Node]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        server.answer = (status, body, {k.replace("_", "-"): v for k, v in headers.items()})  # type: ignore[attr-defined]  # read by `Odd`
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield Node(f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()


def problem(code: str, **more: str) -> bytes:
    said = {"type": "urn:x", "title": "T", "status": 400, "detail": "D", "code": code}
    return msgspec.json.encode(said | more)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"{}", BadJson),
        (200, b"<html>", BadJson),
        (302, b"", NodeAbsent),
        (404, b"not here", NodeAbsent),
        (500, b"\xff", NodeAbsent),
        (409, problem("conflict"), Conflict),
        (403, problem("denied", reason_code="withdrawn"), Denied),
        (403, problem("from-a-later-version"), Refused),
        (500, problem("internal"), Unavailable),
    ],
)
def test_what_is_no_answer_is_told_as_what_it_is(status: int, body: bytes, error: type[Exception]) -> None:
    with answering(status, body) as node, pytest.raises(error):
        node.get("/api/status", Done)


def test_when_to_come_back_is_told() -> None:
    with answering(503, problem("unavailable"), retry_after="7") as node, pytest.raises(Unavailable) as raised:
        node.get("/api/status", Status)
    assert 7.0 == raised.value.retry_after_s
    assert "Try again in 7 s." == raised.value.hint
    with answering(503, problem("unavailable"), retry_after="soon") as node, pytest.raises(Unavailable) as raised:
        node.get("/api/status", Status)
    assert 0 == raised.value.retry_after_s


def test_what_a_node_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    (tmp_path / "operator.token").write_text("t")
    evil = problem("conflict", detail="\x1b[2Jgone\u202e", hint="a\rb")
    with answering(409, evil) as node:
        result = CliRunner().invoke(main, ["status", "--data", str(tmp_path), "--url", node.url])
    assert 1 == result.exit_code
    assert not set(result.stderr) & {"\x1b", "\u202e", "\r"}


@pytest.mark.parametrize(
    "url",
    [
        "http://troth.example",
        "http://192.168.1.5:8080",
        "http://localhost.example",
        "http://user:word@localhost",
        "http://",
        "localhost:8080",
        "file:///etc",
    ],
)
def test_a_token_travels_over_loopback_or_tls_only(url: str) -> None:
    with pytest.raises(BadSetting):
        Node(url, "token")


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1", "https://troth.example"])
def test_an_address_that_may_be_spoken_to_is_one(url: str) -> None:
    assert url == Node(url + "/", "token").url


@pytest.mark.parametrize("command", [("status",), ("thing", "revoke", "pump"), ("log", "key")])
def test_who_asks_a_node_that_runs_needs_no_settings(command: tuple[str, ...], tmp_path: Path) -> None:
    """A slip in troth.toml is in the way of the next start, and of nobody who asks the node meanwhile."""
    (tmp_path / "troth.toml").write_text("http_prot = 8081\n")
    (tmp_path / "operator.token").write_text("abc")
    asked = [*command, "--data", str(tmp_path)]
    slip = CliRunner().invoke(main, asked, env={"XDG_STATE_HOME": str(tmp_path)})
    assert "bad-setting: line 1 of troth.toml names a setting that does not exist: http_prot" in slip.stderr
    (tmp_path / "node.url").write_text("http://127.0.0.1:1")
    running = CliRunner().invoke(main, asked, env={"XDG_STATE_HOME": str(tmp_path)})
    assert "node-absent: no node answers at http://127.0.0.1:1" in running.stderr
    named = CliRunner().invoke(main, [*asked, "--url", "http://127.0.0.1:2"], env={"XDG_STATE_HOME": str(tmp_path)})
    assert "node-absent: no node answers at http://127.0.0.1:2" in named.stderr
