"""The fixture that reads what a test writes down."""

from pathlib import Path
from typing import Any

import pytest

from contactrep.read.mapping import Mapping
from tests.read.taking import Take, Taken, take_path


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Reads bytes or text as a file of the given name."""

    def take_content(content: str | bytes, name: str = "events.csv", **options: Any) -> Taken:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        zone = options.pop("zone", "UTC")
        return take_path(path, Mapping(**options), zone)

    return take_content
