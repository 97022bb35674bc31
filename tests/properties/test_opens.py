"""What opens something never takes away, every kind that a person says is looked at for it, and a no is none of them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.described import body_of
from troth.names import PersonId, PurposeId, StreamId
from troth.state.custody import asks_passkey, takes_away
from troth.state.in_force import InForce, Reading
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.giving import ERASING, TAKING_ALONG, opens
from troth.statements.kinds import KINDS, KindName
from troth.statements.persons import speaker_of

SAID = {
    KindName.CHOICE: True,
    KindName.SHARE: True,
    KindName.OBJECTION: False,
    KindName.MARK: False,
    KindName.RESTRICTION: False,
    KindName.PLACE_RULE: False,
    KindName.DEPARTURE: False,
    KindName.RIGHTS_REQUEST: False,
    KindName.THIRD_PARTY: False,
}
"""Every kind that a person says, and whether its example opens something."""


def test_every_kind_that_a_person_says_is_decided_about() -> None:
    bodies = {name: body_of(name) for name in KINDS}
    said = {name: opens(body) for name, body in bodies.items() if speaker_of(body) is not None}
    assert said == SAID


choices = st.builds(
    ChoiceBody,
    person=st.just(PersonId(bytes(16))),
    purpose=st.sampled_from([PurposeId("urn:example:research"), TAKING_ALONG, ERASING]),
    decision=st.sampled_from(Decision),
    from_ns=st.just(0),
    notice=st.just(NoticeShown(bytes(32), 1, "en")),
    made_by=st.sampled_from(["session", "guardian", "token", "paper", "passkey"]),
    streams=st.just((StreamId(bytes(16)),)),
    to_ns=st.none() | st.just(5),
    by=st.none() | st.just(PersonId(bytes([1]) * 16)),
)


@given(choices)
def test_a_choice_opens_where_it_is_a_yes_and_no_right_of_a_child_and_then_takes_nothing_away(body: ChoiceBody) -> None:
    right = body.by is not None and body.purpose in {TAKING_ALONG, ERASING}
    assert opens(body) == (body.decision is Decision.GIVE and not right)
    reading = Reading(InForce())
    assert not (asks_passkey(body, reading) and takes_away(body, reading))


@pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.WITHDRAW])
@pytest.mark.parametrize("name", [KindName.CHOICE, KindName.SHARE])
def test_a_no_is_never_asked_for_a_passkey(name: KindName, decision: Decision) -> None:
    body = msgspec.structs.replace(body_of(name), decision=decision)
    assert not asks_passkey(body, Reading(InForce()))
