"""`contactrep profiles`."""

from __future__ import annotations

import click

from contactrep.cli.completion import complete_profile
from contactrep.cli.help import command
from contactrep.cli.options import Paths, path_options
from contactrep.cli.output import write
from contactrep.cli.settings import read_settings
from contactrep.render.text import visible


@command()
@click.argument("name", required=False, shell_complete=complete_profile)
@path_options
def profiles(name: str | None, paths: Paths) -> None:
    """List the profiles, or print one as a section of a config file.

    A profile is a named set of the options that say how files are read. Those of your config and the built-in
    ones are used with --profile. A section [profiles.NAME] of the config overrides a built-in profile of the
    same name; with `files` it also lists what `contactrep load` reads without FILES.

    \b
      contactrep profiles
      contactrep profiles hubspot-webhooks
    """
    from contactrep.cli.session import chosen_profile, known_profiles
    from contactrep.read.profiles import BUILT_IN

    settings = read_settings(paths.config)
    if name:
        lines = chosen_profile(name, settings).toml.splitlines()
    else:
        known = known_profiles(settings)
        width = max(map(len, known))
        lines = [
            visible(f"{it.name:<{width}}  {it.origin:<{len(BUILT_IN)}}  {it.description}".rstrip())
            for it in known.values()
        ]
    write([f"{line}\n".encode() for line in lines], None)
