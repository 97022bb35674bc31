"""What keeps a node from starting is one clear line with a hint; a start that was interrupted leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from troth.testing.program import NodeProgram

WAIT_S: Final = 60
PORTS: Final = ("--http-port", "0", "--mqtt-port", "0")
TRUTH_FILES: Final = ("journal.db", "conduct.db", "accounts.db", "partitions/segments.db")
APPEARS: Final = ("keys/gate.pk8", "journal.db", "conduct.db", "log/.state/lock")  # in this order while a node starts
KEYS: Final = ("operator", "gate", "log", "receipt")


def environment(data: Path, settings: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    state = near(data) / f"{data.name}-state"  # as NodeProgram has it
    return kept | {"XDG_STATE_HOME": str(state), "PYTHONUNBUFFERED": "1", **settings}


def near(data: Path) -> Path:
    """The folder that a data folder lies in, or would."""
    return next(each for each in data.parents if each.is_dir())


def said(
    data: Path, *options: str, settings: Mapping[str, str] | None = None, under: tuple[str, ...] = ()
) -> tuple[int, str]:
    """`troth up` to its end: its exit code and all that it said."""
    done = subprocess.run(
        [*under, sys.executable, "-m", "troth", "up", "--data", str(data), "--no-demo", *(options or PORTS)],
        env=environment(data, settings or {}),
        cwd=near(data),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    return done.returncode, done.stdout


def refused(answer: tuple[int, str], line: str, hint: str) -> None:
    """It ended with 1 after one line that matches and one hint that matches, and said nothing else."""
    code, text = answer
    assert 1 == code, text
    lines = [each for each in text.splitlines() if not each.startswith("Starting Troth.")]
    assert 2 == len(lines), text
    assert re.fullmatch(line, lines[0]), text
    assert re.fullmatch(hint, lines[1]), text


def starts(data: Path) -> None:
    """A node starts on it and ends politely."""
    node = NodeProgram(data).start()
    assert 0 == node.stop()
    assert "Troth has stopped." == node.said[-1]


@pytest.fixture(scope="session")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a node ran once: its data folder and the state beside it."""
    place = tmp_path_factory.mktemp("ran-once")
    starts(place / "data")
    return place


@pytest.fixture
def old(ran_once: Path, tmp_path: Path) -> Path:
    """The data folder of a node that ran once."""
    shutil.copytree(ran_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "data"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="session")
