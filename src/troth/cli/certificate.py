"""`troth certificate`: what a thing must trust before it speaks over TLS, on stdout.

Source: docs/reference/cli.md.
"""

import click

from troth.cli.places import settings_of
from troth.cli.speaking import say

__all__ = ["certificate"]


@click.command()
@click.option("--data", metavar="DIR", help="Data folder of the node.")
def certificate(*, data: str | None) -> None:
    """Print the certificate of this place's authority, for things that speak MQTT over TLS."""
    from troth.app.certificate import authority  # noqa: PLC0415 - other commands start sooner without it

    say(authority(settings_of(data)).rstrip("\n"))
