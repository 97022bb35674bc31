"""What may not enter the log over HTTP, and when it is too much: each is answered with a code and leaves nothing behind."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from starlette.applications import Starlette

from tests.journeys.log_house import BODY, COSE, code_of, holds, posted, said
from tests.vectors.made_signing import seed_of
from troth.api.scrapi import scrapi_routes
from troth.app.waiting import Publication
from troth.journeys.register import Register, Until
from troth.names import Uri, ckt_uri
from troth.signing import cbor
from troth.signing.cose import MAX_STATEMENT_BYTES, Signer, sign
from troth.signing.keys import Ed25519Signer
from troth.statements.kinds import KindName, content_type
from troth.statements.organisation import OrganisationBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import write
from troth.testing.asgi import Exchange, Told
from troth.testing.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as made:
        yield made


def headers_of(signer: Signer, world: World) -> dict[int, cbor.Encodable]:
    issuer = ckt_uri(signer.public.thumbprint)
    cwt: dict[int, cbor.Encodable] = {1: issuer, 2: "s", 6: world.clock.now() // 10**9}
    return {1: signer.public.alg.number, 3: content_type(KindName.ORGANISATION), 4: signer.public.thumbprint, 15: cwt}


def built(
    world: World, *, headers: dict[int, cbor.Encodable] | None = None, payload: bytes | None = None, outer: int = 0
) -> bytes:
    signer = world.keys.signer("operator")
    plain = cbor.encode({"contact": "mailto:a@b.example", "name": "n", "organisation": "https://b.example"})
    inside = plain if payload is None else payload
    protected = cbor.encode({**headers_of(signer, world), **(headers or {})})
    signature = signer.sign(cbor.encode(["Signature1", protected, b"", inside]))
    return b"\xd2" + cbor.encode([protected, {outer: 1} if outer else {}, inside, signature])


def dated(world: World, ahead_s: int) -> bytes:
    signer = world.keys.signer("operator")
    cwt: dict[int, cbor.Encodable] = {
        1: ckt_uri(signer.public.thumbprint),
        2: "s",
        6: world.clock.now() // 10**9 + ahead_s,
    }
    return built(world, headers={15: cwt})


def longer_heads(world: World) -> bytes:
    """The same statement, with the length of its payload in one byte more than it needs."""
    good = said(world)
    at = good.data.index(good.payload)
    short = bytes((0x58, len(good.payload)))
    assert short == good.data[at - 2 : at]
    return good.data[: at - 2] + b"\x59\x00" + short[1:] + good.data[at:]


def payload_out_of_order(world: World) -> bytes:
    return built(world, payload=b"\xa2\x61b\x00\x61a\x00")


def another_sender(world: World) -> bytes:
    return said(world, signer=Ed25519Signer.from_seed(seed_of("nobody"))).data


def under_the_operators_name(world: World) -> bytes:
    stranger = Ed25519Signer.from_seed(seed_of("nobody"))
    issuer = ckt_uri(world.keys.signer("operator").public.thumbprint)
    return write(KindName.ORGANISATION, BODY, signer=stranger, issuer=issuer, subject="s", at_ns=world.clock.now()).data


def signed_with_another_kind_of_key(world: World) -> bytes:
    """The operator's name and key id, and an algorithm that is not for that key."""
    return built(world, headers={1: -7})


def broken(world: World) -> bytes:
    good = said(world).data
    return good[:-1] + bytes((good[-1] ^ 1,))


def of_the_gate(world: World) -> bytes:
    """The gate may sign segments, and nothing else."""
    return said(world, signer=world.keys.signer("gate")).data


def a_segment(world: World) -> bytes:
    gate = world.keys.signer("gate")
    body = ConductSegmentBody(gate.public.thumbprint, 99, world.clock.now(), 256, bytes(32))
    return said(world, body, signer=gate, kind=KindName.CONDUCT_SEGMENT).data


def a_private_kind(world: World) -> bytes:
    signer = world.keys.signer("operator")
    payload = cbor.encode({"name": "a", "household": bytes(16)})
    return sign(
        signer,
        payload,
        content_type=content_type(KindName.HOUSEHOLD),
        issuer=ckt_uri(signer.public.thumbprint),
        subject="s",
        issued_at_s=world.clock.now() // 10**9,
    ).data


def oversize(world: World) -> bytes:
    return built(world)[:-1] + bytes(MAX_STATEMENT_BYTES)


OTHER_VERSION: Final = "application/vnd.troth.organisation.v2+cbor"

