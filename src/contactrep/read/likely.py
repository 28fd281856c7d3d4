"""What the names and values of a file most likely mean. Pure guesses: for advice, never for reading.

A column is known by a name, a header or a path into values, and by its texts in the first records.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import compress
from typing import Final

from contactrep.errors import UsageProblem
from contactrep.events import ADDED, CONNECTED, DELETED, MERGED, known_kind
from contactrep.read.timestamps import DIRECTIVES, SERIAL, Forms, compile_format, tidy
from contactrep.zones import meant

_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_A-Za-z]+")
_FILLED: Final = 0.9
"""The share of the records in which a field that every event needs has a value, and of values that fit."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# In the languages of common spreadsheets, without accents (see `_words`).
_PEOPLE: Final = _set(
    "contact contacts person people user users lead leads customer customers subscriber subscribers member"
    " members profile profiles visitor visitors client clients participant wa whatsapp kunde kunden kontakt"
    " cliente clientes contacto contato contatto klant pelanggan"
)
_THINGS: Final = _set("record object item entity")
_OTHERS: Final = _set(
    "account company organization organisation org owner event message conversation channel deal ticket"
    " portal app application workspace page team agent list campaign parent created modified updated assignee"
    " assigned tenant webhook subscription request attempt tag note stage pipeline type role change delivery"
    " notification external inbox source session thread chat bot store site admin opportunity group last"
    " by associated reports master"
)
_IDS: Final = _set("id uuid guid euid leid oid uid sid identifiant")
_NUMBERS: Final = _set(
    "no nr num number n nummer numero code key ref kundennummer klantnummer codigo codice nomor"
)
_OTHER_NUMBERS: Final = _set("order invoice street house postal zip vat tax card fax area country of")
_ADDRESSES: Final = _set("phone mobile email mail whatsapp telefon telefono telefone telephone telefoon")
_NO_ADDRESS: Final = _set(
    "opt optout status type verified marketing domain work fax bounce consent count owner by last"
)

_NAMES_OF: Final = (
    (
        "first name, firstname, given name, fname, vorname, prenom, voornaam, nama pertama",
        "last name, lastname, family name, surname, lname, nachname, nom, achternaam, nama akhir",
    ),
    ("nome, nombre", "sobrenome, cognome, apellido, apellidos"),
)
"""The words for first names, and those for last names beside them."""

_CREATED: Final = _set(
    "created create creation cdate"
    " added add inserted occurred signed signup registered registration subscribed"
    " joined optin opt first received timestamp activity submitted angelegt erstellt aufnahme creation ajout"
    " inscription creacion alta registro criacao cadastro aangemaakt toegevoegd creazione inserimento daftar"
    " dibuat dicipta"
)
_WHEN: Final = _set("date time at on when datetime timestamp ts datum am op fecha tarikh tanggal")
_HAPPENED: Final = _set("occurred timestamp ts time event received sent triggered fired at")
_OTHER_TIMES: Final = _set(
    "modified updated update last birth birthday birthdate dob due next expires expiry seen login end closed"
    " changed zone timezone by reason geandert aktualisiert letzte letzter zuletzt geburtstag geburtsdatum"
    " modification dernier derniere naissance modificacion ultima ultimo nacimiento modificacao nascimento"
    " gewijzigd laatste geboortedatum modifica nascita kemaskini lahir"
)
_TIMES_OF: Final = {
    DELETED: _set(
        "deleted delete deletion removed archived trashed deactivated unsubscribed geloscht entfernt"
        " suppression baja eliminado eliminacion exclusao verwijderd eliminazione cancellazione padam dipadam"
        " dihapus 削除日 削除日時 删除时间 删除日期 刪除時間"
    ),
    CONNECTED: frozenset(("connected", "connect")),
    MERGED: frozenset(("merged", "merge")),
}
_VERBS: Final = {
    ADDED: _set(
        "created create creation new added add insert inserted subscribe subscribed signup signed registered"
        " follow followed"
    ),
    DELETED: _set(
        "unfollow unfollowed deleted delete deletion removed remove unsubscribe unsubscribed destroyed"
        " destroy purged"
    ),
    CONNECTED: _set("connected connect connection"),
    MERGED: _set("merged merge"),
}
_FILLERS: Final = _set("event type zen webhook hook crm com api on was is has been the a up")
_OF_EVENTS: Final = _set("event type topic action activity trigger kind name metric slug operation happened")
_OF_THINGS: Final = _set("entity object resource model table")
_MOST_KINDS: Final = 100  # distinct values of a column of events


