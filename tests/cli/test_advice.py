"""A file that is refused is answered with one command line that loads it."""

import csv
import json
import re
import shlex
from collections import Counter
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from click.testing import Result

from contactrep.cli.program import completed
from contactrep.read.encodings import likely_encoding
from contactrep.read.likely import likely_formats, likely_kind

Run = Callable[..., Result]

EXCEL = "Record ID;Create Date;First Name;Last Name\r\n7001;{0} 10:11;René;Roy\r\n7002;{1} 10:11;Ann;Lee\r\n"
TITLE = "Kontakte im November\n\nKontakt-ID;Name;Erstellt am\n1;Zoë;03.11.2026\n2;Bo;04.11.2026\n"
SALESFORCE = (
    "Id,AccountId,LastName,FirstName,OwnerId,CreatedDate,LastModifiedDate\n"
    "003A,001A,Lee,Ann,005B,2026-11-03T09:14:05.000+0000,2026-11-20T09:14:05.000+0000\n"
    "003B,001A,Roy,Bo,005B,2026-11-04T09:14:05.000+0000,2026-11-20T09:14:05.000+0000\n"
)
INTERCOM = (
    "ID,Type,User ID,Name,Signed up (UTC),Last seen (UTC)\n"
    "a,user,u1,Ann,2026-11-03 09:14,\nb,lead,,Bo,2026-11-04 09:14,\n"
)
WATI = (
    "Name,Phone,AllowBroadcast,Source,Created\nAnn,6012,TRUE,Web,Nov-03-2026\nBo,6013,TRUE,Web,Nov-04-2026\n"
)
CLOCK = "Kunde;Datum;Uhrzeit\n0017;03.11.2026;14:05\n0018;14.11.2026;9:05\n"
APART = "Id;Date;Time\n1;03.11.2026;14:05\n2;04.11.2026;9:05\n"
NULLS = (
    "id,created_at,deleted_at,merged_at\n"
    "1,2026-11-03 10:00,NULL,0000-00-00\n2,2026-11-03 11:00,NULL,0000-00-00\n"
    "3,2026-11-03 11:00,2026-11-04 10:00,0000-00-00\n"
)
TWO_USERS = (
    "timestamp,event,contact_id,username,user_name\n"
    "2026-11-03,added,1,ann,Ann Lee\n2026-11-03,added,2,bo,Bo Roy\n"
)
ITALIAN = (
    "Codice cliente,Nome,Cognome,Data creazione,Data eliminazione\n"
    "a1,Ada,Neri,03/11/2026 10:00,\na2,Bo,Rossi,13/11/2026 10:00,14/11/2026 10:00\n"
)
IN_UTC = "id,created_utc\n1,2026-11-03 23:30\n2,2026-11-04 23:30\n"
STATES = "Id,Subscription,Type,Created At\n1,Subscribed,New,2026-11-03\n2,Unsubscribed,Old,2026-11-03\n"
HISTORY = (
    "When,What happened,Contact No.\n"
    "11/04/2026 10:00,Contact added,7\n11/05/2026 10:00,Contact deleted,7\n11/06/2026 10:00,Note edited,7\n"
)
DELETED = "id,created_at,deleted_at\n1,2026-11-03 10:00,2026-11-04 10:00\n2,2026-11-03 11:00,\n"
ARCHIVED = "Contact UUID;Created;Archived At\nu1;13/11/2026;14/11/2026\nu2;13/11/2026;\n"


def lines(*records: object) -> str:
    return "\n".join(map(json.dumps, records))


NUMBERS = (
    "Kunden-Nr.;Vorname;Nachname;Angelegt am\n"
    "0017;Zoë;Roy;13.11.2026\n0018;Bo;Lee;14.11.2026\n0019;Al;Lee;14.11.2026\n"
)
MONGO = lines(
    *(
        {
            "_id": {"$oid": f"{at:024x}"},
            "createdAt": {"$date": "2026-11-03T10:00:00Z"},
            "updatedAt": {"$date": "-"},
        }
        for at in (1, 2, 3)
    )
)
SLUGS = lines(
    *(
        {"id": f"n{at}", "slug": slug, "entityId": f"c{at}", "eventTime": "2026-11-03T10:00:00Z"}
        for at, slug in enumerate(["created", "deleted", "updated"])
    )
)
WEBHOOK = lines(
    *(
        {
            "topic": topic,
            "type": "event",
            "id": f"n{at}",
            "created_at": 1793782800,
            "data": {"item": {"id": at}},
        }
        for at, topic in enumerate(["contact.user.created", "contact.deleted", "conversation.user.created"])
    )
)
ENTITIES = lines(
    *(
        {"data": {}, "meta": {"entity": entity, "action": action, "entity_id": at, "timestamp": 1793782800}}
        for at, (entity, action) in enumerate(
            [("person", "create"), ("person", "delete"), ("person", "change"), ("deal", "create")]
        )
    )
)
FEW = lines(
    *(
        {"event": "contact.created", "sent_at": "2026-11-03T10:00:00Z", "payload": {"contact": {"id": at}}}
        if at == 3
        else {"event": "message.sent", "sent_at": "2026-11-03T10:00:00Z", "payload": {"id": f"m{at}"}}
        for at in range(40)
    )
)
FOLLOWERS = lines(
    *(
        {"events": [{"type": kind, "timestamp": 1793782800000 + at, "source": {"userId": "U1"}}]}
        for at, kind in enumerate(["follow", "unfollow", "message"])
    )
)
PAGE = json.dumps(
    {
        "paging": {},
        "items": [{"id": at, "firstName": "A", "lastName": "B", "created_at": 1793782800} for at in (1, 2)],
    }
)
BATCHES = lines(
    {"events": [{"type": "person.created", "ts": 1793782800, "person": {"id": 1}}]},
    {"events": [{"type": "person.removed", "ts": 1793782800, "person": {"id": 1}}]},
)

