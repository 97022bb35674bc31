"""Can this be meant? What a statement about the keys of a person says beyond the types of its fields. Pure.

Source: docs/decisions/0060; WebAuthn level 3 (`assertion`).
"""

from troth.errors import BadCose, Refused
from troth.names import ID_BYTES
from troth.signing.algorithms import KeyKind, PublicKey
from troth.statements.assertion import AssertionBody, check_assertion
from troth.statements.custody import PASSKEYS_STATED_MAX, Custody, CustodyBody
from troth.statements.kinds import Body

__all__ = ["check_keys"]


def check_keys(body: Body) -> None:
    """Return if the statement can be meant, or is about no keys of a person.

    Raises:
        Refused: it cannot, and the message says why.
        BadCose: a key that is none, or a passkey that did not sign what is named.
    """
    if not isinstance(body, CustodyBody | AssertionBody):
        return
    if len(body.person) != ID_BYTES:
        raise Refused(f"an identifier has {ID_BYTES} bytes")
    if isinstance(body, AssertionBody):
        check_assertion(body)
        return
    if body.custody not in set(Custody):
        raise Refused(f"custody is one of {', '.join(Custody)}")
    if (body.custody == Custody.OWN) != (body.house_key is not None):
        raise Refused("whoever keeps their own key leaves the house one that only takes away, and nobody else does")
    if body.key == body.house_key:
        raise Refused("a key of one's own is another one than the house's")
    if len(body.passkeys) > PASSKEYS_STATED_MAX or len(set(body.passkeys)) != len(body.passkeys):
        raise Refused(f"at most {PASSKEYS_STATED_MAX} passkeys are stated, and none twice")
    for each in body.passkeys:
        if PublicKey.from_cose_key(each).alg.kind not in {KeyKind.ED25519, KeyKind.P256}:
            raise BadCose("a passkey's key here is Ed25519 or P-256")
