"""Bytes: compression, encodings, pipes, and files that others write to."""

import bz2
import codecs
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import sqlite3
import stat
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from backports import zstd
from click.testing import Result

from contactrep.duck import Session
from contactrep.errors import InputProblem
from contactrep.read import cleaning, content, unpacking
from contactrep.read.content import Content, examine
from contactrep.read.mapping import Mapping
from contactrep.read.sources import Source, find_sources
from tests.read.taking import HEADER, Take, take_once, take_path

Run = Callable[..., Result]

ROWS = HEADER + '2026-11-05,added,1,Ännchen 👋\n2026-11-05,added,2,"a\nb"\n'
BIG = HEADER + "".join(f"2026-11-05,added,{number},Ann\n" for number in range(60_000))


def look(path: Path, scratch: Path) -> Content:
    return examine(Source(str(path), path), scratch, lambda _: None, Mapping())


@pytest.mark.parametrize("name", ["events.csv.gz", "events.csv", "events.zst"])
def test_gzip_is_known_by_its_content(take: Take, name: str) -> None:
    """A gzip file is read whatever its name says."""
    assert take(gzip.compress(ROWS.encode()), name).names == ["Ännchen 👋", "a\nb"]


@pytest.mark.parametrize("name", ["events.csv.zst", "events.csv", "events.gz"])
def test_zstd_is_known_by_its_content(take: Take, name: str) -> None:
    """A zstd file is read whatever its name says."""
    assert take(zstd.compress(ROWS.encode()), name).names == ["Ännchen 👋", "a\nb"]


def test_a_plain_file_with_a_packed_name_is_read(take: Take) -> None:
    """A suffix does not make a file compressed."""
    assert take(ROWS, "events.csv.gz").counts.read == 2


def test_members_of_an_archive_follow_each_other(take: Take) -> None:
    """Compressed files written one after another are one file."""
    parts = [ROWS.encode(), b"2026-11-05,added,3,x\n"]
    assert take(b"".join(map(gzip.compress, parts))).ids == ["1", "2", "3"]
    assert take(b"".join(map(zstd.compress, parts))).ids == ["1", "2", "3"]


def test_frames_that_zstd_skips(take: Take) -> None:
    """pzstd begins each part with one, and seekable files end with one."""
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd", b"\x5e\x2a\x4d\x18\x00\x00\x00\x00"
    assert take(skipped[0] + zstd.compress(ROWS.encode()) + skipped[1]).names == ["Ännchen 👋", "a\nb"]


