"""The pages that describe formats and the gate say what the program does: faces, fields, examples, reasons, words."""

import json
import re
from typing import Final, get_args

import msgspec
import pytest

from tests.architecture.trees import ROOT
from tests.described import REFERENCE, body_of, diagnostic, example, example_of, sections
from tests.vectors import made_kinds
from troth.gate.question import Ground
from troth.gate.words import WORDS, ground_words
from troth.ingest.mqtt.refusing import reason_of
from troth.names import ckt_uri
from troth.signing import cbor
from troth.signing.keys import Ed25519Signer
from troth.statements.kinds import KINDS, Face, KindName
from troth.statements.statement import read, write
from troth.things.observations import Refusal
from troth.tlog import trace

DOCS: Final = ROOT / "docs"
CLAIMS: Final = re.compile(
    r"\b(anonymous|anonymi[sz]ed|compliant|certified|blockchain|consent management)\b", re.IGNORECASE
)
NOTED: Final = tuple(trace.Noted.__subclasses__())


def fields_of(kind: type[msgspec.Struct]) -> set[str]:
    """The fields of a struct and of the structs within it, as they are written."""
    names: set[str] = set()
    for field in msgspec.structs.fields(kind):
        names.add(field.encode_name)
        waiting: list[object] = [field.type]
        while waiting:
            part = waiting.pop()
            waiting += get_args(part)
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                names |= fields_of(part)
    return names


# --- statements


@pytest.mark.parametrize("name", KindName)
def test_a_kind_is_described_with_its_face_and_whoever_says_it(name: KindName) -> None:
    kind = KINDS[name]
    first = sections("statements.md")[name.value].strip().split("\n")[0]
    crit = next((f.default for f in msgspec.structs.fields(kind.body) if f.name == "crit"), ())
    words = f"Face: {kind.face.value} · said by: {kind.role}"
    words += f" · crit: {', '.join(f'`{each}`' for each in crit)}" if crit else ""
    assert words == first


@pytest.mark.parametrize("name", KindName)
def test_every_field_of_a_kind_is_described(name: KindName) -> None:
    text = sections("statements.md")
    pair = name.value.removeprefix("home-")
    section = text[name.value] + text.get(pair, "")
    missing = {each for each in fields_of(KINDS[name].body) - {"crit"} if f"`{each}`" not in section}
    assert not missing


@pytest.mark.parametrize("name", KindName)
def test_the_example_of_a_kind_is_one_of_its_payloads(name: KindName) -> None:
    shown, body = example_of(name), body_of(name)
    signer = Ed25519Signer.from_seed(bytes(32))
    signed = write(name, body, signer=signer, issuer=ckt_uri(signer.public.thumbprint), subject="example", at_ns=0)
    assert shown == cbor.decode(signed.payload)
    assert list(shown) == list(cbor.decode_map(signed.payload)), "the keys stand in the order in which they are written"
    assert body == read(signed).body


def test_the_schemas_are_those_of_the_program() -> None:
    kept = (REFERENCE / "statements.schema.json").read_bytes()
    assert kept == made_kinds.schema_file(), "make vectors"
    assert set(KindName) == set(json.loads(kept)["kinds"])


@pytest.mark.parametrize("name", KindName)
def test_what_the_schema_of_a_kind_demands_stands_in_its_example(name: KindName) -> None:
    document = json.loads((REFERENCE / "statements.schema.json").read_bytes())
    schema = document["$defs"][document["kinds"][name.value]["$ref"].removeprefix("#/$defs/")]
    assert set(schema["required"]) <= set(example_of(name)) <= set(schema["properties"])


def test_the_page_of_proof_files_lists_the_kinds_by_their_face() -> None:
    text = sections("proof-file.md")["The nine checks"]
    for face, words in ((Face.OPEN, "stands openly in the log"), (Face.PRIVATE, "of a private kind")):
        listed = re.search(rf"{words} \(([^)]+)\)", text)
        assert listed is not None
        kinds = {kind.name.value for kind in KINDS.values() if kind.face is face}
        assert kinds == set(re.findall(r"`([a-z-]+)`", listed[1])), face


