"""The table of formats: what `--format` and the suffix of `-o` may say."""

from __future__ import annotations

import re

import pytest

from contactrep import report
from contactrep.errors import OutputProblem
from contactrep.render import palette, render
from contactrep.render.formats import BY_NAME, BY_SUFFIX, FORMATS, Extra, Format
from tests.render import samples


@pytest.mark.parametrize("name", BY_NAME)
def test_every_format_writes_bytes(name: str) -> None:
    """Each format of the table has a writer, and text ends in a newline."""
    written = b"".join(render(samples.overview(), name))
    assert written.endswith(b"\n") != BY_NAME[name].binary


@pytest.mark.parametrize("name", [name for name, one in BY_NAME.items() if not one.binary])
def test_a_further_metric_is_in_every_format(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure of the overview that has no bars, and an ink, is shown like the others."""
    monkeypatch.setattr(report, "METRICS", (*report.METRICS, "kept"))
    monkeypatch.setattr(report.Overview, "kept", report.Figure(741, 3), raising=False)
    monkeypatch.setattr(report.OverviewBucket, "kept", 1, raising=False)
    monkeypatch.setitem(palette.METRIC_INKS, "kept", "sky")
    monkeypatch.setitem(palette._MORE_IS, "kept", "good")
    written = b"".join(render(samples.overview(), name)).decode()
    assert "kept" in written.lower()
    assert "741" in written or name == "csv"  # whose rows are the buckets


def test_no_suffix_belongs_to_two_formats() -> None:
    """A suffix chooses one format."""
    assert len(BY_SUFFIX) == sum(len(one.suffixes) for one in FORMATS)


def test_a_format_whose_extra_is_missing_says_what_to_install() -> None:
    """Without the extra the error names the package and the command; another missing module is a fault."""
    extra = Extra("pictures", "Some-Package", "module_that_is_not_there")
    picture = Format("png", (".png",), "module_that_is_not_there", needs=extra)
    message = "png needs Some-Package: install it with python -m pip install 'contactrep[pictures]'"
    with pytest.raises(OutputProblem, match=re.escape(message)):
        picture.writer()
    with pytest.raises(ModuleNotFoundError):
        Format("png", (".png",), "another_that_is_not_there", needs=extra).writer()
