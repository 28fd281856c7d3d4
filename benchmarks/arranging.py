"""Writes the rows of a sample CSV without quotes in another order or form."""

from __future__ import annotations

import json

import duckdb

_FIELDS = (
    "timestamp",
    "event",
    "contact_id",
    "merged_contact_id",
    "contact_name",
    "channel",
    "source",
    "user_id",
    "user_name",
)
_NESTED = """
    {'event': topic, 'data': {'at': timestamp, 'item': {'id': contact_id, 'merged': merged_contact_id,
        'name': contact_name, 'tags': ['new', 'web'], 'inbox': {'name': channel}}},
     'origin': source, 'user': {'id': user_id, 'name': user_name}, 'app': 'messenger',
     'delivery': {'id': md5(contact_id), 'attempt': 1}}
    """
_FORMS = {
    "shuffled": ("SELECT * FROM rows ORDER BY hash(timestamp, event, contact_id)", "FORMAT csv, HEADER true"),
    "newest": ("SELECT * FROM rows ORDER BY timestamp::TIMESTAMPTZ DESC", "FORMAT csv, HEADER true"),
    "jsonl": ("SELECT * FROM rows", "FORMAT json"),
    "nested": (
        f"SELECT unnest({_NESTED}) FROM (SELECT *, 'contact.' || event AS topic FROM rows)",
        "FORMAT json",
    ),
    # One record of a hundred is of another kind.
    "skipping": (
        f"""SELECT unnest({_NESTED}) FROM (
            SELECT *, unnest(CASE WHEN hash(timestamp, contact_id) % 99 = 0
                THEN ['contact.' || event, 'company.changed'] ELSE ['contact.' || event] END) AS topic
            FROM rows
        )""",
        "FORMAT json",
    ),
}


def main(text: str) -> None:
    """Write the plan's CSV `source` to `target` in the plan's form."""
    plan = json.loads(text)
    columns = dict.fromkeys(_FIELDS, "VARCHAR")
    query, options = _FORMS[plan["form"]]
    duckdb.connect().execute(
        f"""
        COPY (
            WITH rows AS (
                FROM read_csv($source, header = true, delim = ',', quote = '', escape = '',
                    auto_detect = false, columns = {columns})
            )
            {query}
        ) TO '{plan["target"]}' ({options})""",
        {"source": plan["source"]},
    )
