"""Reading: from files to checked rows and rejects.

The story of one file, in the order in which it happens:

1. **Which files** (`sources`). Paths, folders, globs and `-` become a list of sources. Folders named
   `key=value` on the path of a file (Hive layout) give fields that the file does not have.
2. **Its bytes** (`content`, with `unpacking`, `signatures`, `encodings` and `cleaning`). One look through the
   bytes says what they are and how many lines there are, and hashes them. Clean UTF-8 lines are read in place
   later. Anything else (compressed, of another encoding, bytes that are not UTF-8, NUL, mixed line ends,
   standard input) is first written as clean lines to a private file, because DuckDB misreads it. JSON
   documents (recognised by `shape`) and sheets have no line per record, so `documents` and `workbook` write
   one line per record to a private file.
3. **Its fields** (`columns`, with the user's `mapping`). Headers, or the keys of JSON records, are matched
   with the fields of an event. An ambiguous header is an error.
4. **Its rows as text** (`table`: `delimited`, `jsonl`, `parquet`, `workbook`, over the lines of `lines`).
   SQL splits the lines that are complete records. A line with an open quote, or that is not plainly JSON, is
   parsed in Python later. If the first records are all valid, the file is read with a faster query
   (`Table.quick`), whose result is dropped if it does not have one row per line.
5. **Its values** (`values`, `timestamps`). SQL turns texts into a time, a kind and so on, or into the
   reason why the row is rejected. Kinds and sources are compared in Python, text by text, not row by row.
6. **Its events and rejects** (`stage`, with the tables of `relations`). Pass 1 (`first_pass`) copies every
   row to the table PLAIN, in file order, with a time only where the row certainly is a valid event, and lists
   the other lines in ODD. Pass 2 (`rows`) finds the records on these lines one by one. The rows of both are
   counted against the lines of the file, so that no row is lost in silence. Then `account` settles them:
   events in GOOD, rejects in REJECTS, and a `FileSummary`. A file that is not in order of time is sorted in
   pass 1 if the load has no other file, so that its rows are written once.

Functions that run SQL take and return a `Relation`: a table or view of the session, with its columns. A
`Select` is a query that was not run yet. What is a duplicate, and what goes into the store, is decided in
`store`: nothing here knows a store.

Reports over Parquet files can do without a load: `sight` finds out whether the files are Parquet, `survey`
whether every row is an event as it is (with `proofs` from the statistics of the file). Then a query reads
the files directly.
"""
