"""Events, zones, ranges and questions at random, gathered where reports go wrong.

Timestamps, ranges and `--as-of` of one case lie around the same moment, mostly a change of the zone's
clock, so that a random question meets random events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from contactrep.events import SOURCE_BY_KEY
from tests.oracle import (
    KINDS,
    KNOWN_SOURCES,
    WEEKDAYS,
    Clock,
    Filters,
    Question,
    Store,
    UsageError,
    resolve,
)

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # changes by half an hour
    "Asia/Kathmandu",  # +5:45
    "Pacific/Apia",  # had no 30 December 2011
    "America/Havana",  # changes at midnight
    "America/St_Johns",  # −3:30; until 2011 changed at 00:01, so that a day came back
    "Pacific/Chatham",  # +12:45
    "Africa/Casablanca",  # winter time is the exception, in Ramadan
    "Asia/Tehran",
    "America/Sao_Paulo",
    "UTC",
    "Europe/London",
    "Europe/Dublin",
    "Asia/Singapore",
    "Asia/Kolkata",
    "Asia/Beirut",
    "Asia/Gaza",
    "Africa/Cairo",
    "America/Asuncion",
    "America/Santiago",
    "America/Caracas",
    "America/Phoenix",
    "America/Nuuk",
    "America/Scoresbysund",
    "Antarctica/Casey",  # went back by three hours over midnight
    "Antarctica/Troll",  # changes by two hours
    "Asia/Pyongyang",
    "Asia/Yangon",
    "Atlantic/Azores",
    "Australia/Eucla",
    "Australia/Sydney",
    "Europe/Lisbon",
    "Europe/Moscow",
    "Pacific/Auckland",
    "Pacific/Easter",
    "Pacific/Fiji",
    "Pacific/Kiritimati",  # had no 1 January 1995
    "Pacific/Kwajalein",  # had no 21 August 1993
    "Pacific/Marquesas",  # −9:30
)
FIRST, LAST = date(1971, 1, 1), date(2037, 12, 31)
FIXED_DAYS = (date(2024, 2, 29), date(2026, 1, 1), date(2026, 11, 5), date(2026, 3, 31), date(2020, 12, 31))

MICROSECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("microseconds", "minutes", "hours", "days")
)
NEAR = (
    timedelta(),
    MICROSECOND,
    timedelta(seconds=1),
    MINUTE,
    29 * MINUTE,
    30 * MINUTE,
    59 * MINUTE,
    HOUR,
    61 * MINUTE,
    90 * MINUTE,
    2 * HOUR,
    3 * HOUR,
    12 * HOUR,
)
FAR = (1, 2, 6, 7, 8, 14, 30, 31, 92, 365, 366)

CONTACTS = ("1", "00124", "+60 12", "1e5", "NULL", "é%")
NAMES = (
    "",
    "",
    "Zoë",
    "ZOË Smith",
    "100%",
    "a_b",
    "a\\b",
    "nan",
    "# x",
    " lead and trail ",
    'say "hi", twice',
    "line\nbreak",
    "=1+1",
    "[bold]:smile:[/x]",
    "\x1b[31mred\x07",
    "\u202eabc",
    "名前 😀",
    "İstanbul",
    "Straße",
    "Σοφος",
)
CHANNELS = ("", "", "WhatsApp", "whatsapp", "Facebook", "Unknown", "Web Chat", "#1", "日本")
SOURCES = (
    "",
    *KNOWN_SOURCES,
    *SOURCE_BY_KEY,
    "incoming_message",
    "INCOMING-MESSAGE",
    "TikTok Lead",
    "tiktok_lead",
    "Unknown",
    "unknown",
    "a",
    "B",
    "ä",
)
USER_IDS = ("", "", "u1", "u2", "U1", "007")
USER_NAMES = ("", "", "Ann", "ann", "Bob", "u2", "[/]")
DIRECTORY = {"u1": "Ann Adams", "007": "Bond", "x": "Nobody", "U1": "Bob"}
MERGED = ("", "", "", "2", "é%", "+60 12", "2;1e5", " NULL; ;2 ", "00124;00124", ";", "1")
HEADERS = {
    "timestamp": ("timestamp", "Timestamp", "Activity Time", "created_at"),
    "event": ("event", "Event Type", "ACTIVITY"),
    "contact_id": ("contact_id", "Contact ID", "contact-id"),
    "merged_contact_id": ("merged_contact_id", "Merged Contact ID", "merged contact IDs"),
    "contact_name": ("contact_name", "Contact Name", "name"),
    "channel": ("channel", "Channel"),
    "source": ("source", "SOURCE"),
    "user_id": ("user_id", "User ID"),
    "user_name": ("user_name", "User", "performed by"),
}

Row = dict[str, str]
T = TypeVar("T")


def mostly(draw: st.DrawFn, often: st.SearchStrategy[T], else_: st.SearchStrategy[T], tenths: int = 7) -> T:
    """Draw from the first strategy so many times in ten, from the other else (`one_of` has no weights)."""
    return draw(often if draw(st.sampled_from(range(10))) < tenths else else_)


def far(draw: st.DrawFn, tenths: int = 8) -> timedelta:
    """Draw a distance in days, mostly none."""
    days = mostly(draw, st.just(0), st.sampled_from([*FAR, *(-days for days in FAR)]), tenths)
    return days * DAY


@cache
def changes(key: str) -> tuple[datetime, ...]:
    """Give the instants at which a zone's offset changes, by looking at every day and halving."""
    zone = ZoneInfo(key)
    found = []
    before = datetime.combine(FIRST, time(), UTC)
    while before.date() < LAST:
        after = before + DAY
        low, high = before, after
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(microsecond=0))
        before = after
    return tuple(found)


