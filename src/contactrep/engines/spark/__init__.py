"""The engine over a table on a Spark cluster, by Spark Connect: the cluster reads, this process asks.

`connection` is the session and what can happen to it, `table` says how the columns of a table are events,
`dialect` how Spark spells what questions need, and `engine` puts the questions.
"""
