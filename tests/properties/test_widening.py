"""What widened is asked again, what narrowed applies at once, whatever is changed in whatever order: against a model."""

from contextlib import nullcontext
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from troth.errors import NotFound, Refused, TooSoon
from troth.gate.announcing import check_announced
from troth.journeys.news_words import change_words, goes_less_far
from troth.names import Uri
from troth.signing import cbor
from troth.statements.choice import Decision
from troth.statements.disclosure import (
    DisclosedPurpose,
    DisclosedStream,
    DisclosedVariant,
    DisclosureBody,
    Indicator,
    Limits,
    Processor,
)
from troth.statements.dpv import DPV
from troth.statements.notice import notice_of
from troth.statements.site import Site
from troth.statements.terms import is_no_wider, terms_of
from troth.statements.widening import Changed, changes_of
from troth.testing.people import HOUSE, RESEARCH
from troth.testing.world import World

RECIPIENTS: Final = (("university",), ("university", "bakery"))
PROCESSORS: Final = ((), ("supplier",), ("supplier", "bakery"))
DAYS: Final = (30, 60, 365)
PLACES: Final = (("DE",), ("DE", "FR"), ())
FIELDS: Final = (("a",), ("a", "b"), ("a", "b", "c"))
RATES: Final = (10.0, 60.0, None)
GROUPS: Final = (5, 3, None)
KINDS: Final = (("DirectMarketing",), ("Marketing",), ("Purpose", "Marketing"))
LISTS: Final = (RECIPIENTS, PROCESSORS, DAYS, PLACES, FIELDS, RATES, GROUPS, KINDS)
"""Each from the narrowest to the widest: what is later in a list is wider than everything before it."""
WORDS: Final = ("Research", "Research and sale")
AT_NS: Final = 1_772_352_000_000_000_000


def uri(name: str) -> Uri:
    return Uri(f"https://{name}.example/")


def dpv(*names: str) -> tuple[Uri, ...]:
    return tuple(Uri(f"{DPV}{name}") for name in names)


class Said(msgspec.Struct, frozen=True):
    """One purpose, as a place in each list, and which words."""

    levels: tuple[int, ...]
    words: int

    def places(self) -> tuple[str, ...]:
        return PLACES[self.levels[3]]

    def group_size(self) -> int | None:
        return GROUPS[self.levels[6]]

    def limits(self) -> Limits:
        return DisclosedStream("level", (), self.places(), self.group_size()).limits

    def purpose(self, *, ground: str = "choice", starts_ns: int | None = None) -> DisclosedPurpose:
        recipients, processors, days, _, fields, rate, _, kind = self.levels
        hops = tuple(Processor(uri(name), "keeps it", Site("DE", ())) for name in PROCESSORS[processors])
        return DisclosedPurpose(
            RESEARCH,
            WORDS[self.words],
            "better bills",
            tuple(uri(name) for name in RECIPIENTS[recipients]),
            (DisclosedVariant(f"only={';'.join(FIELDS[fields])}", ground),),
            DAYS[days],
            processors=hops,
            per_hour=RATES[rate],
            terms=dpv(*KINDS[kind]),
            fields=FIELDS[fields],
            starts_ns=starts_ns,
        )

    def body(self, product: Uri, *, version: int = 1, ground: str = "choice") -> DisclosureBody:
        views = (DisclosedVariant("only=a;b;c", "own"),)
        own = DisclosedPurpose(HOUSE, "Your own use", "you see it", (), views, 365, fields=FIELDS[-1])
        stream = DisclosedStream("level", (own, self.purpose(ground=ground)), self.places(), self.group_size())
        return DisclosureBody(product, uri("maker"), "en", version, (stream,))

    def is_no_wider(self, other: "Said") -> bool:
        """The model: no further in any list, in the same words."""
        return self.words == other.words and all(a <= b for a, b in zip(self.levels, other.levels, strict=True))


SAID: Final = st.builds(
    Said, st.tuples(*(st.integers(0, len(values) - 1) for values in LISTS)), st.integers(0, len(WORDS) - 1)
)


@settings(max_examples=200, deadline=None)
@given(SAID, SAID)
def test_terms_and_changes_say_the_same_as_the_model(former: Said, now: Said) -> None:
    no_wider = now.is_no_wider(former)
    terms = [terms_of(each.purpose(), each.limits(), measured=None, parties={}) for each in (now, former)]
    assert no_wider == is_no_wider(*terms)
    found = changes_of(now.body(uri("x")), former.body(uri("x")), at_ns=AT_NS)
    about = [each for each in found if each.purpose.purpose == RESEARCH]
    if now == former:
        assert [] == about
    else:
        assert [Changed.NARROWER if no_wider else Changed.WIDER] == [each.changed for each in about]


