"""Brings the rows of a CSV without quotes into no order."""

from __future__ import annotations

import duckdb


def main(text: str) -> None:
    """Order the rows by their hash; `text` is the CSV's path and, on a second line, that of the result."""
    source, target = text.split("\n")
    connection = duckdb.connect()
    connection.execute(
        f"""
        COPY (
            FROM read_csv($source, all_varchar = true, header = true, delim = ',', quote = '', escape = '',
                auto_detect = false, columns = {{
                    'timestamp': 'VARCHAR', 'event': 'VARCHAR', 'contact_id': 'VARCHAR',
                    'contact_name': 'VARCHAR', 'channel': 'VARCHAR', 'source': 'VARCHAR',
                    'user_id': 'VARCHAR', 'user_name': 'VARCHAR'}})
            ORDER BY hash(timestamp, event, contact_id)
        ) TO '{target}' (FORMAT csv, HEADER true)""",
        {"source": str(source)},
    )
