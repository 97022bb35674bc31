"""What a reference page says, read back: its sections, and the examples in them. One place, so that no example exists twice."""

import json
import re
from typing import Final

import msgspec

from tests.architecture.trees import ROOT
from troth.statements.kinds import KINDS, Body, KindName

REFERENCE: Final = ROOT / "docs" / "reference"


def sections(page: str) -> dict[str, str]:
    """Text by second-level heading."""
    parts = re.split(r"^## (.+)$", (REFERENCE / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def diagnostic(text: str) -> dict[str, object]:
    """A map in CBOR's diagnostic notation, as far as the pages use it: JSON, and h'...' for bytes."""
    marked = re.sub(r"h'([0-9a-f]*)'", r'"\\u0000\1"', text)

    def value(found: object) -> object:
        match found:
            case dict():
                return {key: value(each) for key, each in found.items()}
            case list():
                return [value(each) for each in found]
            case str() if found.startswith("\0"):
                return bytes.fromhex(found[1:])
            case _:
                return found

    read_ = value(json.loads(marked))
    assert isinstance(read_, dict)
    return read_


def example(section: str) -> dict[str, object]:
    """The one example of a section."""
    block = re.search(r"```cbor\n(.+?)```", section, flags=re.DOTALL)
    assert block is not None
    return diagnostic(block[1])


def example_of(name: KindName) -> dict[str, object]:
    """The payload that the page of statements shows for a kind."""
    return example(sections("statements.md")[name.value])


def body_of(name: KindName) -> Body:
    """The same as the kind's body."""
    body: Body = msgspec.convert(example_of(name), KINDS[name].body, builtin_types=(bytes,), strict=True)
    return body
