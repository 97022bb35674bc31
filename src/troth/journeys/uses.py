"""Every declared use of a stream, and what the gate would give now to each one it names.

Rules
- The gate is asked for each like for anybody else, and nothing is traced: no row leaves.
- Whoever lives there is shown what they have said themselves against a use, and of others no more than the outer reason.
- Of a home's stream an organisation is shown its own use only: the others would tell about people's choices.

Source: people.md, "Rules" (every fact has its reason beside it); mission.md, "Three words, made testable" (where to).
Owner: the event loop.
"""

import msgspec

from troth.gate.question import Asker, Ground
from troth.gate.rules.share_terms import term_of
from troth.journeys.own_no import OwnNo, named_in
from troth.journeys.party_names import parties_named, party_name
from troth.journeys.tell import Tell
from troth.names import Uri
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant, Limits
from troth.things.variants import Variant

__all__ = ["Getter", "Use", "limits_of", "purposes_of", "uses_of"]


class Getter(msgspec.Struct, frozen=True):
    """Somebody a disclosure names for a stream, and what they get now.

    `variant` is None where they get nothing; `code` then says why, and otherwise why they do not get more (None if they could
    not). `ground` is the reason it rests on. `yours`: where it is nothing, what the person who looks has said against it.
    """

    party: str
    uri: Uri
    variant: Variant | None
    ground: str | None
    code: str | None
    yours: tuple[OwnNo, ...] = ()


class Use(msgspec.Struct, frozen=True):
    """One declared use of a stream, and everybody it names; nobody where it is the house's own."""

    purpose: DisclosedPurpose
    getters: tuple[Getter, ...]


def purposes_of(thing: KnownThing, stream: KnownStream, directory: Directory) -> tuple[DisclosedPurpose, ...]:
    """What is declared for one stream."""
    disclosed = directory.disclosure_of(thing.body.product, thing.body.household)
    if disclosed is None:
        return ()
    return tuple(p for s in disclosed[0].streams if s.name == stream.installed.name for p in s.purposes)


def limits_of(thing: KnownThing, stream: KnownStream, directory: Directory) -> Limits:
    """What holds of one stream for all its uses."""
    disclosed = directory.disclosure_of(thing.body.product, thing.body.household)
    declared = None if disclosed is None else disclosed[0].by_name.get(stream.installed.name)
    return Limits() if declared is None else declared.limits


def uses_of(
    thing: KnownThing, stream: KnownStream, asker: Asker | None, *, tell: Tell, directory: Directory
) -> tuple[Use, ...]:
    """Every declared use of a stream, with what the gate would give now to each one it names; asked like anything else.

    Of a home's stream, an organisation is shown its own only: the others would tell about people's choices.
    """

    def getter(uri: Uri, purpose: DisclosedPurpose) -> Getter:
        answer = tell.lease(stream.number, Asker(uri, "explain", purpose.purpose)).answer
        code = next((each.code.value for each in answer.reasons if each.code is not None), None)
        ground = next((each.ground.value for each in answer.reasons if each.code is None and each.ground), None)
        person = None if asker is None or answer.variant is not None else asker.person
        yours = () if person is None else tell.own_no(person, named_in(answer), tell.now())
        return Getter(party_name(uri, directory), uri, answer.variant, ground, code, yours)

    def shown(uri: Uri, purpose: DisclosedPurpose) -> bool:
        if thing.body.household is None or (asker is not None and asker.person is not None):
            return True
        return asker is not None and (uri, purpose.purpose) == (asker.party, asker.purpose)

    found = []
    for purpose in purposes_of(thing, stream, directory):
        parties = [uri for each in purpose.recipients for uri in parties_named(each, directory)]
        getters = tuple(getter(uri, purpose) for uri in dict.fromkeys(parties) if shown(uri, purpose))
        if getters or not purpose.recipients:
            found.append(Use(purpose, getters))
    for purpose in _shared_of(thing, stream, directory):
        getters = tuple(getter(uri, purpose) for uri in purpose.recipients if shown(uri, purpose))
        in_effect = tuple(each for each in getters if each.variant is not None)
        if in_effect:
            found.append(Use(purpose, in_effect))
    return tuple(found)


def _shared_of(thing: KnownThing, stream: KnownStream, directory: Directory) -> tuple[DisclosedPurpose, ...]:
    """What people of the home share of a stream, as uses: one for each party and purpose that any of them names."""
    household = thing.body.household
    if household is None:
        return ()
    found: dict[tuple[Uri, str], DisclosedPurpose] = {}
    for share in directory.shares.at_home(household):
        for body, _ in directory.shares.said[share].values():
            if stream.stream in body.streams and body.variant is not None:
                term = term_of(body.purpose)
                title = body.purpose if term is None else term.title
                view = DisclosedVariant(body.variant, Ground.CHOICE.value)
                use = DisclosedPurpose(body.purpose, title, "unknown", (body.party,), (view,), 1)
                found.setdefault((body.party, body.purpose), use)
    return tuple(found.values())
