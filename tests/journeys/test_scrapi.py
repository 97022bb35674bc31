"""The transparency service over HTTP: what may enter gets its receipt, and everybody finds it, its proof and its key."""

import base64
from collections.abc import Iterator

import pytest

from tests.journeys.log_house import BODY, code_of, holds, posted, receipt_key, said
from troth.errors import StorageFailed
from troth.names import Uri, ckt_uri
from troth.signing import cbor
from troth.statements.journal import unerased
from troth.statements.key import KeyRole
from troth.statements.kinds import KindName, content_type
from troth.statements.organisation import OrganisationBody
from troth.statements.statement import write, write_enveloped
from troth.testing.disk import MemoryDisk
from troth.testing.memory_journal import MemoryJournal
from troth.testing.world import World
from troth.tlog import proof, receipt
from troth.tlog.merkle import leaf_hash


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as made:
        yield made


def test_a_statement_that_may_enter_is_answered_with_its_receipt(world: World) -> None:
    statement = said(world)
    told = posted(world, statement.data)
    assert (201, "application/cose") == (told.status, told.header("content-type"))
    assert f"/entries/{statement.id.hex()}" in (told.header("location") or "")
    inclusion = holds(world, statement, bytes(told.body))
    assert inclusion.index + 1 == inclusion.size == world.node.record.sequencer.size
    assert statement.data == world.node.record.sequencer.entry(inclusion.index)
    assert "Works" == world.node.directory.organisations[BODY.organisation].name
    read = receipt.parse(bytes(told.body))
    assert ("https://works.example", receipt_key(world).thumbprint) == (read.subject, read.kid)
    assert receipt_key(world).alg.number == -7 == read.message.protected[1]


def test_the_receipt_comes_within_the_promised_time(world: World) -> None:
    began = world.clock.ticks()
    assert 201 == posted(world, said(world).data).status
    assert world.clock.ticks() - began <= 1_500_000_000


def test_the_same_bytes_get_the_first_receipt_and_change_nothing(world: World) -> None:
    statement = said(world)
    first = posted(world, statement.data)
    world.settle()
    position, size = world.node.ports.journal.position, world.node.record.sequencer.size
    for _ in range(2):
        again = posted(world, statement.data)
        assert (201, first.body) == (again.status, again.body)
    assert (position, size) == (world.node.ports.journal.position, world.node.record.sequencer.size)
    world.restart()
    assert first.body == posted(world, statement.data).body


def test_a_hash_envelope_has_a_receipt_and_a_new_one_cannot_be_brought(world: World) -> None:
    operator = world.keys.signer("operator")
    made = [
        write_enveloped(
            KindName.ORGANISATION,
            BODY,
            signer=operator,
            issuer=ckt_uri(operator.public.thumbprint),
            subject="https://works.example",
            at_ns=world.clock.now(),
            salt=bytes((number,)) * 16,
        )
        for number in range(2)
    ]
    (kept, preimage), (new, _) = made
    world.run(world.node.accept.accept(kept, preimage=preimage))
    world.settle()
    for told in (posted(world, kept.data), world.get(f"/entries/{kept.id.hex()}")):
        assert told.status in {200, 201}
        holds(world, kept, bytes(told.body))
    position = world.node.ports.journal.position
    told = posted(world, new.data)
    assert (400, "bad-statement", position) == (told.status, code_of(told), world.node.ports.journal.position)


def test_a_receipt_is_fetched_by_the_locator(world: World) -> None:
    statement = said(world)
    first = posted(world, statement.data)
    told = world.get(f"/entries/{statement.id.hex()}")
    assert (200, first.body, "*") == (told.status, told.body, told.header("access-control-allow-origin"))
    assert "public, max-age=3600" == told.header("cache-control")
    assert (told.header("location") or "").endswith(f"/entries/{statement.id.hex()}")


def test_every_open_statement_of_a_node_has_a_receipt_and_no_private_one_has(world: World) -> None:
    home = world.home("Harbour Lane 12")
    home.thing("water meter")
    home.person("Ana")
    world.settle()
    opened = 0
    for entry in unerased(world.node.ports.journal.entries(after=0, limit=1000)):
        told = world.get(f"/entries/{entry.signed.id.hex()}")
        if world.node.receipts.known(entry.signed.id) is None:
            assert 404 == told.status
            assert world.get(f"/entries/{bytes(32).hex()}").body == told.body  # as if it were not there
            continue
        opened += 1
        holds(world, entry.signed, bytes(told.body))
    assert opened == world.node.record.sequencer.size > 5


def test_what_counts_and_is_not_in_the_log_yet_is_to_be_asked_for_again(world: World) -> None:
    statement = said(world)
    world.run(world.node.accept.accept(statement))
    told = world.get(f"/entries/{statement.id.hex()}")
    assert (302, "1", b"") == (told.status, told.header("retry-after"), bytes(told.body))
    world.advance(2)
    assert 200 == world.get(f"/entries/{statement.id.hex()}").status


