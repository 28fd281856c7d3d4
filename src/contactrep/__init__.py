"""The Contacts report of a messaging workspace, from event logs, in the terminal."""

PROGRAM = "contactrep"
__version__ = "0.1.0"
