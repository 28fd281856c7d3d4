"""The command line: parse, ask, show. The only reader of the clock, the environment and the terminal."""

from contactrep.cli.program import main

__all__ = ["main"]
