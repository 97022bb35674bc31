"""What `journeys/prove` makes is what a stranger verifies; what cannot be proved is refused or comes later."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import pytest

from tests.properties.proving_node import HERSELF, RESEARCHER, STRANGER, TICK_S, Holding, Node, Witnessed, basis_of
from tests.vectors.make_proofs import NOON, NOON_S, WITNESSES, witness_key, witness_signer
from troth.errors import Denied, NotFound, StorageFailed, Unavailable
from troth.gate.question import Asker
from troth.journeys.cosigned import Vouched
from troth.names import StatementId
from troth.signing import cbor
from troth.signing.cose import Signed
from troth.tlog import trace
from troth.tlog.checkpoint import Note, parse_note
from troth.tlog.cosignature import cosign
from troth.tlog.trust_policy import TrustPolicy
from troth.verify.checks import verify
from troth.verify.file import read
from troth.verify.verdict import Level

T = TypeVar("T")


def run(scene: Callable[[Node], Awaitable[T]]) -> T:
    async def played() -> T:
        return await scene(Node())

    return asyncio.run(played())


def refused(scene: Callable[[Node], Awaitable[bytes]], error: type[Exception], match: str | None = None) -> None:
    with pytest.raises(error, match=match):
        run(scene)


async def told(node: Node) -> tuple[Signed, ...]:
    """A first day with one row, in a segment and in the log."""
    rests_on = await node.begin()
    node.note(basis_of(rests_on))
    node.hear(1, 21.5, rests_on=rests_on)
    await node.tick()
    return rests_on


def test_a_stranger_verifies_what_is_handed_out() -> None:
    async def scene(node: Node) -> None:
        rests_on = await told(node)
        data = await node.prove.observation(1, RESEARCHER)
        verdict = verify(data, trusted=(node.there.log.key,))
        assert verdict.passed
        assert verdict.trace is not None
        assert 21.5 == verdict.trace.fields["result"]
        file = read(data)
        assert file.basis is not None
        assert sorted(each.id for each in rests_on) == list(file.basis.ids)
        assert ["passport", "disclosure"] == [each.kind for each in verdict.rests_on]
        assert not any(each.data in data for each in rests_on[2:]), "private statements are not in the file"

    run(scene)


def test_a_long_text_is_proved_by_its_digest() -> None:
    async def scene(node: Node) -> None:
        rests_on = await node.begin()
        node.note(basis_of(rests_on))
        node.hear(1, "drip " * 1_000, rests_on=rests_on, type_=4)
        node.hear(2, cbor.encode({"open": True}), rests_on=rests_on, type_=5)
        await node.tick()
        for id_, words in ((1, "whose SHA-256 of a text is"), (2, '{"open":true}')):
            verdict = verify(await node.prove.observation(id_, RESEARCHER), trusted=(node.there.log.key,))
            assert verdict.trace is not None
            assert words in verdict.trace.sentence

    run(scene)


def test_the_list_it_rests_on_may_stand_in_an_earlier_segment() -> None:
    async def scene(node: Node) -> None:
        rests_on = await told(node)
        for _ in range(3):
            await node.tick()
        node.hear(2, 22.5, rests_on=rests_on)
        await node.tick()
        await node.tick()
        for prove in (node.prove, node.proving(node.there.log)):
            for id_ in (2, 1, 2):
                assert verify(await prove.observation(id_, RESEARCHER), trusted=(node.there.log.key,)).passed

    run(scene)


def test_a_proof_made_after_the_log_grew_leads_to_the_newer_tree() -> None:
    async def scene(node: Node) -> None:
        await told(node)
        first = await node.prove.observation(1, RESEARCHER)
        await node.tick()
        second = await node.prove.observation(1, RESEARCHER)
        assert read(first).checkpoint != read(second).checkpoint
        assert verify(first, trusted=(node.there.log.key,)).passed
        assert verify(second, trusted=(node.there.log.key,)).passed

    run(scene)


def test_a_signature_of_somebody_else_stays_out_of_the_file() -> None:
    async def scene(node: Node) -> None:
        await told(node)
        data = await node.proving(Witnessed(node.there)).observation(1, RESEARCHER)
        assert verify(data, trusted=(node.there.log.key,)).passed
        assert b"example.org/witness" not in data

    run(scene)


def test_the_cosignatures_of_witnesses_come_into_the_file() -> None:
    async def scene(node: Node) -> None:
        await told(node)
        signed = parse_note(node.there.log.checkpoint())
        line = cosign(signed.text, witness_signer(WITNESSES[0]), name=WITNESSES[0], time_s=NOON_S)
        vouched = Vouched(Note(signed.text, (*signed.signatures, line)).encode(), (str(witness_key(WITNESSES[0])),))
        size = node.there.log.size
        asked: list[int] = []

        def best(least: int) -> Vouched | None:
            asked.append(least)
            return vouched if least <= size else None

        prove = node.proving(node.there.log, vouched=best)
        await node.tick()  # the newest checkpoint is one that no witness has seen; the proof does without it
        data = await prove.observation(1, RESEARCHER)
        policy = TrustPolicy.of([witness_key(WITNESSES[0])], 1)
        assert Level.WITNESSED is verify(data, trusted=(node.there.log.key,), policy=policy).level
        assert vouched.note == read(data).checkpoint
        node.hear(9, 7.5, rests_on=())
        node.note(basis_of(()))
        await node.tick()
        newest = await prove.observation(9, RESEARCHER)
        assert () == read(newest).witnesses, "what no cosigned tree covers is logged"
        assert asked == [size, size + 2]

    run(scene)


def test_a_person_gets_the_proof_of_their_own_choice() -> None:
    async def scene(node: Node) -> None:
        _, _, _, chosen = await node.begin()
        node.note(trace.SaidTrace(gate_ns=NOON, statement=chosen.id))
        await node.tick()
        await node.tick()
        verdict = verify(await node.prove.said(chosen.id, HERSELF), trusted=(node.there.log.key,))
        assert verdict.passed
        assert "give from 2026-01-01T12:00:00Z" in verdict.rests_on[0].sentence
        assert any("session" in sentence for sentence in verdict.does_not_show)

    run(scene)


@pytest.mark.parametrize("asker", [RESEARCHER, STRANGER])
def test_nobody_else_gets_the_proof_of_a_choice(asker: Asker) -> None:
    async def scene(node: Node) -> bytes:
        _, _, _, chosen = await node.begin()
        node.note(trace.SaidTrace(gate_ns=NOON, statement=chosen.id))
        await node.tick()
        return await node.prove.said(chosen.id, asker)

    refused(scene, NotFound)


@pytest.mark.parametrize("name", ["passport", "home", None])
def test_what_is_not_about_this_person_alone_is_not_found(name: str | None) -> None:
    async def scene(node: Node) -> bytes:
        await node.begin()
        return await node.prove.said(StatementId(bytes(32)) if name is None else node.there.said[name].id, HERSELF)

    refused(scene, NotFound)


def test_a_choice_before_the_tick_comes_later() -> None:
    async def scene(node: Node) -> bytes:
        _, _, _, chosen = await node.begin()
        return await node.prove.said(chosen.id, HERSELF)

    with pytest.raises(Unavailable) as caught:
        run(scene)
    assert TICK_S == caught.value.retry_after_s


def test_who_may_not_read_the_row_gets_no_proof() -> None:
    async def scene(node: Node) -> bytes:
        await told(node)
        return await node.prove.observation(1, STRANGER)

    refused(scene, NotFound)


def test_a_row_before_the_tick_comes_later() -> None:
    async def scene(node: Node) -> bytes:
        rests_on = await node.begin()
        node.hear(1, 21.5, rests_on=rests_on)
        return await node.prove.observation(1, RESEARCHER)

    with pytest.raises(Unavailable, match="segment") as caught:
        run(scene)
    assert TICK_S == caught.value.retry_after_s


def test_a_segment_before_the_log_took_it_comes_later() -> None:
    async def scene(node: Node) -> bytes:
        await told(node)
        node.published = False
        return await node.prove.observation(1, RESEARCHER)

    with pytest.raises(Unavailable, match="log") as caught:
        run(scene)
    assert 0 < caught.value.retry_after_s < TICK_S


def test_a_lease_that_ends_meanwhile_is_asked_for_again() -> None:
    async def scene(node: Node) -> None:
        await told(node)
        node.tell.leases = [Holding(0), Holding(0), Holding(1_000)]
        assert verify(await node.prove.observation(1, RESEARCHER), trusted=(node.there.log.key,)).passed
        assert 3 == node.tell.asked

    run(scene)


def test_a_withdrawal_meanwhile_stops_the_proof() -> None:
    async def scene(node: Node) -> bytes:
        await told(node)
        node.tell.leases = [Holding(0)]
        return await node.prove.observation(1, RESEARCHER)

    refused(scene, Denied)


def test_a_list_that_is_gone_is_a_failure_of_storage() -> None:
    async def scene(node: Node) -> bytes:
        rests_on = await node.begin()
        node.hear(1, 21.5, rests_on=rests_on)
        await node.tick()
        return await node.prove.observation(1, RESEARCHER)

    refused(scene, StorageFailed, "rests on")


def test_what_does_not_verify_is_not_handed_out() -> None:
    async def scene(node: Node) -> bytes:
        rests_on = await node.begin()
        node.note(basis_of(rests_on))
        node.hear(1, 21.5, rests_on=rests_on)
        await node.tick(spoil=True)
        return await node.prove.observation(1, RESEARCHER)

    refused(scene, StorageFailed, "check 7 fails")


def test_a_row_that_changed_on_disk_is_not_handed_out() -> None:
    async def scene(node: Node) -> bytes:
        await told(node)
        node.tell.rows[1] = msgspec.structs.replace(node.tell.rows[1], result=99.0)
        return await node.prove.observation(1, RESEARCHER)

    refused(scene, StorageFailed, "check 7 fails")


def test_a_segment_that_is_gone_is_a_failure_of_storage() -> None:
    async def scene(node: Node) -> bytes:
        await told(node)
        node.tell.rows[1] = msgspec.structs.replace(node.tell.rows[1], segment=5)
        return await node.prove.observation(1, RESEARCHER)

    refused(scene, StorageFailed, "segment")
