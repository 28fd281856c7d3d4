"""The per-user folders of the config and of the store. Pure: the environment is an argument.

The folders are those of platformdirs. That package itself would take `/` for the home of a user whose HOME is
empty, and a relative HOME as it is.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from contactrep.errors import ConfigProblem

_FOLDER: Final = "contactrep"
_STORE: Final = "contacts.duckdb"


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of config.toml: `~/.config/contactrep`, or below an absolute XDG_CONFIG_HOME.

    On macOS it is `~/Library/Application Support/contactrep`. Raises ConfigProblem for a user without a home.
    """
    return _folder(environ, "XDG_CONFIG_HOME", ".config")


def data_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the store: `~/.local/share/contactrep`, or below an absolute XDG_DATA_HOME.

    On macOS it is the folder of the config. Raises ConfigProblem for a user without a home.
    """
    return _folder(environ, "XDG_DATA_HOME", ".local/share")


def usual_store(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Return the store's file for a run that names none, and where it belongs: both usually the same.

    It belongs into the data folder. Older versions kept it in the config folder: a store there is used as
    long as the data folder has none. Raises ConfigProblem for a user without a home.
    """
    store, older = data_folder(environ) / _STORE, config_folder(environ) / _STORE
    is_older = os.path.isfile(older) and not os.path.lexists(store)  # noqa: PTH113 - pathlib raises
    return older if is_older else store, store


def _folder(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    """An empty or relative XDG variable counts as unset, as the XDG specification requires."""
    if sys.platform == "darwin":
        return _home(environ) / "Library" / "Application Support" / _FOLDER
    named = Path(environ.get(variable, ""))
    return (named if named.is_absolute() else _home(environ) / usual) / _FOLDER


def _home(environ: Mapping[str, str]) -> Path:
    """The home folder; ConfigProblem for a user who has none, as in a container with an unknown uid."""
    named = Path(environ.get("HOME", ""))
    if named.is_absolute():
        return named
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise ConfigProblem(
            "no home folder (HOME is not set, and the user is unknown): name the store with --store FILE"
        ) from None
