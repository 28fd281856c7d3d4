"""Headers: which column gives which field, and when that is not certain."""

import pytest

from contactrep.errors import InputProblem
from contactrep.events import known_kind, known_source, match_key
from contactrep.read.columns import Columns, Reference, resolve_columns
from contactrep.read.mapping import Mapping


def resolve(*headers: str, event: str | None = None, **mapping: str) -> Columns:
    return resolve_columns(headers, Mapping(mapping, event))


@pytest.mark.parametrize(
    "header",
    [
        "timestamp",
        "Timestamp",
        "TIME STAMP",
        "time_stamp",
        "Activity Time",
        "Date",
        "DateTime",
        "created-at",
        "Time",
    ],
)
def test_headers_of_a_timestamp(header: str) -> None:
    """Headers are matched without regard to case, spaces, `_` and `-`, under every alias."""
    assert resolve(header, "event", "contact_id").plain["timestamp"] == 0


@pytest.mark.parametrize("header", ["Activity", "activity_type", "Event Type", "TYPE", "Event"])
def test_headers_of_an_event(header: str) -> None:
    """An event column may have any of its names."""
    assert resolve("timestamp", header, "contact_id").plain["event"] == 1


@pytest.mark.parametrize("header", ["User", "Username", "user name", "Performed By"])
def test_headers_of_a_user(header: str) -> None:
    """A user column is a user's name."""
    assert resolve("timestamp", "event", "contact_id", header).plain["user_name"] == 3


def test_an_exact_name_beats_an_alias() -> None:
    """`timestamp` is taken before `Date`, which then is ignored."""
    columns = resolve("Date", "timestamp", "event", "contact_id")
    assert columns.plain["timestamp"] == 1
    assert columns.ignored == ("Date",)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            ("Date", "Time", "event", "contact_id"),
            "columns 'Date' and 'Time' both mean timestamp: choose one with --map timestamp=COLUMN, or join"
            " them with --map timestamp=Date+Time",
        ),
        (
            ("timestamp", "event", "contact_id", "Contact ID"),
            "columns 'contact_id' and 'Contact ID' both mean contact_id:"
            " choose one with --map contact_id=COLUMN",
        ),
        (
            ("a", "b"),
            "no timestamp, contact_id or event column (found: a, b):"
            " use --map timestamp=COLUMN, --map contact_id=COLUMN, --map event=COLUMN or --event added",
        ),
        (
            ("timestamp", "contact_id"),
            "no event column (found: timestamp, contact_id): use --map event=COLUMN or --event added",
        ),
    ],
)
def test_headers_that_leave_it_open(headers: tuple[str, ...], message: str) -> None:
    """Two headers of equal rank, or none, refuse the file and say what would do."""
    with pytest.raises(InputProblem) as raised:
        resolve(*headers)
    assert str(raised.value) == message


def test_a_map_decides() -> None:
    """`--map` goes before every rule; the other candidate is free for nothing."""
    columns = resolve("Date", "Time", "event", "mql_id", "contact_id", timestamp="Time", contact_id="mql_id")
    assert columns.plain == {"timestamp": 1, "contact_id": 3, "event": 2}
    assert columns.ignored == ("Date", "contact_id")


def test_a_map_to_a_missing_column() -> None:
    """A header that is not there is named, with the closest one."""
    with pytest.raises(InputProblem) as raised:
        resolve("timestamp", "event", "mql_id", contact_id="mqlid2")
    assert str(raised.value) == "no column 'mqlid2' for --map contact_id=mqlid2: did you mean 'mql_id'?"


def test_a_map_to_a_path() -> None:
    """A path leads into a value of a format whose values have parts; elsewhere there is no such column."""
    paths = ("contact.id", "contact.name")
    headers = ("timestamp", "event", "contact")
    inside = resolve_columns(
        headers, Mapping({"contact_id": "contact.ids[0].id"}), {}, ("contact.ids[0].id",)
    )
    assert inside.choices["contact_id"].single == Reference(2, ("ids", 0, "id"))
    with pytest.raises(InputProblem) as raised:
        resolve(*headers, contact_id="contact.id")
    assert (
        str(raised.value) == "no column 'contact.id' for --map contact_id=contact.id: did you mean 'contact'?"
    )
    with pytest.raises(InputProblem) as raised:
        resolve_columns(headers, Mapping({"contact_id": "kontact.id"}), {}, paths)
    assert (
        str(raised.value)
        == "no column 'kontact.id' for --map contact_id=kontact.id: did you mean 'contact.id'?"
    )


