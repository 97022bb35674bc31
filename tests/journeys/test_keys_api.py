"""Keys over HTTP and at the command line: the operator's alone, and every refusal says why."""

import pytest

from tests.journeys.api_house import ORG, House, Json, organisation, run
from tests.vectors.made_signing import seed_of
from troth.signing.keys import MlDsa44Signer

MAKER = MlDsa44Signer.from_seed(seed_of("maker")).public
ROUTES: tuple[tuple[str, str, Json | None], ...] = (
    ("GET", "/api/keys", None),
    ("POST", "/api/keys", {"organisation": ORG, "key": MAKER.cose_key.hex()}),
    ("POST", "/api/keys/rotate", {"role": "gate"}),
    ("POST", "/api/keys/revoke", {"key": "urn:x:y"}),
    ("GET", "/api/registration-policy", None),
    ("POST", "/api/registration-policy", {"rules": []}),
)


async def keys_of(house: House) -> dict[str, Json]:
    """Keys that serve, by role."""
    answer = await house.ask("GET", "/api/keys", token=house.operator)
    assert 200 == answer.status_code
    return {key["role"]: key for key in answer.json()["keys"] if "ended" not in key}


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_nobody_but_the_operator_asks(method: str, path: str, body: Json | None) -> None:
    async def scene(house: House) -> None:
        assert 401 == (await house.ask(method, path, body)).status_code
        assert 401 == (await house.ask(method, path, body, token="abc")).status_code

    run(scene)


def test_the_gate_is_rotated_to_the_second_suite_and_back() -> None:
    async def scene(house: House) -> None:
        first = (await keys_of(house))["gate"]
        made = await house.post("/api/keys/rotate", {"role": "gate", "suite": "ml-dsa-44"})
        assert first["key"] == made["former"]
        second = (await keys_of(house))["gate"]
        assert ("ML-DSA-44", made["key"]) == (second["suite"], second["key"])
        await house.post("/api/keys/rotate", {"role": "gate", "compromised_since": "2026-05-01T06:00:00Z"})
        answer = await house.ask("GET", "/api/keys", token=house.operator)
        ended = {key["key"]: (key["ended"], key.get("since")) for key in answer.json()["keys"] if "ended" in key}
        assert {first["key"]: ("retired", None), second["key"]: ("compromised", "2026-05-01T06:00:00Z")} == ended
        again = await house.post(
            "/api/keys/revoke", {"key": str(first["key"]), "compromised_since": "2026-05-01T05:00:00Z"}
        )
        assert "compromised" == again["ended"]

    run(scene)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/keys/rotate", {"role": "log"}, 501, "not-offered"),
        ("/api/keys/rotate", {"role": "person"}, 400, "bad-json"),
        ("/api/keys/rotate", {"role": "gate", "suite": "rsa"}, 400, "bad-json"),
        ("/api/keys/rotate", {"role": "gate", "compromised_since": "yesterday"}, 400, "bad-time"),
        ("/api/keys/rotate", {"role": "gate", "compromised_since": "2027-01-01T00:00:00Z"}, 403, "refused"),
        ("/api/keys/revoke", {"key": "urn:x:nobody"}, 404, "not-found"),
        ("/api/keys/revoke", {"key": "nobody"}, 400, "bad-name"),
        ("/api/keys", {"organisation": ORG, "key": "xyz"}, 400, "bad-json"),
        ("/api/keys", {"organisation": ORG, "key": "a0"}, 403, "bad-ruling"),
        ("/api/keys", {"organisation": "https://nobody.example", "key": MAKER.cose_key.hex()}, 403, "bad-ruling"),
        ("/api/registration-policy", {"rules": []}, 403, "bad-ruling"),
        ("/api/registration-policy", {"rules": [{"role": "gate"}]}, 400, "bad-json"),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(path: str, body: Json, status: int, code: str) -> None:
    async def scene(house: House) -> None:
        await house.post("/api/organisations", organisation())
        before = await keys_of(house), house.node.ports.journal.position
        answer = await house.ask("POST", path, body, token=house.operator)
        assert (status, code) == (answer.status_code, answer.json()["code"])
        assert before == (await keys_of(house), house.node.ports.journal.position)

    run(scene)


def test_a_key_that_serves_is_not_revoked_and_the_hint_names_the_way() -> None:
    async def scene(house: House) -> None:
        gate = (await keys_of(house))["gate"]
        answer = await house.ask("POST", "/api/keys/revoke", {"key": str(gate["key"])}, token=house.operator)
        assert (403, "bad-ruling") == (answer.status_code, answer.json()["code"])
        assert "troth key rotate" in answer.json()["hint"]

    run(scene)


def test_a_maker_s_key_is_registered_replaced_and_ended() -> None:
    async def scene(house: House) -> None:
        await house.post("/api/organisations", organisation())
        made = await house.post("/api/keys", {"organisation": ORG, "key": MAKER.cose_key.hex()})
        maker = (await keys_of(house))["maker"]
        assert (ORG, made["key"], "ML-DSA-44") == (maker["holder"], maker["key"], maker["suite"])
        ended = await house.post("/api/keys/revoke", {"key": str(made["key"])})
        assert "retired" == ended["ended"]
        assert "maker" not in await keys_of(house)

    run(scene)


def test_the_policy_is_shown_and_replaced() -> None:
    async def scene(house: House) -> None:
        shown = (await house.ask("GET", "/api/registration-policy", token=house.operator)).json()
        assert 1 == shown["version"]
        assert {"role": "gate", "kinds": ["conduct-segment"], "subjects": "own-key"} in shown["rules"]
        rules = [rule for rule in shown["rules"] if rule["role"] != "maker"]
        after = await house.post("/api/registration-policy", {"rules": rules})
        assert (2, rules) == (after["version"], after["rules"])

    run(scene)
