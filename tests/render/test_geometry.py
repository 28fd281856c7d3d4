"""Geometry: bars, labels and arcs as numbers, for every way to draw them."""

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
from contactrep.document.blocks import Chart, Part, Parts, Series
from contactrep.render.geometry.axis import axis_number, fitting_axis
from contactrep.render.geometry.plot import MOST_BARS, net_plot, plot_of
from contactrep.render.geometry.ring import arcs_of
from contactrep.render.geometry.widths import ems, shortened
from contactrep.report import Figure
from tests.render import samples

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=300)


def chart_of(*counts: list[int], by: str = "day", stacked: bool = False) -> Chart:
    """A chart with a series for each list of counts, a bucket a day from Friday 30 October on."""
    start = datetime(2026, 10, 30, tzinfo=UTC)
    buckets = [
        period.Bucket(start + timedelta(days=day), start + timedelta(days=day + 1))
        for day in range(len(counts[0]))
    ]
    series = tuple(Series(f"s{place}", one) for place, one in enumerate(counts))
    return Chart(series, buckets, by, ZoneInfo("UTC"), stacked)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_an_axis_holds_its_values_and_zero(one: int, other: int) -> None:
    """The axis reaches past the smallest and the largest value, wastes little, and has few ticks."""
    smallest, largest = sorted((one, other))
    axis = fitting_axis(smallest, largest)
    assert axis.lowest <= min(smallest, 0) <= max(largest, 0) <= axis.highest
    assert 0 in axis.ticks
    assert 1 <= len(axis.ticks) - 1 <= 5
    assert axis.highest - axis.lowest <= max(5, 3.5 * (max(largest, 0) - min(smallest, 0)))
    assert (axis.height(axis.lowest), axis.height(axis.highest)) == (0, 1)
    assert re.fullmatch("(1|2|25|5)0*", str(axis.step))


@pytest.mark.parametrize(("value", "said"), [(-50, "−50"), (-2_500_000, "−2.5 M"), (0, "0")])
def test_numbers_below_zero_have_a_minus(value: int, said: str) -> None:
    """A number beside an axis below zero has a real minus sign."""
    assert axis_number(value) == said


@given(COUNTS, st.booleans())
def test_bars_stay_within_the_plot(counts: list[int], stacked: bool) -> None:
    """Every bar is inside its group, every group inside the plot, and no two groups overlap."""
    plot = plot_of(chart_of(counts, counts[::-1], stacked=stacked))
    assert 1 <= len(plot.groups) <= MOST_BARS
    for group in plot.groups:
        for bar in group.bars:
            assert group.left <= bar.left <= bar.left + bar.width <= group.left + group.width + 1e-9
            assert 0 <= bar.low <= bar.high <= 1 + 1e-9
    for before, after in pairwise(plot.groups):
        assert before.left + before.width == pytest.approx(after.left)
    assert sum(bar.count for group in plot.groups for bar in group.bars) == 2 * sum(counts)


def test_stacked_bars_are_on_top_of_each_other() -> None:
    """Each part begins where the one below it ends, and all begin at the same place."""
    (group,) = plot_of(chart_of([1], [2], [1], stacked=True)).groups
    assert [(bar.low, bar.high) for bar in group.bars] == [(0, 0.25), (0.25, 0.75), (0.75, 1)]
    assert len({bar.left for bar in group.bars}) == 1


def test_bars_below_zero_hang_from_it() -> None:
    """A negative count is drawn from zero downwards."""
    up, down = (group.bars[0] for group in plot_of(chart_of([10, -10])).groups)
    assert (up.low, up.high) == (0.5, 1)
    assert (down.low, down.high) == (0, 0.5)


def test_many_buckets_are_merged_to_what_can_be_drawn() -> None:
    """10,000 buckets are 124 bars at the most, and the plot says how many each one holds."""
    plot = plot_of(chart_of([1] * 10_000))
    assert (len(plot.groups), plot.each) == (124, 81)
    assert not plot.weekends


def test_groups_that_may_still_grow_are_marked() -> None:
    """The buckets that are not over are the last groups, also where buckets are merged."""
    chart = replace(chart_of([1] * 10), unfinished=3)
    assert [group.unfinished for group in plot_of(chart).groups] == [False] * 7 + [True] * 3
    assert [group.unfinished for group in plot_of(chart, most=3).groups] == [False, True, True]


def test_net_is_a_plot_of_its_own() -> None:
    """The net of an overview has an axis of its own; other charts have none."""
    chart = chart_of([5, 5], [9, 1])
    assert net_plot(chart) is None
    plot = net_plot(replace(chart, net=Series("Net", [-4, 4]), unfinished=1))
    assert plot is not None
    assert [group.bars[0].count for group in plot.groups] == [-4, 4]
    assert [group.unfinished for group in plot.groups] == [False, True]
    assert (plot.axis.lowest, plot.axis.highest) == (-5, 5)


