"""Does what is said of a gateway fit? Which thing may be named as one, and what a thing that is one stays.

Rules
- A gateway is a thing that stands here, is not over, and stands in public or in the same home: what is open names nothing of a
  home, and no home's things are named in another.
- Its name and who answers for it are said as they are when it is named; a later word of the thing does not say them anew.
- A thing that comes into another home or into public, or back, is looked at again with the gateway that it names; one
  that ends is not, whatever became of its gateway.
- A thing by which others are spoken for stays where it is, in public or in its home, and who answers for it stays: the words
  about it were shown before the others were connected.

Source: gate.md (connect); docs/decisions/0107.
Left out: whether the gateway is let in, which is its credential's (`recognise`).
"""

from troth.errors import Conflict, NotFound, Refused
from troth.names import ThingId
from troth.state.directory import Directory
from troth.statements.installation import Gateway, InstallationBody

__all__ = ["check_gateway", "gateway_of"]


def gateway_of(thing: ThingId, directory: Directory) -> Gateway:
    """The words about a thing that is to speak for others.

    Raises:
        NotFound: there is no such thing.
    """
    known = directory.things.get(thing)
    if known is None:
        raise NotFound("there is no such gateway here")
    return Gateway(thing, known.body.name, known.body.answers.organisation)


def check_gateway(body: InstallationBody, stands: InstallationBody | None, directory: Directory) -> None:
    """Return if the gateway that an installation names may be named, and what is a gateway stays what it is.

    Raises:
        NotFound: there is no such thing.
        Refused: it is the thing itself, is over, or stands in another home.
        Conflict: it is called otherwise, somebody else answers for it, or it would change where others are spoken for by it.
    """
    if body.gateway is not None and (stands is None or _through(stands) != _through(body)):
        anew = stands is None or stands.gateway != body.gateway
        if anew or body.to_ns is None:
            _check_named(body, body.gateway, directory, anew=anew)
    if stands is None or _place_and_party(body) == _place_and_party(stands):
        return
    if any(_speaks(each.body, body.thing) for each in directory.things.values()):
        raise Conflict(
            "other things are spoken for by this one, and it would belong elsewhere or to somebody else",
            hint="End that first: troth thing gateway --none THING",
        )


def _check_named(body: InstallationBody, gateway: Gateway, directory: Directory, *, anew: bool) -> None:
    if gateway.thing == body.thing:
        raise Refused("a thing speaks for itself without being its own gateway")
    named = gateway_of(gateway.thing, directory)
    if gateway.organisation != named.organisation or (anew and gateway != named):
        raise Conflict("this gateway is called otherwise here, or somebody else answers for it")
    stands = directory.things[gateway.thing].body
    if stands.to_ns is not None:
        raise Refused("this gateway is over here")
    if stands.household not in {None, body.household}:
        raise Refused("a gateway in a home speaks for things of that home")


def _through(body: InstallationBody) -> tuple[object, ...]:
    """What makes a gateway another one for a thing, or the thing another one for it."""
    return body.gateway, body.household, body.to_ns


def _place_and_party(body: InstallationBody) -> tuple[object, object]:
    return body.household, body.answers.organisation


def _speaks(body: InstallationBody, gateway: ThingId) -> bool:
    return body.to_ns is None and body.gateway is not None and body.gateway.thing == gateway