def test_a_zstd_window_that_is_too_wide(take: Take) -> None:
    """A stream of --long=31 needs 2 GB to be unpacked: the file is not damaged, and the message says so."""
    packed = b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(16)  # no size, a window of 2 ** 31 bytes
    with pytest.raises(InputProblem) as raised:
        take(packed)
    assert str(raised.value).endswith(
        "zstd would need more than 128 MB of memory to unpack it: compress it without --long or --ultra, or"
        " unpack it"
    )


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_compressed_file_cut_short_is_refused(take: Take, pack: Callable[[bytes], bytes]) -> None:
    """Half an archive is not half of the events: it is refused."""
    whole = pack(BIG.encode())
    for size in (len(whole) // 2, len(whole) - 1):
        with pytest.raises(
            InputProblem, match=r"events.csv: the compressed file is cut short: fetch it again"
        ):
            take(whole[:size])


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_damaged_compressed_file_is_refused(take: Take, pack: Callable[[bytes], bytes]) -> None:
    """Bytes that do not unpack are named as damage."""
    whole = bytearray(pack(BIG.encode()))
    whole[len(whole) // 2 : len(whole) // 2 + 40] = b"x" * 40
    with pytest.raises(InputProblem, match=r"events.csv: the compressed file is (damaged|cut short)"):
        take(bytes(whole))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_unicode_encodings_with_a_mark(take: Take, encoding: str, ending: str) -> None:
    """UTF-8 with a mark and UTF-16 are read like UTF-8, whatever ends their lines."""
    taken = take(ROWS.replace("\n", ending).encode(encoding))
    assert taken.names == ["Ännchen 👋", f"a{ending}b" if ending != "\r" else "a\nb"]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
)
def test_both_orders_of_utf_16(take: Take, mark: bytes, encoding: str) -> None:
    """UTF-16 is read in the order that its mark says, compressed too."""
    data = mark + ROWS.encode(encoding)
    assert take(data).names == take(gzip.compress(data)).names == ["Ännchen 👋", "a\nb"]


def test_half_a_character_in_utf_16(take: Take) -> None:
    """A lone surrogate, or a byte too few, costs the row in which it stands."""
    text = HEADER + "2026-11-05,added,1,a\ud800\n2026-11-05,added,2,b\n"
    taken = take(codecs.BOM_UTF16_LE + text.encode("utf-16-le", "surrogatepass"))
    assert (taken.ids, list(taken.reasons)) == (["2"], [2])
    taken = take(codecs.BOM_UTF16_LE + text.replace("\ud800", "").encode("utf-16-le") + b"2")
    assert (taken.ids, list(taken.reasons)) == (["1", "2"], [4])


def test_every_line_in_another_shape(take: Take) -> None:
    """NUL, CR, undecodable bytes and control characters side by side cost what they must and no more."""
    rows = [b"a\0b", b"a\rb", b"a\xffb", b"a\x02rb", b"a\x01b", "a\u2028b\x85".encode(), b"\x1a"]
    data = b"".join(b"2026-11-05,added,%d,%s\n" % (number, row) for number, row in enumerate(rows))
    taken = take(HEADER.encode() + data)
    assert taken.names == ["a\0b", "a\rb", "a\x02rb", "a\x01b", "a\u2028b\x85", "\x1a"]
    assert list(taken.reasons) == [4]


def test_a_line_beyond_all_measure_is_a_reject(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than LONGEST_LINE is a reject of its own, and the lines around it are read."""
    monkeypatch.setattr(cleaning, "LONGEST_LINE", 3_000_000)
    line = "2026-11-05,added,2," + '"x' * 2_500_000
    taken = take(HEADER + "2026-11-05,added,1,a\n" + line + "\n2026-11-05,added,3,a\n" + line)
    assert taken.ids == ["1", "3"]
    assert {line: reason for line, reason, _ in taken.rejects} == dict.fromkeys(
        (3, 5), "a line of more than 67,108,864 bytes"
    )
    assert taken.rejects[0][2] == line[:1000]


def test_a_clean_file_is_read_where_it_is(tmp_path: Path) -> None:
    """No copy is made of clean UTF-8 lines; one of anything else, private."""
    path, scratch = tmp_path / "events.csv", tmp_path / "scratch"
    scratch.mkdir()
    path.write_text(ROWS)
    assert look(path, scratch).path == path
    path.write_bytes(b"\xff" + ROWS.encode())
    copy = look(path, scratch)
    assert copy.path.parent == scratch
    assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
    copy.discard()
    assert list(scratch.iterdir()) == []


def test_equal_bytes_are_the_same_content_however_packed(tmp_path: Path) -> None:
    """The sum is of the bytes after decompression."""
    sums = set()
    for data in (ROWS.encode(), gzip.compress(ROWS.encode()), zstd.compress(ROWS.encode())):
        path = tmp_path / "events"
        path.write_bytes(data)
        sums.add(look(path, tmp_path).sha256)
    assert len(sums) == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_zip_file_is_called_that(take: Take, pack: Callable[[bytes], bytes]) -> None:
    """An archive is refused by its content, with what to do, whatever its name says."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("events.csv", ROWS)
    with pytest.raises(InputProblem) as raised:
        take(pack(data.getvalue()))
    assert str(raised.value).endswith("events.csv: it is a zip archive: unpack it, and name its files")


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """A FIFO is read however little its writer gives at a time."""
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)

    def give() -> None:
        with path.open("wb", buffering=0) as pipe:
            for byte in ROWS.encode():
                pipe.write(bytes([byte]))

    writer = threading.Thread(target=give)
    writer.start()
    assert take_path(path).names == ["Ännchen 👋", "a\nb"]
    writer.join()


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added between two looks is read from a copy: every line once, none in half."""
    path = tmp_path / "events.csv"
    path.write_text(HEADER + "2026-11-05,added,1,Ann\n2026-11-05,add")
    run, grown = Session.run, list[int]()

    def growing(self: Session, sql: str, *more: Any) -> Any:
        if "TABLE records" in sql and not grown:
            with path.open("a") as file:
                grown.append(file.write("ed,2,Bob\n2026-11-05,added,3,Cy\n"))
        return run(self, sql, *more)

    monkeypatch.setattr(Session, "run", growing)
    taken = take_path(path)
    assert grown
    assert taken.ids == ["1", "2", "3"]
    assert not taken.rejects


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """A file that cannot be opened is refused with the system's reason."""
    with pytest.raises(InputProblem, match=r"x\.csv: cannot read it: No such file or directory"):
        look(tmp_path / "x.csv", tmp_path)


@pytest.mark.parametrize("target", ["gone.csv", "link.csv"])
def test_a_link_to_no_file_in_a_folder_says_what_to_check(tmp_path: Path, target: str) -> None:
    """A link that leads nowhere or to itself is refused as such, not only in the words of the system."""
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / target)
    with pytest.raises(
        InputProblem, match=r"link\.csv: cannot read it: .*: the link leads to no file: check where it"
    ):
        look(link, tmp_path)


