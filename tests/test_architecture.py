"""The rooms of the house: who may import whom, and what a command may load."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

SOURCE = REPOSITORY / "src" / "contactrep"


def test_the_import_contracts_of_pyproject_hold() -> None:
    """No room imports what stands downstream of it (the contracts are in pyproject.toml)."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _importers_of(package: str) -> set[str]:
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if any(name.split(".")[0] == package for name in names):
                found.add(path.relative_to(SOURCE).parts[0].removesuffix(".py"))
    return found


def test_only_duck_imports_duckdb() -> None:
    """What is known of DuckDB's own ways is in one module. It imports the package `duckdb` only for Arrow."""
    assert _importers_of("_duckdb") == _importers_of("duckdb") == {"duck"}


def test_only_render_imports_rich() -> None:
    """Rich measures texts for terminals."""
    assert _importers_of("rich") == {"render"}


def test_only_render_imports_jinja() -> None:
    """Jinja writes pages."""
    assert _importers_of("jinja2") == {"render"}


def test_only_the_command_line_imports_click() -> None:
    """Nobody below the command line knows how it is parsed."""
    assert _importers_of("click") == {"cli"}


def _modules_loaded_by(*arguments: str) -> set[str]:
    script = (
        "import sys; from contactrep.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sys.modules, file=sys.stderr)"
    )
    # Measuring coverage would load modules of its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=env, capture_output=True, text=True, check=True
    )
    return set(done.stderr.partition("LOADED ")[2].split())


def test_help_and_usage_errors_load_neither_duckdb_nor_what_draws() -> None:
    """What needs no data starts at once."""
    for arguments in (["--help"], ["overview", "--help"], ["--version"], ["overview", "--by", "minute"]):
        assert not {"_duckdb", "rich", "jinja2"} & _modules_loaded_by(*arguments), arguments


def test_a_command_loads_what_it_uses(tmp_path: Path) -> None:
    """Help needs no report; a report needs neither a load nor what reads a config that is not there."""
    assert not {"contactrep.report", "contactrep.cli.settings"} & _modules_loaded_by("--version")
    data = {"contactrep.report", "contactrep.questions", "contactrep.document", "contactrep.summary"}
    assert not data & _modules_loaded_by("--help")
    store = str(tmp_path / "s.duckdb")
    _modules_loaded_by("load", str(REPOSITORY / "examples" / "events.parquet"), "--store", store)
    loaded = _modules_loaded_by("overview", "--as-of", "2026-11-05", "--store", store)
    assert "contactrep.render.plain" in loaded
    assert (
        not {"tomllib", "difflib", "rich", "jinja2", "contactrep.render.json", "contactrep.store.loading"}
        & loaded
    )
    assert not {"duckdb", "grpc", "pandas", "pyarrow", "pyspark", "contactrep.engines.spark"} & loaded
    assert not {"contactrep.engines.spark", "contactrep.engines.arrow"} & _modules_loaded_by("--help")


def _functions_that_read_the_clock_or_environment(path: Path) -> list[str]:
    return [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "today", "environ", "getenv", "isatty"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date", "os", "sys", "time"}
    ]


def test_only_the_command_line_reads_clock_environment_and_terminal() -> None:
    """Everything else is given them as arguments, but `contactrep.open`, the command line of Python, and what
    looks for credentials where AWS keeps them."""
    found = [
        place
        for path in SOURCE.rglob("*.py")
        if "cli" not in path.relative_to(SOURCE).parts
        and path not in (SOURCE / "__init__.py", SOURCE / "objects.py")
        for place in _functions_that_read_the_clock_or_environment(path)
    ]
    assert found == []
