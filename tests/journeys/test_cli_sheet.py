"""The sheet before a thing is connected, on a terminal and as lines."""

import hashlib
import os
import pty
import subprocess
from pathlib import Path

import msgspec

from tests.journeys.cli_node import OPTIONS, clean, program, started
from troth.api.answers import Status
from troth.api.forms import filled
from troth.api.joining_forms import JoiningForm, SheetShown
from troth.cli.client import Node
from troth.cli.connecting import Connected, connect, form_of
from troth.names import StreamId, ThingId, Uri
from troth.statements.installation import Answering, Consideration, InstallationBody, InstalledStream
from troth.statements.sheet import sheet_of


def test_what_is_registered_nowhere_is_named_and_not_made_up() -> None:
    body = InstallationBody(
        thing=ThingId(bytes(16)),
        name="Meter",
        product=Uri("urn:p"),
        place="Hall",
        answers=Answering(Uri("https://o.example"), "mailto:a@o.example"),
        from_ns=0,
        streams=(InstalledStream(StreamId(bytes(16)), "power", "copied", "Its maker has a copy."),),
        consideration=Consideration("2026-05-01", "Bo", "Seen."),
    )
    sheet = sheet_of(body, None, None, parties={}, never={})
    lines = (
        "Meter, Hall",
        "  power: of a product that is not registered here, urn:p",
        "    for: not known; nothing is disclosed about its product here, so nothing of it would be kept or given",
        "    ways out: a copy comes here, others exist. Its maker has a copy.",
        "  answers: https://o.example, mailto:a@o.example",
        "  considered: 2026-05-01, Bo: Seen.",
    )
    assert lines == sheet.lines
    assert hashlib.sha256("\n".join(lines).encode()).digest() == sheet.digest


def typed(data: Path, answer: bytes) -> str:
    """`troth thing add` at a terminal on which somebody types `answer`."""
    ours, theirs = pty.openpty()
    asked = program("thing", "add", "Gauge", "--stream", "level", "--nobody", *OPTIONS, "--data", str(data))
    with subprocess.Popen(
        asked, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean(data)
    ) as one:
        os.close(theirs)
        os.write(ours, answer)
        said, _ = one.communicate(timeout=60)
    os.close(ours)
    return said.decode()


def things(data: Path, url: str) -> int:
    return Node(url, (data / "operator.token").read_text().strip()).get("/api/status", Status).things


def test_on_a_terminal_connect_is_asked_after_the_sheet(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(data) as node:
        no = typed(data, b"n\n")
        assert no.index("level: senses level") < no.index("Connect it?") < no.index("Nothing was registered.")
        assert 0 == things(data, node.url)
        assert "supported until: not known" in no
        yes = typed(data, b"y\n")
        assert yes.index("level: senses level") < yes.index("Connect it?") < yes.index("is registered as gauge")
        assert 1 == things(data, node.url)


def test_a_further_thing_of_a_registered_product_is_shown_as_fully(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(data) as node:
        operator = Node(node.url, (data / "operator.token").read_text().strip())
        first = filled(
            subprocess.run(
                program("thing", "add", "Gauge", "--stream", "level", "--unit", "m", "--nobody", *OPTIONS,
                        "--data", str(data), "--show"),
                env=clean(data), check=True, capture_output=True,
            ).stdout,
            JoiningForm,
        )  # fmt: skip
        done = connect(form_of(operator, "/api/joinings", first), ask=False)
        assert isinstance(done, Connected)
        further = msgspec.structs.replace(first.thing, name="Second gauge")
        lines = operator.post("/api/things", further, SheetShown).lines
        assert done.sheet.lines[1:] == lines[1:]
        for words in ("  made by: Ana; supported until: not known", "  level: senses level (level, in m)"):
            assert words in lines
        assert any("who gets it: anybody" in line for line in lines)
