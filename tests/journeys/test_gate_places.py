"""Step 4: where the data would go, hop by hop; and step 1's question whether anybody answers."""

import pytest

from tests.made_town import (
    BILLING,
    HOURLY,
    OWNED,
    RAW,
    RESEARCH,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.gate.question import Answer, Code, Step, Verdict
from troth.names import PersonId, PurposeId, Uri
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, Processor
from troth.statements.keeping import CopyKept, KeepingBody
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.site import Moving, Site
from troth.things.intervals import FOREVER

CLOUD = Uri("https://cloud.example/")
RESEARCHERS = Uri("urn:troth:class:research")


def studied(*processors: Processor, to: Uri = UNIVERSITY, starts: float | None = None) -> DisclosedPurpose:
    views = (view(RAW, "choice"), view(HOURLY, "choice"))
    starts_ns = None if starts is None else ns(starts)
    return DisclosedPurpose(
        RESEARCH, "a study", "unknown", (to,), views, 30, processors=processors, starts_ns=starts_ns
    )


BILLED = purpose(BILLING, view(RAW, "contract"), to=(SUPPLIER,))


class Lane(Town):
    """A home with a meter where Ana lives and says yes to a study; the supplier keeps everything in Germany."""

    def __init__(
        self,
        *processors: Processor,
        places: tuple[str, ...] = (),
        starts: float | None = None,
        keeping: bool = True,
    ) -> None:
        super().__init__()
        self.party(SUPPLIER, Site("DE"))
        self.party(UNIVERSITY, Site("FR"))
        self.party(STRANGER, None)
        if keeping:
            self.keep(Site("DE"))
        self.product()
        self.disclose(studied(*processors, starts=starts), BILLED, OWNED, places=places)
        self.home = self.household("Harbour Lane 12")
        self.ana = self.person("Ana", self.home)
        self.meter = self.install(self.home, contract=(0, None))
        self.choose(self.ana, Decision.GIVE, self.meter, 1)

    def party(
        self,
        uri: Uri,
        site: Site | None,
        *,
        classes: tuple[Uri, ...] = (),
        reach_by: float | None = None,
        moving: Moving | None = None,
    ) -> None:
        until_ns = None if reach_by is None else ns(reach_by)
        body = OrganisationBody(
            uri, uri, "mailto:a@b.example", site=site, classes=classes, reach_by_ns=until_ns, moving=moving
        )
        self.say(KindName.ORGANISATION, body)

    def keep(self, site: Site, *copies: CopyKept, by: Uri = SUPPLIER) -> None:
        self.say(KindName.KEEPING, KeepingBody(by, site, copies))

    def rules(
        self,
        at: float,
        *,
        within: tuple[str, ...] = (),
        not_under: tuple[str, ...] = (),
        purposes: tuple[PurposeId, ...] = (),
        to: float | None = None,
        name: int = 1,
        who: PersonId | None = None,
    ) -> None:
        person = who or self.ana
        to_ns = None if to is None else ns(to)
        body = PlaceRuleBody(bytes([name]) * 16, person, ns(at), "session", within, not_under, purposes, to_ns)
        self.say(KindName.PLACE_RULE, body, by=self.key_of(person), at=at)


def stopped(answer: Answer) -> bool:
    """Denied at step 4, as a place where it may not go."""
    why = answer.reasons[0]
    return (answer.verdict, why.step, why.code) == (Verdict.DENY, Step.PLACED, Code.PLACE)


def billed(lane: Lane, at: float) -> Answer:
    return lane.ask(reads(lane.meter, at, party=SUPPLIER, why=BILLING))


def test_without_a_rule_nothing_has_to_be_said_about_places() -> None:
    lane = Lane()
    assert lane.ask(reads(lane.meter, 5)).verdict is Verdict.ALLOW
    assert lane.ask(collects(lane.meter, 5)).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("places", "goes"),
    [
        (("FR",), True),
        (("EU",), True),
        (("EEA",), True),
        (("DE",), False),
        (("US", "CH"), False),
        (("GB",), False),
    ],
)
def test_the_disclosure_names_the_places_that_a_recipient_may_be_in(places: tuple[str, ...], *, goes: bool) -> None:
    lane = Lane(places=places)
    answer = lane.ask(reads(lane.meter, 5))
    assert (answer.verdict is Verdict.ALLOW) == goes
    assert stopped(answer) != goes


@pytest.mark.parametrize(("places", "kept"), [(("DE",), True), (("FR",), False)])
def test_what_is_collected_goes_where_it_is_kept(places: tuple[str, ...], *, kept: bool) -> None:
    lane = Lane(places=places)
    assert stopped(lane.ask(collects(lane.meter, 5))) != kept


def test_a_copy_elsewhere_is_a_place_too() -> None:
    lane = Lane(places=("EU",))
    assert not stopped(lane.ask(collects(lane.meter, 5)))
    lane.keep(Site("DE"), CopyKept(SUPPLIER, Site("US"), "a backup"))
    assert stopped(lane.ask(collects(lane.meter, 5)))


