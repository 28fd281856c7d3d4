"""What reports look like changes only on purpose."""

from __future__ import annotations

import pytest

from tests.render.goldens import FOLDER, texts

EXPECTED = texts()


@pytest.mark.parametrize("name", EXPECTED)
def test_output_is_as_golden(name: str) -> None:
    """Every report in every format is, byte for byte, the golden file (`python -m tests.render.goldens`)."""
    assert EXPECTED[name]().encode("utf-8") == (FOLDER / name).read_bytes()


def test_no_golden_file_is_left_over() -> None:
    """Every golden file belongs to a report."""
    assert {path.name for path in FOLDER.iterdir()} == set(EXPECTED)