@dataclass(frozen=True)
class Sample:
    """A header or path, and its `values` in records; None for empty ones and for `nulls`."""

    name: str
    values: Sequence[str | None]
    nulls: Sequence[str] = ()

    def only(self, records: Sequence[bool]) -> Sample:
        """The same column in some of the records."""
        return replace(self, values=list(compress(self.values, records)))

    @cached_property
    def texts(self) -> Sequence[str]:
        """The values that are not None."""
        return [value for value in self.values if value is not None]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the name's last part."""
        return _words(self.parts[-1])

    @cached_property
    def parts(self) -> list[str]:
        """The parts of the name, if it is a path; MongoDB's `$oid` and `$date` name a type only."""
        parts = re.split(r"\.(?=\S)|\[\d+\]\.?", self.name)
        return [part for part in parts if part and not part.startswith("$")] or [self.name]

    @property
    def parent(self) -> str:
        """The path to the object that has it; empty if it is the record."""
        return self.name.removesuffix(self.parts[-1]).rstrip(".")

    @property
    def is_full(self) -> bool:
        """Whether nearly every record has a value."""
        return len(self.texts) >= _FILLED * len(self.values)

    @property
    def is_distinct(self) -> bool:
        """Whether nearly every record has a value of its own."""
        return len(set(self.texts)) >= _FILLED * len(self.values)

    @cached_property
    def is_time(self) -> bool:
        """Whether its texts are times."""
        return bool(self.texts and likely_formats(self.texts))


