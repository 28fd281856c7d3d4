"""CSV and its kin, record by record: what is good, what is rejected and why, and on which line."""

import random
import re
from pathlib import Path

import pytest

from contactrep.errors import InputProblem
from contactrep.read import content
from tests.read.taking import HEADER, Take, take_path

GOOD = "2026-11-05T10:00:00Z,added,{},Ann\n"

MOVED = (
    "unknown event 'moved' (expected added, connected, deleted or merged): use --value 'event:moved=KIND'"
    " with one of these, or =- to skip such rows"
)


def records(*ids: int) -> str:
    return "".join(GOOD.format(number) for number in ids)


def test_clean_lines_are_events(take: Take) -> None:
    """Every line under the headers is one event, with its line number."""
    taken = take(HEADER + records(1, 2))
    assert list(taken.events) == [2, 3]
    assert taken.ids == ["1", "2"]
    assert not taken.rejects


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_usual_delimiters_are_found_in_the_header(take: Take, delimiter: str) -> None:
    """The delimiter is the one under which the headers have the required fields."""
    taken = take((HEADER + records(1) + '2026-11-05,added,2,"a,b"\n').replace(",", delimiter))
    assert taken.ids == ["1", "2"]
    assert taken.names == ["Ann", f"a{delimiter}b"]


def test_delimiters_within_headers_do_not_mislead(take: Take) -> None:
    """Headers that are text with other delimiters in it still belong to the one that resolves."""
    taken = take("timestamp;event;contact_id;a,b,c,d,e,f\n2026-11-05;added;1;x,y\n")
    assert taken.ids == ["1"]
    assert taken.counts.ignored_columns == ("a,b,c,d,e,f",)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_is_known(take: Take, ending: str, last: bool) -> None:
    """LF, CRLF and the lone CR of a classic Mac end lines, whether or not the last line has one."""
    text = (HEADER + records(1, 2)).replace("\n", ending)
    taken = take(text if last else text.removesuffix(ending))
    assert taken.names == ["Ann", "Ann"]
    assert list(taken.events) == [2, 3]


def test_mixed_line_ends_at_scale(tmp_path: Path) -> None:
    """200,000 lines ended by LF or CRLF at random are as many events."""
    dice = random.Random(7)  # noqa: S311 - dice, not secrets
    path = tmp_path / "mixed.csv"
    lines = [HEADER, *(GOOD.format(number) for number in range(200_000))]
    path.write_text("".join(line.replace("\n", dice.choice(["\n", "\r\n"])) for line in lines), newline="")
    taken = take_path(path)
    assert taken.ids == [str(number) for number in range(200_000)]
    assert set(taken.names) == {"Ann"}


