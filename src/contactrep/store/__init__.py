"""The store: one DuckDB file. Only this package writes it; each change replaces it atomically.

A report that is open keeps the file it opened; the next one opens the new file. So nobody waits for a load,
and a load that is killed leaves the store as it was. A report over a store imports only `layout`: the modules
that write would cost it 30 ms.
"""
