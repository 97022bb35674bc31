"""A disclosure that names a use like an authority's request opens nothing that was not given, and collects nothing."""

from tests.made_town import LAWFUL, OWNED, RAW, SUPPLIER, UNIVERSITY, Town, collects, ns, purpose, reads, view
from troth.gate.question import Answer, Verdict
from troth.names import RequestId, Uri
from troth.statements.authority import AuthorityReachBody, purpose_of
from troth.statements.kinds import KindName
from troth.things.intervals import Interval

POLICE = Uri("https://police.example/")
REQUEST = RequestId(bytes(16))
LIKE_IT = purpose_of(REQUEST)


class Asked(Town):
    """A home with a meter; the police may read hours of minutes 0 to 10 for a request, until minute 500."""

    def __init__(self, *recipients: Uri) -> None:
        super().__init__()
        self.organisations(SUPPLIER, UNIVERSITY, POLICE)
        self.product()
        like_it = purpose(LIKE_IT, view(RAW, "required"), to=recipients)
        self.disclose(*((like_it,) if recipients else (OWNED,)))
        home = self.household("h")
        self.person("Ana", home)
        self.meter = self.install(home, owner=SUPPLIER)
        body = AuthorityReachBody(
            *(REQUEST, POLICE, LAWFUL, (self.meter,), ns(0), ns(10), ns(500)), variant="hourly-mean", household=home
        )
        self.say(KindName.AUTHORITY_REACH, body)

    def read_by(self, party: Uri) -> Answer:
        return self.ask(reads(self.meter, 100, party=party, why=LIKE_IT))


def test_the_authority_reads_what_was_given_in_the_view_that_is_enough() -> None:
    for asked in (Asked(), Asked(POLICE)):
        answer = asked.read_by(POLICE)
        assert (Verdict.TRANSFORM, "hourly-mean") == (answer.verdict, str(answer.variant))
        assert (Interval(ns(0), ns(10)),) == answer.covered


def test_nobody_else_reads_for_the_request() -> None:
    assert Verdict.DENY == Asked(UNIVERSITY, POLICE).read_by(UNIVERSITY).verdict
    assert Verdict.DENY == Asked().read_by(UNIVERSITY).verdict


def test_nothing_is_collected_for_it() -> None:
    asked = Asked(UNIVERSITY)
    assert Verdict.DENY == asked.ask(collects(asked.meter, 100)).verdict
