"""Have outsiders look at the log: each new checkpoint goes to every witness, and what they sign is collected.

Rules
- It runs beside the log and behind it. No acknowledgement, tick or publication waits for a witness, and none of them reads a
  witness's answer before its signature is checked.
- A witness that does not answer, answers slowly or answers wrongly is asked again later and later (RETRY_S to RETRY_MAX_S),
  alone; what is wrong with it is in `standing`.
- A witness that stands elsewhere says at which size; the proof is made from there.
- What a witness says of itself is not believed. A checkpoint under this log's key that this log does not hold is: then the
  folder is older than what others have seen, or there are two, and the node must end.

Source: C2SP tlog-witness, tlog-policy; record.md, "The log" and "Loss and restore".
Owner of all state: the event loop.
Left out: when to ask again, which is the beat of whoever runs this; the way to a witness (`witness_door`); what has come
(`cosigned`).
"""

from typing import Final

import msgspec

from troth.errors import BadNote, LogDiverged, Malformed, NotFound, TooLarge, Unavailable
from troth.journeys.cosigned import CosignableLog, Cosigned, logs_own
from troth.journeys.record import InWorker
from troth.journeys.witness_door import Asking, Seen, WitnessStanding
from troth.tlog.add_checkpoint import Addition, encode_request, origin_hash, parse_size
from troth.tlog.checkpoint import Checkpoint, Note, NoteSignature, open_checkpoint, parse_note
from troth.tlog.cosignature import WitnessKey, check_cosignature, parse_lines
from troth.tlog.trust_policy import KnownWitness

__all__ = ["RETRY_MAX_S", "RETRY_S", "Cosign"]

RETRY_S: Final = 1.0
RETRY_MAX_S: Final = 300.0
TRIES: Final = 3  # a witness may be told a size, say another, and be told that one


class _Wrong(msgspec.Struct, frozen=True):
    """A witness has not cosigned: how it is seen, and why."""

    seen: Seen
    why: str


class _Line(msgspec.Struct, frozen=True):
    """A witness's line on a checkpoint, checked, and its time."""

    line: NoteSignature
    time_s: int


