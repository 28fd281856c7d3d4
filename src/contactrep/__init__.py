"""The Contacts report of a messaging workspace, from event logs, in the terminal."""

__version__ = "0.1.0"
