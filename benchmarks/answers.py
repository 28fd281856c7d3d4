"""Whether both sides of a case answer the same: the bytes they print, or the rows that they write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from benchmarks.processes import Run, bare, measure

Check = Callable[[bytes, bytes], str | None]

_COLUMNS = "event, contact_id, merged_contact_id, contact_name, channel, source, user_id, user_name"

# In a process of its own, so that ours stays small: a child's peak counts from the size of its parent.
_DIGEST = """
import duckdb, sys
database, *questions = sys.argv[1:]
connection = duckdb.connect(database)
for question in questions:
    print(connection.execute(question).fetchall())
"""
_MARK = "imported:"
# The program leaves out Python's own end, and with it what atexit has.
_HEAVY = f"""
import os, runpy, sys
leave = os._exit
def tell(code):
    print("{_MARK}", *sorted({{"_duckdb", "rich"}} & sys.modules.keys()), flush=True)
    leave(code)
os._exit = tell
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def nothing_to_compare(_ours: bytes, _floor: bytes) -> str | None:
    """For a floor that answers nothing."""
    return None


def same_bytes(ours: bytes, floor: bytes) -> str | None:
    """Both have printed the same."""
    if ours == floor:
        return None
    pairs = zip(ours.splitlines() or [b""], floor.splitlines() or [b""], strict=False)
    mine, its = next(((mine, its) for mine, its in pairs if mine != its), (b"more or fewer lines", b""))
    return f"printed {mine.decode(errors='replace')!r}, the other {its.decode(errors='replace')!r}"


def same_files(ours: Path, floor: Path) -> Check:
    """Both have written the same bytes."""
    return lambda _mine, _its: None if _sha256(ours) == _sha256(floor) else f"{ours} is not {floor}"


def same_rows_in_order(ours: Path, floor: Path) -> Check:
    """Both have written a Parquet file of the same rows, in the same order and of the same types."""
    return lambda _mine, _its: _differ(*(_parquet_digest(path) for path in (ours, floor)))


def same_events(ours: Path, floor: Path) -> Check:
    """Both have made a database with the same events in their table."""
    return lambda _mine, _its: _differ(*(_store_digest(path) for path in (ours, floor)))


def imports_nothing_heavy(run: Run) -> Check:
    """The program does it without the database and without what draws on terminals."""
    [command] = run.commands

    def check(_ours: bytes, _floor: bytes) -> str | None:
        _, printed = measure(Run((bare(_HEAVY, *command),), exits=run.exits))
        heavy = printed.decode().rpartition(_MARK)[2].split()
        return f"imports {' and '.join(heavy)}" if heavy else None

    return check


def _differ(ours: bytes, floor: bytes) -> str | None:
    return None if ours == floor else f"wrote {ours.decode()!r}, the other {floor.decode()!r}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parquet_digest(path: Path) -> bytes:
    rows = f"read_parquet('{path}', file_row_number = true)"
    ordered = f"SELECT count(*), sum(hash(timestamp, {_COLUMNS}, file_row_number)) FROM {rows}"
    return _digest(":memory:", ordered, f"DESCRIBE FROM {rows}")


def _store_digest(path: Path) -> bytes:
    # As text, for a store may keep a column in another type.
    texts = ", ".join(f"{column}::VARCHAR" for column in _COLUMNS.split(", "))
    return _digest(str(path), f"SELECT count(*), sum(hash(ts, {texts})) FROM events")


def _digest(database: str, *questions: str) -> bytes:
    return measure(Run((bare(_DIGEST, database, *questions),)))[1]
