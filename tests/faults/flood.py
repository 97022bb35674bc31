"""A thing that speaks as fast as it can: `python -m tests.faults.flood PORT SLUG CREDENTIAL SECONDS STREAM...`.

QoS 0 over a plain socket: nothing but the node's own reading slows it. Prints how many whole messages it has said.
"""

import os
import socket
import sys
from typing import Final

from troth.clock import NS_PER_S, SystemClock
from troth.wire.mqtt import Connect, Disconnect, Publish, Version, encode

AT_ONCE: Final = 500  # messages to one send


def main(port: int, slug: str, credential: str, seconds: float, streams: list[str]) -> None:
    """Speak for so long, then say goodbye; every tenth message is one that must be refused."""
    said, clock = 0, SystemClock()
    publishes = [
        Publish(f"things/{slug}/{streams[at % len(streams)]}", b"1.5" if at % 10 else b'"no number"')
        for at in range(AT_ONCE)
    ]
    some = b"".join(encode(each, Version.V311) for each in publishes)
    with socket.create_connection(("127.0.0.1", port)) as line:
        hello = Connect(
            version=Version.V311, client_id=f"flood-{os.getpid()}", username=slug, password=credential.encode()
        )
        line.sendall(encode(hello, Version.V311))
        assert line.recv(4) == b"\x20\x02\x00\x00", "it may not come in"
        end = clock.ticks() + int(seconds * NS_PER_S)
        while clock.ticks() < end:
            line.sendall(some)
            said += AT_ONCE
        line.sendall(encode(Disconnect(), Version.V311))
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b"", "the node reads to the end and closes"
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5:])
