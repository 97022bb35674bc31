"""All that somebody is told before a yes, in words: whoever asks is anyone, and codes of countries are spelled beside it."""

import re

from tests.journeys.test_book import session
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant, Limits, Processor
from troth.statements.notice import notice_of
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Site
from troth.statements.terms import counts, terms_of
from troth.testing.people import ANYONE, RESEARCH, own_use
from troth.testing.world import World

OPENED = DisclosedPurpose(RESEARCH, "Open figures", "unknown", (ANYONE,), (DisclosedVariant("raw", "choice"),), 30)


def test_nobody_is_told_an_identifier_or_a_code_without_its_name() -> None:
    with World(seed=24) as world:
        keeper = world.organisation("Keeper")
        hop = Processor(keeper.uri, "keeps it", Site("IE", ("US",)))
        stated = OrganisationBody(keeper.uri, "Keeper", "mailto:office@keeper.example", site=hop.site)
        world.run(world.node.join.organisation(stated))
        home = world.home("Harbour Lane 12")
        opened = DisclosedPurpose(
            RESEARCH, OPENED.title, OPENED.benefit, OPENED.recipients, OPENED.variants, 30, processors=(hop,)
        )
        home.thing("meter", purposes=(own_use(), opened))
        ana = home.person("Ana")
        cookie = f"troth_person={world.run(session(world, ana))}"
        page = world.get("/mine", headers={"accept": "text/html", "cookie": cookie}).body.decode()
    (told,) = re.findall(r"<summary>All that you are told</summary>(.*?)</details>", page, re.DOTALL)
    assert "Who gets it: anyone" in told
    assert "urn:troth:anyone" not in told
    assert "Keeper (keeps it, in IE, also under the law of US)" in told
    assert "IE is Ireland, US is the United States." in told


def test_a_yes_under_the_former_word_for_anyone_still_counts() -> None:
    with World(seed=25) as world:
        home = world.home("Harbour Lane 12")
        meter = home.thing("meter", purposes=(own_use(), OPENED))
        disclosure, _ = world.node.directory.disclosures[world.node.directory.things[meter.joined.thing].body.product]
    told, terms = (
        notice_of(OPENED, Limits(), disclosure, measured=None, parties={}),
        terms_of(OPENED, Limits(), measured=None, parties={}),
    )
    assert "urn:troth:anyone" in [each.name for each in terms.recipients]
    assert counts(bytes(32), terms, told.digest, terms)
