"""Erasing a person: what is gone, what stays, and that no byte of the name is left."""

import json
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from contactrep.duck import Session
from contactrep.errors import StoreProblem
from contactrep.store import forgetting, layout, unloading
from contactrep.store.forgetting import names
from tests.test_store import BAD, HEADER, ONE, TWO, Shop, account

NAME = "Zebulon Quixwaddle"
PERSON = f"2026-11-05T12:00:00Z,added,00124,{NAME},\n"
BAD_PERSON = f"yesterday,connected,00124,{NAME},SMS\n"
MERGED = f"2026-11-05T13:00:00Z,merged,00124,{NAME},\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A place for a store that is not there yet."""
    return Shop(tmp_path)


def everything(*folders: Path) -> bytes:
    """The bytes of all files under these folders, and their names."""
    files = [path for folder in folders for path in sorted(folder.rglob("*"))]
    return b"\n".join(str(path).encode() + (path.read_bytes() if path.is_file() else b"") for path in files)


def test_events_and_rejects_of_a_contact_go(shop: Shop) -> None:
    """Of the person nothing stays, of the others everything, in its order."""
    shop.load_text(HEADER + PERSON + TWO + ONE + BAD + BAD_PERSON + MERGED)
    before = shop.rows("SELECT * FROM events WHERE contact_id <> '00124'")
    found = forgetting.look_for(shop.path, "00124")
    assert forgetting.forget(shop.path, "00124") == found
    assert (found.events, found.rejects) == (2, 1)
    assert shop.rows("SELECT * FROM events") == before
    assert shop.rows("SELECT raw FROM rejects") == [(BAD.strip(),)]
    assert shop.rows("SELECT layout FROM workspace") == [(layout.LAYOUT,)]
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


MERGES = "timestamp,event,contact_id,merged_contact_id\n"


def test_merges_that_name_the_contact_go(shop: Shop) -> None:
    """A merge is an event of both contacts: it goes whichever of them is forgotten, and no later load brings
    it back; the other merges of the record stay."""
    text = (
        f"{MERGES}2026-11-05T10:00:00Z,merged,1,qrst;xyz\n2026-11-05T10:00:00Z,merged,qrst,5\n"
        "2026-11-05T10:00:00Z,deleted,2,qrst\nyesterday,merged,1,xyz;qrst\n"
    )
    shop.load_text(text)
    found = forgetting.forget(shop.path, "qrst")
    assert (found.events, found.rejects) == (2, 1)
    events = "SELECT event, contact_id, merged_contact_id FROM events ORDER BY ALL"
    kept = [("deleted", "2", None), ("merged", "1", "xyz")]
    assert shop.rows(events) == kept
    assert b"qrst" not in shop.path.read_bytes()
    again = shop.load_text(text + "2026-11-06T10:00:00Z,merged,1, qrst ;7\n", "b.csv")
    assert (again.read, again.loaded, again.duplicate, again.rejected, again.skipped) == (7, 1, 2, 0, 4)
    assert shop.rows(events) == [kept[0], ("merged", "1", "7"), kept[1]]
    forgetting.stop_forgetting(shop.path, "qrst")
    back = shop.load_text(text + "\n", "c.csv")
    assert (back.loaded, back.duplicate, back.rejected, back.skipped) == (2, 2, 1, 0)


def test_a_merged_id_under_a_guard_is_forgotten(shop: Shop) -> None:
    """The guard of an export does not hide the contact that went away."""
    shop.load_text(f"{MERGES}2026-11-05T10:00:00Z,merged,1,@bob\n" + "2026-11-05T10:00:00Z,added,2,\n")
    forgetting.forget(shop.path, "@bob")
    again = shop.load_text(f"{MERGES}2026-11-05T10:00:00Z,merged,1,'@bob\n", "b.csv")
    assert (again.loaded, again.skipped) == (0, 1)