def test_messages_list_at_most_ten_headers() -> None:
    """Of 2,000 headers a message names ten, and an unnamed one by its number."""
    with pytest.raises(InputProblem) as raised:
        resolve("", *(f"c{number}" for number in range(2, 2001)), event="added")
    assert str(raised.value) == (
        "no timestamp or contact_id column (found: column 1, c2, c3, c4, c5, c6, c7, c8, c9, c10 and 1,990"
        " more): use --map timestamp=COLUMN, --map contact_id=COLUMN"
    )
    with pytest.raises(InputProblem, match="columns 'Date', 'Time', 'Datetime' all mean timestamp: choose"):
        resolve("Date", "Time", "Datetime", "event", "contact_id")


def test_a_folder_gives_a_field_that_no_header_gives() -> None:
    """Folder keys are matched like headers, --map included; a column of the file goes before them."""
    headers = ("timestamp", "event", "contact_id", "Name")
    folders = {"Channel": "LINE", "contact_name": "x", "region": "eu", "year": "2026"}
    assert resolve_columns(headers, Mapping(), folders).constants == {"channel": "LINE"}
    mapped = resolve_columns(headers, Mapping({"source": "region"}), folders)
    assert mapped.constants == {"channel": "LINE", "source": "eu"}
    assert mapped.ignored == ()
    with pytest.raises(InputProblem, match="columns 'date' and 'time' both mean timestamp"):
        resolve_columns(("event", "contact_id"), Mapping(), {"date": "2026-11-05", "time": "1"})
    with pytest.raises(InputProblem, match=r"no column is a field of an event \(found: x\)"):
        resolve_columns(("x",), Mapping(event="added"), {"date": "2026-11-05", "contact_id": "1"})


def test_the_hosted_merge_log_means_merged() -> None:
    """Primary Contact ID without an event column makes merges, and --event may say so too."""
    assert resolve("Timestamp", "Primary Contact ID").event == "merged"
    assert resolve("Timestamp", "Primary Contact ID", event="merged").event == "merged"
    assert resolve("Timestamp", "Primary Contact ID", "Event", event="added").event == "added"
    assert resolve("Timestamp", "Primary Contact ID", "Event").event is None


@pytest.mark.parametrize("mapping", [{}, {"contact_id": "primary_contact_id"}])
def test_an_event_that_contradicts_the_header_is_refused(mapping: dict[str, str]) -> None:
    """Neither `--event` nor Primary Contact ID wins in silence where they disagree."""
    with pytest.raises(InputProblem) as raised:
        resolve("Timestamp", "Primary Contact ID", event="added", **mapping)
    assert str(raised.value) == (
        "'Primary Contact ID' without an event column means merged, but --event says added:"
        " leave --event out, or call that column contact_id"
    )


def test_a_map_to_two_spellings_of_one_header_is_refused() -> None:
    """A header that `--map` does not name as written, and that is there twice, leaves it open."""
    with pytest.raises(InputProblem, match="columns 'MQL_ID' and 'Mql-Id' both mean contact_id"):
        resolve("timestamp", "event", "MQL_ID", "Mql-Id", contact_id="mql id")
    assert resolve("timestamp", "event", "MQL_ID", "mql_id", contact_id="mql_id").plain["contact_id"] == 3


def test_sources_and_kinds_by_any_spelling() -> None:
    """Known sources and kinds are matched like headers, and nothing else is."""
    assert [
        known_source(text) for text in ("incoming_message", "INCOMING-MESSAGE", "Incoming  Messages")
    ] == [
        "Incoming Message",
        "Incoming Message",
        None,
    ]
    assert [known_kind(text) for text in (" Added ", "CONNECTED", "moved")] == ["added", "connected", None]
    assert match_key("Straße_ſ") == "strasses"
    assert match_key("\ufeffContact\u200b_ID\u00a0\u2060") == "contactid"
