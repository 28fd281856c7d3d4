"""Charts: right to the row, with dates that never touch."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactrep import period
from contactrep.document.blocks import Chart, Series
from contactrep.render.charts.axis import Slots, axis_lines
from contactrep.render.charts.bars import bar_chart
from contactrep.render.charts.cells import Canvas
from contactrep.render.charts.pie import pie
from contactrep.render.charts.scale import fitting_scale
from contactrep.render.geometry.axis import axis_number
from contactrep.render.paint import StyledLine, line_cells, plain_line
from contactrep.zones import to_wall
from tests.render import samples

START = datetime(2026, 10, 30, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=400)


def chart_of(*counts: list[int], by: str = "day") -> tuple[Chart, list[str]]:
    """A chart with a series for each list of counts, a bucket a day, and the inks of the series."""
    starts = [START + timedelta(days=day) for day in range(len(counts[0]))]
    series = tuple(Series(f"s{place}", one) for place, one in enumerate(counts))
    buckets = [period.Bucket(start, start + timedelta(days=1)) for start in starts]
    return Chart(series, buckets, by, ZoneInfo("UTC")), ["blue"] * len(counts)


def stacked_chart(chart: Chart, inks: list[str], canvas: Canvas) -> list[StyledLine]:
    """The series as parts of one whole."""
    return bar_chart(replace(chart, stacked=True), inks, canvas)


def text_of(lines: list[StyledLine]) -> list[str]:
    """The lines of a chart without their styles and the spaces at their ends."""
    return [plain_line(line).rstrip(" ") for line in lines]


@given(st.integers(0, 10**15), st.integers(3, 20), st.sampled_from([2, 5]))
def test_a_scale_reaches_its_largest_value(largest: int, rows: int, most_ticks: int) -> None:
    """The top is round, not below the largest value and not far above it, in about the rows given."""
    scale = fitting_scale(largest, rows, most_ticks=most_ticks)
    assert scale.top >= largest
    assert scale.top <= max(largest * 2.5, 5)
    assert 1 <= scale.ticks <= most_ticks
    assert scale.rows <= max(rows * 1.6, most_ticks)
    assert scale.eighths(scale.top) == scale.rows * 8
    assert re.fullmatch("(1|15|2|25|3|4|5|6|8)0*", str(scale.step))


@given(st.integers(1, 10**12))
def test_one_event_is_never_drawn_as_none(largest: int) -> None:
    """A bar of one event is at least an eighth of a row, a bar of none is nothing."""
    scale = fitting_scale(largest, 10)
    assert scale.eighths(1) >= 1
    assert scale.eighths(0) == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (2500, "2,500"), (1_000_000, "1 M"), (2_500_000, "2.5 M"), (5 * 10**9, "5 G")],
)
def test_numbers_beside_an_axis_are_short(value: int, said: str) -> None:
    """From a million on a round number is said in millions."""
    assert axis_number(value) == said


def test_bars_grow_by_eighths_from_the_baseline() -> None:
    """Bars have the height of their count, ticks the number of their upper edge."""
    assert text_of(stacked_chart(*chart_of([0, 1, 4, 6, 7]), Canvas(23, 4))) == [
        "8 ▔ ▔ ▔ ▔ ▔ ▔ ▔ ▔ ▄▄▄",
        "6 ▔ ▔ ▔ ▔ ▔ ▔ ███ ███",
        "4 ▔ ▔ ▔ ▔ ███ ███ ███",
        "2 ▔ ▔ ▄▄▄ ███ ███ ███",
        "0 ▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔",
        "  30  31  1   2   3",
        "          Nov 2026",
    ]


def test_groups_become_lanes_where_they_do_not_fit() -> None:
    """Three series stand side by side while there is room, else each in a lane over one axis of dates."""
    counts = [[5, 3, 2, 4], [1, 0, 2, 1], [0, 1, 1, 0]]
    wide = text_of(bar_chart(*chart_of(*counts), Canvas(40)))
    narrow = text_of(bar_chart(*chart_of(*counts), Canvas(14)))
    assert not any("s1" in line for line in wide)
    assert [line.split()[-1] for line in narrow if "■" in line] == ["s0", "s1", "s2"]
    assert sum("2026" in line for line in narrow) == 1


@pytest.mark.parametrize(
    ("days", "width", "note"),
    [(62, 80, None), (90, 80, "2 days a bar"), (400, 80, "6 days a bar"), (10_000, 80, "139 days a bar")],
)
def test_neighbours_are_merged_where_buckets_do_not_fit(days: int, width: int, note: str | None) -> None:
    """Where there are more buckets than cells a bar stands for several, and the chart says for how many."""
    for lines in (
        text_of(stacked_chart(*chart_of([1] * days), Canvas(width))),
        text_of(bar_chart(*chart_of(*[[1] * days] * 3), Canvas(width))),
    ):
        assert [line.strip() for line in lines if "a bar" in line] == ([note] if note else [])


def test_a_week_is_called_one() -> None:
    """A date under a bar would not say that the bar is a week."""
    lines = text_of(stacked_chart(*chart_of([1, 2, 3], by="week"), Canvas(60)))
    assert lines[-1].strip() == "1 week a bar"


@given(COUNTS, st.integers(24, 200), st.booleans(), st.booleans())
def test_no_chart_is_wider_than_its_canvas(
    counts: list[int], width: int, colour: bool, unicode: bool
) -> None:
    """Whatever is drawn, it stays within the cells that it was given."""
    canvas = Canvas(width, 10, colour, unicode)
    for lines in (
        stacked_chart(*chart_of(counts, counts), canvas),
        bar_chart(*chart_of(counts, counts, counts), canvas),
    ):
        assert all(line_cells(line) <= width for line in lines)
        assert unicode or all(plain_line(line).replace("·", "").isascii() for line in lines)


RANGES = st.sampled_from(
    [
        "today",
        "last-3-days",
        "last-7-days",
        "last-31-days",
        "last-90-days",
        "this-year",
        "2024..2026",
        "1990..2026",
    ]
)


@given(
    RANGES, st.sampled_from(["auto", "hour", "day", "week", "month", "quarter", "year"]), st.integers(1, 12)
)
def test_dates_never_touch(range_text: str, by: str, pitch: int) -> None:
    """Labels are two cells apart at the least and stay within the plot, whatever range, bucket and pitch."""
    chosen = period.resolve(range_text, samples.clock())
    unit = period.bucket_unit(chosen, by)
    if by in ("hour", "day") and (chosen.end.wall - chosen.start.wall).days > 400:
        return  # more buckets than a report takes, or than the test has time for
    starts = [to_wall(bucket.start, samples.ZONE) for bucket in period.buckets(chosen, unit)]
    slots = Slots(len(starts), pitch, max(1, pitch - 1))
    width = max(slots.cells, 12)
    for line in axis_lines(starts, unit, slots, width):
        assert len(line) <= width
        places = [found.span() for found in re.finditer(r"\S+( \S+)*", line)]
        assert places
        assert all(later[0] - earlier[1] >= 2 for earlier, later in pairwise(places))


@pytest.mark.parametrize(
    ("range_text", "pitch", "lines"),
    [
        (
            "last-7-days",
            10,
            [
                "Fri 30    Sat 31    Sun 1     Mon 2     Tue 3     Wed 4     Thu 5",
                "Oct 2026            Nov 2026",
            ],
        ),
        ("last-7-days", 5, ["30   31   1    2    3    4    5", "Oct 2026  Nov 2026"]),
        ("last-30-days", 2, ["7 Oct     12 Oct        19 Oct        26 Oct        2 Nov"]),
        (
            "today",
            3,
            ["00    02    04    06    08    10    12    14    16    18    20    22", "Thu 5 Nov"],
        ),
        ("2026-Q4", 5, ["1 Oct     12 Oct    26 Oct"]),
        (
            "2025..2026",
            3,
            [
                "Jan      Apr      Jul      Oct      Jan      Apr      Jul      Oct",
                "2025" + " " * 32 + "2026",
            ],
        ),
        ("2010..2026", 1, ["Jan   Jul   Jan   Jul"]),
    ],
)
def test_dates_are_the_densest_that_fit(range_text: str, pitch: int, lines: list[str]) -> None:
    """Under days stand days, else weeks, else months; what they belong to stands below."""
    chosen = period.resolve(range_text, samples.clock())
    unit = period.bucket_unit(chosen, "auto")
    starts = [to_wall(bucket.start, samples.ZONE) for bucket in period.buckets(chosen, unit)]
    slots = Slots(len(starts), pitch, max(1, pitch - 1))
    assert [
        line[: len(want)] for line, want in zip(axis_lines(starts, unit, slots, 250), lines, strict=False)
    ] == lines


def test_a_pie_is_round() -> None:
    """A disc is twice as many cells wide as it is rows tall, and symmetrical."""
    text = text_of(pie([1.0], ["blue"], Canvas(16), rows=8))
    assert text == [
        "   ▗▄██████▄▖",
        " ▗████████████▖",
        "▗██████████████▖",
        "████████████████",
        "████████████████",
        "▝██████████████▘",
        " ▝████████████▘",
        "   ▝▀██████▀▘",
    ]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8), st.integers(4, 14))
def test_a_slice_has_about_its_share_of_the_disc(counts: list[int], rows: int) -> None:
    """Without colour a slice's glyph fills about its share of the cells, and the slices fill the disc."""
    canvas = Canvas(rows * 2, colour=False)
    shares = [count / sum(counts) for count in counts]
    drawn = "".join(text_of(pie(shares, ["blue"] * len(counts), canvas, rows=rows))).replace(" ", "")
    for place, share in enumerate(shares):
        assert abs(drawn.count(canvas.glyph(place)) / len(drawn) - share) < 0.7 / rows


