"""All report SQL with bound parameters, and rows → report values.

Text from people or files is always a bound parameter; only constants of the program and numbers that it
computed are written into SQL. `engine` has the contract that an engine must meet.
"""

from contactrep.questions.engine import Dialect, Engine, Extent, FileKind, Question

__all__ = ["Dialect", "Engine", "Extent", "FileKind", "Question"]