CASES: dict[str, tuple[str | bytes, str, str, dict[str, int]]] = {
    "excel": (
        EXCEL.format("11/04/2026", "12/04/2026").encode("cp1252"),
        "no timestamp, contact_id or event column (found: Record ID, Create Date, First Name, Last Name);"
        " its text is not UTF-8; if months come before days, use --timestamp-format '%m/%d/%Y %H:%M'",
        "--event added --map 'timestamp=Create Date' --map 'contact_id=Record ID'"
        " --map 'contact_name=First Name+Last Name' --encoding cp1252 --timestamp-format '%d/%m/%Y %H:%M'",
        {"added": 2},
    ),
    "points": (
        EXCEL.format("04.11.2026", "13.11.2026").encode("cp1252"),
        "no timestamp, contact_id or event column (found: Record ID, Create Date, First Name, Last Name);"
        " its text is not UTF-8",
        "--event added --map 'timestamp=Create Date' --map 'contact_id=Record ID'"
        " --map 'contact_name=First Name+Last Name' --encoding cp1252 --timestamp-format '%d.%m.%Y %H:%M'",
        {"added": 2},
    ),
    "title": (
        TITLE.encode("cp1252"),
        "line 1 was taken for the header, but it is one column (Kontakte im November); its text is not UTF-8",
        "--event added --map 'timestamp=Erstellt am' --map contact_id=Kontakt-ID --skip-lines 2"
        " --encoding cp1252 --timestamp-format %d.%m.%Y",
        {"added": 2},
    ),
    "salesforce": (
        SALESFORCE,
        "no timestamp, contact_id or event column (found: Id, AccountId, LastName, FirstName, OwnerId,"
        " CreatedDate, LastModifiedDate)",
        "--event added --map timestamp=CreatedDate --map contact_id=Id --map contact_name=FirstName+LastName",
        {"added": 2},
    ),
    "intercom": (
        INTERCOM,
        "no timestamp or contact_id column"
        " (found: ID, Type, User ID, Name, Signed up (UTC), Last seen (UTC))",
        "--event added --map 'timestamp=Signed up (UTC)' --map event= --map contact_id=ID",
        {"added": 2},
    ),
    "wati": (
        WATI,
        "no timestamp, contact_id or event column (found: Name, Phone, AllowBroadcast, Source, Created)",
        "--event added --map timestamp=Created --map contact_id=Phone --timestamp-format %b-%d-%Y",
        {"added": 2},
    ),
    "apart": (
        APART,
        "columns 'Date' and 'Time' both mean timestamp",
        "--event added --map timestamp=Date+Time --map contact_id=Id --timestamp-format '%d.%m.%Y %H:%M'",
        {"added": 2},
    ),
    "clock": (
        CLOCK,
        "no timestamp, contact_id or event column (found: Kunde, Datum, Uhrzeit)",
        "--event added --map timestamp=Datum+Uhrzeit --map contact_id=Kunde"
        " --timestamp-format '%d.%m.%Y %H:%M'",
        {"added": 2},
    ),
    "deleted": (
        DELETED,
        "no contact_id or event column (found: id, created_at, deleted_at)",
        "--event added=created_at --event deleted=deleted_at --map contact_id=id",
        {"added": 2, "deleted": 1},
    ),
    "archived": (
        ARCHIVED,
        "no timestamp, contact_id or event column (found: Contact UUID, Created, Archived At)",
        "--event added=Created --event 'deleted=Archived At' --map 'contact_id=Contact UUID'"
        " --timestamp-format %d/%m/%Y",
        {"added": 2, "deleted": 1},
    ),
    "webhook.jsonl": (
        WEBHOOK,
        "no contact_id column (found: topic, type, id, created_at, data)",
        "--map event=topic --map contact_id=data.item.id --value event:contact.user.created=added"
        " --value event:contact.deleted=deleted --value event:conversation.user.created=-",
        {"added": 1, "deleted": 1},
    ),
    "page.json": (
        PAGE,
        "its records are in an array (found: paging, items)",
        "--event added --map contact_id=id --map contact_name=firstName+lastName --records items",
        {"added": 2},
    ),
    "nulls": (
        NULLS,
        "no contact_id or event column (found: id, created_at, deleted_at, merged_at)",
        "--event added=created_at --event deleted=deleted_at --event merged=merged_at --map contact_id=id"
        " --value timestamp:NULL= --value timestamp:0000-00-00=",
        {"added": 3, "deleted": 1},
    ),
    "numbers": (
        NUMBERS,
        "no timestamp, contact_id or event column (found: Kunden-Nr., Vorname, Nachname, Angelegt am)",
        "--event added --map 'timestamp=Angelegt am' --map contact_id=Kunden-Nr."
        " --map contact_name=Vorname+Nachname --timestamp-format %d.%m.%Y",
        {"added": 3},
    ),
    "mongo.jsonl": (
        MONGO,
        "'createdAt' holds values with parts",
        "--event added --map 'timestamp=createdAt.$date' --map 'contact_id=_id.$oid'",
        {"added": 3},
    ),
    "slugs.jsonl": (
        SLUGS,
        "no timestamp, contact_id or event column (found: id, slug, entityId, eventTime)",
        "--map timestamp=eventTime --map event=slug --map contact_id=entityId --value event:created=added"
        " --value event:updated=-",
        {"added": 1, "deleted": 1},
    ),
    "two_users": (
        TWO_USERS,
        "columns 'username' and 'user_name' both mean user_name",
        "--map user_name=user_name",
        {"added": 2},
    ),
    "italian": (
        ITALIAN,
        "no timestamp, contact_id or event column (found: Codice cliente, Nome, Cognome, Data creazione,"
        " Data eliminazione)",
        "--event 'added=Data creazione' --event 'deleted=Data eliminazione' --map 'contact_id=Codice cliente'"
        " --map contact_name=Nome+Cognome --timestamp-format '%d/%m/%Y %H:%M'",
        {"added": 2, "deleted": 1},
    ),
    "utc": (
        IN_UTC,
        "no timestamp, contact_id or event column (found: id, created_utc)",
        "--event added --map timestamp=created_utc --map contact_id=id --input-timezone UTC",
        {"added": 2},
    ),
    "gmt": (
        IN_UTC.replace("created_utc", "post_date_gmt"),
        "no timestamp, contact_id or event column (found: id, post_date_gmt)",
        "--event added --map timestamp=post_date_gmt --map contact_id=id --input-timezone UTC",
        {"added": 2},
    ),
    "offset": (
        "id,Created (UTC-5)\n1,2026-11-03 23:30\n2,2026-11-04 23:30\n",
        "no timestamp, contact_id or event column (found: id, Created (UTC-5))",
        "--event added --map 'timestamp=Created (UTC-5)' --map contact_id=id",
        {"added": 2},
    ),
    "plus": (
        "id,Created (UTC+8)\n1,23.11.2026 23:30\n2,24.11.2026 23:30\n",
        "no timestamp, contact_id or event column (found: id, Created (UTC+8))",
        "--event added --map 'timestamp=Created (UTC+8)' --map contact_id=id"
        " --timestamp-format '%d.%m.%Y %H:%M'",
        {"added": 2},
    ),
    "states": (
        STATES,
        "no contact_id column (found: Id, Subscription, Type, Created At)",
        "--event added --map event= --map contact_id=Id",
        {"added": 2},
    ),
    "entities.jsonl": (
        ENTITIES,
        "no timestamp, contact_id or event column (found: data, meta)",
        "--map timestamp=meta.timestamp --map event=meta.entity+meta.action --map contact_id=meta.entity_id"
        " --value 'event:person create=added' --value 'event:person delete=deleted'"
        " --value 'event:person change=-' --value 'event:deal create=-'",
        {"added": 1, "deleted": 1},
    ),
    "few.jsonl": (
        FEW,
        "no timestamp or contact_id column (found: event, sent_at, payload)",
        "--map timestamp=sent_at --map contact_id=payload.contact.id --value event:contact.created=added"
        " --value event:message.sent=-",
        {"added": 1},
    ),
    "contacts as users.jsonl": (
        lines(*({"user": {"id": it, "name": "Ann", "created_at": "2026-11-03"}} for it in ("7", "8"))),
        "'user' holds values with parts",
        "--event added --map timestamp=user.created_at --map contact_id=user.id --map contact_name=user.name"
        " --map user_name=",
        {"added": 2},
    ),
    "elasticsearch.json": (
        json.dumps(
            {"hits": {"hits": [{"_id": it, "_source": {"made": "2026-11-03", "name": "A"}} for it in "78"]}}
        ),
        "its records are in an array (found: hits)",
        "--event added --map timestamp=_source.made --map contact_id=_id --map source= --records hits.hits",
        {"added": 2},
    ),
    "history": (
        HISTORY,
        "no timestamp, contact_id or event column (found: When, What happened, Contact No.); if days come"
        " before months, use --timestamp-format '%d/%m/%Y %H:%M'",
        "--map timestamp=When --map 'event=What happened' --map 'contact_id=Contact No.'"
        " --value 'event:Contact added=added' --value 'event:Contact deleted=deleted'"
        " --value 'event:Note edited=-' --timestamp-format '%m/%d/%Y %H:%M'",
        {"added": 1, "deleted": 1},
    ),
    "followers.jsonl": (
        FOLLOWERS,
        "its records are in an array (found: events)",
        "--map contact_id=source.userId --map source= --value event:follow=added"
        " --value event:unfollow=deleted --value event:message=- --records events",
        {"added": 1, "deleted": 1},
    ),
    "kinds under a name of their own": (
        "When,Status,Customer\n2026-11-04,Added,1\n2026-11-05,deleted,1\n",
        "no timestamp, contact_id or event column (found: When, Status, Customer)",
        "--map timestamp=When --map event=Status --map contact_id=Customer",
        {"added": 1, "deleted": 1},
    ),
    "batches.jsonl": (
        BATCHES,
        "its records are in an array (found: events)",
        "--map timestamp=ts --map contact_id=person.id --value event:person.created=added"
        " --value event:person.removed=deleted --records events",
        {"added": 1, "deleted": 1},
    ),
}


