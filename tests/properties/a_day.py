"""A busy quarter of an hour in a world, for tests that run it twice: prints one digest of everything that came of it."""

import asyncio
import hashlib
import sys

from troth.statements.choice import Decision
from troth.statements.journal import unerased
from troth.testing.world import World
from troth.things.observations import Variant


def lived(seed: int) -> str:
    """The digest of journal, log, and what listeners were handed, after a day with a restart and a crash."""
    heard: list[object] = []
    with World(seed) as world:
        home = world.home("Harbour Lane 12")
        meter, boiler = home.thing("water meter"), home.thing("boiler")
        ana, ben = home.person("Ana"), home.person("Ben")
        listeners = [world.organisation(name) for name in ("University", "Supplier")]
        gauge = world.thing("river gauge")
        for person in (ana, ben):
            person.gives(meter)
            person.gives(boiler, view=Variant.HOURLY_MEAN)
        hearing = [listeners[0].listens(meter), listeners[0].listens(boiler)]

        async def busy() -> None:
            said = [thing.say(float(number)) for number in range(30) for thing in (meter, boiler, gauge)]
            chosen = [each.choose(Decision.WITHDRAW, meter) for each in (ben, ana)]
            heard.append(await asyncio.gather(*said, *chosen))

        world.run(busy())
        world.advance(300)
        world.restart()
        meter.says(1.0)
        world.start(meter.say(2.0))
        world.advance(0.003)
        world.crash()
        world.advance(300)
        heard += [ana.reads(meter), ana.reads(boiler), [each.rows for each in hearing], world.get("/checkpoint").body]
        statements = [entry.signed.data for entry in unerased(world.journal.entries(after=0, limit=1000))]
        heard += [statements, world.loop.time_ns()]
    return hashlib.sha256(repr(heard).encode()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(lived(int(sys.argv[1])) + "\n")
