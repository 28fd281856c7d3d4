"""Shown shares: they add up, nothing shows as nothing, and only everything shows as everything."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contactrep.render import Look, render
from contactrep.report import Breakdown, BreakdownBucket, Figure, Slice, shown_shares
from tests.render import samples

COUNTS = st.lists(
    st.integers(0, 3) | st.integers(0, 10**4) | st.integers(0, 10**12), min_size=1, max_size=40
) | st.builds(
    lambda big, small, parts: [*big, *[small] * parts],
    st.lists(st.integers(1, 10**9), max_size=4),
    st.integers(1, 3),
    st.integers(1, 3000),
)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([1, 1, 1], [334, 333, 333]),
        ([99_999, 1], [999, 1]),
        ([1, 99_999], [1, 999]),
        ([2, 1], [667, 333]),
        ([7], [1000]),
        ([0, 7, 0], [0, 1000, 0]),
        ([0, 0], [0, 0]),
        ([], []),
        ([6004, 3995, 1], [600, 399, 1]),
        ([1] * 7, [143] * 6 + [142]),
        ([10**12, *[1] * 20], [980, *[1] * 20]),
        ([10**12, *[1] * 21], [999, 1, *[0] * 20]),
        ([1] * 1000, [1] * 1000),
        ([1] * 1500, [1] * 1000 + [0] * 500),
    ],
)
def test_shown_shares(counts: list[int], shown: list[int]) -> None:
    """Largest remainder; up to twenty parts are raised to 0.1 %; with more of them no other share is bent."""
    assert shown_shares(counts) == shown


@given(COUNTS)
@example([10**12, *[1] * 3000])
@example([19_999, 19_999, *[1] * 20])
def test_shown_shares_add_up(counts: list[int]) -> None:
    """They add up to 100.0 %, follow the counts, and stay within 2.1 points of the exact shares."""
    shown, total = shown_shares(counts), sum(counts)
    assert sum(shown) == (1000 if total else 0)
    for count, tenths in zip(counts, shown, strict=True):
        assert tenths < 1000 or count == total
        assert tenths == 0 or count
        if total:
            assert abs(tenths - count * 1000 / total) <= 21
    if total and sum(map(bool, counts)) <= 20:
        assert all(tenths for count, tenths in zip(counts, shown, strict=True) if count)
    ordered = sorted(zip(counts, shown, strict=True), reverse=True)
    assert all(one[1] >= other[1] for one, other in pairwise(ordered) if one[0] != other[0])


def breakdown_of(*counts: int) -> Breakdown:
    """A breakdown with these counts, under the names `part 1`, …"""
    made = samples.breakdown()
    slices = tuple(
        Slice(f"part {place}", Figure(count, 1), count / sum(counts)) for place, count in enumerate(counts, 1)
    )
    series = tuple(BreakdownBucket(entry.bucket, {one.name: 0 for one in slices}) for entry in made.series)
    return replace(made, slices=slices, series=series, total=Figure(sum(counts), len(counts)))


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ((1, 1, 1), ["33.4 %", "33.3 %", "33.3 %"]),
        ((99_999, 1), ["99.9 %", "0.1 %"]),
        ((10**9, *[1] * 9), ["99.1 %", *["0.1 %"] * 9]),
        ((10**9, *[1] * 30), ["99.9 %", "0.1 %", *["< 0.1 %"] * 29]),
    ],
)
@pytest.mark.parametrize("written", ["plain", "markdown", "table"])
def test_every_format_for_people_shows_them(counts: tuple[int, ...], shares: list[str], written: str) -> None:
    """Plain text, Markdown and the legend of the pie agree; the total is 100.0 %."""
    text = b"".join(render(breakdown_of(*counts), written, look=Look(100))).decode()
    rows = re.findall(r"part \d+ .*?[\d,]+[ |]+(<? ?\d+\.\d %)", text)
    assert rows == shares
    assert re.search(r"Total .*?[\d,]+[ |]+100\.0 %", text)


def test_the_rest_of_a_pie_shows_the_sum_of_its_members() -> None:
    """The eight parts of a legend add up to 100.0 %, as all parts do."""
    text = b"".join(render(breakdown_of(50, *[1] * 12), "table", look=Look(100))).decode()
    shown = dict(re.findall(r"\S (part \d+|Other) +\d+ +(\d+\.\d) %", text))
    assert len(shown) == 8
    assert round(sum(map(float, shown.values())), 1) == 100.0
    members = re.findall(r"(?m)^.* {3}part \d+ +\d+ +(\d+\.\d) %", text)
    assert len(members) == 6
    assert round(sum(map(float, members)), 1) == float(shown["Other"])


def test_machines_get_exact_shares() -> None:
    """JSON and CSV have the share to the last digit."""
    made = breakdown_of(99_999, 1)
    assert '"share": 0.99999,' in b"".join(render(made, "json")).decode()
    assert "part 1,99999,0.99999,1," in b"".join(render(made, "csv")).decode()