def bound_by_rights() -> tuple[str, ...]:
    """What to run a program under so that rights of files bind it; root needs a tool that takes its powers away."""
    if os.geteuid() != 0:
        return ()
    under = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    if shutil.which("setpriv") is None or subprocess.run([*under, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this is root, whom rights of files do not bind, and setpriv cannot take its powers away here")
    return under


# --- ports and addresses


@pytest.mark.parametrize("door", ["http", "mqtt"])
def test_a_port_that_is_taken_is_named_with_the_option_that_chooses_another(
    door: str, taken: int, tmp_path: Path
) -> None:
    options = {"http": ("--http-port", str(taken), "--mqtt-port", "0"), "mqtt": ("--mqtt-port", str(taken), *PORTS[:2])}
    answer = said(tmp_path / "data", *options[door])
    refused(answer, rf"port-taken: port {taken} on 127.0.0.1 cannot be had \(.+\)", rf".* --{door}-port N .*")


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.name.invalid", "two words", "a" * 64])
def test_an_address_that_is_not_of_this_computer_is_a_wrong_setting(address: str, tmp_path: Path) -> None:
    answer = said(tmp_path / "data", settings={"TROTH_BIND": address})
    refused(answer, rf"bad-setting: bind: {address} is no address .*", ".*docs/reference/settings.md.*")


def test_a_node_on_one_address_of_ipv6_is_found_there_by_its_neighbourhood(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no IPv6")
    node = NodeProgram(tmp_path / "data", settings={"TROTH_BIND": "::1"}, options=PORTS)
    node.start()
    try:
        assert node.url.startswith("http://[::1]:")
        until(lambda: any("Harbour Lane" in line for line in node.said))
        assert any("Harbour Lane has moved in" in line for line in node.said), node.said
        assert not any("TLS" in line for line in node.said)
    finally:
        node.stop()


def test_a_node_on_all_addresses_of_ipv6_takes_mqtt_over_both(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no IPv6")
    node = NodeProgram(tmp_path / "data", settings={"TROTH_BIND": "::"}, options=(*PORTS, "--no-demo"))
    node.start()
    try:
        for address in ("::1", "127.0.0.1"):
            with socket.create_connection((address, node.mqtt_port), timeout=30) as client:
                client.sendall(bytes.fromhex("100d00044d51545404020000000161"))
                assert bytes.fromhex("20020005") == client.recv(100), "who it is is asked on every address"
    finally:
        node.stop()


def test_who_listens_for_other_computers_is_told_that_there_is_no_tls(tmp_path: Path) -> None:
    node = NodeProgram(tmp_path / "data", settings={"TROTH_BIND": "0.0.0.0"}).start()  # noqa: S104 - what is tested
    node.stop()
    (at,) = [number for number, line in enumerate(node.said) if "MQTT in the clear at 0.0.0.0" in line]
    assert "credentials" in node.said[at + 1]
    assert "Pages stay on this computer until they have TLS" in node.said[at + 2]


# --- the folder


def test_a_folder_that_another_node_has_is_refused_and_the_other_goes_on(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data") as node:
        answer = said(node.data)
        refused(answer, r"folder-in-use: another node is running on the data folder .*", r".* --data DIR\.")
        assert 200 == node.ask("GET", "/").status


@pytest.mark.parametrize(("place", "why"), [("file", "File exists"), ("file/below", "Not a directory")])
def test_a_file_is_no_data_folder(place: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    answer = said(tmp_path / place)
    refused(answer, rf"folder-not-writable: the data folder .* \({why}\)", r"Choose another with --data DIR, .*")
    assert "mine" == (tmp_path / "file").read_text()


def test_no_folder_at_all_is_not_the_folder_where_one_stands(tmp_path: Path) -> None:
    code, text = said(tmp_path / "data", *PORTS, "--data", "")
    refused((code, text), r"bad-setting: data is not a path of this computer", r".+")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("place", "mode", "line"),
    [
        (".", 0o500, r"storage-failed: the folder of the file for journal .*"),
        ("lock", 0o000, r"folder-not-writable: the data folder .* \(Permission denied\)"),
        ("troth.toml", 0o000, r"bad-setting: troth.toml cannot be read \(Permission denied\)"),
        ("journal.db", 0o400, r"storage-failed: the file for journal cannot be read and written .*"),
        ("conduct.db", 0o000, r"storage-failed: the file for conduct cannot be read and written .*"),
        ("accounts.db", 0o400, r"storage-failed: the file for accounts cannot be read and written .*"),
        ("partitions", 0o500, r"storage-failed: the folder of the file for segments cannot be read and written .*"),
        ("keys", 0o000, r"storage-failed: a private key could not be listed \(Permission denied\)"),
        ("keys/gate.pk8", 0o000, r"storage-failed: a private key could not be read \(Permission denied\)"),
        ("log", 0o500, r"folder-not-writable: the log's folder cannot be made or written \(Permission denied\)"),
        ("operator.token", 0o000, r"folder-not-writable: the operator's token .* \(Permission denied\)"),
    ],
)
def test_what_cannot_be_read_or_written_is_named_before_anything_listens(
    place: str, mode: int, line: str, old: Path, bound_by_rights: tuple[str, ...]
) -> None:
    (old / "troth.toml").touch()
    before = (old / place).stat().st_mode
    (old / place).chmod(mode)
    try:
        refused(said(old, under=bound_by_rights), line, r"[A-Z].+\S")
    finally:
        (old / place).chmod(before)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, bound_by_rights: tuple[str, ...]) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    answer = said(closed / "data", settings={"XDG_STATE_HOME": str(tmp_path)}, under=bound_by_rights)
    refused(
        answer, r"folder-not-writable: the data folder .* \(Permission denied\)", r"Choose another with --data DIR, .*"
    )


# --- what lies in it


@pytest.mark.parametrize("file", TRUTH_FILES)
def test_a_newer_format_is_refused_by_name_and_left_as_it_is(file: str, old: Path) -> None:
    base = sqlite3.connect(old / file)
    with base:
        base.execute("UPDATE meta SET value = 99 WHERE name = 'format'")
    base.close()
    before = (old / file).read_bytes()
    refused(said(old), r"format-too-new: the file for \w+ has format 99; .*", r"Start it with the newer Troth .*")
    assert before == (old / file).read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a database, and longer than a header of one is" * 100])
@pytest.mark.parametrize("file", TRUTH_FILES)
def test_a_file_that_is_damaged_is_named_and_not_made_anew(file: str, content: bytes, old: Path) -> None:
    (old / file).write_bytes(content)
    refused(said(old), r"storage-failed: reading or writing the file for \w+ failed \(.+\)", r"Look at the disk.*")
    assert content == (old / file).read_bytes()


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_is_lost_is_not_replaced_by_another(key: str, old: Path) -> None:
    (old / "keys" / f"{key}.pk8").rename(old / "kept")
    refused(said(old), rf"storage-failed: the key '{key}' of this node is not there", r"Bring back .*")
    assert {each for each in (*KEYS, "repeats") if each != key} == {path.stem for path in (old / "keys").iterdir()}
    (old / "kept").rename(old / "keys" / f"{key}.pk8")
    starts(old)


def test_the_keys_of_another_node_do_not_speak_for_this_one(old: Path, tmp_path: Path) -> None:
    starts(tmp_path / "other")
    shutil.rmtree(old / "keys")
    shutil.copytree(tmp_path / "other" / "keys", old / "keys")
    refused(
        said(old), r"storage-failed: the key 'operator' is not the one that this journal began with", r"Bring back .*"
    )


def test_a_token_of_the_operator_that_is_none_is_made_anew(old: Path) -> None:
    for rubbish in (b"", b"\xff\xfe", b"rubbish\n"):
        (old / "operator.token").write_bytes(rubbish)
        with NodeProgram(old) as node:
            assert 200 == node.ask("GET", "/api/status", token=node.operator).status


# --- settings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'http_port = "x', r"bad-setting: troth.toml is not TOML: .+"),
        (b"\xff\xfe\x00", r"bad-setting: troth.toml is not text in UTF-8"),
        (b"\x00", r"bad-setting: troth.toml is not TOML: .+"),
        (b'data = "elsewhere"', r"bad-setting: data cannot stand in line 1 of troth.toml: .+"),
        (b"frobnicate = 1", r"bad-setting: line 1 of troth.toml names a setting that does not exist: frobnicate"),
        (
            b"# mine\n\ncommit_ms = 1000",
            r"bad-setting: commit_ms: expected a whole number <= 10 \(line 3 of troth.toml\)",
        ),
        (b'commit_ms = "soon"', r"bad-setting: commit_ms in line 1 of troth.toml is of the wrong type"),
    ],
)
def test_a_file_of_settings_that_is_wrong_is_said_to_be(text: bytes, line: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "troth.toml").write_bytes(text)
    refused(said(tmp_path / "data"), line, r".*(move it away|settings\.md|TROTH_DATA).*")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("TROTH_FROBNICATE", "1", r"bad-setting: the environment \(TROTH_FROBNICATE\) names a setting .*: frobnicate"),
        ("TROTH_COMMIT_MS", "soon", r"bad-setting: commit_ms: expected a whole number.*"),
        ("TROTH_BASE_URL", "here", r"bad-setting: base_url: expected text of another form"),
        ("TROTH_JOURNAL", "postgres://x", r"bad-setting: this version knows no 'postgres:' store here, .*"),
    ],
)
def test_a_setting_of_the_environment_that_is_wrong_is_named(name: str, value: str, line: str, tmp_path: Path) -> None:
    refused(said(tmp_path / "data", settings={name: value}), line, r"docs/reference/settings.md .*")


