"""What needs much memory stays within `--memory-limit`, as a process of its own.

`python -m tests.faults` runs more of these, and larger ones.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.hungry import LIMIT, SIZES, Cases, Peak


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    """The cases, at the size of every day."""
    return Cases(tmp_path, SIZES["small"])


def within_limit(peaks: Iterable[Peak]) -> None:
    """Each had less than its limit."""
    assert [str(peak) for peak in peaks if peak.memory >= LIMIT] == []


def test_many_sources(cases: Cases) -> None:
    """Plain text of 200,000 sources is measured and written piece by piece."""
    within_limit(cases.many_sources(("plain",)))


def test_many_rejects(cases: Cases) -> None:
    """Rejects are loaded, sorted, written and looked through piece by piece, however long they are."""
    within_limit(cases.many_rejects(("json",), (), ("contact-0000008",)))


def test_many_keys(cases: Cases) -> None:
    """JSON lines may have any number of different lists of keys; too many different keys are refused."""
    within_limit(cases.many_keys())


def test_many_files(cases: Cases) -> None:
    """A load looks up its own files in the store, which may know any number of others."""
    within_limit(cases.many_files())


def test_many_line_breaks(cases: Cases) -> None:
    """Rows that only Python can read are read piece by piece."""
    within_limit(cases.many_breaks())
