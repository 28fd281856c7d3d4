"""Guess the options that would read a refused file: columns, encoding, records and time formats, all at once,
so that the first message has everything to type. The guesses of `likely` appear in messages only; no event is
read with them.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter, abc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from zoneinfo import ZoneInfo

from contactrep.duck import Error, Session
from contactrep.errors import InputProblem, closest, either
from contactrep.events import ADDED, COLUMNS, KINDS, MERGED, known_kind
from contactrep.read import shape
from contactrep.read.cleaning import UNDECODABLE
from contactrep.read.columns import (
    Choice,
    Columns,
    Headers,
    Reference,
    choices_of,
    constants_of,
    is_seen,
    joined,
    likely_part,
    merging_references,
    nearest,
    parted_offset,
    parted_zone,
    pieces,
    references_of,
    resolve_columns,
)
from contactrep.read.content import Content, lines_of, private
from contactrep.read.delimited import DELIMITERS, Delimited, widest_line
from contactrep.read.encodings import UNICODE, likely_encoding
from contactrep.read.likely import (
    Sample,
    are_messages,
    is_day_first,
    is_time_named,
    likely_events,
    likely_formats,
    likely_id,
    likely_name,
    likely_parts,
    likely_time,
    likely_times,
    names_events,
    told_kind,
    zone_words,
)
from contactrep.read.mapping import LEAVE_OUT, Mapping
from contactrep.read.rows import lines_of_records, open_table
from contactrep.read.signatures import Shape
from contactrep.read.sources import Source
from contactrep.read.table import Table
from contactrep.read.timestamps import Forms, compile_format
from contactrep.read.values import NULL_TIME
from contactrep.read.workbook import sheets_of
from contactrep.zones import meant

_RECORDS = 2_000  # that are looked at
_MOST_COLUMNS = 200
_MOST_PLACES = 6  # of records
_MOST_BYTES = 64 << 20  # among which lines of another encoding are looked for
_ENOUGH = 64 << 10  # bytes of them
_MOSTLY = 2  # lines of another encoding for each of UTF-8 beyond ASCII
_MARK = UNDECODABLE.encode()
_MOST_RULES = 3  # for values to leave out
_MOST_ASKED = 10  # values whose kind the user has to write
_KIND, _DATE = "KIND", "DATE"  # what the user has to replace
_SHOWN = 60  # characters of a value that is written out
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True)
class Advice:
    """The words of a command line that are missing in it, and what else there is to say."""

    options: tuple[str, ...]
    also: tuple[str, ...] = ()


def advise(session: Session, source: Source, content: Content, mapping: Mapping) -> Advice | None:
    """The options, beside those of the mapping, with which the content of a file would be events; None where
    that cannot be guessed. The content must be decoded."""
    adviser = _Adviser(session, source, mapping)
    with suppress(InputProblem, Error):
        codec = advised_encoding(content)
        if codec is None:
            return adviser.advice(content, mapping)
        recoded = _recoded(session, content, codec)
        try:
            return adviser.advice(recoded, replace(mapping, encoding=codec), "its text is not UTF-8")
        finally:
            recoded.discard()
    return None


def advised_encoding(content: Content) -> str | None:
    """The codec that most likely reads lines that are not UTF-8; None where there are none, or where it would
    misread others: a file of UTF-8 has such lines too, but of GBK or Korean a few happen to be UTF-8."""
    if not content.rewritten or content.encoding != UNICODE or content.lacks_records:
        return None
    found, others, unicode = bytearray(), 0, 0
    with content.path.open("rb") as stream:
        for line in stream:
            if line.startswith(_MARK):
                found += _original(line)
                others += 1
            elif not line.isascii():
                unicode += 1
            if len(found) > _ENOUGH or stream.tell() > _MOST_BYTES:
                break
    return likely_encoding(bytes(found)) if others > _MOSTLY * unicode else None


def _original(line: bytes) -> bytes:
    """The bytes of a line that a rewritten file has as UNDECODABLE."""
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), line.removeprefix(_MARK))


def _recoded(session: Session, content: Content, codec: str) -> Content:
    """The first lines of a content with those that are not UTF-8 in another encoding."""
    target = private(session.scratch)
    with content.path.open("rb") as stream, target.open("wb") as clean:
        for line in islice(stream, _RECORDS + 1):
            is_other = line.startswith(_MARK)
            clean.write(_original(line).decode(codec, "replace").encode() if is_other else line)
    return lines_of(target, content.sha256, content.shape, codec)


class _Adviser:
    """Completes the mapping with which a file was refused."""

    def __init__(self, session: Session, source: Source, given: Mapping) -> None:
        self._session = session
        self._source = source
        self._given = given

    def advice(self, content: Content, mapping: Mapping, *also: str) -> Advice | None:
        """The options that the given mapping lacks, with what is known beforehand: `mapping` and `also`."""
        guesses = (
            guess
            for has_times in (True, False)
            for place in islice(self._places(content, mapping), _MOST_PLACES)
            if (guess := self._guess(content, place, has_times=has_times))
        )
        if guess := next(guesses, None):
            mapping, also = guess.mapping, (*also, *guess.also)
        missing = [option for option in mapping.typed if option not in self._given.typed]
        return Advice(tuple(chain.from_iterable(missing)), also) if missing else None

    def _places(self, content: Content, mapping: Mapping) -> Iterator[Mapping]:
        """Where the records may be: where the mapping says, else in an array or on another sheet."""
        yield mapping
        if content.shape in (Shape.DOCUMENT, Shape.JSON_LINES):
            arrays = filter(None, shape.arrays_of_objects(content.head))
            yield from (replace(mapping, records=path) for path in arrays)
        elif content.shape is Shape.WORKBOOK:
            sheets = sheets_of(self._session.scratch, content)
            near = closest(mapping.sheet, sheets, most=1) if mapping.sheet else []
            others = sheets[1:] if mapping.sheet is None else near or sheets
            yield from (replace(mapping, sheet=name) for name in others)
        elif mapping.skip_lines:
            yield replace(mapping, skip_lines=0)

    def _guess(self, content: Content, mapping: Mapping, *, has_times: bool) -> _Guess | None:
        """What is missing in the mapping; None if it is not known what gives the contact or, where records
        should have times, the time."""
        if mapping.records and content.shape is Shape.JSON_LINES:
            content = replace(content, shape=Shape.DOCUMENT)
        with suppress(InputProblem, Error), lines_of_records(self._session, content, mapping) as lines:
            table = self._open(lines, mapping)
            if isinstance(table, Delimited):
                delimiters = DELIMITERS if lines.shape is Shape.DELIMITED else (table.delimiter,)
                line = widest_line(lines, delimiters) if table.later is None else table.later + 1
                if line and line > table.header_lines:
                    mapping = replace(mapping, skip_lines=line - 1)
                    table = self._open(lines, mapping)
            guess = _Guess(Headers(table.headers, table.paths), self._sample(table), mapping, self._source)
            if guess.complete(has_times=has_times):
                table.columns(guess.mapping, self._source.folders)
                return guess
        return None

    def _open(self, lines: Content, mapping: Mapping) -> Table:
        resolve = partial(resolve_columns, mapping=mapping, folders=self._source.folders)
        return open_table(self._session, lines, mapping, resolve, COLUMNS)

    def _sample(self, table: Table) -> list[Sample]:
        """The columns of a file, but for those with parts, with the texts of its first records."""
        file = Headers(table.headers, table.paths)
        names = [name for name in file.names if name.strip() and not file.within(name)]
        names += [path for path in file.paths or () if "[" not in path]
        found = [(name, references_of(file, name)) for name in names[:_MOST_COLUMNS]]
        wanted = {name: it[0] for name, it in found if it and self._is_text(table, it[0])}
        rows = self._rows(table, list(wanted.values()))
        return [_column(name, texts) for name, texts in zip(wanted, zip(*rows, strict=True), strict=False)]

    def _is_text(self, table: Table, reference: Reference) -> bool:
        try:
            table.select(_columns_at([reference]), "")
        except InputProblem:
            return False
        return True

    def _rows(self, table: Table, references: Sequence[Reference]) -> list[tuple[str | None, ...]]:
        """The texts at these places of the first records that have any, and as many fields as headers."""
        columns = _columns_at(references)
        rows = table.rows(columns)
        first = f"FROM ({rows.sql}) LIMIT {_RECORDS} OFFSET {table.header_lines - table.skipped}"
        select = table.select(columns, first).binding(rows.parameters)
        # The raw text, because some of the parameters are for it alone.
        wanted = ", ".join([*columns.choices, f"length({select.raw})"])
        found = self._session.run(
            f"SELECT {wanted} FROM ({select.sql}) WHERE fault IS NULL", select.parameters
        )
        return [row[:-1] for row in found if any(text is not None for text in row[:-1])]


def _columns_at(references: Sequence[Reference]) -> Columns:
    """Columns with a text for each value of a record."""
    return Columns({f"f{at}": Choice.of(it) for at, it in enumerate(references)})


def _column(name: str, texts: Sequence[str | None]) -> Sample:
    """A column of these texts, with None for blank ones and those that mean a null."""
    nulls = [text for text in dict.fromkeys(texts) if text and re.fullmatch(NULL_TIME, text)]
    return Sample(name, [None if not (it and it.strip()) or it in nulls else it for it in texts], nulls)


class _Guess:
    """A mapping that is completed with what the columns of a file most likely mean; `also` is what else there
    is to say."""

    def __init__(self, file: Headers, columns: Sequence[Sample], mapping: Mapping, source: Source) -> None:
        self._file = file
        self._path = source.label
        self._columns = columns
        kept = {name: meant for name, text in mapping.map.items() if (meant := self._meant(text)) is not None}
        self.mapping = replace(mapping, map=kept)
        lenient = replace(self.mapping, optional=frozenset(kept))
        self._choices = choices_of(file, lenient, source.folders)
        self._given = {*constants_of(source.folders, mapping), *mapping.set}
        self._dropped = mapping.map.keys() - kept
        self.also: list[str] = []

    def _meant(self, text: str) -> str | None:
        """A rule of `--map`, with the nearest column for each that the file lacks; None if there is none."""
        parts = text.split("|")
        if not text or self._file.matching(text) or any(all(map(self._has, it.split("+"))) for it in parts):
            return text
        words = re.split(r"([|+])", text)
        meant = [it if it in "|+" or self._has(it) else nearest(self._file, it) for it in words]
        return "".join(filter(None, meant)) if all(meant) else None

    def _has(self, text: str) -> bool:
        """Whether the file has a column."""
        found = references_of(self._file, text)
        return bool(found) and is_seen(found[0], self._file)

    def complete(self, *, has_times: bool) -> bool:
        """Add what is missing; False where it is not known what gives the contact or the time."""
        events = self._add_event()
        if not events and are_messages(self._columns):
            return False  # the first one of each contact may be an event, the others are not
        has_time = self._add_time(of_events=events) or (not has_times and not events and self._ask_for_day())
        if not has_time or not self._add_contact(of_events=events):
            return False
        self._add_parts()
        self._add_decisions()
        self._add_name()
        self._add_formats()
        return self._replace_dropped()

    def _replace_dropped(self) -> bool:
        """Add the column that has the name of a field whose `--map` names none; False where there is none."""
        for field in self._dropped - self.mapping.map.keys():
            named = self._named(field)
            if named is None:
                return False
            self._map(field, named.name)
        return True

    def _named(self, field: str) -> Sample | None:
        """The column that gives a field by its name or by `--map`, if it is certain which one."""
        choice = self._choices.get(field)
        if choice is None or (field not in self.mapping.map and len(choice.ranks[0]) > 1):
            return None
        reference = choice.references[0]
        name = joined(self._file.names[reference.place], reference.path)
        return next((it for it in self._columns if it.name == name), None)

    def _map(self, field: str, text: str) -> None:
        self.mapping = replace(self.mapping, map={**self.mapping.map, field: text})

    def _map_unless_named(self, field: str, text: str) -> None:
        """Add a column for a field, unless it gives the field already."""
        named = self._named(field)
        if named is None or named.name != text:
            self._map(field, text)

    # What happened

    def _add_event(self) -> bool:
        """Add where the kinds of events come from, and return whether it is a column."""
        named = self._named("event")
        tells_some = named is not None and any(known_kind(it) or self._has_rule(it) for it in named.texts)
        if self.mapping.event and named and not tells_some and not likely_events([named]):
            self._map("event", "")  # its values, none of them an event, would override --event
        if self.mapping.event or self.mapping.kinds or "event" in self._given:
            return False
        mapped = named if self.mapping.map.get("event") else None  # it has events, whatever its name
        known = likely_events([replace(mapped, name="event")]) if mapped else None
        found = (mapped, known[1]) if mapped and known else likely_events([named]) if named else None
        if found := found or (None if mapped else likely_events(self._columns)):
            column, kinds = found
            self._map_unless_named("event", column.name)
            self._add_rules(kinds)
            kept = [kinds.get(value or "") is not None for value in column.values]
            self._columns = [it.only(kept) for it in self._columns]
            return True
        unknown = mapped or next((it for it in self._columns if names_events(it)), None)
        if named and self._file.paths and len(set(named.texts)) > 1:
            unknown = unknown or named  # in a record with parts, mostly a webhook
        if unknown:
            self._map_unless_named("event", unknown.name)
            self._ask_for_kinds(unknown)
            return True
        if tells_some:
            return True  # without the column, contacts that it calls deleted would be added
        if "event" in self._choices:
            self._map("event", "")  # its values are no events
        elif merging_references(self._choices, self._file):
            return False
        self._add_kinds()
        return False

    def _ask_for_kinds(self, column: Sample) -> None:
        """Add what the user has to complete: what the values of events mean, none of which is known."""
        texts = [text for text, _ in Counter(column.texts).most_common() if not self._has_rule(text)]
        if not texts:
            return
        asked = [text for text in texts if _is_plain(text)][:_MOST_ASKED]
        rules = dict.fromkeys(asked, _KIND) | ({"*": LEAVE_OUT} if len(asked) < len(texts) else {})
        self._add_values("event", rules)
        self.also.append(f"in place of {_KIND}, write {either((*KINDS, LEAVE_OUT))} (to skip such records)")

    def _has_rule(self, text: str) -> bool:
        """Whether `--value` says what this value of an event means."""
        given = self.mapping.values.get("event", {})
        stars = tuple(it.removesuffix("*") for it in given if it.endswith("*"))
        return text in given or text.startswith(stars)

    def _add_values(self, field: str, rules: abc.Mapping[str, str]) -> None:
        """Add rules for the values of a field, over those that are given."""
        values = {**self.mapping.values, field: {**self.mapping.values.get(field, {}), **rules}}
        self.mapping = replace(self.mapping, values=values)

    def _add_rules(self, kinds: abc.Mapping[str, str | None]) -> None:
        """Add what the values of events mean, of which some mean none."""
        texts = [text for text in kinds if not self._has_rule(text)]
        rules = {text: kind for text in texts if (kind := kinds[text]) and known_kind(text) is None}
        others = [text for text in texts if kinds[text] is None]
        if len(others) > _MOST_RULES or not all(map(_is_plain, others)):
            rules |= {text: kind for text in texts if (kind := known_kind(text))}
            others = ["*"]
        rules |= dict.fromkeys(others, LEAVE_OUT)
        if all(map(_is_plain, rules)):
            self._add_values("event", rules)

    def _add_kinds(self) -> None:
        """Add the kind of all records, or the columns with the times of several."""
        times = likely_times(self._columns)
        added = self._time(of_events=False)
        kinds = {**({ADDED: added} if added else {}), **times}
        if times:
            self.mapping = replace(self.mapping, kinds={it: kinds[it].name for it in KINDS if it in kinds})
            given = self.mapping.values.get("timestamp", {})
            nulls = [text for column in kinds.values() for text in column.nulls if text not in given]
            self._add_values("timestamp", dict.fromkeys(nulls, ""))
        else:
            self._add_kind(added)

    def _add_kind(self, time: Sample | None) -> None:
        """Add the kind of all records: the one that the name of the file tells, unless their times are those
        of additions."""
        kind = told_kind(time.name) if time else None
        if kind != ADDED:
            kind = told_kind(self._path)
        if kind != MERGED:
            self.mapping = replace(self.mapping, event=kind or ADDED)
            return
        self.mapping = replace(self.mapping, set={**self.mapping.set, "event": _KIND})
        self.also.append(f"in place of {_KIND}, write {either(KINDS)}")

    # When, and to whom

    def _time(self, *, of_events: bool) -> Sample | None:
        named = self._named("timestamp")
        if named and (named.is_time or not named.texts):
            return named
        return likely_time(self._columns, of_events=of_events)

    def _add_time(self, *, of_events: bool) -> bool:
        if self.mapping.kinds or "timestamp" in self._given:
            return True
        time = self._time(of_events=of_events)
        if time is None:
            return "timestamp" in self.mapping.map  # a rule of several columns
        self._map_unless_named("timestamp", "+".join(it.name for it in likely_parts(self._columns, time)))
        return True

    def _ask_for_day(self) -> bool:
        """Add what the user has to complete where no column of a plain table has times: when contacts were
        added. Records with parts may have times in parts that were not looked at; a line with a time is no
        header of such a table, but a title or a record."""
        is_header = not any(likely_formats([name]) for name in self._file.names)
        if self._file.paths or not is_header or any(map(is_time_named, self._columns)):
            return False
        self.mapping = replace(self.mapping, set={**self.mapping.set, "timestamp": _DATE})
        self.also.append(f"no column has times; in place of {_DATE}, write the day of these events")
        return True

    def _add_contact(self, *, of_events: bool) -> bool:
        if "contact_id" in {*self._given, *self.mapping.map} or self._named("contact_id"):
            return True
        contact = likely_id(self._columns, of_events=of_events)
        if contact:
            self._map("contact_id", contact.name)
        return contact is not None

    def _add_parts(self) -> None:
        """For fields whose columns hold values with parts, add which part gives the field, or that none does:
        where another option reads a part of the column, the column is the contact or the whole record."""
        given = {*self.mapping.map.values(), *self.mapping.kinds.values()}
        for field, choice in self._choices.items():
            inside = [
                path for it in choice.references for path in self._file.within(self._file.names[it.place])
            ]
            if inside and field not in self.mapping.map:
                part = likely_part(field, inside) if given.isdisjoint(inside) else None
                self._map(field, part or "")

    def _add_decisions(self) -> None:
        """Add which one of several columns, all named after a field, gives it. JSON records may differ."""
        for field, choice in self._choices.items() if self._file.paths is None else ():
            if field not in self.mapping.map and len(choice.ranks[0]) > 1:
                names = self._file.named([it.place for one in choice.ranks[0] for it in one])
                self._map(field, field if field in names else names[0])

    def _add_name(self) -> None:
        if "contact_name" not in {*self._choices, *self._given, *self.mapping.map}:
            contact = self.mapping.map.get("contact_id", "")
            used = {self._file.names[it.place] for one in self._choices.values() for it in one.references}
            if name := likely_name([it for it in self._columns if it.name not in used], contact):
                self._map("contact_name", name)

    def _add_formats(self) -> None:
        """Add the formats of the times, and the zone that their headers or texts name."""
        columns = self._columns_of_times()
        unzoned = (it for it in columns if not parted_zone(it.name)[1] and not parted_offset(it.name)[1])
        if any({"utc", "gmt"}.intersection(it.words) for it in unzoned) and not self.mapping.input_timezone:
            self.mapping = replace(self.mapping, input_timezone=ZoneInfo("UTC"))
        if self.mapping.kinds:
            texts = [text for column in columns for text in column.texts]
        else:
            texts = [" ".join(filter(None, row)) for row in zip(*(it.values for it in columns), strict=True)]
        forms = Forms([compile_format(it) for it in self.mapping.timestamp_formats])
        readings = likely_formats([text for text in texts if text and not forms.looks_good(text)])
        if readings and readings[0]:
            words = () if self.mapping.input_timezone else zone_words(readings[0])
            cities = {city for word in words for city in meant(word)}
            if len(cities) > 1:
                return  # a format with such a word would read the times in the store's zone
            if cities:
                self.mapping = replace(self.mapping, input_timezone=ZoneInfo(cities.pop()))
            self.mapping = replace(self.mapping, timestamp_formats=readings[0])
        if len(readings) > 1:
            other = " ".join(f"--timestamp-format {shlex.quote(it)}" for it in readings[1])
            first, second = ("months", "days") if is_day_first(readings[0]) else ("days", "months")
            self.also.append(f"if {first} come before {second}, use {other}")

    def _columns_of_times(self) -> list[Sample]:
        """The columns of times: those of each kind, or those that are the time together."""
        names = self.mapping.kinds.values() or pieces(self._file, self.mapping.map.get("timestamp", ""))
        columns = [it for name in names for it in self._columns if it.name == name]
        named = self._named("timestamp")
        return columns or ([named] if named else [])


def _is_plain(text: str) -> bool:
    """Whether a value can be written out in a message."""
    return len(text) <= _SHOWN and text.isprintable() and "'" not in text
