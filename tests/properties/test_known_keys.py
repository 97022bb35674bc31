"""Whatever is stated about keys in whatever order: what a key signs outside its role, time or subject is never accepted.

The model knows only a few words per key (role, holder, times, ended) and a table of who may say what.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.made_signing import seed_of
from troth.errors import TrothError
from troth.names import PersonId, PurposeId, StatementId, StreamId, Uri, ckt_uri
from troth.signing.keys import Ed25519Signer
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.first_policy import first_rules
from troth.statements.key import KeyBody, KeyRole, Revoked
from troth.statements.kinds import Body, KindName
from troth.statements.known_keys import KnownKey, learned
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.person import PersonBody
from troth.statements.registration import Registered, check_registration
from troth.statements.registration_policy import RegistrationPolicyBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import read, write
from troth.statements.trust_anchors import TrustAnchorsBody

SIGNERS = tuple(Ed25519Signer.from_seed(seed_of(f"signer {number}")) for number in range(6))
URIS = tuple(ckt_uri(signer.public.thumbprint) for signer in SIGNERS)
ORGS = (Uri("https://a.example"), Uri("https://b.example"))
PEOPLE = (PersonId(b"a" * 16), PersonId(b"b" * 16))
NS = 1_000_000_000
FLOW = PassportStream("flow", "Flow", "water", Uri("urn:x:flow"), "number")
NOTICE = NoticeShown(bytes(32), 1, "en")

numbers = st.integers(0, len(SIGNERS) - 1)
times = st.none() | st.integers(0, 20)
stating = st.one_of(
    st.tuples(st.just("gate"), numbers, times, times),
    st.tuples(st.just("maker"), numbers, st.sampled_from(ORGS), times),
    st.tuples(st.just("anchors"), st.lists(numbers, max_size=2)),
    st.tuples(st.just("person"), numbers, st.sampled_from(PEOPLE)),
    st.tuples(st.just("revoke"), numbers, st.sampled_from(sorted(KeyRole)), st.sampled_from(ORGS), times),
)
saying = st.tuples(
    st.sampled_from(("segment", "organisation", "passport", "choice")),
    numbers,
    st.sampled_from((*range(len(SIGNERS)),)),
    st.sampled_from(ORGS),
    st.sampled_from(PEOPLE),
)


@dataclass
class Held:
    """What the model knows of a key."""

    role: str
    holder: str
    from_s: int | None = None
    to_s: int | None = None
    ended: bool = False

    def serves(self, now_s: int) -> bool:
        return not self.ended and (self.from_s or 0) <= now_s and (self.to_s is None or now_s < self.to_s)


@dataclass
class Model:
    """The real rules beside the few words of the model."""

    policy: RegistrationPolicyBody = field(default_factory=lambda: RegistrationPolicyBody(first_rules(), "log.example"))
    keys: dict[Uri, KnownKey] = field(default_factory=dict)
    signers: dict[PersonId, Uri] = field(default_factory=dict)
    version: int = 0
    held: dict[int, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.take(KindName.TRUST_ANCHORS, TrustAnchorsBody((SIGNERS[0].public.cose_key,), "log.example"), by=0)
        self.held[0] = Held("operator", URIS[0])

    def accepted(self, kind: KindName, body: Body, *, by: int, now_s: int) -> bool:
        """Whether the real rules take it; if so, it counts."""
        signed = write(kind, body, signer=SIGNERS[by], issuer=URIS[by], subject="s", at_ns=now_s * NS)
        registered = Registered(self.policy, self.keys, self.signers, ORGS, self.version, now_s * NS)
        try:
            check_registration(read(signed), registered=registered)
        except TrothError:
            return False
        self.take(kind, body, by=by)
        return True

    def take(self, kind: KindName, body: Body, *, by: int) -> None:
        signed = write(kind, body, signer=SIGNERS[by], issuer=URIS[by], subject="s", at_ns=0)
        self.keys.update(learned(self.keys, read(signed)))
        if isinstance(body, TrustAnchorsBody):
            self.version = body.version
        if isinstance(body, PersonBody):
            self.signers[body.person] = next(
                u for u, s in zip(URIS, SIGNERS, strict=True) if s.public.cose_key == body.key
            )


def ns(time_s: int | None) -> int | None:
    return None if time_s is None else time_s * NS


def cose(number: int) -> bytes:
    return SIGNERS[number].public.cose_key


def state(model: Model, act: tuple[object, ...], *, by: int, now_s: int) -> None:
    """Offer something about keys; what is accepted goes into the model as plainly as it can be said."""
    held = model.held
    match act:
        case ("gate", int(new), int() | None as from_s, int() | None as to_s):
            old = next((n for n, each in held.items() if each.role == "gate" and not each.ended), None)
            replaces = None if old is None else SIGNERS[old].public.thumbprint
            body: Body = KeyBody(cose(new), KeyRole.GATE, URIS[by], 10, replaces, ns(from_s), ns(to_s))
            if model.accepted(KindName.KEY, body, by=by, now_s=now_s):
                assert new not in held
                if old is not None:
                    held[old].ended = True
                held[new] = Held("gate", URIS[by], from_s, to_s)
        case ("maker", int(new), str(holder), int() | None as to_s):
            body = KeyBody(cose(new), KeyRole.MAKER, Uri(holder), to_ns=ns(to_s))
            if model.accepted(KindName.KEY, body, by=by, now_s=now_s):
                assert new not in held
                held[new] = Held("maker", holder, None, to_s)
        case ("anchors", list(named)):
            body = TrustAnchorsBody(tuple(cose(int(n)) for n in named), "log.example", model.version + 1)
            if model.accepted(KindName.TRUST_ANCHORS, body, by=by, now_s=now_s):
                for number, each in held.items():
                    each.ended |= each.role == "operator" and number not in named
                for number in named:
                    held.setdefault(int(number), Held("operator", URIS[int(number)]))
        case _:
            state_more(model, act, by=by, now_s=now_s)


def state_more(model: Model, act: tuple[object, ...], *, by: int, now_s: int) -> None:
    """A person's key, and revocations."""
    held = model.held
    match act:
        case ("person", int(new), bytes(person)):
            body: Body = PersonBody(PersonId(person), "Ana", cose(new))
            if model.accepted(KindName.PERSON, body, by=by, now_s=now_s):
                held.setdefault(new, Held("person", URIS[new]))
        case ("revoke", int(old), KeyRole() as role, str(holder), int() | None as since_s):
            known = held.get(old)
            whose = Uri(holder) if known is None or role is not known.role else Uri(known.holder)
            why = Revoked.RETIRED if since_s is None else Revoked.COMPROMISED
            body = KeyBody(cose(old), role, whose, revoked=why, since_ns=ns(since_s))
            if model.accepted(KindName.KEY, body, by=by, now_s=now_s):
                assert known is not None
                known.ended = True
        case _:
            raise AssertionError(act)


