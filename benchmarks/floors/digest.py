"""The floor of loading a file again: its sha256, and nothing else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def main(text: str) -> None:
    """Hash the plan's CSV."""
    with Path(json.loads(text)["csv"]).open("rb") as file:
        hashlib.file_digest(file, "sha256").hexdigest()