# --- an interrupted start


@pytest.mark.parametrize("appears", ["lock", *APPEARS])
def test_a_node_that_was_killed_while_it_started_starts_again(appears: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as process:
        until(lambda: (data / appears).exists() or process.poll() is not None)
        process.kill()
    starts(data)


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 4, 5, 6])
def test_ctrl_c_while_it_starts_ends_it_without_a_traceback(moment: int, tmp_path: Path) -> None:
    data = tmp_path / "data"
    marks = (data, data / "lock", *(data / name for name in APPEARS))
    with running(data) as process:
        assert process.stdout is not None
        text = process.stdout.readline()
        until(lambda: moment == 0 or marks[moment - 1].exists() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        text += process.communicate(timeout=WAIT_S)[0]
    assert "Traceback" not in text
    assert text.splitlines()[-1].startswith("Troth has stopped"), text
    assert (0 if "Troth is ready" in text else 130) == process.returncode
    starts(data)


def test_ctrl_c_before_the_command_is_read_is_no_traceback_either() -> None:
    early = (
        "import sys\n"
        "class Early:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'troth.cli': raise KeyboardInterrupt\n"
        "from troth.__main__ import main\n"
        "sys.meta_path.insert(0, Early())\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", early], capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert (130, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("end", [NodeProgram.stop, NodeProgram.kill])
def test_nobody_of_the_neighbourhood_stays_when_the_node_has_ended(
    end: Callable[[NodeProgram], object], tmp_path: Path
) -> None:
    node = NodeProgram(tmp_path / "data", options=PORTS).start()
    until(lambda: any("Harbour Lane" in line for line in node.said))
    end(node)  # returns when nobody holds its output any more, which all of its programs inherit
    assert not [line for line in node.said if "Traceback" in line or "Exception" in line]


def running(data: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "troth", "up", "--data", str(data), "--no-demo", *PORTS],
        env=environment(data, {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(true: Callable[[], bool]) -> None:
    """Wait for something that a program of its own does; the test's own time limit ends what never comes."""
    while not true():
        os.sched_yield()
