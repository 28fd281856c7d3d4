"""A part of the floor of a load into a store: its file is copied, and on the disk."""

from __future__ import annotations

import json
import os
import shutil


def main(text: str) -> None:
    """Copy the plan's store."""
    plan = json.loads(text)
    shutil.copyfile(plan["store"], plan["copy"])
    descriptor = os.open(plan["copy"], os.O_RDONLY)
    os.fsync(descriptor)