def allowed(model: Model, says: tuple[str, int, int, Uri, PersonId], *, now_s: int) -> bool:
    what, by, about, org, person = says
    key = model.held.get(by)
    if key is None or not key.serves(now_s):
        return False
    match key.role, what:
        case "operator", "organisation" | "passport":
            return True
        case "gate", "segment":
            return about == by
        case "maker", "organisation" | "passport":
            return key.holder == org
        case "person", "choice":
            return model.signers.get(person) == URIS[by]
        case _:
            return False


def body_of(says: tuple[str, int, int, Uri, PersonId]) -> tuple[KindName, Body]:
    what, _, about, org, person = says
    match what:
        case "segment":
            thumbprint = SIGNERS[about].public.thumbprint
            return KindName.CONDUCT_SEGMENT, ConductSegmentBody(thumbprint, 1, 0, 256, bytes(32))
        case "organisation":
            return KindName.ORGANISATION, OrganisationBody(org, "A", "mailto:a@a.example")
        case "passport":
            return KindName.PASSPORT, PassportBody(Uri(f"{org}/meter"), "Meter", org, (FLOW,))
        case _:
            streams = (StreamId(bytes(16)),)
            body = ChoiceBody(person, PurposeId("urn:x:why"), Decision.REFUSE, 0, NOTICE, "session", streams)
            return KindName.CHOICE, body