@settings(max_examples=200, deadline=None)
@given(SAID, SAID, st.sampled_from(["choice", "contract"]), st.booleans())
def test_only_what_asks_nobody_and_is_wider_needs_notice(former: Said, now: Said, ground: str, installed: bool) -> None:  # noqa: FBT001 - it is drawn like the others
    refused = False
    try:
        check_announced(
            now.body(uri("x"), ground=ground),
            former.body(uri("x"), ground=ground),
            installed=installed,
            at_ns=AT_NS,
        )
    except TooSoon:
        refused = True
    # Where the stream may go to more places, so may the house's own.
    elsewhere = now.levels[3] > former.levels[3]
    wider = (ground == "contract" and not now.is_no_wider(former)) or elsewhere
    assert (installed and wider) == refused


class Disclosing(RuleBasedStateMachine):
    """A disclosure is changed again and again, and Ana answers now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(seed=67, jitter_s=0.0)
        world = self.world
        for name in ("Bakery", "Supplier", "University"):
            world.organisation(name)
        home = world.home("Harbour Lane 12")
        self.ana = home.person("Ana")
        self.now = Said((0,) * len(LISTS), 0)
        views = (DisclosedVariant("only=a;b;c", "own"),)
        own = DisclosedPurpose(HOUSE, "Your own use", "you see it", (), views, 365, fields=FIELDS[-1])
        # The house's own goes anywhere from the beginning on, so that places of the stream may widen without notice.
        self.meter = home.thing("gauge", stream="level", type_="json", purposes=(own, self.now.purpose()))
        self.product = world.node.directory.things[self.meter.joined.thing].body.product
        self.version = 1
        self.given: list[Said] = []
        self.yes = False
        self.now = msgspec.structs.replace(self.now, levels=(0, 0, 0, 2, 0, 0, 2, 0))

    @rule(said=SAID)
    def disclose(self, said: Said) -> None:
        """Whatever whoever runs the place likes; more places need notice, so there are never more of them."""
        levels = list(said.levels)
        levels[3] = min(levels[3], self.now.levels[3])
        self._say(msgspec.structs.replace(said, levels=tuple(levels)))

    @rule(at=st.sampled_from([0, 1, 2, 4, 5, 6, 7]), to=st.integers(0, 1))
    def change_one(self, at: int, to: int) -> None:
        levels = list(self.now.levels)
        levels[at] = to
        self._say(msgspec.structs.replace(self.now, levels=tuple(levels)))

    @rule()
    def say_yes(self) -> None:
        self.world.run(self.ana.choose(Decision.GIVE, self.meter))
        self.given, self.yes = [self.now], True

    @rule()
    def say_no(self) -> None:
        self.world.run(self.ana.choose(Decision.REFUSE, self.meter))
        self.yes = False

    def _say(self, said: Said) -> None:
        self.version += 1
        self.world.run(self.world.node.join.disclosure(said.body(self.product, version=self.version)))
        self.now = said

    @invariant()
    def reading_is_allowed_exactly_where_the_yes_reaches(self) -> None:
        university = self.world.organisation("University")
        allowed = True
        try:
            university.reads(self.meter)
        except (Refused, NotFound):
            allowed = False
        # No processor and no recipient has said where it is; so where the stream may not go anywhere, it goes nowhere.
        anywhere = not self.now.places()
        alone = self.now.group_size() is None  # there is one home, and its views are of it alone
        model = self.yes and anywhere and alone and any(self.now.is_no_wider(each) for each in self.given)
        assert model == allowed, (self.now, self.given)

    @invariant()
    def no_member_is_taken_in_that_nobody_named(self) -> None:
        self.world.clock.step(1)
        outcome = self.meter.says(cbor.encode({"a": 1, "z": 2}))
        assert "undeclared" == outcome or self.now.places(), "where it may go nowhere it is not taken in anyway"
        assert not isinstance(outcome, int)

    def teardown(self) -> None:
        self.world.close()


TestDisclosing = Disclosing.TestCase
TestDisclosing.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_what_stands_as_it_stood_is_no_change_unless_its_view_is_not_known_here() -> None:
    def body(view: str) -> DisclosureBody:
        use = DisclosedPurpose(RESEARCH, "Research", "better bills", (), (DisclosedVariant(view, "choice"),), 30)
        return DisclosureBody(uri("meter"), uri("maker"), "en", 1, (DisclosedStream("flow", (use, use)),))

    assert () == changes_of(body("raw"), body("raw"), at_ns=AT_NS)
    unknown = changes_of(body("a-view-of-tomorrow"), body("a-view-of-tomorrow"), at_ns=AT_NS)
    assert [Changed.WIDER] * 2 == [each.changed for each in unknown]


def test_of_two_streams_with_one_name_the_first_is_meant() -> None:
    first, second = DisclosedStream("flow", (), places=("DE",)), DisclosedStream("flow", (), places=("FR",))
    body = DisclosureBody(uri("meter"), uri("maker"), "en", 1, (first, second))
    assert first is body.by_name["flow"]
    assert body == msgspec.structs.replace(body, version=1)


def use(*terms: Uri, ground: str = "choice") -> DisclosedPurpose:
    views = (DisclosedVariant("raw", ground),)
    return DisclosedPurpose(RESEARCH, "Research", "better bills", (), views, 30, terms=terms)


def said(*terms: Uri, ground: str = "choice") -> DisclosureBody:
    return DisclosureBody(uri("x"), uri("maker"), "en", 1, (DisclosedStream("level", (use(*terms, ground=ground),)),))


ELSEWHERE: Final = uri("schema")
NO_SUCH: Final = dpv("NoSuchPurpose")


@pytest.mark.parametrize(
    ("former", "now", "changed"),
    [
        (dpv("Marketing"), dpv("DirectMarketing"), Changed.NARROWER),
        (dpv("Marketing", "Verification"), dpv("Advertising"), Changed.NARROWER),
        (dpv("DirectMarketing"), dpv("Marketing"), Changed.WIDER),
        (dpv("DirectMarketing"), dpv("PublicRelations"), Changed.WIDER),
        (dpv("DirectMarketing"), dpv("DirectMarketing", "AcademicResearch"), Changed.WIDER),
        (dpv("Marketing"), NO_SUCH, Changed.WIDER),
        (NO_SUCH, dpv("Marketing"), Changed.WIDER),
        (dpv("Marketing"), (ELSEWHERE,), Changed.WIDER),
        (dpv("Marketing"), (), Changed.WIDER),
        ((), dpv("Marketing"), Changed.WIDER),
        ((ELSEWHERE, *dpv("Marketing")), (ELSEWHERE,), Changed.NARROWER),
        (NO_SUCH, NO_SUCH, None),
    ],
)
def test_another_kind_of_purpose_is_wider_unless_it_lies_in_the_former(
    former: tuple[Uri, ...], now: tuple[Uri, ...], changed: Changed | None
) -> None:
    found = changes_of(said(*now), said(*former), at_ns=AT_NS)
    assert ([] if changed is None else [changed]) == [each.changed for each in found]
    wider = changed is Changed.WIDER
    terms = [terms_of(use(*each), Limits(), measured=None, parties={}) for each in (now, former)]
    assert wider != is_no_wider(*terms)
    words = change_words(found[0], str) if found else ""
    assert wider == ("it is another kind of purpose" in words)
    assert (changed is Changed.NARROWER) == ("it is a narrower kind of purpose" in words)
    before = msgspec.structs.replace(terms[1], called=None)
    assert is_no_wider(terms[0], before), "a yes of before this says nothing of the kind"
    for ground, refused in (("contract", wider), ("choice", False)):
        bodies = said(*now, ground=ground), said(*former, ground=ground)
        with pytest.raises(TooSoon) if refused else nullcontext():
            check_announced(*bodies, installed=True, at_ns=AT_NS)


@pytest.mark.parametrize(
    ("changed", "less"),
    [
        ({"variants": (DisclosedVariant("hourly-mean", "choice"),)}, "it shows less: hourly-mean"),
        ({"terms": dpv("AcademicResearch")}, "it is a narrower kind of purpose: academic research"),
        ({"essential": False}, "it counts as essential no more"),
        ({"per_hour": 4.0}, "fewer values an hour"),
        ({"starts_ns": AT_NS + 1}, "it begins later"),
        ({"indicator": Indicator("bills that were right", "98 %", "2026-01-01")}, None),
        ({"function": "billing"}, None),
        ({"variants": (DisclosedVariant("raw", "choice", "DE/MsbG 60"),)}, None),
        ({"terms": dpv("NonCommercialResearch", "ResearchAndDevelopment")}, None),
    ],
)
def test_what_goes_no_further_is_told_as_less_only_where_it_is(changed: dict[str, object], less: str | None) -> None:
    former = msgspec.structs.replace(use(*dpv("ResearchAndDevelopment")), essential=True)
    now = msgspec.structs.replace(former, **changed)
    bodies = (
        DisclosureBody(uri("x"), uri("maker"), "en", 1, (DisclosedStream("level", (each,)),)) for each in (now, former)
    )
    (change,) = changes_of(*bodies, at_ns=AT_NS)
    assert Changed.NARROWER is change.changed
    assert goes_less_far(change) == (less is not None)
    words = change_words(change, str)
    assert (f"It goes less far than before: {less}" if less else "It goes no further than before; ") in words


def test_what_kind_of_purpose_it_is_stands_in_what_people_read_before_they_choose() -> None:
    kinds = (*dpv("SellDataToThirdParties", "DirectMarketing"), ELSEWHERE)
    text = notice_of(use(*kinds), Limits(), said(*kinds), measured=None, parties={}).text
    line = (
        "What kind of purpose that is (W3C DPV): sell data to third parties, direct marketing, https://schema.example/"
    )
    assert line in text.splitlines()
    assert "W3C DPV" not in notice_of(use(), Limits(), said(), measured=None, parties={}).text
