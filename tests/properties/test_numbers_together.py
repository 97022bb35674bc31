"""Numbers of many payloads read together: the same as each alone, or nothing where one is anything else."""

from hypothesis import example, given
from hypothesis import strategies as st

from troth.ingest.mqtt.payload import read_numbers, read_payload
from troth.things.observations import Refusal, ResultType

_PIECES = st.sampled_from(
    [b"1", b"-2.5", b"1e3", b",", b" ", b"[", b"]", b"{", b"}", b'"', b"null", b"\n", b"\xff", b"/*", b":"]
)
_PAYLOADS = st.lists(st.lists(_PIECES, max_size=4).map(b"".join), min_size=1, max_size=6)


@given(_PAYLOADS)
@example([b"1,2", b""])
@example([b"", b"1,2"])
@example([b"1],[2", b"3"])
@example([b"1", b" 2 "])
@example([b"1e999", b"2"])
def test_together_is_what_each_is_alone(payloads: list[bytes]) -> None:
    alone = [read_numbers([each]) for each in payloads]
    expected = None if None in alone else [each[0] for each in alone if each is not None]
    assert expected == read_numbers(payloads)
    if expected is not None:
        for number, payload in zip(expected, payloads, strict=True):
            said = read_payload(payload, ResultType.NUMBER)
            assert not isinstance(said, Refusal)
            assert number == said.result
