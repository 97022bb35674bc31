"""Texts behind hash envelopes: the log holds a digest, the text can go, and what was proved goes on being proved."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.described import body_of
from troth.errors import BadStatement, Conflict, NotFound, Refused, TooLarge
from troth.journeys.say import Say
from troth.names import StatementId, Uri
from troth.signing.cose import SALT_BYTES, PayloadForm
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.journal import JournalEntry, unerased
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.statement import MAX_PREIMAGE_BYTES, Statement, read_kept
from troth.testing.entropy import entropy
from troth.testing.people import WorldThing, open_to_anyone
from troth.testing.world import World
from troth.verify.checks import verify
from troth.verify.verdict import Verdict

SECRET = "a sentence that somebody may want to take back"


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=17) as made:
        yield made


def say(world: World) -> Say:
    node = world.node
    return Say(node.accept, world.keys, clock=world.clock, entropy=entropy(world.seed, "voice"))


def public(world: World, folder: str = "") -> bytes:
    """Every byte of the log's folder."""
    found = b""
    for name in world.disk.names(folder):
        path = f"{folder}/{name}" if folder else name
        data = world.disk.peek(path)
        found += public(world, path) if data is None else data
    return found


def disclosed(thing: WorldThing, *, title: str) -> DisclosureBody:
    """A public thing's disclosure with another title."""
    purpose: DisclosedPurpose = msgspec.structs.replace(open_to_anyone(), title=title)
    body = thing.around.node.directory.things[thing.joined.thing].body
    maker = thing.around.node.directory.products[body.product].maker
    return DisclosureBody(body.product, maker, "en", 2, (DisclosedStream(thing.stream_name, (purpose,)),))


def enveloped(world: World, thing: WorldThing, *, title: str = SECRET) -> StatementId:
    body = disclosed(thing, title=title)
    said = say(world).say(KindName.DISCLOSURE, body, subject=body.product, form=PayloadForm.DIGEST)
    return world.run(said).statement


def entry_of(world: World, statement: StatementId) -> JournalEntry:
    entry = world.journal.find(statement)
    assert isinstance(entry, JournalEntry)
    return entry


def kept(world: World, statement: StatementId) -> Statement | None:
    entry = entry_of(world, statement)
    return read_kept(entry.signed, entry.preimage)


def proof(world: World, thing: WorldThing) -> tuple[Verdict, int]:
    """The verdict about the newest observation, and how many statements it rests on."""
    page = world.get(
        f"/v1.1/Datastreams({thing.number})/Observations?$orderby=phenomenonTime desc&$top=1".replace(" ", "%20")
    )
    id_ = msgspec.json.decode(page.body)["value"][0]["@iot.id"]
    data = world.run(world.node.prove.observation(id_, None))
    verdict = verify(data, trusted=(world.node.record.sequencer.key,))
    return verdict, len(verdict.rests_on)


def test_a_text_behind_an_envelope_is_in_force_and_never_in_the_log(world: World) -> None:
    pond = world.thing("village pond")
    statement = enveloped(world, pond)
    pond.says(1.5)
    world.settle()
    entry = entry_of(world, statement)
    assert entry.preimage is not None
    assert SECRET.encode() in entry.preimage
    assert entry.signed.data in public(world)
    assert SECRET.encode() not in public(world)
    assert entry.preimage[:SALT_BYTES] not in public(world)
    assert SECRET == world.node.directory.disclosures[disclosed(pond, title="").product][0].streams[0].purposes[0].title
    index = world.node.record.index_of(statement)
    assert index is not None
    assert entry.signed.data == world.node.record.sequencer.entry(index)


def test_a_proof_that_rests_on_an_envelope_verifies_without_showing_it(world: World) -> None:
    pond = world.thing("village pond")
    pond.says(1.0)
    world.settle()
    verdict, shown = proof(world, pond)
    assert verdict.passed
    statement = enveloped(world, pond)
    world.advance(1)
    pond.says(2.0)
    world.settle()
    verdict, fewer = proof(world, pond)
    assert verdict.passed, verdict
    assert shown - 1 == fewer
    assert statement.hex() not in [each.id for each in verdict.rests_on]


