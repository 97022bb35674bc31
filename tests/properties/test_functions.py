"""What a no stops: the graph of functions, the lint that refuses detriment, and that the gate does what the graph says."""

from collections.abc import Sequence
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_town import (
    HOURLY,
    HOUSE,
    MAKER,
    METER,
    RAW,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    ns,
    purpose,
    reads_own,
    view,
)
from troth.errors import Detriment
from troth.gate.functions import check_functions, functions_of, lasts, stops_with
from troth.gate.question import Action, Asker, Ground, Question, Verdict
from troth.names import PurposeId, Uri
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.ground import Asserted
from troth.statements.passport import PassportBody, PassportStream, ProductFunction

HEATING: Final = "the heating"
REPORT: Final = "a monthly report"
GROUNDS: Final = ("choice", "contract", "objectable", "required", "settled")
URI: Final = tuple(PurposeId(f"https://supplier.example/use-{at}") for at in range(4))


def passport(*functions: ProductFunction) -> PassportBody:
    streams = tuple(PassportStream(name, name, "level", Uri("urn:x:flow"), "number") for name in ("flow", "warmth"))
    return PassportBody(METER, "Meter", MAKER, streams, functions=functions)


def use(at: int, *grounds: str, function: str | None = None, essential: bool = False) -> DisclosedPurpose:
    """A purpose of the supplier, in the raw view and, on a second ground, in means."""
    made = purpose(URI[at], *map(view, (RAW, HOURLY), grounds), to=(SUPPLIER,))
    return msgspec.structs.replace(made, function=function, essential=essential, title=f"use {at}")


def disclosed(*purposes: DisclosedPurpose, warmth: Sequence[DisclosedPurpose] = ()) -> DisclosureBody:
    streams = (DisclosedStream("flow", purposes), DisclosedStream("warmth", tuple(warmth)))
    return DisclosureBody(METER, MAKER, "en", 1, streams)


NEEDED: Final = passport(ProductFunction(HEATING, essential=True), ProductFunction(REPORT))
SAFE: Final = {
    "rests on contract": (use(0, "contract", function=HEATING),),
    "has a second use that lasts": (use(0, "choice", function=HEATING), use(1, "required", function=HEATING)),
    "rests on contract in a coarser view": (use(0, "choice", "contract", function=HEATING),),
    "is for those who live there": (use(0, "own", function=HEATING),),
    "is essential and lasts": (use(0, "settled", function=HEATING, essential=True),),
}
UNSAFE: Final = {
    "rests on choice": (use(0, "choice", function=HEATING),),
    "may be objected to": (use(0, "objectable", function=HEATING),),
    "rests on choice in every view": (use(0, "choice", "choice", function=HEATING),),
    "is for emergencies": (use(0, "urgent", function=HEATING),),
    "rests on two choices": (use(0, "choice", function=HEATING), use(1, "objectable", function=HEATING)),
    "is served by nothing": (use(0, "contract", function=REPORT),),
    "needs a use that may be objected to": (
        use(0, "contract", function=HEATING),
        use(1, "objectable", function=HEATING, essential=True),
    ),
}


@pytest.mark.parametrize("name", SAFE)
def test_an_essential_function_is_safe_from_a_no_where_it(name: str) -> None:
    check_functions(disclosed(*SAFE[name]), NEEDED)
    [heating] = [each for each in functions_of(disclosed(*SAFE[name]), NEEDED) if each.name == HEATING]
    assert heating.essential
    assert heating.goes_on


@pytest.mark.parametrize("name", UNSAFE)
def test_a_disclosure_is_refused_and_the_function_named_where_it(name: str) -> None:
    with pytest.raises(Detriment, match=HEATING):
        check_functions(disclosed(*UNSAFE[name]), NEEDED)


def test_what_is_essential_by_the_disclosure_alone_counts_too_and_is_named() -> None:
    body = disclosed(use(0, "objectable", essential=True))
    with pytest.raises(Detriment, match="use 0"):
        check_functions(body, passport())
    check_functions(disclosed(use(0, "objectable")), passport())


def test_what_is_optional_may_stop_with_a_no_and_says_so() -> None:
    body = disclosed(use(0, "choice", function=REPORT), use(1, "contract", function=HEATING), use(2, "choice"))
    check_functions(body, NEEDED)
    functions = functions_of(body, NEEDED)
    assert ((REPORT,), (HEATING,)) == stops_with(URI[0], "flow", functions)
    assert ((), (HEATING,)) == stops_with(URI[2], "flow", functions)
    assert ((), (HEATING,)) == stops_with(URI[0], "warmth", functions), "the same purpose of another stream"


def test_a_function_is_served_over_all_streams() -> None:
    body = disclosed(use(0, "choice", function=HEATING), warmth=(use(0, "contract", function=HEATING),))
    check_functions(body, NEEDED)
    assert ((), (HEATING,)) == stops_with(URI[0], "flow", functions_of(body, NEEDED))


# --- the gate does what the graph says


@st.composite
def houses(draw: st.DrawFn) -> tuple[DisclosedPurpose, ...]:
    return tuple(
        use(
            at,
            *draw(st.lists(st.sampled_from(GROUNDS), min_size=1, max_size=2)),
            function=draw(st.sampled_from([HEATING, REPORT, None])),
        )
        for at in range(draw(st.integers(1, 4)))
    )


@given(houses())
def test_with_every_no_said_the_gate_gives_exactly_what_lasts(purposes: tuple[DisclosedPurpose, ...]) -> None:
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY, STRANGER)
    town.product()
    own = purpose(HOUSE, view(RAW, "own"))
    town.disclose(*purposes, own)
    home = town.household("h")
    ana = town.person("Ana", home)
    meter = town.install(home, contract=(0, None), owner=SUPPLIER)
    for each in purposes:
        for ground in (Asserted.REQUIRED, Asserted.SETTLED, Asserted.OBJECTABLE):
            town.asserts(each.purpose, 0, ground=ground, name=f"{each.purpose} {ground}", to=900)
        town.choose(ana, Decision.REFUSE, home, 1, purpose=each.purpose, whole_home=True)
        town.objects(ana, home, 1, purpose=each.purpose, whole_home=True)
    for each in purposes:
        answer = town.ask(Question(Action.READ, meter, Asker(SUPPLIER, "app", each.purpose), ns(2)))
        assert (answer.verdict is not Verdict.DENY) is lasts(each), each
    body = disclosed(*purposes)
    for function in functions_of(body, NEEDED):
        served = [each for each in purposes if each.function == function.name]
        working = any(
            town.ask(Question(Action.READ, meter, Asker(SUPPLIER, "app", each.purpose), ns(2))).verdict
            is not Verdict.DENY
            for each in served
        )
        assert working is function.goes_on
    assert Verdict.ALLOW is town.ask(reads_own(meter, 2, ana)).verdict


def test_every_ground_either_lasts_or_is_ended_by_a_no() -> None:
    assert {Ground.CHOICE, Ground.OBJECTABLE, Ground.URGENT} == {each for each in Ground if not lasts(use(0, each))}
