"""Credentials in headers are read strictly: a token, none, or a refusal; never half of something."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import Malformed
from troth.wire.credentials import TOKEN_CHARACTERS, authorization, credential, session

_tokens = st.from_regex(r"\A[A-Za-z0-9._~+/-]{1,60}={0,2}\Z")
_values = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.sampled_from(
            [b"Bearer", b"Basic", b" ", b"  ", b"abc", b"YTpi", b"=", b";", b"troth_session", b"\xff", b","]
        ),
        max_size=6,
    ).map(b"".join),
)
_headers = st.lists(st.tuples(st.sampled_from([b"authorization", b"cookie", b"host"]), _values), max_size=4)


def basic(user: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


@given(_tokens, st.sampled_from([b"Bearer ", b"bearer ", b"BEARER  "]))
def test_a_bearer_token_is_read(token: str, scheme: bytes) -> None:
    assert token == authorization([(b"authorization", scheme + token.encode())])


@given(_tokens, st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"]), max_size=20))
def test_with_basic_the_password_is_the_token(token: str, user: str) -> None:
    assert token == authorization([(b"authorization", basic(user, token))])


@given(_tokens)
def test_the_session_cookie_is_found_among_others(token: str) -> None:
    value = b"theme=dark; troth_session=" + token.encode() + b"; x=troth_session"
    assert token == session([(b"cookie", value)])


def test_without_a_header_there_is_no_token() -> None:
    assert credential([(b"host", b"x"), (b"cookie", b"other=1; troth_sessions=2")]) is None


def test_the_header_goes_before_the_cookie() -> None:
    headers = [(b"cookie", b"troth_session=mine"), (b"authorization", b"Bearer other")]
    assert "other" == credential(headers)
    assert "mine" == credential(headers[:1])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"abc",
        b"Bearer a b",
        b"Bearer a,b",
        b"Bearer \xc3\xa9",
        b"Bearer a\x00",
        b"Bearer a\n",
        b"Bearer =",
        b"Bearer " + b"a" * (TOKEN_CHARACTERS + 1),
        b"Digest abc",
        b"Negotiate abc",
        b"Bearer\tabc",
        b"Basic abc",
        b"Basic !!!!",
        b"Basic " + base64.b64encode(b"nocolon"),
        b"Basic " + base64.b64encode(b"user:"),
        b"Basic " + base64.b64encode(b"user:pass word"),
        b"Basic " + base64.b64encode(b"user:\xff"),
    ],
)
def test_what_is_no_credential_is_refused(value: bytes) -> None:
    with pytest.raises(Malformed):
        authorization([(b"authorization", value)])


def test_two_authorizations_say_nothing_certain() -> None:
    with pytest.raises(Malformed):
        authorization([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer a")])


@pytest.mark.parametrize(
    "value",
    [
        b"troth_session=",
        b"troth_session=a b",
        b'troth_session="a"',
        b"troth_session=a; troth_session=b",
        b"troth_session=" + b"a" * (TOKEN_CHARACTERS + 1),
    ],
)
def test_a_session_cookie_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(Malformed):
        session([(b"cookie", value)])


@given(_headers)
def test_any_headers_hold_a_token_or_none_or_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    try:
        token = credential(headers)
    except Malformed:
        return
    assert token is None or 0 < len(token) <= TOKEN_CHARACTERS
