"""The registration policy with which a deployment begins: every kind by the role that its row names, makers about their own.

Rules
- Gates speak of their own key, people of themselves, makers of their own organisation and products; the operator of anything.

Source: record.md, "The log"; statements/kinds (the role of each kind).
"""

from collections.abc import Collection
from typing import Final

import msgspec

from troth.statements.key import KeyRole
from troth.statements.kinds import KINDS, KindName
from troth.statements.known_keys import PERSON
from troth.statements.registration_policy import RegistrationRule, Subjects

__all__ = ["MAKERS", "first_rules", "rules_of_new_kinds"]

_SUBJECTS: Final = {KeyRole.GATE.value: Subjects.OWN_KEY, PERSON: Subjects.OWN_PERSON}
MAKERS: Final = (
    RegistrationRule(
        KeyRole.MAKER.value,
        (KindName.ORGANISATION.value, KindName.PROMISE.value, KindName.SUPPORT.value),
        Subjects.OWN_ORGANISATION,
    ),
    RegistrationRule(
        KeyRole.MAKER.value,
        (KindName.EMERGENCY.value, KindName.HOME_EMERGENCY.value),
        Subjects.OWN_ORGANISATION,
    ),
    RegistrationRule(KeyRole.MAKER.value, (KindName.PASSPORT.value, KindName.DISCLOSURE.value), Subjects.OWN_PRODUCTS),
)


def first_rules() -> tuple[RegistrationRule, ...]:
    """All rules, by role."""
    roles = sorted({kind.role for kind in KINDS.values()})
    return (
        *(
            RegistrationRule(
                role,
                tuple(kind.name.value for kind in KINDS.values() if kind.role == role),
                _SUBJECTS.get(role, Subjects.ANY),
            )
            for role in roles
        ),
        *MAKERS,
    )


def rules_of_new_kinds(known: Collection[str]) -> tuple[RegistrationRule, ...]:
    """The rules about kinds that are not among those `known`."""
    found = []
    for rule in first_rules():
        kinds = tuple(kind for kind in rule.kinds if kind not in known)
        if kinds:
            found.append(msgspec.structs.replace(rule, kinds=kinds))
    return tuple(found)
