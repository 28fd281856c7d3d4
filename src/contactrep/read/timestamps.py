"""Timestamps: which texts are one, as patterns that RE2 and Python both read, and what they mean, as SQL.

Accepted without being asked: ISO 8601 with an offset, `Z` or neither, with a space or `T`; a date alone;
9 or 10 digits as seconds since 1970, 12 or 13 as milliseconds. Nothing is guessed: DuckDB by itself would
take `31/12/26` as the year 31 and drop the offset of a TIMESTAMP without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from contactrep.errors import UsageProblem
from contactrep.zones import Transition

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9](?::?[0-5][0-9])?)?)"

_TIME = rf"{_CLOCK}(?::[0-5][0-9](?:\.[0-9]+)?)?"
_LOOSE_TIME = rf"{_CLOCK}(?::[0-5][0-9](?:[.,][0-9]+)?)?"

INSTANT: Final = rf"^{_DATE}[T ]{_TIME}{_OFFSET}$"
WALL: Final = rf"^{_DATE}(?:[T ]{_TIME})?$"
"""ISO 8601 just as DuckDB casts it, with an offset and without."""

LOOSE: Final = rf"(?i)^[ \t]*{_DATE}(?:[T ]{_LOOSE_TIME} ?{_OFFSET}?)?[ \t]*$"
"""ISO 8601 too: with `t` and `z`, a comma before the fraction, a space before the offset, blanks around."""

SECONDS: Final = r"^[ \t]*[0-9]{9,10}(?:\.[0-9]+)?[ \t]*$"
MILLISECONDS: Final = r"^[ \t]*[0-9]{12,13}[ \t]*$"
_ENDS_IN_OFFSET: Final = rf"(?i):[^:]*{_OFFSET}[ \t]*$"

STANDARD: Final = {"instant": INSTANT, "wall": WALL, "loose": LOOSE, "s": SECONDS, "ms": MILLISECONDS}
"""The accepted forms, by name, in the order in which they are tried."""

FIRST, LAST = "0002-01-01", "9999-01-01"
"""Instants from FIRST until before LAST (UTC) are kept: every zone can show them."""

ACCEPTED = "ISO 8601, or epoch seconds or milliseconds; anything else needs --timestamp-format"


@dataclass(frozen=True)
class Format:
    """A strptime format: `text` as DuckDB takes it, `pattern` what Python takes, whether it has an offset.

    `replaces` says that what the format writes could be read as a standard form, so that only the
    format is believed: `%Y-%d-%m` must not fall back on `%Y-%m-%d`.
    """

    text: str
    pattern: str
    offset: bool
    replaces: bool


# Python's own patterns (_strptime), so that the two agree on what a directive takes.
_DIRECTIVES: Final = {
    "a": "(?:mon|tue|wed|thu|fri|sat|sun)",
    "A": "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "b": "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "B": "(?:january|february|march|april|may|june|july|august|september|october|november|december)",
    "d": "(?:3[01]|[12][0-9]|0[1-9]|[1-9]| [1-9])",
    "f": "[0-9]{1,6}",
    "G": "[0-9]{4}",
    "H": "(?:2[0-3]|[01][0-9]|[0-9])",
    "I": "(?:1[0-2]|0[1-9]|[1-9])",
    "j": "(?:36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9])",
    "m": "(?:1[0-2]|0[1-9]|[1-9])",
    "M": "(?:[0-5][0-9]|[0-9])",
    "p": "(?:am|pm)",
    "S": "(?:[0-5][0-9]|[0-9])",
    "u": "[1-7]",
    "U": "(?:5[0-3]|[0-4][0-9]|[0-9])",
    "V": "(?:5[0-3]|0[1-9]|[1-4][0-9]|[0-9])",
    "w": "[0-6]",
    "W": "(?:5[0-3]|[0-4][0-9]|[0-9])",
    "y": "[0-9]{2}",
    "Y": "[0-9]{4}",
    "z": "(?:[+-][0-9]{2}:?[0-5][0-9](?::?[0-5][0-9])?|Z)",
    "Z": "(?:utc|gmt)",
    "%": "%",
}
_COMPOUND: Final = {"%c": "%a %b %d %H:%M:%S %Y", "%x": "%m/%d/%y", "%X": "%H:%M:%S"}
_SAMPLES: Final = (
    datetime(2026, 11, 25, 13, 7, 9, 123456, tzinfo=UTC),
    datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC),
    datetime(2031, 5, 17, 21, 45, 59, 500, tzinfo=UTC),
)


def compile_format(text: str) -> Format:
    """The Format of a strptime format; UsageProblem when Python knows no such format or it gives no date."""
    spelled = re.sub("%[cxX%]", lambda match: _COMPOUND.get(match[0], match[0]), text)
    written = [_written(sample, spelled, text) for sample in _SAMPLES]
    return Format(
        text=spelled,
        pattern=_pattern(spelled, text),
        offset=any(part in ("%z", "%Z") for part in re.findall("%.", spelled)),
        replaces=any(is_standard(value) for value in written),
    )


def _written(sample: datetime, spelled: str, text: str) -> str:
    """What the format makes of a sample, proven to be read back as the same day."""
    try:
        written = sample.strftime(spelled)
        again = datetime.strptime(written, spelled)  # noqa: DTZ007 - only its date is looked at
    except ValueError as error:
        raise UsageProblem(f"--timestamp-format '{text}': {error}") from None
    if again.date() != sample.date():
        raise UsageProblem(f"--timestamp-format '{text}' gives no whole date: it needs year, month and day")
    return written


def _pattern(spelled: str, text: str) -> str:
    parts = []
    for part in re.findall(r"%.|\s+|[^%\s]+", spelled, re.DOTALL):
        if part.startswith("%"):
            if part[1] not in _DIRECTIVES:
                raise UsageProblem(f"--timestamp-format '{text}': {part} is not supported")
            parts.append(_DIRECTIVES[part[1]])
        else:
            parts.append(r"\s+" if part.isspace() else re.escape(part))
    return f"(?i)^\\s*{''.join(parts)}\\s*$"


def is_standard(text: str) -> bool:
    """Whether `text` has one of the accepted forms; its date may still not exist."""
    return any(re.search(pattern, text) for pattern in STANDARD.values())


def recognizer(form: Format | None) -> Callable[[str], bool]:
    """Tells whether a text has the looks of a timestamp, to know a record when it sees one."""
    patterns = [re.compile(form.pattern)] if form else []
    if form is None or not form.replaces:
        patterns += [re.compile(pattern) for pattern in STANDARD.values()]
    return lambda text: any(pattern.search(text) for pattern in patterns)


def form_sql(column: str, form: Format | None) -> str:
    """SQL for which form a text has: one of STANDARD, 'own' (that of `form`), or null."""
    known = {"own": "$pattern"} if form else {}
    if form is None or not form.replaces:
        known |= {name: f"'{pattern}'" for name, pattern in STANDARD.items()}
    branches = [f"WHEN regexp_matches({column}, {pattern}) THEN '{name}'" for name, pattern in known.items()]
    return f"CASE {' '.join(branches)} END"


def parameters(form: Format | None) -> dict[str, str]:
    """What `form_sql` and `instant_sql` want bound."""
    return {"pattern": form.pattern, "format": form.text} if form else {}


def instant_sql(column: str, form_column: str, form: Format | None) -> str:
    """SQL for the TIMESTAMP: UTC where the text says so, else its wall time; null where no such date is.

    It is meant for a session in UTC, and takes no more than microseconds: further digits are cut off.
    """
    trimmed = f"trim({column}, ' \t')"
    tidy = rf"replace(regexp_replace(upper({trimmed}), ' ([Z+-])', '\1'), ',', '.')"
    seconds = f"regexp_extract({column}, '[0-9]+(?:\\.[0-9]{{1,6}})?')::DECIMAL(28, 6)"
    return f"""CASE {form_column} {_own_sql(column, form)}
        WHEN 'instant' THEN {_utc(column)}
        WHEN 'wall' THEN try_cast({column} AS TIMESTAMP)
        WHEN 'loose' THEN {_utc(tidy)}
        WHEN 's' THEN make_timestamp(({seconds} * 1000000)::BIGINT)
        WHEN 'ms' THEN make_timestamp({trimmed}::BIGINT * 1000) END"""


def _utc(text: str) -> str:
    # A cast to TIMESTAMP would ask for the session's zone at every row's time, though that is UTC.
    return f"make_timestamp(epoch_us(try_cast({text} AS TIMESTAMPTZ)))"


def _own_sql(column: str, form: Format | None) -> str:
    if form is None:
        return ""
    # DuckDB's %z knows no Z. With an offset it gives a TIMESTAMPTZ, which in UTC casts to UTC.
    text = rf"regexp_replace({column}, 'Z\s*$', '+0000')" if form.text.endswith("%z") else column
    return f"WHEN 'own' THEN try_strptime({text}, $format)::TIMESTAMP"


def naive_sql(column: str, form_column: str, form: Format | None) -> str:
    """SQL for whether the text leaves the zone open, so that `instant_sql` gives a wall time."""
    own = "false" if form and form.offset else "true"
    return f"""CASE {form_column} WHEN 'wall' THEN true WHEN 'own' THEN {own}
        WHEN 'loose' THEN NOT regexp_matches({column}, '{_ENDS_IN_OFFSET}') ELSE false END"""


# Wall time → instant


@dataclass(frozen=True)
class Shift:
    """SQL over wall times: the `offset` to take off, in microseconds, and `fold`: '', 'twice' or 'never'."""

    offset: str
    fold: str

    @property
    def folds(self) -> bool:
        """Whether there is a time at all that occurs twice or never."""
        return self.fold != _NO_FOLD


_NO_FOLD: Final = "''"


def shift_sql(column: str, changes: list[Transition], before: timedelta) -> Shift:
    """How wall times become instants in a zone, as zoneinfo does with fold=0; `before` all changes.

    A change at t from offset b to a governs the wall times from t + max(a, b) on; those from t + min(a, b)
    until then occur twice (a < b) or never (a > b).
    """
    offsets = [(None, before)] + [(_wall(change, max), change.after) for change in changes]
    folds: list[tuple[datetime | None, str]] = [(None, "")]
    for change in changes:
        folds.append((_wall(change, min), "twice" if change.after < change.before else "never"))
        folds.append((_wall(change, max), ""))
    return Shift(
        _steps(column, [(start, _microseconds(offset)) for start, offset in offsets]),
        _steps(column, [(start, f"'{fold}'") for start, fold in folds]),
    )


def certain_offset_sql(
    column: str, changes: list[Transition], before: timedelta, first: datetime, last: datetime
) -> str:
    """SQL for the offset (µs) of wall times from `first` until before `last` that occur just once, else null.

    `changes` are all of that time, `before` the offset before them.
    """
    steps: list[tuple[datetime | None, str]] = [(None, _microseconds(before))]
    for change in changes:
        steps.append((_wall(change, min), "NULL::BIGINT"))
        steps.append((_wall(change, max), _microseconds(change.after)))
    usual = f"{column} >= TIMESTAMP '{first}' AND {column} < TIMESTAMP '{last}'"
    return f"CASE WHEN {usual} THEN {_steps(column, steps)} END"


def _microseconds(offset: timedelta) -> str:
    return str(offset // timedelta(microseconds=1))


def _wall(change: Transition, pick: Callable[[timedelta, timedelta], timedelta]) -> datetime:
    return change.at.replace(tzinfo=None) + pick(change.before, change.after)


def _steps(column: str, steps: list[tuple[datetime | None, str]]) -> str:
    """SQL for a step function, each value holding from its start on; halved again and again, so that
    thousands of steps (a file from year 2 to 9998) cost a row a dozen comparisons."""
    if len(steps) == 1:
        return steps[0][1]
    middle = len(steps) // 2
    low, high = _steps(column, steps[:middle]), _steps(column, steps[middle:])
    return f"CASE WHEN {column} < TIMESTAMP '{steps[middle][0]}' THEN {low} ELSE {high} END"
