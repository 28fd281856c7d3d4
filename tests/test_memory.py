"""How much memory a run takes: as people write it, and by default."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from contactrep.memory import default_limit, for_duckdb, is_memory, most_threads

GIB = 1 << 30
V1, V2 = "sys/fs/cgroup/memory/{}memory.limit_in_bytes", "sys/fs/cgroup"
MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize("text", ["160MB", "256 mb", "1.5GB", "2GiB", "1tb", "200000KB"])
def test_amounts_of_memory(text: str) -> None:
    """They are written as people write them."""
    assert is_memory(text)


@pytest.mark.parametrize("text", ["lots", "256", "0MB", "-1GB", "100MB", "1KB", "80%", "1 G B", ""])
def test_no_amounts_of_memory(text: str) -> None:
    """What cannot be understood, and what is too little for any answer, is refused."""
    assert not is_memory(text)


def test_duckdb_gets_what_is_left_beside_the_program() -> None:
    """The limit is that of the whole run."""
    assert for_duckdb("256MB") == "122MB"
    assert for_duckdb("1 GiB") == "735MB"


@pytest.mark.parametrize("limit", ["99999999TB", "9" * 400 + "GB"])
def test_more_memory_than_there_can_be_is_no_limit(limit: str) -> None:
    """DuckDB refuses numbers of more than 64 bits."""
    with duckdb.connect(config={"memory_limit": for_duckdb(limit)}) as connection:
        [limited] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    assert "PiB" in limited[0]


@pytest.mark.parametrize(("limit", "threads"), [("160MB", 1), ("256MB", 1), ("1 GiB", 5), ("2TB", 11_999)])
def test_a_thread_has_memory_to_sort_in(limit: str, threads: int) -> None:
    """Where there is little memory, DuckDB has few threads."""
    assert most_threads(limit) == threads


def kernel(root: Path, groups: str, limits: dict[str, str]) -> Path:
    """A folder with the kernel's files: what groups the process is in, and their limits."""
    for name, text in ({"proc/self/cgroup": groups} | limits).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("", {}, MACHINE // 4),
        (
            "0::/a/b\n",
            {V2 + "/a/b/memory.max": "max\n", V2 + "/a/memory.max": f"{6 * GIB}\n"},
            6 * GIB // 4,
        ),
        ("0::/in/the/host\n", {"sys/fs/cgroup/memory.max": f"{5 * GIB}\n"}, 5 * GIB // 4),
        (
            "9:cpu:/x\n4:hugetlb,memory:/docker/1\n",
            {
                "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": f"{6 * GIB}\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            6 * GIB // 4,
        ),
        ("0::/small\n", {"sys/fs/cgroup/small/memory.max": "512000000\n"}, 10**9),
    ],
)
def test_the_default_is_a_quarter_of_what_the_process_may_use(
    tmp_path: Path, groups: str, limits: dict[str, str], expected: int
) -> None:
    """Control groups of both versions count, those around the process's own, too; 1 GB is the least."""
    assert default_limit(kernel(tmp_path, groups, limits)) == max(min(expected, MACHINE // 4), 10**9)


def test_a_bound_on_the_address_space_counts() -> None:
    """`ulimit -v` leaves the process that much."""
    program = "from contactrep.memory import default_limit; print(default_limit())"
    bound = 6 * GIB
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (bound, bound)),
    )
    assert int(done.stdout) == max(min(bound, MACHINE) // 4, 10**9)
