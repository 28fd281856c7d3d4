"""What is wrong with broken JSON, in plain words."""

import json

import pytest

from contactrep.read.broken import fault


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ('{"a":1, }', "a comma before a closing bracket", 8),
        ("[1,\n]", "a comma before a closing bracket", 4),
        ("{'a': 1}", "single quotes instead of double quotes", 1),
        ("{\"a\": 'x'}", "single quotes instead of double quotes", 6),
        ("{a: 1}", "a key without double quotes", 1),
        ('{"a": 1 /* x */}', "JSON has no comments", 8),
        ('{"a": // x\n1}', "JSON has no comments", 6),
        ("# x", "JSON has no comments", 0),
        ("{", "it ends too early", 1),
        ('{"a"', "it ends too early", 4),
        ('{"a": ', "it ends too early", 6),
        ('{"a": 1', "it ends too early", 7),
        ('{"a": 1, ', "it ends too early", 9),
        ('{"a": "x', "a text without a closing quote", 6),
        ('{"a" 1}', "no colon after a key", 5),
        ('{"a": }', "'}' where a value is expected", 6),
        ('{"a": None}', "'None' is not a JSON value", 6),
        ("timestamp,event", "'timestamp' is not a JSON value", 0),
        ('{"a": 007}', "a number that begins with 0, which needs double quotes", 7),
        ('{"a": 10 20}', "no comma between two values", 9),
        ('{"a": 1,, "b": 2}', "a comma too many", 8),
        ('{,"a": 1}', "a comma too many", 1),
        ('{"a": 12,5}', "a comma within a number", 9),
        ('{"a": 1,000, "b": 2}', "a comma within a number", 8),
        ('{"a":1,5:2}', "a key without double quotes", 7),
        ('{"a": 2026-11-05}', "a value that is no number and has no double quotes", 10),
        ('{"a": 10:30}', "a value that is no number and has no double quotes", 8),
        ('{"a": 0x1F}', "a value that is no number and has no double quotes", 7),
        ('{"a": 1.}', "a value that is no number and has no double quotes", 7),
        ('[{"a": 1}}]', "a closing bracket that does not fit", 9),
        ('{"a": "x"]', "a closing bracket that does not fit", 9),
        ('{"a": "b "c" d"}', "no comma, or a double quote in a text that needs a backslash before it", 10),
        ('{"a": 1}}', "more text after its end", 8),
        ('"a\tb"', "a tab, line break or other control character in a text", 2),
        (r'"C:\x"', "a backslash that needs another one before it", 3),
        (r'"\u12"', r"\u without four hexadecimal digits", 2),
        ('{"a": \0}', "' ' where a value is expected", 6),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(text: str, said: str, place: int) -> None:
    """Whatever the parser says, and whatever characters are near the place."""
    with pytest.raises(json.JSONDecodeError) as problem:
        json.loads(text)
    assert (fault(problem.value.msg, text, problem.value.pos), problem.value.pos) == (said, place)


def test_other_messages_stay() -> None:
    """A newer parser may have others."""
    assert fault("values nested too deep", "[[", 2) == "values nested too deep"
    assert (
        fault("Illegal trailing comma before end of array", "[1,]", 2) == "a comma before a closing bracket"
    )
