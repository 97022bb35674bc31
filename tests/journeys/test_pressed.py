"""Whatever a person says that opens something waits for their passkey where they named some; what takes away never does."""

import json
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.journeys.authenticator import Device
from tests.journeys.authenticator import data as unpadded
from tests.journeys.pressing_world import ENERGY, Pressing
from tests.journeys.test_children import guards
from troth.errors import Conflict, KeyClosed, NotFound, PasskeyAsked, WrongToken
from troth.gate.guardians import TAKING_ALONG
from troth.gate.question import Asker
from troth.journeys import marks, privately
from troth.journeys.accept import Accepted
from troth.journeys.beside import TOUCH_S
from troth.journeys.bring import Newcomer
from troth.journeys.pressed import PRESSED_S
from troth.journeys.recipient import Wish
from troth.journeys.share_values import Standing
from troth.names import PurposeId, ShareId, Uri
from troth.spans import DAY_NS
from troth.statements.assertion import AssertionBody
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.journal import JournalEntry
from troth.statements.kinds import KindName
from troth.statements.mark import Stop
from troth.statements.objection import ObjectionBody
from troth.statements.share import ShareBody
from troth.statements.statement import read
from troth.statements.third_party import BROUGHT
from troth.things.variants import Variant
from troth.verify.checks import verify

NORA = Newcomer("Adviser Nora", "mailto:nora@adviser.example", "DE")


@pytest.fixture
def at() -> Iterator[Pressing]:
    made = Pressing()
    yield made
    made.world.close()


def beginning(at: Pressing) -> Coroutine[Any, Any, object]:
    return at.share.begin(at.ana.person, at.wanted(), notice=at.notice, made_by="session", visit=at.visit)


def test_a_share_counts_with_its_passkey_and_not_before(at: Pressing) -> None:
    at.asks(lambda: beginning(at))
    assert [] == at.standing()
    at.meter.says(1.0)
    with pytest.raises(NotFound):
        at.reads()
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    accepted = at.answers(asked)
    assert unpadded(json.loads(asked)["publicKey"]["challenge"]) == accepted.statement
    assert [Standing.IN_EFFECT] == at.standing()
    body = at.said(accepted)
    assert isinstance(body, ShareBody)
    assert "passkey" == body.made_by
    assert at.world.node.directory.asserted[accepted.statement]
    at.world.advance(1)
    at.meter.says(2.0)
    assert [2.0] == at.reads()
    at.run(at.share.end(at.ana.person, body.share, made_by="session", visit=at.visit))
    assert [Standing.ENDED] == at.standing(), "what ends it waits for nothing"


def test_what_a_program_says_without_a_visit_is_refused_and_waits_nowhere(at: Pressing) -> None:
    with pytest.raises(PasskeyAsked):
        at.shares(visit=b"")
    for visit in (b"", at.visit):
        with pytest.raises(WrongToken):
            at.beside.begin_pressed(at.ana.person, "share", visit=visit)


def a_share(at: Pressing) -> ShareBody:
    now = at.world.clock.now()
    home = at.share.seen.homes(at.ana.person)[0]
    notice = NoticeShown(at.notice, 1, "en")
    parts = (home, at.adviser.uri, ENERGY, Decision.GIVE, now, notice, "session", (at.meter.stream,))
    return ShareBody(ShareId(bytes(16)), at.ana.person, *parts, Variant.RAW.value, now + DAY_NS)


def test_the_door_refuses_a_share_that_was_signed_elsewhere_and_a_passkey_s_word_about_another(at: Pressing) -> None:
    voice, accept, body = at.world.node.choosing.voice, at.world.node.accept, a_share(at)
    signed = voice.sign(KindName.SHARE, body, person=body.person, prefix="ss", at_ns=body.from_ns)
    with pytest.raises(PasskeyAsked):
        at.run(accept.accept(signed))
    word = at.world.node.directory.asserted[at.says_with_passkey().statement]
    entry = at.world.journal.find(word)
    assert isinstance(entry, JournalEntry)
    with pytest.raises(PasskeyAsked):
        at.run(accept.accept_together((signed, entry.signed)))
    assert [] == at.standing()


