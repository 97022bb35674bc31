"""A node for which segments are large early: `python -m tests.faults.small_segments_node TRACES --data DIR ...`, as `troth up`.

So a load that a test can make starts the process for large segments again and again.
"""

import argparse
import os
import sys

from troth.app.serve import Ready, run
from troth.settings import load


def ready(now: Ready) -> None:
    """What `NodeProgram` listens for."""
    said = (
        f"Troth is ready: {now.url}",
        f"Things speak MQTT at: {now.mqtt}",
        f"You run this place. Your link, which works once: {now.operator_link}",
    )
    sys.stdout.write("".join(f"{line}\n" for line in said))
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("traces", type=int)
    parser.add_argument("--data")
    parser.add_argument("--http-port", type=int)
    parser.add_argument("--mqtt-port", type=int)
    parser.add_argument("--no-demo", action="store_true")
    given = parser.parse_args()
    settings = load(
        os.environ,
        {"data": given.data, "http_port": given.http_port, "mqtt_port": given.mqtt_port, "demo": "off"},
    )
    run(settings, ready=ready, large=given.traces)


if __name__ == "__main__":
    main()