def test_a_tlog_proof_of_an_entry_is_handed_out(world: World) -> None:
    statement = said(world)
    posted(world, statement.data)
    told = world.get(f"/entries/{statement.id.hex()}/tlog-proof")
    assert 200 == told.status
    read = proof.parse(bytes(told.body))
    checkpoint = proof.verify(read, leaf=leaf_hash(statement.data), key=world.node.record.sequencer.key)
    assert checkpoint == world.node.record.sequencer.latest


# --- keys ---


def test_the_keys_of_receipts_are_found_and_resolved_one_by_one(world: World) -> None:
    told = world.get("/.well-known/scitt-keys")
    assert (200, "application/cbor") == (told.status, told.header("content-type"))
    keys = cbor.decode(bytes(told.body))
    key = receipt_key(world)
    plain = cbor.decode_map(key.cose_key)
    assert [{**plain, 2: key.thumbprint, 3: -7}] == keys
    kid = base64.urlsafe_b64encode(key.thumbprint).rstrip(b"=").decode()
    one = world.get(f"/.well-known/scitt-keys/{kid}")
    assert (200, {**plain, 2: key.thumbprint, 3: -7}) == (one.status, cbor.decode(bytes(one.body)))
    for other in (kid[:-1], "x", "%00", base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()):
        missing = world.get(f"/.well-known/scitt-keys/{other}")
        assert (404, "not-found") == (missing.status, code_of(missing))


def test_a_receipt_key_that_was_replaced_stays_resolvable_and_its_receipts_hold(world: World) -> None:
    statement = said(world)
    first = bytes(posted(world, statement.data).body)
    old = receipt_key(world)
    world.run(world.node.rekey.rotate(KeyRole.RECEIPT, kind=old.alg.kind))
    assert "receipt" not in world.keys.names()
    new = world.node.keyring.signer("receipt").public
    world.settle()
    keys = cbor.decode(bytes(world.get("/.well-known/scitt-keys").body))
    assert isinstance(keys, list)
    assert [old.thumbprint, new.thumbprint] == [key[2] for key in keys if isinstance(key, dict)]
    second = bytes(posted(world, statement.data).body)
    for made, key in ((first, old), (second, new)):
        read = receipt.parse(made)
        assert key.thumbprint == read.kid
        receipt.check_inclusion(read, entry=statement.data, key=key, issuer="world.invalid/test")


def test_a_deployment_from_before_receipts_gets_a_key_for_them_and_a_lost_one_is_not_replaced(world: World) -> None:
    before = [entry.signed for entry in unerased(world.node.ports.journal.entries(after=0, limit=4))]
    world.keys.forget("receipt")
    world.journal, world.disk, world.outside = MemoryJournal(), MemoryDisk(), MemoryDisk()
    for signed in before:
        world.run(world.journal.append(signed))
    world.restart()
    entries = list(unerased(world.node.ports.journal.entries(after=0, limit=10)))
    assert before == [entry.signed for entry in entries[:4]]
    assert [receipt_key(world)] == world.node.directory.receipt_keys
    statement = said(world)
    holds(world, statement, bytes(posted(world, statement.data).body))
    world.keys.forget("receipt")
    with pytest.raises(StorageFailed, match="'receipt' of this node is not there"):
        world.restart()


def test_a_tile_that_is_damaged_gets_no_receipt_signed_over_it(world: World) -> None:
    statement = said(world)
    posted(world, statement.data)
    size = world.node.record.sequencer.size
    path = f"tile/0/000.p/{size}"
    good = world.disk.read(path)
    assert good is not None
    world.disk.unlink(path)
    world.disk.write(path, bytes((good[0] ^ 1,)) + good[1:])
    told = world.get(f"/entries/{statement.id.hex()}")
    assert (503, "log-diverged") == (told.status, code_of(told))
    world.disk.unlink(path)
    world.disk.write(path, good)
    assert 200 == world.get(f"/entries/{statement.id.hex()}").status


@pytest.mark.slow
def test_a_node_collects_its_partial_tiles_an_hour_after_they_are_full(world: World) -> None:
    first = posted(world, said(world).data)
    operator = world.keys.signer("operator")

    async def many() -> None:
        for number in range(260):
            body = OrganisationBody(Uri(f"https://works{number}.example"), "Works", "mailto:people@works.example")
            issuer = ckt_uri(operator.public.thumbprint)
            statement = write(
                KindName.ORGANISATION, body, signer=operator, issuer=issuer, subject="s", at_ns=world.clock.now()
            )
            await world.node.accept.accept(statement)

    world.run(many())
    world.settle()
    assert world.node.record.sequencer.size > 256
    assert world.disk.names("tile/0/000.p")
    assert world.disk.names("tile/entries/000.p")
    world.advance(3_620)
    assert () == world.disk.names("tile/0/000.p") == world.disk.names("tile/entries/000.p")
    assert first.body == posted(world, said_again(world)).body


def said_again(world: World) -> bytes:
    """The first thing that was said here from outside."""
    return next(
        entry.signed.data
        for entry in unerased(world.node.ports.journal.entries(after=5, limit=10))
        if entry.signed.headers.content_type == content_type(KindName.ORGANISATION)
    )
