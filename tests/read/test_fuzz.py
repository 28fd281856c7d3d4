"""Files of every shape, against an exact reader in plain Python and against the account."""

import codecs
import csv
import io
import json
import random
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contactrep.errors import InputProblem
from tests.read.taking import Taken, take_path

FIELDS = ("timestamp", "event", "contact_id", "contact_name", "channel", "source", "user_id", "user_name")
TIME = datetime(2026, 11, 5, tzinfo=UTC)

# No surrogates: they are no text. What looks like a timestamp or ends lines is left to the dice.
TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\",;|\t\n\r\0\x02 ab'#\\"), max_size=12
)


def take(folder: Any, data: bytes, name: str = "a.csv") -> Taken:
    path = folder.mktemp("fuzz") / name
    path.write_bytes(data)
    return take_path(path)


def rows_of(texts: list[tuple[str, str]]) -> list[list[str]]:
    return [[TIME.isoformat(), "added", f"id{place}", *pair] for place, pair in enumerate(texts)]


@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=20),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_pythons_csv_writes_is_read(
    tmp_path_factory: Any,
    texts: list[tuple[str, str]],
    delimiter: str,
    ending: str,
    quoting: Any,
    encoding: str,
) -> None:
    """Whatever the texts, the delimiter, the line ends, the quoting and the encoding: the same values."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerows([FIELDS[:5], *rows_of(texts)])
    taken = take(tmp_path_factory, file.getvalue().encode(encoding))
    assert taken.rejects == []
    assert [event[2:5] for event in taken.events.values()] == [
        (identity, name or None, channel or None) for _, _, identity, name, channel in rows_of(texts)
    ]


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=20), st.booleans())
def test_what_pythons_json_writes_is_read(
    tmp_path_factory: Any, texts: list[tuple[str, str]], ascii_only: bool
) -> None:
    """Whatever the texts, as JSON lines: the same values."""
    lines = [
        json.dumps(dict(zip(FIELDS, row, strict=False)), ensure_ascii=ascii_only) for row in rows_of(texts)
    ]
    taken = take(tmp_path_factory, "\n".join(lines).encode(), "a.jsonl")
    assert taken.rejects == []
    assert [event[3:5] for event in taken.events.values()] == [(a or None, b or None) for a, b in texts]


HEADER = b"timestamp,event,contact_id,contact_name\n"
LINES = st.sampled_from(
    [
        b"2026-11-05,added,1,Ann\n",
        b'2026-11-05,added,2,"Ann ""A"" B"\n',
        b'2026-11-05,added,3,"a\nb"\n',
        b'2026-11-05,added,4,"stray\n',
        b'2026-11-05,added,5,"Bob" Man\n',
        b"2026-11-05,added,6\n",
        b"2026-11-05,added,7,x,y\n",
        b"\n",
        b"  \n",
        b"2026-11-05,added,8,Ren\xe9\n",
        b"2026-11-05,added,9,a\0b\r\n",
        b"03/04/2026,added,10,x\n",
        b'"2026-11-05","added","11","x"\r\n',
        b'2026-11-05,added,12,"a,b"\n',
        b'"\n',
        b'"""\n',
        b",,,\n",
        b"2026-11-05,added,13,a\rb\n",
        b"2026-11-05,added,14,a\r",
    ]
)


@given(st.lists(LINES, max_size=30), st.binary(max_size=20), st.integers(0, 400))
def test_every_record_of_any_mixture_is_accounted_for(
    tmp_path_factory: Any, lines: list[bytes], junk: bytes, place: int
) -> None:
    """Good lines are events whatever stands around them; every other record is a reject; no line is both.

    A line is a reader's own: a plain one outside of quotes is an event at its number.
    """
    data = HEADER + b"".join(lines)
    data = data[: len(HEADER) + place] + junk + data[len(HEADER) + place :]
    taken = take(tmp_path_factory, data)
    assert not set(taken.events) & set(taken.reasons)
    assert all(line > 1 for line in [*taken.events, *taken.reasons])


@given(
    st.lists(
        LINES.filter(
            lambda line: (
                b"stray" not in line and line[-1:] == b"\n" and not line.startswith(b'"""') and line != b'"\n'
            )
        )
    )
)
def test_good_lines_stay_good_in_bad_company(tmp_path_factory: Any, lines: list[bytes]) -> None:
    """Without a quote left open, each record of a mixture is what it is alone."""
    expected: list[tuple[int, bool]] = []
    number = 2
    for line in lines:
        if line.strip(b" ,\n"):
            good = not line.startswith(b"03") and b"\xe9" not in line
            good = good and b'" Man' not in line and line.count(b",") == (4 if b'"a,b"' in line else 3)
            expected.append((number, good))
        number += line.count(b"\n")
    taken = take(tmp_path_factory, HEADER + b"".join(lines))
    found = [(line, True) for line in taken.events] + [(line, False) for line in taken.reasons]
    assert sorted(found) == expected


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", HEADER, codecs.BOM_UTF16_LE, b"PAR1", b"\x1f\x8b", b"{", b"\x28\xb5\x2f\xfd"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: Any, data: bytes, start: bytes) -> None:
    """Whatever the bytes, they give an account that balances or a refusal in one line."""
    refusals = []
    try:
        take(tmp_path_factory, start + data)
    except InputProblem as problem:
        refusals.append(str(problem))
    assert all("\n" not in refusal for refusal in refusals)


def test_a_large_file_of_everything(tmp_path_factory: Any) -> None:
    """100,000 records of all kinds over many blocks keep their numbers and values."""
    dice = random.Random(3)  # noqa: S311 - dice, not secrets
    lines, expected, number = [HEADER], {}, 2
    for place in range(100_000):
        name = dice.choice(["Ann", "a,b", 'say "hi"', "two\nlines", "é👋", "x" * dice.randrange(200)])
        quoted = (
            '"' + name.replace('"', '""') + '"' if dice.random() < 0.5 or set(name) & set(',"\n') else name
        )
        lines.append(f"2026-11-05,added,{place},{quoted}\n".encode())
        expected[number] = (str(place), name or None)
        number += 1 + name.count("\n")
    taken = take(tmp_path_factory, b"".join(lines))
    assert taken.rejects == []
    assert {line: event[2:4] for line, event in taken.events.items()} == expected
