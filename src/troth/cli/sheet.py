"""The sheet that is read before a thing is connected: what it senses, why, who gets it, how long, and its other ways out.

Rules
- It says what would be registered, in the words of the declaration, before anything is.
- What is registered already and not said again is asked of the node (`completed`).
- What is not registered is named and not made up.
- What is not known is said to be not known: the end of support, other ways out, what it is for.

Source: gate.md (connect: after the pre-connect sheet was shown); mission.md, "Three words, made testable".
"""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from troth.api.answers import Organisations, ProductShown
from troth.cli.client import Node
from troth.cli.simple import Joining
from troth.errors import NotFound
from troth.gate.question import ANYONE, Ground
from troth.names import Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.things.observations import Variant

__all__ = ["completed", "sheet"]

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
    if product is not None:
        yield f"  product: {product.name}{f'. {product.about}' if product.about else ''}"
        yield f"  made by: {names.get(product.maker, product.maker)}; supported until: {product.support_end or 'not known'}"
    for stream in thing.streams:
        known = next((each for each in (product.streams if product else ()) if each.name == stream.name), None)
        if known is not None:
            unit = f", in {known.unit}" if known.unit else ""
            yield f"  {stream.name}: senses {known.senses} ({known.title}{unit})"
        elif product is not None:
            yield f"  {stream.name}: the product has no such stream"
        else:
            yield f"  {stream.name}: of a product that is not registered here, {thing.product}"
        yield from _uses(stream.name, whole.disclosure, names)
        ways = stream.other_ways_out or (product.other_ways_out if product else None) or "No other way out is named."
        yield f"    ways out: {_REACH.get(stream.reach, stream.reach)}. {ways}"
        if stream.contract is not None:
            yield f"    contract: {stream.contract.title}"
    yield f"  answers: {names.get(thing.answers.organisation, thing.answers.organisation)}, {thing.answers.contact}"
    thought = thing.consideration
    yield f"  considered: {thought.date}, {thought.by}: {thought.sentence}"


def completed(node: Node, whole: Joining) -> Joining:
    """The same with what the node has registered of its product and of whoever stands in it: to be shown, not to be said."""
    known = node.get("/api/organisations", Organisations).organisations
    whole = msgspec.structs.replace(whole, organisations=(*whole.organisations, *known))
    if whole.product is not None and whole.disclosure is not None:
        return whole
    asked = {"product": whole.thing.product}
    if whole.thing.household is not None:
        asked["household"] = whole.thing.household
    try:
        found = node.get(f"/api/products?{urlencode(asked)}", ProductShown)
    except NotFound:
        return whole
    return msgspec.structs.replace(
        whole, product=whole.product or found.product, disclosure=whole.disclosure or found.disclosure
    )


def _uses(stream: str, disclosure: DisclosureBody | None, names: Mapping[Uri, str]) -> Iterator[str]:
    if disclosure is None:
        yield "    for: not known; nothing is disclosed about its product here, so nothing of it would be kept or given"
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