def _words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without accents."""
    plain = "".join(it for it in unicodedata.normalize("NFKD", text) if not unicodedata.combining(it))
    return tuple(word.lower() for word in _WORD.findall(plain))


# Which column gives a field


def likely_id(columns: Sequence[Sample], *, of_events: bool = False) -> Sample | None:
    """The column that most likely has the ids of contacts; without any, their phone numbers or addresses. The
    plain id of a record `of_events` is mostly that of the event."""
    best = max(columns, key=lambda it: _as_id(it, of_events=of_events), default=None)
    return best if best and _as_id(best, of_events=of_events) > 0 else None


def _as_id(column: Sample, *, of_events: bool) -> float:
    if not column.is_full or (len(column.values) > 2 and len(set(column.texts)) == 1):
        return 0
    words, depth = frozenset(column.words), len(column.parts)
    if words & _IDS:
        about = words - _IDS or (frozenset(_words(column.parts[-2])) if depth > 1 else frozenset())
        if about & _OTHERS:
            return 0
        if not about:
            return 1.5 if of_events else 5
        rank = 4 if about & _PEOPLE else 3 if about & _THINGS else 2
        return rank - depth / 10
    if not column.is_distinct and not of_events:
        return 0
    is_number = words & _NUMBERS or (words and words <= _PEOPLE and all(map(_DIGIT.search, column.texts)))
    if is_number and not words & (_OTHERS | _OTHER_NUMBERS | _ADDRESSES):
        return (2 if words & _PEOPLE else 1.2) - depth / 10
    if words & _ADDRESSES and not words & _NO_ADDRESS:
        return 0.5 if words & {"email", "mail"} else 1
    return 0


def likely_time(columns: Sequence[Sample], *, of_events: bool = False) -> Sample | None:
    """The column that most likely has the times at which contacts were created, or `of_events`, those at
    which events happened."""
    best = max(columns, key=lambda it: _as_time(it, of_events=of_events), default=None)
    return best if best and _as_time(best, of_events=of_events) > 0 else None


def _as_time(column: Sample, *, of_events: bool) -> float:
    words = frozenset(column.words)
    others = _OTHER_TIMES | frozenset().union(*_TIMES_OF.values())
    if words & others and "first" not in words:
        return 0
    if not column.is_full or (column.texts and not column.is_time):
        return 0
    rank = 2 * bool(words & (_HAPPENED if of_events else _CREATED)) + bool(words & _WHEN)
    rank = rank or bool(words & _CREATED)
    is_certain = rank or (column.is_time and not all(text.isdecimal() for text in column.texts))
    return (rank + 0.5 if is_certain else 0) - len(column.parts) / 10


def likely_times(columns: Sequence[Sample]) -> dict[str, Sample]:
    """For each kind of event except added, the column that most likely has its time. Kinds without such a
    column are left out."""
    found: dict[str, Sample] = {}
    for kind, verbs in _TIMES_OF.items():
        for column in columns:
            words = frozenset(column.words)
            is_time = column.is_time or (not column.texts and words & _WHEN)
            if words & verbs and is_time and not words & _OTHER_TIMES:
                found.setdefault(kind, column)
    return found


def likely_parts(columns: Sequence[Sample], time: Sample) -> tuple[Sample, ...]:
    """Return the columns that, joined with a space, give the full time: `time` alone if its texts have hours,
    else `time` and a column of clock times: the one that is named so, or the only one."""
    if any(":" in text for text in time.texts):
        return (time,)
    clocks = [it for it in columns if it.texts and all(map(_CLOCK.fullmatch, it.texts))]
    named = [it for it in clocks if "time" in it.words]
    return (time, (named or clocks)[0]) if named or len(clocks) == 1 else (time,)


def is_time_named(column: Sample) -> bool:
    """Whether the name of a column, regardless of its texts, is that of times of events."""
    words = frozenset(column.words)
    return bool(words & (_CREATED | _WHEN) - {"first", "opt"}) and not words & _OTHER_TIMES


def are_messages(columns: Sequence[Sample]) -> bool:
    """Whether records are messages, which have somebody who they are from."""
    return any(column.words == ("from",) for column in columns)


def likely_name(columns: Sequence[Sample], beside: str) -> str | None:
    """Return the `--map` value for contact names: `FIRST+LAST`, else a column with the whole name, else None.
    Columns of the object that has the column `beside` are tried before those of the record."""
    parent = next((it.parent for it in columns if it.name == beside), "")
    for place in dict.fromkeys((parent, "")):
        near = [it for it in columns if it.parent == place]
        by_words = {frozenset(it.words) - _PEOPLE: it for it in reversed(near)}
        for pair in _NAMES_OF:
            first, last = (
                next(filter(None, (by_words.get(_set(it)) for it in names.split(", "))), None)
                for names in pair
            )
            if first and last:
                return f"{first.name}+{last.name}"
        for words in ("full name", "name", "display name", "nombre", "nome", "nom", "nama", "naam"):
            if one := by_words.get(_set(words)):
                return one.name
    return None


# What a value means


def likely_kind(text: str) -> str | None:
    """The kind of event that a platform's word for one means, such as `contact.creation`; None if none."""
    if kind := known_kind(text):
        return kind
    words = frozenset(_words(text))
    kinds = [kind for kind, verbs in _VERBS.items() if words & verbs]
    known = _PEOPLE | _FILLERS | frozenset().union(*_VERBS.values())
    return kinds[0] if len(kinds) == 1 and words <= known and words != {"new"} else None


def names_events(column: Sample) -> bool:
    """Whether a column says what happened to somebody or something: its name is that of one, or like that of
    one and some of its texts have a word for it."""
    texts, words = dict.fromkeys(column.texts), frozenset(column.words)
    if not words & _OF_EVENTS or not column.is_full or len(texts) > _MOST_KINDS:
        return False
    verbs = frozenset().union(*_VERBS.values()) - {"new"}
    is_certain = words & {"event", "topic"} and words <= {"event", "type", "topic", "name"}
    return bool(is_certain) or any(verbs.intersection(_words(text)) for text in texts)


