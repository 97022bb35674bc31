"""What a request says of its body before it is read: of which kind it is, how it is coded, how long it will be.

Rules
- A body is of one kind, said once or not at all; text is UTF-8, and a `charset` that says otherwise is refused, not guessed at.
- No content coding is undone here: what is compressed is refused, so that no small body becomes a large one.
- A length that is over the limit is refused before the first byte is read.

Source: RFC 9110 §8.3 to §8.6, §15.5.16; RFC 8259 §8.1 (JSON is UTF-8); RFC 9112 §6.
"""

from collections.abc import Iterable
from typing import Final

from troth.errors import TooLarge, WrongKind

__all__ = ["check_coding", "check_length", "kind_of", "wants_json"]

_UTF8: Final = frozenset({b"utf-8", b"utf8", b"us-ascii"})
Fields = Iterable[tuple[bytes, bytes]]


def kind_of(headers: Fields) -> str:
    """The media type in lower case without its parameters, or nothing where none is said.

    Raises:
        WrongKind: it is said twice, or with another charset than UTF-8.
    """
    found = [value for name, value in headers if name == b"content-type"]
    if not found:
        return ""
    kind, *parameters = found[0].split(b";")
    for parameter in parameters:
        name, _, value = parameter.strip().partition(b"=")
        if name.lower() == b"charset" and value.strip(b'" ').lower() not in _UTF8:
            raise WrongKind("Text here is UTF-8.", hint="Say 'charset=utf-8', or nothing of it.")
    if len(found) > 1:
        raise WrongKind("The header Content-Type stands twice.")
    return kind.strip().lower().decode("latin-1")


def wants_json(headers: Fields) -> None:
    """Return if the body is said to be JSON, or nothing is said of it.

    Raises:
        WrongKind: it is said to be something else.
    """
    if kind_of(headers) not in {"", "application/json"}:
        raise WrongKind("This body must be JSON.", hint="Send 'Content-Type: application/json'.")


def check_coding(value: bytes) -> None:
    """Return if a Content-Encoding changes nothing.

    Raises:
        WrongKind: it names a coding.
    """
    if value.strip().lower() not in {b"", b"identity"}:
        raise WrongKind("A compressed body is not taken here.", hint="Send it as it is, without Content-Encoding.")


def check_length(headers: Fields, *, limit: int) -> None:
    """Return if the length that is said, if any is, fits.

    Raises:
        TooLarge: it does not.
    """
    for name, value in headers:
        if name == b"content-length" and (len(value) > 18 or (value.isdigit() and int(value) > limit)):
            raise TooLarge(f"A body has at most {limit} bytes here.")