@settings(max_examples=300)
@given(st.lists(st.tuples(stating, numbers) | saying, max_size=25))
def test_what_a_key_signs_counts_exactly_inside_its_role_time_and_subject(
    acts: list[tuple[tuple[object, ...], int] | tuple[str, int, int, Uri, PersonId]],
) -> None:
    model = Model()
    for now_s, act in enumerate(acts):
        if isinstance(act[0], str):
            says = act
            kind, body = body_of(says)
            expected = allowed(model, says, now_s=now_s)
            assert expected == model.accepted(kind, body, by=int(says[1]), now_s=now_s), (now_s, act)
            continue
        statement, by = act
        speaker = model.held.get(by)
        operator = speaker is not None and speaker.role == "operator" and speaker.serves(now_s)
        before = len(model.held), [each.ended for each in model.held.values()]
        state(model, statement, by=by, now_s=now_s)
        if not operator:
            assert before == (len(model.held), [each.ended for each in model.held.values()]), (
                "an operator's alone to state"
            )


def test_the_model_lets_something_through_and_ends_something() -> None:
    """The property above would hold of rules that refuse everything; these few acts show that they do not."""
    model = Model()
    state(model, ("gate", 1, None, None), by=0, now_s=0)
    state(model, ("maker", 2, ORGS[0], 5), by=0, now_s=0)
    state(model, ("person", 3, PEOPLE[0]), by=0, now_s=0)
    state(model, ("anchors", [4]), by=0, now_s=1)
    assert {0: True, 1: False, 2: False, 3: False, 4: False} == {n: each.ended for n, each in model.held.items()}
    for says, expected in (
        (("segment", 1, 1, ORGS[0], PEOPLE[0]), True),
        (("passport", 2, 0, ORGS[0], PEOPLE[0]), True),
        (("passport", 2, 0, ORGS[1], PEOPLE[0]), False),
        (("choice", 3, 0, ORGS[0], PEOPLE[0]), True),
        (("organisation", 0, 0, ORGS[0], PEOPLE[0]), False),
        (("organisation", 4, 0, ORGS[0], PEOPLE[0]), True),
    ):
        kind, body = body_of(says)
        assert expected == model.accepted(kind, body, by=says[1], now_s=2), says


@pytest.mark.parametrize("role", sorted(KeyRole))
def test_compromised_follows_retired_and_nothing_follows_compromised(role: KeyRole) -> None:
    known = KnownKey(role.value, SIGNERS[1].public, URIS[1], StatementId(bytes(32)))
    keys = {URIS[1]: known}
    said: list[tuple[Revoked, int | None]] = []
    for why, since_ns in (
        (Revoked.RETIRED, None),
        (Revoked.COMPROMISED, 5),
        (Revoked.RETIRED, None),
        (Revoked.COMPROMISED, 1),
    ):
        body = KeyBody(cose(1), role, URIS[1], revoked=why, since_ns=since_ns)
        signed = write(KindName.KEY, body, signer=SIGNERS[0], issuer=URIS[0], subject="s", at_ns=0)
        keys.update(learned(keys, read(signed)))
        ended = keys[URIS[1]].ended
        assert ended is not None
        said.append((ended.why, ended.since_ns))
    assert [(Revoked.RETIRED, None), *[(Revoked.COMPROMISED, 5)] * 3] == said
