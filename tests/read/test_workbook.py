"""Workbooks: what a sheet shows is what is read, from any writer, and nothing in a workbook acts."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from contactrep.errors import InputProblem
from contactrep.read import workbook
from contactrep.read.workbook import moment, number
from tests.read.taking import Take, Taken, take_path

HEADERS = ("timestamp", "event", "contact_id", "contact_name", "channel")

_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


at = datetime.fromisoformat


def by_hand(
    rows: str,
    *,
    styles: str = "",
    shared: str = "",
    more: dict[str, str | bytes] | None = None,
    properties: str = "",
    sheets: tuple[str, ...] = ("Sheet1",),
) -> bytes:
    """A workbook of parts that are written out; `rows` are those of the first sheet."""
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="r{place}"/>'
        for place, name in enumerate(sheets, 1)
    )
    related = "".join(
        f'<Relationship Id="r{place}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, len(sheets) + 1)
    )
    parts: dict[str, str | bytes] = {
        "_rels/.rels": f'<Relationships><Relationship Id="a" Type="{_RELATION}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f"<workbook>{properties}<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}"
        f'<Relationship Id="s" Type="{_RELATION}/styles" Target="/xl/styles.xml"/>'
        f'<Relationship Id="t" Type="{_RELATION}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst>{shared}</sst>",
        **{
            f"xl/worksheets/sheet{place}.xml": f'<worksheet><dimension ref="A1"/><sheetData>{rows}'
            "</sheetData></worksheet>"
            for place in range(1, len(sheets) + 1)
        },
        **(more or {}),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return data.getvalue()


def texts(*values: str) -> str:
    """A row of inline texts."""
    cells = "".join(
        f'<c t="inlineStr"><is><t xml:space="preserve">{escape(it)}</t></is></c>' for it in values
    )
    return f"<row>{cells}</row>"


def one(cell: str, styles: str = "", **more: Any) -> bytes:
    """A workbook whose first event has this cell as its contact_id."""
    head = texts("timestamp", "event", "contact_id")
    first = texts("2026-11-05", "added", "").replace("</row>", "")
    return by_hand(
        head + first.replace('<c t="inlineStr"><is><t xml:space="preserve"></t></is></c>', cell) + "</row>",
        styles=styles,
        **more,
    )


_CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=10)


@settings(max_examples=20)
@given(
    rows=st.lists(
        st.tuples(
            st.datetimes(at("1990-01-01"), at("2090-01-01")),
            st.integers(0, 999_999_999_999_999) | _CELLS.map(lambda text: f"c{text}"),
            _CELLS,
            st.booleans() | st.floats(0, 1000).map(lambda number: round(number, 4)),
        ),
        min_size=1,
        max_size=8,
    ),
    is_1904=st.booleans(),
    gap=st.integers(0, 3),
    constant=st.booleans(),
)
def test_what_a_writer_wrote_is_read(
    tmp_path: Path,
    rows: list[tuple[datetime, int | str, str, bool | float]],
    is_1904: bool,
    gap: int,
    constant: bool,
) -> None:
    """Times to the millisecond, ids as digits, texts as they are, shared or inline, with blank rows."""
    path = tmp_path / "a.xlsx"
    options = {"constant_memory": constant, "date_1904": is_1904, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet, form = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss.000"})
        sheet.write_row(0, 0, HEADERS)
        for place, (when, identity, name, channel) in enumerate(rows):
            line = 1 + place * (gap + 1)
            sheet.write_datetime(line, 0, when, form)
            sheet.write_string(line, 1, "added")
            (sheet.write_number if isinstance(identity, int) else sheet.write_string)(line, 2, identity)
            sheet.write_string(line, 3, name)
            sheet.write(line, 4, channel)
    taken = take_path(path)
    assert list(taken.events) == [2 + place * (gap + 1) for place in range(len(rows))]
    for (when, identity, name, channel), event in zip(rows, taken.events.values(), strict=True):
        assert abs(event[0] - when) <= timedelta(milliseconds=1)
        assert event[2] == str(identity)
        assert event[3] == (name or None)
        shown = str(channel).upper() if isinstance(channel, bool) else f"{channel:.15g}"
        assert event[4] == shown


@pytest.mark.parametrize(
    ("cell", "identity"),
    [
        ("<c><v>124</v></c>", "124"),
        ("<c><v>124.0</v></c>", "124"),
        ("<c><v>1.23456789E8</v></c>", "123456789"),
        ("<c><v>999999999999999</v></c>", "999999999999999"),
        ("<c><v>0.30000000000000004</v></c>", "0.3"),
        ("<c><v>-5</v></c>", "-5"),
        ("<c><v>1E-3</v></c>", "0.001"),
        ('<c t="str"><f>A1&amp;"x"</f><v>00124</v></c>', "00124"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="s"><v>1</v></c>', "rich text"),
        (
            '<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r><rPh><t>x</t></rPh></is></c>',
            "inline",
        ),
        ('<c t="inlineStr"><is><t>a_x000D_b_x005F_x0041_</t></is></c>', "a\rb_x0041_"),
        ('<c t="inlineStr"><is><t>=1+1</t></is></c>', "=1+1"),
        ('<c s="1"><v>46331</v></c>', "2026-11-05"),
        ('<c s="1"><v>46331.5</v></c>', "2026-11-05T12:00:00"),
        ('<c s="2"><v>46331</v></c>', "46331"),
        ('<c s="3"><v>124</v></c>', "00124"),
        ('<c s="3"><v>1234567</v></c>', "1234567"),
        ('<c s="3"><v>12.5</v></c>', "12.5"),
        ('<c s="4"><v>12</v></c>', "C-0012/x"),
        ('<x:c xmlns:x="y"><x:v>7</x:v></x:c>', "7"),
    ],
)
def test_cells_of_every_kind(take: Take, cell: str, identity: str) -> None:
    """An id is what the sheet shows."""
    shared = "<si><t>no</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>x</t></rPh></si>"
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="[Red]0.00&quot;days&quot;\\d"/>'
        '<numFmt numFmtId="165" formatCode="00000;@"/>'
        '<numFmt numFmtId="166" formatCode="&quot;C-&quot;0000\\/\\x"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/>'
        '<xf numFmtId="166"/></cellXfs>'
    )
    assert take(one(cell, styles, shared=shared), "a.xlsx").ids == [identity]


@pytest.mark.parametrize("name", ["/{}", "{}"])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_names_of_parts(tmp_path: Path, name: str, separator: str) -> None:
    """Some writers begin the names of parts with a slash, or part them by backslashes."""
    path = tmp_path / "a.xlsx"
    with (
        zipfile.ZipFile(io.BytesIO(one("<c><v>7</v></c>"))) as parts,
        zipfile.ZipFile(path, "w") as written,
    ):
        for part in parts.namelist():
            written.writestr(name.format(part).replace("/", separator), parts.read(part))
    assert take_path(path).ids == ["7"]


@pytest.mark.parametrize("value", ["1.23457E+11", "12345678901234567", "1E+20", "1.2345678901234568e+19"])
def test_an_id_that_the_spreadsheet_has_rounded(take: Take, value: str) -> None:
    """It may be another contact's, so the row is rejected and the reason says why."""
    taken = take(one(f"<c><v>{value}</v></c>"), "a.xlsx")
    assert taken.reasons[2].endswith("was rounded by a spreadsheet: export it again with the ids as text")