def archive(mode: str) -> bytes:
    """A tar archive with a file of events."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        info = tarfile.TarInfo("events.csv")
        info.size = len(ROWS.encode())
        tar.addfile(info, io.BytesIO(ROWS.encode()))
    return buffer.getvalue()


def database(kind: str) -> bytes:
    """The bytes of a database with a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        connection = (duckdb if kind == "duckdb" else sqlite3).connect(str(path))
        connection.execute("CREATE TABLE events (a INTEGER)")
        connection.close()
        return path.read_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bz2.compress(ROWS.encode()), "it is packed with bzip2: unpack it, or pack it with gzip or zstd"),
        (lzma.compress(ROWS.encode()), "it is packed with xz: unpack it, or pack it with gzip or zstd"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "it is an old Excel file: save it as CSV"),
        (ROWS.encode("utf-16-le"), "it is UTF-16 without a byte order mark: use --encoding utf-16-le"),
        (ROWS.encode("utf-16-be"), "it is UTF-16 without a byte order mark: use --encoding utf-16-be"),
        (archive("w"), "it is a tar archive: unpack it, and name its files"),
        (archive("w:gz"), "it is a tar archive: unpack it, and name its files"),
        (zstd.compress(archive("w")), "it is a tar archive: unpack it, and name its files"),
        (gzip.compress(gzip.compress(ROWS.encode())), "it is compressed twice: unpack it once"),
        (database("duckdb"), "name a contactrep store with --store, or export a table as CSV"),
        ("timestamp,event".encode("utf-32"), "it is UTF-32: use --encoding utf-32"),
        (b"\0\0\xfe\xff" + "timestamp,event".encode("utf-32-be"), "it is UTF-32: use --encoding utf-32"),
        (database("sqlite3"), "it is an SQLite database: export the table as CSV"),
        (b"ARROW1\0\0" + bytes(99), "it is an Arrow (Feather) file: write it as Parquet or CSV"),
        (b"\xff\xff\xff\xff" + bytes(99), "it is an Arrow stream: write it as Parquet or CSV"),
        (
            b"\x03" + b"Ana".ljust(54) + b"\x03\0" + "Ana".ljust(54).encode("utf-16-le"),
            "it only says who has a workbook open in Excel: leave it out",
        ),
        (b"ORC\n" + bytes(99), "it is an ORC file: write it as Parquet or CSV"),
        (b"Obj\x01\x04" + bytes(99), "it is an Avro file: write it as Parquet or CSV"),
        (b"PARE" + bytes(99), "it is an encrypted Parquet file: write it without encryption"),
        (b"%PDF-1.7\n%", "it is a PDF: export it as CSV, JSON lines or Parquet where the report comes from"),
        (b"{\\rtf1 x}", "it is an RTF document: save it as plain text"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
            "it is a Git LFS pointer, not the data: run git lfs pull",
        ),
        (b"\x89PNG\r\n\x1a\n", "it is a picture (PNG): export it as CSV, JSON lines or Parquet"),
        (codecs.BOM_UTF8 + b"\n <!DOCTYPE html><p>Log in", "a download may have ended on a login page"),
        (b"<html>\n", "a download may have ended on a login page"),
        (b'<?xml version="1.0"?><a/>', "it is an XML file: export it as CSV, JSON lines or Parquet"),
        (
            zlib.compress(ROWS.encode()),
            "it does not look like text: unpack or decrypt it, or name its encoding with --encoding",
        ),
        (b'<ss:Workbook xmlns="x">', "it is an XML file: export it as CSV, JSON lines or Parquet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # some bytes differ from run to run
)
def test_what_is_not_read_is_told_as_what_it_is(take: Take, data: bytes, message: str) -> None:
    """Whoever has such a file learns what to make of it."""
    with pytest.raises(InputProblem, match=f"{re.escape(message)}$"):
        take(data)