def loads(run: Run, path: Path, message: str, options: str, events: dict[str, int]) -> None:
    """A file is refused with a message and a command, which loads it."""
    store = path.with_suffix(".duckdb")
    typed = ["load", str(path), "--store", str(store), "--timezone", "UTC"]
    refused = run(*typed)
    command = f"{shlex.join(['contactrep', *typed])} {options}"
    assert (refused.exit_code, refused.stderr) == (1, f"Error: {path}: {message}: try {command}\n")
    assert run(*shlex.split(command)[1:]).exit_code == 0
    rows = run("export", "events", "--store", store, "--format", "csv").stdout.splitlines()[1:]
    assert Counter(row.split(",")[1] for row in rows) == events


@pytest.mark.parametrize("name", CASES)
def test_the_first_refusal_has_everything_to_type(run: Run, tmp_path: Path, name: str) -> None:
    """Columns, event types, encoding, records and time formats are written out as one command."""
    data, message, options, events = CASES[name]
    path = tmp_path / (name if "." in name else f"{name}.csv")
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    loads(run, path, message, options, events)


def test_headers_that_are_periods_are_no_dates(run: Run, tmp_path: Path) -> None:
    """A header with a month twice is compared with formats, like any other."""
    path = tmp_path / "pivot.csv"
    path.write_text("kontaktnr,1 Jan - 7 Jan,8 Jan - 14 Jan\n7,3,4\n")
    refused = run("load", path, "--timezone", "UTC")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"Error: {path}: no timestamp, contact_id or event column")


def test_kinds_that_are_not_known_are_asked_for(run: Run, tmp_path: Path) -> None:
    """A column of events of which none is known is never left out by advice: the kinds would be guessed. The
    command names all its values at once, and is a refusal as long as none is replaced."""
    path = tmp_path / "hooks.jsonl"
    path.write_text(
        lines(
            *(
                {"type": "text", "eventType": text, "waId": text, "time": "2026-11-03T10:00:00Z"}
                for text in ("newMessageReceived", "message", "message")
            )
        )
    )
    typed = ["load", str(path), "--store", str(tmp_path / "s.duckdb"), "--timezone", "UTC"]
    refused = run(*typed)
    options = (
        "--map event=eventType --map contact_id=waId --value event:message={}"
        " --value event:newMessageReceived={}"
    )
    assert refused.stderr == (
        f"Error: {path}: columns 'type' and 'eventType' both mean event; in place of KIND, write added,"
        " connected, deleted, merged or - (to skip such records): try"
        f" {shlex.join(['contactrep', *typed])} {options.format('KIND', 'KIND')}\n"
    )
    assert run(*typed, *options.format("KIND", "KIND").split()).exit_code == 1
    loaded = run(*typed, *options.format("-", "added").split())
    assert loaded.stdout.splitlines()[0] == (
        f"{path}: 3 read = 1 loaded + 0 duplicate + 0 rejected + 2 skipped"
    )


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        (("created", "removed"), "--value event:created=added --value event:removed=deleted"),
        (("neu", "weg"), "--value event:neu=KIND --value event:weg=KIND"),
    ],
)
def test_a_column_that_map_names_has_the_events(
    run: Run, tmp_path: Path, words: tuple[str, str], rules: str
) -> None:
    """Whatever its header is: without it, what was deleted would be added."""
    first, second = words
    path, store = tmp_path / "a.csv", str(tmp_path / "s.duckdb")
    path.write_text(f"Id;When;Art\n7;2026-11-04;{first}\n8;2026-11-04;{second}\n9;2026-11-04;{first}\n")
    mapped = ("--map", "contact_id=Id", "--map", "timestamp=When", "--map", "event=Art")
    result = run("load", path, "--store", store, "--timezone", "UTC", *mapped)
    assert result.stderr.endswith(f" --map event=Art {rules}\n")


def test_kinds_that_value_gives_are_not_replaced(run: Run, tmp_path: Path) -> None:
    """Advice keeps the events that --value explains, and asks only for those that it does not."""
    path = tmp_path / "a.csv"
    path.write_text("what,when,contact_id\nnew,soon,1\nnew,later,2\n")
    options = ("--map", "event=what", "--map", "timestamp=when", "--value", "event:new=added")
    assert run("load", path, *options).stderr.endswith("Nothing was loaded: see 'contactrep rejects'\n")
    path.write_text("event,timestamp,id\nnew,2026-11-05,1\ngone,2026-11-05,2\n")
    asked = run("load", path, "--value", "event:new=added").stderr
    assert asked.endswith(" --value event:new=added --map contact_id=id --value event:gone=KIND\n")


def test_messages_are_not_called_contacts(run: Run, tmp_path: Path) -> None:
    """Each message would count as an added contact: the error has no command that loads the file."""
    path = tmp_path / "messages.csv"
    path.write_text("From,To,Body,Sid,SentDate\n+601,+602,hi,S1,2026-11-03\n+601,+602,ho,S2,2026-11-04\n")
    assert " try " not in run("load", path, "--store", tmp_path / "s.duckdb").stderr


