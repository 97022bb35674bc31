"""The sheet that is read before a thing is connected: what it senses, why, who gets it, how long, and its other ways out.

Rules
- It says what would be registered, in the words of the declaration, before anything is.
- What is registered already and not said again is named, and not made up.

Source: gate.md (connect: after the pre-connect sheet was shown); mission.md, "Three words, made testable".
"""

from collections.abc import Iterator, Mapping
from typing import Final

from troth.cli.simple import Joining
from troth.gate.question import ANYONE, Ground
from troth.names import Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.things.observations import Variant

__all__ = ["sheet"]

_REACH: Final = {
    "sealed": "no other way out, enforced and watched, by the installer's word",
    "carried": "Troth is its declared way",
    "copied": "a copy comes here, others exist",
    "declared": "words only",
}
_GROUND: Final = {
    Ground.CHOICE.value: "only with a yes of everybody concerned",
    Ground.CONTRACT.value: "part of what was ordered",
    Ground.OWN.value: "it is their own",
    Ground.NOBODY.value: "it concerns no one",
}
_VIEW: Final = {Variant.RAW.value: "every value", Variant.HOURLY_MEAN.value: "hourly means"}


def sheet(whole: Joining) -> Iterator[str]:
    """The lines of the sheet of a thing that would join."""
    thing = whole.thing
    names = {each.organisation: each.name for each in whole.organisations}
    product = whole.product
    yield f"{thing.name}, {thing.place}{'' if thing.household is None else ', in a home'}"
    for stream in thing.streams:
        known = next((each for each in (product.streams if product else ()) if each.name == stream.name), None)
        if known is None:
            yield f"  {stream.name}: as the product {thing.product} is registered"
        else:
            unit = f", in {known.unit}" if known.unit else ""
            yield f"  {stream.name}: senses {known.senses} ({known.title}{unit})"
        yield from _uses(stream.name, whole.disclosure, names)
        ways = stream.other_ways_out or (product.other_ways_out if product else None) or "No other way out is named."
        yield f"    ways out: {_REACH.get(stream.reach, stream.reach)}. {ways}"
        if stream.contract is not None:
            yield f"    contract: {stream.contract.title}"
    yield f"  answers: {names.get(thing.answers.organisation, thing.answers.organisation)}, {thing.answers.contact}"
    thought = thing.consideration
    yield f"  considered: {thought.date}, {thought.by}: {thought.sentence}"


def _uses(stream: str, disclosure: DisclosureBody | None, names: Mapping[Uri, str]) -> Iterator[str]:
    if disclosure is None:
        yield "    for: what its product's disclosure says here"
        return
    declared = [each for each in disclosure.streams if each.name == stream]
    if not declared:
        yield "    for: nothing is declared, so nothing of it would be kept or given"
    for each in declared:
        for purpose in each.purposes:
            views = "; ".join(
                f"{_VIEW.get(view.variant, view.variant)}: {_GROUND.get(view.ground, view.ground)}"
                for view in purpose.variants
            )
            yield f"    for: {purpose.title} ({purpose.benefit})"
            yield f"    who gets it: {_getters(purpose, names)}; {views}; kept {purpose.retention_days} days"


def _getters(purpose: DisclosedPurpose, names: Mapping[Uri, str]) -> str:
    shown = ["anybody" if each == ANYONE else names.get(each, each) for each in purpose.recipients]
    return ", ".join(shown) or "nobody but those who live with it"
