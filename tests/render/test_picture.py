"""Pictures for slides: SVG with plain attributes, and the same as PNG with fonts of our own."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contactrep.filters import Filters
from contactrep.phrases import number
from contactrep.render import Look, fonts, render
from contactrep.render.fonts.face import Face
from contactrep.render.picture import png, shapes
from contactrep.report import Breakdown, ContactsReport, Figure, Notice, Overview
from tests import nasty
from tests.render import pixels, samples

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "g", "rect", "circle", "line", "path", "text", "tspan"}
Drawable = Overview | Breakdown | ContactsReport


def parsed(svg: str) -> ElementTree.Element:
    """The root element."""
    return ElementTree.fromstring(svg)  # noqa: S314 - what this project has written itself


def drawn(answer: Drawable) -> ElementTree.Element:
    """The picture, as a parser of XML sees it."""
    return parsed(b"".join(render(answer, "svg")).decode())


def words(root: ElementTree.Element) -> list[str]:
    """The texts of the picture."""
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


FILTERED = replace(
    samples.page("last-30-days"),
    overview=samples.not_applicable(samples.overview("last-30-days")),  # type: ignore[arg-type]
    added=samples.not_applicable(samples.breakdown("last-30-days")),  # type: ignore[arg-type]
)
ANSWERS: dict[str, Drawable] = {
    "page": samples.page("last-30-days"),
    "filtered": FILTERED,
    "empty page": ContactsReport(
        samples.no_data(samples.overview()),  # type: ignore[arg-type]
        samples.no_data(samples.breakdown()),  # type: ignore[arg-type]
        samples.no_data(samples.breakdown(component="connected")),  # type: ignore[arg-type]
        {},
    ),
    "overview": samples.overview("last-30-days"),
    "not compared": samples.overview(comparing="none"),
    "hours": samples.overview("today"),
    "one hour": samples.overview("2026-11-05T08:00..2026-11-05T09:00"),
    "years": samples.overview("1900..2026", by="year"),
    "10,000 hours": samples.overview("2025-09-15..2026-11-05T15:00", by="hour"),
    "millions": samples.overview(level=87_654_321.0),
    "loss": replace(samples.overview(level=20), deleted=Figure(100_000, 3)),
    "no data": samples.no_data(samples.overview()),
    "not applicable": samples.not_applicable(samples.breakdown()),
    "added": samples.breakdown("last-90-days", parts=samples.TWELVE),
    "one source": samples.breakdown(parts={"User": 1}),
    "hostile": samples.breakdown(parts=dict.fromkeys(samples.HOSTILE, 1.0)),
    "hostile and alone": samples.breakdown(parts={samples.HOSTILE[0]: 1.0}),
    "20,000 parts": samples.breakdown("yesterday", parts={f"part {place}": 0.1 for place in range(20_000)}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_picture_has_plain_elements_within_its_bounds(name: str) -> None:
    """Whatever the report, no style, class, pattern or script, no NaN, and nothing beyond 1600 × 900."""
    root = drawn(ANSWERS[name])
    assert (root.get("width"), root.get("height")) == ("1600", "900")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ELEMENTS
    for element in root.iter():
        assert not {"style", "class", "id", "href", "filter"} & {
            key.rpartition("}")[2] for key in element.attrib
        }
        assert not any(
            re.search(r"nan|inf|[eE][+-]\d|url\(|javascript", value) for value in element.attrib.values()
        )
        for key, most in (("x", 1600), ("x1", 1600), ("x2", 1600), ("y", 900), ("y1", 900), ("y2", 900)):
            assert 0 <= float(element.get(key, 0)) <= most
        for edge, size, most in (("x", "width", 1600), ("y", "height", 900)):
            assert 0 <= float(element.get(edge, 0)) + float(element.get(size, 0)) <= most
            assert float(element.get(size, 0)) >= 0


@pytest.mark.parametrize("name", ANSWERS)
def test_texts_stay_within_the_picture(name: str) -> None:
    """By the table of widths, no line ends beyond the edge."""
    for element in drawn(ANSWERS[name]).iter(f"{SVG}text"):
        width = shapes.width("".join(element.itertext()), size=float(element.get("font-size", 0)))
        x = float(element.get("x", 0))
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor", "start")]
        assert -1 <= left <= left + width <= 1601


def test_the_headline_and_all_sections_are_there() -> None:
    """Figures with their changes, the previous counts, shares and what is hatched."""
    page = samples.page("last-30-days")
    found = words(drawn(page))
    for figure in (*page.overview.metrics.values(), page.connected.total):
        assert number(figure.count) in found
    assert "▲ 12.4 %  was 5,330" in found
    assert {"7 Oct – 5 Nov 2026", "Contacts Report", "Hatched: not over yet"} <= set(found)
    assert "Asia/Kuala_Lumpur · compared with 7 Sep – 6 Oct 2026 until 14:32" in found
    assert found.count("WhatsApp") == 1


def test_notices_and_filters_are_in_the_picture() -> None:
    """A change over incomplete data is not shown without a word; of many notices some are counted."""
    notices = tuple(Notice(f"notice {place}") for place in range(1, 6))
    page = replace(samples.page(), notices=notices[:2])
    head = replace(page.overview.head, filters=Filters(user=("Ana",)))
    found = words(drawn(replace(page, overview=replace(page.overview, head=head))))
    assert {"Notice 1", "Notice 2", "Only user Ana"} <= set(found)
    found = words(drawn(replace(page, notices=notices)))
    assert {"Notice 1", "Notice 2", "And 3 more notices"} <= set(found)
    assert "Notice 3" not in found


def test_a_section_without_figures_says_why() -> None:
    """In its place, and the others take the room."""
    found = words(drawn(FILTERED))
    assert "Contacts Overview   The selected filter(s) are not applicable here: channel" in found
    assert "Contacts Connected" in found


def test_a_report_without_any_figure_says_why_once() -> None:
    """One reason for all sections, or each with its own."""
    empty = ANSWERS["empty page"]
    assert isinstance(empty, ContactsReport)
    assert words(drawn(empty)).count("No events in this range") == 1
    mixed = replace(empty, overview=FILTERED.overview)
    assert "Contacts Overview: The selected filter(s) are not applicable here: channel" in words(drawn(mixed))
    assert "Contacts Added: No events in this range" in words(drawn(mixed))


def test_only_finished_buckets_are_solid() -> None:
    """The bars of a bucket that is not over are hatched, and only then does the foot explain it."""
    over = b"".join(render(samples.overview("last-month"), "svg")).decode()
    assert "Hatched" not in over
    assert "fill-opacity" not in over
    running = b"".join(render(samples.overview("today"), "svg")).decode()
    assert running.count("fill-opacity") > 3  # the bars', and that of the foot


@pytest.mark.parametrize("group", ["OURS", "PUBLIC", "LONG", "LONE"])
def test_hostile_names_are_texts(group: str) -> None:
    """Every one parses, and none becomes an element, moves a line or hides."""
    for name in getattr(nasty, group):
        root = parsed(shapes.element("svg", shapes.text(0, 0, name, size=10, fill="#000", room=90)))
        [text] = root
        assert len(text) == 0
        assert len(text.text or "") < 500


def test_what_no_font_has_is_shown_by_its_code() -> None:
    """Control characters have stand-ins that Inter can draw, and what XML forbids has, too."""
    assert shapes.safe("a\x1b\x7f\ufffe\u202e") == "a‹U+001B›‹U+007F›‹U+FFFE›‹U+202E›"
    assert shapes.safe("Z" + "\u0336" * 50) == "Z" + "\u0336" * 3


def test_a_png_has_the_size_of_a_slide() -> None:
    """1600 × 900 pixels, as the SVG."""
    [picture] = render(samples.page(), "png")
    assert pixels.size(picture) == (1600, 900)


def test_the_same_report_gives_the_same_bytes() -> None:
    """Nothing of the moment or of chance is in a picture."""
    assert list(render(samples.overview(), "png")) == list(render(samples.overview(), "png"))


LINE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="24" font-family="Inter, sans-serif">'
    '<rect width="120" height="24" fill="#ffffff"/>{}</svg>'
)


def _ink(text: str, *, bold: bool = False) -> int:
    """How many pixels of a line are not white."""
    line = shapes.text(2, 18, text, size=16, fill="#000000", bold=bold)
    return 120 * 24 - pixels.colours(png.drawn(LINE.format(line)))[255, 255, 255, 255]


def test_text_is_drawn_without_any_font_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare server has no font: Inter comes with the program, in two weights."""
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    assert _ink("") == 0
    assert 100 < _ink("1,041 Zoë") < _ink("1,041 Zoë", bold=True)


