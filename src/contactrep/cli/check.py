"""`contactrep check`."""

from __future__ import annotations

from dataclasses import replace

import click

from contactrep.cli.help import command, filter_option
from contactrep.cli.options import Query, alarm_options
from contactrep.cli.output import Writing, check_writing, say, show_if_open, warning
from contactrep.errors import ExitCode, UsageProblem


@command()
@filter_option(
    "--min",
    "at_least",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="A condition that compares counts with each other does not hold if all are below N.",
)
@alarm_options
def check(query: Query, writing: Writing, at_least: int) -> int:
    """Test conditions on the figures of a report, as alarms.

    Prints one line for each condition that holds, and exits with 3. If all conditions can be judged and none
    holds, it prints nothing to stdout and exits with 0. A condition that cannot be judged, for example
    because the range has no events for it, is an error: one line on stderr, and exit code 1 unless another
    condition holds. If the previous period began before the data, a condition that does not hold causes a
    warning.

    A condition compares two values with <, <=, >, >=, == or !=. A value is computed with + - * / and
    parentheses from numbers (50, 2.5), percentages (50%) and figures. Figures are added, connected, deleted,
    merged and net, and the parts added[SOURCE] and connected[CHANNEL]. Each may be followed by previous,
    change or share. Quote each condition, because shells use < and >.

    \b
      contactrep check 'added < 50' --range yesterday --max-age 26h
      contactrep check 'deleted > 3 * previous' 'net < 0' --range last-week --min 20
      contactrep check 'connected[WhatsApp] == 0' 'connected[LINE] change < -50%' --range yesterday
    """
    from contactrep.check import is_condition
    from contactrep.cli.session import require_fresh, tell, workspace_of, workspace_options

    conditions = [word for word in query.files if is_condition(word)]
    query = replace(query, files=tuple(word for word in query.files if not is_condition(word)))
    if not conditions:
        what = f"'{query.files[0]}' is not a condition" if query.files else "no condition"
        raise UsageProblem(f"{what}: write one in quotes, such as 'added < 50'")
    check_writing(writing)
    with workspace_of(query) as workspace:
        answer = workspace.check(*conditions, at_least=at_least, **workspace_options(query))
    require_fresh(answer, query.max_age)
    tell(answer.notices)
    show_if_open(answer, writing)  # the exit code says enough
    for sentence in answer.doubtful:
        warning(sentence)
    for sentence in answer.unjudged:
        say(f"Error: {sentence}")
    if any(judged.holds for judged in answer.conditions):
        return ExitCode.CONDITION_HOLDS
    return ExitCode.FAILED if answer.unjudged else ExitCode.ANSWERED
