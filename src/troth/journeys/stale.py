"""Rights that nobody uses are listed with the day on which they end, and end on that day.

Rules
- A token or a share that nothing was read under for as long as the dated rule says is listed; so long after that it ends.
- A token that ends closes what is open under it. A share that ends is ordered to be erased, in the same statement.
- Use is known by the day. What was never used counts from when it was made.

Source: mission.md (S19); gate.md, "Rules"; docs/decisions/0071-an-erase-order-is-answered-or-seen-to-be-silent.md.
Left out: rights that rest on a disclosure and a choice, which end with the tokens that use them.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Refused
from troth.gate.rules.share_terms import term_of
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.erase_orders import EraseOrders
from troth.journeys.party_names import party_name
from troth.journeys.read_days import day_of
from troth.journeys.recognise import Recognise
from troth.names import PersonId, PurposeId, ShareId, Uri
from troth.spans import DAY_NS
from troth.state.cut_shares import cut_ns
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import party_scope, person_scope
from troth.statements.choice import Decision
from troth.statements.share import ShareBody

__all__ = ["Stale", "Unused"]

_AT_ONCE: Final = 64  # shares in one step of the loop: under 2 ms
ID_BYTES: Final = 8  # as journeys/parties: what names a token


class Unused(msgspec.Struct, frozen=True):
    """A right that nobody uses: a token (`id` as in the list of tokens), or a share. Days since 1970-01-01 UTC.

    `last`: the day it was used last, or made, if never; `used`: whether it ever was; `ends`: the day on which it ends.
    """

    id: str
    party: Uri
    name: str
    purpose: PurposeId
    what_for: str
    last: int
    used: bool
    ends: int
    share: ShareId | None = None


class Stale:
    """Lists and ends."""

    def __init__(
        self,
        orders: EraseOrders,
        recognise: Recognise,
        *,
        accounts: AccountStore,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._orders = orders
        self._recognise = recognise
        self._accounts = accounts
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._pause = pause
        self._looked: int | None = None

    def tokens(self) -> tuple[Unused, ...]:
        """Tokens that nobody uses, the one that ends first in front; for whoever runs the place."""
        found = (self._token(each) for each in self._accounts.of(Bearer.RECIPIENT) if self._recognise.counts(each))
        return _first_in_front(each for each in found if self._listed(each))

    def shares(self) -> tuple[Unused, ...]:
        """Shares that nobody uses, without whose they are."""
        return _first_in_front(self._of(self._directory.shares.said))

    def of_person(self, person: PersonId) -> tuple[Unused, ...]:
        """Those of a person's own shares that nobody uses."""
        said = Reading(self._in_force).person(person_scope(person)).shares
        return _first_in_front(self._of(dict.fromkeys(each.body.share for each in said)))

    async def cut(self) -> int:
        """End what is to end by today; returns how many. Called now and then, and looks once a day."""
        today = day_of(self._clock.now())
        if today == self._looked:
            return 0
        tokens = [each for each in self._accounts.of(Bearer.RECIPIENT) if self._token(each).ends <= today]
        ending = [each.digest for each in tokens if self._recognise.counts(each)]
        if ending:
            await self._recognise.close(*ending, words="Nobody has used this token for a long time.")
        cut = 0
        for count, share in enumerate(tuple(self._directory.shares.said), 1):
            found = self._share(share)
            if found is not None and found.ends <= today:
                with suppress(Refused):  # a policy of before this kind: it is looked at again tomorrow
                    await self._orders.cut(share)
                    cut += 1
            elif count % _AT_ONCE == 0:
                await self._pause()
        self._looked = today
        return len(ending) + cut

    def _of(self, shares: Iterable[ShareId]) -> Iterable[Unused]:
        for share in shares:
            found = self._share(share)
            if found is not None and self._listed(found):
                yield found

    def _listed(self, unused: Unused) -> bool:
        now = self._clock.now()
        return day_of(now) >= unused.last + clocks_at(now).unused

    def _token(self, account: Account) -> Unused:
        party, purpose = account.party or Uri(""), account.purpose or PurposeId("")
        used_ns = self._recognise.last_used_ns(account)
        last = day_of(max(filter(None, (used_ns, account.made_ns)), default=self._clock.now()))
        return self._unused(account.digest[:ID_BYTES].hex(), party, purpose, last=last, used=used_ns is not None)

    def _share(self, share: ShareId) -> Unused | None:
        """None for one that has ended already, or has not begun."""
        now = self._clock.now()
        words = [body for body, _ in self._directory.shares.said.get(share, {}).values()]
        standing = [
            each for each in words if each.decision is Decision.GIVE and each.from_ns <= now < (each.to_ns or now)
        ]
        if not standing:
            return None
        body = standing[0]
        party = Reading(self._in_force).party(party_scope(body.party))
        if party is not None and cut_ns(party.cut, share) is not None:
            return None
        begun = max(day_of(each.from_ns) for each in standing)
        read = self._last_read(body)
        last = begun if read is None else max(begun, read)
        found = self._unused(share.hex(), body.party, body.purpose, last=last, used=read is not None)
        return msgspec.structs.replace(found, share=share)

    def _last_read(self, body: ShareBody) -> int | None:
        reads = self._accounts.reads
        days = (reads.known(body.party, body.purpose, each) for each in body.streams)
        return max((each.last for each in days if each is not None), default=None)

    def _unused(self, id_: str, party: Uri, purpose: PurposeId, *, last: int, used: bool) -> Unused:
        term = term_of(purpose)
        ends = last + clocks_at(last * DAY_NS).cut
        name = party_name(party, self._directory)
        return Unused(id_, party, name, purpose, purpose if term is None else term.title, last, used, ends)


def _first_in_front(found: Iterable[Unused]) -> tuple[Unused, ...]:
    return tuple(sorted(found, key=lambda each: (each.ends, each.id)))