def test_who_moves_is_there_from_its_nanosecond_on_and_no_answer_outlives_it() -> None:
    lane = Lane(places=("EU",))
    lane.party(UNIVERSITY, Site("FR"), moving=Moving(Site("US"), ns(10)))
    before = lane.ask(reads(lane.meter, 5))
    assert (Verdict.ALLOW, ns(10)) == (before.verdict, before.until_ns)
    assert not stopped(lane.ask(reads(lane.meter, 10 - 1e-9)))
    assert stopped(lane.ask(reads(lane.meter, 10)))
    lane.party(UNIVERSITY, Site("US"), moving=Moving(Site("FR"), ns(20)))
    assert stopped(lane.ask(reads(lane.meter, 15)))
    assert lane.ask(reads(lane.meter, 20)).verdict is Verdict.ALLOW


def test_what_is_kept_moves_at_its_nanosecond_and_what_was_announced_can_be_taken_back() -> None:
    lane = Lane(places=("EU",))
    there = KeepingBody(SUPPLIER, Site("US"), from_ns=ns(10))
    lane.say(KindName.KEEPING, there)
    before = lane.ask(collects(lane.meter, 5))
    assert (Verdict.ALLOW, ns(10)) == (before.verdict, before.until_ns)
    assert stopped(lane.ask(collects(lane.meter, 10)))
    lane.keep(Site("DE"))
    after = lane.ask(collects(lane.meter, 10))
    assert (Verdict.ALLOW, FOREVER) == (after.verdict, after.until_ns)


def test_where_nobody_has_said_where_it_is_kept_a_rule_stops_it() -> None:
    lane = Lane(keeping=False)
    assert not stopped(lane.ask(collects(lane.meter, 5)))
    lane.rules(5, within=("EU",))
    assert stopped(lane.ask(collects(lane.meter, 5)))


def test_a_recipient_that_has_not_said_where_it_is_gets_nothing_under_a_rule() -> None:
    lane = Lane()
    lane.party(UNIVERSITY, None)
    assert not stopped(lane.ask(reads(lane.meter, 5)))
    lane.rules(5, within=("EU",))
    assert stopped(lane.ask(reads(lane.meter, 5)))


@pytest.mark.parametrize(
    ("site", "within", "not_under", "goes"),
    [
        (Site("FR"), ("EU",), (), True),
        (Site("US"), ("EU",), (), False),
        (Site("FR", ("US",)), ("EU",), (), True),
        (Site("FR", ("US",)), (), ("US",), False),
        (Site("FR", ("US",)), ("EU",), ("CN",), True),
        (Site("US"), (), ("US",), False),
        (Site("IS"), ("EU",), (), False),
        (Site("IS"), ("EEA",), (), True),
        (Site("CH"), ("EU", "CH"), (), True),
        (Site("FR"), (), ("EU",), False),
    ],
)
def test_a_person_says_where_it_may_not_go_and_whose_law_may_not_reach_it(
    site: Site, within: tuple[str, ...], not_under: tuple[str, ...], *, goes: bool
) -> None:
    lane = Lane()
    lane.party(UNIVERSITY, site)
    assert not stopped(lane.ask(reads(lane.meter, 5)))
    lane.rules(5, within=within, not_under=not_under)
    assert stopped(lane.ask(reads(lane.meter, 5))) != goes


def test_a_rule_holds_from_its_moment_to_its_end_exactly() -> None:
    lane = Lane()
    lane.rules(10, not_under=("FR",), to=20)
    assert not stopped(lane.ask(reads(lane.meter, 9)))
    assert stopped(lane.ask(reads(lane.meter, 10)))
    assert stopped(lane.ask(reads(lane.meter, 19.99)))
    assert not stopped(lane.ask(reads(lane.meter, 20)))
    assert lane.ask(reads(lane.meter, 5)).until_ns == ns(10), "an answer ends when a rule begins"
    assert lane.ask(reads(lane.meter, 15)).until_ns == ns(20), "and when it ends"


def test_a_rule_is_ended_by_saying_it_again() -> None:
    lane = Lane()
    lane.rules(10, not_under=("FR",))
    assert stopped(lane.ask(reads(lane.meter, 30)))
    lane.rules(10, not_under=("FR",), to=25)
    assert not stopped(lane.ask(reads(lane.meter, 30)))


def test_a_rule_about_one_purpose_leaves_the_others_alone() -> None:
    lane = Lane()
    lane.party(SUPPLIER, Site("FR"))
    lane.rules(5, not_under=("FR",), purposes=(BILLING,))
    assert stopped(billed(lane, 6))
    assert not stopped(lane.ask(reads(lane.meter, 6)))


def test_a_rule_stops_a_contract_too_and_what_is_read_of_ones_own_goes_nowhere() -> None:
    lane = Lane()
    lane.rules(5, not_under=("DE",))
    assert stopped(billed(lane, 6))
    assert stopped(lane.ask(collects(lane.meter, 6)))
    assert lane.ask(reads_own(lane.meter, 6, lane.ana)).verdict is Verdict.ALLOW


