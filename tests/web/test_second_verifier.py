"""The verifier that is one HTML file, beside the one that is this program: over 1,000 proofs, good and tampered, they agree.

It was written from docs/reference/proof-file.md and shares no code with the program. It is opened from the disk, as a stranger
opens it, without a server and without a network.
"""

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypedDict, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.architecture.trees import ROOT
from tests.vectors import make_proofs
from tests.vectors.make_proofs import Deployment, hashed, make, salted
from tests.vectors.write_proofs import FOLDER, policy_of
from troth.signing import cbor
from troth.statements.kinds import KindName
from troth.tlog import trace
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify
from troth.verify.file import write
from troth.verify.show import verify_main

PAGE: Final = ROOT / "docs" / "verifier" / "troth-verify.html"
FOREIGN: Final = ("extra", "constructor", "toString", "__proto__", "hasOwnProperty")  # some are known to every object
SUMS: Final = PAGE.with_name("SHA256SUMS")
PROOFS: Final = 1_000
GOOD: Final = 200
RUN: Final = """async (asked) => {
  const found = [];
  for (const { file, keys, witnesses, quorum } of asked) {
    const bytes = Uint8Array.from(atob(file), (each) => each.charCodeAt(0));
    const { exit, failed, checks } = await trothVerify(bytes, { keys, witnesses, quorum });
    found.push([exit, failed, ...checks]);
  }
  return found;
}"""


class Asked(TypedDict):
    file: str
    keys: list[str]
    witnesses: list[str]
    quorum: int


class Said(TypedDict, total=False):
    hex: str
    witnesses: list[str]
    quorum: int


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 320, "height": 800})
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(PAGE.as_uri())
    yield page
    context.close()
    assert broken == []


def asked(data: bytes, keys: list[str], witnesses: list[str] | None = None, quorum: int = 0) -> Asked:
    return Asked(file=base64.b64encode(data).decode(), keys=keys, witnesses=witnesses or [], quorum=quorum)


def answered(question: Asked) -> tuple[int | str, ...]:
    """Exit code, failed check, and the word for each of the nine checks, as this program says them."""
    verdict = verify(
        base64.b64decode(question["file"]),
        trusted=[VerifierKey.parse(key) for key in question["keys"]],
        policy=policy_of(question["witnesses"], question["quorum"]),
    )
    failed = verdict.failed.number if verdict.failed is not None else 0
    return int(verdict.exit_code), failed, *(each.outcome.value.replace("-", " ") for each in verdict.checks)


def words_of(file: Path) -> list[str]:
    """The number and the word of each check, as `troth verify` prints them of a proof that holds."""
    printed = verify_main(file.read_bytes(), [make().key]).text
    return [f"{line[0]} {line[3:15].strip()}" for line in printed.splitlines()[:9]]


def good(count: int) -> list[bytes]:
    """Proofs of as many observations, of every type of result, in one segment."""
    there = Deployment()
    passport = there.say("passport", KindName.PASSPORT, make_proofs.passport())
    ids = (passport.id,)
    basis = trace.basis_id(ids)
    results: list[tuple[int, trace.Result]] = [(1, 21.5), (1, -0.0), (1, 1e300), (2, -7), (3, True), (4, "door öpen")]
    results += [(5, cbor.encode({"a": [1, 2.5, None], "b": True})), (4, "long " * 2_000)]
    rows = []
    for number in range(count):
        type_, result = results[number % len(results)]
        data = trace.collected_bytes(
            make_proofs.STREAM,
            number,
            from_ns=make_proofs.NOON + number,
            to_ns=make_proofs.NOON + number + number % 2,
            gate_ns=make_proofs.NOON,
            basis=basis,
            type=type_,
            result=result,
        )
        rows.append(salted(number, data))
    there.close([hashed(each) for each in rows])
    return [
        write(there.prove(row, segment=0, leaf=leaf, ids=ids, shown=("passport",))) for leaf, row in enumerate(rows)
    ]


