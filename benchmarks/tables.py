"""Results as Markdown: a table of the cases with their targets, and a table of growth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.cases import CASES, FAR_CASES
from benchmarks.comparing import Kind, Row
from benchmarks.data import NIGHTLY
from benchmarks.growth import COMMANDS, Growth
from benchmarks.lake import lake_lines
from benchmarks.processes import Measured
from benchmarks.results import Results

_CASES_HEAD = ("case", "baseline", "target", "result", "", "seconds", "CPU seconds", "peak MB")
_GROWTH_HEAD = (
    "events",
    *(f"`{command}`" for command in COMMANDS),
    "CSV file",
    "store file",
    "export file",
)
_MARKS = {True: "✓", False: "✗", None: ""}


def page(results: Results) -> str:
    """All results, for a terminal, a file or docs/speed.md."""
    parts = [
        f"{results.events:,} events unless the case says otherwise; {results.machine}.",
        _how(results.rows.values()),
        _table(_CASES_HEAD, map(_case, _in_order(results.rows))),
    ]
    if results.growth:
        grown = [results.growth[events] for events in sorted(results.growth)]
        parts.append(_table(_GROWTH_HEAD, map(_growth, grown)))
    if results.nightly:
        parts.append(_nightly(results))
    return "\n\n".join(parts) + "\n"


def lake_table(results: Results) -> str:
    """The overviews over a lake beside those of a store, for docs/cluster.md."""
    head, *lines = lake_lines(results.lake, results.events)
    machine = f"{results.machine}, all of it on one machine (load average {results.lake_load_average:.1f})"
    how = (
        "Each cell: elapsed seconds of the whole process, then CPU seconds of the process (DuckDB) or of the"
        " workers (Spark)."
    )
    return f"{_table(head, lines)}\n\n{how}\n{machine}.\n"


def _how(rows: Iterable[Row]) -> str:
    counts = sorted({row.pairs for row in rows})
    loads = [row.load_average for row in rows]
    busy = f" (load average up to {max(loads):.1f})" if loads else ""
    times = " or ".join(map(str, counts))
    return (
        f"Each case alternates both programs {times} times{busy}.\n"
        "Values are ours / baseline; the ratio is the median over pairs."
    )


def _in_order(rows: dict[str, Row]) -> list[Row]:
    return [rows[name] for name in (*CASES, *FAR_CASES) if name in rows]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_line(row) for row in (head, ["---"] * len(head), *rows))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _case(row: Row) -> Sequence[str]:
    goal = "–" if row.most is None else f"≤ {_value(row.most, row.kind)}"
    if row.most_memory is not None:
        goal += f", ≤ {row.most_memory / 1e9:.0f} GB"
    return (
        row.title,
        row.floor_name,
        goal,
        _value(row.value, row.kind),
        _MARKS[row.met],
        f"{_seconds(row.ours.seconds)} / {_seconds(row.floor.seconds)}",
        f"{_seconds(row.ours.cpu)} / {_seconds(row.floor.cpu)}",
        f"{_megabytes(row.ours)} / {_megabytes(row.floor)}",
    )


def _growth(growth: Growth) -> Sequence[str]:
    took = (growth.took[command] for command in COMMANDS)
    sizes = (growth.csv, growth.store, growth.export)
    return (
        f"{growth.events:,}",
        *(f"{_seconds(it.seconds)} s, {_megabytes(it)} MB" for it in took),
        *(f"{size / 1e6:,.1f} MB" for size in sizes),
    )


def _nightly(results: Results) -> str:
    said = "; ".join(
        f"{name} {_seconds(took.seconds)} s, peak {_megabytes(took)} MB"
        for name, took in results.nightly.items()
    )
    return f"Loading {NIGHTLY:,} new rows into a store of {results.far:,}: {said}."


def _value(value: float, kind: Kind) -> str:
    return f"{value:.2f} ×" if kind == "times" else f"{value:+.2f} s"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def _megabytes(took: Measured) -> str:
    return f"{took.memory / 1e6:,.0f}"
