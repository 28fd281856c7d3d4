"""A table on a cluster as events: which column means what, and the views that questions read.

Needs Spark's client, and is imported where that is known to be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import functions as make

from contactrep.cluster import ClusterTable
from contactrep.engines.spark.dialect import DATE, INSTANT, PLACED, ROWS, WALL, SparkDialect
from contactrep.errors import InputProblem, MappingProblem
from contactrep.events import (
    COLUMNS,
    DELETED,
    INVISIBLE,
    KIND_BY_KEY,
    KINDS,
    KNOWN_SOURCES,
    MERGED,
    SOURCE_BY_KEY,
    USER_SOURCE,
)
from contactrep.read.columns import resolve_columns
from contactrep.read.mapping import LEAVE_OUT
from contactrep.read.mapping import Mapping as Reading
from contactrep.read.values import ROUNDED, WHITESPACE

if TYPE_CHECKING:
    from pyspark.sql.connect.column import Column
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

_TEXT_OR_WHOLE: Final = re.compile(
    r"(string|varchar|char)\b.*|tinyint|smallint|int|bigint|decimal\(\d+,0\)", re.DOTALL
)
_PLACES: Final = {"contactrep_file": "_metadata.file_path", "contactrep_line": "_metadata.row_index"}
_LETTERS: Final = {it: it.casefold() for it in map(chr, range(0x80, 0x1E944)) if it.casefold().isascii()}
"""Letters outside ASCII whose casefolded form is ASCII, such as ß and ligatures, with that form."""


def define(
    spark: SparkSession,
    table: ClusterTable,
    reading: Reading,
    timezone: ZoneInfo,
    users: Sequence[tuple[str, str | None]],
) -> SparkDialect:
    """Make the views that questions read, and say how questions on them are spelled.

    InputProblem where a column is missing, or of a type that a field cannot have.
    """
    frame = spark.table(table.name) if table.name else _files(spark, str(table.path))
    try:
        columns = _Columns.of(frame.dtypes, table, reading, timezone)
    except InputProblem as problem:
        # `status` and `users list` have no option --map.
        is_mapped = isinstance(problem, MappingProblem) and problem.way.startswith("use --map ")
        config = ", or set it under [map] in the config" if is_mapped else ""
        raise InputProblem(f"{table}: {problem}{config}") from None
    columns.events(frame).createOrReplaceTempView(ROWS)
    columns.events(_with_places(frame), *_PLACES).createOrReplaceTempView(PLACED)
    spark.createDataFrame(list(users), "id STRING, name STRING").createOrReplaceTempView("users")
    spark.sql("SELECT :zone AS timezone", {"zone": timezone.key}).createOrReplaceTempView("workspace")
    return columns.dialect


def _files(spark: SparkSession, path: str) -> DataFrame:
    """The rows of Parquet files with the columns of all of them: Spark alone looks at one file. Where the
    files disagree about the type of a column, it is that of this one file."""
    try:
        merged = spark.read.option("mergeSchema", "true").parquet(path).schema
    except PySparkException:
        return spark.read.parquet(path)
    return spark.read.schema(merged).parquet(path)


def _with_places(frame: DataFrame) -> DataFrame:
    """The rows with their file and their place in it, where the table has files; else with neither."""
    placed = frame.select("*", *(make.col(place).alias(name) for name, place in _PLACES.items()))
    try:
        placed.schema  # noqa: B018 - Spark looks at it only now
    except AnalysisException:
        return frame.select("*", *(make.lit(None).cast("string").alias(name) for name in _PLACES))
    return placed


@dataclass(frozen=True)
class _Columns:
    """Where the fields of an event are in a table. `fields` are the columns by field, with their types;
    `timezone` is that of times without one; `event` the kind of rows that name none; `day` the declared day,
    with its type."""

    fields: Mapping[str, tuple[str, str]]
    reading: Reading
    timezone: ZoneInfo
    event: str | None
    day: tuple[str, str] | None

    @classmethod
    def of(
        cls, dtypes: Sequence[tuple[str, str]], table: ClusterTable, reading: Reading, timezone: ZoneInfo
    ) -> Self:
        """InputProblem where a field is missing or of another type."""
        _refuse_what_files_need(reading)
        found = resolve_columns([name for name, _ in dtypes], reading)
        fields = {field: dtypes[place] for field, place in found.plain.items()}
        if not fields:
            raise InputProblem("on a cluster --map takes one column for each field, without + and |")
        for field, (name, kind) in fields.items():
            _check_type(field, name, kind)
        day = next((it for it in dtypes if table.day and it[0].lower() == table.day.lower()), None)
        if table.day and day is None:
            raise InputProblem(f"no column '{table.day}' for day={table.day}")
        if day and day[1] not in (DATE, "string"):
            raise InputProblem(f"column '{day[0]}' for day is of type {day[1]}: it must be a date or a text")
        zone = found.zone or reading.input_timezone or timezone
        return cls(fields, reading, zone, found.event, day)

    @property
    def dialect(self) -> SparkDialect:
        """How questions on these columns are spelled."""
        time = WALL if self._is_shifted else INSTANT if self._time[1] == INSTANT else None
        return SparkDialect(time, self.day[1] if self.day else None)

    @property
    def _time(self) -> tuple[str, str]:
        return self.fields["timestamp"]

    @property
    def _is_shifted(self) -> bool:
        """Whether times are those of another zone than UTC."""
        return self._time[1] != INSTANT and self.timezone.key != "UTC"

    def events(self, frame: DataFrame, *further: str) -> DataFrame:
        """The rows of a table as events, with what narrows the files to read, and with further columns."""
        own_time = make.col(_quoted(self._time[0]))
        ts = make.to_utc_timestamp(own_time.cast("timestamp"), self.timezone.key)
        columns = {
            "own_time": own_time,
            "ts": (ts if self._is_shifted else own_time).cast("timestamp_ntz"),
            **{field: self._text(field) for field in COLUMNS[2:]},
            "event": _kind(self._text("event"), self.event),
            **({"own_day": make.col(_quoted(self.day[0]))} if self.day else {}),
            **{name: make.col(name) for name in further},
        }
        rows = frame.where(~self._is_left_out()).select(*(it.alias(name) for name, it in columns.items()))
        contact, merged, event = map(make.col, ("contact_id", "merged_contact_id", "event"))
        is_merge = event == MERGED
        return rows.withColumns(
            {
                "event": make.when(~(is_merge & _is_rounded(merged)), event),
                "contact_id": make.when(_is_filled(contact) & ~_is_rounded(contact), contact),
                "merged_contact_id": make.when(is_merge & _is_filled(merged), merged),
                "source": _source(make.col("source"), event),
            }
        )

    def _own_text(self, field: str) -> Column:
        """What a table has for a field; Spark answers with an error where that is not UTF-8."""
        name, kind = self.fields.get(field, ("", ""))
        own = make.col(_quoted(name)) if name else make.lit(None)
        return make.validate_utf8(own) if kind == "string" else own.cast("string")

    def _text(self, field: str) -> Column:
        """A field as text after the rules on it, null where it is empty."""

        def text(new: str) -> Column:
            return make.lit(None if new == LEAVE_OUT else new)

        ruled = make.nullif(self._ruled(field, text, self._own_text(field)), make.lit(""))
        given = self.reading.set.get(field)
        return ruled if given is None else make.coalesce(ruled, make.lit(given))

    def _is_left_out(self) -> Column:
        """Whether a rule leaves a row out on purpose."""
        left_out = no = make.lit(False)  # noqa: FBT003 - the value itself
        for field in self.reading.values:
            left_out = left_out | self._ruled(field, lambda new: make.lit(new == LEAVE_OUT), no)
        return left_out

    def _ruled(self, field: str, meaning: Callable[[str], Column], otherwise: Column) -> Column:
        """What becomes of a field by the rules on it; `otherwise`, where none of them meets its text."""
        text, cases = make.coalesce(self._own_text(field), make.lit("")), make
        rules = self.reading.rules(field)
        for old, new in rules.items():
            meets = text == old
            if old.endswith("*"):
                meets = (text != "") & text.startswith(old[:-1])  # an empty text has no beginning
            cases = cases.when(meets, meaning(new))
        return cases.otherwise(otherwise) if rules else otherwise


def _refuse_what_files_need(reading: Reading) -> None:
    """InputProblem for what a cluster cannot do to a table."""
    refused = {
        "--event KIND=COLUMN": reading.kinds,
        "--records": reading.records,
        "--sheet": reading.sheet,
        "--encoding": reading.encoding,
        "--skip-lines": reading.skip_lines,
        "--timestamp-format": reading.timestamp_formats,
        "--set timestamp": reading.set.get("timestamp"),
        "--value timestamp": reading.values.get("timestamp"),
    }
    for option, given in refused.items():
        if given:
            raise InputProblem(
                f"{option} is for files: for a table on a cluster use --map FIELD=COLUMN, --set, --value,"
                " --event KIND and --input-timezone"
            )


def _check_type(field: str, name: str, found: str) -> None:
    """InputProblem unless a column can give the field."""
    if field == "timestamp":
        good, wanted = found in (INSTANT, WALL, DATE), "a timestamp or a date"
    else:
        good, wanted = bool(_TEXT_OR_WHOLE.fullmatch(found)), "a text or a whole number"
    if not good:
        raise InputProblem(f"column '{name}' for {field} is of type {found}: it must be {wanted}")


def _quoted(name: str) -> str:
    """A column's name, which may have points and spaces."""
    return "`" + name.replace("`", "``") + "`"


