"""How much memory a run may take: amounts as people write them, and a share of what the process may use."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from contactrep.errors import ContactrepError

_LEAST_ADDRESS_SPACE: Final = 400_000_000  # bytes

LEAST: Final = "160MB"
"""With less, no question is answered reliably."""

HINT: Final = f"write it like 512MB or 2GB, and no less than {LEAST}"
"""What to do about a text that `is_memory` refuses."""

DEFAULT: Final = "a quarter of the memory, at least 1GB"
"""What a run may take unless `--memory-limit` says otherwise, in words; `default_limit` has the bytes."""

_LEAST_DEFAULT: Final = 10**9
_MOST: Final = 10**18  # bytes, more than any machine has; DuckDB refuses 2**64
_A_THREAD: Final = 125_000_000
_BESIDE: Final = 70_000_000
_DECIMAL: Final = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS: Final = _DECIMAL | {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_MEMORY: Final = re.compile(r"([1-9][0-9]*(?:\.[0-9]+)?) ?([KMGT]i?B)", re.IGNORECASE)


def is_memory(text: str) -> bool:
    """Whether `text` is an amount of memory, such as `512MB` or `1.5 GiB`, and no less than LEAST."""
    return _MEMORY.fullmatch(text) is not None and _bytes(text) >= _bytes(LEAST)


def for_duckdb(limit: str | None) -> str:
    """DuckDB's own `memory_limit` within that of a whole run; None: the default.

    Beside it there must be room for Python and for what DuckDB does not count. On 10 million events that was
    90 MB where DuckDB had 62 MB, and 170 MB where it had 700 MB; on 1.5 million rejects 125 MB beside 122 MB.
    """
    return f"{_left_for_duckdb(limit) // 1_000_000}MB"


def for_names(limit: str | None) -> int:
    """How many bytes within that limit Python may take for names: keys of JSON lines, or sources and channels
    with their counts."""
    return _whole(limit) // 4


def most_threads(limit: str | None) -> int:
    """How many threads DuckDB may have within that limit, however many processors there are.

    Each holds blocks that it sorts or joins. Two in 122 MB ran out of it where one sorts any amount.
    """
    return max(1, _left_for_duckdb(limit) // _A_THREAD)


def _left_for_duckdb(limit: str | None) -> int:
    return _whole(limit) * 3 // 4 - _BESIDE


def _whole(limit: str | None) -> int:
    return _bytes(limit) if limit else default_limit()


def _bytes(text: str) -> int:
    found = _MEMORY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an amount of memory")
    return int(min(float(found[1]) * _UNITS[found[2].upper()], _MOST))


def default_limit(root: Path = Path("/")) -> int:
    """A quarter of the memory (bytes) that this process may use, but no less than 1 GB.

    It may use what the machine has, within the limits of its control groups (version 1 and 2) and of its
    address space. `root` is where the kernel's files are.
    """
    return max(min(_bounds(root)) // 4, _LEAST_DEFAULT)


def require_address_space() -> None:
    """Raise ContactrepError where the process may use so little (`ulimit -v`) that DuckDB could abort it."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _LEAST_ADDRESS_SPACE:
        raise ContactrepError(
            f"not enough memory: this process is limited to {limit // 10**6:,} MB (ulimit -v):"
            f" allow {_LEAST_ADDRESS_SPACE // 10**6:,} MB or more"
        )


def _bounds(root: Path) -> Iterator[int]:
    yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if address_space != resource.RLIM_INFINITY:
        yield address_space
    for path in _group_files(root):
        with suppress(OSError, ValueError):  # `max`, or no such file
            yield int(path.read_text("ascii"))


def _group_files(root: Path) -> Iterator[Path]:
    """The files with the limits of the process's control groups and of those around them.

    A container may see its own group as the root, whatever its name says.
    """
    groups = root / "sys/fs/cgroup"
    lines: list[str] = []
    with suppress(OSError):
        lines = (root / "proc/self/cgroup").read_text("utf-8", "replace").splitlines()
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, name = rest.partition(":")
        for group in (PurePosixPath(name), *PurePosixPath(name).parents):
            inside = str(group).lstrip("/")
            if number == "0":
                yield groups / inside / "memory.max"
            elif "memory" in controllers.split(","):
                yield groups / "memory" / inside / "memory.limit_in_bytes"
