"""Documents: which blocks a report becomes, and the data of its charts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contactrep.document import blocks, document
from contactrep.document.grids import Grid
from contactrep.report import Notice, Report
from tests.render import samples

HEADED = [blocks.Heading, blocks.Facts]
BLOCKS: dict[str, tuple[Report, list[type]]] = {
    "overview": (samples.overview(), [*HEADED, blocks.Figures, blocks.Chart]),
    "added": (samples.breakdown(), [*HEADED, blocks.Parts, blocks.Chart]),
    "no data": (samples.no_data(samples.breakdown()), [*HEADED, blocks.Message]),
    "log": (samples.log(), [*HEADED, Grid]),
    "cut log": (samples.log(rows=3, total=9), [*HEADED, Grid, blocks.Cut]),
    "ranges": (samples.ranges(), [blocks.Heading, blocks.AsOf, Grid]),
    "status": (samples.status(), [blocks.Properties, Grid]),
    "rejects": (samples.rejects(), [blocks.Rejects]),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_report_becomes_blocks(name: str) -> None:
    """A report has its title and facts, then its figures with their chart, its rows, or its message."""
    report, kinds = BLOCKS[name]
    assert [type(block) for block in document(report)] == kinds


def test_a_page_is_its_sections_below_its_title() -> None:
    """The sections have titles of level 2 and no facts of their own."""
    made = list(document(samples.page()))
    headings = [block for block in made if isinstance(block, blocks.Heading)]
    assert [heading.level for heading in headings] == [1, *[2] * 7]
    assert sum(isinstance(block, blocks.Facts) for block in made) == 1


def test_text_is_exact() -> None:
    """Names are not made safe in a document: each format does that in its own way."""
    name = "\x1b[31m<b>|`"
    (parts,) = (one for one in document(samples.breakdown(parts={name: 1})) if isinstance(one, blocks.Parts))
    assert [part.name for part in parts.parts] == [name]


def chart_of(report: Report) -> blocks.Chart:
    """The chart of a report."""
    return next(block for block in document(report) if isinstance(block, blocks.Chart))


def test_more_than_eight_parts_are_gathered_in_other() -> None:
    """The pie and its bars have seven parts and `Other`, whose counts are the sums of the rest."""
    report = samples.breakdown("last-90-days", parts=samples.TWELVE)
    parts = next(block for block in document(report) if isinstance(block, blocks.Parts))
    gathered, chart = parts.drawn, chart_of(report).gathered()
    assert [part.name for part in gathered] == [one.name for one in chart.series]
    assert [part.figure.count for part in gathered] == [sum(one.counts) for one in chart.series]
    assert (gathered[7].name, len(gathered[7].members), len(gathered)) == ("Other", 5, 8)
    assert gathered[7].figure.previous == sum(one.figure.previous or 0 for one in parts.parts[7:])
    assert sum(part.tenths for part in gathered) == 1000


def test_a_part_called_other_stays_apart_from_what_is_gathered() -> None:
    """Two series may have one name: nothing is looked up by it."""
    names = {"Other": 5.0, **samples.TWELVE}
    chart = chart_of(samples.breakdown(parts=names)).gathered()
    assert [one.name for one in chart.series].count("Other") == 2
    assert chart.series[0].counts != chart.series[7].counts


def test_more_than_a_hundred_parts_have_a_hundred_series() -> None:
    """A table of buckets has at most a hundred columns; every event is in one of them."""
    report = samples.breakdown(parts={f"p{place:03}": 0.1 for place in range(150)})
    chart = chart_of(report)
    assert (len(chart.series), chart.series[99].name) == (100, "Other")
    assert sum(map(sum, (one.counts for one in chart.series))) == report.total.count


def test_neighbouring_buckets_are_merged() -> None:
    """Merged buckets cover the same time and hold the same events, the last one perhaps fewer buckets."""
    chart = chart_of(samples.overview("last-30-days", by="day"))
    merged, each = chart.merged(8)
    assert (each, len(merged.buckets)) == (4, 8)
    assert (merged.buckets[0].start, merged.buckets[-1].end) == (
        chart.buckets[0].start,
        chart.buckets[-1].end,
    )
    assert [sum(one.counts) for one in merged.series] == [sum(one.counts) for one in chart.series]
    assert chart.merged(30) == (chart, 1)


def test_the_page_knows_the_newest_event_of_all_its_sections() -> None:
    """The facts of the page say how far the data of any section reaches."""
    page = samples.page()
    older = replace(page.overview, head=replace(page.overview.head, data_through=None))
    facts = next(one for one in document(replace(page, overview=older)) if isinstance(one, blocks.Facts))
    assert facts.through == "data through Thu 5 Nov 2026 14:32"


def test_prose_is_for_those_who_do_not_see_stderr() -> None:
    """With `prose` lead and notices follow the facts; `command` is the last block; logs can be left out."""
    page = replace(samples.page(), notices=(Notice("1 event is in the future and is included"),))
    made = list(document(page, prose=True, logs=False, command="contactrep report"))
    assert [type(block) for block in made[1:4]] == [blocks.Facts, blocks.Lead, blocks.Notices]
    assert made[-1] == blocks.Command("contactrep report")
    assert sum(isinstance(block, blocks.Heading) for block in made) == 4


def test_the_last_buckets_that_are_not_over_are_counted() -> None:
    """A bucket that ends after now is unfinished, also where neighbours are merged."""
    chart = chart_of(samples.overview("today"))  # 24 hours, of which 9 and a half are to come
    assert chart.unfinished == 10
    assert [label.endswith(" (so far)") for label in chart.labels] == [False] * 14 + [True] * 10
    merged, each = chart.merged(8)
    assert (each, merged.unfinished) == (3, 4)  # from 12:00 on
    assert merged.net
    assert chart.net
    assert sum(merged.net.counts) == sum(chart.net.counts)
    assert chart_of(samples.overview("yesterday")).unfinished == 0
