"""`troth thing bulk`, typed at a running node: wrong rows named, tokens kept, said again, interrupted, and the sheet."""

import csv
import json
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.trees import ROOT
from tests.journeys.api_house import Json
from tests.journeys.cli_node import Running, household, started
from tests.properties.test_descriptions import with_property
from troth.cli.bulk_rows import Defaults, read_rows
from troth.cli.claim_tokens import Claim, TokenFile
from troth.cli.qr_sheet import LABELS_A_PAGE, sheet_of
from troth.errors import BadCsv
from troth.wire.claim_text import claim_text, read_claim_text

ORG: Final = "https://works.example"
BEARING: Final[Json] = {
    "organisations": [{"organisation": ORG, "name": "Works", "contact": "mailto:people@works.example"}],
    "product": {
        "product": f"{ORG}/bearing",
        "name": "Bearing",
        "maker": ORG,
        "streams": [
            {"name": name, "title": name, "senses": "vibration", "property": f"{ORG}/{name}", "type": "number"}
            | {"concerns_nobody": True}
            for name in ("heat", "shake")
        ],
    },
    "disclosure": {
        "product": f"{ORG}/bearing",
        "answerable": ORG,
        "language": "en",
        "version": 1,
        "streams": [
            {
                "name": name,
                "purposes": [
                    {
                        "purpose": f"{ORG}/upkeep",
                        "title": "Upkeep",
                        "benefit": "unknown",
                        "recipients": ["urn:troth:anyone"],
                        "variants": [{"variant": "raw", "ground": "nobody"}],
                        "retention_days": 30,
                    },
                    {
                        "purpose": "urn:troth:purpose:own",
                        "title": "For the people who live here",
                        "benefit": "unknown",
                        "recipients": [],
                        "variants": [{"variant": "raw", "ground": "own"}],
                        "retention_days": 30,
                    },
                ],
            }
            for name in ("heat", "shake")
        ],
    },
    "type": {
        "type": "bearing",
        "title": "Bearing",
        "product": f"{ORG}/bearing",
        "answers": {"organisation": ORG, "contact": "mailto:people@works.example"},
        "streams": [{"name": "heat", "reach": "carried"}, {"name": "shake", "reach": "carried"}],
        "consideration": {"date": "2026-05-01", "by": "Ana", "sentence": "It sees nobody."},
    },
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("bulk")
    with started(folder / "data") as running:
        (folder / "bearing.json").write_text(json.dumps(BEARING))
        running.done("type", "add", str(folder / "bearing.json"))
        yield running


def table(folder: Path, *lines: str, name: str = "things.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def claims(path: Path) -> Sequence[Claim]:
    file = TokenFile(path)
    file.read()
    return list(file.claims.values())


def test_a_table_joins_and_its_tokens_are_in_a_file_for_their_owner_alone(node: Running, tmp_path: Path) -> None:
    home = household(node)
    path = table(
        tmp_path, "name,place,type,household,heat.reach", f"Roller,Hall,bearing,{home},copied", "Axle,Yard,bearing,,"
    )
    said = node.troth("thing", "bulk", str(path))
    assert 0 == said.exit_code, said.output
    assert "2 things have joined, 0 stood already." in said.stdout
    kept = tmp_path / "things.csv.claims.csv"
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
    found = claims(kept)
    assert [("roller", "Roller", "Hall"), ("axle", "Axle", "Yard")] == [(c.slug, c.name, c.place) for c in found]
    assert not any(each.claim in said.output for each in found)
    claimed = node.done("thing", "claim", claim_text(node.url, found[0].claim), "--output", "-")
    assert {"heat": "copied", "shake": "carried"} == json.loads(claimed)["reaches"]


def test_said_again_nothing_is_added_and_a_lost_file_gives_new_tokens(node: Running, tmp_path: Path) -> None:
    path = table(tmp_path, "name;place", "Again one;Hall", "Again two;Hall")
    node.done("thing", "bulk", str(path), "--of", "bearing")
    kept = tmp_path / "things.csv.claims.csv"
    first = claims(kept)
    said = node.done("thing", "bulk", str(path), "--of", "bearing")
    assert "Nothing was added: all 2 things stand already." in said
    assert first == claims(kept)
    node.done("thing", "claim", first[0].claim, "--output", str(tmp_path / "one.json"))
    kept.unlink()
    node.done("thing", "bulk", str(path), "--of", "bearing")
    left = claims(kept)
    assert ["again-two"] == [each.slug for each in left]
    assert left[0].claim != first[1].claim
    assert 1 == node.troth("thing", "claim", first[1].claim).exit_code
    assert 0 == node.troth("thing", "claim", left[0].claim, "--output", str(tmp_path / "two.json")).exit_code


def test_every_wrong_row_is_named_and_then_nothing_joins(node: Running, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "name,place,type,slug,household,from,reach",
        "Good,Hall,bearing,,,,",
        ",Hall,bearing,,,,",
        "No place,,bearing,,,,",
        "No type,Hall,screw,,,,",
        "Bad home,Hall,bearing,,home,,",
        "",
        "Bad time,Hall,bearing,,,yesterday,",
        "Far,Hall,bearing,,,,far",
        "good,Hall,bearing,,,,",
        "Too long,Hall,bearing,,,,,,",
    )
    said = node.troth("thing", "bulk", str(path))
    assert 1 == said.exit_code
    named = re.findall(r"^  row (\d+), ([a-z.]+): ", said.stderr, flags=re.MULTILINE)
    assert [
        ("3", "name"),
        ("4", "place"),
        ("5", "type"),
        ("6", "household"),
        ("8", "from"),
        ("9", "reach"),
        ("10", "slug"),
        ("11", "reach"),
    ] == named
    assert "good" not in node.done("thing", "list")
    assert not (tmp_path / "things.csv.claims.csv").exists()


def test_looking_registers_nothing(node: Running, tmp_path: Path) -> None:
    path = table(tmp_path, "name,place,type", "Looked at,Hall,bearing")
    said = node.done("thing", "bulk", str(path), "--check")
    assert "1 rows can be said: 1 would join, 0 stand already. Nothing was registered." in said
    assert "looked-at" not in node.done("thing", "list")


def test_a_folder_of_descriptions_becomes_things_of_a_type_for_each_kind(node: Running, tmp_path: Path) -> None:
    folder = tmp_path / "td"
    folder.mkdir()
    for name, unit in (("north", "celsius"), ("south", "celsius"), ("east", "metre")):
        document = with_property(type="number", unit=unit) | {"title": f"Probe {name}"}
        (folder / f"{name}.td.json").write_text(json.dumps(document))
    options = ("--nobody", "--place", "Roof", "--by", "Ana", "--contact", "mailto:a@b.example", "--considered", "Fine.")
    before = json.loads(node.done("type", "list", "--json"))["types"]
    said = node.done("thing", "bulk", str(folder), *options)
    assert "3 things have joined" in said
    types = json.loads(node.done("type", "list", "--json"))["types"]
    assert 2 == len(types) - len(before)
    assert [1, 2] == sorted(each["things"] for each in types if each not in before and each["type"] != "bearing")
    assert "Probe north" in node.done("thing", "list")
    assert "Nothing was added: all 3" in node.done("thing", "bulk", str(folder), *options)
    (folder / "west.td.json").write_text(json.dumps(with_property(type="boolean", unit="m")))
    wrong = node.troth("thing", "bulk", str(folder), *options)
    assert 1 == wrong.exit_code
    assert "row 4, west.td.json: " in wrong.stderr


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["nom,place,type", "A,B,c"], "there is no column 'nom'"),
        (["name,place", "A,B"], "no column type"),
        (["name,name,place,type", "A,A,B,c"], "twice"),
        (["name,place,type"], "no rows"),
        ([""], "no column name, place, type"),
        (["name,place,type", 'A,"B,c'], "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused(lines: Sequence[str], why: str) -> None:
    with pytest.raises(BadCsv, match=why):
        read_rows("\n".join(lines).encode(), defaults=Defaults(), types={})


def test_a_table_as_spreadsheets_write_it() -> None:
    data = b'\xef\xbb\xbfname;place\r\n"Pump; large";Hall\r\n;\r\nFan;Yard\r\n'
    rows, wrong = read_rows(data, defaults=Defaults(type="t"), types={})
    assert [(2, "Pump; large", "Hall"), (4, "Fan", "Yard")] == [(r.number, r.form.name, r.form.place) for r in rows]
    assert [] == wrong
    with pytest.raises(BadCsv, match="UTF-8"):
        read_rows("name,place\nCafé,Hall\n".encode("latin-1"), defaults=Defaults(type="t"), types={})


def test_a_file_of_tokens_that_was_cut_goes_on_and_another_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokens.csv"
    one, two = Claim("a", "A, the first", "Hall", "token1"), Claim("b", "B", "Hall", "token2")
    file = TokenFile(path)
    file.add([one])
    path.write_bytes(path.read_bytes() + b"b,B")
    again = TokenFile(path)
    again.read()
    again.add([two, Claim("a", "A", "Hall", "token3")])
    assert ["token3", "token2"] == [each.claim for each in claims(path)]
    with path.open(newline="") as text:
        assert 5 == len(list(csv.reader(text)))
    other = tmp_path / "other.csv"
    other.write_text("name,place\n")
    with pytest.raises(BadCsv):
        TokenFile(other).read()


def test_the_sheet_has_a_label_for_each_thing_and_says_what_it_is() -> None:
    made = [Claim(f"thing-{number}", f"Thing <{number}>", "Hall & yard", "abcd" * 13) for number in range(20)]
    text = sheet_of(made, url="http://localhost:8080").decode()
    assert (20, 2) == (text.count("<li>"), text.count("<section>"))
    assert 20 > LABELS_A_PAGE
    assert "Thing &lt;7&gt;" in text
    assert "Hall &amp; yard" in text
    assert "http://" not in text.replace("http://localhost:8080", "").replace("http://www.w3.org/2000/svg", "")
    assert ("http://localhost:8080", "abcd") == read_claim_text(claim_text("http://localhost:8080", "abcd"))
    assert read_claim_text("abcd") is None
    assert read_claim_text("troth-claim 2 http://localhost:8080 abcd") is None


def test_a_reason_is_said_once_with_its_rows_and_what_things_would_do_once_for_all(
    node: Running, tmp_path: Path
) -> None:
    path = table(tmp_path, "name,place", *(f"Same {number},Hall" for number in range(20)))
    said = node.troth("thing", "bulk", str(path), "--of", "nosuch")
    assert 1 == said.exit_code
    assert "  rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 10 more, type: there is no such type here" in said.stderr
    assert 1 == said.stderr.count("there is no such type here")
    shown = node.done("thing", "bulk", str(path), "--of", "bearing", "--check")
    assert "20 things would do this here:" in shown
    assert 1 == shown.count("  heat: senses ")
    assert "20 rows can be said: 20 would join" in shown


def test_the_example_of_the_page_joins_and_no_more_of_its_kind_once_a_line_is_drawn(tmp_path: Path) -> None:
    examples = ROOT / "docs" / "examples"
    with started(tmp_path / "data") as fresh:
        fresh.done("type", "add", str(examples / "bearing.json"))
        tokens = str(tmp_path / "tokens.csv")
        said = fresh.done("thing", "bulk", str(examples / "bearings.csv"), "--tokens", tokens)
        assert "3 things have joined, 0 stood already." in said
        assert "2 things would do this here:" in said
        assert "1 thing would do this here:" in said
        assert ["line-1-roller-1", "line-1-roller-2", "line-2-shaft"] == [each.slug for each in claims(Path(tokens))]
        fresh.done("red-line", "add", "Nothing that shakes.", "--sense", "vibration")
        path = table(tmp_path, "name,place,type", "Late one,Line 3,bearing", "Late two,Line 3,bearing")
        late = fresh.troth("thing", "bulk", str(path))
        assert 1 == late.exit_code
        assert "  rows 2, 3, type: This never happens here" in late.stderr
        assert "late-one" not in fresh.done("thing", "list")
