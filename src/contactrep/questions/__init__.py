"""What reports ask of the events: SQL with bound parameters, and rows → report values. No engine here.

A question reads two relations: `events(ts, event, contact_id, contact_name, channel, source, user_id,
user_name, load)`, with `ts` a timestamp without zone in UTC, and `users(id, name)`, the directory. Text
that comes from people or files is always a bound parameter; only our own constants and numbers that we
computed are written into SQL.
"""

from contactrep.questions.asking import Ask, Extent, Question, Stream

__all__ = ["Ask", "Extent", "Question", "Stream"]
