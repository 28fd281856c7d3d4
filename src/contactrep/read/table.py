"""The interface of a format: headers, and rows of text fields with the reason why a row is rejected."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import abc
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from contactrep.errors import InputProblem
from contactrep.read.columns import Columns, resolve_columns
from contactrep.read.mapping import Mapping
from contactrep.read.sources import Folders

RECORD, NOTHING, BROKEN = 0, 1, 2
"""What a row of `Table.select` is: a record, perhaps with a fault; not a record; a row for `Table.parse`."""

LooksGood = Callable[[tuple[str | None, ...]], bool]


@dataclass(frozen=True)
class Select:
    """A SELECT, the values of its `$name` parameters, and SQL for a row's raw text over its columns.

    `is_filled`: no text is empty, but null. `is_wall`: "timestamp" is a TIMESTAMP, of a wall clock or in UTC;
    None: it is a text.
    """

    sql: str
    parameters: abc.Mapping[str, Any] = field(default_factory=dict)
    raw: str = "raw"
    is_filled: bool = False
    is_wall: bool | None = None

    def binding(self, parameters: abc.Mapping[str, Any]) -> Select:
        """The same SELECT with further parameters."""
        return replace(self, parameters={**parameters, **self.parameters})


@dataclass(frozen=True)
class Conversion:
    """How the texts of fields become values: `sql(texts, also)` is a SELECT from texts to `columns`, after
    columns to pass through such as `line,`; `parameters` are bound in it. `looks_good` is whether texts are
    probably those of a record."""

    sql: Callable[[Select, str], str]
    columns: str
    looks_good: LooksGood
    parameters: abc.Mapping[str, Any] = field(default_factory=dict)

    def of(self, texts: Select, also: str = "") -> Select:
        """The values of texts."""
        return Select(self.sql(texts, also), {**texts.parameters, **self.parameters})


@dataclass(frozen=True)
class ParsedRecord:
    """A record that SQL could not read, over the lines `line` to `last`; `fault` is None if it is good."""

    line: int
    last: int
    fields: tuple[str | None, ...]
    fault: str | None
    raw: str


class Table(ABC):
    """A file as rows of text.

    `headers` are as the file has them. Rows are numbered from 1 as `select` gives them: lines of a text
    file, ended by LF or CRLF, or by CR where there is no LF; rows of a Parquet file. Those up to
    `header_lines` are no records; the first `skipped` of them are left out of `rows`. `paths` lead into
    values, as `columns` has them; None where no value has parts.
    """

    headers: tuple[str, ...]
    header_lines: int = 0
    skipped: int = 0
    paths: Collection[str] | None = None

    def columns(self, mapping: Mapping, folders: Folders) -> Columns:
        """Where the fields of an event come from in it; InputProblem when that is not certain."""
        return resolve_columns(self.headers, mapping, folders, self.paths, self.differ)

    def differ(self, headers: Collection[str]) -> bool:
        """Whether records differ in which of these headers they have."""
        return False

    def explained(self, problem: InputProblem) -> InputProblem:
        """The problem of the headers, with what the file itself shows about it."""
        return problem

    def with_int96_in_utc(self, columns: Columns) -> Table | None:
        """The same table with its times as UTC instants, where they are Parquet's INT96, which has no zone;
        else None."""
        return None

    @abstractmethod
    def rows(self, columns: Columns) -> Select:
        """All rows in file order, unparsed: what `select` reads the columns' fields from."""

    @abstractmethod
    def select(self, columns: Columns, rows: str) -> Select:
        """`state`, `fault` (null or why it is rejected), a VARCHAR for each of the columns' fields, and any
        column that `rows` has besides those of the method of that name; InputProblem when a field can hold
        no text. `rows` is SQL for all rows of that method or some of them."""

    def quick(self, columns: Columns) -> Select | None:
        """A query that gives the rows of `select` in less time if every line of the file is a record. If not,
        it may fail, or give fewer rows. None: there is no faster query."""
        return None

    def complete(self) -> Table:
        """The same table after a look at the keys of all records, if only those of the first ones are known:
        then `select` makes records with other keys BROKEN, and `quick` fails at a further key."""
        return self

    def parse(self, rows: Iterable[int], columns: Columns, looks_good: LooksGood) -> Iterator[ParsedRecord]:
        """The records that begin on the BROKEN `rows` (ascending), with the columns' fields in their order;
        `looks_good` as for Conversion."""
        raise NotImplementedError
