"""A person keeps the key that speaks for them: only their secret opens it, and a no never needs it."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.keeping_world import CHEAP, DAY_NS, PHRASE, Keeping, both
from troth.errors import Busy, Conflict, KeyClosed, NotFound, NotRegistered, Refused, WrongToken
from troth.journeys.attempts import NAME
from troth.journeys.marks import Wanted as Stretch
from troth.journeys.open_keys import OPEN_S
from troth.journeys.own_key import BACK_S, WAITING_MAX
from troth.journeys.passkeys import MADE_WITHIN_S
from troth.journeys.privately import Wanted
from troth.journeys.voice import key_name
from troth.journeys.wrapping import PHRASE_MIN, Cost, make, unwrap
from troth.names import PersonId, StatementId, ckt_uri
from troth.statements.choice import Decision
from troth.statements.custody import Custody
from troth.statements.erasure import Asked
from troth.statements.journal import JournalEntry
from troth.statements.kinds import KindName
from troth.statements.rights import Right
from troth.statements.statement import write
from troth.testing.entropy import entropy
from troth.verify.checks import verify

NS_PER_S = 1_000_000_000


@pytest.fixture
def keeping() -> Iterator[Keeping]:
    made = Keeping()
    yield made
    made.world.close()


def signed_by_house(keeping: Keeping, statement: StatementId) -> bool:
    entry = keeping.world.journal.find(statement)
    assert isinstance(entry, JournalEntry)
    house = keeping.world.keys.signer(key_name(keeping.ana.person)).public
    return entry.signed.headers.issuer == ckt_uri(house.thumbprint)


def test_an_open_key_says_yes_and_the_house_s_key_has_not_signed_it(keeping: Keeping) -> None:
    keeping.keeps()
    said = keeping.says()
    assert keeping.answer_now() is Decision.GIVE
    assert not signed_by_house(keeping, said.statement)
    standing = keeping.keys.standing(keeping.session)
    assert (Custody.OWN, True) == (standing.custody, standing.wrapped)
    assert standing.open_until_ns is not None


def test_a_closed_key_says_no_yes_and_every_no(keeping: Keeping) -> None:
    keeping.says()
    keeping.keeps()
    keeping.keys.close(keeping.session)
    with pytest.raises(KeyClosed):
        keeping.says()
    withdrawn = keeping.says(Decision.WITHDRAW)
    assert keeping.answer_now() is Decision.WITHDRAW
    assert signed_by_house(keeping, withdrawn.statement)
    keeping.says(Decision.REFUSE)
    with pytest.raises(KeyClosed):
        keeping.says()


def test_a_closed_key_does_not_put_a_no_with_an_end_in_place_of_one_without(keeping: Keeping) -> None:
    keeping.says(Decision.REFUSE)
    keeping.keeps()
    keeping.keys.close(keeping.session)
    shorter = msgspec.structs.replace(keeping.meant(Decision.REFUSE), to_ns=keeping.world.clock.now() + NS_PER_S)
    with pytest.raises(KeyClosed):
        keeping.run(keeping.world.node.choose.count(shorter, visit=keeping.visit))
    keeping.opens()
    keeping.run(keeping.world.node.choose.count(shorter, visit=keeping.visit))


def test_private_mode_and_rules_begin_without_the_key_and_do_not_end_without_it(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.keys.close(keeping.session)
    choosing, ana = keeping.world.node.choosing, keeping.ana.person
    name, _ = keeping.run(choosing.privately.begin(ana, Wanted(keeping.home.household), made_by="session"))
    rule = choosing.places.meant(ana, not_under=("US",), made_by="session")
    keeping.run(choosing.places.count(rule))
    with pytest.raises(KeyClosed):
        keeping.run(choosing.privately.end(ana, name, visit=keeping.visit))
    with pytest.raises(KeyClosed):
        keeping.run(choosing.places.end(ana, rule.rule, visit=keeping.visit))
    keeping.opens()
    keeping.run(choosing.privately.end(ana, name, visit=keeping.visit))
    keeping.run(choosing.places.end(ana, rule.rule, visit=keeping.visit))
    assert () == choosing.places.rules(ana)


def test_whoever_lost_everything_stops_rows_and_asks_for_their_rights(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.keys.close(keeping.session)
    keeping.world.clock.step(10)
    choosing, ana, now = keeping.world.node.choosing, keeping.ana.person, keeping.world.clock.now()
    stretch = Stretch(keeping.meter.stream, now - NS_PER_S, now, because="wrong")
    name, _ = keeping.run(choosing.marks.put(ana, stretch, made_by="session"))
    keeping.run(choosing.rights.ask(ana, Right.COMPLAINT, words="My key is lost", made_by="session"))
    with pytest.raises(KeyClosed):
        keeping.run(choosing.marks.end(ana, name))
    with pytest.raises(KeyClosed):
        keeping.run(
            choosing.marks.put(ana, msgspec.structs.replace(stretch, says="no", because=None), made_by="session")
        )


def test_an_open_key_puts_words_beside_rows_and_ends_what_it_stopped(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.opens()
    keeping.world.clock.step(10)
    marks, ana, now = keeping.world.node.choosing.marks, keeping.ana.person, keeping.world.clock.now()
    stretch = Stretch(keeping.meter.stream, now - NS_PER_S, now, says="It was off.", because="wrong")
    name, _ = keeping.run(marks.put(ana, stretch, made_by="session", visit=keeping.visit))
    keeping.run(marks.end(ana, name, visit=keeping.visit))
    assert () == marks.standing(ana)


def test_whoever_lost_everything_leaves(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.keys.close(keeping.session)
    keeping.run(keeping.world.node.choosing.belong.leave(keeping.ana.person, keeping.home.household))
    assert () == keeping.world.node.choose.homes(keeping.ana.person)


def test_a_key_is_open_in_the_one_visit_for_its_time_and_not_behind_a_restart(keeping: Keeping) -> None:
    keeping.keeps()
    elsewhere = keeping.comes_in(keeping.ana)
    assert keeping.keys.standing(elsewhere).open_until_ns is None
    with pytest.raises(KeyClosed):
        keeping.says(visit=b"another visit")
    keeping.world.clock.step(OPEN_S - 1)
    keeping.says()
    keeping.world.clock.step(1)
    with pytest.raises(KeyClosed):
        keeping.says()
    keeping.opens()
    keeping.again()
    with pytest.raises(KeyClosed):
        keeping.says()
    keeping.opens()
    keeping.says()


def test_the_end_of_the_visit_closes_the_key(keeping: Keeping) -> None:
    keeping.keeps()
    visit = keeping.visit
    keeping.run(keeping.world.node.recognise.leave(keeping.session))
    with pytest.raises(KeyClosed):
        keeping.says(visit=visit)


def test_the_recovery_code_opens_it_as_people_copy_it(keeping: Keeping) -> None:
    code = keeping.keeps()
    keeping.keys.close(keeping.session)
    keeping.opens(code.upper().replace("-", " "))
    keeping.says()


@pytest.mark.parametrize("secret", ["", PHRASE + " ", PHRASE.upper(), "another phrase that is long enough"])
def test_another_secret_does_not_open_it(keeping: Keeping, secret: str) -> None:
    keeping.keeps()
    keeping.keys.close(keeping.session)
    with pytest.raises(WrongToken):
        keeping.opens(secret)
    assert keeping.keys.standing(keeping.session).open_until_ns is None


def test_wrong_secrets_make_the_next_try_wait(keeping: Keeping) -> None:
    keeping.keeps()
    for _ in range(NAME.free):
        with pytest.raises(WrongToken):
            keeping.opens("another phrase that is long enough")
    with pytest.raises(Busy):
        keeping.opens()
    keeping.world.clock.step(NAME.longest_s)
    keeping.opens()


def test_who_finds_no_place_has_tried_nothing(keeping: Keeping) -> None:
    keeping.keeps()
    keys = keeping.keys

    async def many() -> list[object]:
        tries = [keys.open(keeping.session, PHRASE, address="127.0.0.1") for _ in range(WAITING_MAX + NAME.free + 1)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    got = keeping.run(many())
    assert NAME.free + 1 == sum(isinstance(each, Busy) for each in got)
    assert WAITING_MAX == sum(each is None for each in got)
    (login,) = keeping.world.accounts.logins.every()
    assert 0 == keeping.world.accounts.logins.tries(login.id).failed
    for _ in range(NAME.free):
        with pytest.raises(WrongToken):
            keeping.opens("another phrase that is long enough")


def test_another_phrase_ends_the_former_and_its_code(keeping: Keeping) -> None:
    code = keeping.keeps()
    before = keeping.keys.standing(keeping.session).key
    newer = keeping.run(keeping.keys.wrap_anew(keeping.session, PHRASE, "quite another phrase", address="127.0.0.1"))
    assert before == keeping.keys.standing(keeping.session).key
    for secret in (PHRASE, code):
        with pytest.raises(WrongToken):
            keeping.opens(secret)
    keeping.opens("quite another phrase")
    keeping.opens(newer)


def test_given_back_with_the_open_key_it_is_at_once(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.run(keeping.keys.give_back(keeping.session))
    standing = keeping.keys.standing(keeping.session)
    assert (Custody.HOUSE, False, None) == (standing.custody, standing.wrapped, standing.open_until_ns)
    assert signed_by_house(keeping, keeping.says().statement)
    with pytest.raises(NotFound):
        keeping.opens()
    with pytest.raises(Conflict):
        keeping.run(keeping.keys.give_back(keeping.session))


def test_given_back_without_the_key_it_is_late_shown_and_stopped_with_one_press(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.keys.close(keeping.session)
    from_ns = keeping.run(keeping.keys.give_back(keeping.session))
    assert 0 <= keeping.world.clock.now() + BACK_S * NS_PER_S - from_ns < NS_PER_S
    coming = keeping.keys.standing(keeping.comes_in(keeping.ana)).coming
    assert coming is not None
    assert (Custody.HOUSE, from_ns) == (coming.custody, coming.from_ns)
    with pytest.raises(KeyClosed):
        keeping.says()
    with pytest.raises(Conflict):
        keeping.run(keeping.keys.give_back(keeping.session))
    keeping.run(keeping.keys.stop(keeping.session))
    keeping.world.clock.step(BACK_S + 1)
    keeping.session = keeping.comes_in(keeping.ana)
    with pytest.raises(KeyClosed):
        keeping.says()
    keeping.opens()
    keeping.says()


def test_after_its_days_the_house_speaks_again_also_behind_a_restart(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.keys.close(keeping.session)
    keeping.run(keeping.keys.give_back(keeping.session))
    keeping.world.clock.step(BACK_S - 1)
    with pytest.raises(KeyClosed):
        keeping.says()
    keeping.again()
    keeping.world.clock.step(1)
    assert signed_by_house(keeping, keeping.says().statement)
    code = keeping.run(keeping.keys.make(keeping.comes_in(keeping.ana), "quite another phrase"))
    assert code


def test_two_changes_at_once_leave_a_key_that_opens(keeping: Keeping) -> None:
    keys, session = keeping.keys, keeping.session
    done = keeping.run(both(keys.make(session, PHRASE), keys.make(session, "quite another phrase")))
    refused = [each for each in done if isinstance(each, Conflict)]
    assert 1 == len(refused)
    keeping.opens(PHRASE if isinstance(done[0], str) else "quite another phrase")
    keeping.says()
    newer = keys.wrap_anew(session, PHRASE, "a third phrase of hers", address="127.0.0.1")
    done = keeping.run(both(newer, keys.wrap_anew(session, PHRASE, "a fourth phrase of hers", address="127.0.0.1")))
    assert 1 == sum(isinstance(each, Conflict) for each in done)
    keeping.opens("a third phrase of hers")


def test_another_phrase_closes_the_key_in_every_other_visit(keeping: Keeping) -> None:
    keeping.keeps()
    elsewhere = keeping.comes_in(keeping.ana)
    keeping.opens(session=elsewhere)
    keeping.run(keeping.keys.wrap_anew(keeping.session, PHRASE, "quite another phrase", address="127.0.0.1"))
    assert keeping.keys.standing(elsewhere).open_until_ns is None
    assert keeping.keys.standing(keeping.session).open_until_ns is not None


def test_a_new_key_needs_a_fresh_visit_a_phrase_and_one_at_a_time(keeping: Keeping) -> None:
    for short in ("", "x" * (PHRASE_MIN - 1), "x" * PHRASE_MIN):
        with pytest.raises(Refused):
            keeping.run(keeping.keys.make(keeping.session, short))
    assert keeping.keys.standing(keeping.session).custody == Custody.HOUSE
    keeping.world.clock.step(MADE_WITHIN_S)
    with pytest.raises(WrongToken):
        keeping.keeps()
    keeping.session = keeping.comes_in(keeping.ana)
    keeping.keeps()
    with pytest.raises(Conflict):
        keeping.keeps()


def test_the_door_takes_no_yes_under_the_house_s_key_whoever_signs_it(keeping: Keeping) -> None:
    keeping.keeps()
    node, body = keeping.world.node, keeping.meant()
    for name in (key_name(keeping.ana.person), "operator"):
        signer = keeping.world.keys.signer(name)
        issuer = ckt_uri(signer.public.thumbprint)
        signed = write(KindName.CHOICE, body, signer=signer, issuer=issuer, subject="ch-x", at_ns=body.from_ns)
        with pytest.raises((KeyClosed, NotRegistered)):
            keeping.run(node.accept.accept(signed))
    assert keeping.answer_now() is None


def test_the_former_key_says_nothing_after_it_was_given_back(keeping: Keeping) -> None:
    keeping.keeps()
    body = keeping.meant()
    voice = keeping.world.node.choosing.voice
    before = voice.sign(KindName.CHOICE, body, person=body.person, prefix="ch", at_ns=body.from_ns, visit=keeping.visit)
    keeping.run(keeping.keys.give_back(keeping.session))
    with pytest.raises(NotRegistered):
        keeping.run(keeping.world.node.accept.accept(before))


def test_what_was_said_before_and_after_is_proved_with_the_custody_of_its_time(keeping: Keeping) -> None:
    first = keeping.says().statement
    keeping.world.advance(2)
    keeping.keeps()
    own = keeping.says().statement
    keeping.world.advance(2)
    keeping.keys.close(keeping.session)
    no = keeping.says(Decision.WITHDRAW).statement
    keeping.world.advance(2)
    keeping.opens()
    keeping.run(keeping.keys.give_back(keeping.session))
    back = keeping.says().statement
    words = {}
    for name, statement in (("first", first), ("own", own), ("no", no), ("back", back)):
        verdict = verify(keeping.proof(statement), trusted=(keeping.world.node.record.sequencer.key,))
        assert verdict.passed
        assert verdict.custody is not None
        words[name] = (verdict.custody.word, verdict.custody.sentence)
    assert {"first": "not said", "own": "own", "no": "own", "back": "house"} == {
        key: word for key, (word, _) in words.items()
    }
    assert "only takes away" in words["no"][1]
    assert "keeps the key that signed" in words["own"][1]


def test_an_erased_person_leaves_no_wrapped_key_and_no_open_one(keeping: Keeping) -> None:
    keeping.keeps()
    visit, person = keeping.visit, keeping.ana.person
    erase = keeping.world.node.erase
    keeping.run(erase.confirm(person, erase.preview(person).digest, made_by=Asked.SESSION))
    assert [] == [each for each in keeping.world.accounts.logins.every() if each.own is not None]
    assert keeping.world.node.entering.keys.signer(person, visit) is None
    assert {} == keeping.world.node.directory.custodies
    keeping.again()
    assert {} == keeping.world.node.directory.custodies


def test_a_wrapped_key_opens_for_its_person_alone_and_costs_what_it_says() -> None:
    chance = entropy(7, "own key")
    mine, yours = PersonId(b"a" * 16), PersonId(b"b" * 16)
    own = make(mine, {"phrase": PHRASE}, at_ns=DAY_NS, cost=CHEAP, entropy=chance)
    signer, seed = unwrap(mine, own, PHRASE)
    assert signer.public.cose_key == own.key
    assert 32 == len(seed)
    with pytest.raises(WrongToken):
        unwrap(yours, own, PHRASE)
    assert (65_536, 3) == (Cost().memory_kib, Cost().passes)
    assert seed not in b"".join(each.box + each.salt + each.nonce for each in own.wrapped)
