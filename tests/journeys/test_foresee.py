"""What would follow is looked at bit by bit: a home of many streams holds nobody else up."""

from troth.journeys.foresee import Foresee
from troth.statements.kinds import KindName
from troth.statements.place_rule import PlaceRuleBody
from troth.testing.world import World

THINGS = 9


def test_others_run_in_between_and_everything_is_looked_at() -> None:
    with World(seed=5) as world:
        home = world.home("Harbour Lane 12")
        for number in range(THINGS):
            home.thing(f"lamp {number}")
        ana = home.person("Ana")
        node, pauses = world.node, 0

        async def pause() -> None:
            nonlocal pauses
            pauses += 1

        foresee = Foresee(
            directory=node.directory,
            in_force=node.leases.in_force,
            clock=node.ports.clock,
            entropy=node.ports.entropy,
            book=lambda: node.book,
            pause=pause,
        )
        rule = PlaceRuleBody(bytes(16), ana.person, node.ports.clock.now(), "session", within=("CH",))
        before = node.ports.journal.position
        changes = world.run(foresee.changes(ana.person, KindName.PLACE_RULE, rule))
        assert {f"lamp {number}" for number in range(THINGS)} == {each.thing for each in changes}
        assert {None} == {each.after for each in changes if each.party is None}, "nothing new would be kept"
        assert THINGS // 4 == pauses
        assert before == node.ports.journal.position, "nothing is said by asking"
