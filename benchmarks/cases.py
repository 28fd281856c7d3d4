"""Every case: a command line of the program, what it is compared with, and where it is to arrive."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.answers import (
    Check,
    imports_nothing_heavy,
    nothing_to_compare,
    same_bytes,
    same_events,
    same_files,
    same_rows_in_order,
)
from benchmarks.comparing import Case, Goal
from benchmarks.data import AS_OF, ZONE, Material, durably_copied, load, remove
from benchmarks.plans import log_plan, overview_plan
from benchmarks.processes import Command, Run, bare, module, program
from contactrep.events import KINDS
from contactrep.memory import for_duckdb

GIGABYTE = 10**9
WITHIN = "1GB"
"""The memory limit of both sides where the floor is bounded; else the program has its default."""
NAME = "lantern"  # in the names of about three contacts in a hundred
FORTNIGHT = ("--range", "last-14-days", "--as-of", AS_OF)
EVERYTHING = ("--range", "all", "--as-of", AS_OF)
BY_NAME = (*EVERYTHING, "--contact", NAME)
BARE_START = Run((bare("pass"),))

NESTED = (
    *(
        "--map",
        "timestamp=data.at",
        "--map",
        "contact_id=data.item.id",
        "--map",
        "contact_name=data.item.name",
    ),
    *("--map", "merged_contact_id=data.item.merged", "--map", "channel=data.item.inbox.name"),
    *("--map", "source=origin", "--map", "user_id=user.id", "--map", "user_name=user.name"),
    *(f"--value=event:contact.{kind}={kind}" for kind in KINDS),
    "--value=event:*=-",
)
"""How the nested sample is read."""

MakeCase = Callable[[str, Material], Case]


def start(arguments: tuple[str, ...], exits: int, name: str, _material: Material) -> Case:
    """What needs no data, beside the start of Python alone."""
    ours = Run((program(*arguments),), exits=exits)
    goal = Goal(0.10, "seconds more")
    title = f"`{' '.join(('contactrep', *arguments))}`" + (", a usage error" if exits else "")
    return Case(name, title, ours, BARE_START, "bare Python", goal, imports_nothing_heavy(ours))


def answer(question: tuple[str, ...], title: str, most: float, name: str, material: Material) -> Case:
    """What a question says of the store in a pipe, beside the floor of its component."""
    command, floor = _beside_floor(question, name, material)
    return Case(name, title, Run((command,)), Run((floor,)), "floor", Goal(most), same_bytes)


def peer(engine: str, name: str, material: Material) -> Case:
    """The overview of a fortnight beside another engine's, over the Parquet file."""
    command = ("overview", *FORTNIGHT, "--store", material.store)
    plan = overview_plan(command, _page(material, name), parquet=str(material.parquet))
    title = "`overview --range last-14-days`"
    theirs = Run((module(f"peers.{engine.lower()}_overview", plan),))
    return Case(name, title, Run((program(*command),)), theirs, engine, Goal(1.0), same_bytes)


def report(name: str, material: Material) -> Case:
    """The whole page with its charts, on a terminal, beside the overview's floor in a pipe."""
    _, floor = _beside_floor(("overview", *FORTNIGHT), name, material)
    ours = Run((program("report", *FORTNIGHT, "--store", material.store),), terminal=True)
    title = "`report`, whole page with charts"
    return Case(name, title, ours, Run((floor,)), "overview floor", Goal(1.8), nothing_to_compare)


def terminal_log(name: str, material: Material) -> Case:
    """A log of 10,000 rows on a terminal, where the floor writes the plain lines of the pipe."""
    command, floor = _beside_floor(("log", "added", *FORTNIGHT), name, material)
    ours, bare_log = (Run((it,), terminal=True) for it in (command, floor))
    title = "`log added`, 10,000 rows, on a terminal"
    return Case(name, title, ours, bare_log, "floor", Goal(1.9), nothing_to_compare)