def test_an_error_is_a_fault_only_where_a_field_wants_it(take: Take) -> None:
    """The cell of a column that nothing uses rejects no row, and blank rows are none."""
    head = texts("timestamp", "event", "contact_id", "contact_name", "note")
    error = '<c r="{0}" t="e"><f>NA()</f><v>#N/A</v></c>'
    first = texts("2026-11-05", "added", "1").replace("</row>", error.format("E2") + "</row>")
    second = texts("2026-11-05", "added", "2").replace("</row>", error.format("D4") + "</row>")
    taken = take(by_hand(head + first + texts("", " ") + second), "a.xlsx")
    assert taken.ids == ["1"]
    assert taken.rejects == [
        (4, "contact_name is #N/A: mend the formula in the sheet", "2026-11-05\tadded\t2\t#N/A")
    ]


def test_date_and_time_apart(take: Take) -> None:
    """A time of day has no day, so that the two can be joined."""
    head = texts("Date", "Time", "event", "contact_id")
    cells = '<c s="1"><v>46331</v></c><c s="2"><v>0.39583333333333331</v></c>'
    rest = texts("added", "1").removeprefix("<row>")
    styles = '<cellXfs><xf/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs>'
    data = by_hand(f"{head}<row>{cells}{rest}", styles=styles)
    assert take(data, "a.xlsx", map={"timestamp": "Date+Time"}).times == [at("2026-11-05 09:30")]


