"""The reference, the man page and the page of the architecture: current and complete."""

import re
import tomllib
from pathlib import Path

import pytest

from contactrep.errors import ExitCode
from docs.commands import FILES, MANUAL, REFERENCE, commands, exit_codes, generated, out_of_date

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "contactrep"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_reference_and_the_man_page_are_current() -> None:
    """Whoever changes a command or an option runs `python docs/commands.py`."""
    assert out_of_date() == []


def test_a_file_that_differs_from_the_code_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The check reads the files as they are."""
    older = tmp_path / "contactrep.1"
    older.write_text(MANUAL.read_text(encoding="utf-8").replace("Show contacts", "Tell contacts"))
    monkeypatch.setattr("docs.commands.MANUAL", older)
    assert out_of_date() == ["contactrep.1"]


@pytest.mark.parametrize("path", [REFERENCE, MANUAL], ids=lambda path: path.name)
def test_every_command_variable_and_exit_code_is_described(path: Path) -> None:
    """The variables are those that the source reads."""
    text = generated()[path].replace("\\-", "-")
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r"\bCONTACTREP_[A-Z_]+[A-Z]\b", source))
    assert {"CONTACTREP_STORE", "CONTACTREP_DEBUG"} <= read
    assert {name for name in read if name not in text} == set()
    assert [name for name, _ in commands() if f"contactrep {name} " not in text] == []
    assert set(exit_codes()) == set(ExitCode)


def test_the_man_page_has_no_character_that_groff_would_change() -> None:
    """An example can be copied from any `man` into a shell: quotes, hyphens and `~` stay those of ASCII."""
    text = MANUAL.read_text(encoding="utf-8")
    assert r"check \(aqadded < 50\(aq \-\-range" in text
    assert r"\fB\(ti/.config/contactrep" in text
    assert re.findall(r"(?<!\\)-|['~^`]", re.sub(r"(?m)^\.TH.*", "", text)) == []


def test_readme_names_the_files_of_the_program() -> None:
    """README says where the store and the config are, as the man page does."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path for path in FILES if f"`{path}`" not in readme] == []


def test_the_man_page_is_installed_with_the_package() -> None:
    """Where `man` looks beside the folder of the program."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    installed = built["targets"]["wheel"]["shared-data"]
    assert installed == {"docs/contactrep.1": "share/man/man1/contactrep.1"}
    assert MANUAL == ROOT / "docs/contactrep.1"


def test_the_architecture_names_every_module() -> None:
    """Its table has each module at the top of the package, and none that is gone."""
    modules = {path.stem for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    table = ARCHITECTURE.split("| module | responsibility |")[1].split("\n\n")[0]
    named: list[str] = re.findall(
        r"`([^`]+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:])
    )
    assert sorted(named) == sorted(modules | packages)


def test_the_layers_of_the_architecture_are_those_of_the_import_contract() -> None:
    """The picture has the lines of the contract in pyproject.toml, in their order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [layers] = [
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    picture = ARCHITECTURE.split("```text\n")[2].split("```")[0]
    assert picture.splitlines() == layers


def _path(named: str) -> Path:
    """The file or folder of the package, else of the checkout."""
    return next((path for top in (PACKAGE, ROOT) if (path := top / named).exists()), PACKAGE / named)


def test_every_file_in_the_architecture_exists() -> None:
    """A path is a file or folder of the package or of the checkout."""
    pattern = r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|toml|json)|(?:[a-z_]+/)+[a-z_.]*)`"
    named: set[str] = set(re.findall(pattern, ARCHITECTURE))
    assert len(named) > 100
    assert [path for path in sorted(named) if not _path(path).exists()] == []


def test_every_name_in_the_architecture_is_in_the_file_before_it() -> None:
    """A row of a table names a file, and then what is to be changed in it."""
    name = r"`_?[A-Za-z_]+(?:\(\))?`"
    found = re.findall(rf"`([a-z_/]+\.py)`\** ({name}(?:(?:,| and) {name})*)", ARCHITECTURE)
    found += [
        (path, names) for names, path in re.findall(rf"({name}) (?:in |\()`([a-z_/]+\.py)`", ARCHITECTURE)
    ]
    pairs = [(path, one.strip("`()")) for path, names in found for one in re.findall(name, names)]
    assert len(pairs) > 60
    missing = [pair for pair in pairs if not re.search(rf"\b{pair[1]}\b", _path(pair[0]).read_text("utf-8"))]
    assert missing == []


def _search(name: str) -> str:
    """What `git grep` finds: a whole word, unless the name begins or ends with a sign."""
    return rf"(?<!\w){re.escape(name)}(?!\w)" if re.fullmatch(r"\w.*\w", name) else re.escape(name)


def test_the_search_of_a_row_finds_where_to_begin_and_a_test() -> None:
    """A row's names of an example are in the file that it begins with, and in a test unless it names one."""
    texts = {
        path: path.read_text(encoding="utf-8")
        for top in (PACKAGE, ROOT / "tests")
        for path in top.rglob("*.*")
        if path.suffix in (".py", ".toml")
    }
    rows = [line.split("|")[1:-1] for line in ARCHITECTURE.splitlines() if line.startswith("| ")]
    searched = [row for row in rows if len(row) == 4 and "`" in row[2]]
    assert len(searched) > 30
    for change, begin, names, besides in searched:
        pattern = "|".join(map(_search, re.findall(r"`([^`]+)`", names)))
        found = [path for path, text in texts.items() if re.search(pattern, text)]
        first = PACKAGE / re.findall(r"\*\*`(.+?)`\*\*", begin)[0]
        assert any(path.is_relative_to(first) for path in found), change
        assert "tests" in besides or any(path.is_relative_to(ROOT / "tests") for path in found), change
