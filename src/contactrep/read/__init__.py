"""Reading: from what the user named to checked rows and rejects, a module a format.

`sources` finds the files, `content` looks through their bytes once, `delimited`, `jsonl` and `parquet`
turn them into fields, `timestamps` and `values` check those, and `stage` puts the good rows and the
rejects of a file into tables of a private DuckDB. Nothing here knows a store.
"""
