"""Text of any codec of Python."""

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from contactrep.errors import InputProblem, UsageProblem
from contactrep.read.encodings import BAD_BYTE, codec_of, known_encoding, transcoded
from tests.conftest import run_command
from tests.read.taking import HEADER, Take

Run = Callable[..., Result]

TEXTS = {
    "cp1252": "Ränk – “x” …",
    "shift_jis": "日本語表ソ",
    "gb18030": "汉字𠀀é",
    "utf-16-le": "日本",
    "utf-16": "日本\u010a",
    "utf-32": "日本𠀀",
    "utf-32-be": "日本",
    "utf-7": "日本+ä",
    "iso2022_jp": "日本語",
    "iso2022_kr": "한국어",
    "euc_kr": "한국어",
    "big5": "漢字",
    "hz": "汉字",
    "cp037": "Rank",
    "koi8-r": "Привет",
    "utf-8": "é",
    "utf-8-sig": "é",
}


def rows(text: str, ending: str = "\n") -> str:
    return (HEADER + f'2026-11-05,added,1,{text}\n2026-11-05,added,2,"a\nb"\n').replace("\n", ending)


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_text_of_a_codec(take: Take, encoding: str, ending: str) -> None:
    """Whatever bytes its characters and line ends have."""
    data = rows(TEXTS[encoding], ending).encode(encoding)
    assert take(data, encoding=encoding).names == [TEXTS[encoding], f"a{ending}b"]


@given(st.text(st.characters(codec="gb18030", exclude_characters="\x1a\0"), max_size=30), st.integers(1, 7))
def test_characters_that_a_piece_cuts(text: str, size: int) -> None:
    """A character may begin in one piece and end in the next one."""
    for encoding in ("gb18030", "utf-16", "utf-32", "utf-7", "shift_jis", "iso2022_jp"):
        data = text.encode(encoding, "ignore")
        pieces = (data[place : place + size] for place in range(0, len(data), size))
        whole = data.decode(encoding)
        if data:
            assert b"".join(transcoded(pieces, encoding)).decode() == whole


@given(st.binary(max_size=40))
def test_bytes_that_are_no_text(data: bytes) -> None:
    """They never stop the reading, and never pass for text where the codec has an error."""
    for encoding in ("ascii", "cp1252", "shift_jis", "gb18030", "utf-16-le", "utf-7", "iso2022_jp"):
        found = b"".join(transcoded(iter([data]), encoding))
        try:
            whole = data.decode(encoding).encode()
        except UnicodeError:
            assert BAD_BYTE in found
        else:
            assert found == whole


def test_undecodable_bytes_cost_their_row(take: Take) -> None:
    """The reason names the encoding, and the raw text shows the bytes; no byte swallows a line end."""
    bad = (
        "2026-11-05,added,3,日本".encode("shift_jis")
        + b"\x81\n"
        + "2026-11-05,added,4,ソ\n".encode("shift_jis")
    )
    taken = take(rows("表").encode("shift_jis") + bad, encoding="shift_jis")
    assert taken.ids == ["1", "2", "4"]
    assert taken.rejects == [
        (5, "bytes that are not shift_jis: check --encoding", "2026-11-05,added,3,日本\\x81")
    ]
    taken = take(rows("é").encode(), encoding="ascii")
    assert taken.rejects == [
        (2, "bytes that are not ascii: check --encoding", "2026-11-05,added,1,\\xc3\\xa9")
    ]


def test_a_byte_order_mark_tells_more_than_the_option(take: Take) -> None:
    """A file of UTF-8 or UTF-16 with a mark among others of a folder is read as what it is."""
    for encoding in ("utf-8-sig", "utf-16"):
        assert take(rows("é").encode(encoding), encoding="cp1252").names == ["é", "a\nb"]
    assert take(codecs.BOM_UTF16_BE + rows("é").encode("utf-16-be"), encoding="utf-16-le").names[0] == "é"


def test_the_byte_order_must_be_known(take: Take) -> None:
    """Without a mark the message names both orders."""
    with pytest.raises(InputProblem, match=r"--encoding utf-16-le or utf-16-be$"):
        take(rows("é").encode("utf-16-le"), encoding="utf-16")
    with pytest.raises(InputProblem, match=r"--encoding utf-32-le or utf-32-be$"):
        take(rows("é").encode("utf-32-le"), encoding="utf-32")


def test_names_of_codecs() -> None:
    """Each alias is known; what decodes no text is not, and the closest name is offered."""
    assert known_encoding("Windows-1252") == known_encoding("cp1252") == "cp1252"
    assert known_encoding("latin1") == "iso8859-1"
    assert [codec_of(name) for name in (None, "utf8", "UTF-8", "utf_8_sig")] == [None] * 4
    for name in (
        "hex",
        "rot13",
        "base64",
        "zip",
        "idna",
        "punycode",
        "undefined",
        "",
        "a\0b",
        "../x",
        "x" * 999,
    ):
        with pytest.raises(UsageProblem, match="unknown encoding") as error:
            known_encoding(name)
        assert f"did you mean {name}?" not in str(error.value)


@pytest.mark.parametrize("name", ["rot-31", "zlip", "hex-code", "punycode", "utf-9"])
def test_a_name_is_answered_with_one_that_can_be_typed(name: str) -> None:
    """Codecs of bytes are near to some names, but none of them is taken."""
    with pytest.raises(UsageProblem) as error:
        known_encoding(name)
    near = str(error.value).partition("did you mean ")[2].removesuffix("?")
    assert bool(known_encoding(near) if near else "") == (name == "utf-9")


def test_an_unknown_encoding_is_a_usage_error() -> None:
    """Of every command that reads files."""
    for command in (["load", "x.csv"], ["overview", "x.csv"]):
        result = run_command(*command, "--encoding", "cp1522")
        assert result.exit_code == 2
        assert (
            "Invalid value for '--encoding': unknown encoding 'cp1522': did you mean cp1252?" in result.stderr
        )


def test_the_same_bytes_read_with_another_encoding_are_refused(run: Run, tmp_path: Path) -> None:
    """A load knows bytes again, whatever the option says, and names the load that has read them."""
    path, store = tmp_path / "a.csv", tmp_path / "s.duckdb"
    path.write_bytes(rows("Ränk").encode("cp1252"))
    options = ("--store", store, "--timezone", "UTC", "--max-rejects", "100%")
    assert run("load", path, *options, "--encoding", "cp1252").exit_code == 0
    assert "2 duplicate" in run("load", path, *options, "--encoding", "windows-1252").stdout
    again = run("load", path, *options, "--encoding", "cp1250")
    assert "load 1 read this content with other options" in again.stderr
