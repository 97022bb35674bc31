"""The command line: read arguments, ask the node, print.

Left out so far: everything that needs a node; `up` says so instead of pretending.
"""

from pathlib import Path

import click

from troth import __version__

__all__ = ["main"]


@click.group()
@click.version_option(__version__, prog_name="troth")
def main() -> None:
    """Connected things that keep their promises. Check them."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder that holds everything Troth keeps.")
@click.option("--http-port", type=click.IntRange(0, 65_535), help="Port for pages and the interface.")
@click.option("--mqtt-port", type=click.IntRange(0, 65_535), help="Port for things that speak MQTT.")
@click.option("--no-demo", is_flag=True, help="Start without the demonstration neighbourhood.")
def up(*, data: Path | None, http_port: int | None, mqtt_port: int | None, no_demo: bool) -> None:
    """Start a node."""
    del data, http_port, mqtt_port, no_demo
    click.echo("Not built yet: the node (gate, writers, doors) and the demonstration neighbourhood.", err=True)
    raise SystemExit(1)
