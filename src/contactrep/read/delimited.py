"""CSV and other delimited text: from lines to fields, in SQL where a line is a whole record, else in Python.

SQL splits a line without quotes at the delimiter, and a line with closed quotes by a pattern. Python parses
any other line together with the lines after it. Either they are one record, of which a value contains line
ends, or the line alone is rejected. So every physical line is accounted for, and one stray quote cannot
swallow the rest of a file.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from contactrep.errors import InputProblem, MappingProblem, UnknownHeaders, counted, listed
from contactrep.read.columns import Columns, Reference
from contactrep.read.content import Content
from contactrep.read.lines import OVERLONG_REASON, Line, LineReader, exact, select_lines, sizes
from contactrep.read.table import BROKEN, NOTHING, RECORD, LooksGood, ParsedRecord, Select, Table

DELIMITERS = (",", ";", "\t", "|")
MOST_LINES = 100_000
"""A value of more lines than this is taken for a quote that was never closed."""

_MOST_TITLES = 1_000  # lines among which the header is looked for, for advice

NEVER_CLOSED = "an opening quote that is never closed"
TEXT_AFTER_QUOTE = "text after the closing quote"
BACKSLASH = r'a quote escaped by a backslash (\"): write it twice ("") instead'

_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)
_ESCAPED = {"\t": r"\t", "|": r"\|"}
_OTHER_QUOTES = re.compile(
    "['`\N{LEFT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}«].*"
    "['`\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}»]"
)
_CR = "\udc0d"  # stands for CR: text has no lone surrogates

csv.field_size_limit(sys.maxsize)  # how long a record may be is known by its lines

Resolve = Callable[[Sequence[str]], object]
"""Judges headers, raising InputProblem."""


def open_delimited(kind: type[Delimited], content: Content, resolve: Resolve, skip_lines: int) -> Table:
    """The Table of a delimited file, whose header comes after `skip_lines` lines; InputProblem when it has no
    header. The delimiter is the one that Excel's own line `sep=;` names, else the one whose headers `resolve`
    accepts; of several or none, that of most columns."""
    start, named = skip_lines + 1, None
    for line in {1, start}:  # the line is the first one, or what comes after a title
        if delimiter := _named_delimiter(content, line, kind.delimiters):
            start, named = max(start, line + 1), delimiter
    delimiters = (named,) if named else kind.delimiters
    headers = [(delimiter, _header(kind, content, delimiter, start)) for delimiter in delimiters]
    readable = [(delimiter, header) for delimiter, header in headers if isinstance(header, Record)]
    # Of equals max gives the first, so the comma is preferred.
    best = max(readable, key=lambda it: (_accepts(resolve, it[1].fields), len(it[1].fields)), default=None)
    later = None
    if best is None or not _accepts(resolve, best[1].fields):
        later = _accepted_later(resolve, content, delimiters, start)
    if best is None:
        hint = f"use --skip-lines {later}" if later else "mend the line, or leave it out with --skip-lines N"
        raise MappingProblem(f"the header line has {headers[0][1]}", hint)
    delimiter, header = best
    # The file of the stage can become the store only if every row is an event.
    skipped = 1 if header.last == 1 else 0
    return kind(content, delimiter, tuple(header.fields), header.last, skipped, later, header.padded)


def _accepted_later(resolve: Resolve, content: Content, delimiters: Sequence[str], start: int) -> int | None:
    """How many lines are before the first line after `start` that begins what `resolve` takes for headers."""
    lines = _first_lines(content, start + 1)
    for at, line in enumerate(lines):
        records = [read_record(lines[at:], delimiter) for delimiter in delimiters]
        if any(isinstance(record, Record) and _accepts(resolve, record.fields) for record in records):
            return line.number - 1
    return None


def widest_line(content: Content, delimiters: Sequence[str] = DELIMITERS) -> int | None:
    """Where the first record begins with as many fields as most of the first ones have, and more than one;
    else None."""
    best = (0, 0, 0)
    lines = _first_lines(content, 1)
    for delimiter in delimiters:
        widths: dict[int, int] = {}
        done = 0  # lines
        while done < len(lines):
            number, record = done + 1, read_record(lines[done:], delimiter)
            done = record.last if isinstance(record, Record) else number
            if isinstance(record, Record) and len(record.fields) > 1 and any(map(str.strip, record.fields)):
                widths[number] = len(record.fields)
        if widths:
            usual, count = Counter(widths.values()).most_common(1)[0]
            best = max(best, (count, usual, -min(it for it, width in widths.items() if width >= usual)))
    return -best[2] or None


def _first_lines(content: Content, start: int) -> list[Line]:
    """The lines from `start` on among which the header is looked for."""
    with LineReader(content) as reader:
        return list(islice(reader.starting_at(start), _MOST_TITLES))


def _accepts(resolve: Resolve, headers: Sequence[str]) -> bool:
    """Whether `resolve` takes these for headers."""
    try:
        resolve(headers)
    except InputProblem:
        return False
    return True


def _named_delimiter(content: Content, number: int, delimiters: Sequence[str]) -> str | None:
    """The delimiter that a line names for Excel, if it does so and it is one that is read."""
    with LineReader(content) as reader:
        line = next(reader.starting_at(number), None)
    match = _SEPARATOR.fullmatch(_body(line.text)) if line else None
    named = match[1].replace(r"\t", "\t") if match else None
    return named if named in delimiters else None


def _header(kind: type[Delimited], content: Content, delimiter: str, start: int) -> Record | str:
    """The first record from line `start` on that is not blank, or what is wrong with it."""
    with LineReader(content) as reader:
        for line in reader.starting_at(start):
            if _body(line.text).strip(_blanks(delimiter)):
                record = read_record(islice(reader.starting_at(line.number), MOST_LINES), delimiter)
                if kind.is_typed and isinstance(record, Record) and _is_padded(record.fields):
                    lines = islice(reader.starting_at(line.number), MOST_LINES)
                    record = read_record(lines, delimiter, padded=True)
                return line.flaw or record
    after = f" after {counted(start - 1, 'line')}" if start > 1 else ""
    raise InputProblem(f"there is nothing in {kind.nothing[0]}{after}, not even headers: {kind.nothing[1]}")


def _is_padded(headers: Sequence[str]) -> bool:
    """Whether a space follows each delimiter of the header, but for one where nothing else does."""
    named = [header for header in headers[1:] if header]
    return bool(named) and all(header.startswith(" ") for header in named)


@dataclass(frozen=True)
class Delimited(Table):
    """A delimited file whose header ends on line `header_lines`. If it is `padded`, spaces around a value are
    not part of the value, and a quote after such spaces opens it."""

    content: Content
    delimiter: str
    headers: tuple[str, ...]
    header_lines: int
    skipped: int = 0
    later: int | None = None
    padded: bool = False
    delimiters: ClassVar[Sequence[str]] = DELIMITERS
    is_typed: ClassVar[bool] = True
    """Whether delimiters may have been typed, with a space after each; else spaces belong to values."""
    line_name: ClassVar[str] = "line"
    nothing: ClassVar[tuple[str, str]] = ("it", "check how it was made")
    """Where nothing is, if there is not even a header, and what to do about it."""
    otherwise: ClassVar[str] = ""
    """What else to try where headers are unknown."""
    whole: ClassVar[str] = "one column"
    parting: ClassVar[str] = ", or write the file with a comma, semicolon, tab or | between columns"

    def rows(self, columns: Columns) -> Select:
        return select_lines(self.content, self.skipped)

    def explained(self, problem: InputProblem) -> InputProblem:
        """See Table.explained. `later` is how many lines to skip, if that gives a header."""
        where = f"{self.line_name} {self.header_lines} was taken for the header"
        if self.later is not None:
            row = f"{self.line_name} {self.later + 1} looks like it"
            return MappingProblem(f"{where}, but {row}", f"use --skip-lines {self.later}")
        if not isinstance(problem, UnknownHeaders):
            return problem
        if all(map(_OTHER_QUOTES.fullmatch, self.headers)):
            found = f"{self.headers[0][0]} and {self.headers[0][-1]}"
            return InputProblem(
                f"its columns are in {found}, not in double quotes: write it with double quotes, or with none"
            )
        leave_out = f"leave out lines before it with --skip-lines N{self.otherwise}"
        if len(self.headers) == 1:
            return MappingProblem(
                f"{where}, but it is {self.whole} ({listed(self.headers)})", f"{leave_out}{self.parting}"
            )
        from contactrep.read.likely import likely_formats

        times = [header for header in self.headers if likely_formats([header])]
        if len(times) == 1:  # where more are times, they may be the headers of counts
            what = f"{where}, but {listed(times)} looks like a value"
            headers = f"put a {self.line_name} of headers before it, such as timestamp, event, contact_id"
            return MappingProblem(problem.what, f"{what}: {headers}, or {leave_out}")
        return MappingProblem(problem.what, f"{problem.way}; {where}: {leave_out}")

    def select(self, columns: Columns, rows: str) -> Select:
        return Select(
            f"""
            SELECT * EXCLUDE (flaw, fields), {columns.sql(self._value)},
                CASE WHEN raw IS NULL THEN {NOTHING}
                     WHEN fields IS NULL THEN CASE WHEN flaw = $overlong THEN {RECORD} ELSE {BROKEN} END
                     WHEN CASE WHEN {_is_empty("fields[1]")}
                         THEN length(list_filter(fields, lambda field: NOT {_is_empty("field")})) = 0
                         WHEN length(fields) = 1 THEN trim(raw, $blank) = '' END THEN {NOTHING}
                     ELSE {RECORD} END AS state,
                coalesce(flaw, {self._fault(columns)}) AS fault
            FROM (SELECT *, {self._split()} AS fields FROM ({rows}))
            """,
            {"delimiter": self.delimiter, "blank": _blanks(self.delimiter), "overlong": OVERLONG_REASON},
        )

    def quick(self, columns: Columns) -> Select | None:
        """See Table.quick: DuckDB splits lines that are clean and have no quotes; spaces before a quote would
        be lost."""
        if self.skipped != 1 or self.content.rewritten or self.content.facts.quotes or self.padded:
            return None
        types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(self.headers)))
        return Select(
            f"""
            SELECT {columns.sql(lambda it: it.sql)}, {RECORD} AS state, NULL::VARCHAR AS fault
            FROM read_csv($path, auto_detect = false, header = false, columns = {{{types}}},
                delim = '{self.delimiter}', quote = '', escape = '', compression = 'none',
                skip = 1{sizes(self.content)})
            """,
            {"path": exact(self.content.path)},
            raw="NULL::VARCHAR",
            is_filled=bool(columns.plain),
        )

    def fields_of(self, number: int, text: str) -> Sequence[str]:
        """The fields of a line with this text; empty if it is not a whole record."""
        record = read_record([Line(number, text, "", None)], self.delimiter, padded=self.padded)
        return record.fields if isinstance(record, Record) else ()

    def parse(self, rows: Iterable[int], columns: Columns, looks_good: LooksGood) -> Iterator[ParsedRecord]:
        done = self.header_lines
        with LineReader(self.content) as reader:
            for number in rows:
                if number <= done:
                    continue
                record = self._parse(reader.starting_at(number), columns, looks_good)
                done = record.last
                yield record

    def _fault(self, _columns: Columns) -> str:
        """SQL for why a row is rejected: the number of its `fields`, some of them still in their quotes, does
        not fit."""
        count = len(self.headers)
        surplus = f"list_filter(fields[{count + 1}:], lambda field: NOT {_is_empty('field')})"
        return f"""CASE WHEN length(fields) <> {count} THEN
            CASE WHEN length(fields) < {count} OR length({surplus}) > 0
            THEN CASE length(fields) WHEN 1 THEN '1 field' ELSE format('{{:,}} fields', length(fields)) END
                || ', but the header names {count:,}' END END"""

    def _fits(self, fields: Sequence[str]) -> bool:
        """Whether there are as many fields as headers, but for empty ones at the end."""
        count = len(self.headers)
        return len(fields) >= count and not any(fields[count:])

    def _split(self) -> str:
        """SQL for the fields of `raw`, still in their quotes; null where a line is not a whole record."""
        split = self._split_quoted() if self.content.facts.quotes else "string_split(raw, $delimiter)"
        return f"list_transform({split}, lambda field: trim(field, ' '))" if self.padded else split

    def _split_quoted(self) -> str:
        mark = _ESCAPED.get(self.delimiter, self.delimiter)
        # Quotes that do nothing may simply go: this is what makes files with every field quoted fast.
        idle = rf'(?:"[^"{mark}]*"|[^"{mark}]*)'
        pad, other = (" *", " ") if self.padded else ("", "")
        field = rf'(?:"(?:[^"]|"")*"|[^"{other}{mark}][^{mark}]*|)'
        return f"""CASE
            WHEN NOT contains(raw, '"') THEN string_split(raw, $delimiter)
            WHEN regexp_matches(raw, '^{idle}(?:{mark}{idle})*$')
                THEN string_split(replace(raw, '"', ''), $delimiter)
            WHEN regexp_matches(raw, '^{pad}{field}{pad}(?:{mark}{pad}{field}{pad})*$')
                THEN regexp_extract_all($delimiter || raw, '{mark}{pad}({field}){pad}', 1) END"""

    def _value(self, reference: Reference) -> str:
        value = f"fields[{reference.place + 1}]"
        if not self.content.facts.quotes:
            return value
        text = (
            f"""CASE WHEN starts_with({value}, '"') THEN replace({value}[2:-2], '""', '"') ELSE {value} END"""
        )
        return f"trim({text}, ' ')" if self.padded else text

    def _parse(self, lines: Iterator[Line], columns: Columns, looks_good: LooksGood) -> ParsedRecord:
        """The record that begins with the first line.

        A later line that is a valid record by itself belongs to this one only if that makes a record of as
        many fields as there are headers: `"Ann` and `Lee",…` are one where a name comes first.
        """
        seen: list[Line] = []
        closing: list[Line] = []  # later lines that are valid by themselves, but may have the closing quote

        def lines_of_record() -> Iterator[Line]:
            for line in islice(lines, MOST_LINES):
                if seen and self._stands_alone(line, columns, looks_good):
                    if line.text.count('"') % 2 == 0:
                        return
                    closing.append(line)
                seen.append(line)
                yield line

        record = read_record(lines_of_record(), self.delimiter, padded=self.padded)
        first = seen[0]
        if isinstance(record, str):
            reason = BACKSLASH if r"\"" in first.text else record
            return ParsedRecord(first.number, first.number, (), reason, _body(first.text))
        fault = next((line.flaw for line in seen if line.flaw), None)
        if not self._fits(record.fields):
            if closing:
                return ParsedRecord(first.number, first.number, (), NEVER_CLOSED, _body(first.text))
            count, expected = len(record.fields), len(self.headers)
            fault = fault or f"{counted(count, 'field')}, but the header names {expected:,}"
        raw = _body("".join(line.text + line.ending for line in seen).removesuffix("\n"))
        fields = () if fault else _texts(record.fields, columns)
        return ParsedRecord(first.number, record.last, fields, fault, raw)

    def _stands_alone(self, line: Line, columns: Columns, looks_good: LooksGood) -> bool:
        record = read_record([line], self.delimiter, padded=self.padded)
        if isinstance(record, str) or not self._fits(record.fields):
            return False
        return looks_good(_texts(record.fields, columns))


def _texts(fields: Sequence[str], columns: Columns) -> tuple[str | None, ...]:
    """The texts of a record of these fields."""
    return tuple(choice.text(lambda it: fields[it.place]) for choice in columns.choices.values())


def _is_empty(field: str) -> str:
    """SQL for whether a field, which may be in its quotes, is empty."""
    return f"""{field} IN ('', '""')"""


def _blanks(delimiter: str) -> str:
    return " " if delimiter == "\t" else " \t"


def _body(text: str) -> str:
    """A line's text without the CR that ends it together with LF."""
    return text.rstrip("\r")


@dataclass(frozen=True)
class Record:
    """The fields of a record, and its last line."""

    fields: list[str]
    last: int
    padded: bool = False


def read_record(lines: Iterable[Line], delimiter: str, *, padded: bool = False) -> Record | str:
    """The record that begins with the first line, or why it is none.

    A value in quotes may hold delimiters, line ends, and quotes written twice; a quote within a value that
    does not begin with one is text. Of one that is `padded`, spaces around values are left out.
    """
    first = last = 0

    def texts() -> Iterator[str]:
        nonlocal first, last
        for line in lines:
            first, last = first or line.number, line.number
            # The csv module takes every CR for the end of a line.
            body = _body(line.text)
            yield body.replace("\r", _CR) + line.text[len(body) :] + line.ending

    try:
        fields = next(csv.reader(texts(), delimiter=delimiter, strict=True, skipinitialspace=padded))
    except csv.Error as error:
        return TEXT_AFTER_QUOTE if "expected after" in str(error) and first == last else NEVER_CLOSED
    fields = [field.strip(" ") for field in fields] if padded else fields
    return Record([field.replace(_CR, "\r") for field in fields] or [""], last, padded)