@pytest.mark.parametrize("kind", ["choice", "objection", ""])
def test_the_passkey_is_asked_for_what_was_pressed_and_for_no_other_kind(at: Pressing, kind: str) -> None:
    at.asks(lambda: beginning(at))
    with pytest.raises(WrongToken):
        at.signs(kind)
    at.signs()


def test_another_passkey_another_visit_and_another_person_sign_nothing(at: Pressing) -> None:
    other = Device(origin=at.device.origin, credential=b"credential 2", key=ec.derive_private_key(9, ec.SECP256R1()))
    passkeys = at.world.node.entering.passkeys
    at.run(passkeys.add(at.session, other.makes(passkeys.begin(at.session, name="Ana")), name="Tablet"))
    at.asks(lambda: beginning(at))
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    with pytest.raises(WrongToken):
        at.run(at.beside.finish(at.ana.person, other.signs(asked), visit=at.visit))
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    with pytest.raises(WrongToken):
        at.run(at.beside.finish(at.ana.person, at.device.signs(asked), visit=b"another visit"))
    with pytest.raises(WrongToken):
        at.beside.begin_pressed(at.ana.person, "share", visit=b"another visit")
    ben = at.home.person("Ben")
    with pytest.raises(WrongToken):
        at.beside.begin_pressed(ben.person, "share", visit=at.visit)
    assert [] == at.standing()


def test_it_waits_for_the_touch_and_on_the_page_for_its_time_and_counts_once(at: Pressing) -> None:
    at.asks(lambda: beginning(at))
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    at.world.clock.step(TOUCH_S)
    with pytest.raises(WrongToken):
        at.answers(asked)
    at.world.clock.step(PRESSED_S - TOUCH_S - 5)
    again = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    assert isinstance(at.said(at.answers(again)), ShareBody)
    for answer in (asked, again):
        with pytest.raises(WrongToken):
            at.answers(answer)
    with pytest.raises(WrongToken):
        at.signs()
    assert [Standing.IN_EFFECT] == at.standing()
    at.asks(lambda: beginning(at))
    at.world.clock.step(PRESSED_S)
    with pytest.raises(WrongToken):
        at.signs()


def test_a_touch_for_one_share_is_none_for_the_next_one(at: Pressing) -> None:
    at.asks(lambda: beginning(at))
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    at.asks(lambda: beginning(at))
    with pytest.raises(Conflict):
        at.answers(asked)
    later = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    with pytest.raises(WrongToken):
        at.answers(asked)
    with pytest.raises(WrongToken):
        at.answers(later)
    assert [] == at.standing()


def test_what_was_said_meanwhile_wins(at: Pressing) -> None:
    at.asks(lambda: beginning(at))
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    at.says(Decision.REFUSE)
    with pytest.raises(Conflict):
        at.answers(asked)
    with pytest.raises(Conflict):
        at.signs()
    assert [] == at.standing()


def test_a_crash_leaves_nothing_of_it(at: Pressing) -> None:
    at.asks(lambda: beginning(at))
    asked = at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    at.again()
    with pytest.raises(WrongToken):
        at.answers(asked)
    assert [] == at.standing()


def test_agreeing_to_what_another_of_the_home_shares_needs_the_passkey_and_a_no_none(at: Pressing) -> None:
    ben = at.home.person("Ben")
    at.world.advance(1)
    name = at.shares(ben, visit=b"")
    at.world.advance(1)
    at.meter.says(1.0)

    def agree() -> Coroutine[Any, Any, object]:
        return at.share.agree(at.ana.person, name, notice=at.notice, made_by="session", visit=at.visit)

    at.asks(agree)
    with pytest.raises(NotFound):
        at.reads()
    at.run(at.share.refuse(at.ana.person, name, made_by="session", visit=at.visit))
    with pytest.raises(Conflict):
        at.signs()
    at.asks(agree)
    at.signs()
    at.world.advance(1)
    at.meter.says(2.0)
    assert 2.0 in at.reads()