def test_no_byte_of_the_name_is_left(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the store's free space and statistics, nor a log, a copy or a temporary file has the name."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    shop.load_text(HEADER + ONE + PERSON + BAD_PERSON + TWO)
    stale = shop.path.parent / ".contacts.duckdb.new-abc"
    stale.mkdir()
    (stale / "contacts.duckdb").write_bytes(shop.path.read_bytes())
    assert NAME.encode() in everything(shop.path.parent)
    forgetting.forget(shop.path, "00124")
    left = everything(shop.path.parent, temporary)
    for part in (NAME, "Zebulon", "Quixw", "00124"):
        assert part.encode() not in left
    assert b"Ann" in left
    assert list(temporary.iterdir()) == []


def test_no_byte_is_left_in_a_store_of_many(shop: Shop) -> None:
    """The same in a store whose columns are compressed, and whose person stands among others."""
    rows = (
        f"2026-11-05T12:{number // 60 % 60:02}:{number % 60:02}Z,added,c{number},Name {number % 7},\n"
        for number in range(60_000)
    )
    shop.load_text(HEADER + "".join(rows) + PERSON + MERGED)
    assert b"Quixw" in everything(shop.path.parent)
    forgetting.forget(shop.path, "00124")
    assert b"Quixw" not in everything(shop.path.parent)
    assert shop.rows("SELECT count(*), count(DISTINCT contact_id) FROM events") == [(60_000, 60_000)]
    assert shop.rows("SELECT ts FROM events") == sorted(shop.rows("SELECT ts FROM events"))


def test_a_source_that_only_the_contact_had_goes(shop: Shop) -> None:
    """What is known of a file has the sources that were new to us, and they may say a name, too."""
    head = "timestamp,event,contact_id,source\n"
    shop.load_text(head + f"2026-11-05,added,1,Fair\n2026-11-05,added,00124,{NAME}'s friend\n")
    assert b"Quixw" in everything(shop.path.parent)
    forgetting.forget(shop.path, "00124")
    assert b"Quixw" not in everything(shop.path.parent)
    assert shop.rows("SELECT unknown_sources FROM files") == [('{"Fair": 1}',)]


def test_sources_of_many_files_take_no_more_questions(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the time would grow with the square of the number of files, each of which knows others."""
    shop.load_text(HEADER + PERSON + TWO)
    asked, run = list[str](), Session.run

    def count(session: Session, sql: str, *given: Any) -> Any:
        asked.append(sql)
        return run(session, sql, *given)

    monkeypatch.setattr(Session, "run", count)
    numbers = []
    for known, contact in ((1, "00124"), (500, "2")):
        sources = """'{"' || it || '": 1, "": 3}' AS unknown_sources"""
        with duckdb.connect(shop.path) as store:
            store.execute(
                f"INSERT INTO files BY NAME SELECT 1 AS load, '{contact}' AS path, {sources}"
                f" FROM range({known}) AS _(it)"
            )
        asked.clear()
        forgetting.forget(shop.path, contact)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]
    assert shop.rows("SELECT DISTINCT unknown_sources FROM files WHERE path = '2'") == [('{"": 3}',)]


def test_sources_of_many_events_take_little_memory(shop: Shop, tmp_path: Path) -> None:
    """The sources that are left are held once each, not once per event."""
    path = tmp_path / "many.parquet"
    rows = """
        SELECT TIMESTAMP '2026-01-01' + to_seconds(range) AS timestamp, 'added' AS event, range AS contact_id,
            'Website form number ' || range % 7 AS source
        FROM range(3_000_000)
        """
    duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT PARQUET)")
    shop.load(str(path))
    assert forgetting.forget(shop.path, "7", memory_limit="160MB").events == 1


def test_the_same_files_bring_nobody_back(shop: Shop) -> None:
    """A whole reload is known and changes nothing, with its rejects and under any name."""
    text = HEADER + ONE + PERSON + BAD + BAD_PERSON
    path = shop.file("a.csv", text)
    shop.load(str(path))
    forgetting.forget(shop.path, "00124")
    before = shop.state()
    for file in (path, shop.file("copy.csv", text)):
        assert account(shop.load(file))[1] == 0
    assert shop.state() == before


def test_the_only_contact_stays_forgotten(shop: Shop) -> None:
    """An empty store still knows the file that it was loaded from."""
    path = shop.file("a.csv", HEADER + PERSON)
    shop.load(str(path))
    forgetting.forget(shop.path, "00124")
    assert account(shop.load(path)) == (1, 0, 1, 0)
    assert shop.ids() == []


def test_a_known_file_that_is_read_for_its_rejects_brings_no_event_back(shop: Shop) -> None:
    """A reload restores rejects that another content of the path replaced, and no forgotten event."""
    shop.load_text(HEADER + ONE + PERSON + BAD)
    shop.load_text(HEADER + TWO)
    forgetting.forget(shop.path, "00124")
    (file,) = shop.load_text(HEADER + ONE + PERSON + BAD).files
    assert (file.read, file.loaded, file.duplicate, file.rejected, file.skipped) == (3, 0, 1, 1, 1)
    assert shop.ids() == ["1", "2"]
    assert shop.rows("SELECT raw FROM rejects") == [(BAD.strip(),)]


def test_only_the_content_that_named_the_contact_has_fewer_rejects(shop: Shop) -> None:
    """Another content of the path, with as many, keeps its account."""
    shop.load_text(HEADER + ONE + BAD + BAD)
    shop.load_text(HEADER + ONE + BAD + BAD_PERSON)
    forgetting.forget(shop.path, "00124")
    assert shop.rows("SELECT read, rejected FROM files") == [(3, 2)]


OTHERS = HEADER + PERSON + TWO + MERGED + PERSON.replace("00124", "124").replace(NAME, "Zoe")
"""The person as one of two contacts of a file, and another with nearly the same id."""


def test_a_forgotten_contact_is_skipped_in_other_files(shop: Shop) -> None:
    """The next cumulative export brings nobody back, and its account says how many events were skipped."""
    shop.load_text(HEADER + ONE + PERSON)
    forgetting.forget(shop.path, "00124")
    summary = shop.load_text(OTHERS, "b.csv")
    assert account(summary) == (4, 2, 0, 0)
    assert (summary.skipped, summary.files[0].skipped) == (2, 2)
    assert shop.ids() == ["1", "124", "2"]
    before = shop.state()
    again = shop.load_text(OTHERS, "b.csv")
    assert (account(again), again.skipped) == ((4, 0, 2, 0), 2)
    assert shop.state() == before
    assert NAME.encode() not in everything(shop.path.parent)


def test_several_forgotten_contacts_are_skipped(shop: Shop) -> None:
    """Each has its hash, rows that were skipped leave nothing to forget again, and the salt stays."""
    shop.load_text(HEADER + ONE + PERSON + TWO)
    forgetting.forget(shop.path, "00124")
    (before,) = shop.rows("SELECT hash, salt FROM forgotten, workspace")
    forgetting.forget(shop.path, "2")
    shop.load_text(OTHERS, "b.csv")
    shop.load_text(HEADER + BAD_PERSON + PERSON + ONE.replace(",1,", ",3,"), "c.csv")
    with pytest.raises(StoreProblem, match="no contact '00124'"):
        forgetting.forget(shop.path, "00124")
    assert shop.ids() == ["1", "124", "3"]
    rows = shop.rows("SELECT hash, salt FROM forgotten, workspace")
    assert len(rows) == 2
    assert before in rows


@pytest.mark.parametrize("forgotten", ["@bob", "'@bob"])
@pytest.mark.parametrize("loaded", ["@bob", "'@bob"])
def test_the_guard_of_an_export_does_not_hide_a_forgotten_contact(
    shop: Shop, forgotten: str, loaded: str
) -> None:
    """An id is the same with and without the ' that CSV output puts before what looks like a formula."""
    shop.load_text(HEADER + ONE + PERSON.replace("00124", forgotten))
    forgetting.forget(shop.path, forgotten)
    assert shop.load_text(HEADER + TWO + PERSON.replace("00124", loaded), "b.csv").skipped == 1


@pytest.mark.parametrize("contact_id", ["@bob", "'@bob"])
def test_events_go_however_they_spell_the_contact(shop: Shop, contact_id: str) -> None:
    """With and without the guard: as a contact, as one that was merged away, and in a rejected row."""
    rows = (
        "2026-11-05T10:00:00Z,added,{}bob,\n2026-11-06T10:00:00Z,merged,1,{}bob\nyesterday,added,{}bob,\n"
        "2026-11-05T10:00:00Z,added,bob,\n"
    )
    shop.load_text(MERGES + rows.format(*["'@"] * 3) + rows.format(*["@"] * 3).replace("05T", "04T"))
    gone = forgetting.forget(shop.path, contact_id)
    assert (gone.events, gone.rejects) == (3, 2)
    assert shop.ids() == ["bob", "bob"]
    assert b"@bob" not in shop.path.read_bytes()


def test_rows_that_need_a_closer_look_are_skipped_too(shop: Shop) -> None:
    """Naive times, quoted texts and spellings of events take another way through a load."""
    shop.load_text(HEADER + ONE + PERSON, zone=ZoneInfo("America/New_York"))
    forgetting.forget(shop.path, "00124")
    odd = '2026-11-01 01:30:00,Connected,00124,"Zebulon, Q","SMS, too"\n2026-11-01 01:30:00,connected,5,,\n'
    summary = shop.load_text(HEADER + odd + PERSON + BAD, "b.csv")
    assert (account(summary), summary.skipped) == ((4, 1, 0, 1), 2)
    assert b"Zebulon" not in everything(shop.path.parent)


@pytest.mark.parametrize(
    "line", [BAD_PERSON, f'oops,added,"00124",{NAME},\n', f'"{NAME}" 00124,broken" quotes,\n']
)
def test_a_bad_row_that_names_a_forgotten_contact_is_skipped(shop: Shop, line: str) -> None:
    """A row that would be rejected brings no name back, whether its fields could be read or not."""
    shop.load_text(HEADER + PERSON + TWO)
    forgetting.forget(shop.path, "00124")
    summary = shop.load_text(HEADER + PERSON + ONE + BAD + line, "next.csv")
    assert (account(summary), summary.skipped) == ((4, 1, 0, 1), 2)
    assert NAME.encode() not in everything(shop.path.parent / shop.path.name)


@pytest.mark.parametrize("spelled", [r"org\/124", r"org\u002f124", r"\u006frg\/\u0031\u0032\u0034"])
def test_a_broken_record_that_escapes_a_forgotten_id_is_skipped(shop: Shop, spelled: str) -> None:
    """JSON escapes, such as those of PHP for a slash, do not hide the id; a Windows path is not an error."""
    head = '{"timestamp": "2026-11-05", "event": "added", "contact_id": "'
    shop.load_text(f'{head}org/124"}}\n{head}2"}}\n', "a.jsonl")
    forgetting.forget(shop.path, "org/124")
    broken = f'{head}{spelled}", "name": "{NAME}"\n{head}3", "name": "C:\\new\\x"\n'
    summary = shop.load_text(f'{head}4"}}\n{broken}', "b.jsonl")
    assert (account(summary), summary.skipped) == ((3, 1, 0, 1), 1)
    assert NAME.encode() not in everything(shop.path.parent / shop.path.name)


def test_a_broken_record_with_a_forgotten_id_in_a_document_within_is_skipped(shop: Shop) -> None:
    """A message that a queue wraps as a text: the quotes around the id are escaped."""
    good = '{"timestamp": "2026-11-05", "event": "added", "contact_id": "%s"}\n'
    shop.load_text(good % "+60 12-345", "a.jsonl")
    forgetting.forget(shop.path, "+60 12-345")
    wrapped = json.dumps({"event": "added", "body": json.dumps({"id": "+60 12-345", "name": NAME})})
    summary = shop.load_text(good % "4" + wrapped + "\n", "b.jsonl")
    assert (account(summary), summary.skipped) == ((2, 1, 0, 0), 1)
    assert NAME.encode() not in everything(shop.path.parent / shop.path.name)


def test_a_source_of_skipped_events_is_not_kept(shop: Shop) -> None:
    """What is known of a file has no trace of them."""
    head = "timestamp,event,contact_id,source\n"
    shop.load_text(HEADER + ONE + PERSON)
    forgetting.forget(shop.path, "00124")
    shop.load_text(head + f"2026-11-05,added,7,Fair\n2026-11-05,added,00124,{NAME}'s friend\n", "b.csv")
    assert shop.rows("SELECT unknown_sources FROM files WHERE load = 2") == [('{"Fair": 1}',)]


def test_a_contact_that_is_no_longer_forgotten(shop: Shop) -> None:
    """Its events come with the files of which they were skipped; --again reads known ones."""
    first = HEADER + ONE + PERSON
    shop.load_text(first)
    forgetting.forget(shop.path, "00124")
    shop.load_text(OTHERS, "b.csv")
    forgetting.stop_forgetting(shop.path, "00124")
    assert shop.rows("FROM forgotten") == []
    assert account(shop.load_text(first)) == (2, 0, 2, 0)
    assert account(shop.load_text(OTHERS, "b.csv")) == (4, 2, 2, 0)
    unloading.unload(shop.path, None)
    assert account(shop.load_text(first, again=True)) == (2, 1, 1, 0)


@pytest.mark.parametrize("contact_id", ["1", "7", "", "nobody's \udcff", "0012"])
def test_who_is_not_forgotten(shop: Shop, contact_id: str) -> None:
    """There is nothing to lift, before and after a contact was forgotten, and the store is not touched."""
    shop.load_text(HEADER + ONE + PERSON)
    for forget in (True, False):
        before = shop.state()
        with pytest.raises(StoreProblem) as raised:
            forgetting.stop_forgetting(shop.path, contact_id)
        assert str(raised.value) == (
            f"contact '{contact_id}' is not forgotten in {shop.path}; ids must match exactly, including case"
        )
        assert shop.state() == before
        if forget:
            forgetting.forget(shop.path, "00124")


def test_the_same_contact_has_another_hash_in_another_store(shop: Shop, tmp_path: Path) -> None:
    """The salt is the store's own and random, and a hash cannot be looked up in a table."""
    (tmp_path / "other").mkdir()
    shops = [shop, Shop(tmp_path / "other")]
    for one in shops:
        one.load_text(HEADER + PERSON)
        forgetting.forget(one.path, "00124")
    hashes = {one.rows("SELECT hash FROM forgotten")[0] for one in shops}
    assert len(hashes) == 2


def test_ids_are_whole_and_exact(shop: Shop) -> None:
    """`124`, `00124 ` and `a00124` are other contacts."""
    others = "".join(PERSON.replace("00124", other) for other in ("124", "00124 ", "a00124", "001240"))
    shop.load_text(HEADER + others + PERSON)
    assert forgetting.forget(shop.path, "00124").events == 1
    assert shop.ids() == ["00124 ", "001240", "124", "a00124"]


@pytest.mark.parametrize("contact_id", ["7", "", "nobody's \udcff", "0012", "%", "'; DROP TABLE events; --"])
def test_nothing_to_forget(shop: Shop, contact_id: str) -> None:
    """It is said, naming no other contact, and the store is not touched."""
    shop.load_text(HEADER + PERSON)
    before = shop.state()
    for act in (forgetting.look_for, forgetting.forget):
        with pytest.raises(StoreProblem) as raised:
            act(shop.path, contact_id)
        assert str(raised.value) == (
            f"no contact '{contact_id}' in {shop.path}; ids must match exactly, including case"
        )
    assert shop.state() == before


def test_without_a_store_there_is_nothing_to_forget(shop: Shop) -> None:
    """Nothing is made by forgetting."""
    with pytest.raises(StoreProblem, match="so there is nothing to forget: see --store"):
        forgetting.forget(shop.path, "1")
    assert not shop.path.parent.exists()


@pytest.mark.parametrize("step", ["DELETE FROM store.rejects", "COPY FROM DATABASE", "CHECKPOINT anew"])
def test_a_forgetting_that_fails_leaves_the_store(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """It is one step: all of the person or, after an error, nothing, and no copy lies beside the store."""
    shop.load_text(HEADER + ONE + PERSON + BAD_PERSON)
    before, run = shop.state(), Session.run

    def failing(self: Session, sql: str, *more: Any) -> Any:
        if sql.strip().startswith(step):
            raise OSError(28, "No space left on device")
        return run(self, sql, *more)

    monkeypatch.setattr(Session, "run", failing)
    with pytest.raises(StoreProblem, match="No space left on device"):
        forgetting.forget(shop.path, "00124")
    monkeypatch.undo()
    assert shop.state() == before
    assert shop.leftovers() == [".contacts.duckdb.lock", "contacts.duckdb"]


def test_mode_and_open_reports_are_kept(shop: Shop) -> None:
    """The new file has the old one's mode, and a report that is open goes on."""
    shop.load_text(HEADER + ONE + PERSON)
    shop.path.chmod(0o640)
    with duckdb.connect(shop.path, read_only=True) as report:
        forgetting.forget(shop.path, "00124")
        assert report.execute("SELECT count(*) FROM events").fetchall() == [(2,)]
    assert shop.path.stat().st_mode & 0o777 == 0o640


# Which rejects name a contact


@pytest.mark.parametrize(
    "raw",
    [
        "yesterday,added,12,Ann",
        "12",
        "12,added",
        "x;12;y",
        "x\t12",
        'x|"12"|y',
        'x," 12 ",y',
        '"Bob" Man,12,x',
        "'12,x",
        '{"timestamp": "x", "contact_id": "12"}',
        '{"contact_id":12,"x":1}',
        '{"a": {"contact_id": 12}}',
        '{"contact_id": ["12"]}',
        '{"contact_id": "12',
        '{"contact_id": "\\u0031\\u0032"}',
        'x,"a\n12",y\n',
    ],
)
def test_rejects_that_name_the_contact(raw: str) -> None:
    """The id is one of the record's values, however they are divided, quoted or escaped."""
    assert names(raw, "12")


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-12T12:12:12,added,3,Ann",
        "12:00,added,3",
        "yesterday,added,312,Ann",
        "yesterday,added,12a,Ann 12",
        "x,-12,1.12,12.5",
        '{"contact_id": 312, "at": "10:12:12"}',
        '{"12": "x"}',
    ],
)
def test_rejects_of_others_stay(raw: str) -> None:
    """A short id within a date, a time, a name, a key or a longer number is nobody's."""
    assert not names(raw, "12")


@pytest.mark.parametrize(
    ("raw", "contact_id", "named"),
    [
        ("a^c-8f3a27^Ann", "c-8f3a27", True),
        ("call +60123456 now", "+60123456", True),
        ("a1c8f3a27b", "c8f3a27", False),
        ("160123456789", "60123456", False),
        (r"M\xe9lanie,x", "Mélanie", True),
        ('{"contact_id": "M\\u00e9l 😀"}', "Mél 😀", True),
        (json.dumps({"contact_id": "Mél 😀"}), "Mél 😀", True),
        ('x,"say ""hi""",y', 'say "hi"', True),
        ('{"id": "say \\"hi\\""}', 'say "hi"', True),
        (r'{"id": "org\/123456"}', "org/123456", True),
        (r'{"id": "a\/\u0022b\u005C\"c"}', 'a/"b\\"c', True),
        (r'{"id": "a\/b\tc"}', "a/b\tc", True),
        ("x,a,b,y", "a,b", True),
    ],
)
def test_longer_and_stranger_ids(raw: str, contact_id: str, named: bool) -> None:
    """A distinctive id need only stand by itself; escapes and quotes hide none."""
    assert names(raw, contact_id) is named


def test_a_long_line_is_judged_in_time() -> None:
    """Blanks and quotes without end do not make it slow."""
    assert not names('" \t' * 300_000 + "x12", "12")