def likely_events(columns: Sequence[Sample]) -> tuple[Sample, Mapping[str, str | None]] | None:
    """The column that most likely says what happened, and the kind that each of its texts means: it is named
    so, or all of its texts are kinds."""
    found = []
    for column in columns:
        if not column.is_full or len(set(column.texts)) > _MOST_KINDS:
            continue
        if frozenset(column.words) & _OF_EVENTS or all(map(known_kind, column.texts)):
            about = with_things(column, columns)
            kinds = {text: likely_kind(text) for text in dict.fromkeys(about.texts)}
            meant = {kind for kind in kinds.values() if kind}
            if meant:
                found.append((len(meant), -len(column.parts), about, kinds))
    best = max(found, key=lambda it: it[:2], default=None)
    return best[2:] if best else None


def told_kind(path: str) -> str | None:
    """The kind of event that the name of a file, or a folder `key=value` on its path, names; None if it names
    none, or several."""
    *folders, name = path.replace("\\", "/").split("/")
    words = {*_words(name), *(word for it in folders if "=" in it for word in _words(it.partition("=")[2]))}
    kinds = [kind for kind, verbs in _VERBS.items() if verbs & words]
    return kinds[0] if len(kinds) == 1 else None


def with_things(column: Sample, columns: Sequence[Sample]) -> Sample:
    """A column of events, joined after a column beside it that says to what kind of thing each happened, such
    as `meta.entity+meta.action`, if there is one and these are several kinds; else the column alone."""
    for it in columns:
        is_beside = it.parent == column.parent and it.name != column.name and it.is_full
        things = set(it.texts) if is_beside and frozenset(it.words) & _OF_THINGS else set()
        if 1 < len(things) <= _MOST_KINDS and any(set(_words(text)) & _PEOPLE for text in things):
            both = zip(it.values, column.values, strict=True)
            return Sample(f"{it.name}+{column.name}", [" ".join(filter(None, pair)) or None for pair in both])
    return column


# Which format times have

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(:\d\d)?([.,]\d{1,9})?( ?[AaPp][Mm]\b)?")
_HALF: Final = "[上下]午|午[前後]|오[전후]"
_HALF_DAY: Final = re.compile(
    rf"(?:{_HALF}) ?\0|\0 ?(?:{_HALF}|(?:[apصم]|pt?g|sa|ch|ö[ös])\b|[πμ]\. ?μ)", re.IGNORECASE
)
"""A mark for the half of the day, next to a clock (\0), that %p does not read: as letters of a format, it
would be ignored."""

_OFFSET: Final = re.compile(r"(?<!\d)[+-]\d\d:?\d\d(?!\d)")
_BASIC: Final = re.compile(r"\d{8}([T ])\d{4}(?:(\d\d)([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")
"""The basic format of ISO 8601, which has no colons: `20261104T221000Z`."""

_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|.", re.DOTALL)
_NAMES: Final = {name: f"%{letter}" for letter in "BbAa" for name in re.findall("[a-z]+", DIRECTIVES[letter])}
_ORDERS: Final = ("dmY", "mdY", "Ymd", "dmy", "mdy")
_COMPACT: Final = {
    ("Ymd", 8): "Y%m%d",
    ("dmY", 8): "d%m%Y",
    ("mdY", 8): "m%d%Y",
    ("Ymd", 12): "Y%m%d%H%M",
    ("Ymd", 14): "Y%m%d%H%M%S",
}
"""The directives of a single number, by the order and the digits, without the first `%`."""

_MOST_FORMATS: Final = 3
_MOST_LOOKED_AT: Final = 1_000


