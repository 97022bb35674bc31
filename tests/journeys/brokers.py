"""Real brokers of other people on loopback, and the bridge as a program: for test_bridge.py."""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import paho.mqtt.client
import paho.mqtt.publish
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from troth.clock import NS_PER_S, SystemClock

__all__ = ["Bridge", "Broker", "free_port", "until"]

WAIT_S = 60.0
_MOSQUITTO = (
    "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\nuser {user}\n"
)
_NATS = """server_name: "here"
listen: "127.0.0.1:{own}"
jetstream {{ store_dir: "{folder}" }}
mqtt {{ listen: "127.0.0.1:{port}" }}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def until(true: Callable[[], bool]) -> None:
    """Ask again until it is true. Each asking waits for an answer of a node, so nothing sleeps and nothing spins."""
    clock = SystemClock()
    end = clock.ticks() + int(WAIT_S * NS_PER_S)
    while not true():
        assert clock.ticks() < end, "it did not come true"


class Broker:
    """mosquitto or nats-server, as a program of its own."""

    def __init__(self, kind: str, folder: Path, *, secure: tuple[int, Path] | None = None) -> None:
        program = shutil.which(kind) or shutil.which(f"/usr/sbin/{kind}")
        if program is None:
            pytest.skip(f"{kind} is not installed")
        folder.mkdir()
        self.kind = kind
        self.port = free_port()
        self._ready = "running" if kind == "mosquitto" else "Server is ready"
        template = _MOSQUITTO if kind == "mosquitto" else _NATS
        file = folder / "broker.conf"
        # Started by root, mosquitto becomes another user, who could not write here.
        file.write_text(template.format(port=self.port, own=free_port(), folder=folder, user=getpass.getuser()))
        if secure is not None:  # mosquitto: another port, with the certificate in that folder
            port, tls = secure
            with file.open("a") as config:
                config.write(f"\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
                config.write(f"certfile {tls}/server.pem\nkeyfile {tls}/server.key\n")
        self._command = [program, "-c", str(file)]
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if self._ready in line:
                break
        self._reading = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(WAIT_S)
            self._reading.join()
            if self._process.stderr is not None:
                self._process.stderr.close()
            self._process = None

    def publish(self, *messages: tuple[str, object], retain: bool = False) -> None:
        """Publish with QoS 1, and wait until the broker has them."""
        texts = [(topic, each if isinstance(each, str) else json.dumps(each)) for topic, each in messages]
        said: list[
            paho.mqtt.publish.MessageDict | tuple[str, str | bytes | bytearray | int | float | None, int, bool]
        ] = [(topic, each, 1, retain) for topic, each in texts]
        paho.mqtt.publish.multiple(said, hostname="127.0.0.1", port=self.port)

    def say(self, topic: str, value: object, user: Mapping[str, str]) -> None:
        """Publish one message over MQTT 5 with user properties, and wait until the broker has it."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it so
        properties.UserProperty = list(user.items())
        client = paho.mqtt.client.Client(CallbackAPIVersion.VERSION2, protocol=paho.mqtt.client.MQTTv5)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        client.publish(topic, json.dumps(value), qos=1, properties=properties).wait_for_publish(WAIT_S)
        client.disconnect()
        client.loop_stop()


class Bridge:
    """`troth bridge` as a program; use it as a context, or `kill` it."""

    def __init__(self, broker: str, file: Path, *, url: str, state: Path, more: Sequence[str] = ()) -> None:
        self._command = [sys.executable, "-m", "troth", "bridge", broker, "--map", str(file), "--url", url, *more]
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("TROTH_")}
        self._environment |= {"XDG_STATE_HOME": str(state), "PYTHONUNBUFFERED": "1"}
        self.said: list[str] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._environment
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("Listening at"):
                break
        else:
            self._process.wait(WAIT_S)
            self._process.stdout.close()
            raise AssertionError("\n".join(self.said))
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        return self

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.said += [line.rstrip() for line in self._process.stdout]

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> int:
        """End it as Ctrl-C does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        code = self._process.wait(WAIT_S)
        self._reading.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def __exit__(self, *_: object) -> None:
        self.stop()
