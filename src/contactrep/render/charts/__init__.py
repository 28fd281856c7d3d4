"""Charts for a terminal: values and a width → lines of runs. No report, no clock, no colour codes."""
