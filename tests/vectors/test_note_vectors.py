"""The worked example of the signed-note specification, and what must not pass for it."""

from pathlib import Path

import pytest

from troth.errors import BadNote
from troth.signing.keys import Ed25519Signer
from troth.tlog.checkpoint import VerifierKey, parse_note, verify_note

FOLDER = Path("log-vectors/c2sp-examples")


@pytest.fixture
def example(shared_data: Path) -> tuple[bytes, str]:
    folder = shared_data / FOLDER
    return (folder / "signed-note.note").read_bytes(), (folder / "signed-note.vkey").read_text().strip()


def test_the_example_verifies_under_its_key(example: tuple[bytes, str]) -> None:
    note, written = example
    key = VerifierKey.parse(written)
    assert (key,) == verify_note(parse_note(note), [key])
    assert written == str(key)
    assert note == parse_note(note).encode()
    assert "This is an example message.\n" == parse_note(note).text


def test_a_changed_text_is_not_the_example(example: tuple[bytes, str]) -> None:
    note, written = example
    with pytest.raises(BadNote, match="does not verify"):
        verify_note(parse_note(note.replace(b"message.", b"massage.")), [VerifierKey.parse(written)])


def test_a_stranger_s_key_has_not_signed_the_example(example: tuple[bytes, str]) -> None:
    note, _ = example
    stranger = VerifierKey("example.com/foo", Ed25519Signer.from_seed(bytes(32)).public)
    with pytest.raises(BadNote, match="no known key"):
        verify_note(parse_note(note), [stranger])


def test_the_key_under_another_name_has_not_signed_the_example(example: tuple[bytes, str]) -> None:
    note, written = example
    with pytest.raises(BadNote, match="no known key"):
        verify_note(parse_note(note), [VerifierKey("example.com/bar", VerifierKey.parse(written).public)])


@pytest.mark.parametrize("at", range(0, 70, 7))
def test_a_key_with_one_changed_letter_is_no_key(example: tuple[bytes, str], at: int) -> None:
    _, written = example
    changed = written[:at] + ("A" if written[at] != "A" else "B") + written[at + 1 :]
    if at >= len(written):
        pytest.skip("the key is shorter")
    with pytest.raises(BadNote):
        VerifierKey.parse(changed)
