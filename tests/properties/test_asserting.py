"""What may be asserted and said again: each refusal of `check_ground`, and what passes."""

import msgspec
import pytest

from troth.errors import Conflict, Refused, UnknownLaw
from troth.gate.asserting import REVIEW_DAYS_MAX, check_ground
from troth.gate.grounds.asserted import REVIEW_GRACE_DAYS
from troth.names import GroundId, PurposeId, Uri
from troth.state.scopes import StandingGround
from troth.statements.ground import Asserted, Citation, GroundBody
from troth.things.intervals import FOREVER

DAY = 86_400_000_000_000
NOW = 1_790_000_000_000_000_000
SAID = GroundBody(
    assertion=GroundId(b"g" * 16),
    ground=Asserted.REQUIRED,
    by=Uri("https://works.example"),
    product=Uri("https://works.example/meter"),
    purposes=(PurposeId("https://works.example/metering"),),
    citation=Citation("MsbG § 60", "DE/MsbG", "60"),
    words="The law says so.",
    from_ns=NOW,
    review_ns=NOW + 100 * DAY,
)


def standing(body: GroundBody = SAID) -> StandingGround:
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    return StandingGround(body.assertion, body, to_ns, body.review_ns, b"s" * 32)  # type: ignore[arg-type]  # a name


def other(**changed: object) -> GroundBody:
    return msgspec.structs.replace(SAID, **changed)


def test_the_first_saying_passes() -> None:
    check_ground(SAID, None, at_ns=NOW)
    check_ground(other(from_ns=NOW + 50 * DAY), None, at_ns=NOW)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"from_ns": NOW - 61_000_000_000}, Refused),
        ({"review_ns": NOW + (REVIEW_DAYS_MAX + 1) * DAY}, Refused),
        ({"review_ns": NOW}, Refused),
        ({"citation": Citation("Our own law", "XX/Ours", "1")}, UnknownLaw),
        ({"citation": Citation("MsbG", "DE/MsbG", "600")}, UnknownLaw),
    ],
)
def test_a_first_saying_that_is_refused(changed: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_ground(other(**changed), None, at_ns=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"review_ns": NOW + 200 * DAY},
        {"to_ns": NOW + 20 * DAY, "because": "The meters go."},
        {"to_ns": NOW + 20 * DAY, "review_ns": NOW + 300 * DAY},
    ],
)
def test_what_may_be_said_again(changed: dict[str, object]) -> None:
    check_ground(other(**changed), standing(), at_ns=NOW + 10 * DAY)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"review_ns": NOW + 99 * DAY}, Conflict),
        ({"to_ns": NOW + 9 * DAY}, Refused),
        ({"words": "Another reason."}, Conflict),
        ({"purposes": (PurposeId("https://works.example/research"),)}, Conflict),
        ({"streams": ("flow",)}, Conflict),
        ({"citation": Citation("HeizkostenV", "DE/HeizkostenV", "4")}, Conflict),
        ({"from_ns": NOW + DAY}, Conflict),
        ({"review_ns": NOW + (REVIEW_DAYS_MAX + 11) * DAY}, Refused),
    ],
)
def test_what_may_not_be_said_again(changed: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_ground(other(**changed), standing(), at_ns=NOW + 10 * DAY)


def test_an_end_moves_sooner_only() -> None:
    ends = standing(other(to_ns=NOW + 20 * DAY))
    check_ground(other(to_ns=NOW + 15 * DAY), ends, at_ns=NOW + 10 * DAY)
    for later in (NOW + 21 * DAY, None):
        with pytest.raises(Conflict):
            check_ground(other(to_ns=later), ends, at_ns=NOW + 10 * DAY)


@pytest.mark.parametrize("at", [NOW + (100 + REVIEW_GRACE_DAYS) * DAY, NOW + 2_000 * DAY])
def test_what_has_ended_is_not_brought_back(at: int) -> None:
    with pytest.raises(Conflict):
        check_ground(other(review_ns=at + DAY), standing(), at_ns=at)