@pytest.mark.parametrize("name", ["PARENT", "ORCID", "DUCKS", "BZh", "x < y"])
def test_a_header_that_begins_like_a_magic_number(take: Take, name: str) -> None:
    """Text is data, whatever its first letters are elsewhere."""
    assert take(f"{name},timestamp,event,contact_id\n,2026-11-05,added,1\n").ids == ["1"]


@pytest.mark.parametrize("text", [ROWS, ROWS.replace("\n", "\r\n")])
def test_a_second_byte_order_mark(take: Take, text: str) -> None:
    """A program put one before a text that had one."""
    taken = take(codecs.BOM_UTF8 * 2 + text.encode())
    assert taken.names == take(text).names
    assert take(gzip.compress(codecs.BOM_UTF8 * 3 + text.encode())).names == taken.names
    line = '{"timestamp": "2026-11-05", "event": "added", "contact_id": "1"}'
    assert take(codecs.BOM_UTF8 * 2 + line.encode(), "a.jsonl").ids == ["1"]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", gzip.compress(b""), zstd.compress(b""), codecs.BOM_UTF8, b"\r\n", gzip.compress(b"\n")),
        "\ufeff\r\n".encode("utf-16-be"),
    ],
    ids=["nothing", "gzip", "zstd", "mark", "blank", "blank in gzip", "blank in UTF-16"],
)
@pytest.mark.parametrize("name", ["b.csv", "b.jsonl", "b.parquet"])
def test_an_empty_part_of_a_data_set_is_skipped(run: Run, tmp_path: Path, data: bytes, name: str) -> None:
    """With a notice, in a load and in a report; alone it is refused, or has no record."""
    folder, store = tmp_path / "parts", tmp_path / "store.duckdb"
    folder.mkdir()
    (folder / "a.csv").write_text(ROWS)
    (folder / name).write_bytes(data)
    loaded = run("load", folder, "--store", store, "--timezone", "UTC", "--format", "json")
    assert [Path(it["path"]).name for it in json.loads(loaded.stdout)["files"]] == ["a.csv"]
    assert f"Note: {folder / name} is skipped: empty" in loaded.stderr
    assert "is skipped: empty" in run("overview", folder).stderr
    alone = run("load", folder / name, folder / name, "--store", store)
    assert alone.exit_code == (0 if name == "b.jsonl" else 1)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32"])
def test_a_file_that_only_its_encoding_explains_is_known_again(
    run: Run, tmp_path: Path, encoding: str
) -> None:
    """The look whether it was loaded before reads it with the same encoding."""
    path = tmp_path / "a.csv"
    path.write_bytes(ROWS.encode(encoding))
    load = ("load", path, "--store", tmp_path / "s", "--timezone", "UTC", "--encoding", encoding)
    assert run(*load).exit_code == 0
    again = run(*load)
    assert (again.exit_code, "0 loaded" in again.stdout + again.stderr) == (0, True)