def loading(
    form: str,
    title: str,
    most: float | None,
    name: str,
    material: Material,
    *,
    limited: bool = True,
    read_as: str = "csv",
    options: tuple[str, ...] = (),
) -> Case:
    """A file of one form into a new store, beside one statement that reads it typed and sorts it.

    Both have a gigabyte; unless `limited`, the program has its default and the floor all memory.
    """
    source: Path = getattr(material, form)
    store, bare_store = (material.products / f"{side}.duckdb" for side in ("ours", "floor"))
    limit = for_duckdb(WITHIN) if limited else None
    plan = json.dumps(
        {"source": str(source), "form": read_as, "store": str(bare_store), "memory_limit": limit}
    )
    command = load(source, store, *_within(limited=limited), *options)
    ours = Run((command,), partial(remove, store))
    floor = Run((module("floors.load", plan),), partial(remove, bare_store))
    floor_name = "floor in 1 GB" if limited else "floor, any memory"
    goal = Goal(most, memory=GIGABYTE if most and limited else None)
    return Case(name, title, ours, floor, floor_name, goal, same_events(store, bare_store))


def _within(*, limited: bool) -> tuple[str, ...]:
    return ("--memory-limit", WITHIN) if limited else ()


def increment(name: str, material: Material) -> Case:
    """A night's rows into a full store, beside copying its file and loading them into an empty one."""
    full = material.store
    store, copy, empty = (material.products / f"{part}.duckdb" for part in ("ours", "copy", "empty"))
    plan = json.dumps({"store": str(full), "copy": str(copy)})

    def anew() -> None:
        durably_copied(full, store)

    def empties() -> None:
        remove(copy)
        remove(empty)

    ours = Run((load(material.newer, store),), anew)
    floor = Run((module("floors.copy", plan), load(material.newer, empty)), empties)
    title = "`load` of 100k new rows into the store"
    return Case(name, title, ours, floor, "copy + load alone", Goal(3.0), nothing_to_compare)


def again(name: str, material: Material) -> Case:
    """A file that is loaded already, beside its hash."""
    plan = json.dumps({"csv": str(material.csv)})
    ours = Run((load(material.csv, material.store),))
    floor = Run((module("floors.digest", plan),))
    title = "`load` of a file already loaded"
    return Case(name, title, ours, floor, "sha256", Goal(0.4, "seconds more"), nothing_to_compare)


def export(form: str, name: str, material: Material, *, limited: bool = True) -> Case:
    """Every event into a file, beside one COPY of the same rows in the same order."""
    target, bare_target = (material.products / f"{side}.{form}" for side in ("ours", "floor"))
    limit = for_duckdb(WITHIN) if limited else None
    plan = {"store": str(material.store), "file": str(bare_target), "format": form, "memory_limit": limit}
    command = program("export", "events", "--as-of", AS_OF, "--store", material.store, "-o", target)
    command = (*command, *_within(limited=limited))
    ours = Run((command,), partial(target.unlink, missing_ok=True))
    floor = Run((module("floors.export", json.dumps(plan)),), partial(bare_target.unlink, missing_ok=True))
    check: Check = (
        same_files(target, bare_target) if form == "csv" else same_rows_in_order(target, bare_target)
    )
    goal = Goal(1.2, memory=GIGABYTE) if limited else Goal(None)
    floor_name = "floor in 1 GB" if limited else "floor, any memory"
    return Case(name, f"`export events`, {form}", ours, floor, floor_name, goal, check)


def parquet(name: str, material: Material, *, distinct: bool = False) -> Case:
    """The overview straight from a Parquet file, beside a query over it.

    With `distinct` that query counts an event once, as the question is; without, it believes the file.
    """
    rows = f"read_parquet('{material.parquet}'{', file_row_number = true' if distinct else ''})"
    # Equal merges without a second id within a file are so many merges.
    once = f"""(SELECT DISTINCT timestamp, event, contact_id, merged_contact_id,
        CASE WHEN event = 'merged' AND merged_contact_id IS NULL THEN file_row_number END FROM {rows})"""
    command = ("overview", material.parquet, *FORTNIGHT, "--timezone", ZONE)
    relation = once if distinct else rows
    plan = overview_plan(
        command, _page(material, name), store=None, time="timestamp", relation=relation, whole=rows
    )
    floor = Run((module("floors.overview", plan),))
    goal, floor_name = (Goal(1.5), "floor") if distinct else (Goal(None), "floor, no deduplication")
    return Case(
        name, "`overview FILE.parquet`", Run((program(*command),)), floor, floor_name, goal, same_bytes
    )


