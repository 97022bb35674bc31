"""A proof verifies with the key of its log and no other, and no byte of it can change."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.make_proofs import WITNESSES, Deployment, make, witness_key
from troth.cli import main
from troth.errors import BadProof, Malformed, TooLarge
from troth.signing import cbor
from troth.tlog.checkpoint import VerifierKey
from troth.tlog.trust_policy import TrustPolicy
from troth.verify.checks import verify
from troth.verify.file import MAX_PROOF_FILE_BYTES, ProofFile, read, write
from troth.verify.show import Form, render, to_json, verify_main
from troth.verify.verdict import TITLES, ExitCode, Level, Outcome
from troth.verify.words import iso, safe

MADE = make()
FILES = {
    "observation": write(MADE.observation),
    "said": write(MADE.said),
    "clock step": write(MADE.idle),
    "access window": write(MADE.window),
    "witnessed": write(MADE.witnessed),
}
STRANGER = Deployment(keys="another ").log.key
PASSED = [Outcome.PASSED, Outcome.PASSED, Outcome.NOT_ASKED, *[Outcome.PASSED] * 6]


@pytest.mark.parametrize("name", FILES)
def test_a_proof_verifies_with_the_key_of_its_log(name: str) -> None:
    verdict = verify(FILES[name], trusted=(STRANGER, MADE.key))
    assert [(number, title) for number, title in TITLES.items()] == [
        (each.number, each.title) for each in verdict.checks
    ]
    assert PASSED == [each.outcome for each in verdict.checks]
    assert ExitCode.PROVED is verdict.exit_code
    assert Level.LOGGED is verdict.level


@pytest.mark.parametrize("name", FILES)
def test_no_byte_of_a_proof_can_change(name: str) -> None:
    data = FILES[name]
    failed = set()
    for at in range(len(data)):
        changed = data[:at] + bytes((data[at] ^ (1 << at % 8),)) + data[at + 1 :]
        verdict = verify(changed, trusted=(MADE.key,))
        assert not verdict.passed, f"byte {at}"
        assert verdict.trace is None
        failed.add(verdict.failed.number if verdict.failed is not None else 0)
    assert failed >= {0, 1, 2, 4, 5, 6, 7, 8}, "each part of the file is seen by its own check"
    assert (3 in failed) == (name == "witnessed")


@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_proof_with_any_byte_replaced_fails_and_names_the_check(name: str, draw: st.DataObject) -> None:
    data = FILES[name]
    at = draw.draw(st.integers(0, len(data) - 1))
    other = draw.draw(st.integers(1, 255))
    verdict = verify(data[:at] + bytes((data[at] ^ other,)) + data[at + 1 :], trusted=(MADE.key,))
    assert (verdict.failed is None) == (verdict.unreadable is not None)
    assert verdict.exit_code in {ExitCode.FAILED, ExitCode.UNREADABLE}


@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_proof_cut_or_lengthened_is_unreadable(name: str, draw: st.DataObject) -> None:
    data = FILES[name]
    cut = data[: draw.draw(st.integers(0, len(data) - 1))]
    assert ExitCode.UNREADABLE is verify(cut, trusted=(MADE.key,)).exit_code
    longer = data + draw.draw(st.binary(min_size=1, max_size=40))
    assert ExitCode.UNREADABLE is verify(longer, trusted=(MADE.key,)).exit_code


@given(st.binary(max_size=200))
def test_any_bytes_are_unreadable_and_nothing_worse(data: bytes) -> None:
    verdict = verify(data, trusted=(MADE.key,))
    assert ExitCode.UNREADABLE is verdict.exit_code
    assert () == verdict.checks


JSONS: st.SearchStrategy[cbor.Encodable] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.text(max_size=8) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(FILES)), st.data(), JSONS)
def test_any_value_in_any_place_is_a_value_or_malformed(
    name: str, draw: st.DataObject, planted: cbor.Encodable
) -> None:
    fields: dict[cbor.CborKey, cbor.Encodable] = dict(cbor.decode_map(FILES[name]).items())
    key = draw.draw(st.sampled_from(sorted(map(str, fields))))
    inner = fields[key]
    if isinstance(inner, dict) and draw.draw(st.booleans()):
        deeper: dict[cbor.CborKey, cbor.Encodable] = dict(inner.items())
        deeper[draw.draw(st.sampled_from(sorted(map(str, inner))))] = planted
        fields[key] = deeper
    else:
        fields[key] = planted
    changed = cbor.encode(fields)
    try:
        file = read(changed)
    except Malformed:
        assert verify(changed, trusted=(MADE.key,)).unreadable is not None
    else:
        assert changed == write(file)
        proves = changed == FILES[name] or shows_less(file, read(FILES[name]))
        assert proves == verify(changed, trusted=(MADE.key,)).passed


def shows_less(file: ProofFile, whole: ProofFile) -> bool:
    """Whether a file differs only in showing fewer of the statements it rests on: that is a good proof too."""
    if file.basis is None or whole.basis is None:
        return False
    fewer = all(each in whole.basis.shown for each in file.basis.shown)
    return fewer and msgspec.structs.replace(file, basis=whole.basis) == whole and file.basis.ids == whole.basis.ids


@pytest.mark.parametrize("name", FILES)
def test_writing_what_was_read_gives_the_same_bytes(name: str) -> None:
    assert FILES[name] == write(read(FILES[name]))


@pytest.mark.parametrize("extra", [{"more": 1}, {"said": None}, {"basis": None}, {"v": 1}, {"log": ""}, {"leaf": []}])
def test_a_field_more_or_of_another_type_is_unreadable(extra: dict[str, cbor.Encodable]) -> None:
    fields: dict[cbor.CborKey, cbor.Encodable] = dict(cbor.decode_map(FILES["clock step"]).items())
    fields.update(extra)
    with pytest.raises(BadProof):
        read(cbor.encode(fields))


@pytest.mark.parametrize("field", [each.name for each in msgspec.structs.fields(ProofFile) if each.required])
def test_a_missing_field_is_unreadable(field: str) -> None:
    fields = cbor.decode_map(FILES["observation"])
    del fields[field]
    with pytest.raises(BadProof):
        read(cbor.encode(fields))


def test_a_file_above_its_limit_is_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        read(b"\x00" * (MAX_PROOF_FILE_BYTES + 1))


def test_a_file_begins_with_its_magic() -> None:
    assert {b"\x61v\x6dtroth-proof/1"} == {data[1:17] for data in FILES.values()}


def test_what_is_proved_is_shown_in_words_and_as_data() -> None:
    verdict = verify(FILES["observation"], trusted=(MADE.key,))
    assert verdict.trace is not None
    assert (2, "2026-01-01T12:00:02Z", 23.5) == tuple(
        verdict.trace.fields[name] for name in ("sequence", "from", "result")
    )
    assert "said 23.5 for 2026-01-01T12:00:02Z" in verdict.trace.sentence
    assert ["passport", "disclosure"] == [each.kind for each in verdict.rests_on]
    assert "4 statements; 2 shown" in verdict.checks[8].detail
    assert "2 not in this file" in verdict.checks[8].detail


def test_every_result_ends_with_what_it_does_not_show() -> None:
    good = verify(FILES["observation"], trusted=(MADE.key,)).does_not_show
    for word in ("nothing else happened", "plausible false value", "revoked later", "logged, not witnessed", "ustody"):
        assert any(word in sentence for sentence in good), word
    for data, keys in ((FILES["said"], (MADE.key,)), (FILES["said"], ()), (b"", ())):
        verdict = verify(data, trusted=keys)
        assert verdict.does_not_show
        assert render(verdict).endswith("\n".join(f"- {each}" for each in verdict.does_not_show))
        assert list(verdict.does_not_show) == json.loads(to_json(verdict))["does_not_show"]


def test_the_command_ends_with_0_1_and_2() -> None:
    assert 0 == verify_main(FILES["observation"], [MADE.key]).exit_code
    assert 1 == verify_main(FILES["observation"], []).exit_code
    assert 1 == verify_main(FILES["observation"], [STRANGER]).exit_code
    assert 1 == verify_main(FILES["observation"], [MADE.key], policy=TrustPolicy.of([], 1)).exit_code
    assert 2 == verify_main(b"not a proof", [MADE.key]).exit_code


def test_the_command_prints_text_or_json() -> None:
    printed = verify_main(FILES["said"], [MADE.key])
    assert "9  passed" in printed.text
    assert "Proved. This is logged, not witnessed." in printed.text
    plain = json.loads(verify_main(FILES["said"], [MADE.key], form=Form.JSON).text)
    assert ("proved", "logged", "said") == (plain["result"], plain["level"], plain["trace"]["kind"])
    refused = json.loads(verify_main(FILES["said"], [], form=Form.JSON).text)
    assert ("failed", "failed") == (refused["result"], refused["checks"][0]["outcome"])
    assert "trace" not in refused


def test_text_from_a_file_cannot_move_the_cursor() -> None:
    hint = "\x1b[2J\u202egood+0+0"
    verdict = verify(write(msgspec.structs.replace(MADE.observation, log=hint)), trusted=(MADE.key,))
    assert render(verdict).replace("\n", "").isprintable()
    assert "a\\x1b\\u202e\\\\ü" == safe("a\x1b\u202e\\ü")


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        ((1 << 63) - 1, "2262-04-11T23:47:16.854775807Z"),
        (-(1 << 63), "1677-09-21T00:12:43.145224192Z"),
        (1 << 80, f"{1 << 80} ns"),
    ],
)
def test_times_are_printed_in_utc(time_ns: int, text: str) -> None:
    assert text == iso(time_ns)


def of(least: int, *names: str) -> TrustPolicy:
    return TrustPolicy.of([witness_key(name) for name in names], least)


def test_witnesses_that_were_asked_for_are_said_with_their_times() -> None:
    printed = verify_main(FILES["witnessed"], [MADE.key], policy=of(2, *WITNESSES[:2]))
    assert 0 == printed.exit_code
    assert "Proved. This is witnessed." in printed.text
    assert "Cosigned at 2026-01-01T12:00:01Z by witness.example/two, a witness you trust." in printed.text
    assert "witnessed as of 2026-01-01T12:00:01Z" in printed.text
    assert "logged, not witnessed" not in printed.text
    plain = json.loads(verify_main(FILES["witnessed"], [MADE.key], policy=of(1, WITNESSES[0]), form=Form.JSON).text)
    assert "witnessed" == plain["level"]
    assert [True, False] == [each["trusted"] for each in plain["cosigned"]]
    assert 1 == verify_main(FILES["witnessed"], [MADE.key], policy=of(3, *WITNESSES)).exit_code
    assert 0 == verify_main(FILES["witnessed"], [MADE.key], policy=of(2, *WITNESSES)).exit_code


def test_cosignatures_that_nobody_asked_for_make_nothing_witnessed() -> None:
    for policy in (TrustPolicy(), of(0, WITNESSES[0])):
        printed = verify_main(FILES["witnessed"], [MADE.key], policy=policy)
        assert "Proved. This is logged, not witnessed." in printed.text
        assert "count only for whoever gives the keys" in printed.text


def test_the_command_takes_witnesses_and_a_number_or_a_policy(tmp_path: Path) -> None:
    file, policy = tmp_path / "a.troth-proof", tmp_path / "trust.policy"
    file.write_bytes(FILES["witnessed"])
    lines = [f"witness w{at} {witness_key(name)}" for at, name in enumerate(WITNESSES)]
    policy.write_text("\n".join([f"log {MADE.key}", *lines, "group g 2 w0 w1 w2", "quorum g", ""]))
    one, two, three = (f"--witness={witness_key(name)}" for name in WITNESSES)
    trust = f"--trust={MADE.key}"
    expected: list[tuple[int, str, list[str]]] = [
        (0, "This is witnessed.", [trust, one, two]),
        (1, "too few", [trust, one, two, three]),
        (0, "This is witnessed.", [trust, one, two, three, "--quorum=2"]),
        (0, "This is logged, not witnessed.", [trust, one, "--quorum=0"]),
        (1, "too few", [trust, "--quorum=1"]),
        (2, "bad-note: ", [trust, f"--witness={MADE.key}"]),
        (0, "This is witnessed.", [f"--policy={policy}"]),
        (2, "in place of", [f"--policy={policy}", "--quorum=1"]),
        (2, "not-found: ", [f"--policy={tmp_path / 'nowhere'}"]),
        (2, "bad-note: ", [f"--policy={file}"]),
    ]
    for code, why, options in expected:
        result = CliRunner().invoke(main, ["verify", str(file), *options])
        assert (code, True) == (result.exit_code, why in result.output), (options, result.output)


def test_a_key_comes_back_from_its_text() -> None:
    assert MADE.key == VerifierKey.parse(str(MADE.key))