def test_spaces_in_cells_are_kept(tmp_path: Path) -> None:
    """Also where every header begins with one, which in delimited text is typed after the delimiter."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["timestamp", " event", " contact_id", " contact_name"])
        sheet.write_row(1, 0, ["2026-11-05", "added", " 3", ' "Ann" B'])
    taken = take_path(path)
    assert (taken.ids, taken.names) == ([" 3"], [' "Ann" B'])


@pytest.mark.parametrize("style", ['numFmtId="46"', 'numFmtId="164"'])
def test_a_duration_is_no_date(take: Take, style: str) -> None:
    """It is hours, as the sheet shows it, and those of less than a day may be a time of day."""
    head = texts("Date", "Time", "event", "contact_id")
    dated = '<row><c s="1"><v>46331</v></c><c s="2"><v>{}</v></c>' + texts("added", "1").removeprefix("<row>")
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="[$-409][hh]:mm;@"/></numFmts>'
        f'<cellXfs><xf/><xf numFmtId="14"/><xf {style}/></cellXfs>'
    )
    data = by_hand(head + dated.format("1.5") + dated.format("0.5") + dated.format("46331.5"), styles=styles)
    taken = take(data, "a.xlsx", map={"timestamp": "Date+Time"})
    assert taken.times == [at("2026-11-05 12:00")]
    taken = take(data, "a.xlsx", map={"timestamp": "Time"})
    assert [reason.partition(" is not")[0] for _, reason, _ in taken.rejects] == [
        "'36:00:00'",
        "'12:00:00'",
        "'1111956:00:00'",
    ]


@pytest.mark.parametrize(
    ("value", "is_1904", "shown"),
    [
        ("1", False, "1900-01-01"),
        ("59", False, "1900-02-28"),
        ("60", False, None),
        ("61", False, "1900-03-01"),
        ("0.5", False, "12:00:00"),
        ("44869.99999999999", False, "2022-11-05"),
        ("46331.416666666664", False, "2026-11-05T10:00:00"),
        ("46331.4166666667", False, "2026-11-05T10:00:00"),
        ("46331.41666668981", False, "2026-11-05T10:00:00.002"),
        ("44869", True, "2026-11-05"),
        ("2958465", False, "9999-12-31"),
        ("2958466", False, None),
        ("-1", False, None),
        ("text", False, None),
        ("2958465.9999999", False, "9999-12-31T23:59:59.991"),
        ("2958464", True, None),
        ("1E+400000", False, None),
        ("1E999999", False, None),
        ("Infinity", False, None),
        ("nan", False, None),
    ],
)
def test_serial_numbers(value: str, is_1904: bool, shown: str | None) -> None:
    """Days are those that the sheet shows, and times are to the millisecond."""
    assert moment(value, is_1904=is_1904) == shown


@given(st.datetimes(at("1900-03-01"), at("9999-12-31")), st.integers(15, 17))
def test_serial_numbers_of_every_time(when: datetime, digits: int) -> None:
    """A time in seconds is exact, however many digits the writer gives."""
    when = when.replace(microsecond=0)
    serial = (when - at("1899-12-30")) / timedelta(days=1)
    shown = moment(f"{serial:.{digits}g}")
    assert shown is not None
    assert datetime.fromisoformat(shown) == when


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("1793872800123456", "2026-11-05 10:00:00.123456"), ("1793872800000000", "2026-11-05 10:00"),
        ("1.79387280012346E+15", "2026-11-05 10:00:00.123460"),
        ("1793872800123456789", "2026-11-05 10:00:00.123456"), ("1.79387E+15", None),
        ("1.7938728E+15", "2026-11-05 10:00"), ("1.7938728E+18", "2026-11-05 10:00"),
    ],
)  # fmt: skip
def test_epochs_of_more_digits_than_a_sheet_keeps(take: Take, value: str, time: str | None) -> None:
    """An epoch in micro- or nanoseconds is a time unless the sheet has rounded it too far."""
    head = texts("timestamp", "event", "contact_id")
    taken = take(by_hand(f"{head}<row><c><v>{value}</v></c>{texts('added', '1')[5:]}"), "a.xlsx")
    assert taken.times == ([at(time)] if time else [])


@pytest.mark.parametrize("style", [14, 46])
@pytest.mark.parametrize(
    ("value", "shown"),
    [("1E5000", "1E5000"), ("1E999999", "1E999999"), ("1E30", "1.0E+30"), ("-1.5", "-1.5")],
)
def test_a_serial_number_beyond_reason_is_a_number(take: Take, style: int, value: str, shown: str) -> None:
    """One cell, shown as a date or as a duration, does not spoil a workbook."""
    data = by_hand(
        texts("timestamp", "event", "contact_id", "contact_name")
        + f'{texts("2026-11-05", "added", "1").removesuffix("</row>")}<c s="1"><v>{value}</v></c></row>',
        styles=f'<cellXfs><xf/><xf numFmtId="{style}"/></cellXfs>',
    )
    assert take(data, "a.xlsx").names == [shown]


def test_numbers_beyond_reason_are_texts() -> None:
    """What is no number, or takes pages to write out, is left as it is."""
    for text in ("nan", "Infinity", "1E+999999", "1E-999999", "x", "１２"):
        assert number(text) in (text, "0")


def sheets(tmp_path: Path) -> Path:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("Hidden", "Notes & more", "Events 2"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Contacts Report"])
            sheet.write_row(2, 0, HEADERS)
            sheet.write_row(3, 0, ["2026-11-05", "added", name, None, None, "stray"])
            if name == "Hidden":
                sheet.hide()
        book.get_worksheet_by_name("Notes & more").activate()
    return path


def test_the_sheet_and_its_header(tmp_path: Path) -> None:
    """The first one that is not hidden, or the named one; rows above the header can be skipped."""

    def taken(**options: Any) -> Taken:
        from contactrep.read.mapping import Mapping

        return take_path(sheets(tmp_path), Mapping(**options))

    assert taken(skip_lines=2).ids == ["Notes & more"]
    assert taken(skip_lines=1).counts.ignored_columns == ()
    assert taken(skip_lines=2, sheet="Hidden").ids == ["Hidden"]
    assert taken(skip_lines=2, sheet="events2").ids == ["Events 2"]
    with pytest.raises(InputProblem) as raised:
        taken()
    assert str(raised.value).endswith(
        "row 1 was taken for the header, but row 3 looks like it: use --skip-lines 2"
    )
    with pytest.raises(InputProblem) as raised:
        taken(sheet="Event")
    assert str(raised.value).endswith(
        "no sheet 'Event' (found: Hidden, Notes & more, Events 2): use --sheet 'Events 2' --skip-lines 2"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            ("Read me", "x"),
            "--event added; row 1 was taken for the header: leave out lines before it with --skip-lines N,"
            " or choose another sheet with --sheet NAME",
        ),
        (
            ("Read me",),
            "row 1 was taken for the header, but it is one cell (Read me): leave out lines before it with"
            " --skip-lines N, or choose another sheet with --sheet NAME",
        ),
    ],
)
def test_a_sheet_without_events(take: Take, row: tuple[str, ...], message: str) -> None:
    """The message names the option for another one."""
    with pytest.raises(InputProblem) as raised:
        take(by_hand(texts(*row)), "a.xlsx")
    assert str(raised.value).endswith(message)


def test_cells_out_of_place(take: Take) -> None:
    """Cells say where they are; what the sheet says of its size is not believed."""
    rows = (
        '<row r="2"><c r="C2" t="str"><v>contact_id</v></c><c r="A2" t="str"><v>timestamp</v></c>'
        '<c r="AB2" t="str"><v>event</v></c></row>'
        '<row r="5"><c r="AB5" t="str"><v>added</v></c><c r="A5" t="str"><v>2026-11-05</v></c>'
        '<c r="C5"><v>7</v></c><c r="XFD5"><v>8</v></c></row>'
    )
    taken = take(by_hand(rows), "a.xlsx")
    assert (taken.ids, list(taken.events)) == (["7"], [5])


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="9999999"/>',
        '<row r="2"/><row r="1"/>',
        '<row r="x"/>',
        '<row><c r="XFE1"><v>1</v></c></row>',
        '<row><c r="1"><v>1</v></c></row>',
        '<row><c t="s"><v>0</v></c></row>',
        '<row><c s="-1e9"><v>0</v></c></row>',
        "<row>",
    ],
)
def test_a_broken_sheet_is_refused(take: Take, rows: str) -> None:
    """In one line, whatever is wrong with it."""
    with pytest.raises(InputProblem, match=r"the workbook is damaged \(.*\): save it again"):
        take(by_hand(rows), "a.xlsx")


def test_entities_are_refused(take: Take) -> None:
    """No entity of a workbook is expanded or fetched."""
    for entity in ('<!ENTITY a "aaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">'):
        sheet = f"<!DOCTYPE x [{entity}]><worksheet><sheetData>{texts('&a;')}</sheetData></worksheet>"
        with pytest.raises(InputProblem, match="the workbook defines entities"):
            take(by_hand("", more={"xl/worksheets/sheet1.xml": sheet}), "a.xlsx")


def test_bombs_do_not_fill_the_memory(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag or a text that goes on and on ends the reading."""
    monkeypatch.setattr(workbook, "_LONGEST", 1 << 20)
    tag = f'<worksheet x="{"a" * (3 << 20)}"/>'
    with pytest.raises(InputProblem, match="the workbook has a tag of more than"):
        take(by_hand("", more={"xl/worksheets/sheet1.xml": tag}), "a.xlsx")
    with pytest.raises(InputProblem, match="the workbook has a row or text of more than"):
        take(by_hand(texts("a" * (3 << 20))), "a.xlsx")


