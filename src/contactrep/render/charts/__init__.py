"""Charts for a terminal: values and a width → lines of spans. No report, no clock, no colour codes."""