@pytest.mark.parametrize("decision", [Decision.GIVE, Decision.REFUSE])
def test_a_yes_to_a_party_that_asks_needs_the_passkey_and_a_no_none(at: Pressing, decision: Decision) -> None:
    product = at.world.node.directory.things[at.meter.joined.thing].body.product
    wish = Wish(product, (at.meter.stream_name,), Variant.RAW, 30, "We compare how homes use water.")
    request = at.run(at.world.node.sharing.recipient.ask(Asker(at.adviser.uri, "app", ENERGY), wish))

    def answer() -> Coroutine[Any, Any, object]:
        return at.share.answer(at.ana.person, request, decision, notice=at.notice, made_by="session", visit=at.visit)

    if decision is Decision.REFUSE:
        at.run(answer())
        assert [Standing.REFUSED] == at.standing()
        return
    at.asks(answer)
    at.signs()
    assert [Standing.IN_EFFECT] == at.standing()
    assert () == at.share.seen.page(at.ana.person).asked


def test_who_is_brought_is_said_with_the_share_and_the_link_is_made_then(at: Pressing) -> None:
    bring = at.world.node.sharing.bring

    def brings() -> Coroutine[Any, Any, object]:
        wanted = at.wanted(Uri(BROUGHT))
        return bring.bring(at.ana.person, NORA, wanted, notice=at.notice, made_by="session", visit=at.visit)

    at.asks(brings)
    assert () == bring.every()
    at.world.clock.step(PRESSED_S - 5)
    at.signs()
    (seen,) = bring.of_person(at.ana.person)
    assert ("Adviser Nora", False) == (seen.name, seen.came)
    token = at.run(bring.invite(at.ana.person, seen.party))
    assert "Adviser Nora" == bring.invited(token).name


def test_with_a_key_of_ones_own_a_share_needs_it_open_and_the_passkey_too(at: Pressing) -> None:
    at.keeps()
    at.opens()
    at.asks(lambda: beginning(at))
    at.keys.close(at.session)
    with pytest.raises(KeyClosed):
        at.beside.begin_pressed(at.ana.person, "share", visit=at.visit)
    at.opens()
    accepted = at.signs()
    verdict = verify(at.proof(accepted.statement), trusted=(at.world.node.record.sequencer.key,))
    assert verdict.passed
    assert verdict.custody is not None
    assert "own, passkey beside" == verdict.custody.word
    assert "one that the custody statement names" in verdict.custody.sentence


def test_without_a_passkey_a_share_needs_the_open_key_of_the_visit() -> None:
    keeping = Pressing()
    at = keeping
    at.answers(at.beside.begin_stating(at.ana.person, (), visit=at.visit))
    at.keeps()
    at.keys.close(at.session)
    with pytest.raises(KeyClosed):
        at.shares()
    at.opens()
    name = at.shares()
    at.keys.close(at.session)
    at.run(at.share.end(at.ana.person, name, made_by="session", visit=at.visit))
    assert [Standing.ENDED] == at.standing()
    at.world.close()


def test_private_mode_begins_without_the_passkey_and_ends_with_it(at: Pressing) -> None:
    private = at.world.node.choosing.privately
    home = at.share.seen.homes(at.ana.person)[0]
    begun = private.begin(at.ana.person, privately.Wanted(home), made_by="session", visit=at.visit)
    name, _ = at.run(begun)
    at.world.advance(1)
    at.asks(lambda: private.end(at.ana.person, name, visit=at.visit))
    assert private.homes(at.ana.person)[0].standing
    at.signs("restriction")
    assert not private.homes(at.ana.person)[0].standing


def test_a_rule_about_places_begins_without_the_passkey_and_ends_with_it(at: Pressing) -> None:
    places = at.world.node.choosing.places
    at.run(places.count(places.meant(at.ana.person, within=("EU",), made_by="session"), visit=at.visit))
    (rule,) = places.rules(at.ana.person)
    at.world.advance(1)
    at.asks(lambda: places.end(at.ana.person, rule.rule, visit=at.visit))
    at.signs("place-rule")
    assert () == places.rules(at.ana.person)