def test_a_lone_cr_among_line_feeds_is_text(take: Take) -> None:
    """Where LF ends the lines, a CR within one belongs to its value, exactly."""
    taken = take(HEADER + "2026-11-05,added,1,a\rb\n" + '2026-11-05,added,2,"c\r\nd"\n' + records(3))
    assert taken.names == ["a\rb", "c\r\nd", "Ann"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_are_counted_by_lf(take: Take, ending: str) -> None:
    """A lone CR ends no line where there is an LF: two records that it parts are one of too many fields."""
    rows = ["2026-11-05,added,1,Ann\r2026-11-05,added,2,Bo", "", "\r2026-11-05,added,3,c\rc", "\r\r", "bad"]
    taken = take(HEADER.replace("\n", ending) + ending.join(rows) + ending)
    assert {line: row[3] for line, row in taken.events.items()} == {4: "c\rc"}
    assert taken.reasons == {2: "7 fields, but the header names 4", 6: "1 field, but the header names 4"}


@pytest.mark.parametrize("value", ["a\rb\nc", "\r", "a\n\rb,\r\n", "\r\r\r,x\r\n"])
def test_lone_crs_in_quotes_are_text(take: Take, value: str) -> None:
    """A quoted value is kept exactly, whatever ends the lines that it runs over."""
    taken = take(HEADER + f'2026-11-05,added,1,"{value}"\n2026-11-05,added,2,"{value}"\n' + records(3))
    assert (taken.ids, taken.names, taken.rejects) == (["1", "2", "3"], [value, value, "Ann"], [])


def test_a_lone_cr_ends_the_headers(take: Take) -> None:
    """A file of CRs that something ended with one LF is read, even where its lines are very many."""
    taken = take((HEADER + records(*range(120_000))).replace("\n", "\r") + "\n")
    assert taken.ids == [str(number) for number in range(120_000)]
    assert not taken.rejects


@pytest.mark.parametrize("block", range(20, 90, 7))
def test_line_ends_across_blocks(take: Take, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Wherever the blocks of a file end, its lines end where they do."""
    monkeypatch.setattr(content, "BLOCK", block)
    rows = "2026-11-05,added,1,a\n2026-11-05,added,2,b\r\r\n2026-11-05,added,3,c\rc\r\n\r\n"
    rows += "2026-11-05,added,4,d\r"
    taken = take(HEADER + rows)
    assert taken.names == ["a", "b", "c\rc", "d"]
    assert list(taken.events) == [2, 3, 4, 6]


def test_blank_lines_count_for_line_numbers_only(take: Take) -> None:
    """Empty lines and lines of blanks are no records."""
    taken = take("\n \n" + HEADER + "\n" + records(1) + "  \t\n" + records(2) + "\n\n")
    assert list(taken.events) == [5, 7]
    assert taken.counts.read == 2


def test_header_only_is_no_record(take: Take) -> None:
    """A file of nothing but headers is fine and empty."""
    assert take(HEADER).counts.read == 0
    assert take(HEADER.strip()).counts.read == 0


@pytest.mark.parametrize("content", ["", "\n\n", " \n"])
def test_an_empty_file_is_refused(take: Take, content: str) -> None:
    """A file without headers is refused, an empty one too."""
    with pytest.raises(InputProblem, match=r"events.csv: there is nothing in it, not even headers"):
        take(content)


def test_a_file_without_headers_is_refused(take: Take) -> None:
    """Fields are never taken by position."""
    with pytest.raises(InputProblem, match=r"no timestamp, contact_id or event column \(found: 2026-11-05"):
        take("2026-11-05,added,1,Ann\n")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-11-05,added,1", "3 fields, but the header names 4"),
        ("2026-11-05,added,1,Ann,x", "5 fields, but the header names 4"),
        ('2026-11-05,added,1,"Bob" Man', "text after the closing quote"),
        ('2026-11-05,added,1,"Bob', "an opening quote that is never closed"),
        ('2026-11-05,added,"1,Ann', "an opening quote that is never closed"),
        ('"2026-11-05,added,1,Ann', "an opening quote that is never closed"),
        ('2026-11-05,added,1,"a""', "an opening quote that is never closed"),
        ('2026-11-05,added,"1",Ann,"x"', "5 fields, but the header names 4"),
        (",,, ", "no timestamp"),
        ("2026-11-05,added,,Ann", "no contact_id"),
        ("2026-11-05,added, \u3000,Ann", "no contact_id"),
        ("2026-11-05,,1,Ann", "no event"),
        ("2026-11-05,moved,1,Ann", MOVED),
    ],
)
def test_a_bad_row_costs_only_itself(take: Take, row: str, reason: str) -> None:
    """A bad row is rejected with its line, reason and text; its neighbours are events."""
    taken = take(HEADER + records(1) + row + "\n" + records(2, 3))
    assert taken.rejects == [(3, reason, row)]
    assert taken.ids == ["1", "2", "3"]


@pytest.mark.parametrize("quoted", [False, True])
def test_rows_of_empty_fields_are_blank_lines(take: Take, *, quoted: bool) -> None:
    """A spreadsheet leaves them below its table; they are no records, as its blank rows are none."""
    rows = [",,,", ",", ",,,,,,", *(['"","","",""', '"",,'] if quoted else [])]
    taken = take(HEADER + records(1) + "\n".join([*rows, records(2), *rows]))
    assert (taken.ids, taken.counts.read) == (["1", "2"], 2)


@pytest.mark.parametrize("row", ['2026-11-05,added,1,"Bob" Man', '2026-11-05,added,1,"Bob'])
@pytest.mark.parametrize("place", [0, 150_000, 299_999])
def test_a_stray_quote_among_300_000_records(tmp_path: Path, row: str, place: int) -> None:
    """One stray quote at the first, a middle or the last of 300,000 records costs that record alone."""
    path = tmp_path / "events.csv"
    lines = [GOOD.format(number) for number in range(300_000)]
    lines[place] = row + "\n"
    path.write_text(HEADER + "".join(lines))
    taken = take_path(path)
    assert [(line, raw) for line, _, raw in taken.rejects] == [(place + 2, row)]
    assert taken.counts.read == 300_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"a,b"', "a,b"),
        ('"a\nb"', "a\nb"),
        ('"a\n\n,b\n"', "a\n\n,b\n"),
        ('"say ""hi"""', 'say "hi"'),
        ('""""', '"'),
        ('""', None),
        ('5" pipe', '5" pipe'),
        ('a "b" c', 'a "b" c'),
        (' "a"', ' "a"'),
        ('"\n"', "\n"),
        ('"a,""b"",\nc"', 'a,"b",\nc'),
        ("NULL", "NULL"),
        ("nan", "nan"),
        ("# x", "# x"),
        ("\\N", "\\N"),
        ("  spaces  ", "  spaces  "),
        ("\x01\x02\x03", "\x01\x02\x03"),
        ("a\0b", "a\0b"),
        ("\x02b\x02r\x02e\x020", "\x02b\x02r\x02e\x020"),
        ("عربي 👨‍👩‍👧 \u202e", "عربي 👨‍👩‍👧 \u202e"),
        ("\ufeff", "\ufeff"),
        ("x" * 3_000_000, "x" * 3_000_000),
        ('"' + "y\n" * 5_000 + '"', "y\n" * 5_000),
    ],
)
@pytest.mark.parametrize("neighbours", ["clean", "quoted"])
def test_values_are_kept_exactly(take: Take, value: str, text: str | None, neighbours: str) -> None:
    """What a value says is what the event has, with quotes and line ends as CSV means them."""
    others = records(1, 2) if neighbours == "clean" else records(1, 2).replace("Ann", '"A,n""n"')
    taken = take(HEADER + others + f"2026-11-05,added,3,{value}\n" + records(4))
    assert not taken.rejects
    assert taken.ids == ["1", "2", "3", "4"]
    assert taken.names[2] == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" Ann", "Ann"),
        ("  Ann  ", "Ann"),
        ("Ann", "Ann"),
        (' "Souza, Ann"', "Souza, Ann"),
        ('  "say ""hi""" ', 'say "hi"'),
        (' 5" pipe', '5" pipe'),
        (' "a\n,b"', "a\n,b"),
        (' ""', None),
        (' " "', None),
        (' " Ann "', "Ann"),
        (' "a\nb "', "a\nb"),
        (" ", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("neighbours", ["clean", "quoted"])
def test_spaces_after_the_delimiters_of_the_header(
    take: Take, value: str, text: str | None, neighbours: str
) -> None:
    """There they belong to no value, and a quote after them opens one; a row may lack them."""
    header = 'timestamp, "event", contact_id, contact_name\n'
    others = records(1, 2) if neighbours == "clean" else records(1, 2).replace("Ann", '"A,n""n"')
    taken = take(f"{header}{others}2026-11-05, added, 3,{value}\n2026-11-05, added , 4, x, \n" + records(5))
    assert not taken.rejects
    assert taken.ids == ["1", "2", "3", "4", "5"]
    assert taken.names[2] == text


def test_a_table_with_bars_has_spaces_around_values(take: Take) -> None:
    """As database shells print it; of a header over two lines, too."""
    rows = " 2026-11-05 | added     |          7 | Ann   \n 2026-11-05 | added     | 8          |       \n"
    taken = take(" timestamp  |   event   | contact_id | contact_name \n" + rows)
    assert (taken.ids, taken.names) == (["7", "8"], ["Ann", None])
    bars = "| timestamp | event | contact_id | contact_name |\n| 2026-11-05 | added | 7 | Ann |\n"
    assert (take(bars).ids, take(bars).names) == (["7"], ["Ann"])
    taken = take('timestamp, event, contact_id, "contact_name", "a\nb"\n2026-11-05, added, 7, Ann, x\n')
    assert (taken.ids, taken.names, list(taken.events)) == (["7"], ["Ann"], [3])


def test_values_over_several_lines_keep_line_numbers(take: Take) -> None:
    """A record has the number of its first line, and the next one that of its own."""
    taken = take(HEADER + '2026-11-05,added,1,"a\nb\nc"\n' + "bad\n" + records(2))
    assert list(taken.events) == [2, 6]
    assert taken.rejects == [(5, "1 field, but the header names 4", "bad")]


def test_a_record_of_several_lines_that_is_bad_is_one_reject(take: Take) -> None:
    """Too many fields over two lines are one reject, with the text of both."""
    row = '2026-11-05,added,1,"a\nb",x'
    taken = take(HEADER + row + "\n" + records(2))
    assert taken.rejects == [(2, "5 fields, but the header names 4", row)]
    row = '03/04/2026,added,1,"a\nb"'
    taken = take(HEADER + row + "\n" + records(2))
    assert [(line, raw) for line, _, raw in taken.rejects] == [(2, row)]


def test_two_stray_quotes_cost_two_records(take: Take) -> None:
    """What stands between two stray quotes is no value, for it is good records."""
    stray = '2026-11-05,added,9,"Bob\n'
    taken = take(HEADER + stray + records(1, 2) + '2026-11-05,added,8,Al"\n' + stray + records(3) + stray)
    assert list(taken.reasons) == [2, 6, 8]
    assert taken.ids == ["1", "2", "8", "3"]


def test_a_first_column_may_run_over_lines(take: Take) -> None:
    """A last line that would be a record by itself is not one where it closes the quote of its value."""
    header = "contact_name,timestamp,event,contact_id\n"
    taken = take(header + '"Ann\nLee",2026-11-05,added,1\nBo,2026-11-05,added,2\n')
    assert (taken.names, taken.ids, taken.rejects) == (["Ann\nLee", "Bo"], ["1", "2"], [])


def test_a_stray_quote_does_not_take_a_line_with_another(take: Take) -> None:
    """Where joining two lines makes too many fields, the second stays the good record that it is."""
    header = "x,contact_name,timestamp,event,contact_id\n"
    taken = take(header + 'x,"Bo,2026-11-05,added,1\n5",Cy,2026-11-05,added,2\n')
    assert (taken.names, list(taken.reasons)) == (["Cy"], [2])


def test_quoted_headers_over_lines(take: Take) -> None:
    """Headers may be quoted and have line ends in them."""
    taken = take('"timestamp","event","contact\n_id","x\ny"\n' + records(1))
    assert taken.ids == ["1"]
    assert list(taken.events) == [4]
    assert taken.counts.ignored_columns == ("x\ny",)


def test_headers_in_any_order_with_unknown_ones(take: Take) -> None:
    """Fields are found by name, wherever they stand; other columns are named."""
    taken = take("x,Contact ID,Activity Time,y,EVENT\n0,00124,2026-11-05,1,Added\n")
    assert taken.events[2][1:3] == ("added", "00124")
    assert taken.counts.ignored_columns == ("x", "y")


def test_ten_thousand_columns(take: Take) -> None:
    """A file of 10,000 columns is read like any other."""
    more = ",".join(f"c{number}" for number in range(9_997))
    row = "2026-11-05,added,1," + ",".join(["v"] * 9_997)
    taken = take(f"timestamp,event,contact_id,{more}\n{row}\n{row},v\n")
    assert taken.counts.read == 2
    assert taken.reasons == {3: "10,001 fields, but the header names 10,000"}


@pytest.mark.parametrize("identity", ["00124", "1e5", "+60 12", "TRUE", "1.0", "'1", " 7", "0x1F"])
def test_ids_are_kept_as_written(take: Take, identity: str) -> None:
    """An id is text: nothing in it is a number."""
    assert take(HEADER + f"2026-11-05,added,{identity},Ann\n").ids == [identity]


def test_bytes_that_are_no_utf8_cost_their_row(take: Take) -> None:
    """A row with Latin-1 bytes is rejected, its text shown as far as it can be."""
    taken = take(
        HEADER.encode() + records(1).encode() + b"2026-11-05,added,2,Ren\xe9\n" + records(3).encode()
    )
    assert taken.rejects == [
        (3, "bytes that are not UTF-8: use --encoding, e.g. --encoding cp1252", "2026-11-05,added,2,Ren\\xe9")
    ]
    assert taken.ids == ["1", "3"]


def test_bytes_that_are_no_utf8_in_a_record_of_several_lines(take: Take) -> None:
    """Such bytes on any of its lines cost a record, and no other."""
    taken = take(HEADER.encode() + b'2026-11-05,added,2,"a\nRen\xe9\nb"\n' + records(3).encode())
    assert list(taken.reasons) == [2]
    assert taken.ids == ["3"]


def test_every_field_quoted(tmp_path: Path) -> None:
    """A file with every field quoted, empty ones too, is read like one without a quote."""
    path = tmp_path / "events.csv"
    rows = [f'"2026-11-05T10:00:00Z","added","{number}",""\n' for number in range(50_000)]
    path.write_text('"timestamp","event","contact_id","contact_name"\n' + "".join(rows))
    taken = take_path(path)
    assert taken.ids == [str(number) for number in range(50_000)]
    assert set(taken.names) == {None}


def test_no_line_is_read_in_vain(take: Take) -> None:
    """Thousands of unclosed quotes in a row are as many rejects, in time that grows with their number."""
    taken = take(HEADER + '2026-11-05,added,1,"x\n' * 20_000 + records(2))
    assert taken.counts.rejected == 20_000
    assert taken.ids == ["2"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_names_the_delimiter_is_obeyed(take: Take, line: str, end: str) -> None:
    """Excel's own first line is no header, and decides even where another delimiter makes more columns."""
    lines = [line, "timestamp;event;contact_id;Name,a,b,c,d", "2026-11-05;added;1;x,y"]
    taken = take("\ufeff" + end.join(lines) + end)
    assert taken.events[3][2] == "1"
    assert taken.counts.ignored_columns == ("Name,a,b,c,d",)


def test_a_line_that_names_a_tab_or_nothing_that_is_read(take: Take) -> None:
    """A tab may be written either way; any other character is not obeyed."""
    for line in ("sep=\t", r"sep=\t"):
        assert take(f"{line}\ntimestamp\tevent\tcontact_id\n2026-11-05\tadded\t1\n").ids == ["1"]
    with pytest.raises(InputProblem, match=r"line 2 looks like it: use --skip-lines 1$"):
        take("sep='\n" + HEADER)


def test_empty_surplus_fields_at_the_end(take: Take) -> None:
    """Spreadsheets pad rows; a surplus field with a value still costs its record."""
    rows = [
        "2026-11-05,added,1,Ann,",
        '2026-11-05,added,2,"A ""B""",,""',
        '2026-11-05,added,3,"A\nB",,',
        "2026-11-05,added,4,Ann,,x",
        '2026-11-05,added,5,Ann,""""',
        '2026-11-05,added,6,"A\nB",,x',
        "2026-11-05,added,7",
    ]
    taken = take(HEADER + "\n".join(rows))
    assert taken.names == ["Ann", 'A "B"', "A\nB"]
    assert list(taken.reasons.values()) == [
        "6 fields, but the header names 4",
        "5 fields, but the header names 4",
        "6 fields, but the header names 4",
        "3 fields, but the header names 4",
    ]
    plain = take(HEADER + "2026-11-05,added,1,Ann,,\n2026-11-05,added,2,Ann,,x\n")
    assert (plain.ids, list(plain.reasons)) == (["1"], [3])


@pytest.mark.parametrize("name", [r'"Ann \"B\" Lee"', r'"Bo \"C\", Lim"', r'"Cy \""', r'"\"Di\""'])
def test_a_quote_escaped_by_a_backslash(take: Take, name: str) -> None:
    """The record is rejected with that reason, its neighbours are events; `C:\\` at the end is text."""
    taken = take(f'{HEADER}2026-11-05,added,1,Al\n2026-11-05,added,2,{name}\n2026-11-05,added,3,"C:\\"\n')
    assert taken.ids == ["1", "3"]
    assert taken.names == ["Al", "C:\\"]
    assert taken.reasons == {3: 'a quote escaped by a backslash (\\"): write it twice ("") instead'}


def test_a_mark_for_null_is_kept_and_named_once(take: Take) -> None:
    r"""`\N` of PostgreSQL and MySQL is text like any other, with one notice; `NULL` is a name."""
    taken = take(f"{HEADER}2026-11-05,added,1,\\N\n2026-11-05,added,2,\\N\n")
    assert taken.names == ["\\N", "\\N"]
    assert taken.counts.notes == (
        "values \\N look like nulls, but are kept as text: use --value 'contact_name:\\N='",
    )
    assert take(f"{HEADER}2026-11-05,added,1,NULL\n").counts.notes == ()


def test_lines_before_the_header(take: Take) -> None:
    """The message says which line was taken for the header, for the one that is may stand below."""
    with pytest.raises(InputProblem) as raised:
        take("\nContacts Report\nGenerated 2026-11-05\n\n" + HEADER)
    assert str(raised.value).endswith(
        "line 2 was taken for the header, but line 5 looks like it: use --skip-lines 4"
    )


@pytest.mark.parametrize("header", ["timestamp^event^contact_id", "timestamp   event   contact_id", "Report"])
def test_a_header_that_is_one_column(take: Take, header: str) -> None:
    """No field can be in it, so the message says what stands between columns."""
    with pytest.raises(InputProblem) as raised:
        take(f"{header}\n2026-11-05^added^1\n")
    assert str(raised.value).endswith(
        f"line 1 was taken for the header, but it is one column ({header}): leave out lines before it with"
        " --skip-lines N, or write the file with a comma, semicolon, tab or | between columns"
    )


def test_many_unused_columns(take: Take) -> None:
    """2,000 of them, some without a name, are known by name or number."""
    names = [f"c{number}" for number in range(4, 2000)]
    text = ",".join(["timestamp,event,contact_id", *names, ""]) + "\n2026-11-05,added,1" + ",x" * 1997 + "\n"
    taken = take(text)
    assert taken.counts.ignored_columns == (*names, "column 2000")


def test_lines_before_the_header_are_skipped(take: Take) -> None:
    """As many as the option says; blank ones count, and one of them may name the delimiter."""
    row, semicolons = "2026-11-05,added,1,\n", HEADER.replace(",", ";")
    assert take(f"Contacts\n\n{HEADER}{row}\nTotal: 1\n", skip_lines=2).reasons == {
        6: "1 field, but the header names 4"
    }
    for title, count in (
        ("sep=;\nTitle\n", 2),
        ("Title, x\nsep=;\n", 1),
        ('"Title\nsep=;\n', 2),
        ("\n\n", 0),
    ):
        text = title + semicolons + row.replace(",", ";")
        assert take(text, skip_lines=count).ids == ["1"], title
    with pytest.raises(InputProblem, match=r"line 3 looks like it: use --skip-lines 2$"):
        take(f"sep=,\nTitle\n{HEADER}{row}", skip_lines=1)
    for most in (9, 10**20):
        with pytest.raises(InputProblem, match=rf"nothing in it after {most:,} lines, not even headers"):
            take(HEADER + row, skip_lines=most)
    with pytest.raises(
        InputProblem, match=r"the header line has text after the closing quote: use --skip-lines 1$"
    ):
        take(f'"a" b\n{HEADER}{row}')


def test_ids_that_a_spreadsheet_has_rounded(take: Take) -> None:
    """They may be another contact's; what merely looks like a number is an id as it is written."""
    rounded = ["1.23457E+11", "-1.5e+20", '"1,23457E+11"', "1.2E-05"]
    good = ["1e5", "1E+11", "1.5e5", "1.5E", "x1.2E+11", "1.2.3E+4"]
    taken = take(HEADER + "".join(f"2026-11-05,added,{one},\n" for one in [*rounded, *good]))
    assert taken.ids == good
    assert taken.reasons[2] == (
        "contact_id '1.23457E+11' was rounded by a spreadsheet: export it again with the ids as text"
    )
    assert len(taken.reasons) == len(rounded)
    merges = "timestamp,event,contact_id,merged contact id\n"
    ids = ["7", "1.23457E+11", "8; 1.23457E+11"]
    taken = take(merges + "".join(f"2026-11-05,merged,{at},{one}\n" for at, one in enumerate(ids)))
    assert (taken.ids, len(taken.reasons)) == (["0"], 2)


def test_a_header_of_other_columns_within_a_file(take: Take) -> None:
    """A second header with other columns refuses the file; the same header again is only a rejected row."""
    rows = "timestamp,event,contact_id,contact_name\n2026-11-05,added,1,Ann\n"
    swapped = '"Timestamp","Event","Contact Name","Contact ID"\n2026-11-05,added,Bo,2\n'
    problem = "line 3 is a second header with other columns (Timestamp, Event, Contact Name, Contact ID)"
    with pytest.raises(InputProblem, match=re.escape(problem)):
        take(rows + swapped)
    for other in ("timestamp,event,channel,contact_name,contact_id", "timestamp,event,contact_id"):
        problem = f"line 3 is a second header with other columns ({other.replace(',', ', ')})"
        with pytest.raises(InputProblem, match=re.escape(problem)):
            take(f"{rows}{other}\n2026-11-05{',x' * other.count(',')}\n")
    taken = take(rows + rows.replace("contact_id", "Contact ID").replace(",1,", ",2,"))
    assert (taken.ids, taken.counts.rejected) == (["1", "2"], 1)
