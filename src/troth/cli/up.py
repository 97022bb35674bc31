"""`troth up`: run a node in this process and say where it is.

Rules
- The line `Troth is ready: URL` stands alone; programs wait for it.
- While it runs, the data folder holds the address, so that other commands find a node on any port.
- Who can be reached from other computers is told what that means.
- Ctrl-C while it starts ends the program where it stands, as a crash would: a start survives a crash at any step, and unwinding
  through half-made connections, threads and imports is how a traceback comes about.
"""

import os
import shlex
import signal
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

import click

from troth.cli.places import URL_FILE, write_privately
from troth.cli.speaking import say
from troth.settings import Settings, load

__all__ = ["up"]

_INTERRUPTED: Final = 130  # as a shell says it: 128 and the number of the signal


@click.command()
@click.option("--data", metavar="DIR", help="Folder that holds everything Troth keeps.")
@click.option("--http-port", type=click.IntRange(0, 65_535), help="Port for pages and the interface; 0 for any.")
@click.option("--mqtt-port", type=click.IntRange(0, 65_535), help="Port for things that speak MQTT; 0 for any.")
@click.option("--no-demo", is_flag=True, help="Start without the demonstration neighbourhood.")
def up(*, data: str | None, http_port: int | None, mqtt_port: int | None, no_demo: bool) -> None:
    """Start a node and keep it running until Ctrl-C.

    Pages, the interface for programs and MQTT are served on this computer only, unless the setting `bind` says otherwise.
    """
    signal.signal(signal.SIGINT, _ended_early)  # until the node's own handler takes over (troth.app.serve)
    # Only a node needs what this imports: every other command starts in a third of the time, and `verify` works without it.
    from troth.app.serve import Ready, run  # noqa: PLC0415 - the reason stands above

    settings = load(
        os.environ,
        {
            "data": data,
            "http_port": http_port,
            "mqtt_port": mqtt_port,
            "demo": "off" if no_demo else None,
        },
    )
    say(f"Starting Troth. Everything it keeps is in {settings.folder.absolute()}")
    written = settings.folder / URL_FILE
    told: list[Ready] = []

    def ready(now: Ready) -> None:
        told.append(now)
        write_privately(written, (now.local or now.url).encode() + b"\n")
        say(f"Troth is ready: {now.url}")
        if now.fingerprint:
            say("Its authority, for people's devices to trust: troth certificate")
            say(f"SHA-256 of it: {now.fingerprint}")
        say(f"Things speak MQTT at: {now.mqtt}")
        if now.mqtts is not None:
            say(f"Things speak MQTT over TLS at: {now.mqtts}")
            say("Its authority, for things to trust: troth certificate")
        say(f"You run this place. Your link, which works once: {now.operator_link}")
        if now.beyond is not None:
            say(f"Things can speak MQTT in the clear at {now.beyond}, from other computers too:")
            say("whoever is on that network can read and change what passes, credentials as well.")
            if not now.url.startswith("https:"):
                say("Pages stay on this computer until they have TLS: the setting `https` opens them up.")
        if now.demo:
            say("The demonstration neighbourhood is moving in; leave it out with --no-demo.")
        if settings.folder.absolute() != Path(Settings().data).absolute():
            say(f"So that other commands find it: export TROTH_DATA={shlex.quote(str(settings.folder.absolute()))}")
        say("Stop with Ctrl-C.")

    try:
        run(settings, ready=ready)
    except KeyboardInterrupt:
        say("Troth was stopped while it was stopping.")
        raise SystemExit(_INTERRUPTED) from None
    finally:
        if told:  # otherwise the file is another node's, which holds this folder
            with suppress(OSError):
                written.unlink()
    say("Troth has stopped.")


def _ended_early(_number: int, _frame: FrameType | None) -> None:
    os.write(1, b"Troth has stopped before it was ready.\n")
    os._exit(_INTERRUPTED)
