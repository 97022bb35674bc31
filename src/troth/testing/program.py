"""A node as a program of its own: started, spoken to over loopback, ended politely or killed.

Rules
- It is started like a user does (`troth up`), on ports the system gives, with its state in a folder of the test.
- Nothing sleeps: the start is the line `Troth is ready`, and the end is the end of the process.

Left out: load. Tests and benches bring their own clients.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

__all__ = ["Answer", "NodeProgram"]

_READY = "Troth is ready: "
_MQTT = "Things speak MQTT at: "
_MQTTS = "Things speak MQTT over TLS at: "
_LINK = "You run this place. "
_ENDS_S = 60.0


class Answer:
    """An HTTP answer, read to its end."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> object:
        """The body as JSON."""
        return json.loads(self.body)


class NodeProgram:
    """One node in `data`. Use it as a context, or start and end it by hand; after `kill` it can be started again.

    `program` is another module that takes the same options and says the same, with what stands before them.
    """

    def __init__(
        self,
        data: Path,
        *,
        settings: Mapping[str, str] | None = None,
        options: tuple[str, ...] = (),
        program: tuple[str, ...] = ("troth", "up"),
    ) -> None:
        self.data = data
        self._program = program
        self._settings = dict(settings or {})
        self._options = options or ("--no-demo",)
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.http_port = 0
        self.mqtt_port = 0
        self.mqtts_port = 0
        self.said: list[str] = []
        self._up = threading.Event()
        self._listening = threading.Thread(target=self._up.set)

    def start(self) -> Self:
        """Start it and wait until it serves.

        Raises:
            RuntimeError: it ended instead; the message holds what it said.
        """
        outside = self.data.parent / (self.data.name + "-state")
        environ = {k: v for k, v in os.environ.items() if not k.startswith("TROTH_")}
        environ |= {"XDG_STATE_HOME": str(outside), "PYTHONUNBUFFERED": "1", **self._settings}
        command = [
            sys.executable,
            "-m",
            *self._program,
            "--data",
            str(self.data),
            "--http-port",
            "0",
            "--mqtt-port",
            "0",
        ]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environ,
        )
        self.said, self._up = [], threading.Event()
        self._listening = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listening.start()
        self._up.wait()
        if not self.mqtt_port:
            self._end(signal.SIGKILL)
            raise RuntimeError("the node did not start:\n" + "\n".join(self.said))
        return self

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        """Read what it says until it ends, so that it never waits for a reader."""
        for line in process.stdout or ():
            self.said.append(line.rstrip())
            if line.startswith(_READY):
                self.url = line.removeprefix(_READY).strip()
                self.http_port = urlsplit(self.url).port or 0
            if line.startswith(_MQTT):
                self.mqtt_port = urlsplit(line.removeprefix(_MQTT).strip()).port or 0
            if line.startswith(_MQTTS):
                self.mqtts_port = urlsplit(line.removeprefix(_MQTTS).strip()).port or 0
            if line.startswith(_LINK):
                self._up.set()
        self._up.set()

    @property
    def pid(self) -> int:
        """The process."""
        if self._process is None:
            raise RuntimeError("the node is not running")
        return self._process.pid

    @property
    def operator(self) -> str:
        """The operator's token."""
        return (self.data / "operator.token").read_text(encoding="ascii").strip()

    def connect(self, body: Mapping[str, object]) -> Answer:
        """Look at a thing's sheet as the operator, and connect it."""
        looked = self.ask("POST", "/api/things", token=self.operator, body=body).json()
        sheet = looked["digest"] if isinstance(looked, dict) else None
        return self.ask("POST", "/api/things", token=self.operator, body={**body, "sheet": sheet})

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. A body that is not bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("content-type", "application/json")
        try:
            connection.request(method, path, body=data, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def ended(self) -> int:
        """Wait until it ends by itself; returns its exit code."""
        return self._end(None)

    def kill(self) -> None:
        """End it as a crash does (SIGKILL)."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals | None) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if number is not None and process.poll() is None:
            process.send_signal(number)
        code = process.wait(timeout=_ENDS_S)
        self._listening.join()
        if process.stdout is not None:
            process.stdout.close()
        self.mqtt_port = 0
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