def test_slices_go_clockwise_from_the_top() -> None:
    """The first slice begins at twelve o'clock and goes to the right."""
    lines = text_of(pie([0.25, 0.75], ["blue", "gold"], Canvas(16, colour=False), rows=8))
    assert lines[1].strip() == "░░░░░░██████"
    assert set(lines[6].strip()) == {"░"}


@pytest.mark.parametrize(
    ("canvas", "rows"),
    [
        (Canvas(20, 2), ["██ ██ ██ ██ ▒▒", "██ ██ ██ ██ ▒▒"]),
        (Canvas(20, 2, colour=False), ["██ ██ ██ ██  █", "██ ██ ██ ██ █"]),
        (Canvas(20, 2, colour=False, unicode=False), ["## ## ## ##  #", "## ## ## ## #"]),
    ],
)
@pytest.mark.parametrize("stacked", [False, True])
def test_bars_that_are_not_over_are_hatched(canvas: Canvas, rows: list[str], stacked: bool) -> None:
    """Shaded with colour, with gaps without; they keep their height, and a line says how many they are."""
    chart, inks = chart_of([2] * 5)
    chart = replace(chart, stacked=stacked)
    text = text_of(bar_chart(replace(chart, unfinished=1), inks, canvas))
    assert [line[2:].replace("▔", " ") for line in text[:2]] == rows
    assert text[-1] == "  last bar so far"
    assert text_of(bar_chart(replace(chart, unfinished=3), inks, canvas))[-1] == "  last 3 bars so far"
    text = text_of(bar_chart(chart, inks, canvas))
    assert [line[2:].replace("▔", " ") for line in text[:2]] == [" ".join([rows[0][:2]] * 5)] * 2
    assert "so far" not in text[-1]


def test_neighbours_that_are_merged_with_a_bucket_that_is_not_over() -> None:
    """Their bar is hatched as a whole."""
    chart, inks = chart_of([5] * 100)
    lines = stacked_chart(replace(chart, unfinished=1, stacked=True), inks, Canvas(40, 4))
    assert text_of(lines)[-1].strip() == "4 days a bar, last bar so far"
    bottom = plain_line(next(line for line in reversed(lines) if "█" in plain_line(line)))
    assert bottom.rstrip().endswith("█▒")
    assert bottom.count("▒") == 1


def test_two_parts_in_a_shaded_cell_are_the_larger_one() -> None:
    """A shade has no background, so that it looks like one everywhere."""
    chart, _ = chart_of([5, 5], [3, 3])
    chart = replace(chart, stacked=True, unfinished=1)
    lines = stacked_chart(chart, ["blue", "gold"], Canvas(30, 3))
    runs = [run for line in lines for run in line if run.text == "▒"]
    assert {run.back for run in runs} == {None}
    assert {run.ink for run in runs} == {"blue", "gold"}