@st.composite
def days(draw: st.DrawFn, key: str) -> date:
    """Draw a day between 1971 and 2037, by preference one on which the zone's clock changes."""
    anywhere = st.dates(FIRST, LAST)
    of_changes = [moment.astimezone(ZoneInfo(key)).date() for moment in changes(key)]
    if not of_changes:
        return draw(anywhere)
    day = mostly(draw, st.sampled_from(of_changes), anywhere, 9)
    return mostly(
        draw, st.just(day), st.sampled_from([-2, -1, 1, 2, -7, 7, -30, 31]).map(lambda n: day + n * DAY)
    )


@st.composite
def walls(draw: st.DrawFn, day: date, key: str, tenths: int = 8) -> datetime:
    """Draw a wall time near a day: its midnight, or the moment at which the clock changes on it."""
    zone = ZoneInfo(key)
    moments = [datetime.combine(day, time())]
    for moment in changes(key):
        if abs(moment.date() - day) <= DAY:
            moments.append(moment.astimezone(zone).replace(tzinfo=None))
            moments.append((moment - MICROSECOND).astimezone(zone).replace(tzinfo=None) + MICROSECOND)
    near = draw(st.sampled_from([-1, 1])) * draw(st.sampled_from(NEAR))
    return draw(st.sampled_from(moments)) + near + far(draw, tenths)


