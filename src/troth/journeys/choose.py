"""A person chooses: the choice is a statement, and it is in effect when they are told so.

Rules
- A choice names the notice that is shown now; one made under another text is refused, and the person is shown the new one.
- It is said in the person's own voice (`voice`), under their key.
- Refusing and withdrawing take the same one call as giving.
- A yes reaches no view that was not offered when it was given, and back in time only.

Source: gate.md, "The barrier"; formats.md (choice); people.md, "Rules".
Left out: what there is to choose about (`offers`), and passkeys (`beside`). In this version: asking again after six months.
"""

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused
from troth.gate.question import Ground
from troth.journeys.accept import Accepted
from troth.journeys.offers import Offer, Offers
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import HouseholdId, PersonId, PurposeId, StreamId
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.kinds import KindName
from troth.things.variants import Variant

__all__ = ["Choose"]


class Choose:
    """Offers choices and takes them."""

    def __init__(self, voice: Voice, *, directory: Directory, in_force: InForce, clock: Clock) -> None:
        self._voice = voice
        self._clock = clock
        self.offers = Offers(directory, in_force, now=clock.now)

    def homes(self, person: PersonId) -> tuple[HouseholdId, ...]:
        """Where this person lives now."""
        return self.offers.homes(person)

    def meant(  # noqa: PLR0913 - a choice has these parts
        self,
        person: PersonId,
        decision: Decision,
        *,
        purpose: PurposeId,
        stream: StreamId,
        notice: bytes,
        made_by: str,
        variant: Variant = Variant.RAW,
        to_ns: int | None = None,
        since_ns: int | None = None,
    ) -> ChoiceBody:
        """What would be said; nothing is. Arguments and errors as of `say`."""
        offer = self.offers.about(person, stream, purpose)
        if offer is None:
            raise NotFound("there is no such choice for this person")
        if offer.notice.digest != notice:
            raise Conflict("the text has changed since it was shown", hint="Read the new text and choose again.")
        now = self._clock.now()
        if to_ns is not None and to_ns <= now:
            raise Refused("a choice ends after it begins")
        giving = decision is Decision.GIVE
        if giving and offer.left:
            raise Refused("a yes about a home that you have left can be taken back, and not be given")
        if giving and since_ns is not None and since_ns > now:
            raise Refused("a yes begins at its own moment; it can reach back from there, not forward")
        return ChoiceBody(
            person=person,
            purpose=purpose,
            decision=decision,
            from_ns=now,
            notice=offer.notice.shown(),
            made_by=made_by,
            streams=(stream,),
            variant=_at_most_offered(variant, offer.purpose).value if giving else None,
            to_ns=to_ns,
            since_ns=since_ns if giving else None,
            terms=offer.terms if giving else None,
        )

    async def say(  # noqa: PLR0913 - a choice has these parts
        self,
        person: PersonId,
        decision: Decision,
        *,
        purpose: PurposeId,
        stream: StreamId,
        notice: bytes,
        made_by: str,
        variant: Variant = Variant.RAW,
        to_ns: int | None = None,
        since_ns: int | None = None,
        visit: bytes = NO_VISIT,
    ) -> Accepted:
        """Give, refuse or withdraw. On return it is in effect; `effect_ns` says how long that took.

        Args:
            person: whose choice it is; the caller has recognised them.
            decision: give, refuse or withdraw.
            purpose: what for.
            stream: which stream.
            notice: SHA-256 of the text they were shown.
            made_by: passkey, session, token, paper or guardian.
            variant: the most revealing view said yes to; at most what is offered.
            to_ns: end, ns UTC; None for until changed.
            since_ns: earlier data too, from then on; None for from now on.
            visit: digest of the session in which it is said.

        Raises:
            NotFound: this person has no such choice.
            Conflict: another text is shown now.
            Refused: it would end before it begins, or reach back to a time that is still to come; or nothing that is offered
                lies within the view.
            KeyClosed, PasskeyAsked: as `Voice.say`.
        """
        body = self.meant(
            person,
            decision,
            purpose=purpose,
            stream=stream,
            notice=notice,
            made_by=made_by,
            variant=variant,
            to_ns=to_ns,
            since_ns=since_ns,
        )
        return await self.count(body, visit=visit)

    async def count(self, body: ChoiceBody, *, visit: bytes = NO_VISIT) -> Accepted:
        """Say what was meant, under the key of whoever says it: the person, or a guardian. On return it is in effect.

        `visit` and errors as of `Voice.say`.
        """
        says = body.person if body.by is None else body.by
        return await self._voice.say(KindName.CHOICE, body, person=says, prefix="ch", at_ns=body.from_ns, visit=visit)

    def check_still(self, body: ChoiceBody) -> None:
        """Return if what was meant some moments ago is still what would be meant now.

        Raises:
            NotFound: there is no such choice any more.
            Conflict: the text has changed, or something was said about the same since.
        """
        offer = self.check_told(body)
        if offer.last is not None and offer.last.from_ns >= body.from_ns:
            raise Conflict("something has changed since this was pressed", hint="Look again, and choose again.")

    def check_told(self, body: ChoiceBody) -> Offer:
        """What is offered, where the text is still the one under which this was meant.

        Raises:
            NotFound: there is no such choice any more.
            Conflict: the text has changed.
        """
        offer = self.offers.about(body.person, body.streams[0], body.purpose)
        if offer is None:
            raise NotFound("there is no such choice for this person")
        if offer.notice.digest != body.notice.digest or offer.terms != (body.terms or offer.terms):
            raise Conflict("something has changed since this was pressed", hint="Look again, and choose again.")
        return offer


def _at_most_offered(wanted: Variant, purpose: DisclosedPurpose) -> Variant:
    """The view asked for, or the most revealing one that a yes can open now if that is less."""
    named = [Variant.named(view.variant) for view in purpose.variants if view.ground == Ground.CHOICE]
    offered = [each for each in named if each is not None]
    if not offered or any(wanted.within(each) for each in offered):
        return wanted
    found = next((each for each in offered if each.within(wanted)), None)
    if found is None:
        raise Refused(
            "nothing that is offered lies within this view, so a yes to it would open nothing",
            hint=f"Offered are {', '.join(offered)}.",
        )
    return found
