"""What is shown before everything is said is what the gate finds afterwards, and of a home nothing private is open."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.errors import Denied, Refused
from troth.gate.question import Standing
from troth.journeys.installing import JoinedThing, Looked
from troth.journeys.simple import Simple, one_stream
from troth.statements.journal import JournalEntry
from troth.statements.kinds import Face, kind_of
from troth.testing.world import World

WORDS: Final = st.text("abc ÄÖ-,.|\"'<&", min_size=1, max_size=30).filter(lambda text: bool(text.strip(" ")))
STREAMS: Final = st.lists(
    st.builds(
        lambda name, senses, type_: one_stream(name, title=name, senses=senses, type_=type_),
        st.text("abc-", min_size=1, max_size=8).filter(lambda name: name.strip("-") == name),
        st.sampled_from(["level", "camera", "temperature"]),
        st.sampled_from(["number", "text"]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda stream: stream.name,
)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_was_looked_at_joins_and_nothing_else_does(data: st.DataObject) -> None:
    with World(seed=12) as world:
        connect = world.node.joining.connect
        house = world.home("Harbour Lane 12").household
        by = data.draw(WORDS)  # whoever answers has one name (docs/decisions/0103)
        for _ in range(data.draw(st.integers(1, 3))):
            nobody = data.draw(st.booleans())
            words = Simple(
                name=data.draw(WORDS),
                streams=tuple(data.draw(STREAMS)),
                place=data.draw(WORDS),
                nobody=nobody,
                answers=connect.operator,
                by=by,
                contact="mailto:a@house.example",
                considered=data.draw(WORDS),
                keep_days=data.draw(st.integers(1, 400)),
                reach=data.draw(st.sampled_from(["carried", "copied"])),
                ways_out=data.draw(st.none() | WORDS),
                household=None if nobody else house,
            )
            before = world.journal.position
            whole = connect.simple(words)
            looked = connect.look(whole, standing=Standing.OPERATOR)
            assert isinstance(looked, Looked)
            assert looked.no is None
            assert before == world.journal.position
            with pytest.raises(Denied):
                world.run(connect.connect(whole, shown=bytes(32), standing=Standing.OPERATOR))
            with pytest.raises(Denied):
                world.run(connect.connect(whole, shown=looked.sheet.digest, standing=Standing.OTHER))
            assert before == world.journal.position
            joined = world.run(connect.connect(whole, shown=looked.sheet.digest, standing=Standing.OPERATOR))
            assert isinstance(joined, JoinedThing)
            body = world.node.directory.things[joined.thing].body
            assert looked.sheet.digest == body.sheet
            known = world.node.joining.connect.simple(words)
            assert whole.product == known.product


def test_of_a_home_neither_the_name_nor_the_address_of_a_thing_is_open() -> None:
    with World(seed=13) as world:
        connect = world.node.joining.connect
        words = Simple(
            name="Anas Schlafzimmer",
            streams=(one_stream("heat", title="Warmth", senses="temperature", type_="number"),),
            place="Dachkammer",
            nobody=False,
            answers=connect.operator,
            by="House",
            contact="mailto:a@house.example",
            considered="Somebody could see when she sleeps.",
            keep_days=3,
            reach="declared",
            ways_out="It answers at http://10.1.2.3 too.",
            household=world.home("Harbour Lane 12").household,
        )
        whole = connect.simple(words)
        looked = connect.look(whole, standing=Standing.OPERATOR)
        assert isinstance(looked, Looked)
        assert "It answers at http://10.1.2.3 too." in "\n".join(looked.sheet.lines)
        world.run(connect.connect(whole, shown=looked.sheet.digest, standing=Standing.OPERATOR))
        entries = world.journal.entries(after=0, limit=1_000)
        said = [each.signed for each in entries if isinstance(each, JournalEntry)]
        assert len(said) > 5
        for signed in said:
            kind = kind_of(signed.headers.content_type)
            if kind is None or kind.face is Face.PRIVATE:
                continue
            for word in (b"Schlafzimmer", b"10.1.2.3", b"Dachkammer", b"sleeps"):
                assert word.lower() not in signed.data.lower(), (kind.name, word)


def test_a_product_that_was_changed_since_is_left_alone() -> None:
    with World(seed=14) as world:
        connect = world.node.joining.connect
        words = Simple(
            name="Gauge", streams=(one_stream("level", title="Level", senses="level", type_="number"),), place="Weir",
            nobody=True, answers=connect.operator, by="Ana", contact="mailto:a@house.example", considered="Fine.",
            keep_days=30, reach="carried", ways_out=None,
        )  # fmt: skip
        first = connect.simple(words)
        looked = connect.look(first, standing=Standing.OPERATOR)
        assert isinstance(looked, Looked)
        world.run(connect.connect(first, shown=looked.sheet.digest, standing=Standing.OPERATOR))
        assert first.product == connect.simple(words).product
        assert first.disclosure is not None
        longer = type(first.disclosure)(first.disclosure.product, connect.operator, "en", 2, ())
        world.run(world.node.join.disclosure(longer))
        other = connect.simple(words)
        assert first.product != other.product
        with pytest.raises(Refused):
            world.run(connect.connect(first, shown=looked.sheet.digest, standing=Standing.OTHER))
        assert longer == world.node.directory.disclosures[first.disclosure.product][0]
