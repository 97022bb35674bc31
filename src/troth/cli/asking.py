"""Questions to whoever types, and the commands that are printed for them.

Source: things.md, "A thing joins".
"""

import shlex
import sys
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import click

from troth.api.answers import Claimed, ThingMade
from troth.cli.speaking import say

__all__ = ["EXAMPLES", "asked", "how_to_speak"]

EXAMPLES: Final = {"number": "21.5", "integer": "3", "boolean": "true", "text": '"open"', "json": '{"level":3}'}


def how_to_speak(url: str, made: ThingMade | Claimed, *, credential: str, types: Mapping[str, str]) -> None:
    """The exact commands by which a thing's first stream speaks."""
    at = urlsplit(made.mqtt)
    stream, number = next(iter(made.datastreams.items()))
    value = EXAMPLES[types.get(stream, "number")]
    observation = f'{{"result": {value}}}'
    say(
        f"  mosquitto_pub -V 5 -h {at.hostname} -p {at.port or 1883} -u {made.slug} -P {credential} -q 1"
        f" -t things/{made.slug}/{stream} -m {shlex.quote(value)}"
    )
    say(
        f"  curl -sS -H 'Authorization: Bearer {credential}' -H 'Content-Type: application/json'"
        f" -d {shlex.quote(observation)} '{url}/v1.1/Datastreams({number})/Observations'"
    )


def asked(question: str, *, proposed: str | None = None) -> str:
    """Ask for what was not said; where nobody can answer, it is an error that names it."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"This must be said: {question}. --help names the option.")
    return str(click.prompt(question, type=str, default=proposed)).strip()
