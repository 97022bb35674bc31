"""May somebody be brought, refused or shared with, as who is known here stands? A part of `fits`.

Source: Data Act, Article 5; docs/decisions/0076-a-person-brings-somebody-to-share-with.md.
"""

from troth.errors import Conflict, NotFound, Refused
from troth.gate.question import Code
from troth.gate.rules.gatekeepers import gatekeeper_at
from troth.journeys.asking import denied_as
from troth.state.belonging import BACK_NS, homes_of
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.statements.share import ShareBody
from troth.statements.third_party import ThirdPartyBody, ThirdPartyRefusalBody

__all__ = ["check_brought", "check_whose"]


def check_brought(
    body: ThirdPartyBody | ThirdPartyRefusalBody, directory: Directory, in_force: InForce, *, at_ns: int
) -> None:
    """Return if it may be said.

    Raises:
        NotFound: whoever brings lives nowhere here, or nobody of this name was brought.
        Conflict: the name is taken, or it was refused already.
        Denied: it is a designated gatekeeper, with which nothing is shared.
        Refused: it is said of another time than now.
    """
    known = directory.shares.brought.get(body.party)
    if abs(body.at_ns - at_ns) > BACK_NS:
        raise Refused("somebody is brought, or refused, now")
    if isinstance(body, ThirdPartyRefusalBody):
        if known is None:
            raise NotFound("nobody of this name was brought")
        if known.refused is not None:
            raise Conflict("it was refused already")
        return
    if known is not None:
        raise Conflict("this name is taken")
    if not homes_of(body.person, directory, in_force, at_ns=at_ns):
        raise NotFound("who brings somebody lives in a home here")
    if gatekeeper_at(body.name, body.contact, at_ns=at_ns):
        raise denied_as(Code.GATEKEEPER.value)


def check_whose(body: ShareBody, directory: Directory) -> None:
    """Return if a share is with a registered party, is the one for which its party was brought, or agrees to that one.

    Raises:
        NotFound: somebody else has brought it.
        Refused: it was brought for another share.
    """
    brought = directory.shares.brought.get(body.party)
    if brought is None or directory.shares.first(body.share) is not None:
        return
    if brought.body.person != body.person:
        raise NotFound("there is no such party")
    if directory.shares.with_party.get(body.party):
        raise Refused("whoever is brought is brought for one share; bring them again for another")