def tampered(data: bytes, chance: random.Random) -> bytes:
    """A proof that somebody has changed: bits, whole fields, lengths, or what is behind its end."""
    match chance.randrange(8):
        case 0:
            return data[: chance.randrange(len(data))]
        case 1:
            return data + bytes((chance.randrange(256),))
        case 2:
            at, until = sorted(chance.sample(range(len(data)), 2))
            return data[:at] + data[until:]
        case 3:
            fields = cast("dict[str, cbor.Encodable]", cbor.decode(data))
            fields.pop(chance.choice(sorted(fields)))
            return cbor.encode(fields)
        case 4:
            fields = cast("dict[str, cbor.Encodable]", cbor.decode(data))
            one, other = chance.sample(["gate", "anchors", "segment"], 2)
            fields[one], fields[other] = fields[other], fields[one]
            return cbor.encode(fields)
        case 5:
            fields = cast("dict[str, cbor.Encodable]", cbor.decode(data))
            fields[chance.choice(FOREIGN)] = chance.choice([0, "x", 1.5, None, b"x"])
            return cbor.encode(fields)
        case _:
            at = chance.randrange(len(data))
            return data[:at] + bytes((data[at] ^ (1 << chance.randrange(8)),)) + data[at + 1 :]


def questions() -> list[Asked]:
    """All 1,000: good ones, the vectors with their witnesses, and good ones that somebody has changed."""
    vectors = json.loads((FOLDER / "proofs.json").read_text())
    key = [vectors["trusted"]]
    proofs = good(GOOD)
    own = [str(Deployment().log.key)]
    found = [asked(data, own) for data in proofs]
    found += [asked((FOLDER / row["file"]).read_bytes(), key) for row in vectors["accepted"]]
    found += [asked(bytes.fromhex(row["hex"]), key) for row in cast("list[Said]", vectors["refused"])]
    for row in cast("list[Said]", vectors["witnessed"]):
        found.append(asked(bytes.fromhex(row["hex"]), key, row["witnesses"], row["quorum"]))
    found += [asked(proofs[0], []), asked(proofs[0], [str(Deployment(keys="another ").log.key)]), asked(b"", own)]
    chance = random.Random(8)
    made = make()
    several = [*proofs[:8], *(write(each) for each in (made.said, made.idle, made.window, made.witnessed))]
    while len(found) < PROOFS:
        found.append(asked(tampered(chance.choice(several), chance), chance.choice([own, key])))
    return found


def test_both_verifiers_say_the_same_of_a_thousand_proofs(page: Page) -> None:
    everything = questions()
    assert PROOFS == len(everything)
    expected = [answered(each) for each in everything]
    theirs = [tuple(each) for each in page.evaluate(RUN, everything)]
    assert expected == theirs
    assert [row[0] for row in expected].count(0) >= GOOD
    assert {row[1] for row in expected if row[0] == 1} >= {1, 2, 3, 4, 5, 6, 7, 8, 9}
    assert (2, 0) in expected
    words = [row[2:] for row in expected if row[0] == 0]
    assert {"passed", "not asked"} == {row[2] for row in words}


def test_no_byte_of_a_proof_can_change_without_the_second_verifier_seeing_it(page: Page) -> None:
    data, key = write(make().witnessed), [str(make().key)]
    flipped = [asked(data[:at] + bytes((data[at] ^ 1 << at % 8,)) + data[at + 1 :], key) for at in range(len(data))]
    assert [0] == [each[0] for each in page.evaluate(RUN, [asked(data, key)])]
    assert 0 not in [each[0] for each in page.evaluate(RUN, flipped)]


def test_the_page_checks_a_file_that_is_chosen(page: Page, tmp_path: Path) -> None:
    made = make()
    file = tmp_path / "one.troth-proof"
    file.write_bytes(write(made.observation))
    page.get_by_label("The proof file").set_input_files(file)
    page.get_by_label("Keys of logs that you trust").fill(str(made.key))
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#outcome")).to_have_text("Proved.")
    expect(page.locator("#checks li b")).to_have_text(words_of(file))
    expect(page.locator("#checks li.passed")).to_have_count(8)
    expect(page.locator("#said")).to_contain_text("logged, not witnessed")
    expect(page.locator("#limits li")).not_to_have_count(0)
    data = bytearray(file.read_bytes())
    data[-40] ^= 1
    file.write_bytes(bytes(data))
    page.get_by_label("The proof file").set_input_files(file)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#outcome")).to_contain_text("Not proved")
    expect(page.locator("#checks li.failed")).to_have_count(1)
    assert 320 >= page.evaluate("document.documentElement.scrollWidth")


def test_the_file_asks_nobody_for_anything_and_its_digest_is_published() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    for word in ("http://", "https://", "fetch(", "XMLHttpRequest", "import(", "src=", "href="):
        assert word not in text, word
    digest = hashlib.sha256(PAGE.read_bytes()).hexdigest()
    assert f"{digest}  {PAGE.name}\n" == SUMS.read_text()
