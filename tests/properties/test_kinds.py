"""Every kind there is, those of tomorrow too: what it marks as to be understood, what survives, what is never read past."""

from typing import Final

import msgspec
import pytest

from tests.described import body_of, example_of
from tests.made_town import OWNED, RESEARCHED, SUPPLIER, UNIVERSITY, Town, collects, reads, reads_own
from tests.properties.crafted_proofs import said_proof
from tests.vectors.made_kinds import AT_NS, SUBJECT, enveloped, signed, signer_of
from tests.vectors.make_proofs import Deployment
from troth.errors import BadCose, BadStatement, TooLarge, UnknownCrit
from troth.gate.question import Code, Question, Verdict
from troth.names import ckt_uri
from troth.signing import cbor
from troth.signing.cose import PayloadForm, Signed, envelope_digest, envelope_preimage, parse, sign, verify
from troth.state.directory import Directory
from troth.state.fold import touches
from troth.state.in_force import InForce
from troth.state.scopes import Unsettled
from troth.statements.choice import Decision
from troth.statements.kinds import KINDS, Face, KindName, Text, content_type
from troth.statements.schema import crit_of
from troth.statements.statement import MAX_PREIMAGE_BYTES, Statement, read, read_kept
from troth.tlog.merkle import leaf_hash, verify_inclusion
from troth.verify.checks import verify as verify_file
from troth.verify.file import write as write_file

TOMORROW: Final = "field-of-tomorrow"
PRIVATE: Final = [kind.name for kind in KINDS.values() if kind.face is Face.PRIVATE]
OPEN: Final = [kind.name for kind in KINDS.values() if kind.face is Face.OPEN]
# Fields that may be left out and only tell: without them nothing is narrower, and nothing ends.
TELLS: Final = {
    "about", "support_end", "other_ways_out", "segment_tick_s", "previous", "custody", "since_ns", "name", "description",
    "definition", "properties", "encoding", "content", "because", "evidence", "commitments", "reason",
    "request", "checkpoint", "type", "device", "words", "sheet", "described",
    "owner",  # without it less is collected, never more
    "gateway",  # without it nothing that a gateway says is taken
    "says",  # it stands beside a row and alters none
    "reached_ns", "left",  # the door asks them once; what then holds stands in the other members
    "at_once",  # why
    "asked", "measures", "notified", "after", "answer", "confirmed",  # what led to it, and what was answered
    "installed", "accepted_ns", "accepted_by",
}  # fmt: skip


def with_fields(name: KindName, **more: object) -> dict[str, object]:
    """The example of a kind, with other fields."""
    return example_of(name) | more


def said(name: KindName, fields: dict[str, object]) -> Signed:
    """A payload signed by the key of its role."""
    signer = signer_of(KINDS[name].role)
    return sign(
        signer,
        cbor.encode(fields),  # type: ignore[arg-type]  # the page's values and those of these tests are all encodable
        content_type=content_type(name),
        issuer=ckt_uri(signer.public.thumbprint),
        subject=SUBJECT,
        issued_at_s=AT_NS // 1_000_000_000,
    )


def crit_with(name: KindName, *more: object) -> dict[str, object]:
    """The example of a kind that marks more names as critical."""
    return with_fields(name, crit=[*crit_of(KINDS[name]), *more])


# --- crit


@pytest.mark.parametrize("name", KindName)
def test_whatever_may_be_left_out_and_does_more_than_tell_must_be_understood(name: KindName) -> None:
    optional = {f.name for f in msgspec.structs.fields(KINDS[name].body) if not f.required} - {"crit"}
    assert optional <= set(crit_of(KINDS[name])) | TELLS


@pytest.mark.parametrize("name", KindName)
def test_whatever_ends_or_begins_something_must_be_understood(name: KindName) -> None:
    ending = {"from_ns", "to_ns", "until_ns", "deleted", "withdrawn", "revoked", "household"}
    fields = {f.name for f in msgspec.structs.fields(KINDS[name].body)}
    named = {"household"} if name in {KindName.HOUSEHOLD, KindName.MEMBERSHIP} else set()  # what they are about
    first = {"from_ns"} if name in {KindName.SUPPORT, KindName.SUCCESSION} else set()  # since when somebody says so
    assert (ending & fields) - named - first <= set(crit_of(KINDS[name]))


@pytest.mark.parametrize("name", KindName)
def test_crit_names_fields_that_there_are(name: KindName) -> None:
    assert set(crit_of(KINDS[name])) <= {f.name for f in msgspec.structs.fields(KINDS[name].body)} - {"crit"}


