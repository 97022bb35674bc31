"""Settings: every one has a default that works, later sources win, and nothing unknown is passed over."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadSetting
from troth.settings import FILE_NAME, Demo, Settings, load

NAMES = [field.name for field in msgspec.structs.fields(Settings)]


def folder_with(tmp_path: Path, text: str) -> dict[str, str]:
    """An environment that names a data folder whose file holds `text`."""
    (tmp_path / FILE_NAME).write_text(text)
    return {"TROTH_DATA": str(tmp_path), "HOME": str(tmp_path)}


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = load({"HOME": str(tmp_path)}, {})
    assert (settings.http_port, settings.mqtt_port, settings.bind) == (8080, 1883, "127.0.0.1")
    assert settings.demo is Demo.ON
    assert settings.origin is None
    assert settings.url == "http://localhost:8080"


def test_the_last_checkpoint_is_kept_outside_the_data_folder(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    assert load({"HOME": "/h", "XDG_STATE_HOME": state}, {}).outside_dir == f"{state}/troth"
    assert load({"HOME": "/h"}, {}).outside_dir == "/h/.local/state/troth"
    assert load({"HOME": "/h", "XDG_STATE_HOME": "relative"}, {}).outside_dir == "/h/.local/state/troth"
    assert load({"HOME": "/h", "TROTH_OUTSIDE_DIR": "/far"}, {}).outside_dir == "/far"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    environ = folder_with(tmp_path, "http_port = 1000\nmqtt_port = 1001\ncommit_ms = 5\nlog_lag_s = 1\n")
    settings = load(environ | {"TROTH_MQTT_PORT": "2001", "TROTH_HTTP_PORT": "2000"}, {"http_port": 3000, "demo": None})
    assert (settings.http_port, settings.mqtt_port, settings.commit_ms) == (3000, 2001, 5)
    assert settings.log_lag_s == pytest.approx(1.0)
    assert settings.folder == tmp_path


def test_the_command_line_names_the_folder_whose_file_is_read(tmp_path: Path) -> None:
    folder_with(tmp_path, "commit_ms = 7\n")
    assert load({"HOME": "/h", "TROTH_DATA": "/nowhere"}, {"data": str(tmp_path)}).commit_ms == 7


def test_a_name_of_the_tests_is_no_setting(tmp_path: Path) -> None:
    assert load({"HOME": str(tmp_path), "TROTH_TEST_DATA": "x", "TROTH_BIND": ""}, {}) == load(
        {"HOME": str(tmp_path)}, {}
    )


@pytest.mark.parametrize(
    "text",
    [
        "speed = 9",
        "http_port = 65536",
        "http_port = -1",
        'http_port = "8080"',
        "http_port = true",
        "http_port = 80.5",
        "http_port = 1883",
        "commit_ms = 1",
        "commit_ms = 11",
        "segment_tick_s = 0",
        "segment_tick_s = 3601",
        "log_lag_s = 1.6",
        "log_lag_s = nan",
        "log_lag_s = 0.0",
        'demo = "maybe"',
        "demo = true",
        'bind = ""',
        'journal = "journal.db"',
        'journal = "sqlite:"',
        'journal = "Sqlite:journal.db"',
        'origin = "https://log.example.org"',
        'origin = "two words"',
        'origin = "plus+sign"',
        'origin = "line\\n"',
        'base_url = "troth.example.org"',
        'base_url = "https://troth.example.org/?q"',
        'data = "elsewhere"',
        "http_port = ",
        "[log]\nurl = 1",
        "log = 5",
    ],
)
def test_a_file_with_a_bad_setting_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting):
        load(folder_with(tmp_path, text), {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TROTH_SPEED", "9"),
        ("TROTH_HTTP_PORT", "eighty"),
        ("TROTH_HTTP_PORT", "99999"),
        ("TROTH_COMMIT_MS", "3.5"),
        ("TROTH_DEMO", "yes"),
        ("TROTH_KEYS", "keys"),
        ("TROTH_MQTT_PORT", "8080"),
    ],
)
def test_an_environment_with_a_bad_setting_is_refused(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(BadSetting):
        load({"HOME": str(tmp_path), key: value}, {})


def test_a_refusal_names_the_setting_and_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"^http_port: expected a whole number <= 65535$"):
        load({"HOME": str(tmp_path), "TROTH_HTTP_PORT": "99999"}, {})
    with pytest.raises(BadSetting, match=r"^the environment \(TROTH_SPEED\) names a setting .*: speed$"):
        load({"HOME": str(tmp_path), "TROTH_SPEED": "9"}, {})
    with pytest.raises(BadSetting, match=r"^line 1 of troth\.toml names a setting that does not exist: speed$"):
        load(folder_with(tmp_path, "speed = 9"), {})
    with pytest.raises(BadSetting, match="the command line"):
        load({"HOME": str(tmp_path)}, {"speed": 9})


def test_what_is_wrong_in_a_file_is_named_with_its_line_and_what_may_be_meant(tmp_path: Path) -> None:
    for text, said in (
        (
            '# ports\nhttp_port = 1\n\nhttp_prot = "2"',
            r"^line 4 of troth\.toml names .*: http_prot; is http_port meant\?$",
        ),
        (
            "tls = 'on'\n[mqtt]\nport = 1",
            r"^line 2 of troth\.toml names a setting that does not exist: mqtt; is mqtt_port meant\?$",
        ),
        ("a.b = 1", r"^line 1 of troth\.toml names a setting that does not exist: a$"),
        ("\n'commit_ms' = 99", r"^commit_ms: expected a whole number <= 10 \(line 2 of troth\.toml\)$"),
        ("\n\ncommit_ms 3", r"^troth\.toml is not TOML: .*line 3.*"),
        ("x" * 500 + " = 1", r"^line 1 of troth\.toml names a setting that does not exist: x{60}\.\.\.$"),
    ):
        with pytest.raises(BadSetting, match=said) as found:
            load(folder_with(tmp_path, text), {})
        assert found.value.hint is not None
        assert str(tmp_path) in found.value.hint
    overruled = folder_with(tmp_path, "commit_ms = 3") | {"TROTH_COMMIT_MS": "99"}
    with pytest.raises(BadSetting, match=r"^commit_ms: expected a whole number <= 10$"):
        load(overruled, {})


def test_a_file_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(BadSetting, match="cannot be read"):
        load({"TROTH_DATA": str(tmp_path)}, {})
    (tmp_path / FILE_NAME).rmdir()
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match="not text in UTF-8"):
        load({"TROTH_DATA": str(tmp_path)}, {})


@pytest.mark.parametrize("data", ["\0", "a\0b", "~nobody-of-this-name/x", "\udcff\ud800"])
def test_a_data_folder_that_is_no_path_is_refused(data: str) -> None:
    with pytest.raises(BadSetting, match="data is not a path"):
        load({"HOME": "/h"}, {"data": data})


def test_a_data_folder_that_is_a_file_is_left_for_the_start_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert load({"HOME": "/h"}, {"data": str(tmp_path / "file")}).data == str(tmp_path / "file")


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().http_port = 1  # type: ignore[misc]  # this is what is tried


@given(st.text(max_size=60))
def test_any_text_in_the_environment_is_a_setting_or_a_refusal(text: str) -> None:
    for name in NAMES:
        try:
            found = load(
                {"HOME": "/h", f"TROTH_{name.upper()}": text}, {"data": None if name == "data" else "/nowhere"}
            )
        except BadSetting:
            continue
        assert isinstance(found, Settings)


@given(st.binary(max_size=200))
def test_any_bytes_in_the_file_are_settings_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("data")
    (folder / FILE_NAME).write_bytes(raw)
    try:
        found = load({"HOME": "/h", "TROTH_DATA": str(folder)}, {})
    except BadSetting:
        return
    assert isinstance(found, Settings)
