"""What of every kind becomes public: open statements are entries of the tree; nothing of a private one ever is."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.described import body_of, example_of
from tests.vectors.made_kinds import SUBJECT
from troth.errors import UnknownCrit
from troth.journeys.voice import key_name
from troth.names import ckt_uri
from troth.signing import cbor
from troth.signing.cose import Signed, sign
from troth.statements.journal import JournalEntry, unerased
from troth.statements.kinds import KINDS, Face, KindName, content_type, kind_of
from troth.statements.schema import crit_of
from troth.testing.world import World
from troth.tlog.trace import SaidTrace, decode


class Life:
    """A world in which a home lives a little, and then a statement of every kind that did not come up by itself."""

    def __init__(self) -> None:
        self.world = World(seed=16)
        home = self.world.home("Harbour Lane 12")
        meter = home.thing("water meter")
        self.ana = home.person("Ana")
        self.ana.gives(meter)
        meter.says(21.5)
        self.world.thing("village pond").says(1.0)
        for name in (KindName.RED_LINE, KindName.PROMISE, KindName.SUPPORT, KindName.ENTITY):
            self.world.run(self.world.node.say.say(name, body_of(name), subject=SUBJECT))
        for name in (KindName.HOME_DISCLOSURE, KindName.HOME_ENTITY):
            body = msgspec.structs.replace(body_of(name), household=home.household)
            self.world.run(self.world.node.say.say(name, body, subject=SUBJECT))
        self.world.settle()
        self.accepted = self.world.journal.position
        for name in sorted(set(KindName) - self.kinds()):
            self.world.run(self.world.journal.append(self.example(name)))  # not accepted: only what the log makes of it
        self.world.run(self.world.node.record.publish())

    def kinds(self) -> set[KindName]:
        """Kinds that the journal holds."""
        return {kind.name for entry in self.entries() if (kind := kind_of(entry.signed.headers.content_type))}

    def entries(self) -> list[JournalEntry]:
        return list(unerased(self.world.journal.entries(after=0, limit=10_000)))

    def example(self, name: KindName, **more: object) -> Signed:
        """The example of a kind, signed by whoever may say it."""
        key = key_name(self.ana.person) if KINDS[name].role == "person" else KINDS[name].role
        signer = self.world.keys.signer(key if key in self.world.keys.names() else "operator")
        return sign(
            signer,
            cbor.encode(example_of(name) | more),  # type: ignore[arg-type]  # values of a page are all encodable
            content_type=content_type(name),
            issuer=ckt_uri(signer.public.thumbprint),
            subject=SUBJECT,
            issued_at_s=self.world.clock.now() // 1_000_000_000,
        )

    def public(self) -> bytes:
        """Every byte of the log's folder."""
        return b"\0".join(data for _, data in self.files(""))

    def files(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for name in self.world.disk.names(folder):
            path = f"{folder}/{name}" if folder else name
            data = self.world.disk.peek(path)
            if data is not None:
                yield path, data
            else:
                yield from self.files(path)


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    made = Life()
    yield made
    made.world.close()


def test_the_journal_holds_every_kind(life: Life) -> None:
    assert set(KindName) == life.kinds()


@pytest.mark.parametrize("name", KindName)
def test_a_kind_is_public_exactly_as_its_face_says(life: Life, name: KindName) -> None:
    public = life.public()
    said = [entry.signed for entry in life.entries() if entry.signed.headers.content_type == content_type(name)]
    assert said
    for signed in said:
        if KINDS[name].face is Face.OPEN:
            assert signed.data in public
        else:
            assert not [part for part in (signed.data, signed.payload, signed.signature, signed.id) if part in public]


def test_the_tree_holds_the_open_statements_in_order_and_nothing_else(life: Life) -> None:
    log = life.world.node.record.sequencer
    kinds = {entry.signed.id: kind_of(entry.signed.headers.content_type) for entry in life.entries()}
    said = [entry.signed for entry in life.entries()]
    expected = [each.data for each in said if (kind := kinds[each.id]) is not None and kind.face is Face.OPEN]
    assert expected == [log.entry(index) for index in range(log.size)]


def test_no_name_or_identifier_of_a_home_or_its_people_is_public(life: Life) -> None:
    public = life.public()
    directory = life.world.node.directory
    inside = [thing for thing in directory.things.values() if thing.body.household is not None]
    raw = [*directory.households, *directory.persons]
    for thing in inside:
        raw += [thing.thing, *(stream.stream for stream in thing.streams.values())]
    words = [*directory.households.values(), *(each.name for each in directory.persons.values())]
    assert len(raw) >= 4
    assert not [part for part in (*raw, *(word.encode() for word in words)) if part in public]


def test_every_private_statement_that_was_accepted_left_one_salted_leaf(life: Life) -> None:
    last = life.world.run(life.world.observations.last_segment())
    assert last is not None
    left: list[bytes] = []
    for number in range(last.cut.number + 1):
        traces = [decode(each.trace) for each in life.world.run(life.world.observations.traces(number))]
        left += [each.statement for each in traces if isinstance(each, SaidTrace)]
    private = [
        entry.signed.id
        for entry in life.entries()[: life.accepted]
        if (kind := kind_of(entry.signed.headers.content_type)) is not None and kind.face is Face.PRIVATE
    ]
    assert len(private) >= 5
    assert sorted(private) == sorted(left)


@pytest.mark.parametrize("name", KindName)
def test_a_name_in_crit_that_is_not_known_is_refused_at_the_door(life: Life, name: KindName) -> None:
    crit = [*crit_of(KINDS[name]), "field-of-tomorrow"]
    before = life.world.journal.position
    with pytest.raises(UnknownCrit):
        life.world.run(life.world.node.accept.accept(life.example(name, crit=crit)))
    assert before == life.world.journal.position
