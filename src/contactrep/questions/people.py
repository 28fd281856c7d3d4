"""The name shown for a user.

With a list of user names (the table `users`), an event is looked up there by its user_id or, if it has none,
by its user_name. If the list has no name for it, the first of user_id and user_name is shown. Without a list,
the first of user_name and user_id is shown.
"""

from __future__ import annotations

from contactrep.questions.engine import Engine, Question, ask

JOIN_DIRECTORY = "LEFT JOIN users AS directory ON directory.id = coalesce(events.user_id, events.user_name)"
"""Joins the directory's row, at most one, to each event."""

SHOWN = """CASE
            WHEN directory.name IS NOT NULL THEN directory.name
            WHEN EXISTS (SELECT 1 FROM users) THEN coalesce(events.user_id, events.user_name)
            ELSE coalesce(events.user_name, events.user_id)
        END"""
"""The shown user of an event, in a query with JOIN_DIRECTORY; null where the event has none."""

UserKey = tuple[str | None, str | None, str | None]
"""user_id and user_name as events keep them, and the directory's id for the two, where it has one."""


def shown_users(engine: Engine) -> dict[UserKey, str | None]:
    """Every user in the events of the store, with what is shown for it."""
    sql = f"""
        SELECT events.user_id, events.user_name, directory.id, {SHOWN} AS shown
        FROM (SELECT DISTINCT user_id, user_name FROM events) AS events
        {JOIN_DIRECTORY}
        ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3 NULLS LAST
    """
    return {(row[0], row[1], row[2]): row[3] for row in ask(engine, Question(sql))}
