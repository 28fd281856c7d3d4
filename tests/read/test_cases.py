"""Whole files through `load` and `rejects`: what was read, loaded, duplicate and rejected, where and why.

Beside the other tests of this folder, which look at values, these hold the account as a user sees it, in
the combinations of faults that files really have.
"""

import builtins
import codecs
import gzip
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from backports import zstd
from click.testing import Result

from contactrep.duck import Session
from tests.read.taking import HEADER, Taken, take_once, take_path

Run = Callable[..., Result]

NEVER_CLOSED = "an opening quote that is never closed"
AFTER_QUOTE = "text after the closing quote"
NOT_UTF8 = "bytes that are not UTF-8: use --encoding, e.g. --encoding cp1252"
TOO_FEW = "3 fields, but the header names 4"
ONE_FIELD = "1 field, but the header names 4"
TOO_MANY = "5 fields, but the header names 4"


def row(number: int, name: str = "Ann") -> str:
    """A good record without its line end."""
    return f"2026-11-05T10:00:00Z,added,{number},{name}"


def text_of(*lines: str, header: str = HEADER.strip(), end: str = "\n") -> str:
    """A header and lines, the last one ended as well."""
    return "".join(f"{line}{end}" for line in (header, *lines))


def quoted(text: str) -> str:
    """Every field of simple lines in quotes."""
    return "".join('"' + line.replace(",", '","') + '"\n' for line in text.splitlines())


@dataclass(frozen=True)
class Case:
    """A file and its account: records read, loaded and duplicate, and (line, reason) of those rejected."""

    content: str | bytes
    read: int
    loaded: int
    duplicate: int = 0
    rejects: tuple[tuple[int | None, str], ...] = ()
    name: str = "events.csv"

    @property
    def data(self) -> bytes:
        return self.content.encode() if isinstance(self.content, str) else self.content


STRAY = row(9, '"Bob" Man')
OPEN = row(8, '"Bob')
LATIN = row(7, "Ren\xe9")
THREE = text_of(row(1), row(2), row(3))

