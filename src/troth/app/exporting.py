"""Archives of everything about somebody, wired to what they rest on."""

from collections.abc import Callable, Coroutine

from troth.app.ports import Ports
from troth.journeys.exports import Exports
from troth.journeys.tell import Tell
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["exports_of"]


def exports_of(
    ports: Ports,
    tell: Tell,
    *,
    directory: Directory,
    in_force: InForce,
    spawn: Callable[[Coroutine[None, None, None]], None],
    reserve: int,
) -> Exports:
    """The journey of one node; from now on it is told of every lease that ends."""
    exports = Exports(
        ports.prepared,
        tell,
        directory=directory,
        in_force=in_force,
        clock=ports.clock,
        entropy=ports.entropy,
        in_worker=ports.in_worker,
        spawn=spawn,
        free=ports.free_bytes,
        reserve=reserve,
    )
    tell.watching.add(exports)
    return exports