def test_two_rules_must_both_be_met_and_the_broken_one_is_named_inside() -> None:
    lane = Lane()
    lane.rules(5, within=("EU",), name=1)
    lane.rules(5, not_under=("FR",), name=2)
    broken = lane.said[-1].signed.id
    answer = lane.ask(reads(lane.meter, 6))
    assert stopped(answer)
    assert answer.reasons[0].statements == (broken,)


def test_the_rule_of_somebody_who_is_not_concerned_changes_nothing() -> None:
    lane = Lane()
    ben = lane.person("Ben", lane.household("Harbour Lane 14"))
    lane.rules(5, not_under=("FR",), who=ben)
    assert not stopped(lane.ask(reads(lane.meter, 6)))


def test_every_member_counts() -> None:
    lane = Lane()
    ben = lane.person("Ben", lane.home, since=2)
    lane.choose(ben, Decision.GIVE, lane.meter, 3)
    assert not stopped(lane.ask(reads(lane.meter, 6)))
    lane.rules(5, not_under=("FR",), who=ben)
    assert stopped(lane.ask(reads(lane.meter, 6)))


def test_an_answer_that_met_a_rule_rests_on_it() -> None:
    lane = Lane()
    lane.rules(5, within=("EU",))
    assert lane.said[-1].signed.id in lane.ask(reads(lane.meter, 6)).rests_on
    assert lane.said[-1].signed.id in lane.ask(collects(lane.meter, 6)).rests_on


def test_a_hop_that_is_not_registered_stops_it_without_any_rule() -> None:
    lane = Lane(Processor(CLOUD, "carries it", Site("DE")))
    assert stopped(lane.ask(reads(lane.meter, 5)))
    assert lane.ask(collects(lane.meter, 5)).verdict is Verdict.ALLOW, "billing has no such hop"
    lane.party(CLOUD, Site("DE"))
    assert not stopped(lane.ask(reads(lane.meter, 5)))


def test_a_hop_is_measured_where_it_handles_this() -> None:
    lane = Lane(Processor(CLOUD, "carries it", Site("DE", ("US",))))
    lane.party(CLOUD, Site("DE"))
    lane.rules(5, within=("EU",))
    assert not stopped(lane.ask(reads(lane.meter, 6)))
    lane.rules(7, not_under=("US",))
    assert stopped(lane.ask(reads(lane.meter, 8)))


def test_a_lease_ends_when_a_rule_comes_and_when_a_party_moves() -> None:
    lane = Lane()
    first = lane.lease(reads(lane.meter, 5))
    lane.rules(6, within=("EU",))
    assert not first.live
    second = lane.lease(reads(lane.meter, 6))
    assert second.live
    lane.party(UNIVERSITY, Site("US"))
    assert not second.live


# --- somebody answers


def test_where_nobody_answers_any_more_nothing_goes_on_but_peoples_own() -> None:
    lane = Lane()
    lane.party(SUPPLIER, Site("DE"), reach_by=10)
    for question in (reads(lane.meter, 9.99), collects(lane.meter, 9.99)):
        answer = lane.ask(question)
        assert answer.verdict is Verdict.ALLOW
        assert answer.until_ns == ns(10)
    for question in (reads(lane.meter, 10), collects(lane.meter, 10)):
        answer = lane.ask(question)
        assert (answer.verdict, answer.reasons[0].step, answer.reasons[0].code) == (
            Verdict.DENY,
            Step.KNOWN,
            Code.UNANSWERED,
        )
        assert answer.named, "whoever is named may be told"
    assert lane.ask(reads_own(lane.meter, 10, lane.ana)).verdict is Verdict.ALLOW
    stranger = lane.ask(reads(lane.meter, 10, party=STRANGER, why=BILLING))
    assert not stranger.named, "to all others the stream does not exist"
    lane.party(SUPPLIER, Site("DE"), reach_by=30)
    assert lane.ask(reads(lane.meter, 10)).verdict is Verdict.ALLOW


# --- classes, and what is announced


def test_a_class_of_recipients_is_whoever_belongs_to_it() -> None:
    lane = Lane()
    lane.disclose(studied(to=RESEARCHERS), BILLED, OWNED)
    lane.choose(lane.ana, Decision.GIVE, lane.meter, 2)
    assert not lane.ask(reads(lane.meter, 5)).named
    lane.party(UNIVERSITY, Site("FR"), classes=(RESEARCHERS,))
    assert lane.ask(reads(lane.meter, 5)).verdict is Verdict.ALLOW
    assert not lane.ask(reads(lane.meter, 5, party=STRANGER)).named


def test_an_announced_use_begins_at_its_moment() -> None:
    lane = Lane(starts=10)
    before = lane.ask(reads(lane.meter, 9))
    assert (before.verdict, before.reasons[0].step, before.reasons[0].code) == (
        Verdict.DENY,
        Step.DECLARED,
        Code.NOT_YET,
    )
    assert before.until_ns == ns(10)
    assert lane.ask(reads(lane.meter, 10)).verdict is Verdict.ALLOW


def test_a_stream_that_is_free_of_rules_rests_on_nothing_of_them() -> None:
    lane = Lane()
    assert lane.ask(reads(lane.meter, 5)).until_ns == FOREVER
