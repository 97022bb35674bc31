"""When may what joins begin? Put into what is said of a thing and of a party, and asked of it before it counts.

Rules
- A stream of a product that stands nowhere yet in a home in which somebody lives, or in a public place, begins what asks nobody
  after people were told long enough; so does a party what it gets as one of a class that a disclosure names.
- What stands there already lends its own beginning. Nothing that was put off is drawn nearer.
- A home or place that was not known here for longer than it takes to set it up is new itself: nothing is put off.

Source: gate/announcing; docs/decisions/0079-what-joins-is-told.md.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from troth.gate.announcing import asks_nobody, check_begins, check_entering, is_new_in, notice_until
from troth.gate.declared import product_in
from troth.gate.question import Ground
from troth.names import HouseholdId, Uri
from troth.spans import HOUR_NS
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.standing import Where, where_of
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.installation import InstallationBody, InstalledStream
from troth.statements.organisation import Entering, OrganisationBody
from troth.things.intervals import BEGINNING

__all__ = [
    "SLACK_NS",
    "check_begins_of",
    "check_entering_of",
    "gives_as",
    "is_news_in",
    "is_told_in",
    "with_beginnings",
    "with_entering",
]

SLACK_NS: Final = HOUR_NS  # between planning it and saying it


def with_beginnings(body: InstallationBody, directory: Directory, reading: Reading, *, at_ns: int) -> InstallationBody:
    """The same, with when what asks nobody begins, where that is to be put off."""
    uses = _uses_of(body, reading)

    def put_off(each: InstalledStream) -> InstalledStream:
        needed_ns = _needed_ns(body, each, directory, reading, at_ns=at_ns)
        said_ns = BEGINNING if each.begins_ns is None else each.begins_ns
        if needed_ns <= at_ns or said_ns >= needed_ns or not any(map(_asks_nobody, uses.get(each.name, ()))):
            return each
        first = directory.standing.begins_ns(where_of(body), body.product, each.name, at_ns=at_ns) is None
        return msgspec.structs.replace(each, begins_ns=needed_ns + (SLACK_NS if first else 0))

    return msgspec.structs.replace(body, streams=tuple(map(put_off, body.streams)))


def check_begins_of(
    body: InstallationBody, known: InstallationBody | None, directory: Directory, reading: Reading, *, at_ns: int
) -> None:
    """Return if nothing of a thing begins too soon. `known`: what stands of it. Raises TooSoon otherwise."""
    if body.to_ns is not None and body.to_ns <= at_ns:
        return
    uses = _uses_of(body, reading)
    before = {} if known is None else {each.stream: each.begins_ns or BEGINNING for each in known.streams}
    for each in body.streams:
        needed_ns = _needed_ns(body, each, directory, reading, at_ns=at_ns)
        needed_ns = max(needed_ns, before.get(each.stream, BEGINNING))
        check_begins(each, uses.get(each.name, ()), needed_ns=needed_ns, at_ns=at_ns)


def with_entering(body: OrganisationBody, directory: Directory, in_force: InForce, *, at_ns: int) -> OrganisationBody:
    """The same, with when it gets what asks nobody as one of each class that it comes into, where that is to be put off."""
    former = directory.organisations.get(body.organisation)
    said = {each.of: each for each in body.entering}
    for of in body.classes:
        needed_ns = _needed_of_class(of, body.organisation, former, directory, in_force, at_ns=at_ns)
        if of not in said and needed_ns > at_ns:
            first = former is None or of not in former.classes
            said[of] = Entering(of, needed_ns + (SLACK_NS if first else 0))
    return msgspec.structs.replace(body, entering=tuple(said[of] for of in body.classes if of in said))


def check_entering_of(body: OrganisationBody, directory: Directory, in_force: InForce, *, at_ns: int) -> None:
    """Return if a party gets nothing too soon as one of a class. Raises TooSoon otherwise."""
    former = directory.organisations.get(body.organisation)
    for of in body.classes:
        needed_ns = _needed_of_class(of, body.organisation, former, directory, in_force, at_ns=at_ns)
        check_entering(of, body.entering, needed_ns=needed_ns, at_ns=at_ns)


def _needed_ns(
    body: InstallationBody, each: InstalledStream, directory: Directory, reading: Reading, *, at_ns: int
) -> int:
    where = where_of(body)
    held_ns = directory.standing.begins_ns(where, body.product, each.name, at_ns=at_ns)
    if held_ns is not None:
        return held_ns
    return notice_until(at_ns) if is_told_in(where, directory, reading, at_ns=at_ns) else BEGINNING


def is_told_in(where: Where, directory: Directory, reading: Reading, *, at_ns: int) -> bool:
    """Whether somebody is told what is new there: in a home whoever lives in it now, in a public place everybody."""
    if not is_new_in(directory.standing.began.get(where), at_ns=at_ns):
        return False
    return isinstance(where, str) or any(each.here(at_ns) for each in reading.place_of(where).members)


def is_news_in(began_ns: int | None, *, said_ns: int) -> bool:
    """Whether what was signed then may have come when a home or place was not new any more: it is brought within SLACK_NS."""
    return is_new_in(began_ns, at_ns=said_ns + SLACK_NS)


def gives_as(of: Uri, party: Uri, directory: Directory) -> bool:
    """Whether a party gets something that asks nobody only as one of this class, of what stands somewhere."""
    return any(True for _ in _places_of(of, party, directory))


def _needed_of_class(
    of: Uri, party: Uri, former: OrganisationBody | None, directory: Directory, in_force: InForce, *, at_ns: int
) -> int:
    if former is not None and of in former.classes:
        return next((each.from_ns for each in former.entering if each.of == of), BEGINNING)
    reading = Reading(in_force)
    concerned = any(is_told_in(where, directory, reading, at_ns=at_ns) for where in _places_of(of, party, directory))
    return notice_until(at_ns) if concerned else BEGINNING


def _places_of(of: Uri, party: Uri, directory: Directory) -> Iterator[Where]:
    """Where something stands of which a class gets something that asks nobody, and the party not by its own name."""
    for product, (said, _) in directory.disclosures.items():
        if _gives(said, of, party):
            yield from (each for each in directory.standing.places(product) if not _own_word(each, product, directory))
    for (home, product), (said, _) in directory.home_disclosures.items():
        if _gives(said, of, party) and home in directory.standing.places(product):
            yield home


def _own_word(where: Where, product: Uri, directory: Directory) -> bool:
    return not isinstance(where, str) and (HouseholdId(where), product) in directory.home_disclosures


def _gives(said: DisclosureBody, of: Uri, party: Uri) -> bool:
    return any(
        of in use.recipients and party not in use.recipients and _asks_nobody(use)
        for stream in said.streams
        for use in stream.purposes
    )


def _uses_of(body: InstallationBody, reading: Reading) -> dict[str, tuple[DisclosedPurpose, ...]]:
    said = product_in(body.product, body.household, reading).disclosure
    return {} if said is None else {each.name: each.purposes for each in said.streams}


def _asks_nobody(use: DisclosedPurpose) -> bool:
    grounds = (Ground.named(each.ground) for each in use.variants)
    return any(each is not None and asks_nobody(use, each) for each in grounds)
