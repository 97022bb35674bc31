"""What is handed to an organisation, or by it: uses of what stands somewhere, and what people share with it.

Rules
- A use is handed to whom its disclosure names, to whoever belongs to a class that it names, and to who handles it on the way.
- Where a home has its own disclosure, that one is asked. What people share concerns whoever gave it, and nobody else there.

Source: gate.md, step 4; docs/decisions/0094.
"""

from collections.abc import Iterator

from troth.names import HouseholdId, PersonId, Uri
from troth.state.directory import Directory
from troth.state.standing import Where
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.organisation import OrganisationBody

__all__ = ["handed", "homes_handing", "is_shared_with", "places_handing", "sharers", "uses_handed"]


def handed(said: DisclosureBody, body: OrganisationBody) -> Iterator[DisclosedPurpose]:
    """The uses of a disclosure that an organisation gets or handles."""
    names = {body.organisation, *body.classes}
    for stream in said.streams:
        for use in stream.purposes:
            if not names.isdisjoint(use.recipients) or any(
                hop.organisation == body.organisation for hop in use.processors
            ):
                yield use


def uses_handed(
    body: OrganisationBody, home: HouseholdId | None, directory: Directory
) -> Iterator[tuple[str, DisclosedPurpose]]:
    """What an organisation gets or handles of a home; with None of all that is disclosed openly. With the product's name."""
    for product, (open_, _) in directory.disclosures.items():
        if home is not None and not directory.standing.stands(home, product):
            continue
        own = None if home is None else directory.home_disclosures.get((home, product))
        known = directory.products.get(product)
        for use in handed(open_ if own is None else own[0], body):
            yield (product if known is None else known.name), use
    for (of, product), (said, _) in directory.home_disclosures.items():
        if of == home and product not in directory.disclosures and directory.standing.stands(of, product):
            known = directory.products.get(product)
            for use in handed(said, body):
                yield (product if known is None else known.name), use


def places_handing(body: OrganisationBody, directory: Directory) -> Iterator[Where]:
    """Homes and public places of which an organisation gets or handles something."""
    for product, (said, _) in tuple(directory.disclosures.items()):
        if any(True for _ in handed(said, body)):
            yield from (
                where
                for where in directory.standing.places(product)
                if isinstance(where, str) or (HouseholdId(where), product) not in directory.home_disclosures
            )
    for (home, product), (said, _) in tuple(directory.home_disclosures.items()):
        if directory.standing.stands(home, product) and any(True for _ in handed(said, body)):
            yield home


def homes_handing(body: OrganisationBody, directory: Directory) -> Iterator[HouseholdId]:
    """The homes among them, some more than once. What is said meanwhile changes nothing of what is gone through."""
    return (HouseholdId(each) for each in places_handing(body, directory) if not isinstance(each, str))


def sharers(party: Uri, directory: Directory, *, at_ns: int) -> tuple[PersonId, ...]:
    """People who share something with a party now."""
    return tuple(dict.fromkeys(_giving(party, directory, at_ns=at_ns)))


def is_shared_with(party: Uri, directory: Directory, *, at_ns: int) -> bool:
    """Whether anybody shares something with a party now: looked for until one is found."""
    return any(True for _ in _giving(party, directory, at_ns=at_ns))


def _giving(party: Uri, directory: Directory, *, at_ns: int) -> Iterator[PersonId]:
    shares = directory.shares
    for share in shares.with_party.get(party, ()):
        for body, _ in shares.said[share].values():
            if body.decision is Decision.GIVE and (body.to_ns is None or at_ns < body.to_ns):
                yield body.person
