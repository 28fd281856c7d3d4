"""The command line: parse, ask, show. The only code that reads the clock and the terminal."""

from contactrep.cli.program import main

__all__ = ["main"]
