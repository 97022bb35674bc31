"""The log of a deployment at its start: what it began with is there, and the tree is open for its next entries.

Source: record.md, "The log" and "Loss and restore".
"""

from troth.app.ports import Ports
from troth.journeys.accept import Accept
from troth.journeys.begin import begin
from troth.journeys.lineage import Lineage
from troth.journeys.newer_kinds import allow_newer_kinds
from troth.journeys.rekey import Rekey
from troth.journeys.succeed import say_again
from troth.state.directory import Directory
from troth.tlog.sequencer import Sequencer

__all__ = ["open_log"]


async def open_log(
    ports: Ports, lineage: Lineage, *, accept: Accept, rekey: Rekey, directory: Directory, segment_tick_s: int
) -> Sequencer:
    """Fold the journal, say what is missing of a beginning, behind a succession, of rules for newer kinds; open the log.

    Raises:
        LogDiverged, FormatTooNew, StorageFailed: the data cannot be gone on with; says why.
    """
    accept.replay()
    await begin(
        accept,
        ports.journal,
        keys=ports.keys,
        directory=directory,
        clock=ports.clock,
        origin=lineage.origin,
        segment_tick_s=segment_tick_s,
        log_key=lineage.key_name,
    )
    await say_again(ports.journal, lineage, rekey=rekey, directory=directory)
    await allow_newer_kinds(rekey, directory)
    return Sequencer.open(
        ports.tiles,
        ports.lock,
        signer=ports.keys.signer(lineage.key_name),
        origin=lineage.origin,
        outside=ports.outside,
    )
