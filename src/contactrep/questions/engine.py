"""The contract between questions and engines: what an engine is given, and what it must guarantee.

Questions are SQL in DuckDB's spelling, kept to what sqlglot can translate. What no translation gets right is
written through the engine's `Dialect`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, Self

from contactrep.events import KINDS
from contactrep.period import Span

Row = tuple[Any, ...]
Times = tuple[datetime, datetime]


class FileKind(NamedTuple):
    """A file format, and how its text is compressed; Parquet compresses by itself.

    `partition_by`: the column by which a folder gets folders such as `day=2026-11-05`, whose files have the
    other columns. Parquet only.
    """

    form: Literal["csv", "parquet", "jsonl", "xlsx"]
    compression: Literal["none", "gzip", "zstd"] = "none"
    partition_by: str | None = None


@dataclass(frozen=True)
class Extent:
    """The events of `kinds` in `times`: [start, end), naive, in UTC; None means at any time.

    Those of the kinds `always` matter at any time; they may occur twice.
    """

    kinds: tuple[str, ...] = KINDS
    times: Times | None = None
    always: tuple[str, ...] = ()

    @classmethod
    def of(cls, kinds: Sequence[str], *spans: Span, always: Sequence[str] = ()) -> Self:
        """The events of `kinds` from the first to the last of some spans."""
        start = min(utc(span.start.instant) for span in spans)
        return cls(tuple(kinds), (start, max(utc(span.end.instant) for span in spans)), tuple(always))


@dataclass(frozen=True)
class Question:
    """One SELECT with its named parameters (`$name` in the SQL).

    `extent`: the only events that the answer depends on. `duplicates_matter=False`: the answer is the same
    when an event occurs twice. An engine over raw files may skip deduplication of whatever these two exclude.
    `by_time`: the answer has the events from the parameter `start` to `end`, in order of time. An engine may
    therefore split this span and ask for one slice after another.
    """

    sql: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    extent: Extent = Extent()
    duplicates_matter: bool = True
    by_time: bool = False


class Dialect(Protocol):
    """The expressions that engines spell differently.

    Each method takes SQL expressions (or the name of a bound parameter) and returns one SQL expression,
    which may be used anywhere in a larger one. A null argument gives null unless the method says otherwise.
    A time is an expression of type TIMESTAMP without zone, in UTC.
    """

    def microseconds(self, time: str) -> str:
        """The integer number of microseconds from 1970 to a time."""

    def is_within(self, start: str, end: str) -> str:
        """Whether an event's `ts` is at or after the parameter `start` and before `end`."""

    def quotient(self, number: str, divisor: str) -> str:
        """The whole part of a division of integers that are not negative."""

    def is_one_of(self, text: str, name: str) -> str:
        """Whether a text is in the parameter `name`, a list of texts; compared by code points."""

    def are_one_of(self, texts: Sequence[str], name: str) -> str:
        """Whether a list of texts is in the parameter `name`, a list of such lists."""

    def folded(self, text: str) -> str:
        """A text for comparison without regard to case: each code point to its simple upper case, and that to
        its simple lower case, so that Σ, σ and ς are one letter; columns and parameters alike."""

    def has_part(self, column: str, name: str) -> str:
        """Whether a text column of `events` contains one of the texts in the parameter `name`, both folded.
        There may be many thousands of texts."""

    def is_formula(self, text: str) -> str:
        """Whether a spreadsheet would run a text: it begins with one of `events.FORMULA_STARTS` and does not
        match `events.HARMLESS_START` as a whole. False for an empty text and for null."""

    def iso_text(self, time: str) -> str:
        """A time as text: `2026-11-05T10:00:00Z`; with six decimals unless they are 0: `10:00:00.000001Z`."""

    def utc_day(self, time: str) -> str:
        """The day of a time as text: `2026-11-05`."""

    def instant(self, time: str) -> str:
        """A time as the type that Parquet writes as an instant in UTC."""


class Engine(Protocol):
    """Answers questions about one set of events.

    An implementer must guarantee:

    - **Relations.** Questions read `events(ts, event, contact_id, merged_contact_id, contact_name, channel,
      source, user_id, user_name)` with `ts` a time without zone in UTC, no text empty, and merged_contact_id
      in merges only; `users(id, name)`, the list of user names; `workspace(timezone)`, one row. An engine
      that `keeps_loads` also has `loads`, `files`, `rejects` and `events.load`, which only
      `questions.holdings` reads (`status`, `loads`, `rejects`).
    - **Read-only.** No question changes data, opens other files, or uses the network.
    - **One snapshot.** All questions of a run see the same events, or fail.
    - **Each event once.** Of events that are equal by `identity` only the first one counts, in the order of
      files and lines (their other fields may differ). Equal merges in one file are separate events.
    - **Order.** Text sorts by code point. Every question states where nulls sort.
    """

    @property
    def dialect(self) -> Dialect:
        """How this engine spells what SQL has no common form for."""

    costly: bool
    """Whether every question costs about a second, so that one large question is better than several."""

    keeps_loads: bool
    """Whether there are loads, files and rejected records to ask for."""

    def batches(self, question: Question) -> Iterator[Sequence[Row]]:
        """Answer a question in bounded memory.

        Args:
            question: What to ask; its parameters are bound, never spliced into the SQL.

        Returns:
            The rows in the question's order, some thousands at a time: times as naive datetimes in UTC, text
            as str, counts as int. Read all of them before the next question.

        Raises:
            ContactrepError: The events cannot be read, have changed since the run began, or need more
                memory than the run may use, at any batch. The message says what to do.
        """

    def require_room(self, size: int) -> None:
        """Raise ContactrepError if the run has no room for names and counts of `size` bytes in Python."""

    def write(self, question: Question, path: Path, kind: FileKind) -> int:
        """Write an answer to a file.

        Args:
            question: As for `batches`; the file has its columns, in its order.
            path: The file to fill, which the engine was opened with; the caller removes it on failure.
            kind: Its format (any but xlsx); text is UTF-8, quoted only where needed, with a header line in
                CSV.

        Returns:
            The number of rows.

        Raises:
            OutputProblem: The disk is full or the file cannot be written.
            ContactrepError: As for `batches`.
        """


def rows(engine: Engine, question: Question) -> Iterator[Row]:
    """The rows of an answer one by one, in bounded memory. Read all of them before the next question."""
    for batch in engine.batches(question):
        yield from batch


def ask(engine: Engine, question: Question) -> list[Row]:
    """All rows of an answer."""
    return list(rows(engine, question))


def value(engine: Engine, question: Question) -> Any:
    """The first column of the first row of an answer."""
    return ask(engine, question)[0][0]


def of_kinds(kinds: Collection[str]) -> str:
    """SQL that keeps the events of `kinds`, as ` AND …`; empty for all kinds."""
    if set(kinds) == set(KINDS):
        return ""
    return f" AND event IN ({quoted(kinds)})"


def quoted(texts: Iterable[str]) -> str:
    """Texts of our own as a list in SQL."""
    return ", ".join(f"'{text}'" for text in texts)


def bounds(span: Span, start: str = "start", end: str = "end") -> dict[str, object]:
    """The parameters of `Dialect.is_within` for a span."""
    return {start: utc(span.start.instant), end: utc(span.end.instant)}


def utc(instant: datetime) -> datetime:
    """An instant as events store it: naive, in UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def aware(stored: datetime) -> datetime:
    """A stored time (naive, UTC) as an instant."""
    return stored.replace(tzinfo=UTC)