def likely_formats(texts: Collection[str]) -> list[tuple[str, ...]]:
    """Return the possible readings of these times. A reading is a tuple of formats for `--timestamp-format`
    that, with the forms recognised without options, parse nearly all of the times; an empty one means that no
    format is needed. There are several readings, the most likely first, if the order of day and month is
    uncertain, and none if the texts are not times."""
    distinct = list(dict.fromkeys(tidy(text) for text in texts))[:_MOST_LOOKED_AT]
    forms = Forms()
    odd = [text for text in distinct if not forms.looks_good(text)]
    if len(odd) <= (1 - _FILLED) * len(distinct):
        return [()]
    if all(re.search(SERIAL, text) for text in odd):
        return [("excel",)]
    found = dict(_cover(odd, order) for order in _ORDERS)
    least = min(found.values())
    if least > (1 - _FILLED) * len(distinct):
        return []
    best = [formats for formats, left in found.items() if left == least]
    return sorted(best, key=lambda formats: _span(odd, formats[0]))


def zone_words(formats: Sequence[str]) -> set[str]:
    """The words of formats without an offset that name a time zone other than UTC: they would not count."""
    naive = [it for it in formats if "%z" not in it]
    words = {word for it in naive for word in re.findall(r"(?<![%\w])[A-Za-z][\w/+-]+", it)}
    return {word for word in words if word not in ("UTC", "GMT") and meant(word)}


def is_day_first(formats: Sequence[str]) -> bool:
    """Whether days come before months in a reading of times."""
    return "%d" in formats[0].partition("%m")[0]


def _span(texts: Sequence[str], written: str) -> timedelta:
    """How far apart the times are that a format fits. Days of one month that are read as months lie a year
    apart."""
    times = [datetime.strptime(text, written) for text in texts if _fits(text, written)]  # noqa: DTZ007
    return max(times) - min(times)


def _cover(texts: Sequence[str], order: str) -> tuple[tuple[str, ...], int]:
    """Formats in an order of day, month and year, and how many texts none of them fits."""
    formats, left = list[str](), texts
    while left and len(formats) < _MOST_FORMATS and (more := _format_of(left[0], order)):
        formats.append(more)
        left = [text for text in left if not _fits(text, more)]
    return tuple(formats), len(left)


def _fits(text: str, written: str) -> bool:
    try:
        pattern = compile_format(written).pattern
        datetime.strptime(text, written)  # noqa: DTZ007 - only whether it is one
    except (ValueError, UsageProblem):  # not one, or no format that is known
        return False
    return bool(re.search(pattern, text))


def _format_of(text: str, order: str) -> str | None:
    """The format of a text whose day, month and year are in this order; None if it has none."""
    clock, date = "", text
    if order == "Ymd" and (found := _BASIC.fullmatch(text)):
        fraction = f"{found[3][0]}%f" if found[3] else ""
        return f"%Y%m%d{found[1]}%H%M{'%S' if found[2] else ''}{fraction}{'%z' if found[4] else ''}"
    if found := _CLOCK.search(text):
        hour = "%I" if found[5] else "%H"
        noon = found[5][:-2] + "%p" if found[5] else ""
        fraction = f"{found[4][0]}%f" if found[4] else ""
        clock = f"{hour}:%M{':%S' if found[3] else ''}{fraction}{noon}"
        date = f"{text[: found.start()]}\0{_OFFSET.sub(chr(1), text[found.end() :])}"
    if _HALF_DAY.search(date):
        return None
    parts = ["%%" if part == "%" else part for part in _TOKEN.findall(date)]
    names = [_NAMES.get(part.lower()) for part in parts]
    lengths = [len(part) for part in parts if part.isdecimal()]
    numbers = list(order.replace("m", "") if {"%b", "%B"} & set(names) else order)
    if len(lengths) == 1 and (order, lengths[0]) in _COMPACT:
        numbers = [_COMPACT[order, lengths[0]]]
    elif [letter == "Y" for letter in numbers] != [length == 4 for length in lengths]:
        return None
    if order.startswith("m") and re.search(r"\d\.\d{1,2}\.", date):
        return None  # days come first where points follow them
    directives = iter(numbers)
    spelled = [
        name or (f"%{next(directives)}" if part.isdecimal() else part)
        for part, name in zip(parts, names, strict=True)
    ]
    written = "".join(spelled).replace("\0", clock).replace(chr(1), "%z")
    return written if _fits(text, written) else None