def test_weekends_are_bands_of_days() -> None:
    """Saturday 31 October and Sunday are one band; hours and weeks have none."""
    (band,) = plot_of(chart_of([1] * 7)).weekends
    assert [band.left, band.width] == pytest.approx([1 / 7, 2 / 7])
    assert not plot_of(chart_of([1] * 7, by="week")).weekends


@pytest.mark.parametrize("by", ["hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("count", [1, 2, 7, 24, 31, 62, 400, 10_000])
@pytest.mark.parametrize("width", [18, 40, 80])
def test_labels_never_touch(by: str, count: int, width: int) -> None:
    """Whatever the buckets and the width, the labels of a row are apart and within the plot."""
    made = samples.clock()
    chosen = period.resolve("2026-01-01..2035-12-31", made)
    unit = period.bucket_unit(chosen, by)
    if by == "hour":
        chosen = period.resolve("2026-01-01..2026-12-31", made)
    buckets = period.buckets(chosen, unit)[:count]
    chart = Chart((Series("s", [1] * len(buckets)),), buckets, by, chosen.zone)
    rows = plot_of(chart).labels(width)
    assert rows
    assert rows[0]
    for row in rows:
        for label in row:
            assert -1e-9 <= label.left <= label.left + label.width <= 1 + 1e-9
        for before, after in pairwise(row):
            assert before.left + before.width + 1 / width <= after.left


def test_each_day_of_a_week_has_a_label() -> None:
    """Where there is room, every day is named, and its month below."""
    days, months = plot_of(chart_of([1] * 7)).labels(60)
    assert [label.text for label in days] == [
        *("Fri 30", "Sat 31", "Sun 1", "Mon 2", "Tue 3", "Wed 4", "Thu 5")
    ]
    assert [label.text for label in months] == ["Oct 2026", "Nov 2026"]
    for label in (days[0], months[0]):
        assert label.left + label.width / 2 == pytest.approx(0.5 / 7)
    _, narrow = plot_of(chart_of([1] * 31)).labels(90)
    assert narrow[-1].text == "Nov 2026"
    assert narrow[-1].left == pytest.approx(2 / 31)


def parts_of(*counts: int) -> Parts:
    """A breakdown with a part for each count."""
    parts = tuple(Part(f"p{place}", Figure(count), 0) for place, count in enumerate(counts))
    return Parts("added", "source", Figure(sum(counts)), parts, compared=False)


@given(st.lists(st.integers(0, 10**9), max_size=30))
def test_arcs_go_once_around(counts: list[int]) -> None:
    """The arcs follow one another from the top to the top, each as long as its share; zeros have none."""
    arcs = arcs_of(parts_of(*sorted(counts, reverse=True)))
    whole = sum(counts)
    assert bool(arcs) == (whole > 0)
    for before, after in pairwise(arcs):
        assert before.end == after.start
    for arc in arcs:
        assert arc.end - arc.start == pytest.approx(arc.part.figure.count / whole)
    if arcs:
        assert (arcs[0].start, arcs[-1].end) == (0, 1)


def test_a_whole_ring_is_drawn() -> None:
    """A part that is all is two circles, one a hole in the other; any other part is an arc."""
    (arc,) = arcs_of(parts_of(5))
    assert arc.path(10, 5) == "M0 -10A10 10 0 0 1 0 10A10 10 0 0 1 0 -10ZM0 -5A5 5 0 0 0 0 5A5 5 0 0 0 0 -5Z"
    half, _ = arcs_of(parts_of(5, 5))
    assert half.path(10, 5) == "M0 -10A10 10 0 0 1 0 10L0 5A5 5 0 0 0 0 -5Z"


def test_wide_characters_take_more_room() -> None:
    """A Chinese character is about one em, a combining mark nothing, and digits all the same."""
    assert ems("山田") == pytest.approx(2.1)
    assert ems("e\u0301") == ems("e")
    assert ems("i") < ems("1") == ems("7") < ems("W")


@given(st.text(max_size=60), st.floats(2, 30))
def test_a_text_is_shortened_to_its_room(text: str, most: float) -> None:
    """A text that is too wide keeps its beginning and ends in an ellipsis, within the room."""
    short = shortened(text, most)
    assert ems(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_characters_are_never_cut_apart() -> None:
    """An emoji of several code points and a letter with its marks are kept whole or left out."""
    assert shortened("👩\u200d👩\u200d👧 The Lees", 2.5) == "…"
    assert shortened("ae\u0301\u0302bcdef", 1.9) == "ae\u0301\u0302…"