class Cosign:
    """Asks the witnesses of one log.

    Args:
        log: the log.
        cosigned: takes in what comes.
        asking: who is asked (those with a URL), and the way to them.
        in_worker: runs the log's disk away from the loop.
    """

    def __init__(self, log: CosignableLog, cosigned: Cosigned, *, asking: Asking, in_worker: InWorker) -> None:
        self._log = log
        self._cosigned = cosigned
        self._asking = asking
        self._in_worker = in_worker
        self._sizes: dict[WitnessKey, int] = {}
        self._standing = {each.key: WitnessStanding(each.key.name, str(each.key)) for each in asking.policy.witnesses}

    @property
    def witnesses(self) -> tuple[KnownWitness, ...]:
        """Those that are asked."""
        return tuple(each for each in self._asking.policy.witnesses if each.url is not None)

    def standing(self) -> tuple[WitnessStanding, ...]:
        """How each witness stands, in the order of the policy."""
        return tuple(self._standing.values())

    async def look(self, witness: KnownWitness) -> None:
        """Ask a witness for the last checkpoint it knows under this log's key, and compare.

        Raises:
            LogDiverged: it knows more than this log, or another tree of the same size.
            StorageFailed: the log cannot be read.
        """
        try:
            answer = await self._asking.door.latest(witness.url or "", origin_hash(self._log.key.name))
            known = open_checkpoint(answer.body, self._log.key) if answer.status == 200 else None
        except (Unavailable, BadNote, TooLarge):
            return  # without this log's signature it is only something that somebody says
        if known is None or known.size == 0:
            return
        if known.size > self._log.latest.size:
            raise LogDiverged(
                f"a witness has seen {known.size} entries of this log, and here are {self._log.latest.size}",
                hint="This folder is older than what others have seen. Bring back the newer one, or begin a new log.",
            )
        if await self._root(known.size) != known.root:
            raise LogDiverged(
                f"a witness has seen another tree of {known.size} entries under this log's key",
                hint="Two histories were signed with one key. Find out where the other one was made.",
            )

    async def ask(self, witness: KnownWitness) -> float | None:
        """Ask for a cosignature on the newest checkpoint; returns seconds until to ask again, or None: when the log has grown.

        Raises:
            LogDiverged: a witness holds a checkpoint under this log's key that this log does not hold.
            StorageFailed: the log cannot be read or the cosigned checkpoint not be kept.
        """
        try:
            signed = await self._in_worker(self._log.checkpoint)
        except NotFound:
            return None
        note = logs_own(parse_note(signed), self._log.key)
        checkpoint = open_checkpoint(signed, self._log.key)
        if self._cosigned.has(note, witness.key):
            return None
        answer = await self._line(witness, note, checkpoint=checkpoint)
        if isinstance(answer, _Wrong):
            return self._failed(witness, answer)
        self._sizes[witness.key] = checkpoint.size
        self._stand(witness, Seen.COSIGNED, size=checkpoint.size, time_s=answer.time_s)
        await self._cosigned.collect(note, checkpoint, key=witness.key, line=answer.line)
        return None

    async def _line(self, witness: KnownWitness, note: Note, *, checkpoint: Checkpoint) -> _Line | _Wrong:
        """The witness's line on this checkpoint, or why there is none."""
        size = checkpoint.size
        old = min(self._sizes.get(witness.key, 0), size)
        for _ in range(TRIES):
            path = await self._path(old, size)
            try:
                answer = await self._asking.door.add(
                    witness.url or "", encode_request(Addition(old, path, note.encode()))
                )
            except Unavailable as why:
                return _Wrong(Seen.ABSENT, why.message)
            if answer.status == 200:
                return _checked(answer.body, witness.key, note)
            if answer.status != 409:
                await self.look(witness)
                return _Wrong(
                    Seen.REFUSES, _REFUSALS.get(answer.status, f"it answered with HTTP status {answer.status}")
                )
            try:
                stands = parse_size(answer.body)
            except Malformed:
                return _Wrong(Seen.WRONG, "it says that it stands elsewhere, and not where")
            if stands > size:
                await self.look(witness)
                return _Wrong(Seen.WRONG, "it says that it knows a larger tree, and does not show it")
            if stands == old:
                return _Wrong(Seen.WRONG, "it says that it stands elsewhere, and names the place it was asked for")
            old = stands
        return _Wrong(Seen.WRONG, "it stands elsewhere each time it is asked")

    async def _path(self, old: int, size: int) -> tuple[bytes, ...]:
        if not 0 < old < size:
            return ()
        return tuple(await self._in_worker(lambda: self._log.prove_growth(old, size=size)))

    async def _root(self, size: int) -> bytes:
        return await self._in_worker(lambda: self._log.root(size))

    def _failed(self, witness: KnownWitness, wrong: _Wrong) -> float:
        failures = self._standing[witness.key].failures + 1
        self._stand(witness, wrong.seen, failures=failures, detail=wrong.why)
        return min(RETRY_S * 2.0 ** min(failures - 1, 16), RETRY_MAX_S)

    def _stand(
        self,
        witness: KnownWitness,
        seen: Seen,
        *,
        size: int | None = None,
        time_s: int | None = None,
        failures: int = 0,
        detail: str = "",
    ) -> None:
        before = self._standing[witness.key]
        self._standing[witness.key] = msgspec.structs.replace(
            before,
            seen=seen,
            size=before.size if size is None else size,
            time_s=before.time_s if time_s is None else time_s,
            failures=failures,
            detail=detail,
        )


_REFUSALS: Final = {
    400: "it cannot read what this log sends",
    403: "it does not take this log's signature: does it know the right key?",
    404: "it does not follow this log: its operator has to add the log's key",
    413: "it takes only smaller requests",
    422: "it says that this tree does not continue the one it knows",
    429: "it is busy",
    503: "it is not ready",
}


def _checked(body: bytes, key: WitnessKey, note: Note) -> _Line | _Wrong:
    """The line by this key among those that came; lines of others are passed over."""
    try:
        for line in parse_lines(body):
            if (line.name, line.key_id) == (key.name, key.key_id):
                return _Line(line, check_cosignature(line, key, text=note.text).time_s)
    except Malformed:
        return _Wrong(Seen.WRONG, "its cosignature does not verify")
    return _Wrong(Seen.WRONG, "it answered without a cosignature by its key")
