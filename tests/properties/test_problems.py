"""Problem documents: every error has its status as documented, nothing that is absent differs, and nothing leaks."""

import inspect
import re
from pathlib import Path

import msgspec
import pytest

from troth import errors
from troth.errors import BadJson, Busy, Denied, NotFound, Refused, StorageFailed, TrothError, Unavailable, WrongToken
from troth.gate.question import Code
from troth.gate.words import can_do, outer
from troth.signing import cbor
from troth.things.observations import Refusal
from troth.wire.concise import CONTENT_TYPE as CONCISE
from troth.wire.concise import concise
from troth.wire.problems import CONTENT_TYPE, Problem, internal, not_allowed, problem_of, refusal_of, reply

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "errors.md"
CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, TrothError) and each is not TrothError
]


def made(kind: type[TrothError]) -> TrothError:
    return Denied("No.", reason_code="withdrawn") if kind is Denied else kind("Something.")


def documented() -> dict[str, int]:
    """Code and HTTP status of every error that the reference says is seen over HTTP."""
    found = {}
    for part in PAGE.read_text().split("\n## ")[1:]:
        seen = re.search(r"\*\*Seen as:\*\* ([0-9]{3})", part)
        if seen is not None:
            found[part.partition("\n")[0].strip()] = int(seen[1])
    return found


@pytest.mark.parametrize("code", documented())
def test_the_status_is_the_documented_one(code: str) -> None:
    kind = next(each for each in CLASSES if each.code == code)
    assert documented()[code] == reply(made(kind)).status


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_becomes_a_document_of_its_code(kind: type[TrothError]) -> None:
    answer = reply(made(kind))
    document = msgspec.json.decode(answer.body, type=Problem)
    headers = dict(answer.headers)
    assert kind.code == document.code
    assert f"urn:troth:problem:{kind.code}" == document.type
    assert answer.status == document.status
    assert CONTENT_TYPE == headers[b"content-type"]
    assert b"%d" % len(answer.body) == headers[b"content-length"]
    assert b"no-store" == headers[b"cache-control"]


def test_nothing_there_is_always_the_same_bytes() -> None:
    assert reply(NotFound("there is no such stream")) == reply(NotFound("hidden", hint="Ask Ana."))


def test_a_denial_carries_the_outer_reason() -> None:
    problem = problem_of(Denied(outer("withdrawn"), reason_code="withdrawn"))
    assert ("denied", "withdrawn", outer("withdrawn")) == (problem.code, problem.reason_code, problem.detail)


def test_an_unknown_token_is_asked_for_a_better_one() -> None:
    assert b'Bearer realm="troth"' == dict(reply(WrongToken("no")).headers)[b"www-authenticate"]
    assert b"www-authenticate" not in dict(reply(BadJson("no")).headers)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Busy("x", retry_after_s=0.2), b"1"),
        (Busy("x", retry_after_s=1.5), b"2"),
        (Busy("x"), b"1"),
        (StorageFailed("x", retry_after_s=30), b"30"),
        (Unavailable("x"), None),
    ],
)
def test_when_to_try_again_is_said_in_whole_seconds(error: TrothError, expected: bytes | None) -> None:
    assert expected == dict(reply(error).headers).get(b"retry-after")


@pytest.mark.parametrize("refusal", [each for each in Refusal if each is not Refusal.LEASE_ENDED])
def test_a_refused_observation_has_its_code_and_words(refusal: Refusal) -> None:
    problem = refusal_of(refusal)
    assert (refusal.value, outer(refusal.value)) == (problem.code, problem.detail)
    assert can_do(refusal.value) == problem.hint
    gates = {each.value for each in Code}
    assert (problem.status == 403) is (refusal.value in gates)
    assert 400 <= problem.status < 500


@pytest.mark.parametrize(
    ("refusal", "status"), [(Refusal.TIME_TAKEN, 409), (Refusal.TOO_LARGE, 413), (Refusal.BAD_TIME, 400)]
)
def test_some_refusals_have_a_status_of_their_own(refusal: Refusal, status: int) -> None:
    assert status == reply(refusal).status


def test_our_own_failure_says_its_number_and_nothing_else() -> None:
    answer = internal("00ff")
    document = msgspec.json.decode(answer.body, type=Problem)
    assert (500, "00ff", "internal") == (answer.status, document.incident, document.code)


def test_a_method_that_is_not_there_names_those_that_are() -> None:
    answer = not_allowed("PATCH", "GET, HEAD")
    assert (405, b"GET, HEAD") == (answer.status, dict(answer.headers)[b"allow"])


@pytest.mark.parametrize("kind", CLASSES)
def test_a_concise_problem_has_a_title_a_sentence_and_the_same_code(kind: type[TrothError]) -> None:
    error = made(kind)
    told = concise(error)
    assert (b"content-type", CONCISE) in told.headers
    assert (b"content-length", b"%d" % len(told.body)) in told.headers
    details = cbor.decode_map(told.body)
    assert {-1, -2, "urn:troth:problem"} == set(details)
    assert all(isinstance(details[key], str) and details[key] for key in (-1, -2))
    assert problem_of(error).code == msgspec.convert(details["urn:troth:problem"], dict[str, str])["code"]
    assert 400 <= told.status < 600
    if isinstance(error, Refused):
        assert told.status in {400, 401, 404, 409}


def test_a_concise_problem_says_when_to_come_back_and_what_to_do() -> None:
    told = concise(Busy("Too much.", retry_after_s=1.2, hint="Wait."))
    assert (429, (b"retry-after", b"2")) == (
        told.status,
        next(each for each in told.headers if each[0] == b"retry-after"),
    )
    assert {"code": "busy", "hint": "Wait."} == cbor.decode_map(told.body)["urn:troth:problem"]