def test_what_is_beside_the_rows_is_passed_over(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is, such as of merged cells."""
    monkeypatch.setattr(workbook, "_LONGEST", 1 << 18)
    merged = "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(20_000))
    rows = texts("timestamp", "event", "contact_id") + texts("2026-11-05", "added", "1")
    sheet = f"<worksheet><sheetData>{rows}</sheetData><mergeCells>{merged}</mergeCells></worksheet>"
    assert len(sheet) > 1 << 19
    assert take(by_hand("", more={"xl/worksheets/sheet1.xml": sheet}), "a.xlsx").ids == ["1"]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"events.csv": "x"}, "it is a zip archive: unpack it, and name its files"),
        ({"xl/workbook.bin": "x"}, "it is a binary workbook (.xlsb): save it as .xlsx"),
        (
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"},
            "it is an OpenDocument spreadsheet: save it as .xlsx or CSV",
        ),
        ({"Index/Document.iwa": "x"}, "it is a Numbers spreadsheet: export it as Excel or CSV"),
    ],
)
def test_other_zip_files_say_what_they_are(take: Take, parts: dict[str, str], message: str) -> None:
    """With what to do, whatever the name says."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    with pytest.raises(InputProblem) as raised:
        take(data.getvalue(), "a.xlsx")
    assert str(raised.value).endswith(f"a.xlsx: {message}")


def test_encrypted_and_cut_workbooks(take: Take) -> None:
    """The message says what to do."""
    encrypted = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    with pytest.raises(InputProblem, match="it is an encrypted workbook: open it, remove its password"):
        take(encrypted, "a.xlsx")
    whole = by_hand(texts(*HEADERS) + texts("2026-11-05", "added", "1") * 100)
    with pytest.raises(InputProblem, match=r"the workbook is damaged \("):
        take(whole[:-100], "a.xlsx")
    broken = bytearray(whole)
    place = broken.index(b"xl/worksheets/sheet1.xml") + 60
    broken[place : place + 20] = b"x" * 20
    with pytest.raises(InputProblem, match=r"the workbook is damaged \("):
        take(bytes(broken), "a.xlsx")


def test_a_folder_standard_input_and_reports(tmp_path: Path) -> None:
    """A workbook is read wherever a file is."""
    path = sheets(tmp_path)
    (tmp_path / "b.xlsm").write_bytes(path.read_bytes())
    options = ["--skip-lines", "2", "--sheet", "Events 2", "--range", "all", "--format", "json"]
    for file in (str(tmp_path), "-"):
        command = [sys.executable, "-m", "contactrep", "overview", file, *options]
        with path.open("rb") as stream:
            done = subprocess.run(command, stdin=stream, capture_output=True, timeout=60, check=True)
        assert json.loads(done.stdout)["metrics"]["added"]["count"] == 1


def test_workbooks_that_cat_has_joined_are_refused(take: Take) -> None:
    """A zip file is read from its end: the rows of the first one would be lost."""
    one = by_hand(texts("timestamp", "event", "contact_id") + texts("2026-11-05", "added", "1"))
    with pytest.raises(InputProblem, match="it is several zip files joined into one: load each separately"):
        take(one + one, "a.xlsx")
