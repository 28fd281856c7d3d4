"""The list of user names, with their ids, replaced whole by every load of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contactrep.duck import Error, Relation, Session, first_line, scratch_session
from contactrep.errors import InputProblem
from contactrep.events import match_key
from contactrep.read.columns import Choice, Columns, Reference
from contactrep.read.content import examine
from contactrep.read.mapping import Mapping
from contactrep.read.rows import find_records, lines_of_records, open_table
from contactrep.read.sources import Source, find_sources
from contactrep.read.table import Conversion, Select
from contactrep.read.values import WHITESPACE
from contactrep.store.replacing import existing, locked, replacing
from contactrep.store.state import attach
from contactrep.store.writing import changing

_HEADERS: Final = {"id": ("id", "userid"), "name": ("name", "username")}
"""The headers of the two columns, as `match_key` leaves them; the first one is preferred."""

_ADVICE_OF_EVENTS: Final = re.compile(
    r"choose another \w+ with --map \w+=COLUMN(, or write this one as text)?"
)


def replace_users(
    path: Path, file: str, mapping: Mapping | None = None, *, memory_limit: str | None = None
) -> int:
    """Replace the store's list of users by that of `file` (columns id and name, any format of `load`).

    Of `mapping` only the encoding and the place of the records matter. Returns the number of users.

    Raises, and changes nothing:
        InputProblem: a row is invalid, an id occurs twice, or there is no user, as after a failed export.
        StoreProblem: there is no store yet.
    """
    store = existing(path, ": make one with 'contactrep load FILES' first")
    with scratch_session(memory_limit=memory_limit) as session:
        directory = _read(session, file, mapping or Mapping())
        count: int = session.value(f"SELECT count(*) FROM {directory}")
        if not count:
            raise InputProblem(f"{file}: there is no user in it; the list of users is unchanged")
        with locked(store):
            state = attach(session, store)
            with replacing(store) as copy, changing(session, copy, state):
                session.run("DELETE FROM store.users")
                session.run(f"INSERT INTO store.users FROM {directory} ORDER BY id")
    return count


def read_users(file: Path, *, memory_limit: str | None = None) -> list[tuple[str, str | None]]:
    """The ids and names of a file of users; InputProblem as `replace_users`."""
    with scratch_session(memory_limit=memory_limit) as session:
        directory = _read(session, str(file), Mapping())
        return [(key, name) for key, name in session.run(f"SELECT id, name FROM {directory} ORDER BY id")]


def _read(session: Session, file: str, mapping: Mapping) -> Relation:
    """The users of a file, or of the files of a folder or glob."""
    directory = session.make(Relation("directory", "id VARCHAR, name VARCHAR"))
    for source in find_sources([file]).files:
        _add(session, source, mapping, directory)
    return directory


def _add(session: Session, source: Source, mapping: Mapping, directory: Relation) -> None:
    """Add a file's users to the directory."""
    content = examine(source, session.scratch, lambda _: None, mapping)
    try:
        with lines_of_records(session, content, mapping) as lines:
            table = open_table(session, lines, mapping, _columns, ("id", "name"))
            columns = _columns(table.headers)
            found = find_records(session, lines, table, columns, _CONVERSION)
    except InputProblem as problem:
        raise InputProblem(f"{source.label}: {_advised(str(problem))}") from None
    except Error as error:
        raise InputProblem(f"{source.label}: {first_line(error)}") from None
    content.discard()
    bad = session.run(f"SELECT line, fault FROM {found} WHERE fault IS NOT NULL ORDER BY line LIMIT 1")
    if bad:
        line, fault = bad[0]
        raise InputProblem(f"{source.label}: line {line}: {_advised(fault)}; the list of users is unchanged")
    session.run(f"INSERT INTO {directory} SELECT id, name FROM {found}")
    twice = session.run(f"SELECT id FROM {directory} GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1")
    if twice:
        raise InputProblem(f"{source.label}: id '{twice[0][0]}' occurs twice; the list of users is unchanged")


def _advised(message: str) -> str:
    """A message about a value, without advice to use `--map`, which `users load` does not have."""
    return _ADVICE_OF_EVENTS.sub("write it as text", message)


def _columns(headers: Sequence[str]) -> Columns:
    """Where id and name stand among the headers."""
    keys = [match_key(header) for header in headers]
    choices = {}
    for field, names in _HEADERS.items():
        name = next((name for name in names if name in keys), None)
        if name is None:
            shown = ", ".join(headers[:12])
            raise InputProblem(f"no column for {field} among: {shown}: a user directory has id and name")
        if keys.count(name) > 1:
            raise InputProblem(f"two columns mean {field}: a user directory has one id and one name")
        choices[field] = Choice.of(Reference(keys.index(name)))
    return Columns(choices)


def _users(texts: Select, also: str) -> str:
    fault = "coalesce(fault, CASE WHEN trim(coalesce(id, ''), $whitespace) = '' THEN 'no id' END)"
    return f"""
        SELECT {also} state, {fault} AS fault, {texts.raw} AS raw, id, nullif(name, '') AS name
        FROM ({texts.sql})
        """


_CONVERSION: Final = Conversion(
    _users, "state, fault, raw, id, name", lambda _: False, {"whitespace": WHITESPACE}
)