@st.composite
def timestamps(draw: st.DrawFn, wall: datetime, key: str) -> str:
    """Write a wall time in one of the accepted ways, naive or as an instant."""
    instant = wall.replace(tzinfo=ZoneInfo(key), fold=draw(st.sampled_from([0, 1])))
    in_utc = instant.astimezone(UTC)
    ways = [
        wall.isoformat(),
        wall.isoformat(" "),
        in_utc.isoformat().replace("+00:00", "Z"),
        in_utc.astimezone(ZoneInfo(key)).isoformat(),
        in_utc.astimezone(ZoneInfo("Asia/Kathmandu")).isoformat(" "),
    ]
    seconds, micros = divmod((in_utc - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND, 1_000_000)
    if len(str(seconds)) in (9, 10):
        ways.append(f"{seconds}.{micros:06}" if micros else str(seconds))
        if micros % 1000 == 0:
            ways.append(f"{seconds}{micros // 1000:03}")
    if wall.time() == time():
        ways.append(wall.date().isoformat())
    if (wall.second, wall.microsecond) == (0, 0):
        ways.append(wall.isoformat(" ", "minutes"))
    return draw(st.sampled_from(ways))


@st.composite
def rows(draw: st.DrawFn, moments: Sequence[datetime], key: str) -> Row:
    """Draw one row under the canonical headers; one in twenty cannot be read."""
    kind = draw(st.sampled_from(KINDS))
    row = {
        "timestamp": draw(timestamps(draw(st.sampled_from(moments)), key)),
        "event": draw(st.sampled_from([kind, kind, kind.upper(), kind.title(), f"{kind[:2]}_{kind[2:]}"])),
        "contact_id": draw(st.sampled_from(CONTACTS)),
        "merged_contact_id": draw(st.sampled_from(MERGED)),
        "contact_name": draw(st.sampled_from(NAMES)),
        "channel": draw(st.sampled_from(CHANNELS)),
        "source": draw(st.sampled_from(SOURCES)),
        "user_id": draw(st.sampled_from(USER_IDS)),
        "user_name": draw(st.sampled_from(USER_NAMES)),
    }
    spoilt = draw(st.sampled_from(range(60)))
    if spoilt == 0:
        row["timestamp"] = draw(st.sampled_from(["03/04/2026", "20261105", "", "2026-02-30", "now"]))
    elif spoilt == 1:
        row["event"] = draw(st.sampled_from(["", "removed"]))
    elif spoilt == 2:
        row["contact_id"] = ""
    return row


@dataclass(frozen=True)
class File:
    """One file: its rows under the canonical headers, and the headers that it really has, in order.

    `form` is the delimiter of its fields, or `jsonl`.
    """

    headers: dict[str, str]
    rows: tuple[Row, ...]
    form: str


@dataclass(frozen=True)
class Asked:
    """A question, when it is asked, and in which zone (None: the store's)."""

    question: Question
    as_of: str
    timezone: str | None

    def arguments(self, *, is_log: bool = False) -> list[str]:
        """Give the options of the command line."""
        question = self.question
        options = ["--range", question.range, "--as-of", self.as_of, "--format", "json"]
        if not is_log:
            options += ["--by", question.by, "--compare", question.compare]
        for name in ("channel", "user", "source", "contact"):
            for value in getattr(question.filters, name):
                options.append(f"--{name}={value}")
        if self.timezone:
            options += ["--timezone", self.timezone]
        if question.exclude_today:
            options.append("--exclude-today")
        if is_log and question.oldest_first:
            options.append("--oldest-first")
        if is_log and question.limit != Question.limit:
            options += ["--limit", str(question.limit)]
        return options

    def with_week_start(self, week_start: int) -> "Asked":
        """Give the same question where weeks start on another day (0: Monday)."""
        return replace(self, question=replace(self.question, week_start=week_start))


@dataclass(frozen=True)
class Case:
    """A workspace at random: its zone, its files, its user directory, and what is asked about it.

    `input_zone` is that of naive times (None: the workspace's); `loads` are the numbers of the files that
    are loaded together.
    """

    zone: str
    input_zone: str | None
    loads: tuple[tuple[int, ...], ...]
    files: tuple[File, ...]
    directory: dict[str, str] | None
    asked: tuple[Asked, ...]

    @property
    def has_plain_ids(self) -> bool:
        """Whether all ids of contacts are ASCII."""
        return all(
            f"{row['contact_id']}{row['merged_contact_id']}".isascii()
            for file in self.files
            for row in file.rows
        )


@st.composite
def files(draw: st.DrawFn, moments: Sequence[datetime], key: str) -> File:
    """Draw one file with columns in any order and under any of their names."""
    order = draw(st.permutations(list(HEADERS)))
    headers = {column: draw(st.sampled_from(HEADERS[column])) for column in order}
    content = draw(st.lists(rows(moments, key), min_size=draw(st.sampled_from([0, 8])), max_size=25))
    again = draw(st.lists(st.sampled_from(content), max_size=6)) if content else []
    form = mostly(draw, st.just(","), st.sampled_from([";", "\t", "|", "jsonl"]))
    return File(headers, (*content, *again), form)


def some(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw no value (mostly), one or two."""
    chosen = st.lists(st.sampled_from([*values, "nobody knows"]), max_size=2, unique=True)
    return st.sampled_from(range(10)).flatmap(lambda number: chosen.map(tuple) if number < 4 else st.just(()))


def filters() -> st.SearchStrategy[Filters]:
    """Draw filters: existing values in other spellings, `Unknown`, and values that no event has."""
    return st.builds(
        Filters,
        channel=some(["WHATSAPP", "Facebook", "unknown", "web chat", "web", "日本"]),
        user=some(["ann", "BOB", "u1", "U2", "Ann Adams", "Unknown", "007"]),
        source=some(["USER", "incoming-message", "Tiktok LEAD", "Unknown", "Ä", "zap"]),
        contact=some(["1", "00124", "zoë", "%", "_", "\\", "O", "istan", "STRAẞE", "ΣΟΦΟΣ", "\n"]),
    )


@st.composite
def as_ofs(draw: st.DrawFn, day: date, key: str) -> str:
    """Draw `--as-of`: a date, a naive time, or a time with an offset."""
    wall = draw(walls(day, key))
    instant = wall.replace(tzinfo=ZoneInfo(key), fold=draw(st.sampled_from([0, 1]))).astimezone(UTC)
    return draw(
        st.sampled_from(
            [wall.date().isoformat()] * 3 + [wall.isoformat(), instant.isoformat(), wall.isoformat(" ")]
        )
    )


@st.composite
def units(draw: st.DrawFn, day: date, key: str) -> str:
    """Draw a range that is one word: a preset or a unit of the calendar."""
    day += far(draw)
    iso_year, iso_week, _ = day.isocalendar()
    count = draw(st.sampled_from([1, 2, 3, 7, 14, 30, 45, 62, 63, 90, 366, 367, 800]))
    which = draw(st.sampled_from(["this", "last"]))
    unit = draw(st.sampled_from(["week", "month", "quarter", "year"]))
    return draw(
        st.sampled_from(
            [
                "today",
                "yesterday",
                "Today",
                f"last-{count}-days",
                f"Last {count} Days",
                f"{which}-{unit}",
                f"{which.title()}_{unit}",
                day.isoformat(),
                f"{iso_year}-W{iso_week:02}",
                f"{day:%Y-%m}",
                f"{day.year}-Q{(day.month + 2) // 3}",
                f"{day.year}",
            ]
        )
    )


@st.composite
def range_texts(draw: st.DrawFn, day: date, key: str) -> str:
    """Draw any row of the table of ranges."""
    one = units(day, key)
    ends = st.one_of(
        one, walls(day, key).map(lambda wall: wall.isoformat("T", "microseconds").removesuffix(".000000"))
    )
    way = draw(st.sampled_from([*5 * ["unit"], *4 * ["between"], "all", "from", "to"]))
    if way == "unit":
        return draw(one)
    if way == "all":
        return draw(st.sampled_from(["all", "All"]))
    return f"{draw(ends) if way != 'to' else ''}..{draw(ends) if way != 'from' else ''}"


@st.composite
def asked(draw: st.DrawFn, day: date, key: str) -> Asked:
    """Draw one question about the time around a day."""
    question = Question(
        range=draw(range_texts(day, key)),
        by=draw(
            st.sampled_from(
                ["auto", "auto", "auto", "auto", "hour", "day", "week", "month", "quarter", "year"]
            )
        ),
        compare=draw(st.sampled_from(["previous", "previous", "year", "none"])),
        filters=mostly(draw, st.just(Filters()), filters(), 5),
        exclude_today=mostly(draw, st.just(False), st.just(True), 9),
        limit=draw(st.sampled_from([Question.limit, Question.limit, 1, 3, 10])),
        oldest_first=draw(st.booleans()),
    )
    if question.exclude_today and mostly(draw, st.just(True), st.just(False), 9):
        question = replace(
            question, range=draw(st.sampled_from(["last-1-days", "last-7-days", "last 30 days"]))
        )
    timezone = mostly(draw, st.none(), st.sampled_from(ZONES))
    as_of = draw(as_ofs(day, timezone or key))
    if not is_range(question.range, as_of, timezone or key) and mostly(
        draw, st.just(True), st.just(False), 9
    ):
        question = replace(question, range="..".join(reversed(question.range.split(".."))))
    return Asked(question, as_of, timezone)


def is_range(text: str, as_of: str, key: str) -> bool:
    """Tell whether a range runs forward."""
    try:
        resolve(text, Clock.at(as_of, ZoneInfo(key)), Store())
    except UsageError:
        return False
    return True


def with_plain_ids(file: File) -> File:
    """Give the same file with ids of ASCII alone."""
    ids = ("contact_id", "merged_contact_id")
    return replace(
        file, rows=tuple(row | {name: row[name].replace("é", "e") for name in ids} for row in file.rows)
    )


@st.composite
def cases(draw: st.DrawFn, questions: int = 6, most_files: int = 3) -> Case:
    """Draw a workspace and what is asked about it."""
    key = draw(st.sampled_from(ZONES))
    day = mostly(draw, days(key), st.sampled_from(FIXED_DAYS), 9)
    day = min(max(day, date(1974, 1, 1)), date(2036, 1, 1))
    moments = draw(st.lists(walls(day, key, 4), min_size=3, max_size=10))
    written = draw(st.lists(files(moments, key), min_size=1, max_size=most_files))
    if draw(st.sampled_from(range(10))) < 7:  # for ids beyond ASCII, a Parquet file is loaded
        written = [with_plain_ids(file) for file in written]
    directory = mostly(draw, st.none(), st.just(DIRECTORY))
    asking = draw(st.lists(asked(day, key), min_size=questions, max_size=questions))
    input_zone = mostly(draw, st.none(), st.sampled_from(ZONES), 8)
    numbers = range(len(written))
    loads = mostly(draw, st.just((tuple(numbers),)), st.just(tuple((number,) for number in numbers)), 5)
    return Case(key, input_zone, loads, tuple(written), directory, tuple(asking))


WEEK_STARTS = st.sampled_from(WEEKDAYS)