def test_a_table_without_times_is_answered_with_a_day_to_write(run: Run, tmp_path: Path) -> None:
    """Address books have birthdays only, which are no times of events."""
    path = tmp_path / "book.csv"
    path.write_text("First Name,Last Name,Birthday,Mobile\nAnn,Lee,1990-01-02,+601\nBo,Roy,,+602\n")
    typed = ["load", str(path), "--store", str(tmp_path / "s.duckdb"), "--timezone", "UTC"]
    refused = run(*typed).stderr
    options = (
        "--event added --map contact_id=Mobile --map 'contact_name=First Name+Last Name'"
        " --set timestamp=DATE\n"
    )
    assert "; no column has times; in place of DATE, write the day of these events: try " in refused
    assert refused.endswith(f" {options}")
    assert run(*typed, *shlex.split(options.replace("DATE", "2026-11-03"))).exit_code == 0


def test_parquet_files_are_answered_with_a_command(run: Run, tmp_path: Path) -> None:
    """With the paths into structs, as for JSON; columns that hold no text are passed over."""
    path = tmp_path / "hooks.parquet"
    rows = ", ".join(
        f"('{topic}', TIMESTAMPTZ '2026-11-03 10:00:00+00',"
        f" {{'contact': {{'id': {at}}}, 'm': MAP {{1: 2}}}}, MAP {{'a': 1}})"
        for at, topic in enumerate(["contact.created", "contact.deleted", "message.sent"])
    )
    duckdb.execute(f"COPY (SELECT * FROM (VALUES {rows}) AS t(topic, happened_at, data, tags)) TO '{path}'")
    loads(
        run,
        path,
        "no timestamp, contact_id or event column (found: topic, happened_at, data, tags)",
        "--map timestamp=happened_at --map event=topic --map contact_id=data.contact.id"
        " --value event:contact.created=added --value event:contact.deleted=deleted"
        " --value event:message.sent=-",
        {"added": 1, "deleted": 1},
    )


def test_arrays_within_arrays_are_named_by_their_whole_path(run: Run, tmp_path: Path) -> None:
    """What a path of `--records` leads to may have the records in an array again. The path of a profile is no
    part of it where the file has no such key."""
    path = tmp_path / "hooks.jsonl"
    path.write_text(lines({"entry": [{"id": "1", "changes": [{"field": "x", "value": {}}]}]}))
    refused = run("load", path, "--store", tmp_path / "s.duckdb", "--records", "entry").stderr
    assert refused.endswith(": use --records entry.changes\n")
    profile = ("--profile", "respond-io-contacts")  # its records are at items
    refused = run("load", path, "--store", tmp_path / "s.duckdb", *profile).stderr
    assert refused.endswith("if its records are in an array, use --records entry\n")


def test_records_on_another_sheet_are_found(run: Run, tmp_path: Path) -> None:
    """A workbook whose first sheets have none is answered with the sheet that has records."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name in ("Summary", "Terms", "Owners", "Stages", "Notes"):
            book.add_worksheet(name).write(0, 0, "Total")
        sheet = book.add_worksheet("All contacts")
        for row, cells in enumerate([("Lead ID", "Joined"), ("1", "03/11/2026"), ("2", "14/11/2026")]):
            sheet.write_row(row, 0, cells)
    path = tmp_path / "book.xlsx"
    path.write_bytes(file.getvalue())
    message = "row 1 was taken for the header, but it is one cell (Total)"
    options = (
        "--event added --map timestamp=Joined --map 'contact_id=Lead ID' --sheet 'All contacts'"
        " --timestamp-format %d/%m/%Y"
    )
    loads(run, path, message, options, {"added": 2})


def test_rows_that_are_all_invalid_are_answered_with_a_command(run: Run, tmp_path: Path) -> None:
    """The options of the times and values are guessed where the columns are known."""
    path = tmp_path / "log.csv"
    path.write_text("timestamp,event,contact_id\n03.11.2026,Contact Added,1\n14.11.2026,Contact Removed,2\n")
    result = run("overview", path)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        f". Nothing was loaded: try contactrep overview {path} --value 'event:Contact Added=added'"
        " --value 'event:Contact Removed=deleted' --timestamp-format %d.%m.%Y\n"
    )


def test_a_column_of_other_types_is_left_out_where_the_event_is_given(run: Run, tmp_path: Path) -> None:
    """The command for a CRM's column Type, which `--event` does not override, leaves that column out."""
    path, store = tmp_path / "a.csv", str(tmp_path / "s.duckdb")
    path.write_text("timestamp,contact_id,Type\n2026-11-03,1,Lead\n2026-11-03,2,Customer\n")
    typed = ["load", str(path), "--store", store, "--timezone", "UTC", "--event", "added"]
    command = f"{shlex.join(['contactrep', *typed])} --map event="
    assert run(*typed).stderr.endswith(f" Nothing was loaded: try {command}\n")
    assert run(*shlex.split(command)[1:]).exit_code == 0


def test_rows_of_another_width_are_answered_with_no_rules(run: Run, tmp_path: Path) -> None:
    """Their values are in the wrong columns, so rules for events cannot help."""
    rows = ["2026-11-04,Bob,added,1", *(f"2026-11-04,Lee,Ann,added,{at}" for at in range(2, 30))]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["timestamp,contact_name,event,contact_id", *rows, ""]))
    result = run("load", path, "--store", tmp_path / "s.duckdb", "--timezone", "UTC")
    assert "28 of 29 rows rejected" in result.stderr
    assert result.stderr.endswith("see 'contactrep rejects', or allow more with --max-rejects\n")


def test_a_few_rows_of_another_encoding_are_answered_with_it(run: Run, tmp_path: Path) -> None:
    """The other rows are loaded; the warning says what to add to load these, too."""
    path, store = tmp_path / "a.csv", tmp_path / "s.duckdb"
    rows = [f"2026-11-03 10:{at:02d},added,{at},Ann\n" for at in range(20)]
    text = "timestamp,event,contact_id,contact_name\n" + "".join(rows) + "2026-11-04,added,x,René\n"
    path.write_bytes(text.encode("cp1252"))
    typed = ("load", path, "--store", store, "--timezone", "UTC")
    assert run(*typed).stderr == (
        f"Warning: {path}: 1 of 21 rows rejected (mostly: bytes that are not UTF-8: use --encoding, e.g."
        " --encoding cp1252): add --encoding cp1252 --again, or see 'contactrep rejects'\n"
    )
    again = run(*typed, "--encoding", "cp1252", "--again")
    assert (again.exit_code, again.stderr) == (0, "")
    assert "21 read = 1 loaded + 20 duplicate + 0 rejected" in again.stdout