@pytest.mark.parametrize("name", KindName)
def test_a_kind_that_can_narrow_something_has_a_crit(name: KindName) -> None:
    assert crit_of(KINDS[name]) or name in {KindName.ORGANISATION, KindName.HOUSEHOLD}


@pytest.mark.parametrize("name", KindName)
@pytest.mark.parametrize("marked", [TOMORROW, "crit ", 7, b"to_ns"], ids=str)
def test_a_name_in_crit_that_is_not_known_is_refused(name: KindName, marked: object) -> None:
    fields = crit_with(name, marked) | {TOMORROW: 1}
    with pytest.raises(UnknownCrit):
        read(said(name, fields))


@pytest.mark.parametrize("name", KindName)
def test_a_crit_that_is_no_list_is_refused(name: KindName) -> None:
    with pytest.raises(UnknownCrit):
        read(said(name, with_fields(name, crit="all")))


@pytest.mark.parametrize("name", KindName)
def test_a_kind_that_changed_beyond_reading_is_unknown_and_not_merely_broken(name: KindName) -> None:
    fields: dict[str, object] = {field: {} for field in example_of(name)} | {"crit": [TOMORROW]}
    with pytest.raises(UnknownCrit):
        read(said(name, fields))


# --- unknown fields


@pytest.mark.parametrize("name", KindName)
def test_fields_that_are_not_known_stay_in_the_signed_bytes(name: KindName) -> None:
    one = said(name, with_fields(name, **{TOMORROW: {"deep": [1, "two", b"3"]}}))
    statement = read(one)
    assert body_of(name) == statement.body
    assert one.data == parse(one.data).data == statement.signed.data
    assert TOMORROW in cbor.decode_map(statement.signed.payload)
    verify(statement.signed, signer_of(KINDS[name].role).public)


@pytest.mark.parametrize("name", OPEN)
def test_an_entry_with_fields_that_are_not_known_is_proved_to_be_in_the_log(name: KindName) -> None:
    there = Deployment()
    one = said(name, with_fields(name, **{TOMORROW: 1}))
    index = there.enter(one)
    path = there.log.prove(index)
    root = there.log.latest.root
    verify_inclusion(leaf_hash(one.data), index=index, size=there.log.size, path=path, root=root)


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_statement_with_fields_that_are_not_known_is_proved_to_have_been_said(name: KindName) -> None:
    there = Deployment()
    signer = there.signer("operator")
    fields = with_fields(name, **{TOMORROW: 1})
    one = sign(
        signer,
        cbor.encode(fields),  # type: ignore[arg-type]  # as above
        content_type=content_type(name),
        issuer=ckt_uri(signer.public.thumbprint),
        subject=SUBJECT,
        issued_at_s=AT_NS // 1_000_000_000,
    )
    file = write_file(said_proof(there, one, signer.public.cose_key))
    verdict = verify_file(file, trusted=(there.log.key,))
    assert verdict.passed, verdict
    assert one.data in file


# --- at the gate


def tomorrows(statement: Statement) -> Statement:
    """The same as a newer program might have accepted it: with one more name that must be understood."""
    fields = cbor.decode_map(statement.signed.payload)
    crit = [*crit_of(statement.kind), TOMORROW]
    changed = {str(key): value for key, value in fields.items()} | {"crit": crit, TOMORROW: 1}
    kept = read_kept(said(statement.kind.name, changed), None)
    assert kept is not None
    assert (TOMORROW,) == kept.unknown
    return kept