def test_a_text_that_is_out_of_force_can_go_and_everything_goes_on(world: World) -> None:
    pond = world.thing("village pond")
    statement = enveloped(world, pond)
    pond.says(1.0)
    world.settle()
    assert proof(world, pond)[0].passed
    forget = world.node.forget
    with pytest.raises(Conflict):
        world.run(forget.text(statement))
    assert kept(world, statement) is not None
    body = disclosed(pond, title="Open data")
    world.run(world.node.join.disclosure(body))
    in_force = world.node.leases.in_force.scopes()
    for _ in range(2):
        world.run(forget.text(statement))
    assert kept(world, statement) is None
    assert entry_of(world, statement).signed.data in public(world)
    assert proof(world, pond)[0].passed
    assert in_force == world.node.leases.in_force.scopes()
    world.restart()
    assert in_force == world.node.leases.in_force.scopes()
    assert kept(world, statement) is None
    assert proof(world, pond)[0].passed
    pond.says(3.0)
    world.settle()
    verdict, _ = proof(world, pond)
    assert verdict.passed


def test_what_must_be_kept_stays(world: World) -> None:
    pond = world.thing("village pond")
    node = world.node
    product = node.directory.things[pond.joined.thing].body.product
    passport: PassportBody = node.directory.products[product]
    enclosed = world.run(
        say(world).say(KindName.PASSPORT, passport, subject=product, form=PayloadForm.DIGEST)
    ).statement
    inline = world.run(say(world).say(KindName.PASSPORT, passport, subject=product)).statement
    for statement in (enclosed, inline):
        with pytest.raises(Refused):
            world.run(node.forget.text(statement))
    with pytest.raises(NotFound):
        world.run(node.forget.text(StatementId(bytes(32))))


@pytest.mark.parametrize("kind", [KindName.ORGANISATION, KindName.PROMISE, KindName.SUPPORT, KindName.ENTITY])
def test_nothing_in_force_loses_its_text(world: World, kind: KindName) -> None:
    from_page = body_of(kind)
    statement = world.run(say(world).say(kind, from_page, subject="x", form=PayloadForm.DIGEST)).statement
    with pytest.raises(Conflict):
        world.run(world.node.forget.text(statement))
    again = world.run(say(world).say(kind, from_page, subject="y", form=PayloadForm.DIGEST)).statement
    world.run(world.node.forget.text(statement))
    assert (None, True) == (kept(world, statement), kept(world, again) is not None)


def test_what_is_too_large_goes_behind_an_envelope_by_itself(world: World) -> None:
    pond = world.thing("village pond")
    long = "x" * 70_000
    world.run(world.node.join.disclosure(disclosed(pond, title=long)))
    pond.says(1.0)
    world.settle()
    last = [entry for entry in unerased(world.journal.entries(after=0, limit=1_000)) if entry.preimage is not None]
    assert [PayloadForm.DIGEST] == [entry.signed.headers.form for entry in last]
    assert long.encode()[:1_000] not in public(world)
    assert proof(world, pond)[0].passed


@pytest.mark.parametrize("wrong", ["none", "another", "cut", "of an inline statement", "too large"])
def test_a_preimage_that_does_not_fit_is_refused_and_nothing_is_kept(world: World, wrong: str) -> None:
    body = OrganisationBody(Uri("https://a.example"), "A", "mailto:a@a.example")
    form = PayloadForm.INLINE if wrong == "of an inline statement" else PayloadForm.DIGEST
    signed, preimage = say(world).sign(KindName.ORGANISATION, body, subject="a", form=form)
    other = say(world).sign(KindName.ORGANISATION, body, subject="a", form=PayloadForm.DIGEST)[1] or b""
    given = {
        "none": None,
        "another": other[:1] + bytes([other[1]]) + bytes(SALT_BYTES) + other[18:],
        "cut": (preimage or b"")[:-1],
        "of an inline statement": other,
        "too large": bytes(MAX_PREIMAGE_BYTES + 1),
    }[wrong]
    before = world.journal.position
    with pytest.raises((BadStatement, Refused, TooLarge)):
        world.run(world.node.accept.accept(signed, preimage=given))
    assert before == world.journal.position
    assert body.organisation not in world.node.directory.organisations
