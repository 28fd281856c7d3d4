"""The command: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from benchmarks import publishing
from benchmarks.cases import CASES, FAR_CASES, far_case, missing_peers
from benchmarks.comparing import run_case
from benchmarks.data import Material
from benchmarks.growth import grow, nightly
from benchmarks.lake import FEW, LAKE, measure_lake
from benchmarks.processes import ROOT, RunProblem
from benchmarks.results import Results
from benchmarks.tables import lake_table, page

HUNDRED_MILLION = 100_000_000
GROWTH, NIGHTLY = "growth", "nightly"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, show it, and give the exit code: 1 where a case could not be measured."""
    options = _parser().parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    with _alone(options.folder):
        return _run(options)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other run may use the folder: it would take away what this one has made, and slow it."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another run uses {folder}: wait for it, or choose another --folder")
        yield


def _run(options: argparse.Namespace) -> int:
    kept = options.folder / "results.json"
    results = Results.read(kept, options.events)
    failures = 0
    for name in _chosen(options):
        _say(f"{name} …")
        try:
            _measure(name, options, results)
        except RunProblem as problem:
            failures += 1
            _say(str(problem))
        shutil.rmtree(options.folder / "products", ignore_errors=True)
        results.write(kept)
    _show(options, results)
    return 1 if failures else 0


def _chosen(options: argparse.Namespace) -> list[str]:
    """The names of what is to be measured; what an engine is missing for is told, and left out."""
    far = (*FAR_CASES, NIGHTLY) if options.hundred_million else ()
    asked: list[str] = options.cases or [*CASES, GROWTH, *far]
    missing = [name for name in missing_peers() if name in asked]
    if missing:
        _say(f"not installed: {', '.join(missing)}; get them with: python -m pip install -e '.[bench]'")
    return [name for name in asked if name not in missing]


def _measure(name: str, options: argparse.Namespace, results: Results) -> None:
    """Measure one case, the growth, the nightly loads or the lake, and add it to the results."""
    folder = options.folder.resolve()
    material = _material(folder, options.events)
    if name == GROWTH:
        far = [HUNDRED_MILLION] if options.hundred_million else []
        for events in [options.events // 100, options.events // 10, options.events, *far]:
            results.growth[events] = grow(_material(folder, events), options.pairs)
    elif name == NIGHTLY:
        results.far = HUNDRED_MILLION
        results.nightly.update(nightly(_material(folder, HUNDRED_MILLION), options.pairs))
    elif name in FAR_CASES:
        near = _material(folder, HUNDRED_MILLION // 100)
        case = far_case(name, near, _material(folder, HUNDRED_MILLION))
        results.rows[name] = run_case(case, options.pairs)
    elif name == LAKE:
        results.lake = measure_lake(material, _material(folder, FEW), options.pairs)
        results.lake_load_average = os.getloadavg()[0]
    else:
        results.rows[name] = run_case(CASES[name](name, material), options.pairs)


@cache
def _material(folder: Path, events: int) -> Material:
    """One material for each number of events, so that its store is loaded once."""
    return Material(folder, events)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Times the program beside bare DuckDB."
    )
    parser.add_argument("--events", type=int, default=10_000_000, metavar="N", help="how many (10,000,000)")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="runs of each side, in turn (5)")
    names = (*CASES, GROWTH, *FAR_CASES, NIGHTLY, LAKE)
    parser.add_argument(
        "--cases", nargs="+", choices=names, metavar="NAME", help=f"only these: {', '.join(names)}"
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".benchmarks", help="where data and results are kept"
    )
    parser.add_argument("--hundred-million", action="store_true", help="also over 100,000,000 events")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="also write the tables here")
    parser.add_argument(
        "--docs", action="store_true", help="also write docs/speed.md, its picture and docs/cluster.md"
    )
    return parser


def _show(options: argparse.Namespace, results: Results) -> None:
    texts = [page(results)] if results.rows or not results.lake else []
    text = "\n".join([*texts, *([lake_table(results)] if results.lake else [])])
    sys.stdout.write(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    if options.docs:
        publishing.refresh(ROOT, results)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a cluster must not stay behind
    sys.exit(main())
