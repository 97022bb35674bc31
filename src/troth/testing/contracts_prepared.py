"""What every `PreparedFiles` does."""

from collections.abc import Callable

from troth.things.prepared import PreparedFiles

__all__ = ["PREPARED"]

_NAME, _OTHER = "0a" * 16, "0b" * 16


def appended_bytes_are_read_from_anywhere(files: PreparedFiles) -> None:
    """Order and place are kept."""
    files.append(_NAME, b"abc")
    files.append(_NAME, b"defg")
    files.append(_OTHER, b"x" * 100_000)
    assert files.read(_NAME, offset=0, length=100) == b"abcdefg"
    assert files.read(_NAME, offset=2, length=3) == b"cde"
    assert files.read(_NAME, offset=7, length=1) == b""
    assert files.read(_OTHER, offset=99_999, length=2) == b"x"


def what_is_not_there_reads_as_nothing(files: PreparedFiles) -> None:
    """Neither reading nor deleting complains."""
    assert files.read(_NAME, offset=0, length=1) == b""
    files.delete(_NAME)


def a_deleted_file_is_gone_and_others_stay(files: PreparedFiles) -> None:
    """And its name begins anew."""
    files.append(_NAME, b"one")
    files.append(_OTHER, b"two")
    files.delete(_NAME)
    assert files.read(_NAME, offset=0, length=9) == b""
    assert files.read(_OTHER, offset=0, length=9) == b"two"
    files.append(_NAME, b"3")
    assert files.read(_NAME, offset=0, length=9) == b"3"


def clearing_takes_all(files: PreparedFiles) -> None:
    """Twice is no other than once."""
    files.append(_NAME, b"one")
    files.append(_OTHER, b"two")
    files.clear()
    files.clear()
    assert [files.read(name, offset=0, length=9) for name in (_NAME, _OTHER)] == [b"", b""]


PREPARED: tuple[Callable[[PreparedFiles], None], ...] = (
    appended_bytes_are_read_from_anywhere,
    what_is_not_there_reads_as_nothing,
    a_deleted_file_is_gone_and_others_stay,
    clearing_takes_all,
)
