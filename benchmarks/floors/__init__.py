"""What a bare Python process with DuckDB needs for the same answer: a module a question, each with `main`.

A floor gets a plan, made before anything is timed: which file, the range as instants, the days at which
buckets begin, and the page with empty places for the figures. Every figure it finds by query, and it writes
the same bytes as the program. It checks nothing, explains nothing, and knows no option.
"""
