"""Publishes results: the generated parts of docs/speed.md and docs/cluster.md, each between two comments, and
the picture of the first."""

from __future__ import annotations

from pathlib import Path

from benchmarks.picture import svg
from benchmarks.results import Results
from benchmarks.tables import lake_table, page

START, END = "<!-- measured: python -m benchmarks --docs -->", "<!-- end of measured -->"
LAKE_START = "<!-- measured: python -m benchmarks --cases spark --docs -->"
PAGE, LAKE_PAGE = Path("docs") / "speed.md", Path("docs") / "cluster.md"
PICTURE = Path("benchmarks") / "speed.svg"


def refresh(root: Path, results: Results) -> None:
    """Write what was measured into the pages of the checkout `root`, and the picture into benchmarks/."""
    if results.rows:
        _write(root / PAGE, START, page(results))
    if results.lake:
        _write(root / LAKE_PAGE, LAKE_START, lake_table(results))
    if results.growth:
        picture = svg([results.growth[events] for events in sorted(results.growth)])
        (root / PICTURE).write_text(picture, encoding="utf-8")


def _write(file: Path, start: str, text: str) -> None:
    before, start, rest = file.read_text(encoding="utf-8").partition(start)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{file} has no place for results: {start} … {END}")
    file.write_text(f"{before}{start}\n\n{text}\n{end}{after}", encoding="utf-8")
