"""The two guards of CSV, of reports in Python and of exports in SQL, guard the same texts."""

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contactrep.engines.duckdb import DuckDbDialect
from contactrep.events import FORMULA_STARTS
from contactrep.questions.logs import guarded
from contactrep.render.csv import _text

SQL = f"SELECT {guarded(DuckDbDialect(), 'text')} FROM (SELECT $text AS text)"

starts = st.sampled_from([*FORMULA_STARTS, "'", " ", "\n", "\v", "\0", "＝", "−", ""])
harmless = st.text("0123456789 .()-+eE", max_size=12)
anything = st.text(st.characters(codec="utf-8"), max_size=12)
texts = st.builds("{}{}{}".format, starts, harmless, st.one_of(st.just(""), anything))


@given(texts)
@example("+60 12-345 (67)")
@example("-1e5")
@example("-1.5E+3")
@example("+60\n=1+1")
@example("-5\n")
@example("=")
@example("-")
@example("+")
@example("\r\n=x")
@example("=\u0301x")
@example("+\u0301")
@example("-٣")
@example("")
def test_both_guards_agree(text: str) -> None:
    """A text gets its `'` in an export if and only if it gets one in a report."""
    (written,) = duckdb.execute(SQL, {"text": text}).fetchall()[0]
    assert written == _text(text, raw=False)
    assert written in (text, f"'{text}")


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_every_start_of_a_formula_is_guarded(start: str) -> None:
    """Whatever follows that is no number and no phone number."""
    assert _text(f"{start}x", raw=False) == f"'{start}x"
    assert _text(f"{start}x", raw=True) == f"{start}x"


def test_null_stays_null() -> None:
    """What is not there is not guarded."""
    assert duckdb.execute(SQL, {"text": None}).fetchall() == [(None,)]
