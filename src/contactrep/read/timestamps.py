"""Timestamps: which texts are one, as patterns that RE2 and Python both read, and what they mean, as SQL.

Accepted without a format: ISO 8601, a date alone, and epochs of 10 digits (seconds), 13, 16 or 19. Nothing is
guessed: DuckDB by itself would take `31/12/26` as the year 31, and drop offsets without a word. Only a text
that has none of the forms is tidied and tried again, so that clean files do not pay for the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Final
from zoneinfo import ZoneInfo

from contactrep import events
from contactrep.duck import Relation
from contactrep.errors import UsageProblem, either
from contactrep.zones import Transition, day_in, transitions, utc_offset

_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
_DATE = f"[0-9]{{4}}-{_MONTH}-{_DAY}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9](?::?[0-5][0-9])?)?)"
_TIME = rf"{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{1,9}})?)?"

INSTANT: Final = rf"^{_DATE}[T ]{_TIME}{_OFFSET}$"
WALL: Final = rf"^{_DATE}(?:[T ]{_TIME})?$"
"""ISO 8601 just as DuckDB casts it, with an offset and without."""

_LOOSE_DATE = f"[0-9]{{4}}(?:-{_MONTH}-|/{_MONTH}/){_DAY}"
_LOOSE_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
_BRACKETS = r"(?: ?\[[!a-z0-9_+/=.:-]+\])*"
_LOOSE_OFFSET = rf" ?(?:{_OFFSET}|UTC|GMT){_BRACKETS}"

LOOSE: Final = rf"(?i)^{_LOOSE_DATE}(?:[T ]{_LOOSE_TIME}(?:{_LOOSE_OFFSET})?)?$"
"""ISO 8601 too: with `t` and `z`, `/` in the date, a one-digit hour, a comma before the fraction, a space
before the offset, `UTC` or `GMT` as the offset, and a zone in brackets after it, which is ignored."""

EPOCH: Final = r"^[1-9](?:[0-9]{9}|[0-9]{12}|[0-9]{15}|[0-9]{18})(?:\.[0-9]+)?$"
"""Nobody fills an epoch with zeros: such digits are a row version, or a date that is not set."""

_COMPACT: Final = (
    rf"^(?:19|20)[0-9]{{2}}{_MONTH}{_DAY}(?:[01][0-9]|2[0-3])(?:[0-5][0-9][0-5][0-9][0-9]{{2}})?(?:\.|$)"
)
"""An EPOCH that may as well be a year, month, day and hour: it has no form."""

_ENDS_IN_OFFSET: Final = rf"(?i):[0-9.,:]*{_LOOSE_OFFSET}$"

STANDARD: Final = {"instant": INSTANT, "wall": WALL, "loose": LOOSE, "epoch": EPOCH}
"""The accepted forms, by name, in the order in which they are tried."""

SERIAL: Final = r"^[2-7][0-9]{4}(?:\.[0-9]+)?$"
"""What a spreadsheet writes for a day of 1954 to 2118 when its cell is not formatted as a date."""

FIRST, LAST = "0002-01-01", "9999-01-01"
"""Instants from FIRST until before LAST (UTC) are kept: every zone can show them."""

MARGIN: Final = timedelta(days=3)
"""More than any offset, so that no change near the first or last time is missed."""

INVISIBLE: Final = f"[{events.INVISIBLE}]"
"""A character that counts as a plain space in a timestamp, although it is none."""

# Browsers put marks of direction around each number of a date: beside a separator they are no space, nor is
# what else has no width. Spaces there stay, because a hyphen may begin an offset.
_WIDTHLESS: Final = "[\xad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
_BESIDE_SEPARATOR: Final = rf"{_WIDTHLESS}*([/.:-]){_WIDTHLESS}*"
_SPACES: Final = f"[ {events.INVISIBLE}]+"
_MINUS: Final = "\N{MINUS SIGN}"  # the one of ISO 8601, where it is more than ASCII


def tidy(text: str) -> str:
    """`text` with every run of spaces and invisible characters as one space, none around, and with hyphens
    for minus signs."""
    separated = re.sub(_BESIDE_SEPARATOR, r"\1", text.replace(_MINUS, "-"))
    return re.sub(_SPACES, " ", separated).strip(" ")


def tidy_sql(column: str) -> str:
    """SQL for `tidy`."""
    plain = f"replace({column}, '{_MINUS}', '-')"
    separated = rf"regexp_replace({plain}, '{_BESIDE_SEPARATOR}', '\1', 'g')"
    return f"trim(regexp_replace({separated}, '{_SPACES}', ' ', 'g'))"


@dataclass(frozen=True)
class TimestampFormat:
    """A value of --timestamp-format, as it was `written`.

    `pattern` is what it takes; `sql(text, own)` is SQL for its TIMESTAMP, in UTC if `offset`, else a wall
    time, over the parameters `bound` with `own` and `_` before their names. It `replaces` the standard forms
    where one could be what it writes: `%Y-%d-%m` must not fall back on `%Y-%m-%d`.
    """

    written: str
    pattern: str
    sql: Callable[[str, str], str]
    offset: bool
    replaces: bool = False
    bound: Mapping[str, str] = field(default_factory=dict)


def _epoch_sql(decimals: int, text: str, _: str = "") -> str:
    """SQL for the TIMESTAMP of an epoch whose unit is 10^`decimals` microseconds; what is less is cut off."""
    if decimals <= 0:
        whole = f"regexp_extract({text}, '^-?[0-9]+')::HUGEINT"
        return f"make_timestamp(({whole} // {10**-decimals})::BIGINT)"
    number = rf"regexp_extract({text}, '^-?[0-9]+(?:\.[0-9]{{1,{decimals}}})?')::DECIMAL(28, {decimals})"
    return f"make_timestamp(({number} * {10**decimals})::BIGINT)"


_UNITS: Final = {"epoch-s": (10, 6), "epoch-ms": (13, 3), "epoch-us": (16, 0), "epoch-ns": (19, -3)}
"""Of each epoch format, the digits before the point that a time of today has (one of the years 2 to 9998 has
at most two more), and the `decimals` of `_epoch_sql`."""


def _excel_sql(text: str, _: str) -> str:
    """SQL for the wall time of a serial number (day 1 is 1 January 1900), to the millisecond, for its
    decimals tell no more. Day 60 is 29 February 1900, which never was."""
    days = f"{text}::DOUBLE"
    before = f"CASE WHEN {days} < 60 THEN TIMESTAMP '1899-12-31' ELSE TIMESTAMP '1899-12-30' END"
    moment = f"make_timestamp(epoch_us({before}) + round({days} * 86400000)::BIGINT * 1000)"
    return f"CASE WHEN {days} >= 1 AND floor({days}) <> 60 THEN {moment} END"


NAMED: Final = {
    **{
        name: TimestampFormat(
            name, rf"^-?[0-9]{{1,{digits + 2}}}(?:\.[0-9]+)?$", partial(_epoch_sql, decimals), offset=True
        )
        for name, (digits, decimals) in _UNITS.items()
    },
    "excel": TimestampFormat("excel", r"^[0-9]{1,7}(?:\.[0-9]+)?$", _excel_sql, offset=False),
}
"""The formats that have a name."""

_MOST_NAMED: Final = 10  # formats in a reason
_WAY: Final = f"write it like '%d/%m/%Y %H:%M', or use {either(NAMED)}"

# Python's own patterns (_strptime), so that the two agree on what a directive takes. %f takes nine digits.
DIRECTIVES: Final = {
    "a": "(?:mon|tue|wed|thu|fri|sat|sun)",
    "A": "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "b": "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "B": "(?:january|february|march|april|may|june|july|august|september|october|november|december)",
    "d": "(?:3[01]|[12][0-9]|0[1-9]|[1-9]| [1-9])",
    "f": "[0-9]{1,9}",
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
    "z": "(?:[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9](?::?[0-5][0-9])?|Z)",
    "Z": "(?:utc|gmt)",
    "%": "%",
}
"""The pattern of each directive of strptime, in lower case."""

_WEEKDAYS: Final = "['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']"
_COMPOUND: Final = {"%c": "%a %b %d %H:%M:%S %Y", "%x": "%m/%d/%y", "%X": "%H:%M:%S"}
_OFFSET_IN_FORMAT: Final = r"%[zZ]|%[HIMSfp]\s*[(\[]?(?i:Z|UTC|GMT)(?![A-Za-z0-9]|\s*[+-])"
"""A directive for the offset, or UTC as a literal right after the time; `GMT+8` is another zone."""

_SAMPLES: Final = (
    datetime(2026, 11, 25, 13, 7, 9, 123456, tzinfo=UTC),
    datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC),
    datetime(2031, 5, 17, 21, 45, 59, 500, tzinfo=UTC),
)


def compile_format(text: str) -> TimestampFormat:
    """The TimestampFormat of a strptime format, or of a name in NAMED; UsageProblem when it gives no date."""
    if named := NAMED.get(text.strip().lower()):
        return named
    if "%" not in text:
        raise UsageProblem(f"--timestamp-format '{text}' has no directive: {_WAY}")
    spelled = re.sub("%[cxX%]", lambda match: _COMPOUND.get(match[0], match[0]), tidy(text))
    written = [_written(sample, spelled, text) for sample in _SAMPLES]
    sql, bound = _strptime(spelled, partial(_pattern, text=text))
    return TimestampFormat(
        written=text,
        pattern=f"^{_pattern(spelled, text)}\\s*$",
        sql=sql,
        offset=re.search(_OFFSET_IN_FORMAT, spelled.replace("%%", "")) is not None,
        replaces=any(_is_standard(value) for value in written),
        bound=bound,
    )


def _written(sample: datetime, spelled: str, text: str) -> str:
    """What the format makes of a sample, proven to be read back as the same day."""
    try:
        written = sample.strftime(spelled)
        again = datetime.strptime(written, spelled)  # noqa: DTZ007 - only its date is looked at
    except (ValueError, re.error) as error:  # a directive twice is an error of the pattern
        raise UsageProblem(f"--timestamp-format '{text}': {error}: {_WAY}") from None
    if again.date() != sample.date():
        raise UsageProblem(f"--timestamp-format '{text}' gives no whole date: it needs year, month and day")
    return written


def _pattern(spelled: str, text: str) -> str:
    """What a format takes, of letters in either case."""
    parts = []
    for part in re.findall(r"%.|\s+|[^%\s]+", spelled, re.DOTALL):
        if part.startswith("%"):
            if part[1] not in DIRECTIVES:
                raise UsageProblem(f"--timestamp-format '{text}': {part} is not supported")
            parts.append(DIRECTIVES[part[1]])
        else:
            parts.append(r"\s+" if part.isspace() else re.escape(part))
    return f"(?i:\\s*{''.join(parts)})"


def _strptime(
    spelled: str, pattern: Callable[[str], str]
) -> tuple[Callable[[str, str], str], dict[str, str]]:
    """SQL for what Python's strptime makes of a text, and its parameters; `pattern` returns the pattern of a
    part of `spelled`. DuckDB's own does not read Z or +HHMMSS as %z, takes six digits as %f, and compares
    letters by their case. For a week it gives the first day, unless %u is beside %V, or %w beside %U or
    %W."""
    bound = {"strptime": re.sub("%.|[^%]+", lambda it: it[0] if it[0][0] == "%" else it[0].upper(), spelled)}
    directives = spelled.replace("%%", "  ")
    if "%f" in directives:
        bound["fraction"] = f"^({pattern(spelled[: directives.index('%f')])}[0-9]{{6}})[0-9]{{1,3}}"
    if "%z" in directives:
        at = directives.index("%z")
        before, after = pattern(spelled[:at]), pattern(spelled[at + 2 :])
        bound["utc"] = f"^({before})Z"
        bound["seconds"] = f"^({before}[+-][0-9]{{2}})([0-9]{{2}})([0-9]{{2}})({after}\\s*)$"
    if "%H" in directives and "%p" in directives:
        bound["afternoon"] = bound["strptime"].replace("%p", "PM")  # for `14:30 PM`
    week, weekday = re.search("%[UVW]", directives), re.search("%[aAuw]", directives)
    if week and weekday and not re.search("%[dju]" if week[0] == "%V" else "%[djw]", directives):
        bound["weekday"] = f"^{pattern(spelled[: weekday.start()])}({pattern(weekday[0])})"

    def sql(text: str, own: str) -> str:
        text = f"upper({text})"
        if "fraction" in bound:
            text = rf"regexp_replace({text}, ${own}_fraction, '\1')"
        if "utc" in bound:
            text = rf"regexp_replace({text}, ${own}_utc, '\1+00:00:00')"
            text = rf"regexp_replace({text}, ${own}_seconds, '\1:\2:\3\4')"
        # With an offset DuckDB gives a TIMESTAMPTZ, which in UTC casts to UTC.
        moment = f"try_strptime({text}, ${own}_strptime)::TIMESTAMP"
        if "afternoon" in bound:
            moment = f"coalesce({moment}, try_strptime({text}, ${own}_afternoon)::TIMESTAMP)"
        if week and "weekday" in bound:
            day = f"left(trim(regexp_extract({text}, ${own}_weekday, 1)), 3)"
            number = f"coalesce(try_cast({day} AS INTEGER), list_position({_WEEKDAYS}, {day}))"
            moment += f" + to_days(({number} + {0 if week[0] == '%U' else 6}) % 7)"
        return moment

    return sql, bound


def _is_standard(text: str) -> bool:
    """Whether `text` looks like one of the accepted forms."""
    return any(re.search(pattern, text) for pattern in STANDARD.values())


@dataclass(frozen=True)
class Forms:
    """The forms that a file's times may have: first the formats of the user, then STANDARD, unless one of the
    formats replaces it. A text has the first form that fits."""

    formats: Sequence[TimestampFormat] = ()

    @property
    def standard(self) -> Mapping[str, str]:
        """The pattern of each standard form that is taken, by its name."""
        return {} if any(form.replaces for form in self.formats) else STANDARD

    @property
    def own(self) -> Mapping[str, TimestampFormat]:
        """The formats by their names in SQL."""
        return {f"own{place}": form for place, form in enumerate(self.formats)}

    @property
    def parameters(self) -> dict[str, str]:
        """What the SQL of the methods below wants bound."""
        return {"unrecognised": self._unrecognised()} | {
            f"{own}_{name}": value
            for own, form in self.own.items()
            for name, value in {"pattern": form.pattern, **form.bound}.items()
        }

    def _unrecognised(self) -> str:
        """What is wrong with a text that has none of the forms; a message has it after the text."""
        tried = [f"'{form.written}'" for form in self.formats]
        if len(tried) > _MOST_NAMED:
            tried[_MOST_NAMED:] = [f"{len(tried) - _MOST_NAMED:,} more formats"]
        tried += ["ISO 8601", "epoch"] if self.standard else []
        return f" is not a recognised timestamp ({either(tried)}); give its format with --timestamp-format"

    def looks_good(self, text: str) -> bool:
        """Whether a text has the looks of a timestamp, to know a record when one is seen."""
        tidied = tidy(text)
        if any(re.search(form.pattern, tidied) for form in self.formats):
            return True
        return bool(self.standard) and _is_standard(tidied) and not re.search(_COMPACT, tidied)

    def timed_sql(self, relation: str) -> str:
        """SQL for a relation with the texts "timestamp", for a session in UTC. It adds to each `time_text`,
        what was read of it; its `form`, null if none; and `moment`, the TIMESTAMP to the microsecond in UTC,
        or a wall time if `naive`, null where there is no such date."""
        tidied, form = tidy_sql('"timestamp"'), self._form_sql("time_text")
        return f"""
            SELECT *, {self._moment_sql()} AS moment, {self._naive_sql()} AS naive
            FROM (
                SELECT *, CASE WHEN plain_form IS NULL THEN {form} ELSE plain_form END AS form
                FROM (
                    SELECT *, CASE WHEN plain_form IS NULL THEN {tidied} ELSE "timestamp" END AS time_text
                    FROM (SELECT *, {self._form_sql('"timestamp"')} AS plain_form FROM ({relation}))
                )
            )
            """

    def _form_sql(self, text: str) -> str:
        fits = {own: f"regexp_matches({text}, ${own}_pattern)" for own in self.own}
        for own, form in list(self.own.items())[:-1]:  # of several, the first under which the date exists
            fits[own] = f"CASE WHEN {fits[own]} THEN {form.sql(text, own)} IS NOT NULL END"
        fits |= {name: f"regexp_matches({text}, '{pattern}')" for name, pattern in self.standard.items()}
        names = {name: f"'{name}'" for name in fits}
        names["epoch"] = f"CASE WHEN NOT regexp_matches({text}, '{_COMPACT}') THEN 'epoch' END"
        cases = " ".join(f"WHEN {fit} THEN {names[name]}" for name, fit in fits.items())
        return f"CASE {cases} END"

    def _moment_sql(self) -> str:
        own = {own: form.sql("time_text", own) for own, form in self.own.items()}
        known = own | (_STANDARD_SQL if self.standard else {})
        cases = " ".join(f"WHEN '{name}' THEN {sql}" for name, sql in known.items())
        return f"CASE form {cases} END"

    def _naive_sql(self) -> str:
        naive = [*(own for own, form in self.own.items() if not form.offset), "wall"]
        return f"""CASE form {" ".join(f"WHEN '{name}' THEN true" for name in naive)}
            WHEN 'loose' THEN NOT regexp_matches(time_text, '{_ENDS_IN_OFFSET}') ELSE false END"""


def _utc(text: str) -> str:
    # A cast to TIMESTAMP would ask for the session's zone at every row's time, though that is UTC.
    return f"make_timestamp(epoch_us(try_cast({text} AS TIMESTAMPTZ)))"


def _loose_sql() -> str:
    """SQL for the TIMESTAMP of a text of the form LOOSE, spelled as DuckDB casts it."""
    text = r"regexp_replace(upper(time_text), ' ?\[.*$', '')"
    text = f"regexp_replace({text}, ' ?(?:UTC|GMT)$', 'Z')"
    text = rf"regexp_replace({text}, ' ([Z+-])', '\1')"
    return _utc(f"translate({text}, '/,', '-.')")


def _any_epoch_sql() -> str:
    """SQL for the TIMESTAMP of a text of the form EPOCH: its digits tell the unit."""
    cases = " ".join(f"WHEN {digits} THEN {_epoch_sql(it, 'time_text')}" for digits, it in _UNITS.values())
    return f"CASE length(split_part(time_text, '.', 1)) {cases} END"


_STANDARD_SQL: Final = {
    "instant": _utc("time_text"),
    "wall": "try_cast(time_text AS TIMESTAMP)",
    "loose": _loose_sql(),
    "epoch": _any_epoch_sql(),
}
"""For each of STANDARD, SQL for its TIMESTAMP."""


# Wall time → instant


def offset_sql(changes: Sequence[Transition], before: timedelta) -> str:
    """SQL for the offset (µs) of a wall time `moment`, as zoneinfo has it with fold=0; at first `before`."""
    steps = [(change.ends, _microseconds(change.after)) for change in changes]
    return _steps("moment", [(None, _microseconds(before)), *steps])


def fold_sql(changes: Sequence[Transition]) -> str:
    """SQL for whether a wall time `moment` occurs 'twice' or 'never', else ''."""
    steps: list[tuple[datetime | None, str]] = [(None, "''")]
    for change in changes:
        steps += [(change.starts, f"'{fold(change)}'"), (change.ends, "''")]
    return _steps("moment", steps)


def fold(change: Transition) -> str:
    """Whether the wall times at a change occur 'twice' or 'never'; '' if nothing changes."""
    if change.after == change.before:
        return ""
    return "twice" if change.after < change.before else "never"


DAYS: Final = Relation(
    "days", "day DATE, starts TIMESTAMP, ends TIMESTAMP, before BIGINT, after BIGINT, occurs VARCHAR"
)
"""Days of naive times in their zone: see `zones.day_in`. Offsets are in microseconds; the times from `starts`
until before `ends` occur 'twice', 'never', or, where nothing changes, just once ('')."""


def day_row(day: date, zone: ZoneInfo) -> tuple[date, datetime, datetime, int, int, str]:
    """The row of DAYS for a date."""
    it = day_in(zone, day)
    return day, it.starts, it.ends, _microseconds(it.before), _microseconds(it.after), fold(it)


@cache
def usual_offset_sql(zone: ZoneInfo) -> str:
    """SQL for the offset (µs) of a naive `moment` of 1990 to 2049 that occurs just once, else null."""
    start, end = datetime(1990, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
    steps: list[tuple[datetime | None, object]] = [(None, _microseconds(utc_offset(start - MARGIN, zone)))]
    for change in transitions(zone, start - MARGIN, end + MARGIN):
        steps.append((change.starts, "NULL::BIGINT"))
        steps.append((change.ends, _microseconds(change.after)))
    usual = "moment >= TIMESTAMP '1990-01-01' AND moment < TIMESTAMP '2050-01-01'"
    return f"CASE WHEN {usual} THEN {_steps('moment', steps)} END"


def _microseconds(offset: timedelta) -> int:
    return offset // timedelta(microseconds=1)


def _steps(column: str, steps: Sequence[tuple[datetime | None, object]]) -> str:
    """SQL for a step function, each value holding from its start on; halved again and again, so that
    thousands of steps (a file from year 2 to 9998) cost a row a dozen comparisons."""
    if len(steps) == 1:
        return str(steps[0][1])
    middle = len(steps) // 2
    low, high = _steps(column, steps[:middle]), _steps(column, steps[middle:])
    return f"CASE WHEN {column} < TIMESTAMP '{steps[middle][0]}' THEN {low} ELSE {high} END"
