"""Kind `guardianship`: who speaks for a child, and on which days that fades. Face: private.

Rules
- It names the days on which powers change and no birthday: each is the first of the month, so a child is never younger by it.
- A later one about the same child replaces it.

Source: people.md, "Accounts" (child with guardian, whose powers fade by age); docs/decisions/0063.
"""

from typing import Final

import msgspec

from troth.names import PersonId

__all__ = ["GUARDIANS_MAX", "GuardianshipBody"]

GUARDIANS_MAX: Final = 4


class GuardianshipBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`guardians` speak for `child`, alone before `alongside_ns`, with the child before `own_ns`, and not at all from then on.

    From `ends_ns` on the child is grown up. All ns UTC. `country`: by whose law the days were reckoned (gate/rules/ages).
    """

    child: PersonId
    guardians: tuple[PersonId, ...]
    country: str
    alongside_ns: int
    own_ns: int
    ends_ns: int
    crit: tuple[str, ...] = ("guardians", "alongside_ns", "own_ns", "ends_ns")