BAD: Final[dict[str, tuple[Callable[[World], bytes], int, str]]] = {
    "oversize": (oversize, 413, "too-large"),
    "nothing": (lambda _: b"", 400, "bad-cose"),
    "not COSE": (lambda _: b"hello", 400, "bad-cose"),
    "no tag": (lambda world: said(world).data[1:], 400, "bad-cose"),
    "an unknown algorithm": (lambda world: built(world, headers={1: -35}), 400, "unknown-algorithm"),
    "an algorithm for another kind of key": (signed_with_another_kind_of_key, 400, "unknown-algorithm"),
    "an unknown issuer": (another_sender, 400, "not-registered"),
    "another's name": (under_the_operators_name, 400, "not-registered"),
    "a key that may not say this": (of_the_gate, 400, "not-registered"),
    "a signature that is broken": (broken, 400, "bad-cose"),
    "longer heads": (longer_heads, 400, "bad-cose"),
    "a payload out of order": (payload_out_of_order, 400, "bad-cbor"),
    "an unprotected header": (lambda world: built(world, outer=394), 400, "bad-cose"),
    "another protected header": (lambda world: built(world, headers={99: 1}), 400, "bad-cose"),
    "dated ahead": (lambda world: dated(world, 62), 400, "future-dated"),
    "an unknown kind": (lambda world: built(world, headers={3: "application/vnd.troth.rumour.v1+cbor"}), 400, "bad-statement"),
    "another version": (lambda world: built(world, headers={3: OTHER_VERSION}), 400, "bad-statement"),
    "no content of ours": (lambda world: built(world, headers={3: "text/plain"}), 400, "bad-statement"),
    "a missing field": (lambda world: built(world, payload=cbor.encode({"name": "n"})), 400, "bad-statement"),
    "an unknown crit": (
        lambda world: built(
            world,
            payload=cbor.encode(
                {"contact": "c", "name": "n", "organisation": "https://b.example", "crit": ["until"], "until": 1}
            ),
        ),
        400,
        "unknown-crit",
    ),
    "a private kind": (a_private_kind, 400, "not-registered"),
    "a segment of its own": (a_segment, 400, "not-registered"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_answered_with_a_code_and_leaves_nothing(world: World, name: str) -> None:
    make, status, code = BAD[name]
    world.settle()
    position, latest = world.node.ports.journal.position, world.node.record.sequencer.latest
    organisations = dict(world.node.directory.organisations)
    said_position = world.node.ports.conduct.said_position
    told = posted(world, make(world))
    assert (status, code, "*") == (told.status, code_of(told), told.header("access-control-allow-origin"))
    world.advance(2)  # in which the log would have taken it
    assert position == world.node.ports.journal.position
    assert latest == world.node.record.sequencer.latest
    assert organisations == world.node.directory.organisations
    assert said_position == world.node.ports.conduct.said_position


def test_a_minute_ahead_is_not_too_far(world: World) -> None:
    assert 201 == posted(world, dated(world, 59)).status


def test_a_body_must_say_that_it_is_cose(world: World) -> None:
    data = said(world).data
    for kind in ({}, {"content-type": "application/json"}, {"content-type": "application/cbor"}):
        told = posted(world, data, headers=kind)
        assert (400, "bad-cose") == (told.status, code_of(told))
    assert 201 == posted(world, data, headers={"content-type": "application/scitt-statement+cose; charset=x"}).status


def test_the_same_statement_under_another_signature_is_a_conflict(world: World) -> None:
    """ECDSA and EdDSA can sign the same thing in many ways; only what is in the log has a receipt."""
    good = said(world)
    assert 201 == posted(world, good.data).status
    other = good.data[:-64] + bytes(64)
    told = posted(world, other)
    assert (409, "conflict") == (told.status, code_of(told))


@pytest.mark.parametrize("locator", ["x", "00", "AB" * 32, "0" * 63, "0" * 65, "0" * 63 + "g"])
def test_a_locator_of_another_form_is_said_to_be_one(world: World, locator: str) -> None:
    for below in ("", "/tlog-proof"):
        told = world.get(f"/entries/{locator}{below}")
        assert (400, "bad-name") == (told.status, code_of(told))


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/entries"), ("PUT", "/entries"), ("DELETE", "/.well-known/scitt-keys")]
)
def test_other_methods_are_not_offered(world: World, method: str, path: str) -> None:
    assert 405 == world.run(world.exchange(method, path).ask()).status


def at_another_door(world: World, data: bytes, *, behind: int = 0, until: Until | None = None) -> Told:
    """The same node, with a log that is as far behind as said, or that is never waited for."""
    register = Register(
        world.node.accept,
        world.node.receipts,
        behind=lambda: behind,
        until=until or Publication().until,
    )
    app = Starlette(routes=scrapi_routes(register, world.node.receipts, url="http://log.example"))
    return world.run(Exchange(app, "POST", target="/entries", headers=COSE, body=data).ask())


async def _never(holds_: Callable[[], bool], _within_s: float, /) -> bool:
    return holds_()


def test_a_log_that_is_behind_says_when_to_come_back_and_keeps_nothing(world: World) -> None:
    world.settle()
    position = world.node.ports.journal.position
    told = at_another_door(world, said(world).data, behind=1 << 20)
    assert (429, "1", "busy") == (told.status, told.header("retry-after"), code_of(told))
    assert position == world.node.ports.journal.position


def test_more_than_may_wait_are_told_to_come_back(world: World) -> None:
    """Three thousand at once: those that found room are registered, the others leave nothing, and none is lost between."""
    operator = world.keys.signer("operator")
    statements = [
        write(
            KindName.ORGANISATION,
            OrganisationBody(Uri(f"https://works{at}.example"), "Works", "mailto:people@works.example"),
            signer=operator,
            issuer=ckt_uri(operator.public.thumbprint),
            subject=f"https://works{at}.example",
            at_ns=world.clock.now(),
        )
        for at in range(2_100)
    ]

    async def all_at_once() -> list[Told]:
        asking = [world.exchange("POST", "/entries", body=each.data, headers=COSE).ask() for each in statements]
        return await asyncio.gather(*asking)

    told = world.run(all_at_once())
    assert {201, 429} == {each.status for each in told}
    for statement, each in zip(statements, told, strict=True):
        known = world.node.receipts.known(statement.id)
        if each.status == 201:
            holds(world, statement, bytes(each.body))
        else:
            assert ("busy", "1", None) == (code_of(each), each.header("retry-after"), known)


def test_a_statement_the_log_takes_late_is_answered_with_where_to_look(world: World) -> None:
    statement = said(world)
    told = at_another_door(world, statement.data, until=_never)
    assert (303, "1", b"") == (told.status, told.header("retry-after"), bytes(told.body))
    assert f"http://log.example/entries/{statement.id.hex()}" == told.header("location")
    world.advance(2)
    assert 200 == world.get(f"/entries/{statement.id.hex()}").status