CASES = {
    "stray quote first": Case(text_of(STRAY, row(1), row(2)), 3, 2, 0, ((2, AFTER_QUOTE),)),
    "stray quote last": Case(text_of(row(1), row(2), STRAY), 3, 2, 0, ((4, AFTER_QUOTE),)),
    "stray quote last, no line end": Case(text_of(row(1), STRAY)[:-1], 2, 1, 0, ((3, AFTER_QUOTE),)),
    "unterminated at the end": Case(text_of(row(1), row(2), OPEN), 3, 2, 0, ((4, NEVER_CLOSED),)),
    "unterminated, no line end": Case(text_of(row(1), OPEN)[:-1], 2, 1, 0, ((3, NEVER_CLOSED),)),
    "unterminated alone in every field": Case(
        text_of(row(1), '"', row(2)), 3, 2, 0, ((3, NEVER_CLOSED),)
    ),
    "stray after a quoted newline": Case(
        text_of(row(1, '"a\nb\nc"'), STRAY, row(2)), 3, 2, 0, ((5, AFTER_QUOTE),)
    ),
    "stray before a quoted newline": Case(
        text_of(OPEN, row(1, '"a\nb"'), row(2)), 3, 2, 0, ((2, NEVER_CLOSED),)
    ),
    "stray quotes around everything": Case(
        text_of(STRAY, row(1), OPEN, row(2, '"x, y"'), STRAY),
        5, 2, 0, ((2, AFTER_QUOTE), (4, NEVER_CLOSED), (6, AFTER_QUOTE)),
    ),
    "CRLF with a stray quote": Case(
        text_of(row(1), STRAY, row(2), OPEN, end="\r\n"), 4, 2, 0, ((3, AFTER_QUOTE), (5, NEVER_CLOSED))
    ),
    "CR with a stray quote": Case(text_of(row(1), STRAY, row(2), end="\r"), 3, 2, 0, ((3, AFTER_QUOTE),)),
    "mixed line ends with quotes": Case(
        HEADER + row(1) + "\r\n" + row(2, '"a\r\nb"') + "\n" + STRAY + "\r\n" + row(3) + "\n",
        4, 3, 0, ((5, AFTER_QUOTE),),
    ),
    "blank lines and rejects": Case(
        "\r\n\n" + text_of("", row(1), "   ", "x,y,z", "\t", row(2), "", ""), 3, 2, 0, ((7, TOO_FEW),)
    ),
    "too few and too many": Case(
        text_of(row(1), row(2).rsplit(",", 1)[0], row(3) + ",x", row(4)),
        4, 2, 0, ((3, TOO_FEW), (4, TOO_MANY))
    ),
    "too many with a quoted newline": Case(
        text_of(row(1), row(2, '"a\nb",c'), row(3)), 3, 2, 0, ((3, TOO_MANY),)
    ),
    "a comma in a name, unquoted": Case(text_of(row(1, "Lee, Ann"), row(2)), 2, 1, 0, ((2, TOO_MANY),)),
    "BOM with a stray quote": Case(
        codecs.BOM_UTF8 + text_of(STRAY, row(1)).encode(), 2, 1, 0, ((2, AFTER_QUOTE),)
    ),
    "UTF-16 LE with rejects": Case(
        codecs.BOM_UTF16_LE + text_of(row(1), "x", STRAY, row(2)).encode("utf-16-le"),
        4, 2, 0, ((3, ONE_FIELD), (4, AFTER_QUOTE)),
    ),
    "UTF-16 BE with rejects": Case(
        codecs.BOM_UTF16_BE + text_of(row(1), row(2, '"ü\nö"'), STRAY).encode("utf-16-be"),
        3, 2, 0, ((5, AFTER_QUOTE),),
    ),
    "Latin-1": Case(text_of(row(1), LATIN, row(2)).encode("latin-1"), 3, 2, 0, ((3, NOT_UTF8),)),
    "Latin-1 and a stray quote": Case(
        text_of(LATIN, STRAY, row(1), LATIN).encode("latin-1"),
        4, 1, 0, ((2, NOT_UTF8), (3, AFTER_QUOTE), (5, NOT_UTF8)),
    ),
    "NUL bytes": Case(text_of(row(1, "a\0b"), "\0\0\0", row(2)), 3, 2, 0, ((3, ONE_FIELD),)),
    "NUL and a stray quote": Case(text_of(row(1, '"\0\n\0"'), STRAY, row(2)), 3, 2, 0, ((4, AFTER_QUOTE),)),
    "a line of 3 MB": Case(text_of(row(1), row(2, "x" * 3_000_000), row(3)), 3, 3),
    "a line of 3 MB with a stray quote": Case(
        text_of(row(1), row(2, '"x"' + "x" * 3_000_000), row(3)), 3, 2, 0, ((3, AFTER_QUOTE),)
    ),
    "duplicates and an old friend": Case(text_of(row(1), row(1), row(2), row(1, "Bo")), 4, 2, 2),
    "semicolons": Case(
        text_of(row(1), STRAY, row(2) + ",x").replace(",", ";"), 3, 1, 0, ((3, AFTER_QUOTE), (4, TOO_MANY))
    ),
    "tabs": Case(text_of(row(1), row(2).rsplit(",", 1)[0]).replace(",", "\t"), 2, 1, 0, ((3, TOO_FEW),)),
    "pipes": Case(text_of(row(1, "a b"), OPEN, row(2)).replace(",", "|"), 3, 2, 0, ((3, NEVER_CLOSED),)),
    "hashes": Case(text_of(row(1, "Bob #1"), "# x", "#2026-11-05,added,2,#", row(3, "#")), 4, 2, 0, (
        (3, ONE_FIELD),
        (4, "'#2026-11-05' is not a recognised timestamp (ISO 8601 or epoch);"
            " give its format with --timestamp-format"),
    )),
    "header only": Case(HEADER, 0, 0),
    "reordered and unknown headers": Case(
        text_of("x,1,2026-11-05,y,added", "x,2,2026-11-05,added", header="x,Contact ID,Date,z,Type"),
        2, 1, 0, ((3, "4 fields, but the header names 5"),),
    ),
    "gzip with rejects": Case(gzip.compress(text_of(row(1), STRAY).encode()), 2, 1, 0, ((3, AFTER_QUOTE),)),
    "zstd called gz": Case(
        zstd.compress(text_of(OPEN, row(1)).encode()), 2, 1, 0, ((2, NEVER_CLOSED),), "e.csv.gz"
    ),
    "JSON lines": Case(
        '{"timestamp": "2026-11-05", "event": "added", "contact_id": 1}\n\n{"timestamp": \n'
        '{"timestamp": "2026-11-05", "event": "added", "contact_id": {"a": 1}}\n'
        '{"timestamp": "2026-11-05", "event": "added", "event": "added", "contact_id": 2}\n'
        '{"timestamp": "2026-11-05", "event": "added", "contact_id": "1", "x": [[1]]}',
        5, 1, 1,
        ((3, "not JSON: "), (4, "contact_id is an object"), (5, 'the key "event" occurs twice')),
        "e.jsonl",
    ),
    "JSON lines in UTF-16": Case(
        codecs.BOM_UTF16_LE
        + '{"timestamp": "2026-11-05", "event": "added", "contact_id": "ü"}\nx\n'.encode("utf-16-le"),
        2, 1, 0, ((2, "not JSON: "),),
    ),
    "ten thousand columns": Case(
        text_of(
            row(1) + ",v" * 9_996, row(2), row(3, '"a\nb"') + ",v" * 9_996, row(4) + ',"v" v' + ",v" * 9_995,
            header=HEADER.strip() + "".join(f",c{number}" for number in range(9_996)),
        ),
        4, 2, 0, ((3, "4 fields, but the header names 10,000"), (6, AFTER_QUOTE)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_account_of_a_file(run: Run, tmp_path: Path, case: Case) -> None:
    """What was read is what was loaded, duplicate or rejected, and each reject has its line and reason."""
    path = tmp_path / case.name
    path.write_bytes(case.data)
    assert_account(run, path, case)


def assert_account(run: Run, path: Path, case: Case) -> None:
    place = ("--store", path.parent / "store.duckdb", "--format", "json")
    result = run("load", path, *place, "--timezone", "UTC")
    assert result.exit_code == 0, result.stderr
    file = json.loads(result.stdout)["files"][0]
    counts = {name: file[name] for name in ("read", "loaded", "duplicate", "rejected")}
    expected = {"read": case.read, "loaded": case.loaded, "duplicate": case.duplicate}
    assert counts == {**expected, "rejected": len(case.rejects)}
    assert case.read == case.loaded + case.duplicate + len(case.rejects)
    rejects = json.loads(run("rejects", *place).stdout)
    assert rejects["total"] == len(case.rejects)
    for found, (line, reason) in zip(rejects["rows"], case.rejects, strict=True):
        assert found["line"] == line
        assert found["reason"].startswith(reason)
    status = json.loads(run("status", *place).stdout)
    assert sum(status["events"].values()) == case.loaded


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (THREE.split("\n", 1)[1].encode(), "no timestamp, contact_id or event column"),
        (b"timestamp,event,contact_id,Name,NAME\n", "columns 'Name' and 'NAME' both mean contact_name"),
        (b"timestamp,event,contact_id,Contact-Id\n", "both mean contact_id: choose one with --map"),
        (b'"timestamp,event,contact_id\n' + row(1).encode(), "the header line has"),
        (gzip.compress(THREE.encode() * 50)[:-9], "the compressed file is cut short: fetch it again"),
        (zstd.compress(THREE.encode() * 50)[:-4], "the compressed file is cut short: fetch it again"),
        (text_of("x", "y,z").encode(), "all 2 rows are invalid; line 2: "),
    ],
)
def test_a_file_that_cannot_be_one_is_refused(run: Run, tmp_path: Path, content: bytes, message: str) -> None:
    """It is refused in one line, and the good file beside it is not taken in either."""
    good, bad, store = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "store.duckdb"
    good.write_text(THREE)
    bad.write_bytes(content)
    result = run("load", good, bad, "--store", store, "--timezone", "UTC")
    assert result.exit_code == 1
    errors = [line for line in result.stderr.splitlines() if not line.startswith("Note: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "bad.csv" in errors[0]
    assert json.loads(run("load", good, "--store", store, "--format", "json").stdout)["total"]["loaded"] == 3


@pytest.mark.parametrize("place", [0, 150_000, 299_999])
def test_a_stray_quote_among_300_000_records_with_quotes(tmp_path: Path, place: int) -> None:
    """Where good records have quotes, commas and line ends in them too, it still costs one record."""
    path = tmp_path / "events.csv"
    records = [row(number, '"Lee, ""A""\nBo"' if number % 100 == 50 else "Ann") for number in range(300_000)]
    records[place] = STRAY
    path.write_text(text_of(*records))
    line = 2 + place + sum(number % 100 == 50 and number != place for number in range(place))
    taken = take_path(path)
    assert taken.rejects == [(line, AFTER_QUOTE, STRAY)]
    assert taken.counts.read == 300_000
    assert taken.ids == [str(number) for number in range(300_000) if number != place]
    assert taken.names.count('Lee, "A"\nBo') == 3_000 - (place % 100 == 50)


def test_an_open_quote_first_among_50_000_records_with_quotes(tmp_path: Path) -> None:
    """Its partner would be the next record's own quote: neither that record nor any other is lost."""
    path = tmp_path / "events.csv"
    records = [row(number, '"Lee, A"' if number % 7 == 0 else "Ann") for number in range(50_000)]
    path.write_text(text_of(OPEN, *records))
    taken = take_path(path)
    assert taken.rejects == [(2, NEVER_CLOSED, OPEN)]
    assert taken.ids == [str(number) for number in range(50_000)]


def test_a_directory_of_every_format(run: Run, tmp_path: Path) -> None:
    """Files come by name, each with its own account, and the same event in another format is a duplicate."""
    folder, store = tmp_path / "events", tmp_path / "store.duckdb"
    folder.mkdir()
    (folder / "a.csv").write_text(text_of(row(1), STRAY))
    (folder / "b.csv.zst").write_bytes(zstd.compress(text_of(row(1), row(2)).encode()))
    (folder / "c.jsonl").write_text(
        json.dumps({"timestamp": "2026-11-05T10:00:00Z", "event": "added", "contact_id": "3"}) + "\nx\n"
    )
    with duckdb.connect() as connection:
        for name, columns in (
            ("d", "'added' AS event, '3' AS contact_id"),
            ("e", "4 AS contact_id, 'added' AS Type"),
        ):
            connection.execute(
                f"COPY (SELECT {columns}, TIMESTAMP '2026-11-05 10:00:00' AS timestamp)"
                f" TO '{folder / name}.parquet' (FORMAT parquet)"
            )
    (folder / "f.md").touch()
    result = run("load", folder, "--store", store, "--timezone", "UTC", "--format", "json")
    assert f"Note: {folder / 'f.md'} is skipped" in result.stderr
    files = json.loads(result.stdout)["files"]
    assert [tuple(file[key] for key in ("read", "loaded", "duplicate", "rejected")) for file in files] == [
        (2, 1, 0, 1), (2, 1, 1, 0), (2, 1, 0, 1), (1, 0, 1, 0), (1, 1, 0, 0),
    ]  # fmt: skip


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """A FIFO to which these bytes are written by somebody else, a few at a time."""
    writers: list[threading.Thread] = []

    def give(data: bytes) -> Path:
        path = tmp_path / "pipe.csv"
        os.mkfifo(path)

        def write() -> None:
            with path.open("wb", buffering=0) as pipe:
                for place in range(0, len(data), 7):
                    pipe.write(data[place : place + 7])

        writers.append(threading.Thread(target=write))
        writers[0].start()
        return path

    yield give
    for writer in writers:
        writer.join()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
def test_a_fifo_has_its_account(
    run: Run, given: Callable[[bytes], Path], pack: Callable[[bytes], bytes]
) -> None:
    """What comes through a FIFO, packed or not, is accounted for like a file."""
    case = Case(
        text_of(row(1), STRAY, row(1), LATIN).encode("latin-1"), 4, 1, 1, ((3, AFTER_QUOTE), (5, NOT_UTF8))
    )
    assert_account(run, given(pack(case.data)), case)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("start", [row(2)[:-9], row(2, '"a\nb')])
def test_a_file_that_grows_at_any_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: str,
    alone: bool,
) -> None:
    """Whatever looks at it first after it grew, it is the file before or after, never a mixture."""
    path, write, looks, moment = tmp_path / "events.csv", io.open, 0, 0
    before = text_of(row(1)) + start
    more = 'x"\n' + row(3) + "\n" + row(4)

    def growing(look: Callable[..., Any]) -> Callable[..., Any]:
        """The same, but that the file grows just before its look at this moment."""

        def look_later(*arguments: Any, **options: Any) -> Any:
            nonlocal looks
            if str(path) in repr((arguments, options)):
                looks += 1
                if looks == moment:
                    with write(path, "a") as file:
                        file.write(more)
            return look(*arguments, **options)

        return look_later

    def taken(content: str) -> Taken:
        nonlocal looks
        path.write_text(content)
        looks = 0
        return take_once(path, alone=alone)

    for place, name in (
        (Session, "run"),
        (Session, "batches"),
        (io, "open"),
        (builtins, "open"),
        (os, "stat"),
    ):
        monkeypatch.setattr(place, name, growing(getattr(place, name)))
    known = [taken(before), taken(before + more)]
    assert looks > 9
    for moment in range(1, 40):
        assert taken(before) in known
        if looks < moment:
            return
    pytest.fail("a file needs fewer looks")