def _is_filled(text: Column) -> Column:
    """Whether an id is not blank."""
    return make.ascii(text).between(ord("!"), ord("~")) | (make.trim(text, make.lit(WHITESPACE)) != "")


def _is_rounded(text: Column) -> Column:
    """Whether a spreadsheet has rounded an id; false where there is none."""
    has_point = make.contains(text, make.lit(".")) | make.contains(text, make.lit(","))
    return make.coalesce(has_point & text.rlike(rf"\A\s*{ROUNDED}\s*\z"), make.lit(False))  # noqa: FBT003


def _kind(text: Column, default: str | None) -> Column:
    """An event's kind; null for a text that names none."""
    named = make.coalesce(text, make.lit(""))
    return _spelled(named, KINDS, KIND_BY_KEY | ({"": default} if default else {}))


def _source(text: Column, event: Column) -> Column:
    """An event's source: a known one in its one spelling; of deletions and merges without one, User."""
    own = make.coalesce(_spelled(text, KNOWN_SOURCES, SOURCE_BY_KEY), text)
    return make.when(text.isNotNull(), own).when(event.isin(DELETED, MERGED), make.lit(USER_SOURCE))


def _spelled(text: Column, known: Sequence[str], by_key: Mapping[str, str]) -> Column:
    """The known value of a text, compared by `events.match_key`; null for others. Most need no key."""
    key: Any = make.lower(text)
    for letter, letters in _LETTERS.items():
        key = make.replace(key, make.lit(letter), make.lit(letters))
    key = make.regexp_replace(key, f"[ _{INVISIBLE}-]", "")
    meanings = make.create_map(*(make.lit(it) for pair in by_key.items() for it in pair))
    return make.when(text.isin(*known), text).otherwise(make.try_element_at(meanings, key))
