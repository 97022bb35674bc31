"""A thing is connected: what would be said of it is shown first, and it joins when exactly that is confirmed.

Rules
- `look` says nothing. It shows the sheet as it would be if everything were said, and what the gate would answer.
- `connect` takes the digest of what was shown. Where the sheet is another one by now, or the gate says no, nothing is said.
- A thing that a Thing Description names stands once: said again as it stands, it is there; said otherwise, it is a conflict.
- An organisation that is registered keeps its name, and who answers without naming one has the name of whoever runs this
  place; a product and a disclosure that stand as they would be said are not said
  again, and one that was changed since is left as it is.

Source: gate.md (connect); things.md, "A thing joins". Owner of all state: the event loop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import BadName, Conflict, NotFound, Refused
from troth.gate.lines import check_disclosure as check_lines
from troth.gate.question import Code, Standing
from troth.journeys.asking import denied_as
from troth.journeys.declaring import check_disclosure, check_one_name, check_product, check_registered
from troth.journeys.installing import Installing, JoinedThing, Looked, check_words
from troth.journeys.join import Join
from troth.journeys.simple import Joining, Simple, joining, mark_of
from troth.names import HouseholdId, Slug, Uri, ckt_uri
from troth.state.directory import Directory, KnownThing
from troth.state.in_force import InForce, Reading
from troth.state.scopes import product_scope
from troth.state.supposed import Supposed
from troth.statements.key import KeyRole

__all__ = ["Connect", "Stands"]


class Stands(msgspec.Struct, frozen=True):
    """A thing that this description names stands here as it says."""

    slug: Slug


class Connect:
    """Shows, and connects what was shown."""

    def __init__(
        self, join: Join, installing: Installing, *, directory: Directory, in_force: InForce, clock: Clock
    ) -> None:
        self._join = join
        self._installing = installing
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._under_way: set[str] = set()

    def simple(self, words: Simple) -> Joining:
        """Everything that a simple thing needs. A product that says the same is one product, unless it was changed since."""
        reading, today = Reading(self._in_force), self._today()
        for number in range(len(self._directory.products) + 1):
            whole = joining(words, today=today, mark=mark_of(words, number))
            held = reading.product(product_scope(whole.thing.product))
            if (held.passport, held.disclosure) in ((None, None), (whole.product, whole.disclosure)):
                return whole
        raise RuntimeError("there are more products than products")

    @property
    def operator(self) -> Uri:
        """URI of whoever runs this place: who answers where nobody else is named."""
        serving = self._directory.serving(KeyRole.OPERATOR)
        if serving is None:
            raise NotFound("no operator key serves here")
        return ckt_uri(serving.key.thumbprint)

    @property
    def operator_name(self) -> str:
        """What whoever runs this place is called here; empty as long as they have answered for nothing."""
        party = self._directory.organisations.get(self.operator)
        return "" if party is None else party.name

    def homes(self) -> tuple[tuple[HouseholdId, str], ...]:
        """Homes in which a thing can be, by name."""
        return tuple(sorted(self._directory.households.items(), key=lambda each: each[1]))

    def _today(self) -> date:
        """The day here."""
        return datetime.fromtimestamp(self._clock.now() // NS_PER_S, tz=UTC).astimezone().date()

    def look(self, whole: Joining, *, standing: Standing) -> Looked | Stands:
        """What would become of it. Nothing is said and nothing kept.

        Raises:
            BadName, NotFound, Undeclared, Refused, CrossesRedLine: something of it cannot be said.
            Conflict: its short name is taken, or a thing of its description stands here otherwise.
        """
        there = self._standing(whole)
        if there is not None:
            return there
        self._check(whole)
        return self._installing.look(whole.thing, standing=standing, reading=self._supposed(whole))

    async def connect(self, whole: Joining, *, shown: bytes, standing: Standing) -> JoinedThing | Stands:
        """Say everything, if its sheet is the one that was shown and the gate lets it connect.

        Raises:
            As `look`, and
            Denied: another sheet was shown, or the gate says no.
        """
        looked = self.look(whole, standing=standing)
        if isinstance(looked, Stands):
            return looked
        with self._alone(whole):
            return await self._say(whole, looked, shown=shown, standing=standing)

    async def _say(self, whole: Joining, looked: Looked, *, shown: bytes, standing: Standing) -> JoinedThing:
        if looked.sheet.digest != shown:
            raise denied_as(Code.NOT_SHOWN.value)
        if looked.no is not None:
            raise denied_as(looked.no)
        for each in whole.organisations:
            if each.organisation not in self._directory.organisations:
                await self._join.organisation(each)
        held = Reading(self._in_force).product(product_scope(whole.thing.product))
        if whole.product is not None and held.passport != whole.product:
            await self._join.product(whole.product)
        if whole.disclosure is not None and self._disclosed(whole) != whole.disclosure:
            await self._join.disclosure(whole.disclosure)
        return await self._join.thing(whole.thing, shown=shown, standing=standing)

    @contextmanager
    def _alone(self, whole: Joining) -> Iterator[None]:
        """Inside, no second request connects what the same description names."""
        name = None if whole.thing.described is None else whole.thing.described.id
        if name in self._under_way:
            raise Conflict("what this description names is being connected right now")
        try:
            if name is not None:
                self._under_way.add(name)
            yield
        finally:
            self._under_way.discard(name or "")

    def _check(self, whole: Joining) -> None:
        request, known = whole.thing, {*self._directory.organisations}
        known |= {each.organisation for each in whole.organisations}
        if not request.name.strip() or not request.place.strip():
            raise BadName("a thing has a name and a place")
        self._installing.check_home(request.household)
        self._installing.check_name(request)
        check_words(request.answers, request.consideration, [each.reach for each in request.streams])
        check_registered(request.answers.organisation, known)
        self._installing.check_ordered(request, known)
        check_one_name(whole.organisations, self._directory.organisations, operator=self.operator)
        product = whole.product or self._directory.products.get(request.product)
        if whole.product is not None:
            if whole.product.product != request.product:
                raise Refused("a thing joins with the product that it is one of")
            check_product(whole.product, organisations=known)
        if whole.disclosure is not None:
            if (whole.disclosure.product, whole.disclosure.household or request.household) != (
                request.product,
                request.household,
            ):
                raise Refused("what is disclosed with a thing is of its own product, and of no other home")
            check_disclosure(whole.disclosure, product, organisations=known)
            lines = Reading(self._in_force).deployment().lines
            check_lines(whole.disclosure, product, lines=lines, at_ns=self._clock.now())
        if whole.product is None and whole.disclosure is None:
            self._installing.check(request)

    def _supposed(self, whole: Joining) -> Supposed:
        new = tuple(each for each in whole.organisations if each.organisation not in self._directory.organisations)
        return Supposed(self._in_force, organisations=new, product=whole.product, disclosure=whole.disclosure)

    def _disclosed(self, whole: Joining) -> object:
        if whole.disclosure is None:
            return None
        found = self._directory.disclosures.get(whole.disclosure.product)
        if whole.disclosure.household is not None:
            found = self._directory.home_disclosures.get((whole.disclosure.household, whole.disclosure.product))
        return None if found is None else found[0]

    def _standing(self, whole: Joining) -> Stands | None:
        described = whole.thing.described
        thing = None if described is None else self._directory.described.get(described.id)
        known = None if thing is None else self._directory.things.get(thing)
        if known is None:
            return None
        slug = self._join.slug_of(known.thing) or Slug("")
        other = tuple(self._differs(whole, known))
        if other:
            raise Conflict(
                f"a thing with the id of this description stands here as {slug}, and not as this says: {', '.join(other)}",
                hint="Change what stands ('troth thing rename', 'move'), or end it ('troth thing end') and say this again.",
            )
        return Stands(slug)

    def _differs(self, whole: Joining, known: KnownThing) -> Iterator[str]:
        """In what a thing that stands is not as it would be said, in words."""
        request, body = whole.thing, known.body
        if request.described != body.described:
            yield "its description"
        would = {each.name: each for each in (whole.product.streams if whole.product else ())}
        stands = {name: each.declared for name, each in known.streams.items()}
        yield from (
            f"stream {name}" for name in sorted(would.keys() | stands.keys()) if would.get(name) != stands.get(name)
        )
        for word, mine, theirs in (
            ("its name", request.name, body.name),
            ("its place", request.place, body.place),
            ("whose home it is in", request.household, body.household),
        ):
            if mine != theirs:
                yield word
