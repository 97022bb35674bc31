"""`troth verify`, `proof`, `log` and `status`: check for yourself, and see how the record stands."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from troth.api.answers import Status
from troth.cli.client import Node
from troth.cli.files import FILE, read_file, write_file
from troth.cli.places import as_anyone, as_operator
from troth.cli.speaking import local, plain, say
from troth.cli.trusting import ended_keys, trusted_keys
from troth.errors import TooLarge, TrothError, Unavailable
from troth.tlog.cosignature import WitnessKey
from troth.tlog.trust_policy import MAX_POLICY_BYTES, TrustPolicy, parse_policy
from troth.verify.file import MAX_PROOF_FILE_BYTES, SUFFIX
from troth.verify.show import Form, verify_main
from troth.verify.verdict import ExitCode

__all__ = ["fetched", "log", "proof", "status", "verify"]

WAIT_S: Final = 120  # a dozen ticks of a segment


@click.command()
@click.argument("file", type=FILE)
@click.option("--trust", "keys", multiple=True, metavar="KEY", help="A log's verifier key, given to you from outside.")
@click.option("--trust-file", type=FILE, help="A trust file, if not your own (see 'troth trust').")
@click.option("--witness", "witnesses", multiple=True, metavar="KEY", help="A witness's verifier key, from outside.")
@click.option(
    "--quorum", type=click.IntRange(min=0), help="How many of these witnesses must have cosigned; all, if not said."
)
@click.option("--policy", type=FILE, help="A trust policy (C2SP tlog-policy) in place of --witness and --quorum.")
@click.option("--revoked", type=FILE, help="A list of keys that have ended, given to you from outside.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    file: Path,
    *,
    keys: tuple[str, ...],
    trust_file: Path | None,
    witnesses: tuple[str, ...],
    quorum: int | None,
    policy: Path | None,
    revoked: Path | None,
    as_json: bool,
) -> None:
    """Check a proof FILE by numbered checks, without any node.

    Ends with 0 when it is proved, 1 when a check fails (without a key you trust, the first does), 2 when it cannot be read.
    """
    if policy is not None and (witnesses or quorum is not None):
        raise click.UsageError("--policy stands in place of --witness and --quorum")
    try:
        asked = _asked(witnesses, quorum=quorum, policy=policy)
        trusted = (*trusted_keys(keys, trust_file), *(each.key for each in asked.logs))
        ended = ended_keys(revoked, trust_file)
        data = _proof(file)
    except TrothError as error:
        click.echo(f"{error.code}: {error.message}", err=True)
        raise SystemExit(int(ExitCode.UNREADABLE)) from error
    form = Form.JSON if as_json else Form.TEXT
    printed = verify_main(data, trusted, policy=asked, revoked=ended, form=form)
    click.echo(printed.text, nl=False)
    raise SystemExit(printed.exit_code)


def _proof(file: Path) -> bytes:
    """The bytes of a file; none of one that is longer than any proof, which is as unreadable."""
    try:
        return read_file(file, limit=MAX_PROOF_FILE_BYTES)
    except TooLarge:
        click.echo(f"{file} is longer than any proof file.", err=True)
        return b""


def _asked(witnesses: Sequence[str], *, quorum: int | None, policy: Path | None) -> TrustPolicy:
    """The cosignatures that are asked for. Witnesses without a number are all asked for: leaving it out never asks less."""
    if policy is not None:
        return parse_policy(read_file(policy, limit=MAX_POLICY_BYTES))
    known = [WitnessKey.parse(key.strip()) for key in witnesses]
    return TrustPolicy.of(known, len({key.public.raw for key in known}) if quorum is None else quorum)


@click.command()
@click.argument("number", metavar="ID", type=click.IntRange(0, (1 << 53) - 1))
@click.option(
    "-o", "--output", type=FILE, help=f"Where to write it (- for stdout). observation-ID{SUFFIX}, if not given."
)
@click.option("--wait", is_flag=True, help=f"Wait until it can be proved, at most {WAIT_S} s.")
@as_anyone
def proof(node: Node, *, number: int, output: Path | None, wait: bool) -> None:
    """Fetch the proof file of the observation with this @iot.id, as far as you may read it."""
    data = fetched(node, f"/api/proofs/{number}", wait_s=WAIT_S if wait else 0)
    path = Path(f"observation-{number}{SUFFIX}") if output is None else output
    write_file(path, data)
    if str(path) != "-":
        say(f"{path} holds the proof, {len(data)} bytes. Check it with:")
        say(f"  troth verify {path} --trust KEY")
        say("KEY is the log's verifier key; get it from whoever runs the node, not from the file.")


def fetched(node: Node, path: str, *, wait_s: float = WAIT_S) -> bytes:
    """The bytes, asking again as often as the node says, but not for longer than `wait_s`.

    Raises:
        TrothError: what the node says instead.
    """
    until = time.monotonic() + wait_s
    while True:
        try:
            return node.bytes("GET", path)
        except Unavailable as error:
            if error.retry_after_s <= 0 or time.monotonic() + error.retry_after_s > until:
                raise
            click.echo(f"{error.message}; asking again in {error.retry_after_s:g} s", err=True)
            time.sleep(error.retry_after_s)


@click.group()
def log() -> None:
    """The transparency log."""


@log.command("key")
@as_operator
def log_key(node: Node) -> None:
    """Print the log's verifier key, for strangers to trust."""
    say(node.get("/api/status", Status).verifier_key)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def status(node: Node, *, as_json: bool) -> None:
    """Show how a node and its record stand."""
    now = node.get("/api/status", Status)
    if as_json:
        say(msgspec.json.encode(now).decode())
        return
    segment = now.last_segment
    say(f"Troth {now.version} at {now.url}, MQTT at {now.mqtt}")
    say(f"Things        {now.things}")
    say(f"Statements    {now.journal}")
    say(f"Log           {now.origin}, {now.log_size} entries")
    say(f"Root          {now.log_root}")
    say(f"Last segment  {'none yet' if segment is None else f'{segment.number}, closed {local(segment.tick)}'}")
    if now.disk.free_bytes is not None:
        kept = "; too little, so nothing new is kept" if now.disk.short else ""
        say(f"Disk          {now.disk.free_bytes // 1_048_576} MiB free{kept}")
    say(f"Verifier key  {now.verifier_key}")
    for each in now.witnesses:
        last = "nothing yet" if each.time is None else f"{each.size} entries at {local(each.time)}"
        said = f"; {each.detail}" if each.detail else ""
        say(f"Witness       {plain(each.name)}: {each.seen}, {last}{said}")
    if now.witnesses:
        say(f"Witnessed     {now.witnessed_size} entries" if now.witnessed_size else "Witnessed     not yet")
