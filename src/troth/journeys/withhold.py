"""A data holder says that something of a product is not shared: on which paragraph, why, which authority was told, until when.

Rules
- It is public with its reasons, shown where people share, and ends by itself. It stops third parties alone.
- A step that is not in the ladder cannot be taken, and each names its own paragraph.

Source: Data Act, Articles 4(2), 4(6) to (8), 5(9) to (11); mission.md (F14); docs/decisions/0070.
Left out: whether a reason is good; a person complains to the authority that is named.
"""

from collections.abc import Callable

import msgspec

from troth.clock import Clock
from troth.errors import NotFound
from troth.journeys.party_names import party_name
from troth.journeys.say import Say
from troth.names import WithholdingId, print_withholding
from troth.state.directory import Directory
from troth.statements.kinds import KindName
from troth.statements.withholding import LADDER, WithholdingBody

__all__ = ["Withhold", "WithholdingSeen"]


class WithholdingSeen(msgspec.Struct, frozen=True):
    """One withholding with the end that was said last; `paragraph` of the Data Act; `holds`: at this moment."""

    body: WithholdingBody
    by: str
    paragraph: str
    holds: bool


class Withhold:
    """Says, ends and shows."""

    def __init__(self, say: Say, *, directory: Directory, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._say = say
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    def every(self) -> tuple[WithholdingSeen, ...]:
        """All of them, newest first, those that have ended too."""
        now = self._clock.now()
        found = [
            WithholdingSeen(
                msgspec.structs.replace(first, to_ns=last.to_ns, because=last.because),
                party_name(first.by, self._directory),
                LADDER[first.rung],
                first.from_ns <= now < last.to_ns,
            )
            for first, last in self._directory.shares.withholdings.values()
        ]
        return tuple(sorted(found, key=lambda each: -each.body.from_ns))

    async def say(self, body: WithholdingBody) -> WithholdingId:
        """Say it; its name and beginning are put in. Gives its name.

        Raises:
            NotFound: the organisation, the party, the product or a stream is not registered.
            Refused: it has no reasons, no authority or no end.
        """
        known = self._directory.organisations
        product = self._directory.products.get(body.product)
        names = set() if product is None else {each.name for each in product.streams}
        if body.by not in known or (body.party is not None and body.party not in known) or product is None:
            raise NotFound("the holder, the party or the product is not registered here")
        if not names.issuperset(body.streams):
            raise NotFound("this product has no such stream")
        name = WithholdingId(self._entropy(16))
        said = msgspec.structs.replace(body, withholding=name, from_ns=self._clock.now())
        await self._say.say(KindName.WITHHOLDING, said, subject=print_withholding(name))
        return name

    async def end(self, withholding: WithholdingId, *, because: str) -> None:
        """It does not hold any more, from now on.

        Raises:
            NotFound: there is none of this name.
            Conflict: it has ended.
        """
        found = self._directory.shares.withholdings.get(withholding)
        if found is None:
            raise NotFound("there is no such withholding")
        said = msgspec.structs.replace(found[0], to_ns=max(self._clock.now(), found[0].from_ns + 1), because=because)
        await self._say.say(KindName.WITHHOLDING, said, subject=print_withholding(withholding))