@pytest.mark.parametrize("row", [b"2026-11-04,added,x,Ren\xe9", b"2026-11-04,added,x,\xe6\x87"])
def test_a_row_of_other_bytes_in_a_file_of_utf_8_is_answered_without_an_encoding(
    run: Run, tmp_path: Path, row: bytes
) -> None:
    """With it, contacts of the other rows would come once more, under other ids: such as a name cut within a
    letter."""
    path, store = tmp_path / "a.csv", tmp_path / "s.duckdb"
    rows = [f"2026-11-03 10:{at:02d},added,é{at},Ann\n" for at in range(20)]
    path.write_bytes(("timestamp,event,contact_id,contact_name\n" + "".join(rows)).encode() + row + b"\n")
    told = run("load", path, "--store", store, "--timezone", "UTC").stderr
    assert told.endswith(" --encoding cp1252): see 'contactrep rejects'\n")


@pytest.mark.parametrize(
    ("codec", "names"), [("gb18030", "王丽 张伟 李娜 袁涛 郑伟"), ("cp949", "김민준 이서연 박혜은 홍철호")]
)
def test_an_encoding_is_advised_where_some_of_its_rows_happen_to_be_utf_8(
    run: Run, tmp_path: Path, codec: str, names: str
) -> None:
    """Of Chinese names in GBK, one in thirty is, too; the last name here is."""
    path, store = tmp_path / "a.csv", tmp_path / "s.duckdb"
    rows = [f"2026-11-03,added,{at},{name}\n" for at, name in enumerate(names.split())]
    path.write_bytes(("timestamp,event,contact_id,contact_name\n" + "".join(rows)).encode(codec))
    assert rows[-1].encode(codec).decode()
    told = run("load", path, "--store", store, "--timezone", "UTC").stderr
    assert f": add --encoding {codec} --again, or see" in told


def test_a_file_of_other_columns_is_answered_alone(run: Run, tmp_path: Path) -> None:
    """What helps one file would not help those before it; the parts of a snapshot stay together."""
    plain, crm, store = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "s.duckdb"
    plain.write_text("timestamp,event,contact_id\n2026-10-01T10:00Z,added,1\n2026-10-02T10:00Z,deleted,1\n")
    crm.write_text("when;mql_id;what\n2026-10-03T10:00Z;9;added\n2026-10-04T10:00Z;8;deleted\n")
    way = "--map timestamp=when --map event=what --map contact_id=mql_id"
    refused = run("load", plain, crm, "--store", store).stderr
    assert "the files beside it need other options, so read it alone: try contactrep load" in refused
    assert refused.endswith(f" load {crm} --store {store} {way}\n")
    assert run(*shlex.split(refused.partition("try contactrep ")[2])).exit_code == 0
    refused = run("load", crm, plain, "--store", store, *shlex.split(way)).stderr
    words = shlex.split(refused.partition("try contactrep ")[2])
    assert words[:4] == ["load", str(plain), "--store", str(store)]
    assert "loaded + 0 duplicate" in run(*words).stdout
    assert run("load", plain, crm).stderr.count("alone") == 1
    snapshot = run("load", "--snapshot", plain, crm, "--store", store)
    assert snapshot.exit_code == 1
    assert "alone" not in snapshot.stderr


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        # the times of the second file have another format
        (
            "timestamp,event,contact_id\n13.11.2026,added,1\n",
            "timestamp,event,contact_id\n11/14/2026,added,2\n",
            "--timestamp-format %d.%m.%Y",
        ),
        # only the first file has a title
        (
            "Title\n\ntimestamp,event,contact_id\n2026-11-03,added,1\n",
            "timestamp,event,contact_id\n2026-11-03,added,2\n2026-11-04,added,3\n",
            "--skip-lines 2",
        ),
        # the records are elsewhere
        (
            '{"items": [{"timestamp": "2026-11-03", "event": "added", "contact_id": 1}]}',
            '{"data": {"rows": [{"timestamp": "2026-11-03", "event": "added", "contact_id": 2}]}}',
            "--records items",
        ),
    ],
)
def test_what_helps_one_file_alone_is_answered_for_it_alone(
    run: Run, tmp_path: Path, first: str, second: str, options: str
) -> None:
    """The command that reads a later file is not given for those before it, which would need another one."""
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path, text in zip(paths, (first, second), strict=True):
        path.write_text(text)
    typed = ("load", *paths, "--store", tmp_path / "s.duckdb", "--timezone", "UTC", *shlex.split(options))
    words = shlex.split(
        run(*typed).stderr.partition("need other options, so read it alone: try contactrep ")[2]
    )
    assert words[:2] == ["load", str(paths[1])]
    assert str(paths[0]) not in words
    assert run(*words).exit_code == 0
    snapshot = run(*typed, "--snapshot", "--at", "2026-12-01").stderr
    assert snapshot.endswith(
        "; the parts of a snapshot are read with the same options: write it like those before it\n"
    )


