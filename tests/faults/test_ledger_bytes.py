"""What real files hold of a reading: sealed boxes and leaf hashes, at every moment, kill -9 and write-ahead logs included."""

import sqlite3
from pathlib import Path

from tests.web.lane import LAB, RESEARCH, set_up
from troth.adapters.conduct_packing import unpack_traces
from troth.signing.cose import parse
from troth.statements.person import PersonBody
from troth.statements.statement import read as read_statement
from troth.testing.program import NodeProgram
from troth.things.ledgers import SealedTrace
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.segment import padded_size
from troth.tlog.trace import WindowClosed, WindowOpened, decode, leaf_hash
from troth.verify.checks import verify
from troth.verify.file import ProofFile, read

APP = "curvewatcher"
STORES = ("conduct.db", "partitions", "ledgers.db")


def files(data: Path) -> dict[str, bytes]:
    """Every file of the data folder, by its name in it."""
    return {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*") if path.is_file()}


def holding(data: Path, *wanted: bytes, within: tuple[str, ...] = ("",)) -> list[str]:
    """The files that hold one of these bytes."""
    return [
        name for name, held in files(data).items() if name.startswith(within) and any(each in held for each in wanted)
    ]


def person_of(data: Path, name: str) -> bytes:
    """The id of a person, out of their statement in the journal."""
    with sqlite3.connect(f"file:{data / 'journal.db'}?mode=ro", uri=True) as base:
        bodies = [read_statement(parse(signed)).body for (signed,) in base.execute("SELECT bytes FROM entries")]
    (found,) = (body.person for body in bodies if isinstance(body, PersonBody) and body.name == name)
    return found


def sealed_in_commits(data: Path) -> list[SealedTrace]:
    """The sealed traces of the commits that are not moved."""
    with sqlite3.connect(f"file:{data / 'conduct.db'}?mode=ro", uri=True) as base:
        packed = [traces for (traces,) in base.execute("SELECT traces FROM commits")]
    return [each for some in packed for each in unpack_traces(some) if isinstance(each, SealedTrace)]


def book(node: NodeProgram, token: str) -> list[dict[str, object]]:
    """What stands in a book of what was seen, asked for once."""
    answer = node.ask("GET", "/api/book", token=token).json()
    assert isinstance(answer, dict)
    return [each for each in answer["lines"] if each["kind"] == "seen"]


def lines(node: NodeProgram, token: str, *, closed: bool) -> list[dict[str, object]]:
    """Ana's book, asked for until a line of the wanted kind is there; each round asks the real node."""
    while True:
        found = book(node, token)
        if any(("closed" in each) == closed for each in found):
            return [each for each in found if ("closed" in each) == closed]


def moved(node: NodeProgram, token: str) -> list[dict[str, object]]:
    """The lines that are not closed, once they are in a segment."""
    while True:
        found = lines(node, token, closed=False)
        if not any("waiting" in each for each in found):
            return found


def proved(node: NodeProgram, token: str, place: object, key: VerifierKey) -> ProofFile:
    answer = node.ask("GET", f"/api/book/proofs/{place}", token=token)
    while answer.status == 503:
        answer = node.ask("GET", f"/api/book/proofs/{place}", token=token)
    assert 200 == answer.status, answer.body
    assert verify(answer.body, trusted=(key,)).passed
    return read(answer.body)


def test_no_file_says_who_read_what_of_whom_before_or_after_kill_9_and_moving(tmp_path: Path) -> None:
    data = tmp_path / "data"
    node = NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "3600"})
    node.start()
    try:
        there = set_up(node.url, node.operator)
        body = {"party": LAB, "app": APP, "purpose": RESEARCH}
        token = node.ask("POST", "/api/recipients", token=node.operator, body=body).json()
        assert isinstance(token, dict)
        lab = str(token["token"])
        path = f"/v1.1/Datastreams({there.power})/Observations?$top=3"
        assert 200 == node.ask("GET", path, token=lab).status
        (fresh,) = lines(node, there.ana, closed=False)
        assert (True, 3) == (fresh.get("waiting"), fresh["rows"]), "before any tick"
        ana = person_of(data, "Ana")
        plain = (ana, LAB.encode(), RESEARCH.encode(), APP.encode())
        assert [] == holding(data, *plain, within=STORES), "while it runs, write-ahead logs included"
        node.kill()
        assert [] == holding(data, *plain, within=STORES), "as kill -9 left it"
        waiting = sealed_in_commits(data)
        assert waiting
        assert holding(data, *(each.key for each in waiting), within=("ledgers.db",)), "its day key is durable"
    finally:
        node.kill()

    node = NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "1"})
    node.start()
    try:
        status = node.ask("GET", "/api/status", token=node.operator).json()
        assert isinstance(status, dict)
        key = VerifierKey.parse(str(status["verifier_key"]))
        (found,) = book(node, there.ana)
        assert (fresh["at"], LAB) == (found["at"], found["party"]), "right after kill -9, in a segment or not"
        (cut_short,) = moved(node, there.ana)
        assert "rows" not in cut_short
        opening = proved(node, there.ana, cut_short["place"], key)
        assert opening.leaf.hash in {each.leaf_hash for each in waiting}, "the segment is made of what was committed"

        assert 200 == node.ask("GET", path, token=lab).status
        line = lines(node, there.ana, closed=True)[0]
        assert 3 == line["rows"]
        shown = [opening, *(proved(node, there.ana, line[name], key) for name in ("place", "closed"))]
        secrets: list[bytes] = []
        for each in shown:
            trace = decode(each.opening.trace)
            assert isinstance(trace, WindowOpened | WindowClosed)
            assert ana == trace.person
            assert each.leaf.size >= padded_size(1)
            assert leaf_hash(each.opening.salt, each.opening.trace) == each.leaf.hash
            secrets += [each.opening.trace, each.opening.salt, trace.window]
        assert [] == holding(data, *secrets), "while it runs"
        assert [] == holding(data, *plain, within=STORES)
        node.stop()
        assert [] == holding(data, *secrets), "when it has stopped"
        assert [] == holding(data, *plain, within=STORES)
        assert holding(data, shown[0].leaf.hash, within=("partitions/segments.db",)), "only the leaf hash is there"
    finally:
        node.kill()


def test_a_file_that_names_somebody_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "conduct.db-wal").write_bytes(b"..." + LAB.encode() + b"...")
    assert ["conduct.db-wal"] == holding(tmp_path, LAB.encode(), within=STORES)
    assert [] == holding(tmp_path, RESEARCH.encode(), within=STORES)