def test_what_no_font_has_is_a_box_and_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One notice for the whole picture, which says what to install."""
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    told: list[str] = []
    list(render(samples.page(), "png", look=Look(tell=told.append)))
    assert told == [
        "no font has メ, ル, ー, 子, 電, shown as □: install fonts, such as Debian's fonts-noto-cjk"
    ]
    assert _ink("\u0905") == _ink("□") > 0


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("अ", "fonts-noto-core"),
        ("৳", "fonts-noto-core"),
        ("💬📞☎🇩👍🏽", "fonts-symbola"),
        ("ー、㈱〒＋", "fonts-noto-cjk"),
        ("💬अ", "fonts-noto-core and fonts-symbola"),
        ("子💬", "fonts-noto-cjk and fonts-symbola"),
    ],
)
def test_a_missing_character_has_a_package_with_its_font(
    monkeypatch: pytest.MonkeyPatch, text: str, packages: str
) -> None:
    """Letters, symbols, and what is Chinese, Japanese or Korean are in different packages."""
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    told: list[str] = []
    png.drawn(LINE.format(shapes.text(2, 18, text, size=16, fill="#000000")), told.append)
    [notice] = told
    assert notice.endswith(f"shown as □: install fonts, such as Debian's {packages}")


def test_joiners_need_no_font() -> None:
    """What is nothing to draw is not missing."""
    assert fonts.fallbacks("\u200d\u200b\ufe0f\u00a0\u3000 \n") == ([], "")


def test_the_font_with_most_of_the_missing_characters_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A name is in one font where it can be, and files that are no fonts are passed over."""
    having = {"a Sans.ttf": "山", "b Sans.ttf": "山田", "c Sans Bold.ttf": "山田太", "broken.otf": ""}
    for name in having:
        (tmp_path / name).write_bytes(b"OTTO\0\xff\0\0" if "broken" in name else b"")
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path), str(tmp_path / "missing")))
    assert fonts.fallbacks("山田") == ([], "山田")
    monkeypatch.setattr(Face, "of", lambda self, chars: set(having.get(self.path.name, "")) & set(chars))
    assert fonts.fallbacks("山田")[0] == [tmp_path / "b Sans.ttf"]
    assert fonts.fallbacks("山田太")[0] == [tmp_path / "c Sans Bold.ttf"]
    assert fonts.fallbacks("山田太郎") == ([tmp_path / "c Sans Bold.ttf"], "郎")


