"""A passkey beside what a person says: a yes counts with it or not at all, a no at once, and a proof carries it."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.journeys.authenticator import PRESENT, VERIFIED, Device
from tests.journeys.authenticator import data as unpadded
from tests.journeys.keeping_world import Keeping
from troth.errors import Conflict, NotFound, PasskeyAsked, Refused, TrothError, WrongToken
from troth.journeys.beside import WAIT_S, passkey_key, thumbprint
from troth.journeys.own_key import BACK_S
from troth.journeys.passkeys import passkey_id
from troth.names import StatementId
from troth.statements.assertion import AssertionBody, check_assertion
from troth.statements.choice import Decision
from troth.statements.journal import JournalEntry
from troth.statements.kinds import KindName
from troth.statements.statement import read
from troth.verify.checks import verify

NOBODY_THERE = PRESENT


@pytest.fixture
def keeping() -> Iterator[Keeping]:
    made = Keeping()
    made.has_passkey()
    yield made
    made.world.close()


def word_about(keeping: Keeping, statement: StatementId) -> AssertionBody:
    """What the passkey signed about a statement, as the journal has it."""
    entry = keeping.world.journal.find(keeping.world.node.directory.asserted[statement])
    assert isinstance(entry, JournalEntry)
    body = read(entry.signed).body
    assert isinstance(body, AssertionBody)
    return body


def test_the_passkey_signs_the_very_statement_and_both_count_together(keeping: Keeping) -> None:
    keeping.names_passkeys()
    before = keeping.world.journal.position
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    assert keeping.world.journal.position == before
    assert keeping.answer_now() is None
    said = keeping.answers(asked)
    assert unpadded(json.loads(asked)["publicKey"]["challenge"]) == said.statement
    assert keeping.world.journal.position == before + 2
    assert keeping.answer_now() is Decision.GIVE
    assert check_assertion(word_about(keeping, said.statement)) == keeping.device.origin


def test_where_passkeys_are_named_no_yes_counts_without_one_and_every_no_does(keeping: Keeping) -> None:
    keeping.names_passkeys()
    with pytest.raises(PasskeyAsked):
        keeping.says()
    voice, body = keeping.world.node.choosing.voice, keeping.meant()
    signed = voice.sign(KindName.CHOICE, body, person=body.person, prefix="ch", at_ns=body.from_ns)
    with pytest.raises(PasskeyAsked):
        keeping.run(keeping.world.node.accept.accept(signed))
    keeping.says(Decision.REFUSE)
    keeping.says_with_passkey()
    keeping.says(Decision.WITHDRAW)
    assert keeping.answer_now() is Decision.WITHDRAW


def test_nobody_says_passkey_who_has_none_beside_it(keeping: Keeping) -> None:
    voice, body = keeping.world.node.choosing.voice, keeping.meant(made_by="passkey")
    signed = voice.sign(KindName.CHOICE, body, person=body.person, prefix="ch", at_ns=body.from_ns)
    with pytest.raises(PasskeyAsked):
        keeping.run(keeping.world.node.accept.accept(signed))
    assert keeping.answer_now() is None


def test_a_passkey_that_is_not_named_stands_beside_no_yes(keeping: Keeping) -> None:
    keeping.names_passkeys()
    other = Device(
        origin=keeping.device.origin, credential=b"credential 2", key=ec.derive_private_key(9, ec.SECP256R1())
    )
    passkeys = keeping.world.node.entering.passkeys
    asked = passkeys.begin(keeping.session, name="Ana")
    keeping.run(passkeys.add(keeping.session, other.makes(asked), name="Tablet"))
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    allowed = [each["id"] for each in json.loads(asked)["publicKey"]["allowCredentials"]]
    assert [keeping.device.credential] == [unpadded(each) for each in allowed]
    with pytest.raises(WrongToken):
        keeping.run(keeping.beside.finish(keeping.ana.person, other.signs(asked), visit=keeping.visit))
    assert keeping.answer_now() is None


def test_a_no_gets_its_passkey_afterwards_once(keeping: Keeping) -> None:
    said = keeping.says(Decision.REFUSE)
    keeping.answers(keeping.beside.begin_about(keeping.ana.person, said.statement, visit=keeping.visit))
    assert word_about(keeping, said.statement).statement == said.statement
    with pytest.raises(Conflict):
        keeping.beside.begin_about(keeping.ana.person, said.statement, visit=keeping.visit)
    with pytest.raises(NotFound):
        keeping.beside.begin_about(keeping.ana.person, StatementId(bytes(32)), visit=keeping.visit)


def test_nobody_puts_a_passkey_beside_what_speaks_of_somebody_else(keeping: Keeping) -> None:
    ben = keeping.home.person("Ben")
    said = ben.refuses(keeping.meter)
    with pytest.raises(NotFound):
        keeping.beside.begin_about(keeping.ana.person, said.statement, visit=keeping.visit)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"flags": NOBODY_THERE}, WrongToken),
        ({"flags": VERIFIED}, WrongToken),
        ({"origin": "http://elsewhere.example"}, WrongToken),
        ({"host": "elsewhere.example"}, WrongToken),
        ({"cross_origin": True}, TrothError),
        ({"key": ec.derive_private_key(9, ec.SECP256R1())}, WrongToken),
        ({"credential": b"another"}, WrongToken),
    ],
)
def test_an_answer_that_is_not_the_person_s_counts_for_nothing(
    keeping: Keeping, wrong: dict[str, object], error: type[TrothError]
) -> None:
    keeping.names_passkeys()
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    for name, value in wrong.items():
        setattr(keeping.device, name, value)
    with pytest.raises(error):
        keeping.answers(asked)
    assert keeping.answer_now() is None


def test_one_thing_waits_in_a_visit_for_its_time_and_is_answered_once(keeping: Keeping) -> None:
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    later = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    with pytest.raises(WrongToken):
        keeping.answers(asked)
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    with pytest.raises(WrongToken):
        keeping.run(keeping.beside.finish(keeping.ana.person, keeping.device.signs(asked), visit=b"another visit"))
    keeping.answers(asked)
    with pytest.raises(WrongToken):
        keeping.answers(later)
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    keeping.world.clock.step(WAIT_S)
    with pytest.raises(WrongToken):
        keeping.answers(asked)


def test_what_was_said_while_the_passkey_was_waited_for_wins(keeping: Keeping) -> None:
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    keeping.says(Decision.REFUSE)
    with pytest.raises(Conflict):
        keeping.answers(asked)
    assert keeping.answer_now() is Decision.REFUSE


def test_a_crash_between_question_and_answer_leaves_nothing(keeping: Keeping) -> None:
    asked = keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    keeping.again()
    with pytest.raises(WrongToken):
        keeping.answers(asked)
    assert keeping.answer_now() is None


def test_passkeys_are_named_and_ended_with_one_of_those_named_at_once(keeping: Keeping) -> None:
    keeping.names_passkeys()
    standing = keeping.keys.standing(keeping.session)
    assert list(standing.passkeys) == list(keeping.beside.usable(keeping.ana.person))
    keeping.again()
    assert standing == keeping.keys.standing(keeping.session)
    keeping.answers(keeping.beside.begin_stating(keeping.ana.person, (), visit=keeping.visit))
    assert () == keeping.keys.standing(keeping.session).passkeys
    keeping.says()


def test_a_lost_passkey_is_asked_for_no_more_after_its_days_and_that_can_be_stopped(keeping: Keeping) -> None:
    keeping.names_passkeys()
    keeping.says_with_passkey()
    keeping.run(keeping.world.node.entering.passkeys.remove(keeping.session, _first_passkey(keeping)))
    with pytest.raises(NotFound):
        keeping.beside.begin_choice(keeping.meant(made_by="passkey"), visit=keeping.visit)
    keeping.says(Decision.WITHDRAW)
    keeping.run(keeping.beside.state_later(keeping.ana.person))
    with pytest.raises(Conflict):
        keeping.run(keeping.beside.state_later(keeping.ana.person))
    keeping.run(keeping.keys.stop(keeping.session))
    keeping.world.clock.step(BACK_S)
    keeping.session = keeping.comes_in(keeping.ana)
    with pytest.raises(PasskeyAsked):
        keeping.says()
    keeping.run(keeping.beside.state_later(keeping.ana.person))
    keeping.world.clock.step(BACK_S)
    keeping.session = keeping.comes_in(keeping.ana)
    keeping.says()


def test_nobody_names_passkeys_without_one_of_those_named(keeping: Keeping) -> None:
    keeping.names_passkeys()
    keeping.run(keeping.world.node.entering.passkeys.remove(keeping.session, _first_passkey(keeping)))
    keeping.device = Device(
        origin=keeping.device.origin, credential=b"a thief's", key=ec.derive_private_key(9, ec.SECP256R1())
    )
    keeping.has_passkey()
    usable = list(keeping.beside.usable(keeping.ana.person))
    for wanted in (usable, ()):
        with pytest.raises(NotFound):
            keeping.beside.begin_stating(keeping.ana.person, wanted, visit=keeping.visit)


def test_own_key_and_passkey_stand_together_and_a_stranger_reads_both(keeping: Keeping) -> None:
    keeping.keeps()
    keeping.names_passkeys()
    keeping.world.advance(2)
    keeping.opens()
    said = keeping.says_with_passkey()
    key = keeping.world.node.record.sequencer.key
    data = keeping.proof(said.statement)
    verdict = verify(data, trusted=(key,))
    assert verdict.custody is not None
    assert verdict.custody.word == "own, passkey beside"
    assert keeping.device.origin in verdict.custody.sentence
    assert "one that the custody statement names" in verdict.custody.sentence


def test_a_yes_of_the_house_with_a_passkey_says_passkey_beside(keeping: Keeping) -> None:
    said = keeping.says_with_passkey()
    verdict = verify(keeping.proof(said.statement), trusted=(keeping.world.node.record.sequencer.key,))
    assert verdict.custody is not None
    assert verdict.custody.word == "passkey beside"
    assert any("No operator can make" in each for each in verdict.does_not_show)


def test_an_assertion_is_about_its_statement_alone(keeping: Keeping) -> None:
    body = word_about(keeping, keeping.says_with_passkey().statement)
    assert check_assertion(body)
    for changed in (
        {"statement": StatementId(bytes(32))},
        {"client_data": body.client_data.replace(b"webauthn.get", b"webauthn.create")},
        {"client_data": b"[]"},
        {"client_data": body.client_data + b" " * 4_096},
        {"authenticator_data": body.authenticator_data[:36]},
        {"authenticator_data": bytes(32) + body.authenticator_data[32:]},
        {"authenticator_data": body.authenticator_data[:-1] + b"\xff"},
        {"signature": body.signature[:-1]},
        {"signature": b""},
        {"key": b""},
    ):
        with pytest.raises(TrothError):
            check_assertion(msgspec.structs.replace(body, **changed))


def test_passkeys_of_algorithms_that_nobody_here_checks_are_not_named(keeping: Keeping) -> None:
    login = keeping.world.accounts.logins.with_passkey(keeping.device.credential)
    assert login is not None
    (passkey,) = login.passkeys
    key = passkey_key(passkey)
    assert key is not None
    assert 64 == len(thumbprint(key))
    rsa = msgspec.structs.replace(passkey, public=bytes.fromhex("a401030339010020411021430100 01".replace(" ", "")))
    assert passkey_key(rsa) is None


def test_what_a_stranger_says_of_a_person_is_refused_at_the_door(keeping: Keeping) -> None:
    body = word_about(keeping, keeping.says_with_passkey().statement)
    forged = msgspec.structs.replace(body, statement=keeping.says(Decision.REFUSE).statement)
    with pytest.raises(Refused):
        keeping.run(keeping.world.node.say.say(KindName.ASSERTION, forged, subject="as-x"))


def _first_passkey(keeping: Keeping) -> str:
    login = keeping.world.accounts.logins.with_passkey(keeping.device.credential)
    assert login is not None
    return passkey_id(login.passkeys[0])
