"""A firm connects many things at once: each row in a place to which it is invited, or named with why not.

Rules
- A row is a thing of a kind, and says that, what people call it and where. Short names, beginnings and other words about
  streams are not a firm's to say.
- A row outside of its places is told that it is, and not whether there is such a home; it holds no other up.
- Said again, a thing that stands of the firm under the same invitation, of the same kind, name and place, is *there*.
- Each thing is asked about at the gate in the firm's own name, with the digest of its own sheet.

Source: things.md, "A thing joins"; docs/decisions/0116-an-installer-is-invited-to-a-place.md. The rest is `join_many`.
Left out: folders of descriptions, which would declare something new.
"""

from collections.abc import Sequence

from troth.errors import Conflict, Denied, Malformed, NotFound, Refused, TrothError, Undeclared
from troth.gate.question import Standing
from troth.journeys.accounts import AccountStore, Bearer
from troth.journeys.inherit import TypedThing
from troth.journeys.installer_desk import InstallerDesk
from troth.journeys.installers import Installers
from troth.journeys.installing import Installing
from troth.journeys.join_many import JoinMany, LookedRow, RowFault, RowJoined, RowStands, check_length
from troth.names import InstallerId, Slug, ThingId, Uri
from troth.state.directory import Directory
from troth.statements.texts import check_texts

__all__ = ["InstallMany"]

_Words = tuple[str, str, str | None]  # name, place and kind of a thing


class InstallMany:
    """Takes rows of things that a firm connects. Owner of all state: the event loop."""

    def __init__(
        self,
        many: JoinMany,
        desk: InstallerDesk,
        installers: Installers,
        *,
        installing: Installing,
        accounts: AccountStore,
        directory: Directory,
    ) -> None:
        self._many = many
        self._desk = desk
        self._installers = installers
        self._installing = installing
        self._accounts = accounts
        self._directory = directory

    async def check(self, party: Uri, rows: Sequence[TypedThing]) -> list[RowJoined | RowStands | RowFault]:
        """What would become of each row, in order. Nothing is said and nothing kept.

        Raises:
            Refused: more than ROWS_MAX rows.
        """
        return await self._many.would(await self._look(party, rows), standing=Standing.INSTALLER)

    async def join(self, party: Uri, rows: Sequence[TypedThing]) -> list[RowJoined | RowStands | RowFault]:
        """Connect what joins; what became of each row, in order. Each label ends with the invitation.

        Raises:
            Refused: more than ROWS_MAX rows.
            StorageFailed: the node must stop.
        """
        looked = await self._look(party, rows)
        sheets = [each.sheet for each in rows]
        return await self._many.said(looked, sheets, standing=Standing.INSTALLER, label_s=self._desk.label_of)

    async def _look(self, party: Uri, rows: Sequence[TypedThing]) -> list[LookedRow]:
        check_length(rows)
        stand: dict[InstallerId, dict[_Words, ThingId]] = {}
        seen: dict[InstallerId, set[_Words]] = {}
        found: list[LookedRow] = []
        turn = self._many.turn()
        for row in rows:
            await turn.fair()
            try:
                column = "household" if row.household is not None else "place"
                invitation = self._installers.standing(party, household=row.household, place=row.place)
            except Denied as error:
                found.append(RowFault(column, error))
                continue
            name = invitation.invitation
            if name not in stand:
                stand[name] = {self._words(each): each for each in self._installers.things(name)}
            words = (row.name, row.place, row.type)
            known = stand[name].get(words)
            mine = seen.setdefault(name, set())
            if known is not None:
                found.append(self._stands(known))
            elif words in mine:
                found.append(
                    RowFault("name", Conflict("another row is of this kind, name and place: give one another name"))
                )
            else:
                mine.add(words)
                found.append(self._row(party, row, more=len(mine)))
        return found

    def _row(self, party: Uri, row: TypedThing, *, more: int) -> LookedRow:
        """One row, column by column. `more`: the how many-th it is that this request adds under its invitation."""
        for column, said in (("slug", row.slug), ("from", row.from_ns), ("reach", row.streams or None)):
            if said is not None:
                return RowFault(column, Refused("a firm says of which kind a thing is, what it is called and where"))
        try:
            column = "name"
            check_texts(row)
            column = "type"
            request, invitation = self._desk.request(party, row)
            self._installing.check(request)
            column = "place"
            self._desk.check_room(invitation, more)
        except (Refused, Undeclared, NotFound, Malformed) as error:
            return RowFault(column, error)
        return Slug(request.slug or ""), request

    def _words(self, thing: ThingId) -> _Words:
        body = self._directory.things[thing].body
        return body.name, body.place, None if body.type is None else self._directory.type_names.get(body.type)

    def _stands(self, thing: ThingId) -> RowStands | RowFault:
        slug = self._accounts.slug_of(thing)
        if slug is None:
            error: TrothError = NotFound("this thing has no short name any more")
            return RowFault("name", error)
        kinds = (Bearer.THING, Bearer.CERTIFICATE)
        return RowStands(slug, any(self._accounts.of(each, thing=thing) for each in kinds))