def test_the_look_for_empty_files_takes_no_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set may have thousands of small files; what is damaged is not empty."""
    monkeypatch.setattr(unpacking, "ThreadPoolExecutor", None)
    contents = {"a.csv": ROWS.encode(), "b.csv": b" ", "c.csv.gz": gzip.compress(b"")[:-1], "d.csv": b"\xff"}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    found = unpacking.without_empty(find_sources([str(tmp_path)]))
    assert [Path(it.label).name for it in found.files] == ["a.csv", "c.csv.gz", "d.csv"]


def test_a_name_like_a_pattern_beside_names_that_are_no_text(tmp_path: Path) -> None:
    """DuckDB looks through the folder of such a name, and fails on names that are no UTF-8."""
    (tmp_path / os.fsdecode(b"a\xffb.csv")).write_text(HEADER)
    path = tmp_path / "a*b.csv"
    path.write_text(ROWS)
    assert take_path(path).names == ["Ännchen 👋", "a\nb"]
    assert path.read_text() == ROWS


def test_a_path_of_globs_and_bytes_is_a_path(tmp_path: Path) -> None:
    """Characters of a file's name never act, it need not be UTF-8, and the file is not copied."""
    for name in ["a[1]*?.csv", "'; DROP.csv", "{x}.csv", os.fsdecode(b"\xff\xfe.csv"), "new\nline.csv"]:
        path = tmp_path / name
        path.write_text(ROWS)
        assert take_path(path).counts.read == 2
        (source,) = find_sources([str(path)]).files
        looked = examine(source, tmp_path, lambda _: None, Mapping())
        assert looked.path.samefile(path)
        assert looked.unchanged()


def test_a_file_that_grows_before_it_is_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added between the look at a file and its rewriting is read from a copy, under its own sum."""
    path = tmp_path / "events.csv"
    path.write_bytes(HEADER.encode() + b"2026-11-05,added,1,a\0b\n")
    rewrite, grown = cleaning.rewrite, list[int]()

    def growing(*arguments: Any) -> None:
        if not grown:
            with path.open("a") as file:
                grown.append(file.write("2026-11-05,added,2,Bo\n"))
        rewrite(*arguments)

    monkeypatch.setattr(content, "rewrite", growing)
    looked = look(path, tmp_path)
    assert grown
    assert looked.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (looked.facts.lines, looked.path.read_bytes().count(b"\n")) == (3, 3)
    grown.clear()
    assert take_path(path).ids == ["1", "2", "2"]


def test_a_file_that_breaks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changed before DuckDB met a fault in it is read again from a copy."""
    path = tmp_path / "events.csv"
    path.write_text(HEADER + "2026-11-05,added,1,Ann\n")
    run, attempts = Session.run, list[str]()

    def breaking(self: Session, sql: str, *more: Any) -> Any:
        if sql.startswith("INSERT INTO stage.plain"):
            attempts.append(sql)
            if len(attempts) == 2:  # after the closer look that the first fault leads to
                path.write_text(path.read_text() + "2026-11-05,added,2,Bo\n")
            if len(attempts) < 3:
                raise InputProblem("half of a line")
        return run(self, sql, *more)

    monkeypatch.setattr(Session, "run", breaking)
    assert take_once(path).ids == ["1", "2"]
    assert len(attempts) == 3


def test_a_file_that_never_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows whenever it is read is loaded as it was at one moment, from a copy."""
    path = tmp_path / "events.csv"
    path.write_text(HEADER + "2026-11-05,added,1,Ann\n")
    run, attempts = Session.run, list[str]()

    def growing(self: Session, sql: str, *more: Any) -> Any:
        rows = run(self, sql, *more)
        if sql.startswith("INSERT INTO stage.plain"):
            attempts.append(sql)
            assert len(attempts) < 10
            with path.open("a") as file:
                file.write(f"2026-11-05,added,{len(attempts) + 1},Bo\n")
        return rows

    monkeypatch.setattr(Session, "run", growing)
    assert take_once(path).ids == ["1", "2"]
    assert len(attempts) == 2