def test_a_second_workbook_has_its_own_sheet(run: Run, tmp_path: Path) -> None:
    """The sheet of the first workbook is not looked for in the second one again."""
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for path, sheet in zip(paths, ("Events", "Log"), strict=True):
        with xlsxwriter.Workbook(path) as workbook:
            for row in (0, 1):
                worksheet = workbook.get_worksheet_by_name(sheet) or workbook.add_worksheet(sheet)
                texts = (("timestamp", "event", "contact_id"), ("2026-11-03", "added", path.stem))[row]
                worksheet.write_row(row, 0, texts)
    typed = ("load", *paths, "--store", tmp_path / "s.duckdb", "--timezone", "UTC", "--sheet", "Events")
    refused = run(*typed).stderr
    assert "no sheet 'Events' (found: Log)" in refused
    words = shlex.split(refused.partition("so read it alone: try contactrep ")[2])
    assert words[-2:] == ["--sheet", "Log"]
    assert run(*words).exit_code == 0


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("log-deleted.csv", "--event deleted"),
        ("connected.csv", "--event connected"),
        ("contacts.csv", "--event added"),
        ("created_and_deleted.csv", "--event added"),
        ("kind=removed/p.csv", "--event deleted"),
        ("log-merged.csv", "--set event=KIND"),
    ],
)
def test_the_name_of_a_file_tells_the_kind_of_its_events(
    run: Run, tmp_path: Path, name: str, option: str
) -> None:
    """A log of deletions is not advised as one of additions; of merges the user has to say so."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("Activity Time,Contact ID\n2026-11-03,1\n2026-11-04,2\n")
    assert run("overview", path).stderr.endswith(f" overview {path} {option}\n")
    path.write_text("Created At,Contact ID\n2026-11-03,1\n2026-11-04,2\n")  # when they were added
    assert run("overview", path).stderr.endswith(f" overview {path} --event added\n")


def test_files_whose_names_tell_other_kinds_are_answered_one_by_one(run: Run, tmp_path: Path) -> None:
    """`--event added` for both would count the deletions as additions."""
    paths = [tmp_path / "added.csv", tmp_path / "deleted.csv"]
    for path in paths:
        path.write_text("Activity Time,Contact ID\n2026-11-03,1\n2026-11-04,2\n")
    for first, second in (paths, paths[::-1]):
        refused = run("load", first, second, "--store", tmp_path / "s.duckdb").stderr
        assert "so read it alone: try contactrep load" in refused
        assert refused.endswith(f" --event {first.stem}\n")
        assert str(second) not in refused
    (tmp_path / "new.csv").write_bytes(paths[0].read_bytes())
    (tmp_path / "old.csv").write_bytes(paths[0].read_bytes())
    assert "alone" not in run("load", tmp_path / "new.csv", tmp_path / "old.csv").stderr


def test_a_few_rows_of_one_of_several_files_are_answered_for_it_alone(run: Run, tmp_path: Path) -> None:
    """The encoding of one file would change the text of another one, whose contact would then be two."""
    texts = [
        "timestamp,event,contact_id\n" + "".join(f"2026-11-03,added,{name}{at}\n" for at in range(20))
        for name in ("a", "b")
    ]
    (tmp_path / "a.csv").write_text(texts[0] + "2026-11-04,added,aé\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(texts[1] + "2026-11-04,added,bé\n", encoding="cp1252")
    store = tmp_path / "s.duckdb"
    told = run("load", tmp_path / "a.csv", tmp_path / "b.csv", "--store", store, "--timezone", "UTC").stderr
    assert "b.csv: 1 of 21 rows rejected" in told
    assert told.endswith(": read it alone with --encoding cp1252 --again, or see 'contactrep rejects'\n")


def test_both_orders_of_day_and_month_are_named_where_a_load_goes_on(run: Run, tmp_path: Path) -> None:
    """Also in the warning of a file that is loaded, because one of them gives wrong days."""
    path = tmp_path / "a.csv"
    path.write_text(
        "timestamp,event,contact_id\n2026-11-03,added,1\n03/04/2026,added,2\n04/05/2026,added,3\n"
    )
    told = run("load", path, "--store", tmp_path / "s.duckdb", "--timezone", "UTC").stderr
    assert (
        "; if months come before days, use --timestamp-format %m/%d/%Y:"
        " add --timestamp-format %d/%m/%Y --again" in told
    )


@pytest.mark.parametrize(("date", "time"), [("Date (Asia/Tokyo)", "Time"), ("Date", "Time (Asia/Tokyo)")])
def test_a_date_and_a_time_are_joined_where_one_names_their_zone(
    run: Run, tmp_path: Path, date: str, time: str
) -> None:
    """Neither is left out without a word; the zone is that of both."""
    path, store = tmp_path / "a.csv", tmp_path / "s.duckdb"
    path.write_text(f"Contact ID,{date},{time},Event\n1,2026-11-03,08:30,added\n")
    refused = run("load", path, "--store", store, "--timezone", "UTC").stderr
    words = shlex.split(refused.partition("both mean timestamp: try contactrep ")[2])
    assert words[-1] == f"timestamp={date}+{time}"
    assert run(*words).exit_code == 0
    assert "2026-11-02T23:30:00Z" in run("export", "added", "--store", store, "--format", "csv").stdout


def test_a_mistaken_map_is_replaced_by_the_column_of_that_name(run: Run, tmp_path: Path) -> None:
    """Also where a field has an alias; where nothing has its name, no command is advised that would fail."""
    path, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    path.write_text('{"ts": "2026-10-01T10:00Z", "contact": {"id": 7}, "type": "contact.created"}\n')
    typed = ("load", path, "--store", store, "--map", "event=what")
    words = shlex.split(run(*typed).stderr.partition("try contactrep ")[2])
    assert "event=type" in words
    assert "event=what" not in words
    assert run(*words).exit_code == 0
    assert "try contactrep" not in run(*typed, "--map", "user_name=Agent").stderr


@pytest.mark.parametrize("name", ["two\nlines.csv", "esc\x1b[31m.csv"])
def test_a_name_that_a_message_cannot_show_is_in_no_command(run: Run, tmp_path: Path, name: str) -> None:
    """The error gives only the options, because the command would name another file."""
    path = tmp_path / name
    path.write_text("created;id\n04.11.2026;1\n")
    said = run("load", path, "--store", tmp_path / "s.duckdb").stderr
    options = "--event added --map timestamp=created --map contact_id=id --timestamp-format %d.%m.%Y"
    assert said.endswith(f"(found: created, id): use {options}\n")


def test_a_command_is_completed() -> None:
    """New options replace those that they contradict, and only those."""
    typed = [
        "load",
        "a.csv",
        "--map",
        "timestamp=x",
        "--map=contact_id=y",
        "--event=added",
        "-q",
        "--set",
        "source=s",
    ]
    options = ["--event", "added=At", "--event", "deleted=Gone", "--map", "contact_id=Id"]
    assert completed(typed, options) == [
        *("load", "a.csv", "--map", "timestamp=x", "-q", "--set", "source=s"),
        *options,
    ]


def test_a_command_whose_files_follow_two_dashes_is_advised_with_options_before_them(
    run: Run, tmp_path: Path
) -> None:
    """After `--` every word is a file, so options go before it."""
    path = tmp_path / "a.csv"
    path.write_text("Created,Contact Id\n2026-11-03 10:00,1\n2026-11-13 10:00,2\n")
    typed = ("overview", "--timezone", "UTC", "--", path)
    words = shlex.split(run(*typed).stderr.partition("try contactrep ")[2])
    assert words[-2:] == ["--", str(path)]
    assert run(*words).exit_code == 0


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "René Müller"),
        ("cp1252", "O’Brien"),
        ("mac_roman", "René Müller"),
        ("cp1250", "Łukasz Wiśniewski"),
        ("cp1254", "Ayşe Yılmaz"),
        ("cp1251", "Анна Иванова"),
        ("cp1253", "Γιώργος Παπάς"),
        ("cp1256", "محمد علي"),
        ("cp874", "สมชาย ใจดี"),
        ("cp932", "太郎 山田"),
        ("cp949", "민준 김"),
        ("gb18030", "小明 张"),
        ("cp950", "志明 陳"),
    ],
)
def test_the_likely_encoding(encoding: str, text: str) -> None:
    """Names of a language suggest the encoding that is common for it."""
    assert likely_encoding(f"1;{text};x\n".encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("texts", "readings"),
    [
        (["11/04/2026 10:11"], [("%d/%m/%Y %H:%M",), ("%m/%d/%Y %H:%M",)]),
        (["11/04/2026", "11/09/2026"], [("%m/%d/%Y",), ("%d/%m/%Y",)]),
        (["11/4/2026 9:14 AM", "11/13/2026 10:00 PM"], [("%m/%d/%Y %I:%M %p",)]),
        (["04/11/2026", "13/11/2026 10:00"], [("%d/%m/%Y", "%d/%m/%Y %H:%M")]),
        (["04.11.26"], [("%d.%m.%y",)]),
        (["November 4, 2026 at 10:11 AM"], [("%B %d, %Y at %I:%M %p",)]),
        (["20261104T221000Z"], [("%Y%m%dT%H%M%S%z",)]),
        (["20261104T2210+0800"], [("%Y%m%dT%H%M%z",)]),
        (["20261104 221000.5"], [("%Y%m%d %H%M%S.%f",)]),
        (["20261104T2210.5Z"], []),
        (
            ["Wed Nov 04 2026 10:11:12 GMT+0800 (Singapore Standard Time)"],
            [("%a %b %d %Y %H:%M:%S GMT%z (Singapore Standard Time)",)],
        ),
        (["Nov 4 2026", "05/11/2026"], [("%b %d %Y", "%d/%m/%Y"), ("%b %d %Y", "%m/%d/%Y")]),
        (["20261104"], [("%Y%m%d",)]),
        (["46330.5"], [("excel",)]),
        (["2026-11-04", "1793782800"], [()]),
        (["15/11/2026 10:00 a. m.", "15/11/2026 3:00 p. m."], []),
        (["15/11/2026 10:00 P.M."], []),
        (["15/11/2026 3:00:00 PTG", "15/11/2026 10:00:00 PG"], []),
        (["2026/11/15 下午3:00"], []),
        (["15/11/2026 3:00 م"], []),
        (["15/11/2026 3:00 Uhr"], [("%d/%m/%Y %H:%M Uhr",)]),
        (["soon", "2026-11-04"], []),
        (["May 5, 2026 (May)"], []),
        (["Mon 5 Mon Jan 2026"], []),
    ],
)
def test_the_likely_formats(texts: list[str], readings: list[tuple[str, ...]]) -> None:
    """Formats that take all texts, both orders of day and month where both do; none that would lose a half of
    the day."""
    assert likely_formats(texts) == readings


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("contact.creation", "added"),
        ("zen:event-type:user.deleted", "deleted"),
        ("ContactMerged", "merged"),
        ("unsubscribe", "deleted"),
        ("message.created", None),
        ("contact.tag.created", None),
        ("contact.propertyChange", None),
    ],
)
def test_the_likely_kind(text: str, kind: str | None) -> None:
    """Only what happens to contacts is an event."""
    assert likely_kind(text) == kind


OTHERS = {
    "a.csv": ("--records is ignored: it is for JSON", "--sheet is ignored: it is for workbooks"),
    "a.json": (
        "--sheet is ignored: it is for workbooks",
        "--skip-lines is ignored: it is for CSV and workbooks",
    ),
    "a.parquet": (
        "--records is ignored: it is for JSON",
        "--sheet is ignored: it is for workbooks",
        "--skip-lines is ignored: it is for CSV and workbooks",
        "--encoding is ignored: it is for text",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("command", ["load", "overview"])
def test_options_that_mean_nothing_for_a_file_are_named(
    run: Run, tmp_path: Path, command: str, name: str
) -> None:
    """Each in a notice: a folder may have files of other formats, for which they are."""
    path, row = tmp_path / name, {"timestamp": "2026-11-04", "event": "added", "contact_id": "1"}
    if name == "a.parquet":
        sql = "COPY (SELECT '2026-11-04' AS timestamp, 'added' AS event, '1' AS contact_id) TO '{}'"
        duckdb.execute(sql.format(path))
    elif name == "a.json":
        path.write_text(json.dumps({"items": [row]}))
    else:
        path.write_text("\n\n\n" + "\n".join(map(",".join, (row, row.values()))))
    options = ["--records", "items", "--sheet", "x", "--skip-lines", "2", "--encoding", "cp1252"]
    answer = run(command, path, *options, "--timezone", "UTC", *(["--dry-run"] if command == "load" else []))
    assert answer.exit_code == 0
    notes = [line for line in answer.stderr.splitlines() if "ignored" in line]
    assert notes == [f"Note: {path}: {text}" for text in OTHERS[name]]


def test_records_that_stand_in_columns_are_not_read_as_one(run: Run, tmp_path: Path) -> None:
    """What pandas writes unasked: a path into a column would give the first record alone."""
    several = {
        "index": {field: {"0": "2026-11-03", "1": "2026-11-04"} for field in ("timestamp", "contact_id")},
        "lists": {field: ["2026-11-03", "2026-11-04"] for field in ("timestamp", "contact_id")},
    }
    for name, document in several.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document))
        assert run("load", path, "--store", tmp_path / "x").stderr == (
            f"Error: {path}: its records are in columns: write one record a line, in pandas with "
            "to_json(FILE, orient='records', lines=True)\n"
        )


@pytest.mark.parametrize("option", [[], ["--event", "connected"]])
def test_a_column_that_tells_few_events_is_not_given_up(run: Run, tmp_path: Path, option: list[str]) -> None:
    """Without it, a contact that was deleted would count as added."""
    path = tmp_path / "x.csv"
    rows = ["2026-11-05,,", "2026-11-05,,", "2026-11-05,,", "2026-11-05,deleted,1", "2026-11-05,added,2"]
    path.write_text("\n".join(["timestamp,event,contact_id", *rows]))
    answer = run("load", path, "--store", tmp_path / "x", *option)
    assert "3 of 5 rows rejected" in answer.stderr
    assert answer.stderr.endswith("): see 'contactrep rejects'\n")


@pytest.mark.parametrize("first", ["2026-11-05T10:00:00Z,added,c1", "c1;05.11.2026 10:00;added"])
def test_a_file_without_a_header(run: Run, tmp_path: Path, first: str) -> None:
    """No --map can name its columns: they have no names."""
    path, time = tmp_path / "x.csv", "05.11.2026 10:00" if ";" in first else "2026-11-05T10:00:00Z"
    path.write_text(f"{first}\n{first.replace('c1', 'c2')}\n")
    said = run("load", path, "--store", tmp_path / "x").stderr
    assert said.startswith(f"Error: {path}: no timestamp, contact_id or event column (found: ")
    assert said.endswith(
        f"): line 1 was taken for the header, but {time} looks like a value: put a line of headers before it,"
        " such as timestamp, event, contact_id, or leave out lines before it with --skip-lines N\n"
    )
    path.write_text("shop,2026-11-05,2026-11-06\na,1,2\n")
    assert "looks like a value" not in run("load", path, "--store", tmp_path / "x").stderr


LOG = "Timestamp,Event,Contact ID\n2026-11-03,added,1\n2026-11-03,added,2\n"
BROKEN = 'Timestamp,Event,"Contact\nID","Full\n\nName"\n2026-11-03,added,1,Roy\n2026-11-03,added,2,Lee\n'


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("title", "table", "skipped"),
    [
        # a line that could be the header of a list of contacts
        ("Report id,4711,2026-11-05\n", LOG, 1),
        ("Workspace,ID\nAcme,7\nBeta,8\nCato,9\n", LOG, 4),
        ("Report\n", BROKEN, 1),
        ("Report,4711,x,y\n", BROKEN, 1),
        # a header that needs --map
        ("Report\n,,,\n", BROKEN.replace("Event", "What happened").replace("added", "new contact"), 2),
    ],
)
def test_lines_above_the_header_are_counted(
    kind: str, title: str, table: str, skipped: int, run: Run, tmp_path: Path
) -> None:
    """The command skips just these, whatever they contain, also if cells of the header have line ends."""
    path = tmp_path / f"x.{kind}"
    path.write_text(title + table)
    if kind == "xlsx":
        with xlsxwriter.Workbook(path) as workbook:
            sheet = workbook.add_worksheet()
            for row, cells in enumerate(csv.reader(StringIO(title + table))):
                sheet.write_row(row, 0, cells)
    typed = ["load", str(path), "--store", str(tmp_path / "s.duckdb"), "--timezone", "UTC"]
    refused = run(*typed).stderr
    assert refused.endswith(f" --skip-lines {skipped}\n")
    assert "DATE" not in refused
    loaded = run(*typed, *shlex.split(refused.partition(" --timezone UTC ")[2])).stdout
    assert "2 read = 2 loaded" in loaded


def test_a_line_with_a_time_is_not_called_the_header_of_contacts(run: Run, tmp_path: Path) -> None:
    """Above a header that is unknown, too, it is a title: the header of the log would become a contact."""
    path = tmp_path / "x.csv"
    path.write_text("Report id,4711,2026-11-05\nWann,Was,Wer\n3.11.2026,neu,1\n3.11.2026,neu,2\n")
    said = run("load", path, "--store", tmp_path / "x").stderr
    assert "line 1 was taken for the header, but 2026-11-05 looks like a value: " in said
    assert " try " not in said


@pytest.mark.parametrize(
    "quotes", ["''", "``", "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", "«»"]
)
def test_columns_in_other_quotes(run: Run, tmp_path: Path, quotes: str) -> None:
    """They are part of the values: a command that names such headers would make ids with quotes."""
    path, first, last = tmp_path / "x.csv", quotes[0], quotes[1]
    text = "'timestamp','event','contact_id'\n'2026-11-05','added','1'\n"
    path.write_text(re.sub("'(.*?)'", rf"{first}\1{last}", text))
    assert run("load", path, "--store", tmp_path / "x").stderr == (
        f"Error: {path}: its columns are in {first} and {last}, not in double quotes: write it with double"
        " quotes, or with none\n"
    )


def test_records_without_keys_are_not_looked_for_by_name(run: Run, tmp_path: Path) -> None:
    """No --map can name a place in an array; places on a map are no table of records."""
    path, store = tmp_path / "x.json", tmp_path / "x"
    rows = [["2026-11-03", "added", 1], ["2026-11-04", "added", 2]]
    way = "write one record a line, in pandas with to_json(FILE, orient='records', lines=True)"
    for document in (
        {"columns": ["timestamp", "event", "contact_id"], "data": rows},
        {"sheet": 1, "values": rows},
    ):
        path.write_text(json.dumps(document))
        answer = run("load", path, "--store", store)
        assert answer.stderr == f"Error: {path}: its records are arrays without keys: {way}\n"
    path.write_text(json.dumps({"when": "2026-11-03", "track": [[1, 2], [3, 4]]}))
    assert "without keys" not in run("load", path, "--store", store).stderr
    path.write_text(json.dumps(rows))
    reason = 'not a JSON object: write each record with its keys, such as {"contact_id": "7"}'
    assert f"line 1: {reason}. Nothing was loaded" in run("load", path, "--store", store).stderr


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"a": {"id": 1, "created_at": "2026-11-03"}, "b": {"id": 2, "created_at": "2026-11-04"}}, ""),
        (
            {"v": 1, "our users": {f"{it}@x.io": {"id": it, "when": "2026-11-03", "b": {}} for it in (1, 2)}},
            '"our users"',
        ),
    ],
)
def test_records_under_keys_of_their_own_are_not_read_as_one(
    document: object, place: str, run: Run, tmp_path: Path
) -> None:
    """The error for exports of Firebase says how to make lines of all of them, even if --map names their
    keys."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    for options in ((), ("--event", "added", "--map", "contact_id=id")):
        assert run("load", path, "--store", tmp_path / "x", *options).stderr == (
            f"Error: {path}: its records are in an object, each under a key of its own: make lines of them: "
            f"jq -c '.{place}|to_entries[]|.value+{{key}}' FILE | contactrep load -\n"
        )
    within = ".".join(['"all data"[0]."x"', *filter(None, [place])])
    path.write_text(json.dumps({"all data": [{"x": document}]}))
    result = run("load", path, "--store", tmp_path / "x", "--event", "added", "--records", "all data[0].x")
    assert f"jq -c '.{within}|to_entries[]" in result.stderr


