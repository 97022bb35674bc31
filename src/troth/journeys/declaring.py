"""What is looked at before a product or a disclosure can be said: against what is registered, and what is said with it.

Rules
- A maker, who answers and each recipient is an organisation that can be reached, so it is registered.
- One party answers under one name: nobody's contact comes to stand under the name of whoever runs this place.
- A disclosure speaks only of streams that the product declares, and no essential purpose may rest on choice.

Source: things.md, "A thing joins"; gate.md (essential functions); mission.md, F23; docs/decisions/0103.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from troth.errors import NotFound, Refused, Undeclared
from troth.gate.question import Ground
from troth.journeys.declared_views import check_views
from troth.names import Uri, check_slug, check_uri
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody

__all__ = ["OURS", "check_disclosure", "check_one_name", "check_product", "check_registered"]

OURS: Final = "urn:troth:"  # names that stand for something here and for no organisation
_STREAMS_MAX: Final = 256  # things.md, Limits: streams per thing
_KEPT_DAYS_MAX: Final = 36_500  # a hundred years; more days than a file's number can hold would end the node
_TOPICS: Final = frozenset(
    {"refused", "senml"}
)  # things.md, Speaking: `things/<thing>/refused`, `things/<thing>/senml`
_TYPES: Final = ("number", "integer", "boolean", "text", "json")


def check_registered(party: Uri, known: Collection[Uri]) -> None:
    """Return if an organisation is registered; NotFound otherwise."""
    if party not in known:
        raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")


def check_one_name(said: Iterable[OrganisationBody], known: Mapping[Uri, OrganisationBody], *, operator: Uri) -> None:
    """Return if nobody answers as whoever runs this place (`operator`) under another name than that party has here.

    Raises:
        Refused: somebody would.
    """
    for each in said:
        party = known.get(each.organisation)
        if each.organisation == operator and party is not None and party.name != each.name:
            raise Refused(
                f"where no other organisation is named, “{party.name}” answers here, and not “{each.name}”",
                hint=f"Write {party.name}, or name the organisation that answers;"
                " 'troth organisation add' registers one that is not here yet.",
            )


def check_product(body: PassportBody, *, organisations: Collection[Uri]) -> None:
    """Return if a product can be registered.

    Raises:
        NotFound: its maker is not registered.
        Refused: a stream twice, of an unknown type, or with a name that is no short name.
    """
    check_uri(body.product)
    check_registered(body.maker, organisations)
    names = [check_slug(each.name) for each in body.streams]
    if len(set(names)) != len(names) or not names:
        raise Refused("a product has at least one stream, and none twice")
    if len(names) > _STREAMS_MAX:
        raise Refused(f"a product has at most {_STREAMS_MAX} streams")
    if any(
        each.lowest is not None and each.highest is not None and each.lowest > each.highest for each in body.streams
    ):
        raise Refused("the lowest plausible result of a stream is not above the highest")
    functions = [each.name for each in body.functions]
    if len(set(functions)) != len(functions) or not all(each.strip() for each in functions):
        raise Refused("a function has a name of its own, in plain words")
    if not _TOPICS.isdisjoint(names):
        raise Refused(f"a stream is not called {' or '.join(sorted(_TOPICS))}: those topics are taken")
    if any(each.type not in _TYPES for each in body.streams):
        raise Refused(f"the type of a stream is one of {', '.join(_TYPES)}")


def check_disclosure(body: DisclosureBody, product: PassportBody | None, *, organisations: Collection[Uri]) -> None:
    """Return if this can be disclosed of a product, whatever red lines there are.

    Raises:
        NotFound: the product or an organisation is not registered.
        Undeclared: a stream the product does not have.
        Refused: an essential purpose that rests on choice, an unknown view or ground, views that are in no order or cannot be
            made of the stream's values.
    """
    if product is None:
        raise NotFound("there is no such product here")
    check_registered(body.answerable, organisations)
    declared = {each.name: each.type for each in product.streams}
    for stream in body.streams:
        if stream.name not in declared:
            raise Undeclared("the disclosure speaks of a stream that the product does not have")
        for purpose in stream.purposes:
            _check_purpose(purpose, organisations)
            check_views(purpose, type_=declared[stream.name])


def _check_purpose(purpose: DisclosedPurpose, organisations: Collection[Uri]) -> None:
    check_uri(purpose.purpose)
    if not 1 <= purpose.retention_days <= _KEPT_DAYS_MAX:
        raise Refused(f"data are kept for 1 to {_KEPT_DAYS_MAX} days")
    for view in purpose.variants:
        if purpose.essential and view.ground == Ground.CHOICE:
            raise Refused("an essential function may not depend on a choice")
    for recipient in (*purpose.recipients, *(hop.organisation for hop in purpose.processors)):
        if not recipient.startswith(OURS):
            check_registered(recipient, organisations)
