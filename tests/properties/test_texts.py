"""Texts that people read: what hides something is refused in every field, and every script is taken."""

import unicodedata
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journeys.api_house import Home, furnished, thing
from troth.errors import Refused
from troth.statements.texts import check_texts

TURNING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN: Final = "\x00\x07\x1b\x7f\x85\u200b\u2028\u2029\u2060\ufeff\u00ad\u3164\u115f\u2065\ufff9\U000e0001\U000e0041"


class Inner(msgspec.Struct, frozen=True):
    name: str = "meter"
    words: str = "It measures.\n\tEvery day."


class Body(msgspec.Struct, frozen=True):
    name: str = "meter"
    inner: Inner = Inner()
    several: tuple[Inner, ...] = ()
    other: dict[str, list[str]] = msgspec.field(default_factory=dict)


def bodies(text: str) -> dict[str, Body]:
    return {
        "name": Body(name=text),
        "words": Body(inner=Inner(words=text)),
        "words of several": Body(several=(Inner(), Inner(words=text))),
        "an item": Body(other={"more": ["fine", text]}),
        "a key": Body(other={text: []}),
    }


@pytest.mark.parametrize("char", TURNING + UNSEEN, ids=lambda char: f"U+{ord(char):04X}")
def test_what_hides_or_turns_is_refused_wherever_it_stands(char: str) -> None:
    for place, body in bodies(f"me{char}ter").items():
        with pytest.raises(Refused) as refused:
            check_texts(body)
        assert char not in refused.value.message, place


FILLERS: Final = "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters by category, with nothing to see
LETTERS: Final = st.characters(exclude_categories=["Cc", "Cf", "Cn", "Cs", "Zl", "Zp"], exclude_characters=FILLERS)


@given(st.text(LETTERS))
def test_letters_of_every_script_are_taken(text: str) -> None:
    for body in bodies(text).values():
        check_texts(body)


@pytest.mark.parametrize("text", ["Zoë", "Åsa Ødegård", "می\u200cنویسم", "क्\u200dष", "👩\u200d🌾", "שָׁלוֹם"])
def test_marks_and_joiners_that_names_need_are_taken(text: str) -> None:
    assert unicodedata.normalize("NFC", text)
    for body in bodies(text).values():
        check_texts(body)


@pytest.mark.parametrize("break_", ["\n", "\t"])
def test_a_name_stands_on_one_line_and_longer_texts_need_not(break_: str) -> None:
    check_texts(Body(inner=Inner(words=f"one{break_}two")))
    for body in (Body(name=f"one{break_}two"), Body(several=(Inner(name=f"one{break_}two"),))):
        with pytest.raises(Refused, match="name"):
            check_texts(body)


@pytest.mark.parametrize("name", ["Meter\nAnswers: nobody", "Meter \u202egnisruoc", "Me\u200bter"])
def test_a_thing_of_such_a_name_does_not_join(name: str) -> None:
    async def test(home: Home) -> None:
        body = thing(home.household) | {"name": name, "slug": "another"}
        answer = await home.house.ask("POST", "/api/things", body, token=home.house.operator)
        assert (403, "refused") == (answer.status_code, answer.json()["code"])
        assert 1 == len(home.house.node.directory.things)

    furnished(test)
