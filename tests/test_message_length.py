"""Messages stay short, however many names and however long the values that they are about."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from contactrep.errors import LONGEST_MESSAGE, listed, shortened


def test_a_list_has_at_most_ten_names_and_a_count() -> None:
    """Up to ten names are all named; of more the first ten are, and the rest are counted."""
    names = [f"n{place}" for place in range(1, 2001)]
    assert listed([]) == ""
    assert listed(names[:1]) == "n1"
    assert listed(names[:10]) == "n1, n2, n3, n4, n5, n6, n7, n8, n9, n10"
    assert listed(names[:11]) == "n1, n2, n3, n4, n5, n6, n7, n8, n9, n10 and 1 more"
    assert listed(names) == "n1, n2, n3, n4, n5, n6, n7, n8, n9, n10 and 1,990 more"
    assert listed(dict.fromkeys(names, 0), most=2) == "n1, n2 and 1,998 more"


def test_a_list_of_long_names_leaves_room_in_its_message() -> None:
    """Each name is truncated to 100 characters."""
    said = listed(["x" * 5000] * 20)
    assert said.startswith("x" * 99 + "…, ")
    assert len(said) < LONGEST_MESSAGE


def test_a_message_has_at_most_two_thousand_characters() -> None:
    """The beginning (the wrong value) and the end (what to do next) of a longer message stay."""
    whole = "a  b" * 500
    assert shortened(whole) == whole
    assert shortened("x" * 5000 + "z" * 600) == "x" * 1399 + "…" + "z" * 600
    assert len(shortened("x" * 5000)) == LONGEST_MESSAGE


def test_every_line_on_stderr_is_that_short(run: Callable[..., Result], tmp_path: Path) -> None:
    """An error about a value of 100,000 characters still says what to do next."""
    said = run("overview", "--range", "x" * 100_000, "--store", tmp_path / "none.duckdb").stderr
    assert len(said) <= LONGEST_MESSAGE + 1
    assert said.startswith("Error: ")
    said = run("overview", "y" * 100_000).stderr
    assert len(said) == LONGEST_MESSAGE + 1
    assert said.startswith("Error: yyy")
    assert said.endswith("check the path\n")
