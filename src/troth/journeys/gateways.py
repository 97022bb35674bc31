"""A thing may be spoken for by a gateway: said by whoever runs the place, after the sheet that names it was shown, and ended.

Rules
- It is an installation of the thing, which names the gateway. Nothing that a gateway says makes it one.
- A gateway is a thing as any other: it has its own claim token, credential and end, and its own sheet.
- It is asked as *connect* is, because a path is opened. Ending it asks nobody, and holds when it returns.

Source: gate.md (connect); things.md, "A thing joins"; docs/decisions/0107. Owner of all state: the event loop.
"""

from collections.abc import Callable

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.connecting import sheet_now
from troth.gate.question import Connecting, Standing, Verdict
from troth.journeys.accounts import AccountStore
from troth.journeys.asking import answer_to, denied
from troth.journeys.fits_gateway import check_gateway, gateway_of
from troth.journeys.installing import Installing, Looked
from troth.journeys.say import Say
from troth.names import Slug, ThingId, print_id
from troth.state.directory import Directory, KnownThing
from troth.state.in_force import InForce, Reading
from troth.statements.installation import InstallationBody
from troth.statements.kinds import KindName

__all__ = ["Gateways"]


class Gateways:
    """Says of things what may speak for them."""

    def __init__(
        self,
        say: Say,
        accounts: AccountStore,
        *,
        installing: Installing,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._accounts = accounts
        self._installing = installing
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    def look(self, slug: Slug, gateway: Slug, *, standing: Standing) -> Looked:
        """What is shown before a gateway may speak for a thing. Nothing is said. Raises as `name`, but Denied."""
        body = self._named(slug, gateway)
        sheet = sheet_now(body, Reading(self._in_force), at_ns=self._clock.now())
        return Looked(sheet, self._no(msgspec.structs.replace(body, sheet=sheet.digest), standing))

    async def name(self, slug: Slug, gateway: Slug, *, shown: bytes, standing: Standing) -> None:
        """A gateway may speak for a thing from now on; what could before may not. `shown`: digest of the sheet that was shown.

        Raises:
            NotFound: there is no such thing, or no such gateway.
            Refused: one of the two is over, they are one, or the gateway stands in another home.
            Denied: the gate does not let it, or another sheet was shown.
        """
        body = msgspec.structs.replace(self._named(slug, gateway), sheet=shown)
        answer = answer_to(Connecting(body, standing, self._clock.now()), Reading(self._in_force))
        if answer.verdict is not Verdict.ALLOW:
            raise denied(answer)
        await self._install(body)

    async def end(self, slug: Slug) -> None:
        """No gateway speaks for a thing any more; on return nothing is taken from one.

        Raises:
            NotFound: there is no such thing.
            Refused: none does, or the thing is over.
        """
        body = self._standing(slug).body
        if body.gateway is None:
            raise Refused("no gateway speaks for this thing")
        await self._install(msgspec.structs.replace(body, gateway=None))

    def _named(self, slug: Slug, gateway: Slug) -> InstallationBody:
        known = self._standing(slug)
        named = self._accounts.slugs().get(gateway)
        said = gateway_of(ThingId(b"") if named is None else named, self._directory)
        body = msgspec.structs.replace(known.body, gateway=said)
        check_gateway(body, known.body, self._directory)
        if said == known.body.gateway:
            raise Refused("this gateway speaks for it already")
        return body

    def _no(self, body: InstallationBody, standing: Standing) -> str | None:
        answer = answer_to(Connecting(body, standing, self._clock.now()), Reading(self._in_force))
        return None if answer.verdict is Verdict.ALLOW else denied(answer).reason_code

    def _standing(self, slug: Slug) -> KnownThing:
        thing = self._accounts.slugs().get(slug)
        known = None if thing is None else self._directory.things.get(thing)
        if known is None:
            raise NotFound("there is no thing of that name here")
        if known.body.to_ns is not None:
            raise Refused("this thing is over here")
        return known

    async def _install(self, body: InstallationBody) -> None:
        kind = KindName.INSTALLATION if body.household is None else KindName.HOME_INSTALLATION
        await self._say.say(kind, self._installing.told_first(body), subject=print_id("si", self._entropy(16)))