def lived_in() -> tuple[Town, list[Question]]:
    """A town in which every question is answered with a yes."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY)
    town.product()
    home = town.household("h")
    ana = town.person("Ana", home)
    town.disclose(RESEARCHED, OWNED)
    meter = town.install(home)
    town.choose(ana, Decision.GIVE, meter, 1)
    town.disclose(RESEARCHED, OWNED, home=home)
    for name in (KindName.RED_LINE, KindName.PROMISE, KindName.SUPPORT):
        town.say(name, body_of(name))
    questions = [reads(meter, 2), reads_own(meter, 2, ana), collects(meter, 2)]
    assert all(town.ask(question).verdict is Verdict.ALLOW for question in questions)
    return town, questions


LIVED_IN: Final = lived_in()[0].said


@pytest.mark.parametrize("at", range(len(LIVED_IN)), ids=lambda at: f"{at} {LIVED_IN[at].kind.name}")
def test_what_must_be_understood_and_is_not_is_a_no_to_whoever_would_read_it(at: int) -> None:
    town, questions = lived_in()
    strange = tomorrows(town.said[at])
    leases = [(question, town.lease(question)) for question in questions]
    town.leases.move(strange)
    for question, lease in leases:
        concerned = not set(touches(strange)).isdisjoint(lease.scopes)
        answer = town.ask(question)
        assert concerned == (not lease.live)
        if concerned:
            assert (Verdict.DENY, Code.NOT_OFFERED) == (answer.verdict, answer.reasons[0].code)
            assert strange.signed.id in answer.reasons[0].statements
        else:
            assert Verdict.ALLOW is answer.verdict


@pytest.mark.parametrize("name", KindName)
def test_a_scope_that_something_not_understood_touches_stays_unsettled(name: KindName) -> None:
    plain = read(signed(KINDS[name]))
    strange = tomorrows(plain)
    in_force = InForce()
    in_force.move(plain)
    before = {scope: in_force.value(scope) for scope in touches(plain)}
    in_force.move(strange)
    for _ in range(2):
        for scope in touches(strange):
            value = in_force.value(scope)
            assert isinstance(value, Unsettled)
            assert before[scope] == value.held
            assert (strange.signed.id,) == value.statements
        in_force.move(plain)
        before = {scope: value.held for scope in before if isinstance(value := in_force.value(scope), Unsettled)}


@pytest.mark.parametrize("name", KindName)
def test_what_is_not_understood_gives_nobody_anything_in_the_directory(name: KindName) -> None:
    directory = Directory()
    said = tomorrows(read(signed(KINDS[name])))
    directory.take(said)
    nothing = Directory()
    nothing.told.reach(said.signed.headers.issued_at_s)  # that it was signed is all that is known of it
    assert vars(nothing) == vars(directory)


def test_a_registration_policy_that_is_not_understood_lets_nobody_in() -> None:
    directory = Directory()
    plain = read(signed(KINDS[KindName.REGISTRATION_POLICY]))
    directory.take(plain)
    assert directory.policy is not None
    directory.take(tomorrows(plain))
    assert directory.policy is None


# --- hash envelopes

ENVELOPED: Final = [kind.name for kind in KINDS.values() if kind.text is not Text.INLINE]


@pytest.mark.parametrize("name", ENVELOPED)
def test_an_envelope_is_read_with_its_preimage_and_with_no_other(name: KindName) -> None:
    made, preimage = enveloped(KINDS[name])
    assert PayloadForm.DIGEST is made.headers.form
    assert body_of(name) == read(made, preimage).body
    assert read_kept(made, None) is None
    other = envelope_preimage(bytes(16), signed(KINDS[name]).payload)
    for wrong in (None, other, preimage[:-1], preimage + b"\0", b""):
        with pytest.raises(BadStatement):
            read(made, wrong)
    with pytest.raises(BadStatement):
        read(signed(KINDS[name]), preimage)


@pytest.mark.parametrize("name", sorted(set(KindName) - set(ENVELOPED)))
def test_a_kind_whose_words_must_stand_in_it_is_never_enveloped(name: KindName) -> None:
    with pytest.raises(BadStatement):
        enveloped(KINDS[name])
    preimage = envelope_preimage(bytes(16), signed(KINDS[name]).payload)
    with pytest.raises(BadStatement):
        read(enclosed(name, preimage), preimage)


def test_private_kinds_are_never_enveloped() -> None:
    assert not set(ENVELOPED) & set(PRIVATE)


def test_a_text_of_more_than_a_mebibyte_is_refused() -> None:
    fields = with_fields(KindName.PROMISE, words="w" * MAX_PREIMAGE_BYTES)
    preimage = envelope_preimage(bytes(16), cbor.encode(fields))  # type: ignore[arg-type]  # as above
    with pytest.raises(TooLarge):
        read(enclosed(KindName.PROMISE, preimage), preimage)


def test_a_preimage_that_is_none_is_refused() -> None:
    preimage = cbor.encode([bytes(15), b""])
    with pytest.raises(BadCose):
        read(enclosed(KindName.PROMISE, preimage), preimage)


@pytest.mark.parametrize("name", ENVELOPED)
def test_what_must_be_understood_is_looked_for_in_envelopes_too(name: KindName) -> None:
    fields = crit_with(name, TOMORROW)
    preimage = envelope_preimage(bytes(16), cbor.encode(fields))  # type: ignore[arg-type]  # as above
    with pytest.raises(UnknownCrit):
        read(enclosed(name, preimage), preimage)


def enclosed(name: KindName, preimage: bytes) -> Signed:
    """A hash envelope of this kind over anything."""
    signer = signer_of(KINDS[name].role)
    return sign(
        signer,
        envelope_digest(preimage),
        content_type=content_type(name),
        issuer=ckt_uri(signer.public.thumbprint),
        subject=SUBJECT,
        issued_at_s=AT_NS // 1_000_000_000,
        form=PayloadForm.DIGEST,
    )
