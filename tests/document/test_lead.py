"""The lead: the sentences that a reader in a hurry gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contactrep.document.lead import lead_sentences
from contactrep.period import Bucket
from contactrep.report import Figure, Overview, OverviewBucket
from tests.render import samples


def lead(answer: object) -> list[str]:
    """The sentences of a report."""
    return list(lead_sentences(answer))  # type: ignore[arg-type]


def test_an_overview_says_how_much_what_is_left_and_when_most_came() -> None:
    """The figures of the sentences are those of the report."""
    assert lead(samples.overview()) == [
        "1,440 contacts were added, 12.3 % more than in the previous period.",
        "After 160 deletions and 73 merges, there are 1,207 more contacts.",
        "The busiest day was Wed 4 Nov 2026, with 299 added.",
    ]


def test_an_hour_that_occurs_twice_is_said_with_its_offset() -> None:
    """It is called as in the table, where clocks go back."""
    made = samples.overview("today", by="hour")
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 24, 23, tzinfo=UTC)
    hours = [Bucket(first + timedelta(hours=place), first + timedelta(hours=place + 1)) for place in range(4)]
    series = tuple(OverviewBucket(hour, added, 0, 0) for hour, added in zip(hours, (1, 3, 9, 2), strict=True))
    head = replace(made.head, range=replace(made.head.range, zone=zone))
    said = lead(replace(made, head=head, series=series))[-1]
    assert said == "The busiest hour was Sun 25 Oct 2026 02:00 (+01:00), with 9 added."


def test_a_breakdown_names_its_largest_part() -> None:
    """The share is the one that the table shows."""
    assert lead(samples.breakdown()) == [
        "1,439 contacts were added, 10.8 % more than in the previous period.",
        "The largest source was Incoming Message: 604, 42.0 % of those added.",
    ]


def test_a_page_says_both() -> None:
    """A page has the sentences of its overview, and of both breakdowns."""
    said = lead(samples.page())
    assert [sentence.split(" ")[0] for sentence in said[3:]] == ["The", "1,152", "Most"]
    assert said[-1] == "Most came through WhatsApp: 633, 54.9 % of those connected."


@pytest.mark.parametrize(
    ("previous", "said"),
    [
        (None, "5 contacts were added."),
        (0, "5 contacts were added, and none in the previous period."),
        (5, "5 contacts were added, as many as in the previous period."),
        (10, "5 contacts were added, 50.0 % fewer than in the previous period."),
    ],
)
def test_a_change_is_said_in_words(previous: int | None, said: str) -> None:
    """No comparison, a previous count of 0, none and a decrease each have words of their own."""
    assert lead(_overview(Figure(5, previous), Figure(0, 0)))[0] == said


@pytest.mark.parametrize(
    ("deleted", "said"),
    [(4, "is 1 more contact."), (5, "are as many contacts as before."), (7, "are 2 fewer contacts.")],
)
def test_the_net_growth_is_said_in_words(deleted: int, said: str) -> None:
    """More, as many, and fewer."""
    assert lead(_overview(Figure(5, 5), Figure(deleted, 0)))[1].endswith(said)


@pytest.mark.parametrize("name", ["last-7-days", "2024-02-29"])
def test_a_year_is_compared_with_a_year_earlier(name: str) -> None:
    """Compared with the same dates of the year before, the sentence says so; also on 29 February."""
    assert lead(samples.overview(name, comparing="year"))[0].endswith("than a year earlier.")


def test_an_incomplete_comparison_is_not_said() -> None:
    """Where the data starts within the compared range, the lead names no change."""
    whole = samples.overview()
    assert lead(replace(whole, head=replace(whole.head, incomplete=True)))[0] == "1,440 contacts were added."


def test_a_report_without_data_has_no_lead() -> None:
    """A message has said all; and a log speaks for itself."""
    assert lead(samples.no_data(samples.overview())) == []
    assert lead(samples.not_applicable(samples.breakdown())) == []
    assert lead(samples.log()) == []


def _overview(added: Figure, deleted: Figure) -> Overview:
    return replace(samples.overview(), added=added, deleted=deleted, merged=Figure(0, 0))


def test_equal_parts_have_no_largest_and_long_names_are_cut() -> None:
    """Of parts with the same count none is named; a name of 150 characters would fill the lead."""
    two = samples.breakdown(parts={"a": 0.5, "b": 0.5})
    first, second = two.slices
    assert len(lead(replace(two, slices=(first, replace(second, figure=first.figure))))) == 1
    said = lead(samples.breakdown(parts={"x" * 150: 0.9, "b": 0.1}))[1]
    assert said.startswith(f"Most came from {'x' * 59}…: ")


def test_deletions_of_merged_contacts_are_named() -> None:
    """So that the sum of the sentence is right."""
    assert lead(samples.deleted_after_merge(samples.overview()))[1] == (
        "After 160 deletions (12 of merged contacts) and 73 merges, there are 1,219 more contacts."
    )
