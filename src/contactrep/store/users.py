"""The user directory: ids and names, replaced whole by every load of it."""