@pytest.mark.parametrize(
    "document",
    [
        {"id": "e1", "created_at": "2026-11-03", "to": {"id": 1, "name": "a"}, "by": {"id": 2, "name": "b"}},
        {"timestamp": {"value": "2026-11-03", "type": "d"}, "contact_id": {"value": "1", "type": "s"}},
        {"contact_id": ["1"], "timestamp": ["2026-11-03"]},
    ],
)
def test_one_record_with_parts_is_one(document: object, run: Run, tmp_path: Path) -> None:
    """Values that have the same parts do not make records of them."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    assert " --map " in run("load", path, "--store", tmp_path / "x").stderr


def test_one_record_of_which_a_part_is_named_without_its_path_is_one(run: Run, tmp_path: Path) -> None:
    """Objects with the same keys but without times, such as a contact and a user, are parts of one record."""
    path = tmp_path / "x.json"
    parts = {"contact": {"id": "c1", "name": "a"}, "user": {"id": "u1", "name": "b"}}
    path.write_text(json.dumps({"at": "2026-11-03", "data": parts}))
    options = ("--event", "added", "--map", "timestamp=at", "--map", "contact_id=id")
    assert "no column 'id' for --map contact_id=id: try " in run("load", path, *options).stderr


@pytest.mark.parametrize(
    ("time", "city"),
    [
        ("2026-11-05 10:00 JST", "Asia/Tokyo"),
        ("2026-11-05T10:00:00[Asia/Tokyo]", "Asia/Tokyo"),
        ("5.11.2026 10:00 IST", None),
        ("2026-11-05 10:00 Uhr", ""),
    ],
)
def test_times_that_name_a_zone_are_read_in_it(run: Run, tmp_path: Path, time: str, city: str | None) -> None:
    """A format with that word would read them in the store's zone, without a word."""
    path = tmp_path / "zones.csv"
    path.write_text(f"timestamp,event,contact_id\n{time},added,1\n{time},added,2\n", encoding="utf-8")
    refused = run("load", path, "--timezone", "America/New_York").stderr
    if city is None:
        assert "try contactrep load" not in refused  # IST is in India, Ireland and Israel
    else:
        assert (f" --input-timezone {city} " in refused) == bool(city)
        assert " --timestamp-format " in refused.partition("try contactrep load")[2]