def _font(cmap: bytes, start: int = 0) -> bytes:
    """A font with two tables that begins at `start` of its file."""
    tables = [(b"cmap", start + 44, len(cmap)), (b"glyf", start + 44, 0)]
    directory = b"".join(tag + struct.pack(">III", 0, where, size) for tag, where, size in tables)
    return b"\0\1\0\0" + struct.pack(">H6x", len(tables)) + directory + cmap


def _groups(first: int, last: int) -> bytes:
    """A table `cmap` of format 12, for any character, with one stretch of them."""
    table = struct.pack(">HHIII", 12, 0, 28, 0, 1) + struct.pack(">III", first, last, 1)
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _segments(first: int, last: int, glyphs: tuple[int, ...]) -> bytes:
    """A table `cmap` of format 4, up to U+FFFF, with one stretch whose glyphs are listed."""
    ends, starts = struct.pack(">HHH", last, 0xFFFF, 0), struct.pack(">HH", first, 0xFFFF)
    rest = struct.pack(f">hhHH{len(glyphs)}H", 0, 1, 4, 0, *glyphs)
    table = struct.pack(">HHHHHHH", 4, 0, 0, 4, 0, 0, 0) + ends + starts + rest
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def test_the_characters_of_a_font_are_read_from_its_tables(tmp_path: Path) -> None:
    """Both usual formats, and a collection of several fonts; what is cut off or no font has none."""
    files = {
        "all.ttf": _font(_groups(0x1F600, 0x1F602)),
        "some.ttf": _font(_segments(ord("a"), ord("c"), (7, 0, 9))),
        "short.ttf": _font(_segments(ord("a"), ord("c"), ())),
        "cut.ttf": _font(_groups(0x1F600, 0x1F602))[:60],
        "empty.ttf": b"",
        "text.ttf": b"not a font at all, but long enough to be taken for one" * 9,
    }
    first = _font(_groups(ord("a"), ord("a")), 20)
    second = _font(_groups(ord("b"), ord("b")), 20 + len(first))
    files["both.ttc"] = b"ttcf" + struct.pack(">IIII", 0x10000, 2, 20, 20 + len(first)) + first + second
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    has = {
        name: "".join(sorted(Face(tmp_path / name).of("abc\U0001f600\U0001f602\U0001f603"))) for name in files
    }
    assert has == {
        "all.ttf": "\U0001f600\U0001f602",
        "some.ttf": "ac",
        "short.ttf": "",
        "cut.ttf": "",
        "empty.ttf": "",
        "text.ttf": "",
        "both.ttc": "ab",
    }


def test_a_font_without_outlines_is_passed_over(tmp_path: Path) -> None:
    """Fonts of coloured emoji have pictures only, which would be drawn as nothing."""
    inter = fonts.own()[0]
    assert Face(inter).of("aΩя▲山") == set("aΩя▲")
    emoji = tmp_path / "emoji.ttf"
    emoji.write_bytes(inter.read_bytes().replace(b"CFF ", b"CBDT"))
    assert Face(emoji).of("a") == Face(tmp_path / "missing.ttf").of("a") == set()


def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path) -> None:
    """One line, and no file."""
    program = (
        "import sys; sys.modules['resvg_py'] = None\n"
        "from contactrep.cli import main; main(['demo', '-o', 'x.png'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    advice = "png needs resvg_py: install it with python -m pip install 'contactrep[png]'"
    assert advice in done.stderr
    assert list(tmp_path.iterdir()) == []
