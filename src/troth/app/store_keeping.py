"""What is done with the stores of a data folder beside its node.

Source: docs/operators/checking.md.
"""

from troth import drivers
from troth.settings import Settings
from troth.things.checked import StoreChecking

__all__ = ["look_through"]


def look_through(settings: Settings) -> StoreChecking:
    """A look through all databases of a data folder, which begins when it is run. Nothing is written.

    Raises:
        BadSetting: a store of another kind than this version knows.
    """
    return drivers.open_check(settings)