CASES: dict[str, MakeCase] = {
    "help": partial(start, ("--help",), 0),
    "version": partial(start, ("--version",), 0),
    "usage-error": partial(start, ("overview", "--by", "minute"), 2),
    "overview": partial(answer, ("overview", *FORTNIGHT), "`overview --range last-14-days`", 1.4),
    "polars": partial(peer, "Polars"),
    "chdb": partial(peer, "chDB"),
    "report": report,
    "log": partial(answer, ("log", "added", *FORTNIGHT), "`log added`, 10,000 rows, in a pipe", 1.7),
    "log-terminal": terminal_log,
    "contact-overview": partial(
        answer, ("overview", *BY_NAME), "`overview --contact`, part of a name, range all", 1.3
    ),
    "contact-log": partial(
        answer, ("log", "added", *BY_NAME), "`log added --contact`, part of a name, range all", 1.3
    ),
    "load": partial(loading, "unquoted", "`load` of a clean CSV", 1.4),
    "load-quoted": partial(loading, "quoted", "`load`, 1 % of names quoted", 2.0),
    "load-shuffled": partial(loading, "shuffled", "`load` of an unsorted CSV", 1.3, limited=False),
    "load-newest": partial(loading, "newest", "`load` of a CSV, newest first", 1.3, limited=False),
    "load-parquet": partial(loading, "parquet", "`load` of Parquet", 1.3, limited=False, read_as="parquet"),
    "load-jsonl": partial(loading, "jsonl", "`load` of JSON lines", 1.6, limited=False, read_as="jsonl"),
    "load-nested": partial(
        loading, "nested", "`load` of nested JSON", 2.0, limited=False, read_as="nested", options=NESTED
    ),
    "load-skipping": partial(
        loading,
        "skipping",
        "`load` of nested JSON, 1 % skipped",
        2.0,
        limited=False,
        read_as="nested",
        options=NESTED,
    ),
    "load-unlimited": partial(loading, "unquoted", "`load` of a clean CSV", 1.4, limited=False),
    "increment": increment,
    "again": again,
    "export-csv": partial(export, "csv"),
    "export-parquet": partial(export, "parquet"),
    "export-csv-unlimited": partial(export, "csv", limited=False),
    "export-parquet-unlimited": partial(export, "parquet", limited=False),
    "parquet": partial(parquet, distinct=True),
    "parquet-believed": parquet,
}
"""The cases that every run has, by name."""

FAR_CASES = ("far-overview", "far-log", "far-months")
"""The cases over a hundred million events, on request."""

_PEERS = {"polars": "polars", "chdb": "chdb"}


def missing_peers() -> list[str]:
    """The cases that cannot run, since the other engine is not installed."""
    return [name for name, package in _PEERS.items() if importlib.util.find_spec(package) is None]


def far_case(name: str, near: Material, far: Material) -> Case:
    """The program over very many events: beside itself over few, or in a zone beside UTC."""
    if name == "far-months":
        return _months(name, far)
    question = ("overview", *FORTNIGHT) if name == "far-overview" else ("log", "added", *FORTNIGHT)
    ours, floor = (Run((program(*question, "--store", it.store),)) for it in (far, near))
    title = f"{far.events:,} events: `{' '.join(question[:-2])}`"
    return Case(name, title, ours, floor, f"{near.events:,} events", Goal(2.0), nothing_to_compare)


def _months(name: str, material: Material) -> Case:
    command = program("overview", *EVERYTHING, "--by", "month", "--store", material.store)
    zoned, utc = (Run(((*command, "--timezone", zone),)) for zone in (ZONE, "UTC"))
    title = f"{material.events:,} events: `overview --range all --by month`, {ZONE}"
    return Case(name, title, zoned, utc, "in UTC", Goal(1.3), nothing_to_compare)


def _beside_floor(question: tuple[str, ...], name: str, material: Material) -> tuple[Command, Command]:
    """The program's command line for a question to the store, and its floor's."""
    arguments = (*question, "--store", str(material.store))
    contact = NAME if NAME in question else None
    make_plan = log_plan if question[0] == "log" else overview_plan
    plan = make_plan(arguments, _page(material, name), store=str(material.store), contact=contact)
    return program(*arguments), module(f"floors.{question[0]}", plan)


def _page(material: Material, name: str) -> Path:
    return material.products / f"{name}.page"
