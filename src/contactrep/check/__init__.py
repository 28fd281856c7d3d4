"""Conditions over the figures of a report, for `contactrep check`. Pure.

`grammar` parses the text of a condition, `judging` decides whether it holds.
"""

from contactrep.check.grammar import Condition, is_condition, parse
from contactrep.check.judging import Sections, components_of, judge, needs_previous

__all__ = ["Condition", "Sections", "components_of", "is_condition", "judge", "needs_previous", "parse"]
