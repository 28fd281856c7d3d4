"""The part of README that is made: between two comments, which stay."""

from __future__ import annotations

from pathlib import Path

from benchmarks.picture import svg
from benchmarks.results import Results
from benchmarks.tables import page

START, END = "<!-- measured: python -m benchmarks --readme -->", "<!-- end of measured -->"
PICTURE = Path("benchmarks") / "speed.svg"


def refresh(root: Path, results: Results) -> None:
    """Write the results into the README of a checkout, and the picture beside this."""
    readme = root / "README.md"
    before, start, rest = readme.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{readme} has no place for results: {START} … {END}")
    readme.write_text(f"{before}{start}\n\n{page(results)}\n{end}{after}", encoding="utf-8")
    if results.growth:
        picture = svg([results.growth[events] for events in sorted(results.growth)])
        (root / PICTURE).write_text(picture, encoding="utf-8")
