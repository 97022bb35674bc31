"""What changes for people, in plain words: the same on a page, in a feed, in a mail and in the record of what was told.

Rules
- Words come from statements and from the names of parties alone. A text names no person, no home and no value.
- A date is said in UTC, because a feed and a mail do not know where they are read.

Source: people.md, "Words" and "Rules".
Left out: languages other than English.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from troth.clock import NS_PER_S
from troth.gate.question import Ground
from troth.gate.words import ground_words
from troth.names import Uri
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody, Decided
from troth.statements.disclosure import DisclosedPurpose, Limits
from troth.statements.dpv import goes_beyond, term_words
from troth.statements.installation import Contract
from troth.statements.notice import group_words
from troth.statements.organisation import CLASS
from troth.statements.site import Site
from troth.statements.terms import hop_words
from troth.statements.widening import Change, Changed, Part

__all__ = ["asked_words", "change_words", "contract_words", "date_words", "getter_words", "goes_less_far", "site_words"]

_DECIDED: Final[Mapping[Decided, str]] = {
    Decided.OPEN: "Nothing was decided yet.",
    Decided.GIVEN: "It was given what it asked for",
    Decided.PARTLY: "It was given a part of it",
    Decided.REFUSED: "It was refused",
}
_OTHERWISE: Final = (
    "It goes no further than before; how it is measured, or what it rests on or serves, is said otherwise."
)
_UNIT: Final[Mapping[bool, str]] = {True: "day", False: "days"}


def date_words(at_ns: int) -> str:
    """10 December 2026, 09:30 UTC."""
    at = datetime.fromtimestamp(at_ns / NS_PER_S, UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def getter_words(uri: Uri, name: Callable[[Uri], str]) -> str:
    """A recipient as people read it."""
    if uri.startswith(CLASS):
        return f"every {uri.removeprefix(CLASS).replace('-', ' ')} that is registered here"
    return name(uri)


def site_words(site: Site | None) -> str:
    """Where somebody handles data, and whose law reaches it there besides."""
    if site is None:
        return "it has not said where"
    return f"in {site.country}" + (f", also under the law of {', '.join(site.laws)}" if site.laws else "")


def contract_words(contract: Contract, by: str | None) -> str:
    """What was ordered, with whom, and for how long. `by`: the name of who it was made with."""
    with_ = "" if by is None else f" with {by}"
    until = "" if contract.to_ns is None else f" until {date_words(contract.to_ns)}"
    review = "" if contract.review_ns is None else f", to be looked at again by {date_words(contract.review_ns)}"
    return f"“{contract.title}”{with_}, from {date_words(contract.from_ns)}{until}{review}"


def change_words(change: Change, name: Callable[[Uri], str]) -> str:
    """What a change means, in a few sentences. `name`: what a party is called."""
    match change.changed:
        case Changed.NEW:
            said = _described(change.purpose, change.limits, name)
        case Changed.WIDER:
            said = [f"It goes further than before: {'; '.join(_wider(change, name))}."]
        case Changed.NARROWER:
            less = "; ".join(_narrower(change, name))
            said = [f"It goes less far than before: {less}." if less else _OTHERWISE]
        case Changed.GONE:
            said = ["It has ended: nothing is collected or read for it any more."]
    return " ".join(said)


def goes_less_far(change: Change) -> bool:
    """Whether a use that goes no further than before goes less far in something; else it is only said otherwise."""
    return any(True for _ in _narrower(change, str))


def asked_words(asked: AuthorityRequestBody, reach: AuthorityReachBody, name: Callable[[Uri], str]) -> str:
    """What an authority asked, what was decided, what it may read, and why people hear of it only now."""
    said = [
        f"{name(asked.authority)} asked on {date_words(asked.received_ns)}, on {asked.citation.title}: {asked.scope}."
    ]
    if asked.decided_ns is None:
        said.append(_DECIDED[Decided.OPEN])
    else:
        said.append(f"{_DECIDED[Decided(asked.decided)]} on {date_words(asked.decided_ns)}: {asked.because}.")
    if reach.variant is not None:
        times = f"from {date_words(reach.data_from_ns)} to {date_words(reach.data_to_ns)}"
        said.append(f"It may read data {times}, until {date_words(reach.until_ns)}.")
    held = asked.withheld
    if held is not None:
        until = date_words(held.until_ns)
        said.append(f"You could not be told before {until}, by order of {held.by} ({held.citation.title}).")
    return " ".join(said)


def _described(purpose: DisclosedPurpose, limits: Limits, name: Callable[[Uri], str]) -> list[str]:
    getters = ", ".join(getter_words(each, name) for each in purpose.recipients) or "nobody outside the house"
    grounds = dict.fromkeys(view.ground for view in purpose.variants)
    said = [
        f"Who gets it: {getters}.",
        f"Why this is allowed: {'; '.join(_ground(each) for each in grounds)}.",
        f"What it gives: {purpose.benefit}.",
        f"Kept for {_days(purpose.retention_days)}.",
    ]
    if purpose.processors:
        parties = {each.organisation: name(each.organisation) for each in purpose.processors}
        said.append(f"Handled on the way by {', '.join(hop_words(each, parties) for each in purpose.processors)}.")
    if limits.places:
        said.append(f"Never outside {', '.join(limits.places)}.")
    if limits.homes:
        said.append(f"Never of one home alone: {group_words(limits.homes)}.")
    return said


def _wider(change: Change, name: Callable[[Uri], str]) -> Iterator[str]:
    now, was = change.purpose, change.former
    if was is None:
        return
    more = [getter_words(each, name) for each in now.recipients if each not in was.recipients]
    hops = {each.organisation: name(each.organisation) for each in now.processors}
    handled = [hop_words(each, hops) for each in now.processors if each not in was.processors]
    words: Mapping[Part, str] = {
        Part.RECIPIENTS: f"{', '.join(more)} gets it too",
        Part.PROCESSORS: f"{', '.join(handled)} handles it on the way",
        Part.RETENTION: f"kept for {_days(now.retention_days)} instead of {_days(was.retention_days)}",
        Part.PLACES: "it may go to more places"
        if change.limits.places
        else f"it may go anywhere, and not in {', '.join(change.former_limits.places)} only",
        Part.GROUP: _smaller_group(change),
        Part.PRECISION: "it shows more, or for another reason: " + "; ".join(_views(now)),
        Part.RATE: "more values an hour",
        Part.FIELDS: "more of what is measured: " + (", ".join(now.fields) or "all of it"),
        Part.START: "it begins sooner",
        Part.WORDS: f"what it is for, or what follows from it, is said in other words: {now.title}. {now.benefit}",
        Part.TERMS: f"it is another kind of purpose: {_kinds(now)} instead of {_kinds(was)}",
        Part.ESSENTIAL: "it counts as essential now, so private mode does not stop it",
    }
    yield from (words[part] for part in change.parts)


def _narrower(change: Change, name: Callable[[Uri], str]) -> Iterator[str]:
    now, was = change.purpose, change.former
    if was is None:
        return
    less = [getter_words(each, name) for each in was.recipients if each not in now.recipients]
    if less:
        yield f"{', '.join(less)} gets it no more"
    if set(now.processors) < set(was.processors):
        yield "fewer handle it on the way"
    if now.retention_days < was.retention_days:
        yield f"kept for {_days(now.retention_days)} instead of {_days(was.retention_days)}"
    yield from _closer(change)
    if {(each.variant, each.ground) for each in now.variants} != {(each.variant, each.ground) for each in was.variants}:
        yield "it shows less: " + "; ".join(_views(now))
    if now.per_hour is not None and now.per_hour != was.per_hour:
        yield "fewer values an hour"
    if goes_beyond(was.terms, now.terms):
        yield f"it is a narrower kind of purpose: {_kinds(now)} instead of {_kinds(was)}"
    if now.fields and now.fields != was.fields:
        yield f"less of what is measured: {', '.join(now.fields)}"
    if (now.starts_ns or 0) > (was.starts_ns or 0):
        yield "it begins later"
    if was.essential and not now.essential:
        yield "it counts as essential no more, so private mode stops it"


def _closer(change: Change) -> Iterator[str]:
    """What narrowed of the stream, for all its uses."""
    if change.limits.places and set(change.limits.places) != set(change.former_limits.places):
        yield f"it never goes outside {', '.join(change.limits.places)}"
    if change.limits.homes > change.former_limits.homes:
        yield f"never of one home alone: {group_words(change.limits.homes)}"


def _kinds(purpose: DisclosedPurpose) -> str:
    return term_words(purpose.terms) or "none that is named"


def _smaller_group(change: Change) -> str:
    if change.limits.homes:
        return (
            f"what leaves may be over {change.limits.homes} homes, and not over {change.former_limits.homes} at least"
        )
    return f"it may be shown of each home alone, and not only over at least {change.former_limits.homes} homes together"


def _views(purpose: DisclosedPurpose) -> Iterator[str]:
    yield from (f"{view.variant} ({_ground(view.ground)})" for view in purpose.variants)


def _ground(ground: str) -> str:
    return "only if you say yes" if ground == Ground.CHOICE else ground_words(ground)


def _days(days: int) -> str:
    return f"{days} {_UNIT[days == 1]}"
