"""Publishes results: the generated part of docs/speed.md, between two comments, and its picture."""

from __future__ import annotations

from pathlib import Path

from benchmarks.picture import svg
from benchmarks.results import Results
from benchmarks.tables import page

START, END = "<!-- measured: python -m benchmarks --docs -->", "<!-- end of measured -->"
PAGE = Path("docs") / "speed.md"
PICTURE = Path("benchmarks") / "speed.svg"


def refresh(root: Path, results: Results) -> None:
    """Write the tables into docs/speed.md of the checkout `root`, and the picture into benchmarks/."""
    file = root / PAGE
    before, start, rest = file.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{file} has no place for results: {START} … {END}")
    file.write_text(f"{before}{start}\n\n{page(results)}\n{end}{after}", encoding="utf-8")
    if results.growth:
        picture = svg([results.growth[events] for events in sorted(results.growth)])
        (root / PICTURE).write_text(picture, encoding="utf-8")
