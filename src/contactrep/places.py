"""The per-user folders of the config and of the store: those of platformdirs, which reads the environment.

An empty or relative HOME or XDG variable counts as unset there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from contactrep.errors import ConfigProblem

_STORE: Final = "contacts.duckdb"


def config_folder() -> Path:
    """Return the folder of config.toml: `~/.config/contactrep`, or below an absolute XDG_CONFIG_HOME.

    On macOS it is `~/Library/Application Support/contactrep`. Raises ConfigProblem for a user without a home.
    """
    return _folder("user_config_path")


def usual_store() -> tuple[Path, Path]:
    """Return the store's file for a run that names none, and where it belongs: both usually the same.

    It belongs into the data folder: `~/.local/share/contactrep`, or below an absolute XDG_DATA_HOME. Older
    versions kept it in the config folder: a store there is used as long as the data folder has none. Raises
    ConfigProblem for a user without a home.
    """
    store, older = _folder("user_data_path") / _STORE, config_folder() / _STORE
    is_older = os.path.isfile(older) and not os.path.lexists(store)  # noqa: PTH113 - pathlib raises
    return older if is_older else store, store


def _folder(name: str) -> Path:
    """Return a folder by its name in platformdirs; a user in a container may have no home."""
    from platformdirs import PlatformDirs  # takes 5 ms, which `--help` need not

    try:
        folder: Path = getattr(PlatformDirs("contactrep", appauthor=False), name)
    except RuntimeError:
        raise ConfigProblem(
            "no home folder (HOME is not set, and the user is unknown): name the store with --store FILE"
        ) from None
    return folder
