"""What is shared of a home where a child lives: whose word on a share counts at which age, as of every choice."""

from tests.made_town import MAKER, OWNED, RAW, SUPPLIER, Town, ns
from troth.gate.question import Action, Answer, Asker, Code, Question, Verdict
from troth.gate.rules.share_terms import SHARE
from troth.names import PersonId, PurposeId, ShareId, Uri
from troth.statements.choice import Decision, NoticeShown
from troth.statements.guardianship import GuardianshipBody
from troth.statements.kinds import KindName
from troth.statements.share import ShareBody
from troth.things.intervals import Interval

ADVISER = Uri("https://adviser.example/")
ENERGY = PurposeId(f"{SHARE}energy")
ONE, OTHER = ShareId(bytes([1]) * 16), ShareId(bytes([2]) * 16)
BOTH, ALONE, GROWN = 1_000, 2_000, 3_000  # minutes at which a guardian's power changes
END = 9_000
GIVE, REFUSE = Decision.GIVE, Decision.REFUSE


class Home(Town):
    """Ana and her child Kim, and a meter."""

    def __init__(self) -> None:
        super().__init__()
        self.organisations(MAKER, SUPPLIER, ADVISER)
        self.product()
        self.disclose(OWNED)
        self.home = self.household("h")
        self.ana, self.kim = self.person("Ana", self.home), self.person("Kim", self.home)
        self.member(self.kim, self.home, since=0, role="child")
        self.say(KindName.GUARDIANSHIP, GuardianshipBody(self.kim, (self.ana,), "DE", ns(BOTH), ns(ALONE), ns(GROWN)))
        self.meter = self.install(self.home)

    def shares(self, who: PersonId, decision: Decision, at: float, *, share: ShareId = ONE) -> None:
        gives = decision is GIVE
        body = ShareBody(
            *(share, who, self.home, ADVISER, ENERGY, decision, ns(at), NoticeShown(bytes(32), 1, "en"), "session"),
            streams=(self.meter,),
            variant=RAW if gives else None,
            to_ns=ns(END) if gives else None,
        )
        self.say(KindName.SHARE, body, by=self.key_of(who), at=at)

    def adviser(self, at: float) -> Answer:
        return self.ask(Question(Action.READ, self.meter, Asker(ADVISER, "app", ENERGY), ns(at)))


def test_a_small_child_s_own_no_stops_what_a_guardian_shares() -> None:
    home = Home()
    home.shares(home.ana, GIVE, 10)
    assert Verdict.ALLOW == home.adviser(11).verdict
    home.shares(home.kim, REFUSE, 20)
    answer = home.adviser(21)
    assert (Verdict.DENY, Code.REFUSED) == (answer.verdict, answer.reasons[0].code)
    home.shares(home.kim, GIVE, 30)
    assert (Interval(ns(10), ns(20)), Interval(ns(30), ns(BOTH))) == home.adviser(31).covered


def test_what_a_small_child_shared_counts_for_nothing_when_they_are_older() -> None:
    home = Home()
    home.shares(home.kim, GIVE, 5)
    home.shares(home.ana, GIVE, 10)
    for at in (BOTH + 1, ALONE + 1, GROWN + 1):
        assert Verdict.DENY == home.adviser(at).verdict
    home.shares(home.kim, GIVE, GROWN + 5, share=OTHER)
    assert Verdict.ALLOW == home.adviser(GROWN + 6).verdict


def test_who_speaks_for_themselves_opens_nothing_of_what_was_shared_for_them() -> None:
    home = Home()
    home.shares(home.ana, GIVE, 10)
    home.shares(home.kim, GIVE, ALONE + 5)
    assert (Interval(ns(ALONE + 5), ns(END)),) == home.adviser(ALONE + 6).covered
