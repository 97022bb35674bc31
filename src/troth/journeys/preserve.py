"""For an incident or a dispute, what is kept of a person is frozen for a while; they are told why and until when.

Rules
- A preservation has a cause, a plain reason and an end within a year. It can be ended earlier.
- It names streams of the person's homes, or none: then everything of theirs.
- It opens nothing: nobody reads more because of it. It is shown to the person where they ask what would be erased.

Source: record.md, "Personal ledgers" (a preservation freezes deletion; without one, erasure wins).
"""

from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.journeys.accept import Accept
from troth.names import PersonId, ckt_uri, print_id
from troth.signing.keys import KeyStore
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.scopes import PersonScope, Unsettled, person_scope
from troth.statements.kinds import KindName
from troth.statements.preservation import CAUSES, PreservationBody
from troth.statements.statement import write

__all__ = ["LONGEST_NS", "REASON_MAX", "Preserve", "in_force_for"]

LONGEST_NS: Final = 366 * DAY_NS  # after a year somebody must look at it again
REASON_MAX: Final = 500  # characters, read by the person


def in_force_for(person: PersonId, in_force: InForce, *, at_ns: int) -> tuple[PreservationBody, ...]:
    """The preservations that hold for a person at this time, in order of acceptance."""
    value = in_force.value(person_scope(person))
    value = value.held if isinstance(value, Unsettled) else value
    preserved = value.preserved if isinstance(value, PersonScope) else ()
    return tuple(each.body for each in preserved if each.body.from_ns <= at_ns < each.body.to_ns)


class Preserve:
    """Makes and ends preservations."""

    def __init__(
        self,
        accept: Accept,
        keys: KeyStore,
        *,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._accept = accept
        self._keys = keys
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    async def begin(
        self, person: PersonId, cause: str, *, reason: str, to_ns: int, datastreams: tuple[int, ...] = ()
    ) -> PreservationBody:
        """Freeze what is kept of a person until `to_ns` (ns UTC): these streams, or everything. In force on return.

        Raises:
            NotFound: there is no such person, or a stream is in none of their homes.
            Refused: no known cause, no reason, or an end that is past or more than a year away.
        """
        known = self._directory.persons.get(person)
        if known is None:
            raise NotFound("there is no such person here")
        now = self._clock.now()
        if cause not in CAUSES:
            raise Refused(f"what is kept is preserved for one of {', '.join(CAUSES)}")
        if not 0 < len(reason.strip()) <= REASON_MAX:
            raise Refused(f"a preservation has a reason of at most {REASON_MAX} characters, which the person reads")
        if not now < to_ns <= now + LONGEST_NS:
            raise Refused("a preservation ends within a year")
        theirs = {
            self._directory.streams[stream.stream].number: stream.stream
            for thing in self._directory.things.values()
            if thing.body.household in known.homes
            for stream in thing.body.streams
            if stream.stream in self._directory.streams
        }
        if not theirs.keys() >= set(datastreams):
            raise NotFound("there is no such stream in a home of this person")
        streams = tuple(theirs[each] for each in sorted(set(datastreams)))
        body = PreservationBody(self._entropy(16), person, cause, reason.strip(), now, to_ns, streams)
        await self._say(body)
        return body

    async def end(self, person: PersonId, preservation: bytes) -> None:
        """End one now.

        Raises:
            NotFound: none of this name is in force for this person.
        """
        now = self._clock.now()
        found = [each for each in in_force_for(person, self._in_force, at_ns=now) if each.preservation == preservation]
        if not found:
            raise NotFound("there is no such preservation in force")
        await self._say(msgspec.structs.replace(found[0], to_ns=now))

    async def _say(self, body: PreservationBody) -> None:
        signer = self._keys.signer("operator")
        signed = write(
            KindName.PRESERVATION,
            body,
            signer=signer,
            issuer=ckt_uri(signer.public.thumbprint),
            subject=print_id("pr", self._entropy(16)),
            at_ns=self._clock.now(),
        )
        await self._accept.accept(signed)