def test_a_mark_that_stops_rows_is_put_without_the_passkey_and_ended_with_it(at: Pressing) -> None:
    put = at.world.node.choosing.marks
    at.world.advance(10)
    now = at.world.clock.now()
    stop = marks.Wanted(at.meter.stream, now - 3 * 10**9, now - 10**9, None, Stop.WRONG)
    says = marks.Wanted(at.meter.stream, now - 3 * 10**9, now - 10**9, "It was off.")
    stopped, _ = at.run(put.put(at.ana.person, stop, made_by="session", visit=at.visit))
    said, _ = at.run(put.put(at.ana.person, says, made_by="session", visit=at.visit))
    at.run(put.end(at.ana.person, said, visit=at.visit))
    at.asks(lambda: put.end(at.ana.person, stopped, visit=at.visit))
    at.signs("mark")
    assert () == put.standing(at.ana.person)


def test_an_objection_taken_back_needs_the_passkey(at: Pressing) -> None:
    voice, now, stream = at.world.node.choosing.voice, at.world.clock.now(), (at.meter.stream,)
    use = PurposeId("urn:example:leaks")
    for withdrawn in (False, True):
        body = ObjectionBody(at.ana.person, use, now, "session", stream, withdrawn=withdrawn)

        def objects(body: ObjectionBody = body) -> Coroutine[Any, Any, Accepted]:
            return voice.say(
                KindName.OBJECTION, body, person=body.person, prefix="ob", at_ns=body.from_ns, visit=at.visit
            )

        if withdrawn:
            at.asks(objects)
        else:
            at.run(objects())
    back = at.said(at.signs("objection"))
    assert isinstance(back, ObjectionBody)
    assert back.withdrawn


def test_a_no_with_an_end_and_a_no_taken_for_a_yes_wait_for_nothing(at: Pressing) -> None:
    meant = at.meant(Decision.REFUSE)
    voice = at.world.node.choosing.voice
    for decision, to_ns in ((Decision.REFUSE, meant.from_ns + DAY_NS), (Decision.WITHDRAW, None)):
        body = ChoiceBody(
            at.ana.person, meant.purpose, decision, meant.from_ns, meant.notice, "session", meant.streams, to_ns=to_ns
        )
        at.run(voice.say(KindName.CHOICE, body, person=body.person, prefix="ch", at_ns=body.from_ns, visit=at.visit))


def test_a_yes_for_a_child_counts_with_the_guardian_s_own_passkey(at: Pressing) -> None:
    kim = at.home.person("Kim", role="child")
    guards(at.world, kim, at.ana, years=9)
    guard, offers = at.world.node.grounding.guard, at.world.node.choose.offers
    offer = next(each for each in offers.all(kim.person) if each.stream.stream == at.meter.stream)

    def chooses(decision: Decision) -> Coroutine[Any, Any, Accepted]:
        return guard.choose(
            at.ana.person,
            kim.person,
            decision,
            purpose=offer.purpose.purpose,
            stream=at.meter.stream,
            notice=offer.notice.digest,
            visit=at.visit,
        )

    at.asks(lambda: chooses(Decision.GIVE))
    accepted = at.signs("choice")
    body = at.said(accepted)
    assert isinstance(body, ChoiceBody)
    assert (kim.person, at.ana.person, "guardian") == (body.person, body.by, body.made_by)
    word = at.world.journal.find(at.world.node.directory.asserted[accepted.statement])
    assert isinstance(word, JournalEntry)
    assertion = read(word.signed).body
    assert isinstance(assertion, AssertionBody)
    assert at.ana.person == assertion.person
    at.run(chooses(Decision.REFUSE))


def test_what_a_guardian_asks_for_in_a_child_s_name_is_a_right_and_needs_none(at: Pressing) -> None:
    kim = at.home.person("Kim", role="child")
    guards(at.world, kim, at.ana, years=9)
    now, voice = at.world.clock.now(), at.world.node.choosing.voice
    home = at.share.seen.homes(kim.person)[0]
    body = ChoiceBody(
        kim.person,
        TAKING_ALONG,
        Decision.GIVE,
        now,
        NoticeShown(bytes(32), 1, "en"),
        "guardian",
        household=home,
        by=at.ana.person,
    )
    at.run(voice.say(KindName.CHOICE, body, person=at.ana.person, prefix="ch", at_ns=now, visit=at.visit))


def test_who_has_named_no_passkey_is_asked_for_none(at: Pressing) -> None:
    ben = at.home.person("Ben")
    at.world.advance(1)
    name = at.shares(ben)
    assert Decision.GIVE is at.world.node.directory.shares.said[name][ben.person][0].decision
