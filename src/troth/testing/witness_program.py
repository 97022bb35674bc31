"""A witness as a program of its own: started, spoken to over loopback, ended politely or killed.

Rules
- It is started like a user does (`troth witness run`), and keeps its port when it is started again.
- Nothing sleeps: the start is the line `The witness is ready`, and the end is the end of the process.

Left out: logs that ask it. Tests bring their own.
"""

import http.client
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from click.testing import CliRunner

from troth.cli import main
from troth.testing.program import Answer

__all__ = ["WitnessProgram"]

_READY = "The witness is ready: "
_KEY = "Its key, for whoever is to trust it: "
_STOP = "Stop with"
_ENDS_S = 20.0


class WitnessProgram:
    """One witness in `data`. Use it as a context, or start and end it by hand; after `kill` it can be started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.url = ""
        self.key = ""
        self.port = 0
        self.said: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._up = threading.Event()
        self._listening = threading.Thread(target=self._up.set)

    def command(self, *words: str) -> tuple[int, str]:
        """`troth witness WORDS --data ...` to its end, in this process: its exit code and all that it said."""
        done = CliRunner().invoke(main, ["witness", *words, "--data", str(self.data)])
        return done.exit_code, done.output

    def start(self) -> Self:
        """Start it and wait until it serves.

        Raises:
            RuntimeError: it ended instead; the message holds what it said.
        """
        command = [sys.executable, "-m", "troth", "witness", "run", "--data", str(self.data), "--port", str(self.port)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.said, self._up, self.url = [], threading.Event(), ""
        self._listening = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listening.start()
        self._up.wait()
        if not self.url:
            self._end(signal.SIGKILL)
            raise RuntimeError("the witness did not start:\n" + "\n".join(self.said))
        return self

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        """Read what it says until it ends, so that it never waits for a reader."""
        for line in process.stdout or ():
            self.said.append(line.rstrip())
            if line.startswith(_READY):
                self.url = line.removeprefix(_READY).strip()
                self.port = urlsplit(self.url).port or 0
            if line.startswith(_KEY):
                self.key = line.removeprefix(_KEY).strip()
            if line.startswith(_STOP):
                self._up.set()
        self._up.set()

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """One request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does (SIGKILL)."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(number)
        code = process.wait(timeout=_ENDS_S)
        self._listening.join()
        if process.stdout is not None:
            process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
