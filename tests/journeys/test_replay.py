"""Files of real measurements through the front door: every row is stored, refused with its reason, or empty."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.replaying import SETTINGS, FrailWire, Town, counted
from troth.testing.program import NodeProgram

S = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("replay")
    with NodeProgram(folder / "data", settings=SETTINGS) as node:
        town = Town(node, folder / "state")
        town.thing("small", "value")
        yield town


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def ns(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1) * S


# --- real files


def test_a_machine_file_with_doubled_times_is_stored_once_for_each_time(town: Town, shared_data: Path) -> None:
    path = shared_data / "observations" / "nab" / "machine_temperature_system_failure.csv"
    town.thing("machine", "heat", "--unit", "Cel")
    options = ("--stream", "machine/heat", "--time", "timestamp", "--value", "value", "--zone", "UTC")
    said = town.done("replay", str(path), *options)
    rows = read(path)
    first: dict[int, float] = {}
    doubled = []
    for number, row in enumerate(rows, start=1):
        time_ns = ns(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC))
        if time_ns in first:
            doubled.append(number)
        first.setdefault(time_ns, float(row["value"]))
    assert (22_695, 12) == (len(rows), len(doubled))
    assert (22_695, 22_683, 12, 0, 0) == counted(said)
    told = "Another result is kept for this stream and time. You can give each result a time of its own."
    assert f"12 × time-taken: {told} (row {doubled[0]}, " in said
    assert sorted(first.items()) == list(town.rows("machine"))
    assert counted(said) == counted(town.done("replay", str(path), *options)), "again, and nothing is stored twice"
    assert 22_683 == sum(1 for _ in town.rows("machine"))


def test_a_home_file_without_times_is_given_a_start_and_a_step(town: Town, shared_data: Path) -> None:
    path = shared_data / "observations" / "home-energy" / "fontana_building_1.csv"
    town.thing("home", "load", "--unit", "kW.h")
    where = ("--start", "2018-07-31T23:00", "--zone", "America/Los_Angeles", "--step", "1h")
    said = town.done("replay", str(path), "--stream", "home/load", "--value", "non_shiftable_load", *where)
    rows = read(path)
    start = ns(datetime(2018, 7, 31, 23, tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC))
    assert (8_760, 8_760, 0, 0, 0) == counted(said)
    expected = [(start + at * 3_600 * S, float(row["non_shiftable_load"])) for at, row in enumerate(rows)]
    assert expected == list(town.rows("home"))


def test_a_column_that_is_empty_throughout_is_reported_and_nothing_is_stored(town: Town, shared_data: Path) -> None:
    path = shared_data / "observations" / "home-energy" / "fontana_building_1.csv"
    town.thing("indoor", "heat", "--unit", "Cel")
    where = ("--start", "2018-07-31T23:00Z", "--step", "1h", "--value", "indoor_dry_bulb_temperature")
    assert (8_760, 0, 0, 8_760, 0) == counted(town.done("replay", str(path), "--stream", "indoor/heat", *where))
    assert [] == list(town.rows("indoor"))


def test_a_long_soil_file_is_eight_series_of_bare_dates(town: Town, shared_data: Path) -> None:
    path = shared_data / "observations" / "soil-agriculture" / "state_vars_daily_20180701_20210630.csv"
    rows = read(path)
    columns = ("Experimental Plot", "Sensor", "Variable")
    series = sorted({tuple(row[column] for column in columns) for row in rows})
    toronto = ZoneInfo("America/Toronto")
    sums: Counter[str] = Counter()
    for at, texts in enumerate(series):
        slug = f"soil-{at}"
        town.thing(slug, "soil")
        picked = [part for column, text in zip(columns, texts, strict=True) for part in ("--where", f"{column}={text}")]
        options = ("--stream", f"{slug}/soil", "--time", "date", "--value", "Value", "--zone", "America/Toronto")
        total, stored, refused, empty, other = counted(town.done("replay", str(path), *options, *picked))
        assert (8_768, 8_768) == (total, stored + refused + empty + other)
        sums += Counter(stored=stored, refused=refused, empty=empty, rows=total - other)
        expected = [
            (ns(datetime.fromisoformat(row["date"]).replace(tzinfo=toronto).astimezone(UTC)), float(row["Value"]))
            for row in rows
            if tuple(row[column] for column in columns) == texts and row["Value"]
        ]
        assert sorted(expected) == list(town.rows(slug))
    assert {"rows": 8_768, "stored": 6_389, "empty": 2_379} == {key: n for key, n in sums.items() if n}


# --- what a file cannot be


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("t,v\n2020-01-01T00:00:00Z,1\n", ("--time", "when", "--value", "v"), "bad-csv: the file has no column 'when'"),
        ("t,v\n2020-01-01T00:00:00Z,1\n", ("--time", "t", "--value", "w"), "bad-csv: the file has no column 'w'"),
        ("t,v,v\n1,2,3\n", ("--time", "t", "--value", "v"), "bad-csv: the file has 2 columns 'v'"),
        ("t,v\n1,2\n", ("--time", "t", "--value", "v", "--where", "x=1"), "bad-csv: the file has no column 'x'"),
        ("", ("--time", "t", "--value", "v"), "bad-csv: the file has no header"),
        ("t,v\n2020-01-01 00:00,1\n", ("--time", "t", "--value", "v"), "bad-csv: the times of this file have no zone"),
        ("t,v\n2020-01-01,1\n", ("--time", "t", "--value", "v"), "bad-csv: the times of this file have no zone"),
        ("t,v\n,1\n", ("--time", "t", "--value", "v", "--zone", "Mars/Crater"), "bad-time: there is no zone"),
        ("v\n1\n", ("--start", "2020-01-01", "--step", "1h", "--value", "v"), "bad-time: --start cannot be read"),
        ("v\n1\n", ("--start", "2020-01-01T00:00Z", "--step", "soon", "--value", "v"), "bad-time: --step cannot be"),
        ("v\n1\n", ("--start", "2020-01-01T00:00Z", "--step", "0s", "--value", "v"), "bad-time: --step cannot be"),
        ('v\n"1\n', ("--start", "2020-01-01T00:00Z", "--step", "1s", "--value", "v"), "bad-csv: the file cannot be"),
    ],
)
def test_what_is_asked_of_a_file_that_it_has_not_is_one_clear_line(
    town: Town, tmp_path: Path, text: str, options: tuple[str, ...], code: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    before = list(town.rows("small"))
    result = town.troth("replay", str(path), "--stream", "small/value", *options)
    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith(code)
    assert before == list(town.rows("small"))


def test_a_file_that_is_no_utf_8_is_refused(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("t,v\n2020-01-01T00:00:00Z,21,5 °C\n".encode("latin-1"))
    result = town.troth("replay", str(path), "--stream", "small/value", "--time", "t", "--value", "v")
    assert 1 == result.exit_code
    assert result.stderr.startswith("bad-csv: the file is no CSV in UTF-8")


@pytest.mark.parametrize(
    "options",
    [
        ("--stream", "small/value", "--value", "v"),
        ("--stream", "small/value", "--value", "v", "--time", "t", "--start", "2020-01-01T00:00Z", "--step", "1h"),
        ("--stream", "small/value", "--value", "v", "--time", "t", "--step", "1h"),
        ("--stream", "small/value", "--value", "v", "--start", "2020-01-01T00:00Z"),
        ("--stream", "small", "--value", "v", "--time", "t"),
        ("--stream", "small/value", "--value", "v", "--time", "t", "--where", "x"),
    ],
)
def test_options_that_do_not_go_together_are_an_error_of_use(town: Town, options: tuple[str, ...]) -> None:
    assert 2 == town.troth("replay", "file.csv", *options).exit_code


def test_rows_that_cannot_be_read_are_refused_one_by_one_with_their_reason(town: Town, tmp_path: Path) -> None:
    town.thing("odd", "value", "--lowest", "0", "--highest", "100")
    rows = (
        ("2021-03-01 12:00", "1"),
        ("2021-03-28 01:30", "2"),  # Lisbon: clocks were put forward over it
        ("2021-10-31 01:30", "3"),  # Lisbon: it happened twice
        ("2021-10-31 01:30:00+01:00", "4"),
        ("2021-02-30 10:00", "5"),
        ("yesterday", "6"),
        ("2021-03-02 12:00", "six"),
        ("2021-03-03 12:00", "NaN"),
        ("2021-03-04 12:00", ""),
        ("2021-03-05 12:00", "inf"),
        ("2021-03-06 12:00", "101"),
        ("2021-03-01 12:00", "7"),
        ("1999-12-31 12:00", "8"),
        ("2221-03-05 12:00", "9"),
        ("2021-03-07 12:00", "10,extra"),
        ("2021-03-08T12:00:00.123456789Z", " 11 "),
    )
    path, report = tmp_path / "odd.csv", tmp_path / "report.csv"
    path.write_text("when,value\n" + "".join(f"{when},{value}\n" for when, value in rows) + "\n\n")
    options = ("--time", "when", "--value", "value", "--zone", "Europe/Lisbon", "--report", str(report))
    said = town.done("replay", str(path), "--stream", "odd/value", *options)
    assert (16, 3, 11, 2, 0) == counted(said)
    moments = ("2021-03-01T12:00:00+00:00", "2021-03-08T12:00:00+00:00", "2021-10-31T00:30:00+00:00")
    stored = [ns(datetime.fromisoformat(each)) for each in moments]
    stored[1] += 123_456_789
    assert list(zip(stored, (1, 11, 4), strict=True)) == list(town.rows("odd"))
    reasons = {int(row["row"]): row["reason"] for row in read(report) if row["became"] == "refused"}
    assert [2, 3, 5, 6, 7, 10, 11, 12, 13, 14, 15] == sorted(reasons)
    assert [8, 9] == [int(row["row"]) for row in read(report) if row["became"] == "empty"]
    begins = {
        2: "not sent: This local time did not happen",
        3: "not sent: This local time happened twice",
        5: "not sent: The day or the time of day",
        6: "not sent: A time here is written",
        7: "not sent: its value is no number",
        10: "not sent: its value is no number",
        11: "out-of-range: ",
        12: "time-taken: ",
        13: "before-installation: ",
        14: "ahead: ",
        15: "not sent: it has 3 fields, the header 2",
    }
    assert all(reasons[row].startswith(begin) for row, begin in begins.items()), reasons


@pytest.mark.parametrize(
    ("becomes", "texts", "stored", "refused", "empty"),
    [
        ("integer", ("1", "2.0", "x", "-3", "", "1_000"), [1, -3], 3, 1),
        ("boolean", ("true", "0", "Yes", "maybe", "NA"), [True, False, True], 1, 1),
        ("text", ("open", "NA", " "), ["open", "NA"], 0, 1),
        ("json", ('"{""level"": 3}"', "[1", "null"), [{"level": 3}], 1, 1),
    ],
)
def test_values_become_what_the_stream_is_of(
    town: Town, tmp_path: Path, becomes: str, texts: tuple[str, ...], stored: list[object], refused: int, empty: int
) -> None:
    slug = f"type-{becomes}"
    town.thing(slug, "value", "--type", becomes)
    path = tmp_path / "file.csv"
    path.write_text("v,w\n" + "".join(f"{text},1\n" for text in texts))
    where = ("--start", "2020-01-01T00:00Z", "--step", "1s", "--value", "v", "--as", becomes)
    said = town.done("replay", str(path), "--stream", f"{slug}/value", *where)
    assert (len(texts), len(stored), refused, empty, 0) == counted(said)
    assert stored == [value for _, value in town.rows(slug)]


def test_a_file_of_one_column_has_rows_that_are_blank_lines(town: Town, tmp_path: Path) -> None:
    town.thing("lines", "value")
    path = tmp_path / "file.csv"
    path.write_text("v\r\n1\r\n\r\n3\r\n")
    where = ("--start", "2020-01-01T00:00Z", "--step", "1s", "--value", "v")
    assert (3, 2, 0, 1, 0) == counted(town.done("replay", str(path), "--stream", "lines/value", *where))
    assert [1, 3] == [value for _, value in town.rows("lines")]


def test_speed_makes_no_difference_to_what_is_stored(town: Town, tmp_path: Path) -> None:
    town.thing("quick", "value")
    path = tmp_path / "file.csv"
    path.write_text("t,v\n" + "".join(f"2020-01-01T00:00:{second:02}Z,{second}\n" for second in (0, 30, 10, 59)))
    options = ("--stream", "quick/value", "--time", "t", "--value", "v", "--speed", "3600")
    assert (4, 4, 0, 0, 0) == counted(town.done("replay", str(path), *options))
    assert [0, 10, 30, 59] == [value for _, value in town.rows("quick")]


def test_a_wire_that_breaks_on_the_way_loses_and_doubles_nothing(town: Town, tmp_path: Path) -> None:
    town.thing("frail", "value")
    kept = next((town.state / "troth" / "things").glob("frail-*.json"))
    path, file = tmp_path / "file.csv", tmp_path / "frail.json"
    path.write_text("v\n" + "".join(f"{number}\n" for number in range(3_000)))
    where = ("--start", "2020-01-01T00:00Z", "--step", "1s", "--value", "v")
    with FrailWire(town.node.mqtt_port, cuts=2, after_bytes=30_000) as wire:
        file.write_text(json.dumps(json.loads(kept.read_bytes()) | {"mqtt": f"mqtt://127.0.0.1:{wire.port}"}))
        said = town.done("replay", str(path), "--stream", "frail/value", *where, "--credential", str(file))
    assert 3 == wire.connections
    assert (3_000, 3_000, 0, 0, 0) == counted(said)
    assert list(range(3_000)) == [value for _, value in town.rows("frail")]


# --- who may


def test_without_a_credential_nothing_is_sent_and_the_way_to_one_is_said(town: Town, tmp_path: Path) -> None:
    token = town.thing("unheard", "value", keep=False)
    path = tmp_path / "file.csv"
    path.write_text("t,v\n2020-01-01T00:00:00Z,1\n")
    options = ("--stream", "unheard/value", "--time", "t", "--value", "v")
    result = town.troth("replay", str(path), *options)
    assert 1 == result.exit_code
    assert result.stderr.startswith("not-found: no credential of unheard is kept here")
    file = tmp_path / "unheard.json"
    town.done("thing", "claim", "--output", str(file), "--", token)
    assert (1, 1, 0, 0, 0) == counted(town.done("replay", str(path), *options, "--credential", str(file)))
    assert (
        1
        == town.troth("replay", str(path), "--stream", "small/value", *options[2:], "--credential", str(file)).exit_code
    )


def test_a_credential_that_was_replaced_is_told_as_such(town: Town, tmp_path: Path) -> None:
    town.thing("renewed", "value")
    kept = next((town.state / "troth" / "things").glob("renewed-*.json"))
    assert 0o600 == kept.stat().st_mode & 0o777
    claimed = json.loads(kept.read_bytes())
    kept.write_text(json.dumps(claimed | {"credential": "A" * 52}))
    path = tmp_path / "file.csv"
    path.write_text("t,v\n2020-01-01T00:00:00Z,1\n")
    result = town.troth("replay", str(path), "--stream", "renewed/value", "--time", "t", "--value", "v")
    assert 1 == result.exit_code
    assert result.stderr.startswith("wrong-token: the node does not know this thing's credential")


def test_a_stream_that_the_thing_has_not_is_named_with_those_it_has(town: Town, tmp_path: Path) -> None:
    result = town.troth("replay", str(tmp_path / "no.csv"), "--stream", "small/other", "--time", "t", "--value", "v")
    assert 1 == result.exit_code
    assert "undeclared: this thing has no such stream\nIt has: value\n" == result.stderr


def test_a_node_that_is_not_there_is_said_at_once(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "lost.json"
    kept = next((town.state / "troth" / "things").glob("small-*.json"))
    file.write_text(json.dumps(json.loads(kept.read_bytes()) | {"mqtt": "mqtt://localhost:1"}))
    path = tmp_path / "file.csv"
    path.write_text("t,v\n2020-01-01T00:00:00Z,1\n")
    options = ("--stream", "small/value", "--time", "t", "--value", "v", "--credential", str(file))
    result = town.troth("replay", str(path), *options)
    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("node-absent: no node answers over MQTT")


# --- this computer


def test_this_computer_becomes_a_thing_of_its_people_alone_and_goes_on_the_next_time(town: Town) -> None:
    options = ("--by", "Ines", "--contact", "mailto:ines@works.example", "--considered", "Only its people see it.")
    said = town.done("thing", "here", "--once", *options)
    assert "This computer is a thing now, called this-computer." in said
    assert "1 stored, 0 refused." in said
    again = town.done("thing", "here", "--once")
    assert "is a thing now" not in again
    assert "1 stored, 0 refused." in again
    for kept in (town.state / "troth" / "things").glob("this-computer-*.json"):
        kept.unlink()
    assert "1 stored, 0 refused." in town.done("thing", "here", "--once")
    things = json.loads(town.done("thing", "list", "--json"))["things"]
    [mine] = [each for each in things if each["slug"] == "this-computer"]
    assert {"stored": 3, "repeated": 0, "refused": {}} == mine["tally"]
    number = mine["datastreams"]["load"]
    assert 404 == town.node.ask("GET", f"/v1.1/Datastreams({number})/Observations").status
    link = next(line.strip() for line in said.split("\n") if "/enter/" in line)
    entered = town.node.ask("POST", "/api/enter", body={"token": link.rpartition("/")[2]}).json()
    assert isinstance(entered, dict)
    seen = town.node.ask("GET", f"/v1.1/Datastreams({number})/Observations?$count=true", token=entered["session"])
    assert 200 == seen.status
    found = seen.json()
    assert isinstance(found, dict)
    assert 3 == found["@iot.count"]


def test_who_answers_and_what_was_considered_is_never_made_up(town: Town, tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings=SETTINGS) as fresh:
        alone = Town(fresh, tmp_path / "state")
        result = alone.troth("thing", "here", "--once", "--by", "Ines", "--contact", "mailto:ines@works.example")
        assert 2 == result.exit_code
        assert "Who could be harmed by it" in result.stderr
        assert [] == json.loads(alone.done("thing", "list", "--json"))["things"]
