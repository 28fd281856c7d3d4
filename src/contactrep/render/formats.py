"""The formats of reports and of exports: the command line takes their names and suffixes from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from contactrep.errors import OutputProblem
from contactrep.render.look import Look

if TYPE_CHECKING:
    from contactrep.report import Answer

    Writer = Callable[[Answer, Look], Iterator[str] | Iterator[bytes]]


@dataclass(frozen=True)
class Extra:
    """An extra of contactrep: it installs `package`, which is imported as `module`."""

    name: str
    package: str
    module: str

    @property
    def advice(self) -> str:
        """What is missing, and how to install it."""
        return f"needs {self.package}: install it with python -m pip install 'contactrep[{self.name}]'"


XLSX_WRITER = Extra("xlsx", "XlsxWriter", "xlsxwriter")
RESVG = Extra("png", "resvg_py", "resvg_py")

Subject = Literal["anything", "reports", "charts"]
"""What a format can write: whatever a command answers; reports and logs; or only reports with charts."""

_SUBJECTS: tuple[Subject, ...] = ("anything", "reports", "charts")


@dataclass(frozen=True)
class Format:
    """A format: its `--format` name, the suffixes of `-o` that choose it, and the module that writes it.

    The module has `write(answer, look)`, which yields text or bytes. `needs` is the extra that it imports.
    `binary`: it is never printed on a terminal. `rows_only`: it has no place for messages, so they go to
    stderr. `subject`: the answers that it can show.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    needs: Extra | None = None
    binary: bool = False
    rows_only: bool = False
    subject: Subject = "anything"

    def writer(self) -> Writer:
        """Import the writer; OutputProblem, with what to install, where the extra is missing."""
        try:
            writer: Writer = import_module(self.module).write
        except ModuleNotFoundError as error:
            if self.needs is None or error.name != self.needs.module:
                raise
            raise OutputProblem(f"{self.name} {self.needs.advice}") from None
        return writer


FORMATS = (
    Format("table", (".txt",), "contactrep.render.terminal"),
    Format("json", (".json",), "contactrep.render.json"),
    Format("csv", (".csv",), "contactrep.render.csv", rows_only=True),
    Format("markdown", (".md", ".markdown"), "contactrep.render.markdown"),
    Format("html", (".html", ".htm"), "contactrep.render.page"),
    Format("xlsx", (".xlsx",), "contactrep.render.workbook", XLSX_WRITER, binary=True),
    Format("svg", (".svg",), "contactrep.render.picture", subject="charts"),
    Format("png", (".png",), "contactrep.render.picture.png", RESVG, binary=True, subject="charts"),
    Format("eml", (".eml",), "contactrep.render.mail", subject="reports"),
)
"""What `--format` may name; the first is the default."""

PLAIN = Format("plain", (), "contactrep.render.plain")
"""What `table` is where no terminal shows it."""


def formats_of(subject: Subject) -> tuple[str, ...]:
    """The names of the formats that can write this: those of `charts` are all."""
    able = _SUBJECTS[: _SUBJECTS.index(subject) + 1]
    return tuple(one.name for one in FORMATS if one.subject in able)


BY_NAME = {one.name: one for one in (*FORMATS, PLAIN)}
BY_SUFFIX = {suffix: one for one in FORMATS for suffix in one.suffixes}

EXPORTS: dict[str, Literal["csv", "parquet", "jsonl", "xlsx"]] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}
"""The format of an export by the suffix of `-o`; the first is the default."""

COMPRESSIONS: dict[str, Literal["gzip", "zstd"]] = {".gz": "gzip", ".zst": "zstd"}
"""How an export's text is compressed, by a further suffix."""
