"""Which path a store URL names: `sqlite:PATH`, `folder:PATH` and `file:PATH` are relative to the data folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from troth.errors import BadSetting
from troth.settings import Settings

if TYPE_CHECKING:
    from troth.adapters.backup_reading import StorePaths

__all__ = ["keys_folder", "path_of", "store_paths"]


def path_of(url: str, scheme: str, settings: Settings) -> Path:
    """The path that a store URL of this scheme names.

    Raises:
        BadSetting: it is of another scheme.
    """
    found, _, rest = url.partition(":")
    if found != scheme:
        raise BadSetting(
            f"this version knows no '{found}:' store here, only '{scheme}:'",
            hint="docs/reference/settings.md lists every setting.",
        )
    return settings.folder / rest


def keys_folder(settings: Settings) -> Path:
    """Where private keys lie."""
    return path_of(settings.keys, "file", settings)


def store_paths(settings: Settings) -> "StorePaths":
    """Where each store of a data folder lies, for what reads or makes all of them."""
    from troth.adapters.backup_reading import StorePaths

    names = (settings.journal, settings.conduct, settings.observations, settings.ledgers, settings.accounts)
    return StorePaths(*(path_of(name, "sqlite", settings) for name in names))
