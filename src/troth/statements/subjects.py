"""About whom and what does a statement speak, and is that the issuer's own? Pure.

Rules
- A body says it in fields of these names: `product`, `maker`, `answerable`, `organisation`, `by`, `person`, `gate`.
- An organisation's own products are those whose URI is its own URI or lies below it, and nobody else may stand in such a
  statement as who makes them or answers for them.
- What does not name the subject that a rule asks for is not the issuer's own.

Source: RFC 9943 (Registration Policy, Subject); formats.md, "Identifiers" (a product is a URI of who defines it).
"""

from collections.abc import Callable
from typing import Final, assert_never

from troth.names import PersonId
from troth.statements.known_keys import KnownKey
from troth.statements.registration_policy import Subjects
from troth.statements.statement import Statement

__all__ = ["is_below", "may_speak_about"]

_PARTIES: Final = ("maker", "answerable")


def may_speak_about(
    subjects: Subjects, statement: Statement, *, issuer: KnownKey, speaks: Callable[[PersonId, str], bool]
) -> bool:
    """Whether the statement is about subjects of this kind, seen from its issuer.

    Args:
        subjects: what the rule says.
        statement: parsed and read.
        issuer: the key that its issuer is named after.
        speaks: whether an issuer says something for a person.
    """
    match subjects:
        case Subjects.ANY:
            return True
        case Subjects.OWN_KEY:
            return _field(statement, "gate") == issuer.key.thumbprint
        case Subjects.OWN_PERSON:
            guardian = _field(statement, "by")  # who says it for a child, and signs it
            person = guardian if isinstance(guardian, bytes) else _field(statement, "person")
            return isinstance(person, bytes) and speaks(PersonId(person), statement.signed.headers.issuer)
        case Subjects.OWN_ORGANISATION:
            who = _field(statement, "organisation") or _field(statement, "by")
            product = _field(statement, "product")
            return who == issuer.holder and (product is None or is_below(str(product), issuer.holder))
        case Subjects.OWN_PRODUCTS:
            product = _field(statement, "product")
            others = (party for name in _PARTIES if (party := _field(statement, name)) is not None)
            return (
                isinstance(product, str)
                and is_below(product, issuer.holder)
                and all(party == issuer.holder for party in others)
            )
        case unknown:
            assert_never(unknown)


def is_below(product: str, holder: str) -> bool:
    """Whether a URI is the holder's or lies below it: `https://works.example` has `https://works.example/meter`.

    A `#`, `?` or dot segment is no way out: what a path makes of them is not looked at, so such a URI is not below anything.
    """
    if product == holder:
        return True
    under = product.removeprefix(holder if holder.endswith(("/", ":")) else f"{holder}/")
    below = under not in {product, ""}
    return (
        below
        and not any(part in {"", ".", ".."} for part in under.split("/"))
        and not {"#", "?", "\\", "%"} & set(under)
    )


def _field(statement: Statement, name: str) -> object:
    found: object = getattr(statement.body, name, None)
    return found