# --- traces


@pytest.mark.parametrize("kind", NOTED)
def test_the_example_of_a_trace_is_one_and_every_field_is_described(kind: type[trace.Noted]) -> None:
    heading, section = next(
        (title, text) for title, text in sections("traces.md").items() if title.startswith(f"{kind.kind} ")
    )
    missing = {name for name in fields_of(kind) - {"gate_ns"} if f"`{name}`" not in section}
    assert not missing, heading
    shown = example(section)
    data = cbor.encode(shown)  # type: ignore[arg-type]  # JSON values and bytes are all encodable
    assert isinstance(trace.decode(data), kind)
    assert list(shown) == list(cbor.decode_map(data))


def test_the_fields_of_an_observation_are_described() -> None:
    section = sections("traces.md")["1 collected"]
    assert not {name for name in trace.Collected.__struct_fields__ if f"`{name}`" not in section}


# --- the gate and MQTT


@pytest.mark.parametrize("code", WORDS)
def test_a_code_has_the_words_that_are_told(code: str) -> None:
    assert f'"{WORDS[code]}"' in sections("gate.md")[code]


@pytest.mark.parametrize("ground", Ground)
def test_a_ground_has_the_words_that_people_read(ground: Ground) -> None:
    part = re.search(
        rf"^### {ground.value}\n(.+?)(?=\n#|\Z)", sections("gate.md")["3 grounded"], re.DOTALL | re.MULTILINE
    )
    assert part is not None
    assert f'"{ground_words(ground.value)}"' in part[1]


def test_every_refusal_has_the_reason_code_that_is_sent() -> None:
    rows = re.findall(
        r"^\| \[`([a-z-]+)`\]\(\S+\) \| 0x([0-9a-f]{2}) ", (REFERENCE / "mqtt.md").read_text(), re.MULTILINE
    )
    shown = {code: int(number, 16) for code, number in rows}
    sent = {each.value: int(reason_of(each)) for each in Refusal if each is not Refusal.LEASE_ENDED}
    assert sent == shown


# --- limits and words


def test_every_adversary_of_the_plan_is_in_the_limits_with_four_answers() -> None:
    plan = re.findall(r"^\| ([a-z][^|]+?) \|", (DOCS / "design" / "threats.md").read_text(), flags=re.MULTILINE)
    parts = re.split(r"^## (.+)$", (DOCS / "limits.md").read_text(), flags=re.MULTILINE)
    text = dict(zip((part.lower() for part in parts[1::2]), parts[2::2], strict=True))
    assert len(plan) >= 12
    for adversary in plan[1:]:
        answers = re.findall(r"^- \*\*(.+?)\.\*\* \S", text[adversary.lower()], flags=re.MULTILINE)
        assert ["Prevented", "Detected", "Evidenced", "Not covered"] == answers, adversary


def pages_for_readers() -> list[str]:
    pages = [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(DOCS / "operators").glob("*.md"), *REFERENCE.glob("*.md")]
    return [str(page.relative_to(ROOT)) for page in pages if page.name != "glossary.md"]


@pytest.mark.parametrize("page", pages_for_readers())
def test_a_page_claims_nothing_that_troth_never_says(page: str) -> None:
    assert not CLAIMS.findall((ROOT / page).read_text())


@pytest.mark.parametrize("words", ["It is Anonymous.", "a certified log", "on the blockchain", "GDPR compliant"])
def test_a_claim_is_seen(words: str) -> None:
    assert CLAIMS.search(words)


def test_bytes_in_an_example_are_read() -> None:
    assert {"a": [b"\x01\x02", "h"], "b": {"c": b""}} == diagnostic("""{"a": [h'0102', "h"], "b": {"c": h''}}""")
